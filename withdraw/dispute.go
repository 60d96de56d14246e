package withdraw

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// late compares an answer that came after the record had ended with what was booked. It
// disputes the withdrawal when they differ: the wallet may have got back what was paid out
// after all. Otherwise it keeps an id that was not known.
func (s *Service) late(ctx context.Context, op *ports.Withdrawal, late order.LateAnswer[ports.PayoutAnswer]) (*ports.Withdrawal, error) {
	said, others := late.Answer, false
	if said.ProviderRef != "" && said.ProviderRef != op.ProviderRef {
		answer, err := s.claim(ctx, op, said)
		if err != nil {
			return op, err
		}
		others = order.Taken(said.Answer) && !order.Taken(answer.Answer) // it is a payout of another withdrawal
		late.Answer = answer
	}
	ended := cmp.Or(op.Ended, op.Status)
	completed := ended == ports.WithdrawalCompleted
	odd := late.Odd != nil && said.Outcome == ports.OutcomeApproved
	if ended == ports.WithdrawalReturned && !refusedByPerson(op) && !s.path.News(op, &said.Answer) && !another(op, late.Answer) && !others && !odd { // a person knows of both: it was paid, and it came back
		return s.learn(ctx, op, late.Answer)
	}
	foreign := others && (late.FromSend || another(op, said)) // an inquiry may find another's
	if s.path.Agrees(op, &late, completed) && (!completed || !otherwise(op, late.Answer)) && !foreign && !s.path.News(op, &said.Answer) {
		return s.learn(ctx, op, late.Answer)
	}
	next := order.Clone(op)
	why, with, err := s.path.KeepLate(ctx, next, string(ended), &late, op.ActualNet.Valid)
	if err != nil {
		return op, err
	}
	next.Status, next.Ended, next.Why = ports.WithdrawalDisputed, ended, why
	next.Answer.Alarm = why
	if said.Alarm != "" {
		next.Answer.Alarm = said.Alarm + "; " + why
	}
	if err := s.path.Write(ctx, next, with...); err != nil {
		return op, s.path.Note(ctx, next, err)
	}
	s.tell(ctx, next)
	return next, nil
}

// refusedByPerson reports whether a person said of a returned withdrawal that it was never
// paid out.
func refusedByPerson(op *ports.Withdrawal) bool {
	for _, d := range slices.Backward(op.Decisions) {
		switch d.What { //nolint:exhaustive // the others say nothing of the payout
		case ports.DecisionRefused:
			return true
		case ports.DecisionReturned, ports.DecisionPaid:
			return false
		}
	}
	return false
}

// learn keeps the provider's id of a payout that a person reported without one.
func (s *Service) learn(ctx context.Context, op *ports.Withdrawal, answer ports.PayoutAnswer) (*ports.Withdrawal, error) {
	if !op.ActualNet.Valid || op.ProviderRef != "" || !order.Taken(answer.Answer) {
		return op, nil
	}
	next := order.Clone(op)
	next.ProviderRef = answer.ProviderRef
	if err := s.path.Write(ctx, next); err != nil {
		return op, err
	}
	return next, nil
}

// another reports whether an answer names another payout than the record stands for.
func another(op *ports.Withdrawal, answer ports.PayoutAnswer) bool {
	return order.Taken(answer.Answer) && op.ProviderRef != "" && answer.ProviderRef != op.ProviderRef
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
// kept. A disputed withdrawal stays as it is; one that has not ended answers
// [ports.ErrNotOpen].
func (s *Service) Dispute(ctx context.Context, act ports.Act) (*ports.Withdrawal, error) {
	op, err := s.decide(ctx, act, ports.DecisionDispute, func(next *ports.Withdrawal, d ports.Decision) error {
		next.Decisions = append(next.Decisions, d)
		next.Status, next.Ended, next.Why = ports.WithdrawalDisputed, next.Status, d.Why
		return record.Commit(ctx, s.store, next)
	})
	if !errors.Is(err, ports.ErrNotOpen) {
		return op, err
	}
	if current, errGet := s.Get(ctx, act.ID); errGet == nil && current.Status == ports.WithdrawalDisputed {
		return current, nil
	}
	return nil, err
}

// Keep ends a dispute and leaves the books as they are: the withdrawal has the status
// again with which it had ended. It is for what [Service.ReportPaid] and
// [Service.ReportRefused] cannot book, because the wallet has spent the money or is
// closed: then the loss is the host's.
func (s *Service) Keep(ctx context.Context, act ports.Act) (*ports.Withdrawal, error) {
	return s.decide(ctx, act, ports.DecisionKeep, func(next *ports.Withdrawal, d ports.Decision) error {
		next.Decisions = append(next.Decisions, d)
		return s.dismissDispute(ctx, next, d.Why)
	})
}

// dismissDispute ends a dispute without moving money.
func (s *Service) dismissDispute(ctx context.Context, next *ports.Withdrawal, why string) error {
	next.Status, next.Why = next.Ended, why
	clearDispute(next)
	return record.Commit(ctx, s.store, next)
}

// clearDispute takes from the record what its dispute left, but for the answer.
func clearDispute(next *ports.Withdrawal) { next.Ended, next.Answer.Alarm = "", "" }

// cameBack reports whether the dispute is about a withdrawal that had been returned.
func cameBack(op *ports.Withdrawal) bool { return op.Ended == ports.WithdrawalReturned }

// wasPaid reports whether the dispute is about a withdrawal that had been completed.
func wasPaid(op *ports.Withdrawal) bool { return op.Ended == ports.WithdrawalCompleted }
