package recharge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// settle writes down what the provider said, with what it means for the wallet, in
// one unit. When another process changed the record meanwhile, the answer is applied
// to the record as it is then: an answer is never dropped.
func (s *Service) settle(ctx context.Context, op *ports.Recharge, answer ports.ChargeAnswer) (*ports.Recharge, error) {
	return s.settleBy(ctx, op, answer, false)
}

// settleBy is settle; sent says that the answer is that of a transmission, not of an
// inquiry.
func (s *Service) settleBy(ctx context.Context, op *ports.Recharge, answer ports.ChargeAnswer, sent bool) (*ports.Recharge, error) {
	ctx = context.WithoutCancel(ctx) // the provider has spoken: that must be kept
	for {
		next, err := s.settleOnce(ctx, op, answer)
		if err == nil {
			s.tell(ctx, next)
			return next, nil
		}
		if !errors.Is(err, ports.ErrConflict) {
			return op, err
		}
		current, err := s.Get(ctx, op.ID)
		if err != nil {
			return op, err
		}
		switch {
		case !current.Open:
			return s.settleLate(ctx, current, answer, sent)
		case answer.Outcome != ports.OutcomeApproved && current.Transmissions != op.Transmissions:
			return current, nil // it speaks of an earlier transmission: what counts is the later one
		}
		op = current
	}
}

func (s *Service) settleOnce(ctx context.Context, op *ports.Recharge, answer ports.ChargeAnswer) (*ports.Recharge, error) {
	next := own(op)
	next.Version++
	next.UpdatedAt = s.now()
	keep(next, answer)
	switch answer.Outcome {
	case ports.OutcomeApproved:
		return s.credit(ctx, next, answer.Amount)
	case ports.OutcomeDeclined:
		return next, s.end(ctx, next, ports.RechargeDeclined)
	case ports.OutcomeNotSent, ports.OutcomeFault:
		next.Why = answer.Outcome.String() + ": " + cut(answer.Message+answer.Alarm)
		return next, s.end(ctx, next, ports.RechargeFailed)
	case ports.OutcomePending:
		s.wait(next, ports.RechargePending, answer)
	case ports.OutcomeUnknown:
		status := ports.RechargeUnknown
		if op.Status == ports.RechargePending {
			status = op.Status // a question that failed is no answer
		}
		s.wait(next, status, answer)
	default: // an outcome of a later version: assume least
		s.wait(next, ports.RechargeUnknown, answer)
	}
	return next, worker.Commit(ctx, s.store, next)
}

// keep records what the provider said. An inquiry that learnt nothing does not wipe
// out what was learnt before.
func keep(next *ports.Recharge, answer ports.ChargeAnswer) {
	if answer.Outcome == ports.OutcomeUnknown && answer.Code == "" && answer.ProviderRef == "" && answer.Lean == ports.OutcomeUnknown {
		next.Answer.Alarm, next.Answer.Review = answer.Alarm, answer.Review // the rest stands
		if next.Answer.Outcome.Final() {
			next.Answer.Outcome = ports.OutcomeUnknown
		}
		return
	}
	if answer.ProviderRef == "" {
		answer.ProviderRef = next.ProviderRef
	}
	if answer.Outcome == ports.OutcomeUnknown && answer.Lean == ports.OutcomeUnknown {
		answer.Lean = next.Answer.Lean
	}
	next.ProviderRef = answer.ProviderRef
	next.Answer = answer
}

// credit closes the record as approved and credits the wallet, in one unit. What the
// provider says it charged is what is credited.
func (s *Service) credit(ctx context.Context, next *ports.Recharge, reported decimal.NullDecimal) (*ports.Recharge, error) {
	next.Credited = next.Amount
	if reported.Valid && !reported.Decimal.Equal(next.Amount) {
		next.Credited, next.Mismatch = reported.Decimal, true
	}
	before := own(next)
	if !next.Credited.IsPositive() {
		before.Credited = decimal.Decimal{}
		review(before, "approved, but the provider reports an amount that is not positive")
		return before, worker.Commit(ctx, s.store, before)
	}
	finish(next, ports.RechargeApproved)
	_, err := s.ledger.Book(ctx, ledger.Booking{
		WalletID: next.WalletID, Type: ports.EntryRecharge, OperationID: next.ID, Opened: -1,
		Balance: next.Credited, Counterparty: ports.AccountClearing(next.Charger),
		Operations: []ports.Operation{next}, Fill: func(e *ports.Entry) { next.EntrySeq = e.Seq },
		Note: ledger.Note{Reference: next.Reference, OccurredAt: next.Answer.At},
	})
	switch {
	case err == nil, errors.Is(err, ports.ErrConflict), errors.Is(err, ports.ErrUndecided):
		return next, err
	case !unbookable(err):
		return next, err
	}
	// Money moved, and the wallet cannot take it as it is: a person must know.
	before.Credited = decimal.Decimal{}
	review(before, "approved, but cannot be credited: "+cut(err.Error()))
	return before, worker.Commit(ctx, s.store, before)
}

