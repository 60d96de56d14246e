package order

import (
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
	Pending Status = "pending"
	Unknown Status = "unknown"
	Review  Status = "review"
)

// is reports whether a record has a status.
func is[R ports.Operation](op R, status Status) bool { return op.StatusText() == string(status) }

// lossesMax is how often an answer is booked again on a wallet that stays locked, or on a
// record that has not changed. When the record stays locked as well, applying ends after
// twice as many attempts, and the record stays as it was.
const lossesMax = 5

// Apply writes down what the provider said, with what it means for the wallet, in one unit.
// When another process changed the record meanwhile, the answer is applied to the record as
// it is then: an answer is never dropped. fromSend says that it answers a transmission, not
// an inquiry.
func (p *Path[R, A, P]) Apply(ctx context.Context, op R, answer A, fromSend bool) (R, error) {
	ctx = context.WithoutCancel(ctx) // the provider has spoken: that must be kept
	read := answer
	_ = p.clean(&read)
	second := fromSend && p.second(op, P(&read).Common())
	for lost := 0; lost < record.ConflictsMax; {
		next, err := p.applyOnce(ctx, op, answer, second)
		if errors.Is(err, ports.ErrBusy) && lost >= lossesMax && !second {
			next, err = p.unbooked(ctx, op, answer, err)
		}
		if err == nil {
			p.kind.Tell(ctx, next)
			return next, nil
		}
		if errors.Is(err, ports.ErrBusy) { // the ledger has waited for the wallet, or unbooked for the record
			if lost++; lost > 2*lossesMax {
				return op, err // the record stays open, and an inquiry asks again
			}
			continue
		}
		if !errors.Is(err, ports.ErrConflict) {
			return op, err
		}
		current, err := p.kind.Get(ctx, op.Head().ID)
		if err != nil {
			return op, err
		}
		if lost++; current.Head().Version == op.Head().Version && lost >= lossesMax {
			return op, fmt.Errorf("%w: the record is current, and is refused", ports.ErrConflict)
		}
		if done, err, is := p.overtaken(ctx, current, op, answer, fromSend); is {
			return done, err
		}
		second = p.second(current, P(&read).Common()) && (second || fromSend || current.Head().ProviderRef != op.Head().ProviderRef)
		op = current
	}
	return op, fmt.Errorf("%w: other processes change the record all the time", ports.ErrConflict)
}

// overtaken does what an answer still means for a record that another process changed since
// the provider was asked. It returns false when the answer is to be applied to it as to any.
func (p *Path[R, A, P]) overtaken(ctx context.Context, current, asked R, answer A, fromSend bool) (R, error, bool) {
	common, head := P(&answer).Common(), current.Head()
	earlier := p.kind.Progress(current).Transmissions != p.kind.Progress(asked).Transmissions
	approved := common.Outcome == ports.OutcomeApproved
	refused := common.Outcome.Final() && !approved
	names := common.ProviderRef != "" && common.ProviderRef == head.ProviderRef
	earlier = earlier && !approved && !Taken(*common) // then it speaks of one transmission, and a later one counts
	drop := false
	switch {
	case !head.Open && earlier && !names:
		drop = true
	case !head.Open:
		next, err := p.late(ctx, current, LateAnswer[A]{Answer: answer, FromSend: fromSend})
		return next, err, true
	case earlier:
		drop = true
	case is(current, Review) && p.decided(current):
		return p.inReview(ctx, current, answer)
	case is(current, Review) && common.Outcome == ports.OutcomeUnknown:
		drop = true // it knows nothing: a person decides still
	case refused && !names && p.working(current) && (fromSend || !p.working(asked)):
		drop = true // it says nothing of the payment that the provider named meanwhile
	}
	if drop {
		p.alarm(ctx, current, common)
	}
	return current, nil, drop
}

// decided reports whether the provider has said of an open record what only a person can
// book: it approved what could not be booked, or it named a second payment.
func (p *Path[R, A, P]) decided(op R) bool {
	progress := p.kind.Progress(op)
	return P(&progress.Answer).Common().Outcome == ports.OutcomeApproved || len(progress.Others) > 0
}

