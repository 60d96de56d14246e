package konatest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"

	"github.com/go-jose/go-jose/v4"
)

// Project is what the provider gives to a project, in the open.
type Project struct {
	ASPID      string
	AccessKey  string
	Secret     string
	KeyID      string
	Server     *rsa.PublicKey  // requests are encrypted for it
	Client     *rsa.PrivateKey // answers are decrypted with it
	MerchantID string
}

// Keys are the two RSA keys of a simulated environment. They are slow to make, so that
// tests may share them.
type Keys struct{ server, client *rsa.PrivateKey }

// NewKeys makes keys.
func NewKeys() Keys {
	var pair [2]*rsa.PrivateKey
	for i := range pair {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic("no key can be made: " + err.Error())
		}
		pair[i] = key
	}
	return Keys{pair[0], pair[1]}
}

const (
	headerCorrelation = "X-KM-Correlation-Id"
	headerKey         = "X-KM-Crypto-Key-Id"
)

var (
	correlationForm = regexp.MustCompile(`^\d{12}-[0-9a-fA-F]{7}$`)
	tokenForm       = regexp.MustCompile(`^KMV1:\d{16,17}:[0-9A-Za-z+/]{43}=$`)
	timeForm        = regexp.MustCompile(`^\d{14}$`)
)

// authorize checks the headers against the bytes of the body. A correlation id that is
// too long is answered as the sandbox did: with status 500 (observed).
func (s *Simulator) authorize(r *http.Request, body []byte) *result {
	h, mac := r.Header, hmac.New(sha256.New, []byte(s.project.Secret))
	_, _ = mac.Write(body)
	token := h.Get("X-KM-Tran-Token")
	tag := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	switch {
	case len(h.Get(headerCorrelation)) > 20:
		return refuseWith(http.StatusInternalServerError, "000_999")
	case h.Get("X-KM-User-AspId") != s.project.ASPID, h.Get("X-KM-Access-Key") != s.project.AccessKey,
		!correlationForm.MatchString(h.Get(headerCorrelation)), !tokenForm.MatchString(token),
		!timeForm.MatchString(h.Get("X-KM-Tran-Time")), len(h.Get("X-KM-Time-Zone")) != 3,
		!hmac.Equal([]byte(token[len(token)-len(tag):]), []byte(tag)):
		return refuseWith(http.StatusUnauthorized, CodeCredentials)
	}
	return nil
}

// unseal decrypts a body that must be encrypted.
func (s *Simulator) unseal(r *http.Request, body []byte) ([]byte, bool) {
	var outer struct {
		EncData string `json:"encData"`
	}
	if r.Header.Get(headerKey) != s.project.KeyID || json.Unmarshal(body, &outer) != nil {
		return nil, false
	}
	object, err := jose.ParseEncryptedCompact(outer.EncData, []jose.KeyAlgorithm{jose.RSA_OAEP_256}, []jose.ContentEncryption{jose.A128GCM})
	if err != nil {
		return nil, false
	}
	plain, err := object.Decrypt(s.keys.server)
	return plain, err == nil
}
