package recharge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// settle writes down what the provider said, with what it means for the wallet, in
// one unit. When another process changed the record meanwhile, the answer is applied
// to the record as it is then: an answer is never dropped. sent says that it is that of
// a transmission, not of an inquiry.
func (w way[R]) settle(ctx context.Context, op R, answer ports.ChargeAnswer, sent bool) (R, error) {
	ctx = context.WithoutCancel(ctx) // the provider has spoken: that must be kept
	for lost := 0; lost < worker.ConflictsMax; {
		next, err := w.settleOnce(ctx, op, answer)
		if errors.Is(err, ports.ErrBusy) && lost >= lossesMax {
			next, err = w.unbooked(ctx, op, answer, err)
		}
		if err == nil {
			w.books.tell(ctx, next)
			return next, nil
		}
		_ = w.note(ctx, next, err, func() { w.books.tell(ctx, next) })
		if errors.Is(err, ports.ErrBusy) { // the ledger has waited for the wallet, or unbooked for the record
			if lost++; lost > 2*lossesMax {
				return op, err // the record stays open, and an inquiry asks again
			}
			continue
		}
		if !errors.Is(err, ports.ErrConflict) {
			return op, err
		}
		current, err := w.books.get(ctx, op.Head().ID)
		if err != nil {
			return op, err
		}
		if lost++; current.Head().Version == op.Head().Version && lost >= lossesMax {
			return op, fmt.Errorf("%w: the record is current, and is refused", ports.ErrConflict)
		}
		earlier := w.books.progress(current).Transmissions != w.books.progress(op).Transmissions
		another := taken(answer) && answer.ProviderRef != current.Head().ProviderRef
		refused := answer.Outcome.Final() && answer.Outcome != ports.OutcomeApproved
		working := current.Head().Open && w.books.progress(current).Answer.Outcome == ports.OutcomePending && current.Head().ProviderRef != "" && answer.ProviderRef != current.Head().ProviderRef
		switch {
		case earlier && answer.Outcome != ports.OutcomeApproved && !another:
			return current, nil // it speaks of an earlier transmission: what counts is the later one
		case sent && refused && working:
			return current, nil // it speaks of one transmission: the provider works on another
		case sent && another && working:
			next, err := w.twice(ctx, current, answer)
			if !errors.Is(err, ports.ErrConflict) {
				return next, err
			}
		case !current.Head().Open:
			return w.settleLate(ctx, current, answer, sent)
		}
		op = current
	}
	return op, fmt.Errorf("%w: other processes change the record all the time", ports.ErrConflict)
}

func (w way[R]) settleOnce(ctx context.Context, op R, answer ports.ChargeAnswer) (R, error) {
	answer = readable(answer)
	next := w.answered(op, answer)
	err := w.apply(ctx, next, answer)
	if !unbookable(err) {
		return next, err
	}
	return w.unbooked(ctx, op, answer, err)
}

// answered returns the next version of a record, with the answer kept.
func (w way[R]) answered(op R, answer ports.ChargeAnswer) R {
	next := own(op)
	next.Head().Version++
	next.Head().UpdatedAt = w.now()
	keep(next.Head(), w.books.progress(next), answer)
	return next
}

// twice puts a record into review whose provider works on one payment and answers another
// transmission with a second one.
func (w way[R]) twice(ctx context.Context, op R, answer ports.ChargeAnswer) (R, error) {
	next := own(op)
	answer, _ = clean(answer)
	review(next.Head(), w.books.progress(next), fmt.Sprintf("the provider works on %s, and answered %s for %s, which another transmission made",
		op.Head().ProviderRef, answer.Outcome, answer.ProviderRef))
	with, err := w.books.named(ctx, next, answer.ProviderRef)
	if err == nil {
		err = w.write(ctx, next, with...)
	}
	if err != nil {
		return op, w.note(ctx, next, err, func() { w.books.tell(ctx, next) })
	}
	w.books.tell(ctx, next)
	return next, nil
}

// unbooked puts a record into review whose provider has decided, and whose wallet cannot
// take that, or stays locked.
func (w way[R]) unbooked(ctx context.Context, op R, answer ports.ChargeAnswer, why error) (R, error) {
	next := w.answered(op, readable(answer))
	review(next.Head(), w.books.progress(next), answer.Outcome.String()+", but cannot be booked: "+cut(why.Error()))
	return next, worker.Commit(ctx, w.store, next)
}

// lossesMax is how often an answer is booked again on a wallet that stays locked, or on a
// record that has not changed. When the record stays locked as well, settling ends after
// twice as many attempts, and the record stays as it was.
const lossesMax = 5

// apply writes the record as the answer leaves it.
func (w way[R]) apply(ctx context.Context, next R, answer ports.ChargeAnswer) error {
	switch answer.Outcome {
	case ports.OutcomeApproved:
		return w.books.approve(ctx, next)
	case ports.OutcomeDeclined:
		return w.books.end(ctx, next, ports.RechargeDeclined)
	case ports.OutcomeNotSent, ports.OutcomeFault:
		w.books.progress(next).Why = answer.Outcome.String() + ": " + cut(answer.Message+answer.Alarm)
		return w.books.end(ctx, next, ports.RechargeFailed)
	case ports.OutcomePending:
		w.wait(next, ports.RechargePending, answer)
	case ports.OutcomeUnknown:
		status := ports.RechargeUnknown
		if next.Head().Status == ports.RechargePending {
			status = ports.RechargePending // a question that failed is no answer
		}
		w.wait(next, status, answer)
	default: // an outcome of a later version: assume least
		w.wait(next, ports.RechargeUnknown, answer)
	}
	return worker.Commit(ctx, w.store, next)
}

