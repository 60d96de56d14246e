package withdraw

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// Jobs returns the service's work for a worker.Worker: withdrawals to send, to inquire
// about, and those whose process died. Each Disburser has jobs of its own, so that one
// that hangs holds up its own withdrawals only.
func (s *Service) Jobs() []worker.Job {
	var jobs []worker.Job
	for _, name := range s.disbursers() {
		jobs = append(jobs,
			worker.Job{Name: "follow withdrawals through " + name, Parallel: order.Parallel, Step: func(ctx context.Context, limit int) (int, error) {
				return s.followDue(ctx, ports.OperationFilter{Providers: []string{name}, Limit: limit})
			}},
			worker.Job{Name: "send withdrawals that wait for " + name, Step: func(ctx context.Context, limit int) (int, error) {
				return s.sendWaiting(ctx, name, limit)
			}})
	}
	return append(jobs, worker.Job{Name: "follow withdrawals through unknown Disbursers", Step: s.followUnknown})
}

// Follow does once what the [Service.Jobs] do, one Disburser after the other: it takes open
// withdrawals that are due or wait, up to limit of each Disburser, and brings each as far
// as it can be brought now. It returns how many it took. An error on one does not keep it
// from the others. Any number of processes may call it: each withdrawal is claimed first.
// Withdrawals through Disbursers that are not the service's are left to the processes that
// have them; those that none has taken for Config.ReviewAfter go to review.
func (s *Service) Follow(ctx context.Context, limit int) (int, error) {
	return order.Step(ctx, s.Jobs(), limit)
}

func (s *Service) followDue(ctx context.Context, filter ports.OperationFilter) (int, error) {
	filter.Kind, filter.Open = ports.KindWithdrawal, true
	doubt := s.doubts.Resolve(ctx, s.store, s.now())
	done, err := record.Follow(ctx, s.store, filter, s.now, s.path.Lease(), func(ctx context.Context, op *ports.Withdrawal) error {
		_, err := s.follow(ctx, op)
		return err
	})
	return done, ports.Join(doubt, err)
}

// followUnknown takes withdrawals through Disbursers that this process does not know, when
// they have been due, or have waited, for Config.ReviewAfter.
func (s *Service) followUnknown(ctx context.Context, limit int) (int, error) {
	before := s.now().Add(-s.config.ReviewAfter)
	done, err := s.followDue(ctx, ports.OperationFilter{ExceptProviders: s.disbursers(), DueBy: before, Limit: limit})
	found, next, errFind := s.waiting(ctx, s.places[""], ports.OperationFilter{ExceptProviders: s.disbursers(), Limit: limit})
	errs := []error{err, errFind}
	for _, op := range found {
		if op.UpdatedAt.After(before) {
			continue
		}
		_, err := s.unknownRoute(ctx, op)
		done++
		errs = append(errs, err)
	}
	next()
	return done, ports.Join(errs...)
}

// waiting returns withdrawals that the filter selects and that wait, behind those that were
// looked at last. next must be called when they have been looked at.
func (s *Service) waiting(ctx context.Context, place *place, filter ports.OperationFilter) (list []*ports.Withdrawal, next func(), err error) {
	if !place.mu.TryLock() { // another step looks
		return nil, func() {}, nil
	}
	filter.Kind, filter.Statuses, filter.Open, filter.AfterID = ports.KindWithdrawal, ports.Statuses(ports.WithdrawalApproved), true, place.afterID
	found, err := s.store.FindOperations(ctx, filter)
	if err != nil {
		return nil, place.mu.Unlock, fmt.Errorf("find withdrawals that wait: %w", err)
	}
	place.afterID = ""
	if len(found) == filter.Limit {
		place.afterID = found[len(found)-1].Head().ID
	}
	for _, op := range found {
		if w, ok := op.(*ports.Withdrawal); ok && w.DueAt.IsZero() {
			list = append(list, w)
		}
	}
	return list, place.mu.Unlock, nil
}

