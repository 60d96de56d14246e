// Package sqltest holds units of work for the tests of stores on SQL.
package sqltest

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// Noon is when everything in these units happens.
var Noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// Won returns an amount.
func Won(amount int64) decimal.Decimal { return decimal.NewFromInt(amount) }

// Opened returns a unit that creates a wallet with 1,000,000 in it.
func Opened(id string) ports.Unit {
	wallet := ports.Wallet{ID: id, Currency: "KRW", Status: ports.WalletActive, OpenedAt: Noon}
	return Booked(wallet, decimal.NewFromInt(1_000_000), "")
}

// Booked returns a unit that books an amount on a wallet.
func Booked(wallet ports.Wallet, amount decimal.Decimal, key string) ports.Unit {
	wallet.Version++
	wallet.Seq++
	entry := ports.Entry{
		WalletID: wallet.ID, Seq: wallet.Seq, Type: ports.EntryAdjust, Currency: wallet.Currency,
		BalanceAmount: amount, OldBalance: wallet.Balance, NewBalance: wallet.Balance.Add(amount),
		Counterparty: ports.AccountAdjustment, Key: key, OccurredAt: Noon, BookedAt: Noon, PrevHash: wallet.Hash,
	}
	entry.Hash = sha256.Sum256(fmt.Appendf(nil, "%s %d %s %s", entry.WalletID, entry.Seq, amount, key))
	entry.Digest = sha256.Sum256([]byte(key))
	wallet.Balance, wallet.Hash, wallet.BookedAt = entry.NewBalance, entry.Hash, Noon
	return ports.Unit{Wallets: []ports.Wallet{wallet}, Entries: []ports.Entry{entry}}
}

// Deducted returns a unit that takes 1 from the wallet of an earlier unit.
func Deducted(unit ports.Unit, key string) ports.Unit {
	return Booked(unit.Wallets[0], decimal.NewFromInt(-1), key)
}

// Hold returns a new hold of wallet w, in a lane.
func Hold(id, lane string) *ports.Hold {
	return &ports.Hold{OperationHead: ports.OperationHead{
		ID: id, Kind: ports.KindHold, WalletID: "w", Version: 1, Open: true, Lane: lane,
		CreatedAt: Noon, UpdatedAt: Noon,
	}, Status: ports.HoldHeld}
}

// Ended returns the next version of an operation, which is not open.
func Ended(op ports.Operation) ports.Operation {
	next := op.Clone()
	next.Head().Version++
	next.Head().Open = false
	if hold, ok := next.(*ports.Hold); ok {
		hold.Status = ports.HoldReleased
	}
	return next
}

// Commit requires of a store that it commits units.
func Commit(t *testing.T, store ports.Store, units ...ports.Unit) {
	t.Helper()
	for _, fate := range store.Commit(t.Context(), units) {
		require.Equal(t, ports.FateCommitted, fate.Status, "%v %v", fate.IDs, fate.Err)
	}
}

// Wallet reads a wallet that is there.
func Wallet(t *testing.T, store ports.Store, id string) ports.Wallet {
	t.Helper()
	wallets, err := store.Wallets(t.Context(), []string{id})
	require.NoError(t, err)
	require.Len(t, wallets, 1)
	return wallets[0]
}

// Keyed reports whether an entry with the key is there.
func Keyed(t *testing.T, store ports.Store, walletID, key string) bool {
	t.Helper()
	entries, err := store.EntriesByKey(t.Context(), []ports.EntryKey{{WalletID: walletID, Key: key}})
	require.NoError(t, err)
	return len(entries) == 1
}