// inReview does what an answer means for a record in review whose provider has decided. The
// record stays in review, unless the answer approves the only payment: then booking is tried
// again. A refusal is added to the reason.
func (p *Path[R, A, P]) inReview(ctx context.Context, op R, answer A) (R, error, bool) {
	common, progress := P(&answer).Common(), p.kind.Progress(op)
	switch {
	case Taken(*common) && op.Head().ProviderRef != "" && common.ProviderRef != op.Head().ProviderRef:
		next, err := p.twice(ctx, op, answer)
		if err == nil {
			p.kind.Tell(ctx, next)
		}
		return next, err, true
	case common.Outcome == ports.OutcomeApproved && len(progress.Others) == 0:
		return op, nil, false
	case !common.Outcome.Final(), common.Outcome == ports.OutcomeApproved:
		p.alarm(ctx, op, common)
		return op, nil, true // it is known
	}
	next := Clone(op)
	p.Review(next, Join(progress.Why, fmt.Sprintf("then the provider answered %s: %s", common.Outcome, Truncate(common.Message))))
	P(&p.kind.Progress(next).Answer).Common().Alarm = common.Alarm
	err := p.Note(ctx, next, p.Write(ctx, next))
	if err == nil {
		p.kind.Tell(ctx, next)
	}
	return next, err, true
}

// working reports whether the provider has an order that it has named: it works on it, or
// approved it.
func (p *Path[R, A, P]) working(op R) bool {
	head := op.Head()
	return head.Open && head.ProviderRef != "" && p.kind.Progress(op).Taken
}

// second reports whether an answer names a second payment of an order, while the provider
// works on one.
func (p *Path[R, A, P]) second(op R, answer *ports.Answer) bool {
	return p.working(op) && Taken(*answer) && answer.ProviderRef != op.Head().ProviderRef
}

// applyOnce applies an answer to a record as it is. second says that the answer names a second
// payment of the order.
func (p *Path[R, A, P]) applyOnce(ctx context.Context, op R, answer A, second bool) (R, error) {
	said := P(&answer).Common().ProviderRef
	odd := p.clean(&answer)
	switch {
	case second:
		return p.twice(ctx, op, answer)
	case odd != nil:
		return p.unreadable(ctx, op, answer, said, odd)
	}
	if p.kind.Judge != nil {
		var err error
		if answer, err = p.kind.Judge(ctx, op, answer); err != nil {
			return op, err
		}
	}
	next := p.answered(op, answer)
	if next.Head().ProviderRef != op.Head().ProviderRef { // it stands for another payment now
		was := p.kind.Progress(op).Answer
		P(&was).Common().ProviderRef = op.Head().ProviderRef
		if err := p.Name(ctx, op, was); err != nil {
			return op, err
		}
	}
	err := p.write(ctx, next, P(&answer).Common())
	if !p.unbookable(err) {
		return next, p.Note(ctx, next, err)
	}
	return p.unbooked(ctx, op, answer, err)
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
		p.kind.Progress(next).Why = answer.Outcome.String() + ": " + Truncate(answer.Message+answer.Alarm)
		return p.kind.End(ctx, next, answer.Outcome)
	case ports.OutcomePending:
		p.wait(next, Pending, answer)
		if p.kind.Pending != nil {
			p.kind.Pending(next)
		}
	case ports.OutcomeUnknown:
		status := Unknown
		if is(next, Pending) {
			status = Pending // a question that failed is no answer
		}
		p.wait(next, status, answer)
	default: // an outcome of a later version: assume least
		p.wait(next, Unknown, answer)
	}
	return record.Commit(ctx, p.Store, next)
}

