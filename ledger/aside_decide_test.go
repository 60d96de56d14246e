package ledger_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// lateLocker is a store behind a wrapper that bounds its calls: the wrapper gives up, and
// what it wraps gets the lock after all, and calls decide.
type lateLocker struct {
	*keptStore
	calls  atomic.Int64
	decide chan func(ports.Store) []ports.Unit // of the first call
	giveUp [2]chan struct{}
}

func (s *lateLocker) CommitLocked(_ context.Context, _ string, decide func(ports.Store) []ports.Unit) ([]ports.Fate, error) {
	call := s.calls.Add(1)
	if call == 1 {
		s.decide <- decide
	}
	<-s.giveUp[call-1]
	return nil, fmt.Errorf("lock timeout: %w", ports.ErrBusy)
}

func newLateLocker() *lateLocker {
	return &lateLocker{
		keptStore: newKept(), decide: make(chan func(ports.Store) []ports.Unit, 1),
		giveUp: [2]chan struct{}{make(chan struct{}), make(chan struct{})},
	}
}

// TestAside_decides_nothing_when_the_call_is_over: requests that have joined since are left
// to the next call.
func TestAside_decides_nothing_when_the_call_is_over(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newLateLocker()
		c := crowdOver(t, store, &store.countingStore)
		store.keep("a")
		first := c.later(c.deduct("a", "k1", 1))
		second := c.later(c.deduct("a", "k2", 1))
		late := <-store.decide
		close(store.giveUp[0])
		require.ErrorIs(t, <-first, ports.ErrBusy)
		synctest.Wait()
		require.EqualValues(t, 2, store.calls.Load(), "the second waits for the lock")
		require.Empty(t, late(store.Store))
		close(store.giveUp[1])
		require.ErrorIs(t, <-second, ports.ErrBusy)
		require.Empty(t, late(store.Store))
		store.loose("a")
		c.requireBalance("a", 10_000)
	})
}

// slowRead is a store whose reads wait for a channel.
type slowRead struct {
	ports.Store
	until chan struct{}
}

func (s *slowRead) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	<-s.until
	return s.Store.Wallets(ctx, ids)
}

// TestAside_decides_nothing_when_the_call_ends_meanwhile: the call gives up while decide
// reads. What it took is answered, and nothing is to be written.
func TestAside_decides_nothing_when_the_call_ends_meanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newLateLocker()
		c := crowdOver(t, store, &store.countingStore)
		store.keep("a")
		first := c.later(c.deduct("a", "k1", 1))
		decide := <-store.decide
		read := make(chan struct{})
		units := make(chan []ports.Unit, 1)
		go func() { units <- decide(&slowRead{Store: store.Store, until: read}) }()
		synctest.Wait()
		close(store.giveUp[0])
		requireWaits(t, first)
		close(read)
		require.Empty(t, <-units)
		require.ErrorIs(t, <-first, ports.ErrBusy)
		synctest.Wait() // the wallet is back in its queue
		store.loose("a")
		require.NoError(t, requireAnswer(t, c.later(c.deduct("a", "k1", 1))))
		c.requireBalance("a", 9_999)
	})
}
