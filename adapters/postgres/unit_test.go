package postgres_test

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/ports"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// opened returns a unit that creates a wallet with 1,000,000 in it.
func opened(id string) ports.Unit {
	wallet := ports.Wallet{ID: id, Currency: "KRW", Status: ports.WalletActive, OpenedAt: noon}
	return booked(wallet, decimal.NewFromInt(1_000_000), "")
}

// booked returns a unit that books an amount on a wallet.
func booked(wallet ports.Wallet, amount decimal.Decimal, key string) ports.Unit {
	wallet.Version++
	wallet.Seq++
	entry := ports.Entry{
		WalletID: wallet.ID, Seq: wallet.Seq, Type: ports.EntryAdjust, Currency: wallet.Currency,
		BalanceAmount: amount, OldBalance: wallet.Balance, NewBalance: wallet.Balance.Add(amount),
		Counterparty: ports.AccountAdjustment, Key: key, OccurredAt: noon, BookedAt: noon, PrevHash: wallet.Hash,
	}
	entry.Hash = sha256.Sum256(fmt.Appendf(nil, "%s %d %s %s", entry.WalletID, entry.Seq, amount, key))
	entry.Digest = sha256.Sum256([]byte(key))
	wallet.Balance, wallet.Hash, wallet.BookedAt = entry.NewBalance, entry.Hash, noon
	return ports.Unit{Wallets: []ports.Wallet{wallet}, Entries: []ports.Entry{entry}}
}

// deducted returns a unit that takes 1 from the wallet of an earlier unit.
func deducted(unit ports.Unit, key string) ports.Unit {
	return booked(unit.Wallets[0], decimal.NewFromInt(-1), key)
}

func hold(id, lane string) *ports.Hold {
	return &ports.Hold{OperationHead: ports.OperationHead{
		ID: id, Kind: ports.KindHold, WalletID: "w", Version: 1, Open: true, Lane: lane,
		CreatedAt: noon, UpdatedAt: noon,
	}, Status: ports.HoldHeld}
}

func commit(t *testing.T, store ports.Store, units ...ports.Unit) {
	t.Helper()
	for _, fate := range store.Commit(t.Context(), units) {
		require.Equal(t, ports.FateCommitted, fate.Status, "%v %v", fate.IDs, fate.Err)
	}
}

func wallet(t *testing.T, store ports.Store, id string) ports.Wallet {
	t.Helper()
	wallets, err := store.Wallets(t.Context(), []string{id})
	require.NoError(t, err)
	require.Len(t, wallets, 1)
	return wallets[0]
}

// keyed reports whether an entry with the key is there.
func keyed(t *testing.T, store ports.Store, walletID, key string) bool {
	t.Helper()
	entries, err := store.EntriesByKey(t.Context(), []ports.EntryKey{{WalletID: walletID, Key: key}})
	require.NoError(t, err)
	return len(entries) == 1
}

// What tests wait for something that another transaction may hold up.
const (
	patience = 20 * time.Second
	tick     = 10 * time.Millisecond
)

// TestSameWallet_counters: a write without entries may change what a wallet counts for its limits.
func TestSameWallet_counters(t *testing.T) {
	t.Parallel()
	was := opened("w").Wallets[0]
	was.Incoming = dec(5)
	was.Credited = ports.CreditCount{Day: "2026-11-21", DayAmount: dec(1), Month: "2026-11", MonthAmount: dec(2)}
	same := was
	same.Incoming = decimal.RequireFromString("5.00")
	require.True(t, postgres.SameWallet(&was, &same))
	for name, change := range map[string]func(*ports.Wallet){
		"incoming": func(w *ports.Wallet) { w.Incoming = dec(6) },
		"points":   func(w *ports.Wallet) { w.IncomingPoint = dec(1) },
		"day":      func(w *ports.Wallet) { w.Credited.Day = "2026-11-22" },
		"of day":   func(w *ports.Wallet) { w.Credited.DayAmount = dec(2) },
		"month":    func(w *ports.Wallet) { w.Credited.Month = "2026-12" },
		"of month": func(w *ports.Wallet) { w.Credited.MonthAmount = dec(3) },
	} {
		other := was
		change(&other)
		require.False(t, postgres.SameWallet(&was, &other), name)
	}
}
