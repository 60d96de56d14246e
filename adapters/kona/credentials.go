package kona

import (
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

// CryptoKey is one crypto key of a project: the server's public key, for what is sent,
// and the project's own private key, for what is answered (documented). A project has
// at most two.
type CryptoKey struct {
	ID     string // X-KM-Crypto-Key-Id
	Server *rsa.PublicKey
	Client *rsa.PrivateKey
}

// Format writes nothing of the key, whatever the verb.
func (CryptoKey) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hiddenText) }

// LogValue shows nothing of the key.
func (CryptoKey) LogValue() slog.Value { return slog.StringValue(hiddenText) }

// MarshalText shows nothing of the key.
func (CryptoKey) MarshalText() ([]byte, error) { return []byte(hiddenText), nil }

// Credentials are the ids and keys of one project in one environment. Sandbox, system
// integration and production have different ones (documented).
type Credentials struct {
	// The values are reached through functions only, so that no formatting finds
	// them, however deep it looks.
	asp    string
	access func() string
	tag    func(body []byte) string
	keys   func() []CryptoKey
	hide   func(text string) string
	err    error
}

// NewCredentials returns the credentials of a project. The secret is used as it is, in
// UTF-8 (observed). Requests are encrypted with the first key; an answer names its own.
func NewCredentials(aspID, accessKey, secret string, keys ...CryptoKey) Credentials {
	keys = append([]CryptoKey(nil), keys...)
	return Credentials{
		asp:    aspID,
		access: func() string { return accessKey },
		tag: func(body []byte) string {
			mac := hmac.New(sha256.New, []byte(secret))
			mac.Write(body)
			return base64.StdEncoding.EncodeToString(mac.Sum(nil))
		},
		keys: func() []CryptoKey { return keys },
		hide: func(text string) string { return hideAll(text, []string{secret, accessKey}) },
		err:  checkCredentials(aspID, accessKey, secret, keys),
	}
}

const hiddenText = "hidden"

// String names the project by its ASP id alone.
func (c Credentials) String() string { return "kona credentials of " + httpcall.Redact(c.asp) }

// Format writes [Credentials.String], whatever the verb.
func (c Credentials) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, c.String()) }

// LogValue is [Credentials.String].
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c Credentials) check() error {
	if c.access == nil {
		return ports.Invalid("Credentials", "are empty")
	}
	return c.err
}

func checkCredentials(aspID, accessKey, secret string, keys []CryptoKey) error {
	errs := []error{checkHeader("ASPID", aspID), checkHeader("AccessKey", accessKey)}
	if secret == "" {
		errs = append(errs, ports.Invalid("Secret", "is blank"))
	}
	if len(keys) == 0 {
		errs = append(errs, ports.Invalid("Keys", "are missing: one-time tokens are asked for in encrypted requests"))
	}
	seen := map[string]bool{}
	for _, key := range keys {
		errs = append(errs, checkKey(key))
		if seen[key.ID] {
			errs = append(errs, ports.Invalid("Keys", "hold one id twice"))
		}
		seen[key.ID] = true
	}
	return ports.Join(errs...)
}

// minKeyBits is the size of the provider's RSA keys (documented).
const minKeyBits = 2048

func checkKey(key CryptoKey) error {
	if err := checkHeader("Keys", key.ID); err != nil {
		return err
	}
	if key.Server == nil || key.Client == nil || key.Server.N == nil || key.Client.N == nil {
		return ports.Invalid("Keys", "need the server's public and the project's private key")
	}
	if key.Server.N.BitLen() < minKeyBits || key.Client.N.BitLen() < minKeyBits {
		return ports.Invalid("Keys", "are shorter than %d bits", minKeyBits)
	}
	return nil
}

// checkHeader refuses what an HTTP header cannot carry as it is. The documented
// lengths are not enforced: they were seen to be wrong.
func checkHeader(field, text string) error {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ports.Invalid(field, "must be printable ASCII without blanks")
	}
	return nil
}
