package konatest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"

	"github.com/go-jose/go-jose/v4"
)

// Codes that the provider does not publish. The simulator has its own; a test must not
// take them for the provider's.
const (
	CodeMerchant       = "007_901" // merchant error
	CodeToken          = "007_902" // invalid one-time token
	CodeAccountTrouble = "007_903" // the bank has a problem with the account
	CodeNoSequence     = "007_904" // the inquiry knows no such sequenceId
	CodeCredentials    = "000_901" // signature, key or id is wrong
)

// result is an answer before it is written.
type result struct {
	status int
	body   map[string]any
	sealed bool
}

const codeSuccess = "000_000"

func ok(body map[string]any) *result {
	body = maps.Clone(body)
	body["response"] = verdict(codeSuccess, "Success.")
	return &result{status: http.StatusOK, body: body}
}

func refuse(code string) *result { return refuseWith(http.StatusBadRequest, code) }

func refuseWith(status int, code string) *result {
	return &result{status: status, body: map[string]any{"response": verdict(code, "refused with "+code)}}
}

func verdict(code, description string) map[string]string {
	return map[string]string{"code": code, "description": description}
}

// write writes an answer, encrypted where it is to be.
func (s *Simulator) write(w http.ResponseWriter, answer *result) {
	data, err := json.Marshal(answer.body)
	if err != nil {
		panic(fmt.Sprintf("answer cannot be written: %v", err))
	}
	if answer.sealed || s.config.SealAnswers {
		data = s.seal(data)
		w.Header().Set(headerKey, s.project.KeyID)
	}
	s.writeRaw(w, answer.status, data)
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

func (s *Simulator) writeRaw(w http.ResponseWriter, status int, data []byte) {
	s.head(w)
	w.WriteHeader(status)
	_, _ = w.Write(data)
}

func (s *Simulator) head(w http.ResponseWriter) {
	w.Header().Set("Date", s.clock.Now().UTC().Format(http.TimeFormat))
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
}

type labelKey struct{}

// WithLabel marks what is done under a context, so that a test finds its request again
// in [Books]. It reaches the simulator through its [Transport] only.
func WithLabel(ctx context.Context, label string) context.Context {
	return context.WithValue(ctx, labelKey{}, label)
}

func labelOf(ctx context.Context) string {
	label, _ := ctx.Value(labelKey{}).(string)
	return label
}
