package portstest

import (
	"net/http"
	"slices"

	"github.com/jigap/jigap/ports"
)

// Fault is a way in which a provider, or the way to it, fails. Unless it says
// otherwise it happens to the next request that moves money, once.
type Fault string

// The faults of orders. "Before" is before the provider executed the order, "after" is
// after it: then the books have the order as it was sent, and only the answer is wrong. A fault
// that names a status answers with it, and with the provider's own code where it has one for that
// status. A refusal (for good, of credentials, for patience) has the provider's own form. A fault
// without an answer lasts until the context of the call ends.
const (
	FaultNone         Fault = "answers at once"
	FaultUnreachable  Fault = "cannot be reached: no byte of the request is sent"
	FaultDropBefore   Fault = "connection lost before the effect"
	FaultDropAfter    Fault = "connection lost after the effect"
	FaultLate         Fault = "connection lost, and the effect happens minutes later" // as late as the provider may be, and within a day
	FaultHangBefore   Fault = "no answer before the deadline, and no effect"
	FaultHangAfter    Fault = "no answer before the deadline, after the effect"
	FaultErrorBefore  Fault = "status 500 before the effect"
	FaultErrorAfter   Fault = "status 500 after the effect"
	FaultTimeoutAfter Fault = "status 408 after the effect"
	FaultConflict     Fault = "status 409 after the effect"
	FaultBadGateway   Fault = "status 502 after the effect"
	FaultUnavailable  Fault = "status 503 after the effect"
	FaultGateTimeout  Fault = "status 504 after the effect"
	FaultOddCode      Fault = "refuses with a code that no adapter knows, after the effect"
	FaultTruncated    Fault = "half of the answer, after the effect"
	FaultGarbage      Fault = "an answer that is no answer, after the effect"
	FaultEmpty        Fault = "an empty success, after the effect"
	FaultWrongAmount  Fault = "a success over another amount than was executed"
	FaultOtherAccount Fault = "a success over another account than that of the order"
	FaultEndless      Fault = "an answer without end, after the effect"
	FaultRedirect     Fault = "a redirect that leads to the effect, for a client that follows it"
	FaultDecline      Fault = "declines for good"
	FaultThrottle     Fault = "asks for patience, without effect"
	FaultCredentials  Fault = "refuses the credentials"
)

// The faults of questions. They happen to every question, and to no order, until Heal. A
// question is every request that moves no money and that Prepare or Inquire sends.
const (
	FaultBlind          Fault = "answers every question with status 500"
	FaultMute           Fault = "takes every question and never answers"
	FaultAskUnreachable Fault = "is reached by no question"
	FaultAskDropped     Fault = "closes the connection of every question"
	FaultAskCredentials Fault = "refuses the credentials of every question, with the provider's own code"
	FaultAskUnauthed    Fault = "answers every question with status 401"
	FaultAskForbidden   Fault = "answers every question with status 403"
	FaultAskMissing     Fault = "answers every question with status 404, which is not the provider's own"
	FaultAskTimeout     Fault = "answers every question with status 408"
	FaultAskThrottle    Fault = "answers every question with status 429"
	FaultAskBadGateway  Fault = "answers every question with status 502"
	FaultAskUnavailable Fault = "answers every question with status 503"
	FaultAskGateTimeout Fault = "answers every question with status 504"
	FaultAskTruncated   Fault = "answers every question with half of an answer"
	FaultAskGarbage     Fault = "answers every question with what is no answer"
	FaultAskEmpty       Fault = "answers every question with an empty success"
)

// Faults of what the provider's records show. They begin at once and last until Heal.
const (
	// FaultHidden hides the orders that were made so far from every question. The questions
	// succeed.
	FaultHidden Fault = "shows none of the orders that were made so far"
	// FaultOddStatus gives the orders that are pending a status that no adapter knows, and that
	// they keep.
	FaultOddStatus Fault = "gives pending orders a status that no adapter knows"
	// FaultKept has Settle(false) refuse orders and keep their money: Booked still has them.
	FaultKept Fault = "refuses pending orders and does not give their money back"
	// FaultOthers has others move money on the account at once: other amounts than that of the
	// orders that NewOrder returns, smaller and larger, and so many times that they fill more
	// than a page.
	FaultOthers Fault = "others move other amounts on the account"
	// FaultAskLater answers the next question, or the first page of it, and fails every later
	// one with status 500.
	FaultAskLater Fault = "answers the next question, and none after it"
	// FaultRivals has others move the amount of the orders that NewOrder returns on the
	// account, twice at once.
	FaultRivals Fault = "others move the same amount on the account"
	// FaultRival has another move that amount on the account once. A provider whose records tell
	// neither ids of ours nor dates has no such fault: there nothing tells the two apart.
	FaultRival Fault = "another moves the same amount on the account"
	// FaultNear has others move what such an order is mistaken for: an amount that is the least
	// bit larger, one that is smaller, and the same amount the other way, all that the provider
	// has of these.
	FaultNear Fault = "others move nearly the same on the account"
	// FaultOtherKind has the amount moved once as what is no order, and as the provider's
	// records tell: a correction by hand, or a gift.
	FaultOtherKind Fault = "the same amount is moved as what is no order"
)

