package tosstest

import (
	"context"
	"encoding/json"
	"maps"
	"time"

	"github.com/shopspring/decimal"

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

// The ways in which only an answer of this provider goes wrong. The request is executed, and
// the answer that is kept under its Idempotency-Key is the right one. They spoil payments,
// rows of transactions and payouts.
const (
	// WrongAmount shows another amount: of a payment with cancels in its last cancels entry,
	// of any other payment in totalAmount.
	WrongAmount  = providertest.Own + iota
	WrongOrder   // another orderId or refPayoutId
	OddStatus    // a status that the provider does not document
	ExtraFields  // fields that the provider does not document
	Dollars      // the currency is USD
	Fraction     // the amount has half a won more
	WrongType    // BILLING instead of NORMAL, and NORMAL instead of BILLING
	OtherVersion // another version of the API
	BadSeal      // an encrypted answer cannot be decrypted
)

// spoil gives an answer fields that are not as they should be.
func spoil(kind Kind, answer *result) *result {
	spoilt := *answer
	if kind == BadSeal && answer.Seal != nil {
		spoilt.Seal = func([]byte) []byte { return []byte("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAA.AAAA.AAAA") }
		return &spoilt
	}
	spoilt.Body = spoilBody(kind, answer.Body)
	return &spoilt
}

// spoilBody spoils a copy of what is a payment, a row or a payout within a body.
func spoilBody(kind Kind, body any) any {
	switch body := body.(type) {
	case []any:
		spoilt := []any{}
		for _, item := range body {
			spoilt = append(spoilt, spoilBody(kind, item))
		}
		return spoilt
	case map[string]any:
		spoilt := maps.Clone(body)
		if inner, isList := spoilt["items"]; isList {
			spoilt["items"] = spoilBody(kind, inner)
		}
		if inner, isEnvelope := spoilt["entityBody"]; isEnvelope {
			spoilt["entityBody"] = spoilBody(kind, inner)
		}
		spoilFields(kind, spoilt)
		return spoilt
	}
	return body
}

// replaced are the fields of which a kind changes those that are there.
var replaced = map[Kind]map[string]func(value any) any{
	WrongOrder:   {"orderId": other, "refPayoutId": other},
	OddStatus:    {"status": func(any) any { return "HELD_BY_BANK" }},
	Dollars:      {"currency": func(any) any { return "USD" }, "amount": inner("currency", func(any) any { return "USD" })},
	OtherVersion: {"version": func(any) any { return "2031-01-01" }},
	WrongType: {"type": func(value any) any {
		return map[bool]string{true: "NORMAL", false: "BILLING"}[value == "BILLING"]
	}},
	WrongAmount: {"totalAmount": more("1"), "amount": inner("value", more("1"))},
	Fraction:    {"totalAmount": more("0.5"), "amount": inner("value", more("0.5"))},
}

func other(value any) any { return value.(string) + "-other" }

// more adds to an amount.
func more(by string) func(value any) any {
	return func(value any) any {
		number, isNumber := value.(json.Number)
		if !isNumber {
			return value
		}
		return figure(decimal.RequireFromString(number.String()).Add(decimal.RequireFromString(by)))
	}
}

// inner changes a field of an object; a number is changed itself where the field is its
// value.
func inner(name string, change func(value any) any) func(value any) any {
	return func(value any) any {
		fields, isObject := value.(map[string]any)
		switch {
		case isObject:
			fields = maps.Clone(fields)
			fields[name] = change(fields[name])
			return fields
		case name == "value":
			return change(value)
		}
		return value
	}
}

func spoilFields(kind Kind, fields map[string]any) {
	if kind == ExtraFields {
		fields["fieldOfTomorrow"], fields["moreOfTomorrow"] = "new", map[string]any{"totalAmount": 1, "status": "NEW"}
		return
	}
	changes := replaced[kind]
	if entries, isList := fields["cancels"].([]any); isList && len(entries) > 0 && (kind == WrongAmount || kind == Fraction) {
		last := maps.Clone(entries[len(entries)-1].(map[string]any))
		last["cancelAmount"] = changes["totalAmount"](last["cancelAmount"])
		fields["cancels"] = append(entries[:len(entries)-1:len(entries)-1], last)
		return
	}
	for name, change := range changes {
		if value, present := fields[name]; present && value != nil {
			fields[name] = change(value)
		}
	}
}
