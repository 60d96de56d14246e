package portstest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// bounded is a store in memory behind I/O that can stand still, with a bound of its own:
// the smallest store that keeps what TestStoreBounds asks for.
type bounded struct {
	ports.Store
	bound time.Duration

	mu   sync.Mutex
	gate chan struct{} // closed while the I/O goes on
	sent int           // commits that were made while it stood still
}

func newBounded(bound time.Duration) *bounded {
	b := &bounded{Store: memory.New(), bound: bound, gate: make(chan struct{})}
	close(b.gate)
	return b
}

func (b *bounded) stall() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gate = make(chan struct{})
}

func (b *bounded) resume() {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-b.gate:
	default:
		close(b.gate)
	}
}

func (b *bounded) waits() chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.gate
}

// pass waits for the I/O, no longer than the bound.
func (b *bounded) pass(ctx context.Context) error {
	timer := time.NewTimer(b.bound)
	defer timer.Stop()
	select {
	case <-b.waits():
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return ports.ErrUnavailable
	}
}

func through[T any](ctx context.Context, b *bounded, read func() (T, error)) (T, error) {
	if err := b.pass(ctx); err != nil {
		var none T
		return none, err
	}
	return read()
}

func (b *bounded) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	return through(ctx, b, func() ([]ports.Wallet, error) { return b.Store.Wallets(ctx, ids) })
}

func (b *bounded) FindWallets(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
	return through(ctx, b, func() ([]ports.Wallet, error) { return b.Store.FindWallets(ctx, filter) })
}

func (b *bounded) EntriesByKey(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
	return through(ctx, b, func() ([]ports.Entry, error) { return b.Store.EntriesByKey(ctx, keys) })
}

func (b *bounded) Entries(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
	return through(ctx, b, func() ([]ports.Entry, error) { return b.Store.Entries(ctx, filter) })
}

func (b *bounded) Feed(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
	return through(ctx, b, func() (ports.FeedPage, error) { return b.Store.Feed(ctx, cursor, limit) })
}

func (b *bounded) LastReferring(ctx context.Context, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
	return through(ctx, b, func() ([]ports.Entry, error) { return b.Store.LastReferring(ctx, by, to) })
}

func (b *bounded) Totals(ctx context.Context) ([]ports.Total, error) {
	return through(ctx, b, func() ([]ports.Total, error) { return b.Store.Totals(ctx) })
}

func (b *bounded) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	return through(ctx, b, func() ([]ports.Operation, error) { return b.Store.Operations(ctx, ids) })
}

func (b *bounded) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	return through(ctx, b, func() ([]ports.Operation, error) { return b.Store.FindOperations(ctx, filter) })
}

// Commit stands still by turns before the units are written, after which they are never
// written, and behind that, where it does not learn their fate.
func (b *bounded) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	var fates []ports.Fate
	select {
	case <-b.waits():
		fates = b.Store.Commit(ctx, units)
	default:
		b.mu.Lock()
		b.sent++
		written := b.sent%2 == 0
		b.mu.Unlock()
		if written {
			fates = b.Store.Commit(context.WithoutCancel(ctx), units)
		}
	}
	if err := b.pass(ctx); err != nil || fates == nil {
		status := ports.FateUndecided
		if fates == nil {
			status = ports.FateFailed
		}
		fates = make([]ports.Fate, len(units))
		for i := range fates {
			fates[i] = ports.Fate{Status: status, Err: errors.Join(ports.ErrUnavailable, err)}
		}
	}
	return fates
}

func TestStoreBounds(t *testing.T) {
	t.Parallel()
	portstest.TestStoreBounds(t, portstest.StoreBounds{
		Bound: 2 * time.Minute,
		New: func(*testing.T) portstest.StalledStore {
			store := newBounded(time.Minute)
			return portstest.StalledStore{Store: store, Stall: store.stall, Resume: store.resume}
		},
		Run: synctest.Test,
	})
}
