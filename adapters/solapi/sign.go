package solapi

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/jigap/jigap/ports"
)

// Credentials are an API key and its secret. No formatting shows either.
type Credentials struct {
	key    string
	secret string
}

// NewCredentials returns the credentials of an API key. A key that recharges or
// withdraws must belong to an OWNER of the account (documented).
func NewCredentials(apiKey, secret string) Credentials {
	return Credentials{key: apiKey, secret: secret}
}

// Format writes a placeholder, whatever the verb.
func (c Credentials) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hidden) }

// LogValue is a placeholder.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(hidden) }

const hidden = "[hidden]"

// check refuses credentials that cannot stand in a header.
func (c Credentials) check() error {
	if c.key == "" || strings.ContainsFunc(c.key, notInHeader) {
		return ports.Invalid("APIKey", "is blank or holds characters that no key has")
	}
	if c.secret == "" {
		return ports.Invalid("Secret", "is blank")
	}
	return nil
}

func notInHeader(r rune) bool {
	return r <= ' ' || r >= 0x7f || r == ',' || r == '=' || r == '"'
}

// signature returns the HMAC-SHA256 of the date followed by the salt, in lower-case
// hexadecimal (documented). It covers neither method, address nor body.
func (c Credentials) signature(date, salt string) string {
	mac := hmac.New(sha256.New, []byte(c.secret))
	_, _ = io.WriteString(mac, date+salt)
	return hex.EncodeToString(mac.Sum(nil))
}

// authorization returns the header for one request at now with this salt. The
// header authorises any request for 15 minutes: it is never kept nor logged.
func (c Credentials) authorization(now time.Time, salt string) string {
	date := now.UTC().Format(time.RFC3339)
	return fmt.Sprintf("HMAC-SHA256 apiKey=%s, date=%s, salt=%s, signature=%s",
		c.key, date, salt, c.signature(date, salt))
}

// hide replaces key and secret in a text.
func (c Credentials) hide(text string) string {
	return strings.NewReplacer(c.key, "…", c.secret, "…").Replace(text)
}

// randomSalt returns 32 letters and digits. The provider takes 12 to 64 bytes
// (documented).
func randomSalt() string { return rand.Text() + rand.Text()[:6] }
