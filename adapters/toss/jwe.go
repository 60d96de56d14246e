package toss

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
)

const (
	headerSecurity = "TossPayments-Api-Security-Mode"
	encryption     = "ENCRYPTION"
	// iatForm is ISO 8601 with the zone of Korea and without a fraction (documented).
	iatForm = "2006-01-02T15:04:05-07:00"
)

var (
	errOpen = errors.New("answer cannot be decrypted with a security key of ours")
	errSeal = errors.New("the request cannot be encrypted")
)

// seal encrypts a body with a security key: a compact JWE of the algorithms dir and A256GCM, whose
// header has the time and a nonce (documented).
func seal(key SecurityKey, plain []byte, now time.Time, random io.Reader) ([]byte, error) {
	nonce, err := uuid.NewRandomFromReader(random)
	if err != nil {
		return nil, errSeal
	}
	options := new(jose.EncrypterOptions).WithHeader("iat", now.In(korea()).Format(iatForm)).WithHeader("nonce", nonce.String())
	encrypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.DIRECT, Key: key.bytes()}, options)
	if err != nil {
		return nil, errSeal
	}
	object, err := encrypter.Encrypt(plain)
	if err != nil {
		return nil, errSeal
	}
	compact, err := object.CompactSerialize()
	if err != nil {
		return nil, errSeal
	}
	return []byte(compact), nil
}

// unseal decrypts a compact JWE with the first key that does it. The algorithms are pinned.
func unseal(keys []SecurityKey, sealed []byte) ([]byte, error) {
	object, err := jose.ParseEncryptedCompact(string(sealed), []jose.KeyAlgorithm{jose.DIRECT}, []jose.ContentEncryption{jose.A256GCM})
	if err != nil {
		return nil, errOpen
	}
	for _, key := range keys {
		if plain, err := object.Decrypt(key.bytes()); err == nil {
			return plain, nil
		}
	}
	return nil, errOpen
}

// opener returns what reads an answer: a JWE, or the plain JSON that some refusals were seen to be
// (observed in the code of clients). The first character tells them apart.
func opener(keys []SecurityKey) func(body []byte) ([]byte, error) {
	return func(body []byte) ([]byte, error) {
		body = bytes.TrimSpace(body)
		if bytes.HasPrefix(body, []byte("{")) {
			return body, nil
		}
		return unseal(keys, body)
	}
}

// encrypted are the headers of a request whose answer is to be encrypted, and whose body is if it
// has one (documented).
func encrypted(body []byte) http.Header {
	header := http.Header{}
	header.Set(headerSecurity, encryption)
	if body != nil {
		header.Set("Content-Type", "text/plain")
	}
	return header
}
