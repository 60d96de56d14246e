package solapitest

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"net/http"
	"strings"
	"time"
)

// Authorization is a parsed header.
type Authorization struct {
	Scheme    string // HMAC-SHA256 or HMAC-MD5
	APIKey    string
	Date      string // as sent: it is what was signed
	Salt      string
	Signature string
	At        time.Time // what Date says
}

var errHeader = errors.New("malformed Authorization header")

// ParseAuthorization reads an Authorization header. Names of parameters may be
// written in any case (inferred from the official clients); each must be there once.
func ParseAuthorization(header string) (Authorization, error) {
	scheme, rest, found := strings.Cut(header, " ")
	if !found || scheme != "HMAC-SHA256" && scheme != "HMAC-MD5" {
		return Authorization{}, errHeader
	}
	auth := Authorization{Scheme: scheme}
	fields := map[string]*string{"apikey": &auth.APIKey, "date": &auth.Date, "salt": &auth.Salt, "signature": &auth.Signature}
	for parameter := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		field := fields[strings.ToLower(name)]
		if field == nil || *field != "" || value == "" {
			return Authorization{}, errHeader
		}
		*field = value
	}
	if auth.APIKey == "" || auth.Date == "" || auth.Salt == "" || auth.Signature == "" {
		return Authorization{}, errHeader
	}
	at, err := parseDate(auth.Date)
	if err != nil {
		return Authorization{}, errHeader
	}
	auth.At = at
	return auth, nil
}

// phpEnd is how the official PHP client ends a date: with the offset of Korea in seconds,
// in front of a Z, behind the time of a Korean clock.
const phpEnd = ".32400Z"

// parseDate reads a date in any form that an official client sends: ISO 8601 with Z or an
// offset, the offset without a colon (Ruby), and the form of the PHP client.
func parseDate(text string) (time.Time, error) {
	if wall, php := strings.CutSuffix(text, phpEnd); php {
		return time.Parse(time.RFC3339, wall+"+09:00")
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	return time.Parse("2006-01-02T15:04:05-0700", text)
}

// sign returns the signature that the header should carry.
func (a Authorization) sign(secret string) string {
	newHash := func() hash.Hash { return sha256.New() }
	if a.Scheme == "HMAC-MD5" {
		newHash = md5.New
	}
	mac := hmac.New(newHash, []byte(secret))
	mac.Write([]byte(a.Date + a.Salt))
	return hex.EncodeToString(mac.Sum(nil))
}

const (
	keyLength = 16
	minSalt   = 12
	maxSalt   = 64
	maxSkew   = 15 * time.Minute
)

// authorize finds whom a request is for, or the refusal. The world is locked.
func (s *Simulator) authorize(r *http.Request, now time.Time) (*apiKey, *result) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return nil, refuse(http.StatusUnauthorized, "Unauthorized")
	}
	auth, err := ParseAuthorization(header)
	if err != nil || len(auth.APIKey) != keyLength || len(auth.Salt) < minSalt || len(auth.Salt) > maxSalt {
		return nil, refuse(http.StatusBadRequest, "ValidationError")
	}
	key := s.keys[auth.APIKey]
	if key == nil {
		return nil, refuse(http.StatusForbidden, "InvalidAPIKey")
	}
	if !hmac.Equal([]byte(auth.sign(key.secret)), []byte(auth.Signature)) {
		return nil, refuse(http.StatusForbidden, "SignatureDoesNotMatch")
	}
	if late := now.Sub(auth.At); late >= maxSkew || -late >= maxSkew && !s.config.FutureDates {
		return nil, refuse(http.StatusForbidden, "RequestTimeTooSkewed")
	}
	if s.used(auth.Signature, now) {
		return nil, refuse(http.StatusForbidden, "DuplicatedSignature")
	}
	return key, nil
}

// used remembers a signature and reports whether it came within the last 15 minutes.
func (s *Simulator) used(signature string, now time.Time) bool {
	for len(s.signed) > 0 && now.Sub(s.signed[0].at) >= maxSkew {
		delete(s.signatures, s.signed[0].text)
		s.signed = s.signed[1:]
	}
	if s.signatures[signature] {
		return true
	}
	s.signatures[signature] = true
	s.signed = append(s.signed, seen{text: signature, at: now})
	return false
}

// seen is a signature and when it came.
type seen struct {
	text string
	at   time.Time
}
