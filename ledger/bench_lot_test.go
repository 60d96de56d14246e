package ledger_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// lotted returns a store with wallet-0, which has so many lots of an amount that expire one
// after the other.
func lotted(b *testing.B, lots int, amount decimal.Decimal, opened, expires time.Time) *memory.Store {
	b.Helper()
	wallet := ports.Wallet{
		ID: "wallet-0", Currency: "KRW", Status: ports.WalletActive, Version: 1, Seq: 1, OpenedAt: opened, BookedAt: opened,
		Point: amount.Mul(decimal.New(int64(lots), 0)),
	}
	for i := range lots {
		wallet.Lots = append(wallet.Lots, ports.PointLot{ID: int64(i) + 2, Amount: amount, ExpiresAt: expires.Add(time.Duration(i) * time.Second)})
	}
	store := memory.New()
	entry := ports.Entry{WalletID: wallet.ID, Seq: 1, Type: ports.EntryOpen, Currency: "KRW", OccurredAt: opened, BookedAt: opened}
	fates := store.Commit(b.Context(), []ports.Unit{{Wallets: []ports.Wallet{wallet}, Entries: []ports.Entry{entry}}})
	require.Equal(b, ports.FateCommitted, fates[0].Status)
	return store
}

// BenchmarkExpireLots books out all lots of a wallet, each with an entry of its own. The
// baseline does what that needs for each lot: subtract, hash the entry, keep it.
func BenchmarkExpireLots(b *testing.B) {
	for _, lots := range []int{1_000, 5_000} {
		opened := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
		now := opened.Add(time.Duration(lots) * time.Second)
		b.Run(fmt.Sprintf("%d lots/ledger", lots), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				l, err := ledger.New(lotted(b, lots, one, opened, opened), ledger.Config{Clock: ports.ClockFunc(func() time.Time { return now })})
				require.NoError(b, err)
				b.StartTimer()
				if done, err := l.ExpireLots(b.Context(), 10); err != nil || done != 1 {
					b.Fatal(done, err)
				}
			}
		})
		b.Run(fmt.Sprintf("%d lots/baseline", lots), func(b *testing.B) {
			b.ReportAllocs()
			content := make([]byte, 0, 512)
			for b.Loop() {
				var entries []ports.Entry
				var hash ports.Hash
				point := decimal.New(int64(lots), 0)
				for i := range lots {
					entry := ports.Entry{
						WalletID: "wallet-0", Seq: int64(i) + 2, Type: ports.EntryExpire, PointAmount: one.Neg(), OldPoint: point,
						Lots: []ports.LotChange{{LotID: int64(i) + 2, Amount: one.Neg()}}, BookedAt: now, PrevHash: hash,
					}
					point = point.Sub(one)
					entry.NewPoint = point
					entry.Hash = naiveHash(content, &entry)
					hash = entry.Hash
					entries = append(entries, entry)
				}
				if !point.IsZero() || len(entries) != lots {
					b.Fatal(point)
				}
			}
		})
	}
}

// BenchmarkDeductLots deducts from a wallet with so many lots, alone and as one of many
// at once. The baseline is a deduct of cash.
func BenchmarkDeductLots(b *testing.B) {
	opened := ports.Instant(time.Now())
	for _, lots := range []int{1, 1_000} {
		for _, callers := range []int{1, 32} {
			b.Run(fmt.Sprintf("%d lots, %d callers", lots, callers), func(b *testing.B) {
				l, err := ledger.New(lotted(b, lots, fortune(), opened, opened.AddDate(1, 0, 0)), ledger.Config{})
				require.NoError(b, err)
				ctx := b.Context()
				compete(b, callers, func(i int64) bool {
					_, err := l.Deduct(ctx, ledger.DeductRequest{WalletID: "wallet-0", Key: "key-" + strconv.FormatInt(i, 10), Amount: one})
					return err == nil
				})
			})
		}
	}
	b.Run("baseline", func(b *testing.B) {
		n := newNaive(walletIDs(1))
		compete(b, 1, func(i int64) bool { return n.deduct("wallet-0", "key-"+strconv.FormatInt(i, 10), one) })
	})
}
