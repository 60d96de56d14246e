package withdraw

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jigap/jigap/internal/call"
	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/ports"
)

// dispatch sends an approved withdrawal. While its wallet is frozen or its lane is taken it
// stays approved and waits: it is not due, and costs nothing until [Service.sendWaiting]
// finds that it can be sent. One whose route is in another process waits for that.
func (s *Service) dispatch(ctx context.Context, op *ports.Withdrawal) (*ports.Withdrawal, error) {
	route := s.routes[op.Disburser]
	if route == nil {
		return s.waitRoute(ctx, op)
	}
	if frozen, err := s.frozen(ctx, op); err != nil {
		return op, fmt.Errorf("withdrawal %s: %w", op.ID, err)
	} else if frozen {
		return s.waits(ctx, op, whyFrozen)
	}
	lane, err := s.lane(route.Disburser, op)
	if err != nil {
		return op, fmt.Errorf("withdrawal %s: %w", op.ID, err)
	}
	next := order.Clone(op)
	next.Status, next.Why, next.Lane = ports.WithdrawalSending, "", lane
	next.DueAt = s.now().Add(s.path.Lease())
	err = s.path.Write(ctx, next)
	if errors.Is(err, ports.ErrLaneTaken) {
		return s.waits(ctx, op, whyLane+next.Lane)
	}
	if err != nil {
		return op, fmt.Errorf("withdrawal %s: %w", op.ID, s.path.Note(ctx, next, err))
	}
	s.tell(ctx, next)
	return s.path.Send(ctx, next, s.provider(route))
}

// waits leaves a withdrawal that was never sent approved, without a lane and not due.
func (s *Service) waits(ctx context.Context, op *ports.Withdrawal, why string) (*ports.Withdrawal, error) {
	next := order.Clone(op)
	next.Status, next.Lane, next.Why, next.DueAt = ports.WithdrawalApproved, "", why, time.Time{}
	if err := s.path.Write(ctx, next); err != nil {
		if op.Why != why {
			err = s.path.Note(ctx, next, err)
		}
		return op, fmt.Errorf("withdrawal %s: %w", op.ID, err)
	}
	if op.Why != why {
		s.tell(ctx, next)
	}
	return next, nil
}

// lane returns the lane of a payout.
func (s *Service) lane(disburser ports.Disburser, op *ports.Withdrawal) (lane string, err error) {
	err = call.Contain(func() { lane = disburser.Lane(payoutOrder(op)) })
	return lane, err
}

// frozen reports whether the wallet of a withdrawal is frozen, and no person decided to pay it all
// the same. The caller's leaving does not stop the look.
func (s *Service) frozen(ctx context.Context, op *ports.Withdrawal) (bool, error) {
	if paysFrozen(op) {
		return false, nil
	}
	wallet, err := s.ledger.Wallet(context.WithoutCancel(ctx), op.WalletID)
	return wallet.Status == ports.WalletFrozen, err
}

// paysFrozen reports whether a person decided that a withdrawal is paid although its wallet is frozen.
func paysFrozen(op *ports.Withdrawal) bool {
	return slices.ContainsFunc(op.Decisions, func(d ports.Decision) bool { return d.What == ports.DecisionPayFrozen })
}

// Why a withdrawal waits.
const (
	whyFrozen = "waits: the wallet is frozen"
	whyLane   = "waits for its lane: another order is open in "
)

// follow brings one claimed withdrawal further.
func (s *Service) follow(ctx context.Context, op *ports.Withdrawal) (*ports.Withdrawal, error) {
	route := s.routes[op.Disburser]
	switch {
	case route == nil:
		return s.unknownRoute(ctx, op)
	case op.Status == ports.WithdrawalApproved, op.Transmissions == 0 && op.Status != ports.WithdrawalSending:
		return s.dispatch(ctx, op)
	case op.Transmissions == 0: // its process died before it sent anything, and can no longer
		return s.path.Send(ctx, op, s.provider(route))
	}
	return s.path.Inquire(ctx, op, s.provider(route))
}

// provider is the Disburser of a route, as orders are sent to it.
func (s *Service) provider(route *Route) *order.Provider[*ports.Withdrawal, ports.PayoutAnswer] {
	disburser := route.Disburser
	return &order.Provider[*ports.Withdrawal, ports.PayoutAnswer]{
		Lane: func(op *ports.Withdrawal) string { return disburser.Lane(payoutOrder(op)) },
		Prepare: func(ctx context.Context, op *ports.Withdrawal) ([]byte, *ports.PayoutAnswer) {
			return disburser.Prepare(ctx, payoutOrder(op))
		},
		Send: func(ctx context.Context, op *ports.Withdrawal) ports.PayoutAnswer {
			return disburser.Disburse(ctx, payoutOrder(op))
		},
		Inquire: func(ctx context.Context, op *ports.Withdrawal) ports.PayoutAnswer {
			return disburser.Inquire(ctx, payoutOrder(op))
		},
	}
}

// unknownRoute puts a withdrawal into review whose Disburser no process has.
func (s *Service) unknownRoute(ctx context.Context, op *ports.Withdrawal) (*ports.Withdrawal, error) {
	return s.path.Apply(ctx, op, ports.PayoutAnswer{Answer: ports.Answer{Review: "its disburser is not one of the service's"}}, false)
}
