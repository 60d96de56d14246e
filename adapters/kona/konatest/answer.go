package konatest

import (
	"fmt"
	"maps"
	"net/http"

	"github.com/go-jose/go-jose/v4"

	"github.com/jigap/jigap/adapters/providertest"
)

// Codes that the provider does not publish. The simulator has its own; a test must not
// take them for the provider's.
const (
	CodeMerchant       = "007_901" // merchant error
	CodeToken          = "007_902" // invalid one-time token
	CodeAccountTrouble = "007_903" // the bank has a problem with the account
	CodeMinimum        = "007_905" // the amount is below the card's minimum
	CodeNoSequence     = "007_904" // the inquiry knows no such sequenceId
	CodeCredentials    = "000_901" // signature, key or id is wrong
)

// result is an answer before it is written.
type result = providertest.Answer

const codeSuccess = "000_000"

func ok(body map[string]any) *result {
	if body = maps.Clone(body); body == nil {
		body = map[string]any{}
	}
	body["response"] = verdict(codeSuccess, "Success.")
	return &result{Status: http.StatusOK, Body: body}
}

func refuse(code string) *result { return refuseWith(http.StatusBadRequest, code) }

func refuseWith(status int, code string) *result {
	return &result{Status: status, Body: map[string]any{"response": verdict(code, "refused with "+code)}}
}

func verdict(code, description string) map[string]string {
	return map[string]string{"code": code, "description": description}
}

// sealed has an answer encrypted.
func (s *Simulator) sealed(answer *result) *result {
	answer.Seal, answer.Header = s.seal, http.Header{headerKey: {s.project.KeyID}}
	return answer
}

// dressed is an answer as the configuration wants it.
func (s *Simulator) dressed(answer *result) *result {
	if s.config.SealAnswers {
		return s.sealed(answer)
	}
	return answer
}

// seal encrypts an answer, with the larger key size for the longer ones so that both
// are seen.
func (s *Simulator) seal(plain []byte) []byte {
	size := jose.A128GCM
	if len(plain)%2 == 1 {
		size = jose.A256GCM
	}
	encrypter, err := jose.NewEncrypter(size, jose.Recipient{Algorithm: jose.RSA_OAEP_256, Key: &s.project.Client.PublicKey}, nil)
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
	return []byte(`{"encData":"` + compact + `"}`)
}