// unbookable reports whether a booking was refused for what it is, not for what
// happened around it.
func unbookable(err error) bool {
	for _, refusal := range []error{
		ports.ErrInvalid, ports.ErrNotFound, ports.ErrClosed, ports.ErrFrozen, ports.ErrLimit, ports.ErrInsufficient,
	} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// end closes the record without money, in one unit with the entry that says so.
func (s *Service) end(ctx context.Context, next *ports.Recharge, status string) error {
	finish(next, status)
	_, err := s.ledger.Book(ctx, ledger.Booking{
		WalletID: next.WalletID, Type: ports.EntryRechargeEnd, OperationID: next.ID, Opened: -1,
		Operations: []ports.Operation{next}, Note: ledger.Note{Reference: next.Reference, Memo: status},
	})
	return err
}

func finish(next *ports.Recharge, status string) {
	next.Status, next.Open, next.DueAt = status, false, time.Time{}
}

// wait sets when to ask next, or that a person must decide.
func (s *Service) wait(next *ports.Recharge, status string, answer ports.ChargeAnswer) {
	now := s.now()
	switch {
	case answer.Review != "":
		review(next, cut(answer.Review))
	case now.Sub(later(next.CreatedAt, next.SentAt)) >= s.config.ReviewAfter:
		review(next, fmt.Sprintf("still %s after %s", status, s.config.ReviewAfter))
	default:
		next.Status = status
		next.DueAt = now.Add(s.pause(next.Inquiries, answer.InquireAfter))
	}
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

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func review(next *ports.Recharge, why string) {
	next.Status, next.DueAt, next.Why = ports.RechargeReview, time.Time{}, why
}

// settleLate keeps an answer that came after the record had ended. One that agrees
// changes nothing; one that does not is for a person.
func (s *Service) settleLate(ctx context.Context, op *ports.Recharge, answer ports.ChargeAnswer, sent bool) (*ports.Recharge, error) {
	for {
		next, err := s.settleLateOnce(ctx, op, answer, sent)
		if !errors.Is(err, ports.ErrConflict) {
			return next, err
		}
		if op, err = s.Get(ctx, op.ID); err != nil {
			return next, err
		}
	}
}

func (s *Service) settleLateOnce(ctx context.Context, op *ports.Recharge, answer ports.ChargeAnswer, sent bool) (*ports.Recharge, error) {
	credited := op.EntrySeq != 0
	agrees := (answer.Outcome == ports.OutcomeApproved) == credited
	if !answer.Outcome.Final() {
		agrees = credited || !sent // it was sent after all, and nobody knows what came of it
	}
	if agrees || op.Status == ports.RechargeDisputed || op.Status == ports.RechargeReversed {
		return op, nil
	}
	op = own(op)
	keep(op, answer)
	return s.dispute(ctx, op, fmt.Sprintf("ended as %s, then the provider answered %s: %s", op.Status, answer.Outcome, cut(answer.Message)))
}

// dispute marks an ended record for a person.
func (s *Service) dispute(ctx context.Context, op *ports.Recharge, why string) (*ports.Recharge, error) {
	next := own(op)
	next.Status, next.Why = ports.RechargeDisputed, why
	if err := s.write(ctx, next); err != nil {
		return op, err
	}
	s.tell(ctx, next)
	return next, nil
}

// tell logs the change of status and tells the host, away from this path.
func (s *Service) tell(ctx context.Context, op *ports.Recharge) {
	s.config.Logger.InfoContext(ctx, "recharge "+op.Status, "id", op.ID, "wallet", op.WalletID, "charger", op.Charger,
		"amount", op.Amount.String(), "outcome", op.Answer.Outcome.String(), "code", op.Answer.Code)
	if op.Answer.Alarm != "" {
		s.config.Logger.ErrorContext(ctx, "recharge alarm", "id", op.ID, "charger", op.Charger, "alarm", op.Answer.Alarm)
	}
	s.mail.Post(ctx, ports.RechargeEvent{At: op.UpdatedAt, Recharge: own(op), Mismatch: op.Mismatch})
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