// keep records what the provider said. An inquiry that learnt nothing, or less, does not
// wipe out what was learnt before. An amount that was reported on the way counts until
// another is reported, or another charge.
func keep(head *ports.OperationHead, progress *ports.Progress[ports.ChargeAnswer], answer ports.ChargeAnswer) {
	before := &progress.Answer
	another := answer.ProviderRef != "" && head.ProviderRef != "" && answer.ProviderRef != head.ProviderRef
	if !answer.Amount.Valid && !another {
		answer.Amount = before.Amount
	}
	if answer.Outcome == ports.OutcomeUnknown && answer.Code == "" && answer.ProviderRef == "" && answer.Likely == ports.OutcomeUnknown {
		before.Alarm, before.Review, before.Amount = answer.Alarm, answer.Review, answer.Amount // the rest stands
		if before.Outcome.Final() {
			before.Outcome = ports.OutcomeUnknown
		}
		return
	}
	if answer.ProviderRef == "" {
		answer.ProviderRef = head.ProviderRef
	}
	if answer.Outcome == ports.OutcomeUnknown && answer.Likely == ports.OutcomeUnknown {
		answer.Likely = before.Likely
	}
	head.ProviderRef, progress.Answer = answer.ProviderRef, answer
}

// unbookable reports whether a booking was refused for what it is, not for what
// happened around it.
func unbookable(err error) bool {
	for _, refusal := range []error{
		ports.ErrInvalid, ports.ErrNotFound, ports.ErrClosed, ports.ErrFrozen, ports.ErrLimit, ports.ErrInsufficient, ErrChargeTaken,
	} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// wait sets when to ask next, or that a person must decide. However long a pause the
// provider asks for, the order is due again when it must go to review.
func (w way[R]) wait(next R, status string, answer ports.ChargeAnswer) {
	now, head, progress := w.now(), next.Head(), w.books.progress(next)
	reviewAt := later(head.CreatedAt, progress.SentAt).Add(w.config.ReviewAfter)
	switch {
	case answer.Review != "":
		review(head, progress, cut(answer.Review))
	case !now.Before(reviewAt):
		review(head, progress, fmt.Sprintf("still %s after %s", status, w.config.ReviewAfter))
	default:
		head.Status = status
		head.DueAt = earlier(reviewAt, now.Add(w.pause(progress.Inquiries, answer.InquireAfter)))
	}
}

func review(head *ports.OperationHead, progress *ports.Progress[ports.ChargeAnswer], why string) {
	head.Status, head.DueAt, progress.Why = ports.RechargeReview, time.Time{}, why
}

func (s *Service) pause(inquiries int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked
	}
	pause := s.config.InquireAfter
	for range min(inquiries, 16) {
		pause *= 2
	}
	return min(pause, max(inquireMax, s.config.InquireAfter))
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// finish marks a record as ended.
func finish(head *ports.OperationHead, status string) {
	head.Status, head.Open, head.DueAt = status, false, time.Time{}
}

// settleLate keeps an answer that came after the record had ended.
func (w way[R]) settleLate(ctx context.Context, op R, answer ports.ChargeAnswer, sent bool) (R, error) {
	answer, _ = clean(answer)
	for range worker.ConflictsMax {
		next, err := w.books.late(ctx, op, answer, sent)
		if !errors.Is(err, ports.ErrConflict) {
			return next, err
		}
		if op, err = w.books.get(ctx, op.Head().ID); err != nil {
			return next, err
		}
	}
	return op, fmt.Errorf("keep a late answer to %s: others change it all the time: %w", op.Head().ID, ports.ErrConflict)
}

// agrees reports whether a late answer says what an end says; moved is whether it ended
// with money moved, and declined whether the provider itself ended the order that the
// answer names: that the same order was pending before is no news.
func agrees(answer ports.ChargeAnswer, moved, sent, declined bool) bool {
	if answer.Outcome.Final() {
		return (answer.Outcome == ports.OutcomeApproved) == moved
	}
	return moved || !sent && (declined || !taken(answer)) // else it was sent after all, and its outcome is unknown
}

// taken reports whether the provider has the order, by the id that an answer names.
func taken(answer ports.ChargeAnswer) bool {
	return answer.ProviderRef != "" && (answer.Outcome == ports.OutcomePending || answer.Outcome == ports.OutcomeApproved)
}

// declined reports whether the provider itself declined the order that a late answer
// names.
func declined(head *ports.OperationHead, progress *ports.Progress[ports.ChargeAnswer], late ports.ChargeAnswer) bool {
	return progress.Answer.Outcome == ports.OutcomeDeclined && late.ProviderRef == head.ProviderRef
}

// cut keeps a text of a provider short.
func cut(text string) string {
	const most = 300
	if len(text) <= most {
		return text
	}
	short := []rune(text)
	return string(short[:min(len(short), most/4)]) + "…"
}
