package manual_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/manual"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestManualPayout: the order waits, however often it is looked at, until a person
// reports the transfer; or refuses, and the total comes back.
func TestManualPayout(t *testing.T) {
	t.Parallel()
	ctx, clock, store := t.Context(), crashtest.NewClock(), memory.New()
	wallets, err := ledger.New(store, ledger.Config{Clock: clock})
	require.NoError(t, err)
	s, err := withdraw.New(store, wallets, withdraw.Config{Clock: clock}, withdraw.Route{
		Disburser: manual.New("bank transfer"), Schedule: withdraw.FeeSchedule(solapi.FeeSchedule()),
	})
	require.NoError(t, err)
	_, err = wallets.Open(ctx, ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
	require.NoError(t, err)
	_, err = wallets.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: "in", Amount: decimal.NewFromInt(40_000)})
	require.NoError(t, err)
	var ops []*ports.Withdrawal
	for _, key := range []string{"a", "b"} {
		op, err := s.Request(ctx, withdraw.Request{WalletID: "w", Key: key, Disburser: "bank transfer", Total: decimal.NewFromInt(20_000), Who: "customer"})
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalPending, op.Status, "two may wait at a time")
		ops = append(ops, op)
	}
	for range 5 {
		clock.Advance(25 * time.Hour)
		_, err := s.Follow(ctx, 10)
		require.NoError(t, err)
	}
	stuck, err := s.List(ctx, withdraw.Listing{Statuses: []ports.WithdrawalStatus{ports.WithdrawalPending}, CreatedBefore: clock.Now().Add(-24 * time.Hour)})
	require.NoError(t, err)
	require.Len(t, stuck, 2)
	day := clock.Now().Truncate(24 * time.Hour)
	paid, err := s.ReportPaid(ctx, withdraw.Paid{ID: ops[0].ID, By: ports.By{Who: "kim", Why: "transfer of today"}, TransactionID: "17", TransactedAt: day})
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalCompleted, paid.Status)
	require.Equal(t, "17", paid.TransactionID)
	require.Equal(t, day, paid.TransactedAt)
	refused, err := s.ReportRefused(ctx, ports.Act{ID: ops[1].ID, By: ports.By{Who: "kim", Why: "account closed"}})
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalRejected, refused.Status)
	wallet, err := wallets.Wallet(ctx, "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(decimal.NewFromInt(20_000)))
	_, err = wallets.Verify(ctx, "w")
	require.NoError(t, err)
}
