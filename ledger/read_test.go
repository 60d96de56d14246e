package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

var errScan = errors.New("scan: NaN is no amount")

// spoiledStore has records that cannot be read, nor whatever is read together with them.
type spoiledStore struct {
	*lockStore
	bad   []string // ids of wallets and operations, and keys of entries
	cause error
	reads atomic.Int64 // that failed
}

func newSpoiled(bad ...string) *spoiledStore {
	return &spoiledStore{lockStore: newLocker(), bad: bad, cause: errScan}
}

func (s *spoiledStore) read(ids ...string) error {
	for _, id := range ids {
		if slices.Contains(s.bad, id) {
			s.reads.Add(1)
			return fmt.Errorf("%s: %w", id, s.cause)
		}
	}
	return nil
}

func (s *spoiledStore) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	if err := s.read(ids...); err != nil {
		return nil, err
	}
	return s.Store.Wallets(ctx, ids)
}

func (s *spoiledStore) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	if err := s.read(ids...); err != nil {
		return nil, err
	}
	return s.Store.Operations(ctx, ids)
}

func (s *spoiledStore) EntriesByKey(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
	for _, key := range keys {
		if err := s.read(key.Key); err != nil {
			return nil, err
		}
	}
	return s.Store.EntriesByKey(ctx, keys)
}

func (s *spoiledStore) LastReferring(ctx context.Context, kind ports.EntryType, refs []ports.EntryRef) ([]ports.Entry, error) {
	for _, ref := range refs {
		if err := s.read("refunds of " + ref.WalletID); err != nil {
			return nil, err
		}
	}
	return s.Store.LastReferring(ctx, kind, refs)
}

func (s *spoiledStore) CommitLocked(ctx context.Context, id string, decide func(ports.Store) []ports.Unit) ([]ports.Fate, error) {
	return s.lockStore.CommitLocked(ctx, id, func(ports.Store) []ports.Unit { return decide(&lockedSpoiled{spoiledStore: s}) })
}

// lockedSpoiled is the store behind the lock. As in a transaction, no read succeeds after
// one that failed.
type lockedSpoiled struct {
	*spoiledStore
	aborted error
}

func (s *lockedSpoiled) Wallets(ctx context.Context, ids []string) (wallets []ports.Wallet, err error) {
	if s.aborted == nil {
		wallets, s.aborted = s.spoiledStore.Wallets(ctx, ids)
	}
	return wallets, s.aborted
}

func (s *lockedSpoiled) EntriesByKey(ctx context.Context, keys []ports.EntryKey) (entries []ports.Entry, err error) {
	if s.aborted == nil {
		entries, s.aborted = s.spoiledStore.EntriesByKey(ctx, keys)
	}
	return entries, s.aborted
}

// spoil makes a crowd over wallets "a" to "d" with a debit each, whose ledger remembers
// none of them, and then spoils records.
func spoil(t *testing.T, store *spoiledStore) *crowd {
	t.Helper()
	bad := store.bad
	store.bad = nil
	c := crowdOver(t, store, &store.countingStore)
	for _, id := range []string{"a", "b", "c", "d"} {
		require.NoError(t, c.deduct(id, "debit of "+id, 10)())
	}
	l, err := ledger.New(store, ledger.Config{Parallel: 1})
	require.NoError(t, err)
	store.bad = bad
	return &crowd{Ledger: l, t: t, store: c.store}
}

func (c *crowd) refund(id, key string) func() error {
	return func() error {
		_, err := c.Refund(c.t.Context(), ledger.RefundRequest{WalletID: id, Key: key, Of: "debit of " + id, Amount: won(1)})
		return err
	}
}

