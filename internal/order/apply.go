package order

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// Status is a status that the path itself gives a record. All kinds of orders have it under
// the same name.
type Status string

// The statuses that the path gives.
const (
	Pending  Status = "pending"
	Unknown  Status = "unknown"
	Review   Status = "review"
	Awaiting Status = "awaiting" // the customer is to pay; only where Kind.Deadline is set
)

// is reports whether a record has a status.
func is[R ports.Operation](op R, status Status) bool { return op.StatusText() == string(status) }

// lossesMax is how often an answer is booked again on a wallet that stays locked, or on a
// record that has not changed. When the record stays locked as well, applying ends after
// twice as many attempts, and the record stays as it was.
const lossesMax = 5

// Apply writes down what the provider said, with what it means for the wallet, in one unit.
// When another process changed the record meanwhile, the answer is weighed against the record
// as it is then: an answer is never dropped, unless it says nothing that is not known. fromSend
// says that it answers a transmission, not an inquiry.
func (p *Path[R, A, P]) Apply(ctx context.Context, asked R, answer A, fromSend bool) (R, error) {
	ctx = context.WithoutCancel(ctx) // the provider has spoken: that must be kept
	a := p.read(answer, fromSend)
	current := asked
	for lost := 0; lost < record.ConflictsMax; {
		what := p.weigh(current, asked, a)
		switch what {
		case nothing:
			p.alarm(ctx, current, P(&a.answer).Common())
			return current, nil
		case contradiction:
			return p.late(ctx, current, a)
		case booking, secondPayment, remark:
		}
		next, err := p.do(ctx, current, a, what)
		if errors.Is(err, ports.ErrBusy) && lost >= lossesMax && what == booking {
			next, err = p.unbooked(ctx, current, a.answer, err)
		}
		if err == nil {
			p.kind.Tell(ctx, next)
			return next, nil
		}
		if errors.Is(err, ports.ErrBusy) { // the ledger has waited for the wallet, or unbooked for the record
			if lost++; lost > 2*lossesMax {
				return current, err // the record stays open, and an inquiry asks again
			}
			continue
		}
		if !errors.Is(err, ports.ErrConflict) {
			return current, err
		}
		was := current.Head().Version
		if current, err = p.kind.Get(ctx, asked.Head().ID); err != nil {
			return asked, err
		}
		if lost++; current.Head().Version == was && lost >= lossesMax {
			return current, fmt.Errorf("%w: the record is current, and is refused", ports.ErrConflict)
		}
	}
	return current, fmt.Errorf("%w: other processes change the record all the time", ports.ErrConflict)
}

// do does with an open record what its answer was weighed as.
func (p *Path[R, A, P]) do(ctx context.Context, op R, a *reading[A], what verdict) (R, error) {
	switch what {
	case secondPayment:
		return p.twice(ctx, op, a)
	case remark:
		return p.noted(ctx, op, a)
	case booking, nothing, contradiction:
	}
	return p.applyOnce(ctx, op, a)
}

// applyOnce applies an answer to a record as it is.
func (p *Path[R, A, P]) applyOnce(ctx context.Context, op R, a *reading[A]) (R, error) {
	answer, err := p.judged(ctx, op, a.answer)
	if err != nil {
		return op, err
	}
	common := P(&answer).Common()
	if a.odd != nil && common.Outcome == P(&a.answer).Common().Outcome {
		return p.unreadable(ctx, op, answer, a)
	}
	next := p.answered(op, answer)
	again, err := p.namedBefore(ctx, op, next.Head().ProviderRef)
	switch {
	case err != nil:
		return op, err
	case again: // an inquiry corrects an id once, and not back
		return p.twice(ctx, op, a)
	}
	if err := p.nameEarlier(ctx, op, next); err != nil {
		return op, err
	}
	err = p.write(ctx, next, common)
	if !p.Unbookable(err) {
		return next, p.Note(ctx, next, err)
	}
	return p.unbooked(ctx, op, answer, err)
}

// judged returns an answer as it is to be applied to a record.
func (p *Path[R, A, P]) judged(ctx context.Context, op R, answer A) (A, error) {
	if p.kind.Judge == nil {
		return answer, nil
	}
	return p.kind.Judge(ctx, op, answer)
}

// unread reports whether what no record can hold in an answer was the figure that counts.
func (p *Path[R, A, P]) unread(answer *A, odd error) bool {
	return money(odd) && !p.kind.Reports(answer)
}

// nameEarlier names the payment that op stood for, where next stands for another one.
func (p *Path[R, A, P]) nameEarlier(ctx context.Context, op, next R) error {
	if next.Head().ProviderRef == op.Head().ProviderRef || !p.Working(op) { // or it was a guess
		return nil
	}
	was := p.kind.Progress(op).Answer
	P(&was).Common().ProviderRef = op.Head().ProviderRef
	return p.Name(ctx, op, was, p.kind.Progress(op).Unread)
}

