package ledger_test

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// brokenIDs panics while it is broken.
type brokenIDs struct {
	ports.IDs
	broken bool
}

func (i *brokenIDs) NewID() string {
	if i.broken {
		panic("no id")
	}
	return i.IDs.NewID()
}

// TestRound_answers_a_rule_that_panics, which takes back what it did, and serves the others,
// also those about the same wallet.
func TestRound_answers_a_rule_that_panics(t *testing.T) {
	t.Parallel()
	book := func(booking books.Booking) func(*crowd) error {
		booking.WalletID, booking.Key, booking.Type = "d", "k", "host"
		booking.Balance, booking.Counterparty = won(-5), "elsewhere"
		return func(c *crowd) error {
			_, err := c.Book(c.t.Context(), booking)
			return err
		}
	}
	for name, broken := range map[string]func(c *crowd) error{
		"Check": book(books.Booking{Check: func(*ports.Wallet) error { panic("no check") }}),
		"Fill":  book(books.Booking{Fill: func(*ports.Entry) { panic("no fill") }}),
		"IDs": func(c *crowd) error {
			_, err := c.Hold(c.t.Context(), ledger.HoldRequest{WalletID: "d", Key: "k", Amount: won(1)})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &countingStore{Store: memory.New()}
				var log bytes.Buffer
				ids := &brokenIDs{IDs: ports.RandomIDs()}
				l, err := ledger.New(store, ledger.Config{Parallel: 1, IDs: ids, Logger: slog.New(slog.NewTextHandler(&log, nil))})
				require.NoError(t, err)
				c := &crowd{Ledger: l, t: t, store: store}
				for _, id := range []string{"a", "b", "d"} {
					c.fill(id)
				}
				ids.broken = true
				c.begin()
				before := c.later(c.deduct("d", "before", 1))
				answer := c.later(func() error { return broken(c) })
				after := c.later(c.deduct("d", "after", 1))
				other := c.later(c.deduct("b", "other", 1))
				store.commits.Store(0)
				c.end()
				err = <-answer
				require.ErrorContains(t, err, "panic")
				require.NotErrorIs(t, err, ports.ErrUndecided)
				for _, served := range []<-chan error{before, after, other} {
					require.NoError(t, <-served)
				}
				require.LessOrEqual(t, store.commits.Load(), int64(2))
				require.Contains(t, log.String(), "rule panicked")
				c.requireBalance("d", 9_998)
				c.requireBalance("b", 9_999)
			})
		})
	}
}

// exitStore is a store that ends the goroutine which calls it, as a mock does that fails
// its test.
type exitStore struct {
	*lockStore
	exits atomic.Int64 // in the next so many calls
}

func (s *exitStore) exit() {
	if s.exits.Add(-1) >= 0 {
		runtime.Goexit()
	}
}

func (s *exitStore) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	s.exit()
	return s.lockStore.Wallets(ctx, ids)
}

func (s *exitStore) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	s.exit()
	return s.lockStore.Commit(ctx, units)
}

func (s *exitStore) CommitLocked(ctx context.Context, id string, decide func(ports.Store) []ports.Unit) ([]ports.Fate, error) {
	s.exit()
	return s.lockStore.CommitLocked(ctx, id, func(ports.Store) []ports.Unit { return decide(s) })
}

// TestQueue_has_a_leader_again when a store has ended the goroutine of the one it had.
func TestQueue_has_a_leader_again(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &exitStore{lockStore: newLocker()}
		c := crowdOver(t, store, &store.countingStore)
		c.begin()
		waiting := c.later(c.deduct("b", "waiting", 1))
		store.exits.Store(1)
		new1, new2 := c.later(c.deduct("new 1", "k", 1)), c.later(c.deduct("new 2", "k", 1))
		close(store.gate)
		require.ErrorContains(t, <-new1, "end of the goroutine")
		require.ErrorContains(t, <-new2, "end of the goroutine")
		require.Error(t, <-waiting, "it shared their round")
		require.NoError(t, <-c.later(c.deduct("b", "read", 1)))
		store.exits.Store(1)
		require.ErrorIs(t, <-c.later(c.deduct("b", "k", 1)), ports.ErrUndecided, "in the commit")
		require.NoError(t, <-c.later(c.deduct("b", "k", 1)))
		c.requireBalance("b", 9_998)
	})
}

// TestQueue_answers_when_an_observer_ends_its_goroutine: what was booked is not said to be
// undone.
func TestQueue_answers_when_an_observer_ends_its_goroutine(t *testing.T) {
	t.Parallel()
	var exit atomic.Bool
	observer := observerFunc(func() {
		if exit.Swap(false) {
			runtime.Goexit()
		}
	})
	l, err := ledger.New(memory.New(), ledger.Config{Observer: observer})
	require.NoError(t, err)
	_, err = l.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
	require.NoError(t, err)
	exit.Store(true)
	request := ledger.CreditRequest{WalletID: "w", Key: "k", Amount: won(1)}
	_, err = l.Credit(t.Context(), request)
	require.ErrorIs(t, err, ports.ErrUndecided)
	receipt, err := l.Credit(t.Context(), request)
	require.NoError(t, err)
	require.True(t, receipt.Replayed)
}

type observerFunc func()

func (f observerFunc) Booked(*ports.Wallet, []ports.Entry) { f() }

// TestAside_goes_on when a store has ended its goroutine: in the wait for the lock, behind
// the lock, or in an attempt without one.
func TestAside_goes_on(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &exitStore{lockStore: newLocker()}
		c := crowdOver(t, store, &store.countingStore)
		store.keep("a")
		first := c.later(c.deduct("a", "1", 1)) // waits for the lock
		transfer := c.later(c.transfer("a", "b", "t"))
		second := c.later(c.deduct("a", "2", 1))
		store.exits.Store(1)
		store.loose("a")
		require.ErrorContains(t, <-first, "end of the goroutine", "behind the lock")
		require.ErrorContains(t, <-second, "end of the goroutine")
		require.NoError(t, <-transfer, "it is served by the next goroutine")

		store.keep("a")
		transfer = c.later(c.transfer("a", "b", "t2"))
		store.exits.Store(1)
		require.Error(t, <-transfer, "in an attempt")
		synctest.Wait()
		transfer = c.later(c.transfer("a", "b", "t3"))
		store.exits.Store(2)
		first = c.later(c.deduct("a", "3", 1)) // in the wait for the lock
		require.Error(t, <-first)
		store.exits.Store(0)
		store.loose("a")
		require.NoError(t, <-transfer)
		require.NoError(t, <-c.later(c.deduct("a", "4", 1)))
		c.requireBalance("a", 10_000-3)
	})
}
