package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestStore_debts: a reversal of spent money, what is collected and written off, and what is reinstated, are
// entries and records as any other. Some of the entries have moves only.
func TestStore_debts(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t, postgrestest.Pool(t, 4))
	wallets, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	_, err = wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
	require.NoError(t, err)
	s, err := recharge.New(store, wallets, recharge.Config{})
	require.NoError(t, err)
	by := ports.By{Who: "kim", Why: "chargeback"}
	proved := func() {
		t.Helper()
		_, err := wallets.Verify(t.Context(), "w")
		require.NoError(t, err)
		books, err := wallets.TrialBalance(t.Context())
		require.NoError(t, err)
		require.NoError(t, books.Check())
	}
	owing := func(ref string) *ports.Recharge {
		t.Helper()
		op, err := s.Credit(t.Context(), recharge.CreditRequest{WalletID: "w", Key: ref, Charger: "cards", Amount: dec(10_000), ProviderRef: ref, By: by})
		require.NoError(t, err)
		_, err = wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "spent " + ref, Amount: dec(10_000)})
		require.NoError(t, err)
		_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: by})
		require.NoError(t, err)
		op, err = s.ReverseOwing(t.Context(), ports.Act{ID: op.ID, By: by})
		require.NoError(t, err)
		proved()
		return op
	}
	first, second := owing("a"), owing("b")
	_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "cash", Amount: dec(4_000)})
	require.NoError(t, err)
	taken, err := s.Collect(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, taken.Equal(dec(4_000)), taken)
	proved()
	debt, err := s.WriteOff(t.Context(), ports.Act{ID: second.DebtID, By: by})
	require.NoError(t, err)
	require.True(t, debt.WrittenOff.Equal(dec(10_000)), debt.WrittenOff)
	proved()
	_, err = s.Dispute(t.Context(), ports.Act{ID: first.ID, By: by})
	require.NoError(t, err)
	_, err = s.Reinstate(t.Context(), recharge.ReinstateRequest{ID: first.ID, By: by})
	require.NoError(t, err)
	proved()
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(dec(4_000)), wallet.Balance)
	require.Zero(t, wallet.OpenOperations)
}