// answered returns the next version of a record, with the answer kept.
func (p *Path[R, A, P]) answered(op R, answer A) R {
	next := Clone(op)
	next.Head().Version++
	next.Head().UpdatedAt = p.Now()
	p.Keep(next, answer)
	return next
}

// write writes the record as the answer leaves it.
func (p *Path[R, A, P]) write(ctx context.Context, next R, answer *ports.Answer) error {
	switch answer.Outcome {
	case ports.OutcomeApproved:
		return p.kind.Approve(ctx, next)
	case ports.OutcomeDeclined:
		return p.kind.End(ctx, next, answer.Outcome)
	case ports.OutcomeNotSent, ports.OutcomeFault:
		p.kind.Progress(next).Why = Because(answer.Outcome.String(), joined(answer.Message, answer.Alarm))
		return p.kind.End(ctx, next, answer.Outcome)
	case ports.OutcomePending:
		status := Pending
		if p.kind.Pending != nil {
			status = p.kind.Pending(next)
		}
		p.wait(next, status, answer)
	case ports.OutcomeUnknown:
		status := Unknown
		if is(next, Pending) || is(next, Awaiting) {
			status = Status(next.StatusText()) // a question that failed is no answer
		}
		p.wait(next, status, answer)
	default: // an outcome of a later version: assume least
		p.wait(next, Unknown, answer)
	}
	return record.Commit(ctx, p.Store, next)
}

// twice puts a record into review: the provider has one payment, and names a second one. The
// record keeps its own payment and answer. The second payment is named in the same unit.
func (p *Path[R, A, P]) twice(ctx context.Context, op R, a *reading[A]) (R, error) {
	claim, err := p.Named(ctx, op, a.answer, p.unread(&a.answer, a.odd))
	if err != nil {
		return op, err
	}
	next := Clone(op)
	common, progress := P(&a.answer).Common(), p.kind.Progress(next)
	progress.AddOther(a.ref())
	why := fmt.Sprintf("the provider %s, and answered %s for %s", p.has(op), common.Outcome, a.ref())
	if a.odd != nil {
		why += ", with what cannot be booked (" + a.odd.Error() + ")"
	}
	p.review(next, why)
	P(&progress.Answer).Common().Alarm = common.Alarm
	return next, p.Note(ctx, next, p.Write(ctx, next, claim...))
}

// noted adds an answer to the reason of a review. The figures of an approval, and the id of a
// payment that the record does not know, are kept.
func (p *Path[R, A, P]) noted(ctx context.Context, op R, a *reading[A]) (R, error) {
	answer, err := p.judged(ctx, op, a.answer)
	if err != nil {
		return op, err
	}
	next := Clone(op)
	common, head, progress := P(&answer).Common(), next.Head(), p.kind.Progress(next)
	why := "then the provider answered " + describe(common, a.odd, head.ProviderRef)
	if !is(op, Review) { // a person had the provider asked
		why = Join("the provider "+p.has(op), why)
	}
	own := head.ProviderRef == "" || common.ProviderRef == "" || common.ProviderRef == head.ProviderRef
	switch {
	case common.Outcome == ports.OutcomeApproved && own && a.lost() == "":
		p.Keep(next, answer)
	case common.Outcome.Final(): // a refusal names no payment
	case own:
		head.ProviderRef = cmp.Or(head.ProviderRef, common.ProviderRef)
		progress.Unread = progress.Unread && !p.kind.Reports(&answer)
		p.kind.Remember(&answer, &progress.Answer)
		p.kind.Report(&progress.Answer, &answer)
	}
	if own && p.unread(&a.answer, a.odd) {
		progress.Unread = true
	}
	p.review(next, why)
	P(&progress.Answer).Common().Alarm = common.Alarm
	return next, p.Note(ctx, next, p.Write(ctx, next))
}

// has says which payment the provider has for an order, and whether it approved it.
func (p *Path[R, A, P]) has(op R) string {
	what := "works on "
	if P(&p.kind.Progress(op).Answer).Common().Outcome == ports.OutcomeApproved {
		what = "approved "
	}
	return what + cmp.Or(op.Head().ProviderRef, "it")
}

// unreadable puts a record into review whose answer says what no record can hold: it was
// cleaned, and what it says cannot be booked.
func (p *Path[R, A, P]) unreadable(ctx context.Context, op R, answer A, a *reading[A]) (R, error) {
	next := Clone(op)
	p.Keep(next, answer)
	if p.unread(&a.answer, a.odd) {
		p.kind.Progress(next).Unread = true
	}
	if err := p.nameEarlier(ctx, op, next); err != nil {
		return op, err
	}
	common := P(&answer).Common()
	p.review(next, fmt.Sprintf("the provider answered %s, with what cannot be booked: %v", common.Outcome, a.odd))
	P(&p.kind.Progress(next).Answer).Common().Alarm = common.Alarm
	return next, p.Note(ctx, next, p.Write(ctx, next))
}

