package withdraw

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// dispatch sends an approved withdrawal. It stays approved, and the worker tries again,
// while its wallet is frozen or its lane is taken, and in a process that has its route.
func (s *Service) dispatch(ctx context.Context, op *ports.Withdrawal) (*ports.Withdrawal, error) {
	route := s.routes[op.Disburser]
	if route == nil {
		return s.waitRoute(ctx, op)
	}
	if frozen, err := s.frozen(ctx, op); err != nil || frozen {
		return s.waitFrozen(ctx, op, err)
	}
	next := own(op)
	next.Why = ""
	next.Status, next.Lane = ports.WithdrawalSending, route.Disburser.Lane(order(op))
	next.DueAt = s.now().Add(s.lease())
	err := s.write(ctx, next)
	if errors.Is(err, ports.ErrLaneTaken) {
		waiting := own(op)
		waiting.Why = "waits for its lane: another order is open in " + next.Lane
		waiting.DueAt = s.now().Add(s.config.InquireAfter)
		return waiting, s.write(ctx, waiting)
	}
	if err != nil {
		return op, fmt.Errorf("withdrawal %s: %w", op.ID, err)
	}
	s.tell(ctx, next)
	return s.send(ctx, next, route.Disburser)
}

// frozen reports whether the wallet of a withdrawal is frozen. The caller's leaving does
// not stop the look.
func (s *Service) frozen(ctx context.Context, op *ports.Withdrawal) (bool, error) {
	wallet, err := s.ledger.Wallet(context.WithoutCancel(ctx), op.WalletID)
	return wallet.Status == ports.WalletFrozen, err
}

// waitFrozen puts a withdrawal that was never sent back into status approved, without a
// lane. The worker looks at it again later. err is the error of the read that should have
// told whether the wallet is frozen.
func (s *Service) waitFrozen(ctx context.Context, op *ports.Withdrawal, err error) (*ports.Withdrawal, error) {
	if err != nil {
		return op, fmt.Errorf("withdrawal %s: %w", op.ID, err)
	}
	next := own(op)
	next.Status, next.Lane, next.Why = ports.WithdrawalApproved, "", whyFrozen
	next.DueAt = s.now().Add(max(inquireMax, s.config.InquireAfter))
	if err := s.write(ctx, next); err != nil {
		return op, fmt.Errorf("withdrawal %s: %w", op.ID, err)
	}
	if op.Why != whyFrozen {
		s.tell(ctx, next)
	}
	return next, nil
}

const whyFrozen = "waits: the wallet is frozen"

// send prepares the order, writes down that it is being sent, and sends it, unless its
// wallet is frozen.
func (s *Service) send(ctx context.Context, op *ports.Withdrawal, disburser ports.Disburser) (*ports.Withdrawal, error) {
	evidence, refusal := s.prepare(ctx, disburser, order(op))
	if refusal != nil {
		return s.settle(ctx, op, *refusal)
	}
	if frozen, err := s.frozen(ctx, op); err != nil || frozen {
		return s.waitFrozen(ctx, op, err)
	}
	next := own(op)
	next.Evidence = evidence
	return s.transmit(ctx, next, disburser)
}

// transmit writes down that the order may from now on be with the provider, and sends
// it.
func (s *Service) transmit(ctx context.Context, next *ports.Withdrawal, disburser ports.Disburser) (*ports.Withdrawal, error) {
	now := s.now()
	next.Transmissions++
	next.Inquiries = 0
	if next.SentAt.IsZero() {
		next.SentAt = now
	}
	next.DueAt = now.Add(s.lease())
	if err := s.write(ctx, next); err != nil {
		return next, fmt.Errorf("withdrawal %s: %w", next.ID, err)
	}
	if !s.now().Before(next.DueAt) {
		return next, nil // it slept through its lease: another process may be asking by now
	}
	return s.settleBy(ctx, next, worker.Ask(ctx, s.config.Timeout, disburser.Disburse, order(next), panicked("Disburse")), true)
}

// write commits the record alone, as the version that follows.
func (s *Service) write(ctx context.Context, next *ports.Withdrawal) error {
	next.Version++
	next.UpdatedAt = s.now()
	return worker.Commit(ctx, s.store, next)
}

func (s *Service) prepare(ctx context.Context, disburser ports.Disburser, o ports.PayoutOrder) (evidence []byte, refusal *ports.PayoutAnswer) {
	defer func() {
		if cause := recover(); cause != nil { // nothing was sent: Prepare sends nothing
			refusal = &ports.PayoutAnswer{Outcome: ports.OutcomeNotSent, Alarm: "disburser panicked in Prepare"}
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.Timeout)
	defer cancel()
	return disburser.Prepare(ctx, o)
}

// panicked is the answer of a Disburser that panicked: nobody knows what it did before.
func panicked(method string) ports.PayoutAnswer {
	return ports.PayoutAnswer{Alarm: "disburser panicked in " + method}
}

// Jobs returns the service's work for a worker.Worker: withdrawals to send, to inquire
// about, and those whose process died.
func (s *Service) Jobs() []worker.Job {
	return []worker.Job{{Name: "follow withdrawals", Step: s.Follow, Parallel: 8}}
}

// Follow takes up to limit open withdrawals that are due and brings each as far as it
// can be brought now. It returns how many it took. Any number of processes may call it:
// each withdrawal is claimed first. Withdrawals through Disbursers that are not the
// service's are left to the processes that have them; what none has taken for
// Config.ReviewAfter is for a person.
func (s *Service) Follow(ctx context.Context, limit int) (int, error) {
	mine := worker.Only(s.store, func(op *ports.Withdrawal) bool {
		return s.routes[op.Disburser] != nil || s.now().Sub(op.DueAt) >= s.config.ReviewAfter
	})
	return worker.Follow(ctx, mine, ports.KindWithdrawal, limit, s.now, s.lease(), func(ctx context.Context, op *ports.Withdrawal) error {
		_, err := s.follow(ctx, op)
		return err
	})
}

// follow brings one claimed withdrawal further.
func (s *Service) follow(ctx context.Context, op *ports.Withdrawal) (*ports.Withdrawal, error) {
	route := s.routes[op.Disburser]
	switch {
	case route == nil:
		return s.settle(ctx, op, ports.PayoutAnswer{Review: "its disburser is not one of the service's"})
	case op.Status == ports.WithdrawalApproved, op.Transmissions == 0 && op.Status != ports.WithdrawalSending:
		return s.dispatch(ctx, op)
	case op.Transmissions == 0: // its process died before it sent anything, and can no longer
		return s.send(ctx, op, route.Disburser)
	}
	next := own(op)
	next.Inquiries++
	answer := worker.Ask(ctx, s.config.Timeout, route.Disburser.Inquire, order(next), panicked("Inquire"))
	if answer.Outcome == ports.OutcomeUnknown && answer.Resend {
		frozen, err := s.frozen(ctx, op)
		if err != nil {
			return op, fmt.Errorf("withdrawal %s: %w", op.ID, err)
		}
		if frozen { // what may have been sent is inquired about, and not sent again
			return s.settle(ctx, next, answer)
		}
		keep(next, answer)
		next.Lane = route.Disburser.Lane(order(next)) // it may have left it
		return s.transmit(ctx, next, route.Disburser)
	}
	return s.settle(ctx, next, answer)
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
