package solapitest

import (
	"context"
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

// WithLabel marks what is done under a context, so that a test finds its request
// again in [Books]. It reaches the simulator through its [Transport] only.
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
	WrongSums    = providertest.Own + iota // executed; the answer's figures do not add up
	NullID                                 // executed; the answer's ids are null
	OtherAccount                           // executed; the answer names another account
)

// spoil gives an answer other figures, or takes its ids away.
func spoil(kind Kind, answer *result) *result {
	return answer.With(func(fields map[string]any) {
		for name := range fields {
			switch {
			case kind == NullID && (name == "historyId" || name == "withdrawId"):
				fields[name] = nil
			case kind == OtherAccount && name == "accountId":
				fields[name] = "19041920726337"
			case kind == WrongSums && (name == "balanceAmount" || name == "totalAmount"):
				fields[name] = 5
			}
		}
	})
}
