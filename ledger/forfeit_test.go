package ledger_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

var byKim = ports.By{Who: "kim", Why: "the account is given up"}

// granted grants lots of points to wallet "w": some that expire, and some that do not.
func granted(t *testing.T, f *fixture) {
	t.Helper()
	for key, lot := range map[string]ledger.GrantRequest{
		"a": {Amount: won(100), ExpiresAt: f.clock.Now().Add(time.Hour)},
		"b": {Amount: won(200), Priority: 2},
		"c": {Amount: won(300)},
	} {
		lot.WalletID, lot.Key = "w", key
		_, err := f.Grant(t.Context(), lot)
		require.NoError(t, err)
	}
}

// proved proves the history of wallet "w" and the books, and returns the totals of points and cash by
// account.
func proved(t *testing.T, f *fixture) map[ports.Account][2]string {
	t.Helper()
	_, err := f.Verify(t.Context(), "w")
	require.NoError(t, err)
	balance, err := f.TrialBalance(t.Context())
	require.NoError(t, err)
	require.NoError(t, balance.Check())
	sums := make(map[ports.Account][2]string)
	for _, total := range balance.Totals {
		sums[total.Account] = [2]string{total.Balance.String(), total.Point.String()}
	}
	return sums
}

// TestLedger_Forfeit/takes_the_points_of_every_lot_by_one_entry: what was expense of points is given
// back to that account.
//
// TestLedger_Forfeit/leaves_points_that_are_held: the hold goes on as before.
//
// TestLedger_Forfeit/books_out_expired_lots_first: they expire, and are not forfeited.
//
// TestLedger_Forfeit/is_an_act_of_a_person_on_a_frozen_wallet: it stays frozen.
//
// TestLedger_Forfeit/refuses_a_wallet_without_points: nothing is booked, and the key is free.
//
// TestLedger_Forfeit/refuses_a_closed_wallet: nothing is booked.
func TestLedger_Forfeit(t *testing.T) {
	t.Parallel()
	request := ledger.ForfeitRequest{WalletID: "w", Key: "forfeit", By: byKim, Note: ledger.Note{Reference: "case-7"}}
	t.Run("takes_the_points_of_every_lot_by_one_entry", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		granted(t, f)
		receipt, err := f.Forfeit(t.Context(), request)
		require.NoError(t, err)
		entry := receipt.Entry
		require.Equal(t, ports.EntryForfeit, entry.Type)
		require.Equal(t, ports.AccountPointExpense, entry.Counterparty)
		require.Equal(t, []string{"kim", byKim.Why, "case-7"}, []string{entry.Who, entry.Memo, entry.Reference})
		require.Equal(t, "-600", entry.PointAmount.String())
		require.True(t, entry.BalanceAmount.IsZero())
		require.Len(t, entry.Lots, 3)
		wallet, err := f.Wallet(t.Context(), "w")
		require.NoError(t, err)
		require.Empty(t, wallet.Lots)
		requireDecimal(t, 10_000, wallet.Balance, "cash stays")
		require.Equal(t, [2]string{"0", "0"}, proved(t, f)[ports.AccountPointExpense])
		again, err := f.Forfeit(t.Context(), request)
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.Equal(t, entry.Seq, again.Entry.Seq)
	})
	t.Run("leaves_points_that_are_held", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		granted(t, f)
		held, err := f.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(150), Spend: ledger.PointsOnly})
		require.NoError(t, err)
		receipt, err := f.Forfeit(t.Context(), request)
		require.NoError(t, err)
		require.Equal(t, "-450", receipt.Entry.PointAmount.String())
		wallet, err := f.Wallet(t.Context(), "w")
		require.NoError(t, err)
		requireDecimal(t, 150, wallet.Point, "what is held stays")
		_, err = f.Capture(t.Context(), ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "capture", All: true})
		require.NoError(t, err)
		proved(t, f)
	})
	t.Run("books_out_expired_lots_first", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		granted(t, f)
		f.clock.advance(2 * time.Hour)
		receipt, err := f.Forfeit(t.Context(), request)
		require.NoError(t, err)
		require.Equal(t, "-500", receipt.Entry.PointAmount.String())
		before, err := f.History(t.Context(), ports.EntryFilter{WalletID: "w", BeforeSeq: receipt.Entry.Seq, Descending: true, Limit: 1})
		require.NoError(t, err)
		require.Equal(t, ports.EntryExpire, before.Entries[0].Type)
		proved(t, f)
	})
	t.Run("is_an_act_of_a_person_on_a_frozen_wallet", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		granted(t, f)
		_, err := f.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "freeze", By: byKim})
		require.NoError(t, err)
		_, err = f.Forfeit(t.Context(), request)
		require.NoError(t, err)
		wallet, err := f.Wallet(t.Context(), "w")
		require.NoError(t, err)
		require.Equal(t, ports.WalletFrozen, wallet.Status)
		require.True(t, wallet.Point.IsZero())
	})
	t.Run("refuses_a_wallet_without_points", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		f.requireUnchanged(t, func() {
			_, err := f.Forfeit(t.Context(), request)
			var missing *ports.InsufficientError
			require.ErrorAs(t, err, &missing)
			require.True(t, missing.PointsOnly)
			require.EqualError(t, err, "forfeit wallet w: insufficient funds: wants 1 points, has 0")
		})
		_, err := f.EntryByKey(t.Context(), "w", "forfeit")
		require.ErrorIs(t, err, ports.ErrNotFound)
	})
	t.Run("refuses_a_closed_wallet", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		_, err := f.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "all", Amount: won(10_000)})
		require.NoError(t, err)
		_, err = f.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "close", By: byKim})
		require.NoError(t, err)
		f.requireUnchanged(t, func() {
			_, err := f.Forfeit(t.Context(), request)
			require.ErrorIs(t, err, ports.ErrClosed)
		})
	})
}

