package solapitest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/shopspring/decimal"
)

// result is an answer before it is written.
type result struct {
	status int
	body   any
}

func ok(body any) *result { return &result{http.StatusOK, body} }

func refuse(status int, code string) *result {
	return &result{status, map[string]string{"errorCode": code, "errorMessage": "요청을 처리할 수 없습니다. (" + code + ")"}}
}

// write writes an answer with the date of the simulator's clock.
func (s *Simulator) write(w http.ResponseWriter, answer *result) {
	data, err := json.Marshal(answer.body)
	if err != nil {
		panic(fmt.Sprintf("answer cannot be written: %v", err))
	}
	s.writeRaw(w, answer.status, data)
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

// WithLabel marks what is done under a context, so that a test finds its request
// again in [Books]. It reaches the simulator through its [Transport] only.
func WithLabel(ctx context.Context, label string) context.Context {
	return context.WithValue(ctx, labelKey{}, label)
}

func labelOf(ctx context.Context) string {
	label, _ := ctx.Value(labelKey{}).(string)
	return label
}

func won(amount int64) decimal.Decimal { return decimal.NewFromInt(amount) }
