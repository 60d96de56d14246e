package withdraw

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// dispatch sends an approved withdrawal. While its wallet is frozen or its lane is taken it
// stays approved and waits: it is not due, and costs nothing until [Service.sendWaiting]
// finds that it can be sent. One whose route is in another process waits for that.
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
		return s.waits(ctx, op, whyLane+next.Lane)
	}
	if err != nil {
		return op, fmt.Errorf("withdrawal %s: %w", op.ID, s.note(ctx, next, err))
	}
	s.tell(ctx, next)
	return s.send(ctx, next, route.Disburser)
}

// waits leaves a withdrawal that was never sent approved, without a lane and not due.
func (s *Service) waits(ctx context.Context, op *ports.Withdrawal, why string) (*ports.Withdrawal, error) {
	next := own(op)
	next.Status, next.Lane, next.Why, next.DueAt = ports.WithdrawalApproved, "", why, time.Time{}
	if err := s.write(ctx, next); err != nil {
		if op.Why != why {
			err = s.note(ctx, next, err)
		}
		return op, fmt.Errorf("withdrawal %s: %w", op.ID, err)
	}
	if op.Why != why {
		s.tell(ctx, next)
	}
	return next, nil
}

// frozen reports whether the wallet of a withdrawal is frozen. The caller's leaving does
// not stop the look.
func (s *Service) frozen(ctx context.Context, op *ports.Withdrawal) (bool, error) {
	wallet, err := s.ledger.Wallet(context.WithoutCancel(ctx), op.WalletID)
	return wallet.Status == ports.WalletFrozen, err
}

// waitFrozen lets a withdrawal of a frozen wallet wait. err is the error of the read that
// should have told whether the wallet is frozen.
func (s *Service) waitFrozen(ctx context.Context, op *ports.Withdrawal, err error) (*ports.Withdrawal, error) {
	if err != nil {
		return op, fmt.Errorf("withdrawal %s: %w", op.ID, err)
	}
	return s.waits(ctx, op, whyFrozen)
}

// Why a withdrawal waits.
const (
	whyFrozen = "waits: the wallet is frozen"
	whyLane   = "waits for its lane: another order is open in "
)

// send prepares the order, writes down that it is being sent, and sends it, unless its
// wallet is frozen.
func (s *Service) send(ctx context.Context, op *ports.Withdrawal, disburser ports.Disburser) (*ports.Withdrawal, error) {
	ctx = context.WithoutCancel(ctx)
	evidence, refusal := s.prepare(ctx, op, disburser)
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
	return s.settleBy(ctx, next, s.sent(ctx, next, disburser), true)
}

// write commits the record as the version that follows, and what belongs to it.
func (s *Service) write(ctx context.Context, next *ports.Withdrawal, with ...ports.Operation) error {
	next.Version++
	next.UpdatedAt = s.now()
	return worker.Commit(ctx, s.store, next, with...)
}

// prepare prepares the order. Preparing sends nothing, so an order whose Disburser fails in
// it was not sent.
func (s *Service) prepare(ctx context.Context, op *ports.Withdrawal, disburser ports.Disburser) (evidence []byte, refusal *ports.PayoutAnswer) {
	type prepared struct {
		evidence []byte
		refusal  *ports.PayoutAnswer
	}
	p, err := worker.Call(ctx, s.calls[op.Disburser], s.config.Timeout, func(ctx context.Context) (p prepared) {
		p.evidence, p.refusal = disburser.Prepare(ctx, order(op))
		return p
	}, nil)
	switch {
	case err != nil:
		p.refusal = &ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Alarm: s.broken(ctx, op, "prepared", err)}}
	case p.refusal == nil:
		return p.evidence, nil
	case !p.refusal.Outcome.Final(), p.refusal.Outcome == ports.OutcomeApproved:
		odd := *p.refusal
		odd.Outcome, odd.Review = ports.OutcomeFault, ""
		odd.Alarm = "disburser refused to send with outcome " + p.refusal.Outcome.String() + ", which a refusal must not have"
		p.refusal = &odd
	}
	s.heard(ctx, op, *p.refusal)
	return nil, p.refusal
}

// sent sends the order and returns the answer. An answer that comes too late is settled
// when it comes.
func (s *Service) sent(ctx context.Context, op *ports.Withdrawal, disburser ports.Disburser) ports.PayoutAnswer {
	late := func(answer ports.PayoutAnswer, err error) {
		if err != nil {
			s.broken(ctx, op, "sent, too late", err)
			return
		}
		s.heard(ctx, op, answer)
		if _, err := s.settleBy(ctx, op, answer, true); err != nil {
			s.config.Logger.ErrorContext(ctx, "a late answer was not kept", "id", op.ID, "error", err)
		}
	}
	answer, err := worker.Call(ctx, s.calls[op.Disburser], s.config.Timeout, func(ctx context.Context) ports.PayoutAnswer {
		return disburser.Disburse(ctx, order(op))
	}, late)
	if err != nil {
		answer = ports.PayoutAnswer{Answer: ports.Answer{Alarm: s.broken(ctx, op, "sent", err)}}
		if errors.Is(err, worker.ErrTooManyOverdue) && op.Transmissions == 1 {
			answer.Outcome = ports.OutcomeNotSent
		}
	}
	s.heard(ctx, op, answer)
	return answer
}

