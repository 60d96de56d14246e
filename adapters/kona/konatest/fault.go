package konatest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jigap/jigap/adapters/providertest"
)

// What all simulators of providers share.
type (
	// Fault is one way in which requests go wrong.
	Fault = providertest.Fault
	// Kind is a way in which a request goes wrong.
	Kind = providertest.Kind
	// Clock is a clock that stands still until it is moved.
	Clock = providertest.Clock
	// Transport asks the simulator without any network.
	Transport = providertest.Transport
)

// NewClock returns a clock that shows now.
func NewClock(now time.Time) *Clock { return providertest.NewClock(now) }

// WithLabel marks what is done under a context, so that a test finds its request again
// in [Books]. It reaches the simulator through its [Transport] only.
func WithLabel(ctx context.Context, label string) context.Context {
	return providertest.WithLabel(ctx, label)
}

// The ways in which a request goes wrong that every provider knows: see package
// providertest.
const (
	None         = providertest.None
	Refused      = providertest.Refused
	CloseBefore  = providertest.CloseBefore
	CloseAfter   = providertest.CloseAfter
	StatusBefore = providertest.StatusBefore
	StatusAfter  = providertest.StatusAfter
	DelayBefore  = providertest.DelayBefore
	DelayAfter   = providertest.DelayAfter
	Late         = providertest.Late
	Truncate     = providertest.Truncate
	Garbage      = providertest.Garbage
	EmptyObject  = providertest.EmptyObject
	Drip         = providertest.Drip
	Huge         = providertest.Huge
	Endless      = providertest.Endless
	Raw          = providertest.Raw
)

// The ways in which only an answer of this provider goes wrong.
const (
	NullID      = providertest.Own + iota // executed; the answer's nrNumber is null
	NoPending                             // executed; the answer has no isPending
	TextPending                           // executed; isPending is a text
	OddResult                             // executed; the result is in another case
	NewResult                             // executed; the result is one that the provider does not document
	Foreign                               // executed; the answer carries another correlation id
	BadSeal                               // executed; the answer cannot be decrypted
)

// spoil gives an answer a field, a header or a seal that is not as it should be.
func spoil(kind Kind, answer *result) *result {
	spoilt := *answer
	switch kind { //nolint:exhaustive // the other kinds are matters of a field
	case Foreign:
		spoilt.Header = answer.Header.Clone()
		if spoilt.Header == nil {
			spoilt.Header = http.Header{}
		}
		spoilt.Header.Set(headerCorrelation, "260101000000-0000000")
	case BadSeal:
		spoilt.Body, spoilt.Seal = json.RawMessage(`{"encData":"eyJhbGciOiJub25lIn0.e30.x.y.z"}`), nil
	default:
		return answer.With(func(fields map[string]any) { spoilField(kind, fields) })
	}
	return &spoilt
}

func spoilField(kind Kind, fields map[string]any) {
	for name, value := range fields {
		switch {
		case kind == NullID && name == "nrNumber":
			fields[name] = nil
		case kind == NoPending && name == "isPending":
			delete(fields, name)
		case kind == TextPending && name == "isPending":
			fields[name] = fmt.Sprint(value)
		case kind == NewResult && name == "result":
			fields[name] = "HELD_BY_BANK"
		case kind == OddResult && name == "result":
			fields[name] = strings.ToLower(fmt.Sprint(value))
		}
	}
}
