package toss

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"

	"github.com/jigap/jigap/ports"
)

// SecurityKey is a security key of a shop (보안 키). It encrypts the bodies of payouts and signs the
// notifications about them (documented). Make one with [NewSecurityKey].
type SecurityKey struct {
	// The key is reached through functions only, as that of a SecretKey.
	bytes func() []byte
	text  func() string
}

var securityKeyForm = regexp.MustCompile(`^[0-9A-Fa-f]{64}$`)

// NewSecurityKey returns the security key that the developer centre shows: 64 hexadecimal
// characters, which are 32 bytes (documented). It returns [ports.ErrInvalid] for anything else.
func NewSecurityKey(text string) (SecurityKey, error) {
	if !securityKeyForm.MatchString(text) {
		return SecurityKey{}, ports.Invalid("SecurityKey", "must be 64 hexadecimal characters")
	}
	key, err := hex.DecodeString(text)
	if err != nil {
		return SecurityKey{}, ports.Invalid("SecurityKey", "must be 64 hexadecimal characters")
	}
	return SecurityKey{bytes: func() []byte { return key }, text: func() string { return text }}, nil
}

func (k SecurityKey) isZero() bool { return k.bytes == nil }

func (k SecurityKey) check() error {
	if k.isZero() {
		return ports.Invalid("SecurityKey", "is not made by NewSecurityKey")
	}
	return nil
}

// secrets are the forms of the key that must not be shown.
func (k SecurityKey) secrets() []string {
	lower, key := hex.EncodeToString(k.bytes()), k.bytes()
	return []string{k.text(), lower, strings.ToUpper(lower), base64.StdEncoding.EncodeToString(key), base64.RawURLEncoding.EncodeToString(key)}
}

// signed reports whether mac is the HMAC-SHA256 of the data. Whether the provider uses the 32 bytes
// or the 64 characters as the key of the HMAC is not documented: either is taken.
func (k SecurityKey) signed(mac []byte, data ...[]byte) bool {
	decoded, asText := hmacOf(k.bytes(), data...), hmacOf([]byte(k.text()), data...)
	isDecoded, isText := hmac.Equal(mac, decoded), hmac.Equal(mac, asText)
	return isDecoded || isText
}

func hmacOf(key []byte, data ...[]byte) []byte {
	mac := hmac.New(sha256.New, key)
	for _, part := range data {
		mac.Write(part)
	}
	return mac.Sum(nil)
}

// String shows nothing of the key.
func (SecurityKey) String() string { return hiddenText }

// Format writes nothing of the key, whatever the verb.
func (SecurityKey) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hiddenText) }

// LogValue shows nothing of the key.
func (SecurityKey) LogValue() slog.Value { return slog.StringValue(hiddenText) }

// MarshalText shows nothing of the key.
func (SecurityKey) MarshalText() ([]byte, error) { return []byte(hiddenText), nil }