// unbooked puts a record into review whose provider has decided, and whose wallet cannot
// take that, or stays locked.
func (p *Path[R, A, P]) unbooked(ctx context.Context, op R, answer A, why error) (R, error) {
	next := p.answered(op, answer)
	p.review(next, P(&answer).Common().Outcome.String()+", but cannot be booked: "+Truncate(why.Error()))
	return next, p.Note(ctx, next, record.Commit(ctx, p.Store, next))
}

// Unbookable reports whether err is permanent, so that booking again cannot help.
func (p *Path[R, A, P]) Unbookable(err error) bool {
	for _, refusal := range []error{
		ports.ErrInvalid, ports.ErrNotFound, ports.ErrClosed, ports.ErrFrozen, ports.ErrLimit, ports.ErrInsufficient,
	} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return err != nil && p.kind.Unbookable != nil && p.kind.Unbookable(err)
}

// wait sets when to ask next, or that a person must decide. However long a pause the
// provider asks for, the order is due again when it must go to review.
func (p *Path[R, A, P]) wait(next R, status Status, answer *ports.Answer) {
	now, head := p.Now(), next.Head()
	reviewAt := p.kind.ReviewAt(next, status)
	why := Truncate(answer.Review)
	unpaid := status == Awaiting && answer.Outcome == ports.OutcomePending && !answer.Failed // its deadline ends it
	if why == "" && !now.Before(reviewAt) && !unpaid {
		why = fmt.Sprintf("still %s after %s", status, p.ReviewAfter)
	}
	if why != "" {
		if p.decided(next) {
			why = Join("the provider "+p.has(next), why)
		}
		p.Review(next, why)
		return
	}
	p.kind.SetStatus(next, status)
	head.DueAt = now.Add(p.pause(p.kind.Progress(next).Inquiries, answer.InquireAfter))
	if unpaid {
		if deadline := p.kind.Deadline(next); now.Before(deadline) && (answer.InquireAfter <= 0 || head.DueAt.After(deadline)) {
			head.DueAt = deadline
		}
	}
	if head.DueAt.After(reviewAt) {
		head.DueAt = reviewAt
	}
	if head.DueAt.Sub(head.UpdatedAt) == p.Lease() { // a pause must not be taken for a lease
		head.DueAt = head.DueAt.Add(time.Microsecond)
	}
}

// Review marks a record as one that a person must decide about.
func (p *Path[R, A, P]) Review(next R, why string) {
	p.kind.SetStatus(next, Review)
	next.Head().DueAt = time.Time{}
	p.kind.Progress(next).Why = p.reason(next, why)
}

// review is Review for a record that may be in review already: what it is in review for before
// counts too.
func (p *Path[R, A, P]) review(next R, why string) {
	if is(next, Review) {
		why = Join(p.kind.Progress(next).Why, why)
	}
	p.Review(next, why)
}

const otherPayments = "; other payments: "

// reason returns a reason with the ids of all further payments.
func (p *Path[R, A, P]) reason(op R, why string) string {
	others := slices.DeleteFunc(slices.Clone(p.kind.Progress(op).Others), func(ref string) bool { return mentions(why, ref) })
	if len(others) > 0 {
		why += otherPayments + strings.Join(others, ", ")
	}
	return why
}

// mentions reports whether a reason has an id, and not only as the beginning of a longer one.
func mentions(why, ref string) bool {
	for _, end := range []string{"", ":", ";", ","} {
		if end == "" && strings.HasSuffix(why, " "+ref) || end != "" && strings.Contains(why, " "+ref+end) {
			return true
		}
	}
	return false
}

// Join returns a reason that follows another, of which it keeps the beginning.
func Join(before, why string) string {
	before, _, _ = strings.Cut(before, otherPayments)
	if before == "" {
		return why
	}
	return Truncate(before) + "; " + why
}

// pause is how long to wait for the next inquiry: what the provider asked for, or a time that
// doubles with each inquiry.
func (p *Path[R, A, P]) pause(inquiries int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked
	}
	pause := p.InquireAfter
	for range min(inquiries, 16) {
		pause *= 2
	}
	return min(pause, max(p.InquireMax, p.InquireAfter))
}

// joined returns the texts that are not blank, with a semicolon between two.
func joined(one, other string) string {
	if one == "" || other == "" {
		return one + other
	}
	return one + "; " + other
}
