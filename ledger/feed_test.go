package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestFollow_sees_each_entry_once_across_restarts: a consumer that stops at random and goes
// on at the cursor it kept sees every entry once, those of a wallet in order.
func TestFollow_sees_each_entry_once_across_restarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, err := ledger.New(memory.New(), ledger.Config{})
		require.NoError(t, err)
		const wallets, each = 5, 40
		ids := walletIDs(wallets)
		for _, id := range ids {
			_, err := l.Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
			require.NoError(t, err)
		}
		var all sync.WaitGroup
		for _, id := range ids {
			all.Go(func() {
				for i := range each {
					_, err := l.Credit(t.Context(), ledger.CreditRequest{WalletID: id, Key: fmt.Sprint(i), Amount: won(1)})
					if err != nil {
						t.Error(err)
					}
					time.Sleep(time.Second / 3)
				}
			})
		}
		last := make(map[string]int64)
		cursor := ""
		for seen, restarts := 0, 0; seen < wallets*(each+1); restarts++ {
			require.Less(t, restarts, 1000)
			for entry, err := range l.Follow(t.Context(), cursor, time.Second) {
				require.NoError(t, err)
				require.Equal(t, last[entry.WalletID]+1, entry.Seq, "each once, in order")
				last[entry.WalletID] = entry.Seq
				cursor = entry.Cursor
				if seen++; seen%7 == 0 || seen == wallets*(each+1) {
					break
				}
			}
		}
		all.Wait()
	})
}

func TestFollow_ends_with_its_context_and_returns_errors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, err := ledger.New(memory.New(), ledger.Config{})
		require.NoError(t, err)
		ctx, end := context.WithTimeout(t.Context(), time.Minute)
		defer end()
		for _, err := range l.Follow(ctx, "", 0) {
			require.NoError(t, err, "an empty feed yields nothing, and its end is no error")
		}
		require.Error(t, ctx.Err())
		yields := 0
		for _, err := range l.Follow(t.Context(), "no cursor", 0) {
			yields++
			require.ErrorIs(t, err, ports.ErrInvalid)
		}
		require.Equal(t, 1, yields)
	})
}

// TestFeed_lost reads with cursors of a store that has lost entries since, or is another.
func TestFeed_lost(t *testing.T) {
	t.Parallel()
	fill := func(t *testing.T, ids ...string) *ledger.Ledger {
		t.Helper()
		l, err := ledger.New(memory.New(), ledger.Config{})
		require.NoError(t, err)
		for _, id := range ids {
			_, err := l.Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
			require.NoError(t, err)
		}
		return l
	}
	whole := fill(t, "a", "b", "c")
	entries, err := whole.Feed(t.Context(), "", 0)
	require.NoError(t, err)
	require.Len(t, entries, 3)
	for name, tc := range map[string]struct {
		store *ledger.Ledger
		have  int64
	}{
		"returns CursorError from a shorter store":         {fill(t, "a", "b"), 2},
		"returns CursorError from a store that went apart": {fill(t, "a", "b", "d", "e"), 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tc.store.Feed(t.Context(), entries[2].Cursor, 0)
			var lost *ports.CursorError
			require.ErrorAs(t, err, &lost)
			require.ErrorIs(t, err, ports.ErrCursor)
			require.Equal(t, ports.CursorError{Read: 3, Have: tc.have}, *lost)
			yields := 0
			for _, err := range tc.store.Follow(t.Context(), entries[2].Cursor, 0) {
				yields++
				require.ErrorAs(t, err, &lost)
			}
			require.Equal(t, 1, yields, "Follow ends with it")
		})
	}
	_, err = whole.Feed(t.Context(), "", -1)
	requireInvalid(t, err, "limit")
	for _, cursor := range []string{"\x00", "\xff", "3-00"} {
		_, err = whole.Feed(t.Context(), cursor, 1)
		requireInvalid(t, err, "cursor")
	}
}

func TestHistory_pages_in_both_directions(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for i := range 23 {
		f.clock.advance(time.Minute)
		_, err := f.Deduct(t.Context(), ledger.DeductRequest{
			WalletID: "w", Key: fmt.Sprint(i), Amount: won(1), Note: ledger.Note{Reference: fmt.Sprint("order ", i%2)},
		})
		require.NoError(t, err)
	}
	walk := func(filter ports.EntryFilter) (seqs []int64) {
		for entry, err := range f.Entries(t.Context(), filter) {
			require.NoError(t, err)
			seqs = append(seqs, entry.Seq)
		}
		return seqs
	}
	up := walk(ports.EntryFilter{WalletID: "w", Limit: 4})
	require.Len(t, up, 25)
	down := walk(ports.EntryFilter{WalletID: "w", Limit: 4, Descending: true})
	for i := range up {
		require.EqualValues(t, i+1, up[i])
		require.EqualValues(t, 25-i, down[i])
	}
	require.Len(t, walk(ports.EntryFilter{WalletID: "w", Reference: "order 1", Limit: 3}), 11)
	require.Equal(t, []int64{2}, walk(ports.EntryFilter{WalletID: "w", Types: []ports.EntryType{ports.EntryRecharge}}))
	from := f.clock.Now().Add(-4 * time.Minute)
	require.Equal(t, []int64{21, 22, 23}, walk(ports.EntryFilter{WalletID: "w", From: from, Until: from.Add(3 * time.Minute)}))
	page, err := f.History(t.Context(), ports.EntryFilter{WalletID: "w", Limit: 25})
	require.NoError(t, err)
	require.Nil(t, page.Next, "a page that ends with the history has no next")
	stop := errors.New("stop")
	for _, err := range f.Entries(t.Context(), ports.EntryFilter{WalletID: "nobody"}) {
		require.ErrorIs(t, err, ports.ErrNotFound)
		stop = nil
	}
	require.NoError(t, stop)
}

func TestNew_refuses_what_cannot_work(t *testing.T) {
	t.Parallel()
	_, err := ledger.New(nil, ledger.Config{})
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.EqualError(t, err, "ledger: invalid store: is nil")
	var missing *memory.Store
	_, err = ledger.New(missing, ledger.Config{Parallel: -1, CacheBytes: -1, BusyTimeout: -1})
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.EqualError(t, err, "ledger: invalid store: is a nil *memory.Store; invalid Parallel: is negative; "+
		"invalid CacheBytes: is negative; invalid BusyTimeout: is negative", "all, in a fixed order")
	_, err = ledger.New(memory.New(), ledger.Config{Parallel: 65})
	require.EqualError(t, err, "ledger: invalid Parallel: is more than 64")
	_, err = ledger.New(memory.New(), ledger.Config{Parallel: 64})
	require.NoError(t, err)
}
