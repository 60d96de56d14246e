package tosstest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	headerSecurity = "TossPayments-api-security-mode"
	encryption     = "ENCRYPTION"
	versionTwo     = "2022-11-16"
)

var nonceForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// sealed answers a request of version 2: decrypted where it must be encrypted, and with an
// encrypted answer where the header asks for one.
func (s *Simulator) sealed(r *request, target endpoint) *result {
	key := s.securityKeys()[0]
	encrypted := r.Header.Get(headerSecurity) == encryption
	if target.sealed {
		plain, with, opened := s.unseal(r.body)
		if !opened || !encrypted || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") {
			return r.refuse(CodeInvalidEncryption)
		}
		r.body, key = plain, with
	}
	answer := target.handle(s, r)
	if !encrypted || s.config.PlainErrors && answer.Status != http.StatusOK {
		return answer
	}
	sealed := *answer
	sealed.Header = http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	sealed.Seal = s.sealer(key, r.now)
	return &sealed
}

// envelope is the answer of version 2.
func (r *request) envelope(entity string, body any) *result {
	return ok(map[string]any{"version": versionTwo, "traceId": r.trace, "entityType": entity, "entityBody": body})
}

// unseal decrypts a JWE with a security key that works, and returns the key.
func (s *Simulator) unseal(body []byte) (plain, with []byte, opened bool) {
	text := strings.TrimSpace(string(body))
	object, err := jose.ParseEncryptedCompact(text, []jose.KeyAlgorithm{jose.DIRECT}, []jose.ContentEncryption{jose.A256GCM})
	if err != nil || !validHeader(text) {
		return nil, nil, false
	}
	for _, key := range s.securityKeys() {
		if plain, err := object.Decrypt(key); err == nil {
			return plain, key, true
		}
	}
	return nil, nil, false
}

// validHeader checks iat, ISO 8601 with a zone and without a fraction, and nonce, a UUID.
// Whether the provider bounds the age of iat is not known; the simulator does not.
func validHeader(text string) bool {
	encoded, _, _ := strings.Cut(text, ".")
	data, err := base64.RawURLEncoding.DecodeString(encoded)
	var header struct{ Iat, Nonce string }
	if err != nil || json.Unmarshal(data, &header) != nil {
		return false
	}
	_, err = time.Parse("2006-01-02T15:04:05-07:00", header.Iat)
	return err == nil && len(header.Iat) == len("2006-01-02T15:04:05-07:00") && nonceForm.MatchString(header.Nonce)
}

// sealer encrypts an answer. The same answer becomes the same bytes again, so that a replay
// is identical.
func (s *Simulator) sealer(key []byte, now time.Time) func(plain []byte) []byte {
	iat, nonce := stamp(now), s.uuid()
	var before, after []byte
	return func(plain []byte) []byte {
		if before == nil || !bytes.Equal(before, plain) {
			before, after = bytes.Clone(plain), encrypt(key, plain, iat, nonce)
		}
		return after
	}
}

func encrypt(key, plain []byte, iat, nonce string) []byte {
	options := new(jose.EncrypterOptions).WithHeader("iat", iat).WithHeader("nonce", nonce)
	encrypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.DIRECT, Key: key}, options)
	if err != nil {
		panic(fmt.Sprintf("answer cannot be encrypted: %v", err))
	}
	object, err := encrypter.Encrypt(plain)
	if err != nil {
		panic(fmt.Sprintf("answer cannot be encrypted: %v", err))
	}
	compact, err := object.CompactSerialize()
	if err != nil {
		panic(fmt.Sprintf("answer cannot be encrypted: %v", err))
	}
	return []byte(compact)
}
