package portstest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jigap/jigap/ports"
)

// StalledStore is a store whose I/O can be made to stand still: behind a proxy that stops
// forwarding, or on a database that another session keeps locked.
type StalledStore struct {
	Store ports.Store
	// Stall lets what the store waits for stop answering, for calls under way as well.
	// Connections stay open: an error would be no stall.
	Stall func()
	// Resume lets it answer again, what is waiting included.
	Resume func()
}

// StoreBounds says how [TestStoreBounds] makes stores, and what they promise.
type StoreBounds struct {
	// Bound is the longest that a call may take: the store's own bound as it is
	// configured for the test, and what the machine may need on top. Required.
	Bound time.Duration
	// New returns an empty store that nothing else uses, not stalled. It cleans up with
	// t.Cleanup, after resuming. Required.
	New func(t *testing.T) StalledStore
	// Run runs a scenario. Defaults to calling it. A store without real I/O gives
	// synctest.Test: then a test waits for no bound.
	Run func(t *testing.T, scenario func(t *testing.T))
}

// TestStoreBounds checks what [ports.Store] promises of time: while the store's I/O stands
// still, every call returns within the bound. Reads answer [ports.ErrUnavailable], or the
// error of their context if that has ended. Commit answers no [ports.FateCommitted] for
// what was not written, and what it answers but [ports.FateUndecided] is final. When the
// I/O goes on so does the store, and no unit is there by halves.
//
// It is for stores that do I/O. The author of one configures short bounds and stands a
// proxy that can stop between the store and its engine:
//
//	portstest.TestStoreBounds(t, portstest.StoreBounds{
//		Bound: 5 * time.Second, // the store's own bounds are set to one second
//		New: func(t *testing.T) portstest.StalledStore {
//			proxy := newProxy(t)
//			return portstest.StalledStore{Store: open(t, proxy.Addr()), Stall: proxy.Stop, Resume: proxy.Go}
//		},
//	})
//
// A scenario waits for the bound a few times, in parallel with the others.
func TestStoreBounds(t *testing.T, bounds StoreBounds) {
	t.Helper()
	if bounds.Run == nil {
		bounds.Run = func(t *testing.T, scenario func(t *testing.T)) {
			t.Helper()
			scenario(t)
		}
	}
	for _, scenario := range []struct {
		name string
		says string
		run  func(b *boundTest)
	}{
		{"reads return as unavailable", saysBounds, boundReads},
		{"reads return when their context ends", saysReadContext, boundReadsContext},
		{"many calls at once return", saysBounds, boundMany},
		{"a commit returns and claims nothing that is not there", saysFinal, boundCommit},
		{"a commit returns when its context ends", saysUndecided, boundCommitContext},
		{"commits under way return and claim nothing that is not there", saysFinal, boundMidway},
	} {
		t.Run(scenario.name, func(t *testing.T) {
			t.Parallel()
			bounds.Run(t, func(t *testing.T) {
				t.Helper()
				stalled := bounds.New(t)
				scenario.run(&boundTest{
					storeTest: newStoreTest(t, scenario.says, stalled.Store),
					bound:     bounds.Bound, stalled: stalled,
				})
			})
		})
	}
}

// boundTest is a scenario of a store that stalls.
type boundTest struct {
	*storeTest
	bound   time.Duration
	stalled StalledStore
}

// within requires that the calls, made all at once, return within the bound.
func (b *boundTest) within(calls ...func()) {
	b.t.Helper()
	var running sync.WaitGroup
	for _, call := range calls {
		running.Go(call)
	}
	done := make(chan struct{})
	go func() { running.Wait(); close(done) }()
	limit := time.NewTimer(b.bound)
	defer limit.Stop()
	select {
	case <-done:
	case <-limit.C:
		b.stalled.Resume() // so that the test can end
		b.FailNow("a call did not return within the bound", "%s", b.bound)
	}
}

// reads returns a call of each read.
func (b *boundTest) reads(ctx context.Context) map[string]func() error {
	return map[string]func() error{
		"Wallets":     func() error { _, err := b.Wallets(ctx, []string{"w"}); return err },
		"FindWallets": func() error { _, err := b.FindWallets(ctx, ports.WalletFilter{Limit: 1}); return err },
		"EntriesByKey": func() error {
			_, err := b.EntriesByKey(ctx, []ports.EntryKey{{WalletID: "w", Key: "k"}})
			return err
		},
		"Entries": func() error {
			_, err := b.Entries(ctx, ports.EntryFilter{WalletID: "w", Limit: 1})
			return err
		},
		"Feed": func() error { _, err := b.Feed(ctx, "", 1); return err },
		"LastReferring": func() error {
			_, err := b.LastReferring(ctx, ports.EntryRefund, []ports.EntryRef{{WalletID: "w", Seq: 1}})
			return err
		},
		"Totals":         func() error { _, err := b.Totals(ctx); return err },
		"Operations":     func() error { _, err := b.Operations(ctx, []string{"o"}); return err },
		"FindOperations": func() error { _, err := b.FindOperations(ctx, ports.OperationFilter{Limit: 1}); return err },
	}
}

// resumed lets the I/O go on and waits until the store works again: what it had open may
// be broken, so that the first calls may fail.
func (b *boundTest) resumed() {
	b.t.Helper()
	b.stalled.Resume()
	var err error
	for range 100 {
		b.within(func() { _, err = b.Wallets(b.t.Context(), []string{"w"}) })
		if err == nil {
			return
		}
		b.ErrorIs(err, ports.ErrUnavailable)
	}
	b.NoError(err, "after a hundred reads")
}

