package kona

import (
	"encoding/json"
	"errors"

	"github.com/go-jose/go-jose/v4"

	"github.com/jigap/jigap/adapters/httpcall"
)

// envelope is an encrypted body (observed).
type envelope struct {
	EncData string `json:"encData"`
}

// seal encrypts a request with the first key and returns the id of that key.
func (c *Client) seal(plain []byte) (body []byte, keyID string, err error) {
	key := c.credentials.keys()[0]
	encrypter, err := jose.NewEncrypter(jose.A128GCM, jose.Recipient{Algorithm: jose.RSA_OAEP_256, Key: key.Server}, nil)
	if err != nil {
		return nil, "", err
	}
	object, err := encrypter.Encrypt(plain)
	if err != nil {
		return nil, "", err
	}
	compact, err := object.CompactSerialize()
	if err != nil {
		return nil, "", err
	}
	body, err = json.Marshal(envelope{compact})
	return body, key.ID, err
}

// Errors that the key configuration may be to blame for.
var (
	errKeyID   = errors.New("answer is encrypted with a key that is not configured")
	errDecrypt = errors.New("answer cannot be decrypted")
)

// open returns the plain form of an answer. Any answer may be encrypted, whether its
// request was or not. The algorithms are pinned.
func (c *Client) open(body []byte, keyID string) (fields, error) {
	outer, err := decodeFields(body)
	if err != nil {
		return nil, err
	}
	if _, encrypted := outer["encData"]; !encrypted {
		return outer, nil
	}
	sealed, err := outer.text("encData")
	if err != nil {
		return nil, err
	}
	key, known := c.key(keyID)
	if !known {
		return nil, errKeyID
	}
	object, err := jose.ParseEncryptedCompact(sealed,
		[]jose.KeyAlgorithm{jose.RSA_OAEP_256}, []jose.ContentEncryption{jose.A128GCM, jose.A256GCM})
	if err != nil {
		return nil, errDecrypt
	}
	plain, err := object.Decrypt(key.Client)
	if err != nil || len(plain) > httpcall.MaxBody {
		return nil, errDecrypt
	}
	return decodeFields(plain)
}

// key finds a key by its id; an answer that names none means the first.
func (c *Client) key(id string) (CryptoKey, bool) {
	for i, key := range c.credentials.keys() {
		if key.ID == id || id == "" && i == 0 {
			return key, true
		}
	}
	return CryptoKey{}, false
}
