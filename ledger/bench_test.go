package ledger_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// Each benchmark has two parts that run one after the other: "ledger" is the
// library on the memory store, "baseline" is the least that a correct
// implementation must do for the same promise: find the wallet under a mutex,
// check the key, subtract, digest the request, hash the entry with a SHA-256 over
// its content, and keep the entry. Quote ratios: the machine is never quiet.

// naive is the baseline.
type naive struct {
	mu      sync.Mutex
	wallets map[string]*naiveWallet
}

type naiveWallet struct {
	balance decimal.Decimal
	keys    map[string]int
	entries []ports.Entry
	hash    ports.Hash
}

func newNaive(ids []string) *naive {
	n := &naive{wallets: make(map[string]*naiveWallet, len(ids))}
	for _, id := range ids {
		n.wallets[id] = &naiveWallet{balance: fortune(), keys: make(map[string]int)}
	}
	return n
}

func (n *naive) deduct(id, key string, amount decimal.Decimal) bool {
	content := make([]byte, 0, 512)
	content = append(append(content, key...), amount.String()...)
	digest := sha256.Sum256(content)
	n.mu.Lock()
	defer n.mu.Unlock()
	w := n.wallets[id]
	if _, used := w.keys[key]; used || amount.GreaterThan(w.balance) {
		return false
	}
	entry := ports.Entry{
		WalletID: id, Seq: int64(len(w.entries) + 1), Type: ports.EntryDeduct, Key: key, Digest: digest,
		BalanceAmount: amount.Neg(), OldBalance: w.balance, NewBalance: w.balance.Sub(amount),
		BookedAt: time.Now().UTC(), PrevHash: w.hash,
	}
	entry.Hash = naiveHash(content[:0], &entry)
	w.balance, w.hash = entry.NewBalance, entry.Hash
	w.keys[key] = len(w.entries)
	w.entries = append(w.entries, entry)
	return true
}

func naiveHash(content []byte, e *ports.Entry) ports.Hash {
	content = append(append(content, e.WalletID...), e.Key...)
	content = append(append(content, e.Type...), e.Digest[:]...)
	content = append(content, e.BalanceAmount.String()...)
	content = append(content, e.OldBalance.String()...)
	content = append(content, e.NewBalance.String()...)
	content = strconv.AppendInt(strconv.AppendInt(content, e.Seq, 10), e.BookedAt.UnixMicro(), 10)
	content = append(content, e.PrevHash[:]...)
	return sha256.Sum256(content)
}

func fortune() decimal.Decimal { return decimal.New(100_000_000_000_000, 0) }

func walletIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = "wallet-" + strconv.Itoa(i)
	}
	return ids
}

func rich(b *testing.B, ids []string) *ledger.Ledger {
	b.Helper()
	l, err := ledger.New(memory.New(), ledger.Config{})
	require.NoError(b, err)
	for _, id := range ids {
		_, err := l.Open(b.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
		require.NoError(b, err)
		_, err = l.Credit(b.Context(), ledger.CreditRequest{WalletID: id, Key: "seed", Amount: fortune()})
		require.NoError(b, err)
	}
	return l
}

var one = decimal.New(1, 0)

// parts runs a benchmark on the library, then on the baseline. Each part gets a
// function that performs operation i.
func parts(b *testing.B, ids []string, goroutines int) {
	b.Helper()
	pick := func(i int64) string { return ids[uint64(i)*0x9E3779B97F4A7C15%uint64(len(ids))] }
	b.Run("ledger", func(b *testing.B) {
		l := rich(b, ids)
		ctx := context.Background()
		compete(b, goroutines, func(i int64) bool {
			_, err := l.Deduct(ctx, ledger.DeductRequest{WalletID: pick(i), Key: "key-" + strconv.FormatInt(i, 10), Amount: one})
			return err == nil
		})
	})
	b.Run("baseline", func(b *testing.B) {
		n := newNaive(ids)
		compete(b, goroutines, func(i int64) bool { return n.deduct(pick(i), "key-"+strconv.FormatInt(i, 10), one) })
	})
}

// compete runs operations, numbered, from one goroutine or from so many per processor.
func compete(b *testing.B, goroutines int, op func(i int64) bool) {
	b.Helper()
	var next atomic.Int64
	failed := atomic.Bool{}
	b.ReportAllocs()
	b.ResetTimer()
	if goroutines == 1 {
		for i := int64(0); b.Loop(); i++ {
			if !op(i) {
				b.Fatal("refused")
			}
		}
		return
	}
	b.SetParallelism(goroutines)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if !op(next.Add(1)) {
				failed.Store(true)
			}
		}
	})
	require.False(b, failed.Load())
}