// inquired asks the provider and returns the answer. One that comes too late is logged
// only: a later inquiry may know more.
func (s *Service) inquired(ctx context.Context, op *ports.Withdrawal, disburser ports.Disburser) ports.PayoutAnswer {
	answer, err := worker.Call(ctx, s.calls[op.Disburser], s.config.Timeout, func(ctx context.Context) ports.PayoutAnswer {
		return disburser.Inquire(ctx, order(op))
	}, func(answer ports.PayoutAnswer, err error) {
		if err != nil {
			s.broken(ctx, op, "inquired, too late", err)
			return
		}
		s.heard(ctx, op, answer)
	})
	if err != nil { // a question that failed is no answer
		answer = ports.PayoutAnswer{Answer: ports.Answer{Alarm: s.broken(ctx, op, "inquired", err)}}
	}
	s.heard(ctx, op, answer)
	return answer
}

// broken logs what went wrong inside a Disburser, and returns it as an alarm.
func (s *Service) broken(ctx context.Context, op *ports.Withdrawal, doing string, err error) (alarm string) {
	attrs := []any{"id", op.ID, "disburser", op.Disburser, "while", doing, "error", err}
	var panicked *worker.PanicError
	if errors.As(err, &panicked) {
		s.config.Logger.ErrorContext(ctx, "withdrawal: disburser panicked", append(attrs, "stack", string(panicked.Stack))...)
		return "disburser panicked while it " + doing
	}
	s.config.Logger.ErrorContext(ctx, "withdrawal: disburser failed", attrs...)
	return "disburser, while it " + doing + ": " + err.Error()
}

// heard logs an answer before anything is done with it.
func (s *Service) heard(ctx context.Context, op *ports.Withdrawal, answer ports.PayoutAnswer) {
	s.config.Logger.InfoContext(ctx, "withdrawal answered", "id", op.ID, "wallet", op.WalletID, "disburser", op.Disburser,
		"outcome", answer.Outcome.String(), "likely", answer.Likely.String(), "code", cut(answer.Code), "message", cut(answer.Message),
		"provider_ref", cut(answer.ProviderRef), "transaction", cut(answer.TransactionID), "total", figure(answer.Total), "fee", figure(answer.Fee),
		"net", figure(answer.Net), "review", cut(answer.Review), "transmissions", op.Transmissions)
}

// figure is a figure of a provider for the log. What no record can hold is not written out:
// it may have millions of digits.
func figure(d decimal.NullDecimal) string {
	if !d.Valid {
		return ""
	}
	if _, err := ports.CheckSigned("", d.Decimal, ports.MaxScale); err != nil {
		return "out of range"
	}
	return d.Decimal.String()
}

// follow brings one claimed withdrawal further.
func (s *Service) follow(ctx context.Context, op *ports.Withdrawal) (*ports.Withdrawal, error) {
	route := s.routes[op.Disburser]
	switch {
	case route == nil:
		return s.settle(ctx, op, ports.PayoutAnswer{Answer: ports.Answer{Review: "its disburser is not one of the service's"}})
	case op.Status == ports.WithdrawalApproved, op.Transmissions == 0 && op.Status != ports.WithdrawalSending:
		return s.dispatch(ctx, op)
	case op.Transmissions == 0: // its process died before it sent anything, and can no longer
		return s.send(ctx, op, route.Disburser)
	}
	next := own(op)
	next.Inquiries++
	answer := s.inquired(ctx, next, route.Disburser)
	if answer.Outcome == ports.OutcomeUnknown && answer.Resend {
		frozen, err := s.frozen(ctx, op)
		if err != nil {
			return op, fmt.Errorf("withdrawal %s: %w", op.ID, err)
		}
		if frozen { // what may have been sent is inquired about, and not sent again
			return s.settle(ctx, next, answer)
		}
		again := own(next)
		keep(again, readable(answer))
		again.Lane = route.Disburser.Lane(order(again)) // it may have left it
		sent, err := s.transmit(ctx, again, route.Disburser)
		if !errors.Is(err, ports.ErrLaneTaken) {
			return sent, err
		}
		answer.Resend = false // not while another order has the lane: it is inquired about
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
