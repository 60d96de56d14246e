package recharge

import (
	"context"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// Jobs returns the service's work for a worker.Worker: charges and cancellations to
// inquire about, and those whose process died.
func (s *Service) Jobs() []worker.Job {
	return []worker.Job{
		{Name: "follow recharges", Step: s.Follow},
		{Name: "follow cancellations", Step: s.followCancellations},
	}
}

// Follow takes up to limit open recharges that are due, finds out what became of them
// and settles them. It returns how many it took. Any number of processes may call it:
// each order is claimed first.
func (s *Service) Follow(ctx context.Context, limit int) (int, error) {
	return worker.Follow(ctx, s.store, ports.KindRecharge, limit, s.now, s.lease(), func(ctx context.Context, op *ports.Recharge) error {
		_, err := s.follow(ctx, op)
		return err
	})
}

// follow finds out about one claimed order.
func (s *Service) follow(ctx context.Context, op *ports.Recharge) (*ports.Recharge, error) {
	if op.Transmissions == 0 { // its process died before it sent anything, and can no longer
		return s.settle(ctx, op, ports.ChargeAnswer{Outcome: ports.OutcomeNotSent, Message: "never sent"})
	}
	charger := s.chargers[op.Charger]
	if charger == nil {
		return s.settle(ctx, op, ports.ChargeAnswer{Review: "its charger is not one of the service's"})
	}
	next := own(op)
	next.Inquiries++
	answer := worker.Ask(ctx, s.config.Timeout, charger.Inquire, order(next), panicked("Inquire"))
	if answer.Outcome == ports.OutcomeUnknown && answer.Resend {
		keep(next, answer)
		return s.transmit(ctx, next, charger)
	}
	return s.settle(ctx, next, answer)
}
