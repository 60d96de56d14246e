package suitetest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jigap/jigap/ports"
)

// Durable is a store on data that outlives it, and what a test can do to both: the harness of
// portstest.TestStoreDurable.
type Durable struct {
	Store      ports.Store
	FailBefore func()
	FailAfter  func()
	FailLate   func() (arrived func())
	Reopen     func() ports.Store
	Second     func() ports.Store

	disk *disk
}

// NewDurable returns the smallest store on data that outlives it: stores that newStore makes
// hold what a log of units says, which all handles share.
func NewDurable(newStore func() ports.Store) Durable {
	d := &disk{}
	open := func() ports.Store { return &handle{disk: d, store: newStore()} }
	return Durable{
		Store: open(), disk: d, Reopen: open, Second: open,
		FailBefore: func() { d.arm(failsBefore) },
		FailAfter:  func() { d.arm(failsAfter) },
		FailLate: func() func() {
			d.arm(failsLate)
			return d.arrive
		},
	}
}

// failure is what becomes of the next commit.
type failure int

const (
	succeeds failure = iota
	failsBefore
	failsAfter
	failsLate
)

// disk is a log of the units that were committed.
type disk struct {
	mu   sync.Mutex
	log  []ports.Unit
	next failure
	late []ports.Unit // sent, and not yet there
	lost []ports.Unit // that failed before they were written
}

func (d *disk) arm(next failure) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next = next
}

// arrive writes what was sent and is late.
func (d *disk) arrive() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.log, d.late = append(d.log, d.late...), nil
}

// handle is a store that holds what the disk says.
type handle struct {
	disk  *disk
	store ports.Store
	read  int // units of the log that it holds
}

// errBroken is why a commit has no answer.
var errBroken = fmt.Errorf("%w: the connection broke", ports.ErrUnavailable)

// locked returns the store, up to date, and what ends its use.
func (h *handle) locked(ctx context.Context) (store ports.Store, unlock func()) {
	h.disk.mu.Lock()
	if h.read < len(h.disk.log) { // a unit that came late may no longer fit; every handle refuses it alike
		h.store.Commit(context.WithoutCancel(ctx), h.disk.log[h.read:])
		h.read = len(h.disk.log)
	}
	return h.store, h.disk.mu.Unlock
}

// Commit implements [ports.Committer].
func (h *handle) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	store, unlock := h.locked(ctx)
	defer unlock()
	next := h.disk.next
	h.disk.next = succeeds
	fates := make([]ports.Fate, len(units))
	switch next {
	case failsBefore:
		for i := range fates {
			fates[i] = ports.Fate{Status: ports.FateFailed, Err: errBroken}
			h.disk.lost = append(h.disk.lost, cloned(units[i]))
		}
		return fates
	case failsLate:
		for i := range fates {
			fates[i] = ports.Fate{Status: ports.FateUndecided, Err: errors.Join(ports.ErrUndecided, errBroken)}
			h.disk.late = append(h.disk.late, cloned(units[i]))
		}
		return fates
	case succeeds, failsAfter:
	}
	fates = store.Commit(ctx, units)
	for i := range fates {
		if committed(fates[i]) {
			h.disk.log = append(h.disk.log, cloned(units[i]))
		}
		if next == failsAfter {
			fates[i] = ports.Fate{Status: ports.FateUndecided, Err: errors.Join(ports.ErrUndecided, errBroken)}
		}
	}
	h.read = len(h.disk.log)
	return fates
}

// Wallets implements [ports.WalletReader].
func (h *handle) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	store, unlock := h.locked(ctx)
	defer unlock()
	return store.Wallets(ctx, ids)
}

// FindWallets implements [ports.WalletReader].
func (h *handle) FindWallets(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
	store, unlock := h.locked(ctx)
	defer unlock()
	return store.FindWallets(ctx, filter)
}

// EntriesByKey implements [ports.EntryReader].
func (h *handle) EntriesByKey(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
	store, unlock := h.locked(ctx)
	defer unlock()
	return store.EntriesByKey(ctx, keys)
}

// Entries implements [ports.EntryReader].
func (h *handle) Entries(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
	store, unlock := h.locked(ctx)
	defer unlock()
	return store.Entries(ctx, filter)
}

// Feed implements [ports.EntryReader].
func (h *handle) Feed(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
	store, unlock := h.locked(ctx)
	defer unlock()
	return store.Feed(ctx, cursor, limit)
}

// LastReferring implements [ports.EntryReader].
func (h *handle) LastReferring(ctx context.Context, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
	store, unlock := h.locked(ctx)
	defer unlock()
	return store.LastReferring(ctx, by, to)
}

// Totals implements [ports.EntryReader].
func (h *handle) Totals(ctx context.Context) ([]ports.Total, error) {
	store, unlock := h.locked(ctx)
	defer unlock()
	return store.Totals(ctx)
}

// Operations implements [ports.OperationReader].
func (h *handle) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	store, unlock := h.locked(ctx)
	defer unlock()
	return store.Operations(ctx, ids)
}

// FindOperations implements [ports.OperationReader].
func (h *handle) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	store, unlock := h.locked(ctx)
	defer unlock()
	return store.FindOperations(ctx, filter)
}
