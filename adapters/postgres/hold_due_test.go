package postgres_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestLedger_expired_holds spends the money of 120 holds that have expired, more than one unit
// gives back: in one statement, in a transaction of the host, and behind the lock of the wallet.
func TestLedger_expired_holds(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	var ahead atomic.Int64
	clock := ports.ClockFunc(func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	wallets, err := ledger.New(h.store, ledger.Config{Clock: clock})
	require.NoError(t, err)
	ids := openMany(t, h.store, 3)
	for _, id := range ids {
		for i := range 120 {
			_, err := wallets.Hold(t.Context(), ledger.HoldRequest{
				WalletID: id, Key: fmt.Sprint("hold ", i), Amount: dec(5_000), ExpiresAt: clock.Now().Add(time.Hour),
			})
			require.NoError(t, err)
		}
		require.ErrorIs(t, all(t.Context(), wallets, id, "early"), ports.ErrInsufficient)
	}
	ahead.Store(int64(2 * time.Hour))
	require.NoError(t, all(t.Context(), wallets, ids[0], "all"))

	tx := h.begin(t)
	inside, err := ledger.New(h.store.WithTx(tx), ledger.Config{Clock: clock})
	require.NoError(t, err)
	require.NoError(t, all(t.Context(), inside, ids[1], "all"))
	require.NoError(t, tx.Rollback(t.Context()))
	stored := wallet(t, h.store, ids[1])
	require.Equal(t, 120, stored.OpenOperations, "what the transaction did is undone")
	require.False(t, stored.HoldExpiry.IsZero())
	now, err := wallets.Wallet(t.Context(), ids[1])
	require.NoError(t, err)
	require.Zero(t, now.OpenOperations, "a read leaves out what has expired")
	require.True(t, now.BalanceHeld.IsZero())
	require.NoError(t, all(t.Context(), wallets, ids[1], "all"))

	tx = h.begin(t)
	inside, err = ledger.New(h.store.WithTx(tx), ledger.Config{})
	require.NoError(t, err)
	require.NoError(t, deduct(t.Context(), inside, ids[2], "host"))
	waits := make(chan error, 1)
	go func() { waits <- all(context.Background(), wallets, ids[2], "all") }()
	h.awaitWaiter(t, tx)
	require.NoError(t, tx.Commit(t.Context()))
	require.ErrorIs(t, <-waits, ports.ErrInsufficient, "the host has taken some of it")
	require.NoError(t, deduct(t.Context(), wallets, ids[2], "the rest"))
	for _, id := range ids {
		left, err := wallets.Holds(t.Context(), ledger.HoldListing{WalletID: id, Open: true})
		require.NoError(t, err)
		require.Empty(t, left)
	}
}

// all takes what the wallet had at first.
func all(ctx context.Context, l *ledger.Ledger, id, key string) error {
	_, err := l.Deduct(ctx, ledger.DeductRequest{WalletID: id, Key: key, Amount: dec(1_000_000)})
	return err
}