// TestRound_reads_apart what cannot be read together: requests about other records of the
// round are served.
func TestRound_reads_apart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		bad  string
		call func(c *crowd) func() error
	}{
		"a wallet":                           {"d", func(c *crowd) func() error { return c.deduct("d", "k", 1) }},
		"the wallet that a transfer is to":   {"d", func(c *crowd) func() error { return c.transfer("c", "d", "k") }},
		"the debit of a refund":              {"debit of d", func(c *crowd) func() error { return c.refund("d", "k") }},
		"the refunds of the debit":           {"refunds of d", func(c *crowd) func() error { return c.refund("d", "k") }},
		"the entry that a refusal looks for": {"key", func(c *crowd) func() error { return c.deduct("d", "key", 99_999) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := spoil(t, newSpoiled(test.bad))
				c.begin()
				served := []<-chan error{c.later(c.deduct("b", "served", 1)), c.later(c.refund("b", "refund")), c.later(c.refund("c", "refund"))}
				refused := c.later(c.deduct("b", "too much", 99_999))
				answer := c.later(test.call(c))
				close(c.store.gate)
				require.ErrorIs(t, <-answer, errScan)
				for _, served := range served {
					require.NoError(t, <-served)
				}
				require.ErrorIs(t, <-refused, ports.ErrInsufficient)
			})
		})
	}
}

// TestRound_reads_apart_operations: two holds of one round, of which one cannot be read.
func TestRound_reads_apart_operations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newSpoiled()
		c := spoil(t, store)
		var holds []string
		for _, id := range []string{"b", "c", "d"} {
			held, err := c.Hold(t.Context(), ledger.HoldRequest{WalletID: id, Key: "hold", Amount: won(10)})
			require.NoError(t, err)
			holds = append(holds, held.Hold.ID)
		}
		l, err := ledger.New(store, ledger.Config{Parallel: 1})
		require.NoError(t, err)
		c = &crowd{Ledger: l, t: t, store: c.store}
		c.begin()
		answers := make([]<-chan error, len(holds))
		for i, id := range holds { // each reads its hold before it queues, and the round again
			answers[i] = c.later(func() error {
				_, err := c.Capture(t.Context(), ledger.CaptureRequest{HoldID: id, Key: "capture", All: true})
				return err
			})
		}
		store.bad = holds[1:2]
		close(c.store.gate)
		require.NoError(t, <-answers[0])
		require.ErrorIs(t, <-answers[1], errScan)
		require.NoError(t, <-answers[2])
	})
}

// TestRound_reads_apart_within_bounds: a store that is down is not asked again, and one of
// which nothing can be read is asked a limited number of times.
func TestRound_reads_apart_within_bounds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cause error
		most  int64
	}{
		"unavailable": {ports.ErrUnavailable, 1},
		"another":     {errScan, 80},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newSpoiled(walletIDs(500)...)
				store.cause = test.cause
				c := spoil(t, store)
				c.begin()
				for _, id := range walletIDs(500) {
					c.join(c.deduct(id, "k", 1), test.cause)
				}
				c.end()
				require.LessOrEqual(t, store.reads.Load(), test.most)
				require.Positive(t, store.reads.Load())
			})
		})
	}
}

// TestAside_reads_apart: behind a lock a read that fails spoils the others, so the requests
// are told apart without it.
func TestAside_reads_apart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newSpoiled("key", "debit of a")
		c := spoil(t, store)
		store.keep("a")
		first := c.later(c.deduct("a", "head", 1))
		bad := c.later(c.refund("a", "refund"))
		refused := c.later(c.deduct("a", "key", 99_999))
		served := make([]<-chan error, 10)
		for i := range served {
			served[i] = c.later(c.deduct("a", strconv.Itoa(i), 1))
		}
		store.loose("a")
		require.ErrorIs(t, <-bad, errScan)
		require.ErrorIs(t, <-refused, errScan)
		require.NoError(t, <-first)
		for _, served := range served {
			require.NoError(t, <-served)
		}
		store.bad = nil
		c.requireBalance("a", 10_000-10-11)
		store.bad = []string{"debit of a"}
		store.keep("a")
		alone := c.later(c.refund("a", "alone"))
		store.loose("a")
		require.ErrorIs(t, <-alone, errScan)
	})
}

// TestBoundStore_reads_once: a read that fails may have ended the host's transaction.
func TestBoundStore_reads_once(t *testing.T) {
	t.Parallel()
	store := &lockedReads{boundStore: boundStore{Store: memory.New(), t: t, caller: t.Context()}, busy: errScan}
	l, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	_, err = l.Transfer(t.Context(), ledger.TransferRequest{FromID: "w", ToID: "v", Key: "t", Amount: won(5)})
	require.ErrorIs(t, err, errScan)
	require.Equal(t, 1, store.refused)
}
