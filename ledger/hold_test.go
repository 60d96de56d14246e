package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestPointsThatExpireWhileHeldStayUsable: a lot that expires while a hold has it can
// still be captured; what the hold gives back of it expires at once.
func TestPointsThatExpireWhileHeldStayUsable(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	_, err := f.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "lot", Amount: won(100), ExpiresAt: f.clock.Now().Add(time.Hour)})
	require.NoError(t, err)
	held, err := f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(60)})
	require.NoError(t, err)
	f.clock.advance(2 * time.Hour)
	wallet, err := f.Wallet(ctx, "w")
	require.NoError(t, err)
	requireDecimal(t, 60, wallet.Point, "what is not held is gone")
	requireDecimal(t, 0, wallet.AvailablePoint(f.clock.Now()), "what is held is not available")
	captured, err := f.Capture(ctx, ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "part", Amount: won(45)})
	require.NoError(t, err)
	requireDecimal(t, -45, captured.Entry.PointAmount, "paid with the held points")
	requireDecimal(t, 15, captured.Hold.Remaining(), "left in the hold")
	_, err = f.Release(ctx, ledger.ReleaseRequest{HoldID: held.Hold.ID, Key: "release"})
	require.NoError(t, err)
	wallet, err = f.Wallet(ctx, "w")
	require.NoError(t, err)
	requireDecimal(t, 0, wallet.Point, "what came back expired at once")
	done, err := f.ExpireLots(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, 1, done)
	_, err = f.Verify(ctx, "w")
	require.NoError(t, err)
}

func TestRefundOfACaptureIsBoundedByWhatWasCaptured(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	held, err := f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(100)})
	require.NoError(t, err)
	_, err = f.Capture(ctx, ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "capture", Amount: won(30), Final: true})
	require.NoError(t, err)
	refund := func(key string, amount int64) error {
		_, err := f.Refund(ctx, ledger.RefundRequest{WalletID: "w", Key: key, Of: "capture", Amount: won(amount)})
		return err
	}
	require.ErrorIs(t, refund("a", 31), ports.ErrRefundExceeds)
	require.NoError(t, refund("b", 20))
	require.ErrorIs(t, refund("c", 11), ports.ErrRefundExceeds)
	require.NoError(t, refund("d", 10))
	require.ErrorIs(t, refund("e", 1), ports.ErrRefundExceeds)
}

func TestHoldsAreListedAndFoundByReference(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	f.open(t, "other", "KRW", 0)
	var ids []string
	for _, key := range []string{"a", "b", "c"} {
		held, err := f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: key, Amount: won(1), Note: ledger.Note{Reference: "batch " + key}})
		require.NoError(t, err)
		ids = append(ids, held.Hold.ID)
	}
	_, err := f.Release(ctx, ledger.ReleaseRequest{HoldID: ids[1], Key: "r"})
	require.NoError(t, err)
	list := func(filter ledger.HoldFilter) (got []string) {
		holds, err := f.Holds(ctx, filter)
		require.NoError(t, err)
		for _, h := range holds {
			got = append(got, h.ID)
		}
		return got
	}
	require.Equal(t, ids, list(ledger.HoldFilter{WalletID: "w"}))
	require.Equal(t, []string{ids[0], ids[2]}, list(ledger.HoldFilter{WalletID: "w", Open: true}))
	require.Equal(t, ids[1:2], list(ledger.HoldFilter{Reference: "batch b"}))
	require.Equal(t, ids[2:], list(ledger.HoldFilter{WalletID: "w", AfterID: ids[1]}))
	require.Empty(t, list(ledger.HoldFilter{WalletID: "other"}))
	_, err = f.Holds(ctx, ledger.HoldFilter{})
	require.ErrorIs(t, err, ports.ErrInvalid)
}
