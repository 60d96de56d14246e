package withdraw

import (
	"cmp"
	"context"
	"errors"
	"fmt"

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
	if op.Status == ports.WithdrawalReturned { // a person knows of both: it was paid, and it came back
		return op, nil
	}
	answer, _ = clean(answer)
	answer, err := s.claim(ctx, op, answer)
	if err != nil {
		return op, err
	}
	ended := cmp.Or(op.Ended, op.Status)
	completed := ended == ports.WithdrawalCompleted
	agrees := (answer.Outcome == ports.OutcomeApproved) == completed
	if !answer.Outcome.Final() {
		declined := op.Answer.Outcome == ports.OutcomeDeclined && answer.ProviderRef == op.ProviderRef // by the provider itself: that it was pending before is no news
		taken := answer.Outcome == ports.OutcomePending && answer.ProviderRef != "" && !declined       // the provider has the order
		agrees = completed || !sent && !taken                                                          // else it was sent after all, and its outcome is unknown
	}
	if agrees {
		return op, nil
	}
	next := own(op)
	keep(next, answer)
	next.Status, next.Ended = ports.WithdrawalDisputed, ended
	next.Why = fmt.Sprintf("ended as %s, then the provider answered %s: %s", ended, answer.Outcome, cut(cmp.Or(answer.Review, answer.Message)))
	next.Answer.Alarm = next.Why
	if err := s.write(ctx, next); err != nil {
		return op, err
	}
	s.tell(ctx, next)
	return next, nil
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

// wasPaid reports whether the dispute is about a withdrawal that had been completed.
func wasPaid(op *ports.Withdrawal) bool { return op.Ended == ports.WithdrawalCompleted }
