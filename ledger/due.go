package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// ExpireHolds gives back holds whose time has come, at most limit of them, and
// returns how many it gave back. Any number of processes may call it: each hold
// expires once. An error on one hold does not keep it from the others.
func (l *Ledger) ExpireHolds(ctx context.Context, limit int) (int, error) {
	due, err := l.store.FindOperations(ctx, ports.OperationFilter{
		Kind: ports.KindHold, Open: true, DueBy: l.now(), Limit: limit,
	})
	if err != nil {
		return 0, fmt.Errorf("find holds to expire: %w", err)
	}
	done := 0
	var errs []error
	for _, op := range due {
		hold, ok := op.(*ports.Hold)
		if !ok {
			continue
		}
		switch err := l.expireHold(ctx, hold); {
		case err == nil:
			done++
		case ctx.Err() != nil:
			return done, ctx.Err()
		case !errors.Is(err, ports.ErrNotOpen): // else it ended meanwhile
			errs = append(errs, err)
		}
	}
	return done, errors.Join(errs...)
}

// ExpireLots books what is left of lots whose time has come, in at most limit
// wallets, and returns in how many. Any number of processes may call it: each lot
// expires once. What is held of a lot stays until the hold ends.
func (l *Ledger) ExpireLots(ctx context.Context, limit int) (int, error) {
	due, err := l.store.FindWallets(ctx, ports.WalletFilter{ExpiringBy: l.now(), Limit: limit})
	if err != nil {
		return 0, fmt.Errorf("find lots to expire: %w", err)
	}
	done := 0
	var errs []error
	for i := range due {
		switch booked, err := l.expireLots(ctx, due[i].ID); {
		case ctx.Err() != nil:
			return done, ctx.Err()
		case err != nil:
			errs = append(errs, err)
		case booked:
			done++
		}
	}
	return done, errors.Join(errs...)
}

// errNothing is a command that found nothing to do.
var errNothing = errors.New("nothing to do")

func (l *Ledger) expireLots(ctx context.Context, walletID string) (bool, error) {
	c := &command{name: "expire lots of", walletID: walletID}
	c.apply = func(b *booking) error {
		before := len(b.entries)
		if _, err := b.own(); err != nil { // own books what has lapsed
			return err
		}
		if len(b.entries) == before {
			return errNothing
		}
		return nil
	}
	_, err := l.do(ctx, c)
	if errors.Is(err, errNothing) {
		return false, nil
	}
	return err == nil, err
}

// Jobs returns the ledger's work for a [worker.Worker]: holds and lots that expire.
func (l *Ledger) Jobs() []worker.Job {
	return []worker.Job{
		{Name: "expire holds", Step: l.ExpireHolds},
		{Name: "expire lots", Step: l.ExpireLots},
	}
}