// twice puts a record into review: the provider has one payment, and names a second one. The
// record keeps its own payment and answer. The second payment is named in the same unit.
func (p *Path[R, A, P]) twice(ctx context.Context, op R, answer A) (R, error) {
	claim, err := p.named(ctx, op, answer)
	if err != nil {
		return op, err
	}
	next := Clone(op)
	common, progress := P(&answer).Common(), p.kind.Progress(next)
	has := "works on"
	if P(&progress.Answer).Common().Outcome == ports.OutcomeApproved {
		has = "approved"
	}
	why := fmt.Sprintf("the provider %s %s, and answered %s for %s", has, op.Head().ProviderRef, common.Outcome, common.ProviderRef)
	if is(op, Review) { // what it is in review for before counts too
		why = Join(progress.Why, why)
	}
	p.Review(next, p.withOthers(next, why, common.ProviderRef))
	P(&progress.Answer).Common().Alarm = common.Alarm
	return next, p.Note(ctx, next, p.Write(ctx, next, claim...))
}

// withOthers keeps the provider's id of a further payment in a record, and returns a reason
// with all such ids.
func (p *Path[R, A, P]) withOthers(next R, why, ref string) string {
	progress := p.kind.Progress(next)
	before := progress.Others
	if !slices.Contains(before, ref) && len(before) < ports.MaxOthers {
		progress.Others = append(slices.Clone(before), ref)
	}
	if before = slices.DeleteFunc(slices.Clone(before), func(other string) bool { return other == ref }); len(before) > 0 {
		why += "; payments named before: " + strings.Join(before, ", ")
	}
	return why
}

// Join returns a reason that follows another, of which it keeps the beginning.
func Join(before, why string) string {
	before, _, _ = strings.Cut(before, "; payments named before: ")
	return Truncate(before) + "; " + why
}

// unreadable puts a record into review whose answer says what no record can hold: it was
// cleaned, and what it says cannot be booked. said is the id that it named before. A record
// whose payment the provider has named keeps that payment and its answer.
func (p *Path[R, A, P]) unreadable(ctx context.Context, op R, answer A, said string, odd error) (R, error) {
	common, was := P(&answer).Common(), p.kind.Progress(op).Why
	why := fmt.Sprintf("the provider answered %s, with what cannot be booked: %v", common.Outcome, odd)
	next := Clone(op)
	if p.working(op) && said != "" && said != op.Head().ProviderRef {
		why = p.withOthers(next, why, Truncate(said))
	} else {
		p.Keep(next, answer)
	}
	if is(op, Review) {
		why = Join(was, why)
	}
	p.Review(next, why)
	P(&p.kind.Progress(next).Answer).Common().Alarm = common.Alarm
	return next, p.Note(ctx, next, p.Write(ctx, next))
}

// unbooked puts a record into review whose provider has decided, and whose wallet cannot
// take that, or stays locked.
func (p *Path[R, A, P]) unbooked(ctx context.Context, op R, answer A, why error) (R, error) {
	_ = p.clean(&answer)
	next := p.answered(op, answer)
	p.Review(next, P(&answer).Common().Outcome.String()+", but cannot be booked: "+Truncate(why.Error()))
	return next, p.Note(ctx, next, record.Commit(ctx, p.Store, next))
}

// unbookable reports whether err is permanent, so that booking again cannot help.
func (p *Path[R, A, P]) unbookable(err error) bool {
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
	switch {
	case answer.Review != "":
		p.Review(next, Truncate(answer.Review))
	case !now.Before(reviewAt):
		p.Review(next, fmt.Sprintf("still %s after %s", status, p.ReviewAfter))
	default:
		p.kind.SetStatus(next, status)
		head.DueAt = now.Add(p.pause(p.kind.Progress(next).Inquiries, answer.InquireAfter))
		if head.DueAt.After(reviewAt) {
			head.DueAt = reviewAt
		}
	}
}

// Review marks a record as one that a person must decide about.
func (p *Path[R, A, P]) Review(next R, why string) {
	p.kind.SetStatus(next, Review)
	next.Head().DueAt = time.Time{}
	p.kind.Progress(next).Why = why
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