func BenchmarkDeductOneWallet(b *testing.B) { parts(b, walletIDs(1), 1) }

func BenchmarkDeduct100000Wallets(b *testing.B) { parts(b, walletIDs(100_000), 4) }

func BenchmarkDeductHotWallet64(b *testing.B) { parts(b, walletIDs(1), 32) }

func BenchmarkHistoryPage100(b *testing.B) {
	const history = 10_000
	l := rich(b, walletIDs(1))
	n := newNaive(walletIDs(1))
	for i := range history {
		key := fmt.Sprint(i)
		_, err := l.Deduct(b.Context(), ledger.DeductRequest{WalletID: "wallet-0", Key: key, Amount: one})
		require.NoError(b, err)
		require.True(b, n.deduct("wallet-0", key, one))
	}
	b.Run("ledger", func(b *testing.B) {
		b.ReportAllocs()
		for i := int64(0); b.Loop(); i++ {
			page, err := l.History(b.Context(), ports.EntryFilter{WalletID: "wallet-0", AfterSeq: i * 97 % (history - 100), Limit: 100})
			if err != nil || len(page.Entries) != 100 {
				b.Fatal(err, len(page.Entries))
			}
		}
	})
	b.Run("baseline", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			n.mu.Lock()
			first := i * 97 % (history - 100)
			page := append([]ports.Entry(nil), n.wallets["wallet-0"].entries[first:first+100]...)
			n.mu.Unlock()
			if len(page) != 100 {
				b.Fatal(len(page))
			}
		}
	})
}

