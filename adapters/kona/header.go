package kona

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"time"
)

// korea is the zone of the provider's days and of the times we send: UTC+9, without
// daylight saving.
func korea() *time.Location { return time.FixedZone("KST", 9*60*60) }

// The names of the headers.
const (
	headerASP         = "X-KM-User-AspId"
	headerCorrelation = "X-KM-Correlation-Id"
	headerAccess      = "X-KM-Access-Key"
	headerKey         = "X-KM-Crypto-Key-Id"
	headerToken       = "X-KM-Tran-Token" //nolint:gosec // a name, no credential
	headerTime        = "X-KM-Tran-Time"
	headerZone        = "X-KM-Time-Zone"
)

// head writes the headers of a request whose body is exactly these bytes. All three
// times come from one reading of the clock.
func (c *Client) head(header http.Header, body []byte, keyID string, now time.Time) {
	now = now.In(korea())
	header.Set("Accept", "application/json")
	header.Set("Content-Type", "application/json")
	header.Set(headerASP, c.credentials.asp)
	header.Set(headerAccess, c.credentials.access())
	header.Set(headerCorrelation, correlationID(now, c.random()))
	header.Set(headerToken, tranToken(now, c.credentials.tag(body)))
	header.Set(headerTime, now.Format("20060102150405"))
	header.Set(headerZone, "KST")
	if keyID != "" {
		header.Set(headerKey, keyID)
	}
}

// correlationID is 20 characters: twelve digits of time, a hyphen and seven hex digits.
// A longer one is answered with status 500 (observed).
func correlationID(now time.Time, random [4]byte) string {
	return now.Format("060102150405") + "-" + hex.EncodeToString(random[:])[:7]
}

// tranToken is 67 characters: the provider's own sample is, though its table says 66.
// The tag is over the body alone.
func tranToken(now time.Time, tag string) string {
	return "KMV1:" + now.Format("20060102150405") + now.Format(".000")[1:] + ":" + tag
}

func randomBytes() [4]byte {
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	return random
}
