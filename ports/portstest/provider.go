package portstest

import (
	"time"

	"github.com/shopspring/decimal"
)

// BreakableProvider is a provider that a test can break. It is written by the author of an
// adapter, around a simulator with books of its own.
type BreakableProvider interface {
	// Break has a fault happen, and reports whether this provider can fail so. Faults of
	// orders line up: each happens to one request, the first to the first. A scenario
	// that needs a fault which the provider has not is skipped, and the output names the
	// fault. FaultNone, FaultUnreachable, FaultDropBefore, FaultDropAfter, FaultHangBefore,
	// FaultBlind and FaultMute must be possible.
	Break(fault Fault) bool

	// Heal ends all faults.
	Heal()

	// Overread reports whether the adapter has read 64 MB or more of an answer without
	// end. The answer must end there, so that an adapter without a bound does not use up the
	// memory of the test.
	Overread() bool

	// Secrets returns texts that no answer, error or evidence may hold: keys, tokens,
	// signatures, card and account numbers.
	Secrets() []string
}

// ProviderHarness is a provider that moves money and that a test can break.
type ProviderHarness interface {
	BreakableProvider

	// Booked returns the amounts that the provider executed for the adapter and has not
	// given back, oldest first: what its own books say, whatever it answered. An order that
	// was sent twice and executed once is in it once. What others moved is not in it.
	Booked() []decimal.Decimal

	// Settle has the provider finish the orders that are pending: done, or refused
	// and given back. It returns false when none is pending. Where the provider may execute at
	// once or later, run the suite with a harness of each: the scenarios of pending orders are
	// skipped in the first.
	Settle(done bool) bool

	// Now is the clock of provider and adapter, and Advance moves both.
	Now() time.Time
	Advance(by time.Duration)
}
