package recharge

import (
	"context"
	"errors"

	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// Jobs returns the service's work for a worker.Worker: charges and cancellations to
// inquire about, those whose process died, notices that the provider was not heard about and, with Config.Collect, debts to collect. Each
// Charger has jobs of its own, so that one that hangs holds up its own orders only.
func (s *Service) Jobs() []worker.Job {
	var jobs []worker.Job
	add := func(name string, step func(ctx context.Context, limit int) (int, error)) {
		jobs = append(jobs, worker.Job{Name: name, Step: step, Parallel: order.Parallel})
	}
	for _, name := range s.Chargers() {
		add("follow recharges through "+name, func(ctx context.Context, limit int) (int, error) {
			return s.followCharges(ctx, ports.OperationFilter{Providers: []string{name}, Limit: limit})
		})
	}
	for _, name := range s.cancelers() {
		add("follow cancellations through "+name, func(ctx context.Context, limit int) (int, error) {
			return s.followCancellations(ctx, ports.OperationFilter{Providers: []string{name}, Limit: limit})
		})
	}
	add("follow orders through unknown Chargers", s.followUnknown)
	if s.config.Collect {
		add("collect what wallets owe", s.followDebts)
	}
	return jobs
}

// Follow does once what the [Service.Jobs] do, one Charger after the other: it takes open
// recharges and cancellations that are due, up to limit of each Charger, finds out what
// became of them and applies the answers. It returns how many it took. An error on one does not
// keep it from the others. Any number of processes may call it: each order is claimed
// first. Orders to Chargers that are not the service's are left to the processes that have
// them; those that none has taken for Config.ReviewAfter go to review.
func (s *Service) Follow(ctx context.Context, limit int) (int, error) {
	return order.Step(ctx, s.Jobs(), limit)
}

func (s *Service) followCharges(ctx context.Context, filter ports.OperationFilter) (int, error) {
	filter.Kind = ports.KindRecharge
	doubt := s.doubts.Resolve(ctx, s.store, s.now())
	done, err := record.Follow(ctx, s.store, filter, s.now, s.charges.Lease(), func(ctx context.Context, op *ports.Recharge) error {
		_, err := s.followCharge(ctx, op)
		return err
	})
	return done, ports.Join(doubt, err)
}

// followCharge finds out about one claimed recharge.
func (s *Service) followCharge(ctx context.Context, op *ports.Recharge) (*ports.Recharge, error) {
	if !op.Open {
		return s.followNoticed(ctx, op)
	}
	if !op.NoticedAt.IsZero() {
		asked, err := s.inquireOpen(ctx, op)
		if errors.Is(err, errChanged) { // it has ended, and is due because of the notice
			return op, nil
		}
		return asked, err
	}
	return s.followChargeBy(ctx, op, s.charging(op.Charger))
}

// followChargeBy asks the Charger about a claimed recharge that is open.
func (s *Service) followChargeBy(ctx context.Context, op *ports.Recharge, to *order.Provider[*ports.Recharge, ports.ChargeAnswer]) (*ports.Recharge, error) {
	switch {
	case op.Status == ports.RechargeAwaiting:
		return s.followAwaiting(ctx, op, to)
	case neverSent(op): // it is in review, say: the customer may have paid
		return follow(ctx, s.charges, op, 1, to)
	}
	return follow(ctx, s.charges, op, op.Transmissions, to)
}

func (s *Service) followCancellations(ctx context.Context, filter ports.OperationFilter) (int, error) {
	filter.Kind, filter.Open = ports.KindCancellation, true
	doubt := s.doubts.Resolve(ctx, s.store, s.now())
	done, err := record.Follow(ctx, s.store, filter, s.now, s.charges.Lease(), func(ctx context.Context, op *ports.Cancellation) error {
		charge, err := s.Get(ctx, op.RechargeID)
		if err != nil {
			return err
		}
		_, err = follow(ctx, s.cancels, op, op.Transmissions, s.canceling(charge))
		return err
	})
	return done, ports.Join(doubt, err)
}

// followUnknown takes orders through Chargers that this process does not know, or that it
// cannot cancel through, when they have been due for Config.ReviewAfter.
func (s *Service) followUnknown(ctx context.Context, limit int) (int, error) {
	overdue := s.now().Add(-s.config.ReviewAfter)
	charges, err := s.followCharges(ctx, ports.OperationFilter{ExceptProviders: s.Chargers(), DueBy: overdue, Limit: limit})
	cancels, errCancels := s.followCancellations(ctx, ports.OperationFilter{ExceptProviders: s.cancelers(), DueBy: overdue, Limit: limit})
	return charges + cancels, ports.Join(err, errCancels)
}

// cancelers returns the names of the Chargers that can cancel, in order.
func (s *Service) cancelers() []string {
	var names []string
	for _, name := range s.Chargers() {
		if _, cancels := ports.As[ports.Canceler](s.chargers[name]); cancels {
			names = append(names, name)
		}
	}
	return names
}

// follow finds out about one claimed order; to is nil when its Charger is not one of the
// service's.
func follow[R ports.Operation](ctx context.Context, path *order.Path[R, ports.ChargeAnswer, *ports.ChargeAnswer], op R,
	transmissions int, to *order.Provider[R, ports.ChargeAnswer],
) (R, error) {
	switch {
	case transmissions == 0: // its process died before it sent anything, and can no longer
		return path.Apply(ctx, op, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Message: "never sent"}}, false)
	case to == nil:
		return path.Apply(ctx, op, ports.ChargeAnswer{Answer: ports.Answer{Review: "its charger is not one of the service's"}}, false)
	}
	return path.Inquire(ctx, op, to)
}