// Faults of the provider's clock: it differs by as much as a good adapter puts up with, and
// by some minutes at most. They begin at once and last until Heal. Now stays the clock of the
// adapter.
const (
	FaultAhead  Fault = "the provider's clock is ahead"
	FaultBehind Fault = "the provider's clock is behind"
)

// Faults that only some orders can meet.
const (
	// FaultPart is for cancellations: see [CancelerHarness].
	FaultPart Fault = "gives back a part of what it is asked for, and says so"
	// FaultIgnore is for settings: see [DelegateHarness].
	FaultIgnore Fault = "a success without any effect"
)

// Status returns the HTTP status that a fault answers with, and 0 where it answers with none
// that the fault names.
func (f Fault) Status() int {
	return map[Fault]int{
		FaultErrorBefore: http.StatusInternalServerError, FaultErrorAfter: http.StatusInternalServerError, FaultBlind: http.StatusInternalServerError,
		FaultAskUnauthed: http.StatusUnauthorized, FaultAskForbidden: http.StatusForbidden, FaultAskMissing: http.StatusNotFound,
		FaultAskTimeout: http.StatusRequestTimeout, FaultTimeoutAfter: http.StatusRequestTimeout, FaultConflict: http.StatusConflict,
		FaultTimeoutBefore: http.StatusRequestTimeout, FaultConflictBefore: http.StatusConflict, FaultBadGatewayBefore: http.StatusBadGateway,
		FaultUnavailableBefore: http.StatusServiceUnavailable, FaultGateTimeoutBefore: http.StatusGatewayTimeout,
		FaultAskThrottle: http.StatusTooManyRequests, FaultAskBadGateway: http.StatusBadGateway, FaultBadGateway: http.StatusBadGateway,
		FaultAskUnavailable: http.StatusServiceUnavailable, FaultUnavailable: http.StatusServiceUnavailable,
		FaultAskGateTimeout: http.StatusGatewayTimeout, FaultGateTimeout: http.StatusGatewayTimeout,
	}[f]
}

// OfQuestions reports whether the fault happens to questions.
func (f Fault) OfQuestions() bool { return slices.Contains(questionFaults(), f) }

func questionFaults() []Fault {
	return []Fault{
		FaultBlind, FaultMute, FaultAskUnreachable, FaultAskDropped, FaultAskCredentials, FaultAskUnauthed, FaultAskForbidden, FaultAskMissing,
		FaultAskTimeout, FaultAskThrottle, FaultAskBadGateway, FaultAskUnavailable, FaultAskGateTimeout, FaultAskTruncated, FaultAskGarbage, FaultAskEmpty,
	}
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
		{FaultNone, list{approved, pending, unknown}, 1, done},
		{FaultUnreachable, list{notSent, unknown}, 0, nothing},
		{FaultDropBefore, lost, 0, nothing},
		{FaultDropAfter, lost, 1, done},
		{FaultLate, lost, 1, done},
		{FaultHangBefore, lost, 0, nothing},
		{FaultHangAfter, lost, 1, done},
		{FaultErrorBefore, lost, 0, nothing},
		{FaultErrorAfter, lost, 1, done},
		{FaultTimeoutAfter, lost, 1, done},
		{FaultConflict, lost, 1, done},
		{FaultBadGateway, lost, 1, done},
		{FaultUnavailable, lost, 1, done},
		{FaultGateTimeout, lost, 1, done},
		{FaultOddCode, lost, 1, done},
		{FaultTruncated, lost, 1, done},
		{FaultGarbage, lost, 1, done},
		{FaultEmpty, list{unknown, pending}, 1, done},
		{FaultWrongAmount, list{unknown, pending}, 1, done},
		{FaultOtherAccount, list{unknown, pending}, 1, done},
		{FaultEndless, lost, 1, done},
		{FaultRedirect, list{unknown, faulty}, 0, list{notSent, declined, faulty}},
		{FaultDecline, list{declined, unknown}, 0, list{declined}},
		{FaultThrottle, list{notSent, declined, unknown}, 0, nothing},
		{FaultCredentials, list{faulty, unknown}, 0, list{faulty}},
	}
}

// says returns the sentence of the port that a fault is about.
func (tc faultCase) says() string {
	switch {
	case slices.Contains(tc.answer, ports.OutcomeApproved):
		return "OutcomeApproved: money moved."
	case slices.Contains(tc.answer, ports.OutcomeDeclined):
		return "OutcomeDeclined: the provider refused for good; no money moved."
	case slices.Contains(tc.answer, ports.OutcomeFault):
		return "OutcomeFault: the provider refused the request itself, or our adapter did: credentials, configuration, a field."
	case slices.Contains(tc.answer, ports.OutcomeNotSent):
		return "OutcomeNotSent: provably not executed: no byte of the request left, or the provider provably has no trace of it and can no longer start it."
	}
	return "OutcomeUnknown: the request may have reached the provider and no trustworthy answer came back."
}

// indispensable are the faults that every provider has.
func indispensable(fault Fault) bool {
	return slices.Contains([]Fault{FaultNone, FaultUnreachable, FaultDropBefore, FaultDropAfter, FaultHangBefore, FaultBlind, FaultMute}, fault)
}
