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

const hiddenText = "hidden"

// SecretKey is a secret key of a shop. One key belongs to one shop id (MID), and to the test or
// the live environment (documented). Make one with [NewSecretKey].
type SecretKey struct {
	// The key is reached through functions only, so that no formatting finds it, however deep it
	// looks.
	authorization func() string
	digest        func(data ...[]byte) string
	hide          func(text string) string
	fingerprint   string
	live, widget  bool
}

// keyForm is a prefix that is documented, and letters and digits (observed).
var keyForm = regexp.MustCompile(`^(test|live)_(g?sk)_[A-Za-z0-9]{8,200}$`)

// NewSecretKey returns the secret key that the developer centre shows: "test_sk_…" or "live_sk_…"
// of a shop's API, "test_gsk_…" or "live_gsk_…" of its payment widget. It returns
// [ports.ErrInvalid] for anything else: a client key, a byte order mark or a blank at either end.
func NewSecretKey(text string) (SecretKey, error) {
	form := keyForm.FindStringSubmatch(text)
	if form == nil {
		return SecretKey{}, ports.Invalid("SecretKey", "must begin with test_sk_, live_sk_, test_gsk_ or live_gsk_ and hold letters and digits")
	}
	authorization := "Basic " + base64.StdEncoding.EncodeToString([]byte(text+":"))
	key := SecretKey{
		authorization: func() string { return authorization },
		digest:        func(data ...[]byte) string { return digestOf([]byte(text), data...) },
		hide: func(shown string) string {
			return hideAll(shown, []string{text, strings.TrimPrefix(authorization, "Basic ")})
		},
		live: form[1] == "live", widget: form[2] == "gsk",
	}
	key.fingerprint = key.digest([]byte("fingerprint"))[:16]
	return key, nil
}

// digestOf is a digest that only the holder of a key can make: of what must not be guessed from
// it, an account number say.
func digestOf(key []byte, data ...[]byte) string {
	mac := hmac.New(sha256.New, key)
	for _, part := range data {
		_, _ = fmt.Fprintf(mac, "%d:", len(part))
		mac.Write(part)
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// Live reports whether the key moves money.
func (k SecretKey) Live() bool { return k.live }

// Widget reports whether the key is that of the payment widget. Such a key confirms, inquires
// about and cancels payments of the widget, and charges no billing key (documented).
func (k SecretKey) Widget() bool { return k.widget }

// Fingerprint returns 16 characters that tell two keys apart and do not show them.
func (k SecretKey) Fingerprint() string { return k.fingerprint }

func (k SecretKey) check() error {
	if k.authorization == nil {
		return ports.Invalid("SecretKey", "is not made by NewSecretKey")
	}
	return nil
}

// String shows nothing of the key.
func (SecretKey) String() string { return hiddenText }

// Format writes nothing of the key, whatever the verb.
func (SecretKey) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hiddenText) }

// LogValue shows nothing of the key.
func (SecretKey) LogValue() slog.Value { return slog.StringValue(hiddenText) }

// MarshalText shows nothing of the key.
func (SecretKey) MarshalText() ([]byte, error) { return []byte(hiddenText), nil }
