package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestLedger_Book_refers_to books entries about another one.
func TestLedger_Book_refers_to(t *testing.T) {
	t.Parallel()
	f := setup(t)
	reversal := books.Booking{
		WalletID: "w", Key: "reverse", Type: ports.EntryReverse, Balance: won(-10_000), Counterparty: ports.AccountClearing("card"),
		OperationID: "charge-1", RefersTo: 2,
	}
	f.requireUnchanged(t, func() {
		for _, entryType := range []ports.EntryType{ports.EntryReverse, ports.EntryReverseBack} {
			for _, refersTo := range []int64{-1, 0, 3} {
				refused := reversal
				refused.Type, refused.RefersTo = entryType, refersTo
				_, err := f.Book(t.Context(), refused)
				requireInvalid(t, err, "RefersTo")
			}
		}
	})
	_, err := f.Book(t.Context(), reversal)
	require.NoError(t, err)
	page, err := f.History(t.Context(), ports.EntryFilter{WalletID: "w", RefersTo: 2})
	require.NoError(t, err)
	require.Len(t, page.Entries, 1)
	require.Equal(t, "reverse", page.Entries[0].Key)
	require.Equal(t, "charge-1", page.Entries[0].OperationID)
	_, err = f.Verify(t.Context(), "w")
	require.NoError(t, err)
}

// TestLedger_Book_checks_what_it_writes_on lets another process change the wallet, or an
// operation of it, after this one has seen it last: Check sees the change, and a record that is
// not current is written over nothing.
func TestLedger_Book_checks_what_it_writes_on(t *testing.T) {
	t.Parallel()
	t.Run("wallet", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		ctx := t.Context()
		other, err := ledger.New(f.store, ledger.Config{Clock: f.clock})
		require.NoError(t, err)
		_, err = other.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: "known", Amount: won(1)})
		require.NoError(t, err)
		_, err = f.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "meanwhile", Amount: won(9_000)})
		require.NoError(t, err)
		var seen []string
		claim := books.Booking{
			WalletID: "w", Key: "claim", Type: ports.EntryRechargeOpen, OperationID: "op",
			Check: func(w *ports.Wallet) error {
				seen = append(seen, w.Balance.String())
				if w.Balance.LessThan(won(5_000)) {
					return ports.ErrConflict
				}
				return nil
			},
		}
		f.requireUnchanged(t, func() {
			_, err = other.Book(ctx, claim)
			require.ErrorIs(t, err, ports.ErrConflict)
		})
		require.Equal(t, []string{"10001", "1001"}, seen, "it is judged again on the state that it would be written on")
		_, err = other.EntryByKey(ctx, "w", "claim")
		require.ErrorIs(t, err, ports.ErrNotFound)
	})
	t.Run("operation", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		ctx := t.Context()
		record := func(version int64, status ports.RechargeStatus) *ports.Recharge {
			return &ports.Recharge{OperationHead: ports.OperationHead{
				ID: "op", Kind: ports.KindRecharge, WalletID: "w", Version: version, Open: true, CreatedAt: f.clock.Now(),
			}, Status: status, Amount: won(1), Currency: "KRW"}
		}
		_, err := f.Book(ctx, books.Booking{
			WalletID: "w", Key: "open", Type: ports.EntryRechargeOpen, OperationID: "op", Opened: 1,
			Operations: []ports.Operation{record(1, ports.RechargeSending)},
		})
		require.NoError(t, err)
		f.requireUnchanged(t, func() {
			for _, version := range []int64{1, 3} {
				_, err := f.Book(ctx, books.Booking{
					WalletID: "w", Type: ports.EntryRecharge, Balance: won(1), Counterparty: ports.AccountClearing("card"),
					Operations: []ports.Operation{record(version, ports.RechargeApproved)},
				})
				require.ErrorIs(t, err, ports.ErrConflict)
			}
		})
	})
}
