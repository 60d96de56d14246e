package postgres_test

import (
	"context"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestLedger_Preview_waits_for_no_lock has a transaction of the host keep a wallet. A preview outside of
// it shows what was committed and does not wait; one inside shows what the transaction wrote, locks
// nothing, and leaves the transaction usable.
func TestLedger_Preview_waits_for_no_lock(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	ids := openMany(t, h.store, 2)
	outside, err := ledger.New(h.store, ledger.Config{})
	require.NoError(t, err)
	tx := h.begin(t)
	inside, err := ledger.New(h.store.WithTx(tx), ledger.Config{})
	require.NoError(t, err)
	require.NoError(t, deduct(context.Background(), inside, ids[0], "host"))
	transfer := ledger.TransferRequest{FromID: ids[0], ToID: ids[1], Key: "k", Amount: decimal.NewFromInt(5)}
	left := make(map[*ledger.Ledger]decimal.Decimal)
	for _, wallets := range []*ledger.Ledger{outside, inside} {
		require.NoError(t, within(t, func() error {
			forecast, err := wallets.Preview(context.Background(), transfer)
			if err == nil {
				left[wallets] = forecast.Wallets[0].Balance
			}
			return err
		}))
	}
	require.True(t, left[outside].Equal(left[inside].Add(decimal.NewFromInt(1))), "the transaction took 1: %v", left)
	require.NoError(t, deduct(context.Background(), outside, ids[1], "is not locked"))
	require.NoError(t, tx.Commit(t.Context()))
	_, err = outside.EntryByKey(t.Context(), ids[0], "k")
	require.ErrorIs(t, err, ports.ErrNotFound)
}
