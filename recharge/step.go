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
		{Name: "follow recharges", Step: s.Follow, Parallel: 8},
		{Name: "follow cancellations", Step: s.followCancellations, Parallel: 8},
	}
}

// Follow takes up to limit open recharges that are due, finds out what became of them
// and settles them. It returns how many it took. Any number of processes may call it:
// each order is claimed first. Orders to Chargers that are not the service's are left to
// the processes that have them; what none has taken for Config.ReviewAfter is for a person.
func (s *Service) Follow(ctx context.Context, limit int) (int, error) {
	mine := worker.Only(s.store, func(op *ports.Recharge) bool {
		return s.mine(&op.OperationHead, &op.Journey, s.chargers[op.Charger] != nil)
	})
	return worker.Follow(ctx, mine, ports.KindRecharge, limit, s.now, s.lease(), func(ctx context.Context, op *ports.Recharge) error {
		_, err := s.charges.follow(ctx, op, s.charging(op.Charger))
		return err
	})
}

// followCancellations is [Service.Follow] for cancellations.
func (s *Service) followCancellations(ctx context.Context, limit int) (int, error) {
	mine := worker.Only(s.store, func(op *ports.Cancellation) bool {
		_, cancels := ports.As[ports.Canceler](s.chargers[s.chargerOf(ctx, op)])
		return s.mine(&op.OperationHead, &op.Journey, cancels)
	})
	return worker.Follow(ctx, mine, ports.KindCancellation, limit, s.now, s.lease(), func(ctx context.Context, op *ports.Cancellation) error {
		charge, err := s.Get(ctx, op.RechargeID)
		if err != nil {
			return err
		}
		_, err = s.cancels.follow(ctx, op, s.canceling(charge))
		return err
	})
}

// chargerOf names the Charger of a cancellation. One that was stored before cancellations
// named it has that of its recharge; blank when this cannot be read now.
func (s *Service) chargerOf(ctx context.Context, op *ports.Cancellation) string {
	if op.Charger != "" {
		return op.Charger
	}
	charge, err := s.Get(ctx, op.RechargeID)
	if err != nil {
		return ""
	}
	return charge.Charger
}

// mine reports whether the service takes an order that is due: it knows whom to ask, or
// the order was never sent, or for so long no process came that knows.
func (s *Service) mine(head *ports.OperationHead, journey *ports.Journey, known bool) bool {
	return known || journey.Transmissions == 0 || s.now().Sub(head.DueAt) >= s.config.ReviewAfter
}
