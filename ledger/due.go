package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// ExpireHolds gives back holds whose time has come, at most limit of them, and
// returns how many it gave back. Any number of processes may call it: each hold
// expires once. An error on one wallet does not keep it from the others. A limit that is
// not positive is [ports.ErrInvalid].
//
// Every operation gives back what has expired in its wallet, and reads leave it out: this
// books it where nothing else happens.
func (l *Ledger) ExpireHolds(ctx context.Context, limit int) (int, error) {
	if err := checkSteps(limit); err != nil {
		return 0, fmt.Errorf("expire holds: %w", err)
	}
	now, done := l.now(), 0
	failed := make(map[string]error)
	page := min(limit, maxPage)
	for ask := page; ; {
		due, err := l.store.FindOperations(ctx, ports.OperationFilter{
			Kind: ports.KindHold, Open: true, DueBy: now, Limit: ask,
		})
		if err != nil {
			return done, fmt.Errorf("find holds to expire: %w", err)
		}
		before, skipped := done, 0
		ended := make(map[string]int) // holds of wallets that come later in due
		for _, op := range due {
			id := op.Head().WalletID
			switch {
			case failed[id] != nil:
				skipped++
				continue
			case ended[id] > 0:
				ended[id]--
				continue
			case done >= limit:
				continue
			}
			n, err := l.endHolds(ctx, id, limit-done)
			if ctx.Err() != nil {
				return done, ctx.Err()
			}
			if err != nil {
				failed[id] = fmt.Errorf("expire holds of wallet %s: %w", id, err)
				skipped++
			}
			if done, ended[id] = done+n, n-1; n == 0 { // another process was faster
				ended[id] = len(due)
			}
		}
		if done >= limit || len(due) < ask || done == before && page+skipped <= ask {
			return done, ports.Join(slices.Collect(maps.Values(failed))...)
		}
		ask = page + skipped
	}
}

// ExpireLots books what is left of lots whose time has come, in at most limit
// wallets, and returns in how many. Any number of processes may call it: each lot
// expires once. What is held of a lot stays until the hold ends. An error on one
// wallet does not keep it from the others. A limit that is not positive is
// [ports.ErrInvalid].
func (l *Ledger) ExpireLots(ctx context.Context, limit int) (int, error) {
	if err := checkSteps(limit); err != nil {
		return 0, fmt.Errorf("expire lots: %w", err)
	}
	filter := ports.WalletFilter{ExpiringBy: l.now(), Limit: min(limit, maxPage)}
	done := 0
	var errs []error
	for {
		due, err := l.store.FindWallets(ctx, filter)
		if err != nil {
			return done, fmt.Errorf("find lots to expire: %w", err)
		}
		for i := range due {
			filter.AfterID = due[i].ID
			switch booked, err := l.expireLots(ctx, due[i].ID); {
			case ctx.Err() != nil:
				return done, ctx.Err()
			case err != nil:
				errs = append(errs, err)
			case booked:
				done++
			}
			if done >= limit {
				return done, ports.Join(errs...)
			}
		}
		if len(due) < filter.Limit {
			return done, ports.Join(errs...)
		}
	}
}

// checkSteps refuses a number of steps that is not positive.
func checkSteps(limit int) error {
	if limit <= 0 {
		return ports.Invalid("limit", "must be greater than zero")
	}
	return nil
}

// errNothing is a command that found nothing to do.
var errNothing = errors.New("nothing to do")

func (l *Ledger) expireLots(ctx context.Context, walletID string) (bool, error) {
	c := &command{name: "expire lots of", walletID: walletID}
	c.apply = func(b *draft) error {
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