// disbursers returns the names of the service's Disbursers, in order.
func (s *Service) disbursers() []string { return slices.Sorted(maps.Keys(s.routes)) }

// sendWaiting looks at up to limit withdrawals that wait for their lane or for a frozen
// wallet, behind those that it looked at last, and sends those that can be sent. It writes
// nothing for those that go on waiting, and asks the store once for each of their lanes.
func (s *Service) sendWaiting(ctx context.Context, disburser string, limit int) (sent int, err error) {
	doubt := s.doubts.Resolve(ctx, s.store, s.now())
	list, next, err := s.waiting(ctx, s.places[disburser], ports.OperationFilter{Providers: []string{disburser}, Limit: limit})
	defer next()
	if err != nil {
		return 0, ports.Join(doubt, err)
	}
	sent, err = s.sendFree(ctx, s.routes[disburser].Disburser, list)
	return sent, ports.Join(doubt, err)
}

// sendFree sends those of the waiting withdrawals whose wallet is not frozen and whose lane
// is free. After it has sent one it looks at the lane again: the provider may have answered.
// A record is written when the reason that it waits for has changed.
func (s *Service) sendFree(ctx context.Context, disburser ports.Disburser, waiting []*ports.Withdrawal) (sent int, err error) {
	if len(waiting) == 0 {
		return 0, nil
	}
	frozen, err := s.frozenAmong(ctx, waiting)
	if err != nil {
		return 0, err
	}
	taken, failed := make(map[string]bool), make(map[string]bool) // lanes
	var errs []error
	for _, op := range waiting {
		if ctx.Err() != nil {
			return sent, ports.Join(append(errs, ctx.Err())...)
		}
		lane, err := s.lane(disburser, op)
		if err != nil {
			errs = append(errs, fmt.Errorf("withdrawal %s: %w", op.ID, err))
			continue
		}
		reason := ""
		switch {
		case failed[lane]:
			continue
		case frozen[op.WalletID] && !paysFrozen(op):
			reason = whyFrozen
		case taken[lane]:
			reason = whyLane + lane
		case lane != "":
			holder, err := s.store.FindOperations(ctx, ports.OperationFilter{Lane: lane, Open: true, Limit: 1})
			if err != nil {
				return sent, ports.Join(append(errs, fmt.Errorf("find the order in lane %s: %w", lane, err))...)
			}
			if taken[lane] = len(holder) > 0; taken[lane] {
				reason = whyLane + lane
			}
		}
		if reason != "" {
			if reason != op.Why || s.now().Sub(op.UpdatedAt) >= s.config.ReviewAfter/2 { // else it looks as if no process had the route
				if _, err := s.waits(ctx, op, reason); err != nil && !errors.Is(err, ports.ErrConflict) {
					errs = append(errs, err)
				}
			}
			continue
		}
		claimed, mine, err := record.Claim(ctx, s.store, op, s.now(), s.path.Lease())
		if mine {
			sent++
			_, err = s.dispatch(ctx, claimed)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("withdrawal %s: %w", op.ID, err))
			failed[lane] = lane != "" // those behind it in the lane would not get through either
		}
	}
	return sent, ports.Join(errs...)
}

// frozenAmong returns which wallets of the withdrawals are frozen.
func (s *Service) frozenAmong(ctx context.Context, waiting []*ports.Withdrawal) (map[string]bool, error) {
	ids := make([]string, len(waiting))
	for i, op := range waiting {
		ids[i] = op.WalletID
	}
	slices.Sort(ids)
	wallets, err := s.store.Wallets(ctx, slices.Compact(ids))
	if err != nil {
		return nil, fmt.Errorf("read wallets of withdrawals that wait: %w", err)
	}
	frozen := make(map[string]bool)
	for i := range wallets {
		frozen[wallets[i].ID] = wallets[i].Status == ports.WalletFrozen
	}
	return frozen, nil
}
