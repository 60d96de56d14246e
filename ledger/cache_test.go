package ledger_test

import (
	"context"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// vastStore has every wallet, each with so many lots, and keeps nothing.
type vastStore struct {
	ports.Store
	lots  int
	reads int
}

func (s *vastStore) Wallets(_ context.Context, ids []string) ([]ports.Wallet, error) {
	s.reads += len(ids)
	wallets := make([]ports.Wallet, len(ids))
	for i, id := range ids {
		w := ports.Wallet{ID: id, Currency: "KRW", Status: ports.WalletActive, Version: 1, Seq: 1, Balance: fortune()}
		for lot := range s.lots {
			w.Lots = append(w.Lots, ports.PointLot{ID: int64(lot + 1), Amount: won(int64(lot + 1)), Held: decimal.Zero, Priority: int32(lot)})
			w.Point = w.Point.Add(won(int64(lot + 1)))
		}
		wallets[i] = w
	}
	return wallets, nil
}

func (s *vastStore) Commit(_ context.Context, units []ports.Unit) []ports.Fate {
	fates := make([]ports.Fate, len(units))
	for i := range fates {
		fates[i].Status = ports.FateCommitted
	}
	return fates
}

func credit(t *testing.T, l *ledger.Ledger, wallets int) {
	t.Helper()
	for i := range wallets {
		_, err := l.Credit(context.Background(), ledger.CreditRequest{
			WalletID: "wallet-" + strconv.Itoa(i), Key: "k", Amount: won(1),
		})
		require.NoError(t, err)
	}
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// TestCacheBytes_bounds_the_memory_of_wallets measures the heap, so it must run alone.
func TestCacheBytes_bounds_the_memory_of_wallets(t *testing.T) { //nolint:paralleltest // measures the heap
	for lots, wallets := range map[int]int{0: 60_000, 1_000: 300} {
		const limit = 8 << 20
		l, err := ledger.New(&vastStore{lots: lots}, ledger.Config{CacheBytes: limit})
		require.NoError(t, err)
		before := heap()
		credit(t, l, wallets)
		used := int64(heap()) - int64(before)
		t.Logf("%d lots: %d kB", lots, used>>10)
		require.Less(t, used, int64(2*limit), "%d wallets of %d lots", wallets, lots)
		require.Greater(t, used, int64(limit/4), "what is allowed is used")
		runtime.KeepAlive(l)
	}
}

// TestCacheBytes_bounds_the_memory_of_holds measures the heap, so it must run alone.
func TestCacheBytes_bounds_the_memory_of_holds(t *testing.T) { //nolint:paralleltest // measures the heap
	const limit = 8 << 20
	l, err := ledger.New(&vastStore{lots: 5}, ledger.Config{CacheBytes: limit, Parallel: 1})
	require.NoError(t, err)
	before := heap()
	for i := range 30_000 {
		_, err := l.Hold(context.Background(), ledger.HoldRequest{
			WalletID: "w", Key: strconv.Itoa(i), Amount: decimal.New(1, 0), Spend: ledger.CashFirst, Note: ledger.Note{Memo: "a hold"},
		})
		require.NoError(t, err)
	}
	used := int64(heap()) - int64(before)
	t.Logf("%d kB", used>>10)
	require.Less(t, used, int64(limit/2))
	require.Greater(t, used, int64(limit/32))
	runtime.KeepAlive(l)
}

// TestCacheBytes_remembers_what_fits: a wallet that was seen needs no second read.
func TestCacheBytes_remembers_what_fits(t *testing.T) {
	t.Parallel()
	store := &vastStore{}
	l, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	credit(t, l, 10_000)
	credit(t, l, 10_000)
	require.Equal(t, 10_000, store.reads)

	small := &vastStore{lots: 10}
	l, err = ledger.New(small, ledger.Config{CacheBytes: 1})
	require.NoError(t, err)
	credit(t, l, 100)
	credit(t, l, 100)
	require.GreaterOrEqual(t, small.reads, 190, "next to nothing fits")
}

// gatedStore is a vastStore whose commits wait for a gate.
type gatedStore struct {
	vastStore
	gate chan struct{}
}

func (s *gatedStore) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	<-s.gate
	return s.vastStore.Commit(ctx, units)
}

// TestCacheBytes_bounds_what_a_round_leaves in memory: one round is about many large wallets.
// It measures the heap, so it must run alone.
func TestCacheBytes_bounds_what_a_round_leaves(t *testing.T) { //nolint:paralleltest // measures the heap
	const limit = 1 << 20
	store := &gatedStore{vastStore: vastStore{lots: 1_000}, gate: make(chan struct{})}
	l, err := ledger.New(store, ledger.Config{Parallel: 1, CacheBytes: limit})
	require.NoError(t, err)
	before := heap()
	var all sync.WaitGroup
	for i := range 300 {
		all.Go(func() {
			_, err := l.Credit(context.Background(), ledger.CreditRequest{WalletID: strconv.Itoa(i), Key: "k", Amount: won(1)})
			if err != nil {
				t.Error(err)
			}
		})
	}
	for range 1_000 {
		runtime.Gosched()
	}
	close(store.gate)
	all.Wait()
	used := int64(heap()) - int64(before)
	t.Logf("%d kB", used>>10)
	require.Less(t, used, int64(4*limit))
	runtime.KeepAlive(l)
}
