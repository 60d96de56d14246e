package ledger_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

func revokeOf(key string, lot int64) ledger.RevokeRequest {
	return ledger.RevokeRequest{WalletID: "w", Key: key, LotID: lot, By: ports.By{Who: "kim", Why: "granted by mistake"}}
}

// grantLot grants points and returns the id of the lot.
func (f *fixture) grantLot(t *testing.T, key string, points int64, expires time.Time) int64 {
	t.Helper()
	receipt, err := f.Grant(t.Context(), ledger.GrantRequest{WalletID: "w", Key: key, Amount: won(points), ExpiresAt: expires})
	require.NoError(t, err)
	return receipt.Entry.Seq
}

// TestLedger_Revoke takes back the lot that is named, and not the one that would be spent first.
func TestLedger_Revoke(t *testing.T) {
	t.Parallel()
	f := setup(t)
	named := f.grantLot(t, "named", 500, time.Time{})
	first := f.grantLot(t, "sooner", 300, f.clock.Now().Add(time.Hour))
	receipt, err := f.Revoke(t.Context(), revokeOf("k", named))
	require.NoError(t, err)
	require.Equal(t, "-500 500 0", fmt.Sprint(receipt.Entry.PointAmount, receipt.Granted, receipt.Missing))
	entry := receipt.Entry
	require.Equal(t, []any{ports.EntryRevoke, ports.AccountPointExpense, named, "kim", "granted by mistake"}, []any{entry.Type, entry.Counterparty, entry.RefersTo, entry.Who, entry.Memo})
	wallet, err := f.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Len(t, wallet.Lots, 1)
	require.Equal(t, first, wallet.Lots[0].ID)
	_, err = f.Verify(t.Context(), "w")
	require.NoError(t, err)
}

// TestLedger_Revoke_tells_what_is_missing: what was spent, and what is held, stays. A frozen wallet
// is no obstacle, and a replay tells the same.
func TestLedger_Revoke_tells_what_is_missing(t *testing.T) {
	t.Parallel()
	f := setup(t)
	lot := f.grantLot(t, "lot", 500, time.Time{})
	_, err := f.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "spent", Amount: won(120), Spend: ledger.PointsOnly})
	require.NoError(t, err)
	hold, err := f.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "held", Amount: won(80), Spend: ledger.PointsOnly})
	require.NoError(t, err)
	_, err = f.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "freeze", By: ports.By{Who: "kim", Why: "fraud"}})
	require.NoError(t, err)
	receipt, err := f.Revoke(t.Context(), revokeOf("one", lot))
	require.NoError(t, err)
	require.Equal(t, "500 200", fmt.Sprint(receipt.Granted, receipt.Missing))
	_, err = f.Revoke(t.Context(), revokeOf("two", lot))
	require.ErrorIs(t, err, ports.ErrInsufficient, "what is left is held")
	_, err = f.Release(t.Context(), ledger.ReleaseRequest{HoldID: hold.Hold.ID, Key: "release"})
	require.NoError(t, err)
	receipt, err = f.Revoke(t.Context(), revokeOf("two", lot))
	require.NoError(t, err)
	require.Equal(t, "500 120", fmt.Sprint(receipt.Granted, receipt.Missing))
	receipt, err = f.Revoke(t.Context(), revokeOf("one", lot))
	require.NoError(t, err)
	require.Equal(t, "true 200", fmt.Sprint(receipt.Replayed, receipt.Missing))
	_, err = f.Verify(t.Context(), "w")
	require.NoError(t, err)
}

// TestLedger_Revoke_refuses what names no lot, and a lot of which nothing is left: nothing is changed.
func TestLedger_Revoke_refuses(t *testing.T) {
	t.Parallel()
	f := setup(t)
	spent := f.grantLot(t, "spent", 100, time.Time{})
	_, err := f.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "all", Amount: won(100), Spend: ledger.PointsOnly})
	require.NoError(t, err)
	expired := f.grantLot(t, "expired", 100, f.clock.Now().Add(time.Hour))
	f.clock.advance(time.Hour)
	nameless := revokeOf("k", spent)
	nameless.Who = ""
	for name, refused := range map[string]struct {
		request ledger.RevokeRequest
		want    error
	}{
		"no lot": {revokeOf("k", 2), ports.ErrNotFound}, "no entry": {revokeOf("k", 99), ports.ErrNotFound},
		"zero": {revokeOf("k", 0), ports.ErrInvalid}, "negative": {revokeOf("k", -1), ports.ErrInvalid},
		"spent": {revokeOf("k", spent), ports.ErrInsufficient}, "expired": {revokeOf("k", expired), ports.ErrInsufficient},
		"without Who": {nameless, ports.ErrInvalid},
	} {
		f.requireUnchanged(t, func() {
			_, err := f.Revoke(t.Context(), refused.request)
			require.ErrorIs(t, err, refused.want, name)
		})
	}
	lot := f.grantLot(t, "lot", 100, time.Time{})
	_, err = f.Revoke(t.Context(), revokeOf("k", lot))
	require.NoError(t, err)
	_, err = f.Revoke(t.Context(), revokeOf("k", f.grantLot(t, "other", 100, time.Time{})))
	var reused *ports.KeyReusedError
	require.ErrorAs(t, err, &reused)
	require.Equal(t, []string{"LotID"}, reused.Fields)
}

