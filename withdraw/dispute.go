package withdraw

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// settleLate keeps an answer that came after the record had ended. One that
// contradicts the end makes it disputed: the wallet may have got back what was paid
// out after all.
func (s *Service) settleLate(ctx context.Context, op *ports.Withdrawal, answer ports.PayoutAnswer, sent bool) (*ports.Withdrawal, error) {
	for range worker.ConflictsMax {
		next, err := s.settleLateOnce(ctx, op, answer, sent)
		if err == nil {
			return next, nil
		}
		if !errors.Is(err, ports.ErrConflict) {
			return op, fmt.Errorf("withdrawal %s: %w", op.ID, err)
		}
		if op, err = s.Get(ctx, op.ID); err != nil {
			return next, err
		}
	}
	return op, fmt.Errorf("withdrawal %s: keep a late answer: others change it all the time: %w", op.ID, ports.ErrConflict)
}

func (s *Service) settleLateOnce(ctx context.Context, op *ports.Withdrawal, answer ports.PayoutAnswer, sent bool) (*ports.Withdrawal, error) {
	answer, _ = clean(answer)
	answer, err := s.claim(ctx, op, answer)
	if err != nil {
		return op, err
	}
	ended := cmp.Or(op.Ended, op.Status)
	completed := ended == ports.WithdrawalCompleted
	if ended == ports.WithdrawalReturned && !another(op, answer) { // a person knows of both: it was paid, and it came back
		return op, nil
	}
	agrees := (answer.Outcome == ports.OutcomeApproved) == completed
	if !answer.Outcome.Final() {
		declined := op.Answer.Outcome == ports.OutcomeDeclined && answer.ProviderRef == op.ProviderRef // by the provider itself: that it was pending before is no news
		agrees = completed || !sent && (declined || !taken(answer))                                    // else it was sent after all, and its outcome is unknown
	}
	if agrees && (!completed || !otherwise(op, answer)) {
		return s.learn(ctx, op, answer)
	}
	next := own(op)
	with, err := s.keepLate(ctx, next, answer)
	if err != nil {
		return op, err
	}
	why := fmt.Sprintf("ended as %s, then the provider answered %s", ended, answer.Outcome)
	if taken(answer) && answer.ProviderRef != op.ProviderRef {
		why += " for " + answer.ProviderRef
	}
	why += ": " + cut(cmp.Or(answer.Review, answer.Message))
	if op.Status == ports.WithdrawalDisputed { // what it was disputed for before counts too
		why = cut(op.Why) + "; " + why
	}
	next.Status, next.Ended, next.Why = ports.WithdrawalDisputed, ended, why
	next.Answer.Alarm = next.Why
	if err := s.write(ctx, next, with...); err != nil {
		return op, s.note(ctx, next, err)
	}
	s.tell(ctx, next)
	return next, nil
}

// keepLate records what a late answer says, and returns what is written with the record. The
// payout of the answer becomes that of the record, unless the record stands for one: for the
// one that completed it, or for the one that the provider named before. Then the payout is
// named, and no other withdrawal is ended by it.
func (s *Service) keepLate(ctx context.Context, next *ports.Withdrawal, answer ports.PayoutAnswer) (with []ports.Operation, err error) {
	was := next.ProviderRef
	stands := was != "" && (next.ActualNet.Valid || taken(next.Answer) && next.Answer.ProviderRef == was)
	keep(next, answer)
	switch {
	case stands:
		next.ProviderRef = was
		if taken(answer) && answer.ProviderRef != was {
			return s.named(ctx, next, answer.ProviderRef)
		}
	case next.ActualNet.Valid && !taken(answer):
		next.ProviderRef = was // a refusal names no payout
	}
	return nil, nil
}

// learn keeps the provider's id of a payout that a person reported without one.
func (s *Service) learn(ctx context.Context, op *ports.Withdrawal, answer ports.PayoutAnswer) (*ports.Withdrawal, error) {
	if !op.ActualNet.Valid || op.ProviderRef != "" || !taken(answer) {
		return op, nil
	}
	next := own(op)
	next.ProviderRef = answer.ProviderRef
	if err := s.write(ctx, next); err != nil {
		return op, err
	}
	return next, nil
}

