package ports

import (
	"fmt"
	"slices"
	"time"
)

// Outcome is what is known of an order to a provider. The zero value is the one
// that assumes least.
type Outcome int

// The outcomes of an order.
const (
	// OutcomeUnknown: the request may have reached the provider and no trustworthy
	// answer came back. Money may have moved. It is never sent again blindly, and
	// never taken for a failure: it is inquired about.
	OutcomeUnknown Outcome = iota
	// OutcomeApproved: money moved.
	OutcomeApproved
	// OutcomeDeclined: the provider refused for good; no money moved.
	OutcomeDeclined
	// OutcomePending: the provider has the order and works on it.
	OutcomePending
	// OutcomeNotSent: provably not executed: no byte of the request left, or the
	// provider provably has no trace of it and can no longer start it.
	OutcomeNotSent
	// OutcomeFault: the provider refused the request itself, or our adapter did:
	// credentials, configuration, a field. No money moved, and nothing will until
	// a person repairs it.
	OutcomeFault
)

var outcomeNames = [...]string{"unknown", "approved", "declined", "pending", "not_sent", "fault"} //nolint:gochecknoglobals // constant table

// String returns the name of the outcome.
func (o Outcome) String() string {
	if !o.Known() {
		return fmt.Sprintf("Outcome(%d)", int(o))
	}
	return outcomeNames[o]
}

// MarshalText returns the name of the outcome. An outcome that has no name is unknown.
func (o Outcome) MarshalText() ([]byte, error) {
	if !o.Known() {
		o = OutcomeUnknown
	}
	return []byte(o.String()), nil
}

// UnmarshalText reads a name that MarshalText wrote. A name that is not known, of a later
// version, is read as OutcomeUnknown: it assumes least.
func (o *Outcome) UnmarshalText(text []byte) error {
	*o = Outcome(max(0, slices.Index(outcomeNames[:], string(text))))
	return nil
}

// Known reports whether the outcome is one of those above.
func (o Outcome) Known() bool { return o >= 0 && int(o) < len(outcomeNames) }

// Final reports whether the outcome ends an order.
func (o Outcome) Final() bool {
	switch o {
	case OutcomeApproved, OutcomeDeclined, OutcomeNotSent, OutcomeFault:
		return true
	case OutcomeUnknown, OutcomePending:
		return false
	}
	return false
}

// Answer is what a provider says about any order, and what the adapter concludes from it.
// It contains no secret, card number or account number. One that is encoded, or that lacks only
// its dashes or its first characters, is still one.
type Answer struct {
	Outcome Outcome

	// Likely is, with OutcomeUnknown, the final outcome that the answer suggests and that a
	// look into the provider's records must confirm. An adapter reads it back in
	// ChargeOrder.Last or PayoutOrder.Last; the core does not use it.
	Likely Outcome `json:"Lean"`

	Code    string // the provider's code
	Message string // the provider's words, for people

	// ProviderRef is the provider's id of the order. No other order of the adapter has it, and
	// answers to transmissions of one order name one id: while the provider works on one, an
	// answer that names another sends the order to review. An inquiry may correct the id. An
	// approved charge or payout has one: without it the core cannot see that one payment is
	// reported for two orders. Some providers give a cancellation none.
	ProviderRef string

	// InquireAfter is how long to wait before the next inquiry. Zero leaves it to the core.
	// The core never waits beyond the time at which the order goes to review by age.
	InquireAfter time.Duration

	// Failed says of the answer to a question that the question failed, so that the answer says what was
	// known before. About an order that has ended the core asks again then, if a notice was the reason
	// to ask. It is allowed with OutcomeUnknown and OutcomePending only.
	Failed bool `json:",omitempty"`

	// Contradicts says of the answer to a question about an order that has ended, with OutcomeUnknown,
	// that the provider shows something else than the order's Last and GivenBack say: more was taken
	// back, or money came. The core disputes the record. Review says what the provider shows.
	Contradicts bool `json:",omitempty"`

	// Review, when not blank, says why the adapter cannot find out and a person must
	// decide. It is allowed with OutcomeUnknown and OutcomePending only. Where the answer to a
	// transmission was lost and nothing is found of the order, it stays blank until ten minutes,
	// or the quiet period of a [Quieter], have passed since SentAt: so early a person cannot know
	// more than the adapter.
	Review string

	// Resend says, with OutcomeUnknown and after an inquiry, that sending the same order
	// again under the same id is safe at this provider: however many transmissions arrive,
	// and however late, it moves the money at most once. The core then sends the order
	// again at once. An order that the provider works on may be sent again as well: an adapter
	// that has no question to ask finds its end so.
	Resend bool

	// Permanent says, with OutcomeDeclined and OutcomeFault, that this payment method or
	// configuration will not work until a person changes it. An unknown answer may have it
	// together with Likely.
	Permanent bool

	// Alarm, when not blank, tells a person of something that must not happen: credentials
	// refused, sums that do not add up.
	Alarm string
}

// Common returns a itself, so that an answer that embeds it has the method.
func (a *Answer) Common() *Answer { return a }
