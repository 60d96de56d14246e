package portstest

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// Fault is a way in which a provider, or the way to it, fails. Unless it says
// otherwise it happens to the next request that moves money, once.
type Fault string

// The faults. "Before" is before the provider executed the order, "after" is after
// it.
const (
	FaultNone        Fault = "answers at once"
	FaultUnreachable Fault = "cannot be reached: no byte of the request is sent"
	FaultDropBefore  Fault = "connection lost before the effect"
	FaultDropAfter   Fault = "connection lost after the effect"
	FaultLate        Fault = "connection lost, and the effect happens minutes later"
	FaultHangBefore  Fault = "no answer before the deadline, and no effect"
	FaultHangAfter   Fault = "no answer before the deadline, after the effect"
	FaultErrorBefore Fault = "status 500 before the effect"
	FaultErrorAfter  Fault = "status 500 after the effect"
	FaultTruncated   Fault = "half of the answer, after the effect"
	FaultGarbage     Fault = "an answer that is no answer, after the effect"
	FaultEmpty       Fault = "an empty success, after the effect"
	FaultWrongAmount Fault = "a success over another amount than was executed"
	FaultEndless     Fault = "an answer without end, after the effect"
	FaultRedirect    Fault = "a redirect that leads to the effect, for a client that follows it"
	FaultDecline     Fault = "declines for good"
	FaultThrottle    Fault = "asks for patience, without effect"
	FaultCredentials Fault = "refuses the credentials"
	// FaultBlind fails every question, but no order, until Heal.
	FaultBlind Fault = "answers no question"
	// FaultMute takes every question, but no order, and answers none, until Heal.
	FaultMute Fault = "takes every question and never answers"
)

// More faults of every question, and of no order, until Heal.
const (
	FaultAskUnreachable Fault = "is reached by no question"
	FaultAskCredentials Fault = "refuses the credentials of every question"
	FaultAskMissing     Fault = "answers every question with status 404, which is not the provider's own"
	FaultAskThrottle    Fault = "answers every question with status 429"
	FaultAskGarbage     Fault = "answers every question with what is no answer"
	FaultAskEmpty       Fault = "answers every question with an empty success"
)

// Faults that only some orders can meet.
const (
	// FaultPart is for cancellations: see [CancelerHarness].
	FaultPart Fault = "gives back a part of the charge, and says so"
	// FaultIgnore is for settings: see [DelegateHarness].
	FaultIgnore Fault = "a success without any effect"
)

// askFaults are the faults of questions that a provider may not know.
func askFaults() []Fault {
	return []Fault{FaultAskUnreachable, FaultAskCredentials, FaultAskMissing, FaultAskThrottle, FaultAskGarbage, FaultAskEmpty}
}

// ProviderHarness is a provider that a test can break. It is written by the author
// of an adapter, around a simulator.
type ProviderHarness interface {
	// Break has a fault happen, and reports whether this provider can fail so. A
	// provider that knows no throttling, say, returns false and is not tested for
	// it. FaultNone, FaultUnreachable, FaultDropBefore, FaultDropAfter, FaultHangBefore,
	// FaultBlind and FaultMute must be possible.
	Break(fault Fault) bool

	// Heal ends all faults.
	Heal()

	// Booked returns the amounts that the provider executed and has not given back,
	// oldest first: what its own books say, whatever it answered. An order that was sent
	// twice and executed once is in it once.
	Booked() []decimal.Decimal

	// Settle has the provider finish the orders that are pending: done, or refused
	// and given back. It returns false when none is pending.
	Settle(done bool) bool

	// Now is the clock of provider and adapter, and Advance moves both.
	Now() time.Time
	Advance(by time.Duration)

	// Secrets returns texts that no answer may hold: keys, signatures, card and
	// account numbers.
	Secrets() []string
}

// faultCase is what a fault must lead to.
type faultCase struct {
	fault  Fault
	answer []ports.Outcome // what may be said at once
	booked int             // how many executions there are in the end
	final  []ports.Outcome // what inquiries may find
}

func faultCases() []faultCase {
	const (
		unknown, approved, declined = ports.OutcomeUnknown, ports.OutcomeApproved, ports.OutcomeDeclined
		pending, notSent, faulty    = ports.OutcomePending, ports.OutcomeNotSent, ports.OutcomeFault
	)
	type list = []ports.Outcome
	lost, done, nothing := list{unknown}, list{approved}, list{notSent, declined}
	return []faultCase{
		{FaultNone, list{approved, pending}, 1, done},
		{FaultUnreachable, list{notSent, unknown}, 0, nothing},
		{FaultDropBefore, lost, 0, nothing},
		{FaultDropAfter, lost, 1, done},
		{FaultLate, lost, 1, done},
		{FaultHangBefore, lost, 0, nothing},
		{FaultHangAfter, lost, 1, done},
		{FaultErrorBefore, lost, 0, nothing},
		{FaultErrorAfter, lost, 1, done},
		{FaultTruncated, lost, 1, done},
		{FaultGarbage, lost, 1, done},
		{FaultEmpty, list{unknown, pending}, 1, done},
		{FaultWrongAmount, list{unknown, pending}, 1, done},
		{FaultEndless, lost, 1, done},
		{FaultRedirect, list{unknown, faulty}, 0, list{notSent, declined, faulty}},
		{FaultDecline, list{declined, unknown}, 0, list{declined}},
		{FaultThrottle, list{notSent, declined, unknown}, 0, nothing},
		{FaultCredentials, list{faulty, unknown}, 0, list{faulty}},
	}
}

// indispensable are the faults that every provider has.
func indispensable(fault Fault) bool {
	return slices.Contains([]Fault{FaultNone, FaultUnreachable, FaultDropBefore, FaultDropAfter, FaultHangBefore, FaultBlind, FaultMute}, fault)
}
