package main

import (
	"context"
	"errors"
	"time"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/worker"
)

// endEarlier is a job of the simulated mode: it ends recharges that were sent to a simulator
// of an earlier process. Its books are gone, so no inquiry finds them, and they would stay open for as
// long as a real order may be unknown. With a real provider a person decides instead: money may have
// moved.
func (s *server) endEarlier(began time.Time) worker.Job {
	return worker.Job{Name: "end recharges of earlier simulators", Step: func(ctx context.Context, limit int) (done int, err error) {
		var errs []error
		for _, charger := range []string{s.provider.cards.Name(), s.provider.windows.Name()} {
			open, err := s.recharges.List(ctx, recharge.Listing{Provider: charger, Open: true, Limit: limit})
			errs = append(errs, err)
			for _, op := range open {
				if !op.CreatedAt.Before(began) || op.Status == ports.RechargeSending { // which the worker follows when its lease has passed
					continue
				}
				_, err := s.recharges.Decline(ctx, ports.Act{
					ID: op.ID, By: ports.By{Who: "simulated mode", Why: "the simulator that it was sent to has ended"},
				})
				if err == nil {
					done++
				}
				errs = append(errs, err)
			}
		}
		return done, errors.Join(errs...)
	}}
}