// credited books a credit of 1,000 with points, and returns what was done with them.
func (f *fixture) credited(t *testing.T, points *books.Points) (seq int64, change decimal.Decimal) {
	t.Helper()
	points.Done = func(s int64, c decimal.Decimal) { seq, change = s, c }
	_, err := f.Book(t.Context(), books.Booking{
		WalletID: "w", Type: ports.EntryRecharge, Balance: won(1_000), Counterparty: ports.AccountClearing("bank"), OperationID: "op", Points: points,
	})
	require.NoError(t, err)
	_, err = f.Verify(t.Context(), "w")
	require.NoError(t, err)
	return seq, change
}

func wants(points int64) func(int32) decimal.Decimal {
	return func(int32) decimal.Decimal { return won(points) }
}

// TestLedger_Book_of_points_that_do_not_fit books the cash all the same.
func TestLedger_Book_of_points_that_do_not_fit(t *testing.T) {
	t.Parallel()
	f := setup(t)
	most := decimal.New(1, 18).Sub(won(1))
	_, change := f.credited(t, &books.Points{Wants: func(int32) decimal.Decimal { return most }})
	require.Equal(t, most.String(), change.String())
	seq, change := f.credited(t, &books.Points{Wants: wants(1)})
	require.Equal(t, "0 0", fmt.Sprint(seq, change))
	wallet, err := f.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, "12000", wallet.Balance.String())
}

// TestLedger_Book_of_points_beyond_MaxLots grants them: they were promised for cash that has arrived.
func TestLedger_Book_of_points_beyond_MaxLots(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for i := range ports.MaxLots {
		f.grantLot(t, fmt.Sprint(i), 1, time.Time{})
	}
	_, change := f.credited(t, &books.Points{Wants: wants(7)})
	require.Equal(t, "7", change.String())
	wallet, err := f.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Len(t, wallet.Lots, ports.MaxLots+1)
	_, err = f.Book(t.Context(), books.Booking{
		WalletID: "w", Type: ports.EntryRechargeOpen, OperationID: "op", Opened: 1, Announce: books.Incoming{Cash: won(1), Point: won(1)}, Announced: func(books.Incoming) {},
	})
	require.ErrorIs(t, err, ports.ErrLimit, "no further bonus is promised")
}

// TestLedger_Book_gives_points_back to a lot that was emptied, and takes no more than is there.
func TestLedger_Book_gives_points_back(t *testing.T) {
	t.Parallel()
	f := setup(t)
	lot := ports.LotChange{LotID: f.grantLot(t, "lot", 100, time.Time{})}
	_, change := f.credited(t, &books.Points{Wants: wants(-250), Lot: lot})
	require.Equal(t, "-100", change.String())
	seq, change := f.credited(t, &books.Points{Wants: wants(-1), Lot: lot})
	require.Equal(t, "0 0", fmt.Sprint(seq, change))
	_, change = f.credited(t, &books.Points{Wants: wants(60), Lot: lot})
	require.Equal(t, "60", change.String())
	wallet, err := f.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, []ports.PointLot{{ID: lot.LotID, Amount: wallet.Lots[0].Amount}}, wallet.Lots)
	require.Equal(t, "60", wallet.Lots[0].Amount.String())
}

// TestLedger_Revoke_races a spender: what the two take is never more than the lot.
func TestLedger_Revoke_races(t *testing.T) {
	t.Parallel()
	f := setup(t)
	lot := f.grantLot(t, "lot", 1_000, time.Time{})
	spent := make(chan int64)
	go func() {
		n := int64(0)
		for i := range 50 {
			if _, err := f.Deduct(context.Background(), ledger.DeductRequest{WalletID: "w", Key: fmt.Sprint("d", i), Amount: won(10), Spend: ledger.PointsOnly}); err == nil {
				n += 10
			}
		}
		spent <- n
	}()
	receipt, err := f.Revoke(t.Context(), revokeOf("k", lot))
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(<-spent), receipt.Missing.String())
}

// TestLimits_IncomingPoint_is_counted_again: the count of bonuses is wrong. Verify finds it, and the
// refusal that comes of it corrects the wallet.
func TestLimits_IncomingPoint_is_counted_again(t *testing.T) {
	t.Parallel()
	f := setupLimits(t, ledger.Limits{Point: most(1_000)})
	w, err := f.store.Wallets(t.Context(), []string{"w"})
	require.NoError(t, err)
	w[0].IncomingPoint = won(700)
	w[0].Version++
	require.Equal(t, ports.FateCommitted, f.store.Commit(t.Context(), []ports.Unit{{Wallets: w}})[0].Status)
	f.Ledger = f.process(t)
	_, err = f.Verify(t.Context(), "w")
	require.ErrorIs(t, err, ledger.ErrCorrupt)
	require.ErrorContains(t, err, "counts 700 points of announced bonuses, and those of open recharges announced 0")
	require.NoError(t, f.grant(t, "a", 400))
	require.True(t, f.wallet(t).IncomingPoint.IsZero())
	_, err = f.Verify(t.Context(), "w")
	require.NoError(t, err)
}