func BenchmarkVerify100000(b *testing.B) {
	const history = 100_000
	l := rich(b, walletIDs(1))
	n := newNaive(walletIDs(1))
	for i := range history {
		key := fmt.Sprint(i)
		_, err := l.Deduct(b.Context(), ledger.DeductRequest{WalletID: "wallet-0", Key: key, Amount: one})
		require.NoError(b, err)
		require.True(b, n.deduct("wallet-0", key, one))
	}
	b.Run("ledger", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := l.Verify(b.Context(), "wallet-0"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("baseline", func(b *testing.B) {
		b.ReportAllocs()
		content := make([]byte, 0, 512)
		for b.Loop() {
			var last ports.Hash
			for i := range n.wallets["wallet-0"].entries {
				entry := n.wallets["wallet-0"].entries[i]
				if entry.PrevHash != last || naiveHash(content, &entry) != entry.Hash {
					b.Fatal(i)
				}
				last = entry.Hash
			}
		}
	})
}

// BenchmarkHoldCapture shows a hold and its capture on a wallet with so many other
// holds open: the cost must not grow with them. The baseline is two deducts.
func BenchmarkHoldCapture(b *testing.B) {
	for _, open := range []int{10, 1_000, 10_000} {
		b.Run(fmt.Sprintf("hot wallet, %d open holds", open), func(b *testing.B) {
			l := rich(b, walletIDs(1))
			for i := range open {
				_, err := l.Hold(b.Context(), ledger.HoldRequest{WalletID: "wallet-0", Key: "open" + strconv.Itoa(i), Amount: one})
				require.NoError(b, err)
			}
			holdAndCapture(b, l, func(int) string { return "wallet-0" })
		})
	}
	ids := walletIDs(10_000)
	b.Run("cold wallets", func(b *testing.B) {
		holdAndCapture(b, rich(b, ids), func(i int) string { return ids[i*7919%len(ids)] })
	})
	b.Run("baseline", func(b *testing.B) {
		n := newNaive(ids)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			id := ids[i*7919%len(ids)]
			if !n.deduct(id, "h"+strconv.Itoa(i), one) || !n.deduct(id, "c"+strconv.Itoa(i), one) {
				b.Fatal(i)
			}
		}
	})
}

func holdAndCapture(b *testing.B, l *ledger.Ledger, pick func(int) string) {
	b.Helper()
	ctx := context.Background()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		held, err := l.Hold(ctx, ledger.HoldRequest{WalletID: pick(i), Key: "h" + strconv.Itoa(i), Amount: one})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := l.Capture(ctx, ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "c" + strconv.Itoa(i), All: true}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRefund shows a refund of a fresh debit, and one of a debit that has been given
// back in 100,000 parts before: the cost must not grow with them. The baseline is a deduct.
func BenchmarkRefund(b *testing.B) {
	refund := func(b *testing.B, l *ledger.Ledger, key, of string) {
		b.Helper()
		_, err := l.Refund(b.Context(), ledger.RefundRequest{WalletID: "wallet-0", Key: key, Of: of, Amount: one})
		if err != nil {
			b.Fatal(err)
		}
	}
	deduct := func(b *testing.B, l *ledger.Ledger, key string, amount decimal.Decimal) {
		b.Helper()
		_, err := l.Deduct(b.Context(), ledger.DeductRequest{WalletID: "wallet-0", Key: key, Amount: amount})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.Run("the first, with its deduct", func(b *testing.B) {
		l := rich(b, walletIDs(1))
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			key := strconv.Itoa(i)
			deduct(b, l, "d"+key, one)
			refund(b, l, "r"+key, "d"+key)
		}
	})
	b.Run("the 100,000th and later, with a deduct", func(b *testing.B) {
		l := rich(b, walletIDs(1))
		deduct(b, l, "usage", decimal.New(10_000_000_000, 0))
		for i := range 100_000 {
			refund(b, l, "before"+strconv.Itoa(i), "usage")
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			key := strconv.Itoa(i)
			deduct(b, l, "d"+key, one)
			refund(b, l, "r"+key, "usage")
		}
	})
	b.Run("baseline", func(b *testing.B) {
		n := newNaive(walletIDs(1))
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if !n.deduct("wallet-0", "d"+strconv.Itoa(i), one) || !n.deduct("wallet-0", "r"+strconv.Itoa(i), one) {
				b.Fatal(i)
			}
		}
	})
}

// BenchmarkFeed reads 100,000 entries from cursor to cursor; the baseline copies them.
func BenchmarkFeed(b *testing.B) {
	const entries = 100_000
	l := rich(b, walletIDs(1))
	n := newNaive(walletIDs(1))
	for i := range entries - 2 {
		key := strconv.Itoa(i)
		_, err := l.Deduct(b.Context(), ledger.DeductRequest{WalletID: "wallet-0", Key: key, Amount: one})
		require.NoError(b, err)
		require.True(b, n.deduct("wallet-0", key, one))
	}
	b.Run("ledger", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			seen, cursor := 0, ""
			for {
				page, err := l.Feed(b.Context(), cursor, 1000)
				if err != nil {
					b.Fatal(err)
				}
				if len(page) == 0 {
					break
				}
				seen, cursor = seen+len(page), page[len(page)-1].Cursor
			}
			if seen != entries {
				b.Fatal(seen)
			}
		}
		b.ReportMetric(float64(entries*b.N)/b.Elapsed().Seconds(), "entries/s")
	})
	b.Run("baseline", func(b *testing.B) {
		b.ReportAllocs()
		all := n.wallets["wallet-0"].entries
		for b.Loop() {
			for first := 0; first < len(all); first += 1000 {
				page := append([]ports.Entry(nil), all[first:min(first+1000, len(all))]...)
				if len(page) == 0 {
					b.Fatal(first)
				}
			}
		}
		b.ReportMetric(float64(entries*b.N)/b.Elapsed().Seconds(), "entries/s")
	})
}
