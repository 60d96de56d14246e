package ledger_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// press has two callers ask for the wallet all the time, until the function that it returns
// is called.
func (c *crowd) press(id string) (stop func()) {
	var over atomic.Bool
	for caller := range 2 {
		c.all.Go(func() {
			for i := 0; !over.Load(); i++ {
				_ = c.deduct(id, fmt.Sprint("press ", caller, " ", i), 1)()
			}
		})
		time.Sleep(time.Second)
	}
	return func() { over.Store(true) }
}

// slowStore takes a second to find out that a record is kept.
type slowStore struct{ *keptStore }

func (s *slowStore) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := s.keptStore.Commit(ctx, units)
	if fates[0].Status == ports.FateBusy {
		time.Sleep(time.Second)
	}
	return fates
}

// requireBound asks for an answer that the wallet is busy, after BusyTimeout, which is 3
// seconds, and at most one call of the store, which is not longer than 2.
func requireBound(t *testing.T, start time.Time, answer <-chan error) {
	t.Helper()
	err := <-answer
	require.ErrorIs(t, err, ports.ErrBusy)
	require.NotErrorIs(t, err, ports.ErrUndecided)
	require.GreaterOrEqual(t, time.Since(start), 2*time.Second)
	require.LessOrEqual(t, time.Since(start), 5*time.Second)
}

// TestAside_bounds_waits: whatever an operation waits for, BusyTimeout bounds it.
func TestAside_bounds_waits(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(t *testing.T){
		"of a transfer, while others wait for the lock": func(t *testing.T) {
			t.Helper()
			store := newLocker() // gives up on a lock after 2 seconds
			c := crowdOver(t, store, &store.countingStore)
			store.keep("a")
			stop := c.press("a")
			start := time.Now()
			out, in := c.later(c.transfer("a", "b", "out")), c.later(c.transfer("b", "a", "in"))
			requireBound(t, start, out)
			err := <-in
			require.ErrorIs(t, err, ports.ErrBusy)
			require.ErrorContains(t, err, "transfer wallet b: to wallet a: ")
			require.LessOrEqual(t, time.Since(start), 5*time.Second)
			stop()
			store.loose("a")
			c.all.Wait()
		},
		"with attempts that take long": func(t *testing.T) {
			t.Helper()
			store := &slowStore{keptStore: newKept()}
			c := crowdOver(t, store, &store.countingStore)
			store.keep("a")
			requireBound(t, time.Now(), c.later(c.deduct("a", "k", 1)))
		},
		"for the attempts of many other wallets": func(t *testing.T) {
			t.Helper()
			store := &slowStore{keptStore: newKept()}
			c := crowdOver(t, store, &store.countingStore)
			ids := walletIDs(20)
			for _, id := range ids {
				c.fill(id)
			}
			store.keep(ids...)
			c.begin()
			answers := make([]<-chan error, len(ids))
			for i, id := range ids {
				answers[i] = c.later(c.deduct(id, "k", 1))
			}
			start := time.Now()
			close(c.store.gate)
			for _, answer := range answers {
				requireBound(t, start, answer)
			}
		},
		"for a place among those that wait for locks": func(t *testing.T) {
			t.Helper()
			store := newLocker()
			c := crowdOver(t, store, &store.countingStore)
			store.keep("a", "b")
			stop := c.press("a")
			requireBound(t, time.Now(), c.later(c.deduct("b", "k", 1)))
			stop()
			store.loose("a")
			c.all.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, run)
		})
	}
}

// TestAside_waits_with_the_store for a lock that the store takes longer for than BusyTimeout.
func TestAside_waits_with_the_store(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newLocker()
		store.patience = 20 * time.Second
		c := crowdOver(t, store, &store.countingStore)
		store.keep("a")
		first := c.later(c.deduct("a", "first of all", 1))
		time.Sleep(10 * time.Second)
		requireWaits(t, first)
		second := c.later(c.deduct("a", "k", 1))
		require.ErrorIs(t, <-second, ports.ErrBusy, "it has no call of its own")
		requireWaits(t, first)
		third := c.later(c.deduct("a", "k", 1))
		store.loose("a")
		require.NoError(t, <-first)
		require.NoError(t, <-third)
		c.requireBalance("a", 9_998)
	})
}

// orderStore notes for which wallets it was to wait for locks. One waits at a time.
type orderStore struct {
	*lockStore
	asked []string
}

func (s *orderStore) CommitLocked(ctx context.Context, id string, decide func(ports.Store) []ports.Unit) ([]ports.Fate, error) {
	s.asked = append(s.asked, id)
	return s.lockStore.CommitLocked(ctx, id, decide)
}

// TestAside_takes_turns: a wallet whose lock was not to be had comes after the others that
// wait for one.
func TestAside_takes_turns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &orderStore{lockStore: newLocker()}
		store.patience = time.Second / 2
		c := crowdOver(t, store, &store.countingStore) // with one place
		store.keep("a", "b", "c")
		for i, id := range []string{"a", "b", "c", "a"} {
			c.join(c.deduct(id, fmt.Sprint(i), 1), ports.ErrBusy)
			time.Sleep(time.Second / 10)
		}
		c.all.Wait()
		synctest.Wait()
		require.Equal(t, []string{"a", "b", "c", "a"}, store.asked)
	})
}

// TestAside_gives_a_place_on: callers keep asking for a wallet that is kept for good, and
// another wallet, whose lock is free and which others keep changing, gets its turn.
func TestAside_gives_a_place_on(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &rivalStore{lockStore: newLocker(), rival: func() {}}
		c := crowdOver(t, store, &store.countingStore) // with one place
		other, err := ledger.New(store.Store, ledger.Config{})
		require.NoError(t, err)
		store.keep("a")
		var racing atomic.Bool
		rivals := 0
		store.rival = func() {
			if !racing.Load() {
				return
			}
			rivals++
			_, err := other.Credit(t.Context(), ledger.CreditRequest{WalletID: "b", Key: fmt.Sprint("rival", rivals), Amount: won(1)})
			require.NoError(t, err)
		}
		stop := c.press("a")
		racing.Store(true)
		require.NoError(t, <-c.later(c.deduct("b", "k", 1)))
		stop()
		store.loose("a")
		c.all.Wait()
		require.Positive(t, rivals)
	})
}
