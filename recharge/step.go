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
		_, err := s.charges.follow(ctx, op, s.charging(op.Charger))
		return err
	})
}

// followCancellations is [Service.Follow] for cancellations.
func (s *Service) followCancellations(ctx context.Context, limit int) (int, error) {
	return worker.Follow(ctx, s.store, ports.KindCancellation, limit, s.now, s.lease(), func(ctx context.Context, op *ports.Cancellation) error {
		charge, err := s.Get(ctx, op.RechargeID)
		if err != nil {
			return err
		}
		_, err = s.cancels.follow(ctx, op, s.canceling(charge))
		return err
	})
}