// taken reports whether the provider has the order, by the id that an answer names.
func taken(answer ports.PayoutAnswer) bool {
	return answer.ProviderRef != "" && (answer.Outcome == ports.OutcomePending || answer.Outcome == ports.OutcomeApproved)
}

// another reports whether an answer names another payout than the record stands for.
func another(op *ports.Withdrawal, answer ports.PayoutAnswer) bool {
	return taken(answer) && op.ProviderRef != "" && answer.ProviderRef != op.ProviderRef
}

// otherwise reports whether an answer says of a completed withdrawal that it was another
// payout, another transfer, or had other figures than were booked.
func otherwise(op *ports.Withdrawal, answer ports.PayoutAnswer) bool {
	if another(op, answer) {
		return true
	}
	if answer.Outcome != ports.OutcomeApproved {
		return false
	}
	differs := func(reported decimal.NullDecimal, booked decimal.Decimal) bool {
		return reported.Valid && !reported.Decimal.Equal(booked)
	}
	return differs(answer.Total, op.Total) || differs(answer.Fee, op.ActualFee.Decimal) || differs(answer.Net, op.ActualNet.Decimal) ||
		answer.TransactionID != "" && op.TransactionID != "" && answer.TransactionID != op.TransactionID
}

// Dispute marks a withdrawal that has ended otherwise than the provider or the bank says
// now, so that a person decides: a rejected, canceled or failed one that was paid after all,
// a completed one that was not paid, or a returned one that did not come back. It moves no
// money. After it [Service.ReportPaid], [Service.ReportRefused] or [Service.ReportReturned]
// book what is true, and [Service.Keep] leaves the books as they are. Who and Why are
// required and kept. A disputed withdrawal stays as it is; one that has not ended answers
// [ports.ErrNotOpen].
func (s *Service) Dispute(ctx context.Context, v Verdict) (*ports.Withdrawal, error) {
	if err := whyNeeded(v.Why); err != nil {
		return nil, acting("dispute", v.ID, err)
	}
	op, err := s.decide(ctx, v, "dispute", ended(), func(next *ports.Withdrawal, d ports.Decision) error {
		next.Decisions = append(next.Decisions, d)
		next.Status, next.Ended, next.Why = ports.WithdrawalDisputed, next.Status, v.Why
		return worker.Commit(ctx, s.store, next)
	})
	if !errors.Is(err, ports.ErrNotOpen) {
		return op, err
	}
	if current, errGet := s.Get(ctx, v.ID); errGet == nil && current.Status == ports.WithdrawalDisputed {
		return current, nil
	}
	return nil, err
}

// ended are the statuses with which a withdrawal ends.
func ended() []string {
	return []string{
		ports.WithdrawalCompleted, ports.WithdrawalReturned, ports.WithdrawalRejected, ports.WithdrawalCanceled, ports.WithdrawalFailed,
	}
}

// Keep ends a dispute and leaves the books as they are: the withdrawal has the status
// again with which it had ended. It is for what [Service.ReportPaid] and
// [Service.ReportRefused] cannot book, because the wallet has spent the money or is
// closed: then the loss is the host's.
func (s *Service) Keep(ctx context.Context, v Verdict) (*ports.Withdrawal, error) {
	if err := whyNeeded(v.Why); err != nil {
		return nil, acting("keep", v.ID, err)
	}
	return s.decide(ctx, v, "keep", []string{ports.WithdrawalDisputed}, func(next *ports.Withdrawal, d ports.Decision) error {
		next.Decisions = append(next.Decisions, d)
		return s.stand(ctx, next, v.Why)
	})
}

// stand ends a dispute without moving money.
func (s *Service) stand(ctx context.Context, next *ports.Withdrawal, why string) error {
	next.Status, next.Why = next.Ended, why
	calm(next)
	return worker.Commit(ctx, s.store, next)
}

// calm takes from the record what its dispute left, but for the answer.
func calm(next *ports.Withdrawal) { next.Ended, next.Answer.Alarm = "", "" }

// cameBack reports whether the dispute is about a withdrawal that had been returned.
func cameBack(op *ports.Withdrawal) bool { return op.Ended == ports.WithdrawalReturned }

// wasPaid reports whether the dispute is about a withdrawal that had been completed.
func wasPaid(op *ports.Withdrawal) bool { return op.Ended == ports.WithdrawalCompleted }