// TestLedger_Book_closing/forfeits_what_is_left_and_closes: by entries of one unit, that keep who and
// why.
//
// TestLedger_Book_closing/behind_an_entry_tells_what_keeps_the_wallet_open: the entry is booked, and
// nothing is forfeited.
//
// TestLedger_Book_closing/alone_is_refused_by_what_keeps_the_wallet_open: nothing is booked.
//
// TestLedger_Book_closing/reckons_on_the_wallet_that_is_written: another process was faster.
//
// TestLedger_Book_closing/is_part_of_the_type: an entry that closes has a Closing and no amount.
func TestLedger_Book_closing(t *testing.T) {
	t.Parallel()
	// behind is an entry that takes cash, and closes the wallet behind it.
	behind := func(take int64, c *books.Closing, done func(int64, error)) books.Booking {
		c.By, c.Done = byKim, done
		return books.Booking{
			WalletID: "w", Key: "out", Type: ports.EntryWithdraw, Balance: won(-take), Counterparty: ports.AccountPayable,
			OperationID: "op", Closing: c,
		}
	}
	t.Run("forfeits_what_is_left_and_closes", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		granted(t, f)
		var closed int64
		_, err := f.Book(t.Context(), behind(9_999, &books.Closing{Points: true, Cash: won(1)}, func(seq int64, stays error) {
			require.NoError(t, stays)
			closed = seq
		}))
		require.NoError(t, err)
		page, err := f.History(t.Context(), ports.EntryFilter{WalletID: "w", AfterSeq: 5})
		require.NoError(t, err)
		var got []string
		for _, e := range page.Entries {
			got = append(got, string(e.Type)+" "+string(e.Counterparty)+" "+e.BalanceAmount.String()+" "+e.PointAmount.String())
			require.Equal(t, "op", e.OperationID)
			if e.Type != ports.EntryWithdraw {
				require.Equal(t, []string{byKim.Who, byKim.Why}, []string{e.Who, e.Memo})
			}
		}
		require.Equal(t, []string{
			"withdraw payable:withdrawals -9999 0", "forfeit expense:point 0 -600", "forfeit revenue:forfeited -1 0", "close  0 0",
		}, got)
		wallet, err := f.Wallet(t.Context(), "w")
		require.NoError(t, err)
		require.Equal(t, ports.WalletClosed, wallet.Status)
		require.Equal(t, wallet.Seq, closed)
		require.Equal(t, "1", proved(t, f)[ports.AccountForfeited][0])
	})
	obstacles := map[string]struct {
		arrange func(t *testing.T, f *fixture)
		closing books.Closing
		want    error
	}{
		"a hold": {func(t *testing.T, f *fixture) {
			t.Helper()
			_, err := f.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(1), Spend: ledger.PointsOnly})
			require.NoError(t, err)
		}, books.Closing{Points: true}, ports.ErrOpenOperations},
		"other cash": {func(t *testing.T, f *fixture) {
			t.Helper()
			_, err := f.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "late", Amount: won(5)})
			require.NoError(t, err)
		}, books.Closing{Points: true, Cash: won(6)}, ports.ErrNotEmpty},
		"points": {func(*testing.T, *fixture) {}, books.Closing{}, ports.ErrNotEmpty},
		"a freeze": {func(t *testing.T, f *fixture) {
			t.Helper()
			_, err := f.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "freeze", By: byKim})
			require.NoError(t, err)
		}, books.Closing{Points: true}, ports.ErrFrozen},
	}
	t.Run("behind_an_entry_tells_what_keeps_the_wallet_open", func(t *testing.T) {
		t.Parallel()
		for name, tc := range obstacles {
			f := setup(t)
			granted(t, f)
			tc.arrange(t, f)
			var why error
			receipt, err := f.Book(t.Context(), behind(10_000, &tc.closing, func(seq int64, stays error) {
				require.Zero(t, seq, name)
				why = stays
			}))
			require.NoError(t, err, name)
			require.ErrorIs(t, why, tc.want, name)
			wallet, err := f.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.Equal(t, receipt.Entry.Seq, wallet.Seq, "%s: it is the last entry", name)
			requireDecimal(t, 600, wallet.Point, name)
		}
	})
	t.Run("alone_is_refused_by_what_keeps_the_wallet_open", func(t *testing.T) {
		t.Parallel()
		for name, tc := range obstacles {
			f := setup(t)
			granted(t, f)
			_, err := f.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "use", Amount: won(10_000), Spend: ledger.CashOnly})
			require.NoError(t, err)
			tc.arrange(t, f)
			closing := tc.closing
			closing.By = byKim
			alone := books.Booking{WalletID: "w", Key: "close", Type: ports.EntryClose, Closing: &closing, Note: books.Note{Memo: byKim.Why}}
			f.requireUnchanged(t, func() {
				_, err := f.Book(t.Context(), alone)
				require.ErrorIs(t, err, tc.want, name)
			})
		}
		f := setup(t)
		granted(t, f)
		alone := books.Booking{
			WalletID: "w", Key: "close", Type: ports.EntryClose, Note: books.Note{Memo: byKim.Why},
			Closing: &books.Closing{By: byKim, Points: true, Cash: won(10_000)},
		}
		for _, replayed := range []bool{false, true} {
			receipt, err := f.Book(t.Context(), alone)
			require.NoError(t, err)
			require.Equal(t, replayed, receipt.Replayed)
			require.Equal(t, []string{"close", "close", "kim", byKim.Why}, []string{string(receipt.Entry.Type), receipt.Entry.Key, receipt.Entry.Who, receipt.Entry.Memo})
		}
		proved(t, f)
	})
	t.Run("reckons_on_the_wallet_that_is_written", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		other, err := ledger.New(f.store, ledger.Config{Clock: f.clock})
		require.NoError(t, err)
		_, err = other.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "known", Amount: won(1)})
		require.NoError(t, err)
		_, err = f.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "meanwhile", Amount: won(9_000)})
		require.NoError(t, err)
		all := books.Booking{
			WalletID: "w", Key: "out", Type: ports.EntryWithdraw, Counterparty: ports.AccountPayable,
			Reckon: func(w *ports.Wallet) (decimal.Decimal, error) { return w.AvailableBalance().Neg(), nil },
		}
		for _, replayed := range []bool{false, true} {
			receipt, err := other.Book(t.Context(), all)
			require.NoError(t, err)
			require.Equal(t, replayed, receipt.Replayed)
			require.Equal(t, "-1001", receipt.Entry.BalanceAmount.String(), "all that is there, and not what was remembered")
		}
		all.Key, all.Reckon = "more", func(*ports.Wallet) (decimal.Decimal, error) { return won(-1), nil }
		_, err = other.Book(t.Context(), all)
		require.ErrorIs(t, err, ports.ErrInsufficient)
		all.Reckon = func(*ports.Wallet) (decimal.Decimal, error) { return decimal.New(-1, -1), nil }
		_, err = other.Book(t.Context(), all)
		requireInvalid(t, err, "Balance")
		all.Reckon = func(*ports.Wallet) (decimal.Decimal, error) { return decimal.Decimal{}, ports.ErrLimit }
		_, err = other.Book(t.Context(), all)
		require.ErrorIs(t, err, ports.ErrLimit)
	})
	t.Run("is_part_of_the_type", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		f.requireUnchanged(t, func() {
			for _, booking := range []books.Booking{
				{WalletID: "w", Key: "k", Type: ports.EntryClose},
				{WalletID: "w", Key: "k", Type: ports.EntryClose, Closing: &books.Closing{By: byKim}, Balance: won(1), Counterparty: ports.AccountPayable},
				{WalletID: "w", Key: "k", Type: ports.EntryForfeit},
			} {
				_, err := f.Book(t.Context(), booking)
				requireInvalid(t, err, "Type")
			}
		})
	})
}