// works requires that the store reads and writes.
func (b *boundTest) works() {
	b.t.Helper()
	unit := with(opened("works"), hold("works", "works", ""))
	var fate ports.Fate
	for range 100 {
		b.within(func() { fate = single(b.Commit(b.t.Context(), []ports.Unit{unit})) })
		if fate.Status != ports.FateUndecided && fate.Status != ports.FateBusy {
			break
		}
	}
	b.status(fate, ports.FateCommitted, ports.FateConflict)
	b.unchanged(unit)
	for name, read := range b.reads(b.t.Context()) {
		b.NoError(read(), name)
	}
}

func boundReads(b *boundTest) {
	b.committed(opened("w"))
	b.stalled.Stall()
	for name, read := range b.reads(b.t.Context()) {
		var err error
		b.within(func() { err = read() })
		b.ErrorIs(err, ports.ErrUnavailable, name)
	}
	b.resumed()
	b.works()
}

func boundReadsContext(b *boundTest) {
	b.committed(opened("w"))
	b.stalled.Stall()
	for name := range b.reads(b.t.Context()) {
		ctx, cancel := context.WithCancel(b.t.Context())
		var err error
		b.within(func() { err = b.reads(ctx)[name]() }, cancel)
		b.ErrorIs(err, context.Canceled, name)
	}
	b.resumed()
	b.works()
}

func boundMany(b *boundTest) {
	b.committed(opened("w"))
	b.stalled.Stall()
	var calls []func()
	var mu sync.Mutex
	errs := make(map[string]error)
	fates := make([]ports.Fate, 30)
	units := make([]ports.Unit, len(fates))
	for i, id := range ids("new", len(fates)) {
		units[i] = with(opened(id), hold("o"+id, id, ""))
		calls = append(calls, func() { fates[i] = single(b.Commit(b.t.Context(), units[i:i+1])) })
		for name, read := range b.reads(b.t.Context()) {
			calls = append(calls, func() {
				err := read()
				mu.Lock()
				defer mu.Unlock()
				errs[name+" "+id] = err
			})
		}
	}
	b.within(calls...)
	for name, err := range errs {
		b.ErrorIs(err, ports.ErrUnavailable, name)
	}
	b.resumed()
	for i, fate := range fates {
		b.honest(units[i], fate)
	}
	b.works()
}

// honest requires that the fate of a unit that creates a wallet with an operation is true,
// and that the unit is there as a whole or not at all. A unit whose fate is not known is
// written again, after which that is decided.
func (b *boundTest) honest(unit ports.Unit, fate ports.Fate) {
	b.t.Helper()
	wallet, op := unit.Wallets[0].ID, unit.Operations[0].Head().ID
	switch fate.Status { //nolint:exhaustive // no other may come
	case ports.FateCommitted:
		b.unchanged(unit)
		b.sameOperation(unit.Operations[0], b.operation(op))
	case ports.FateFailed, ports.FateBusy:
		if fate.Status == ports.FateFailed {
			b.Error(fate.Err)
		}
		b.absent(wallet, op)
	case ports.FateUndecided:
		b.Error(fate.Err)
		for range 100 {
			b.within(func() { fate = single(b.Commit(b.t.Context(), []ports.Unit{unit})) })
			if fate.Status != ports.FateUndecided && fate.Status != ports.FateBusy {
				break
			}
		}
		b.status(fate, ports.FateCommitted, ports.FateConflict)
		b.unchanged(unit)
		b.sameOperation(unit.Operations[0], b.operation(op))
	default:
		b.Fail("another fate is right", "was: %s", fateText(fate))
	}
}

func boundCommit(b *boundTest) {
	b.committed(opened("w"))
	b.stalled.Stall()
	var units []ports.Unit
	for _, id := range ids("new", 3) {
		units = append(units, with(opened(id), hold("o"+id, id, "lane "+id)))
	}
	var fates []ports.Fate
	b.within(func() { fates = b.Commit(b.t.Context(), units) })
	b.Len(fates, len(units))
	b.resumed()
	for i, fate := range fates {
		b.honest(units[i], fate)
	}
	b.works()
}

func boundCommitContext(b *boundTest) {
	b.committed(opened("w"))
	b.stalled.Stall()
	unit := with(opened("new"), hold("o", "new", "lane"))
	ctx, cancel := context.WithCancel(b.t.Context())
	var fate ports.Fate
	b.within(func() { fate = single(b.Commit(ctx, []ports.Unit{unit})) }, cancel)
	b.resumed()
	b.honest(unit, fate)
	b.works()
}

// boundMidway stalls while commits are under way, at a moment that is another one each
// time.
func boundMidway(b *boundTest) {
	b.committed(opened("w"))
	for round := range 5 {
		const writers = 4
		var units [writers][]ports.Unit
		var fates [writers][]ports.Fate
		var calls []func()
		reached := make(chan struct{})
		reach := sync.OnceFunc(func() { close(reached) })
		for writer := range writers {
			calls = append(calls, func() {
				defer reach()
				for i := range 50 {
					id := fmt.Sprintf("new-%d-%d-%d", round, writer, i)
					unit := with(opened(id), hold("o"+id, id, ""))
					fate := single(b.Commit(b.t.Context(), []ports.Unit{unit}))
					units[writer], fates[writer] = append(units[writer], unit), append(fates[writer], fate)
					if i == round*5 {
						reach()
					}
					if fate.Status != ports.FateCommitted {
						return
					}
				}
			})
		}
		calls = append(calls, func() { <-reached; b.stalled.Stall() })
		b.within(calls...)
		b.resumed()
		for writer := range writers {
			for i, fate := range fates[writer] {
				b.honest(units[writer][i], fate)
			}
		}
	}
	b.works()
}
