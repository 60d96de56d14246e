package tosstest

import (
	"encoding/json"
	"maps"
	"net/http"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/providertest"
)

// result is an answer before it is written.
type result = providertest.Answer

const headerTrace = "X-Tosspayments-Trace-Id"

func ok(body any) *result { return &result{Status: http.StatusOK, Body: body} }

// empty is an answer without a body.
func empty() *result {
	return &result{Status: http.StatusOK, Seal: func([]byte) []byte { return nil }}
}

// refuse answers a code with its status, in the form of the version that was asked.
func (r *request) refuse(code string) *result { return r.refuseWith(statusOf(code), code) }

func (r *request) refuseWith(status int, code string) *result {
	body := errorBody(code)
	if r.second {
		body = map[string]any{"version": versionTwo, "traceId": r.trace, "error": body}
	}
	return &result{Status: status, Body: body}
}

func errorBody(code string) map[string]any {
	if code == "" {
		return map[string]any{}
	}
	return map[string]any{"code": code, "message": "요청이 거절되었습니다."}
}

// refuseEither makes the refusal of a fault. A fault does not say which version of the
// API was asked, so that the body holds the code where either has it.
func refuseEither(status int, code string) *result {
	body := errorBody(code)
	body["error"] = maps.Clone(body)
	return &result{Status: status, Body: body}
}

// head gives every answer a trace id.
func (s *Simulator) head(header http.Header, _ *http.Request) {
	s.world.Lock()
	defer s.world.Unlock()
	header.Set(headerTrace, s.hex(32))
}

// figure is an amount as JSON has it: a number in its own digits.
func figure(amount decimal.Decimal) json.Number { return json.Number(amount.String()) }
