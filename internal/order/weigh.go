package order

import (
	"cmp"
	"errors"
	"slices"

	"github.com/jigap/jigap/ports"
)

// reading is an answer as a record can hold it.
type reading[A AnyAnswer] struct {
	answer   A
	fromSend bool   // it answers a transmission, not an inquiry
	odd      error  // what it says that no record can hold, and is cleaned of
	said     string // the id that it names, before it was cleaned
	named    string // likewise, after
}

// read cleans an answer.
func (p *Path[R, A, P]) read(answer A, fromSend bool) *reading[A] {
	a := &reading[A]{answer: answer, fromSend: fromSend, said: P(&answer).Common().ProviderRef}
	a.odd = p.clean(&a.answer)
	a.named = P(&a.answer).Common().ProviderRef
	return a
}

// lost returns the beginning of an id that no record can hold. It is blank where the answer
// has none.
func (a *reading[A]) lost() string {
	if a.said == a.named {
		return ""
	}
	return Truncate(a.said)
}

// ref returns the payment that the answer names, also by an id that no record can hold.
func (a *reading[A]) ref() string { return cmp.Or(a.named, a.lost()) }

// verdict is what an answer means for a record.
type verdict int

const (
	booking       verdict = iota // the record becomes what the answer says
	secondPayment                // the answer names a second payment: a person decides
	remark                       // a person decides, and must know of the answer
	contradiction                // the record had ended: the answer may contradict its end
	nothing                      // the answer says what is known, or was known before
)

// weigh says what an answer means for a record as it is, when the provider was asked about the
// record as it was. It reads nothing but its arguments.
func (p *Path[R, A, P]) weigh(current, asked R, a *reading[A]) verdict {
	common, head, progress := P(&a.answer).Common(), current.Head(), p.kind.Progress(current)
	approved := common.Outcome == ports.OutcomeApproved
	refused := common.Outcome.Final() && !approved
	overtaken := head.Version != asked.Head().Version
	corrected := head.ProviderRef != asked.Head().ProviderRef // another process has learnt an id meanwhile
	names := common.ProviderRef != "" && common.ProviderRef == head.ProviderRef
	refusesIt := refused && names
	inReview := is(current, Review)
	// Of an earlier transmission only what moves money counts: a later one may do otherwise.
	earlier := progress.Transmissions != p.kind.Progress(asked).Transmissions && !approved && !Taken(*common)
	switch {
	case !head.Open && earlier && !refusesIt:
		return nothing
	case !head.Open:
		return contradiction
	case p.second(current, a) && (a.fromSend || corrected || p.decided(current) || a.lost() != ""):
		if inReview && p.tells(current, a) {
			return nothing
		}
		return secondPayment
	case earlier && (!refusesIt || !inReview):
		return nothing
	case approved && progress.Unread && !p.kind.Reports(&a.answer) && (names || common.ProviderRef == "" || head.ProviderRef == ""):
		return remark // the figure that the provider reported is not known
	case p.decided(current):
		return p.weighDecided(current, a)
	case inReview && common.Outcome == ports.OutcomeUnknown:
		return p.learns(current, common)
	case overtaken && refused && !names && p.Working(current) && (a.fromSend || corrected || !p.Working(asked)):
		return nothing // it says nothing of what the provider named meanwhile
	}
	return booking
}

// weighDecided is weigh for a record about which the provider has said what only a person can
// book, and for an answer that names no further payment. Only an approval of the one payment
// of the record can end it. Any other answer leaves what the provider approved as it is.
func (p *Path[R, A, P]) weighDecided(current R, a *reading[A]) verdict {
	common := P(&a.answer).Common()
	switch common.Outcome {
	case ports.OutcomeApproved:
		if len(p.kind.Progress(current).Others) > 0 || a.odd != nil {
			return remark
		}
		return booking
	case ports.OutcomeUnknown:
		if !is(current, Review) {
			return booking // the question failed: it is asked again
		}
		return p.learns(current, common)
	case ports.OutcomePending:
		if !is(current, Review) || p.kind.Reports(&a.answer) || p.unread(&a.answer, a.odd) {
			return remark
		}
		return p.learns(current, common)
	case ports.OutcomeDeclined, ports.OutcomeNotSent, ports.OutcomeFault:
	}
	return remark
}

// learns says what an answer means that changes nothing about a record in review but may name
// its payment.
func (p *Path[R, A, P]) learns(current R, answer *ports.Answer) verdict {
	if answer.ProviderRef != "" && current.Head().ProviderRef == "" {
		return remark
	}
	return nothing
}

// decided reports whether the provider has said of an open record what only a person can
// book: it approved what could not be booked, or it named a second payment.
func (p *Path[R, A, P]) decided(op R) bool {
	progress := p.kind.Progress(op)
	return P(&progress.Answer).Common().Outcome == ports.OutcomeApproved || len(progress.Others) > 0
}

// Working reports whether the provider has the order, as far as the record tells: it works on
// it, or approved it, and has not refused it since. Records of earlier versions do not have
// Taken.
func (p *Path[R, A, P]) Working(op R) bool {
	progress := p.kind.Progress(op)
	outcome := P(&progress.Answer).Common().Outcome
	return progress.Taken || is(op, Pending) || outcome == ports.OutcomePending || outcome == ports.OutcomeApproved
}

// working reports whether the provider has an open order by an id that it named.
func (p *Path[R, A, P]) working(op R) bool {
	return op.Head().Open && op.Head().ProviderRef != "" && p.Working(op)
}

// second reports whether an answer names a second payment of an order that the provider has.
func (p *Path[R, A, P]) second(op R, a *reading[A]) bool {
	has := P(&a.answer).Common().Outcome
	return p.working(op) && (has == ports.OutcomePending || has == ports.OutcomeApproved) &&
		a.ref() != "" && a.ref() != op.Head().ProviderRef
}

// tells reports whether the reason of a review tells all that an answer says of a further
// payment.
func (p *Path[R, A, P]) tells(op R, a *reading[A]) bool {
	progress := p.kind.Progress(op)
	return !p.kind.Reports(&a.answer) && slices.Contains(progress.Others, a.ref()) &&
		mentions(progress.Why, P(&a.answer).Common().Outcome.String()+" for "+a.ref())
}

// money reports whether what no record can hold is an id or a figure that is booked.
func money(odd error) bool {
	if joined, is := odd.(interface{ Unwrap() []error }); is {
		return slices.ContainsFunc(joined.Unwrap(), money)
	}
	var invalid *ports.InvalidError
	if !errors.As(odd, &invalid) {
		return odd != nil
	}
	return slices.Contains([]string{"ProviderRef", "TransactionID", "Amount", "Total", "Fee", "Net"}, invalid.Field)
}
