package ledger_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// rescale asks for wallet "w" to keep so many digits.
func rescale(key string, scale int32) ledger.RescaleRequest {
	return ledger.RescaleRequest{WalletID: "w", Key: key, Scale: scale, By: ports.By{Who: "kim", Why: "prices in jeon"}}
}

// TestLedger_Rescale raises the scale of a wallet.
func TestLedger_Rescale(t *testing.T) {
	t.Parallel()
	t.Run("a capture at a price finer than the old scale", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		ctx := t.Context()
		_, err := f.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: "more", Amount: won(90_000)})
		require.NoError(t, err)
		held, err := f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "campaign", Amount: decimal.RequireFromString("84000")})
		require.NoError(t, err)
		spend := ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "sent", Amount: decimal.RequireFromString("78296.4"), Final: true}
		_, err = f.Capture(ctx, spend)
		requireInvalid(t, err, "Amount")
		receipt, err := f.Rescale(ctx, rescale("finer", 1))
		require.NoError(t, err)
		require.Equal(t, ports.EntryRescale, receipt.Entry.Type)
		require.EqualValues(t, 1, receipt.Entry.NewScale)
		_, err = f.Capture(ctx, spend)
		require.NoError(t, err)
		wallet, err := f.Wallet(ctx, "w")
		require.NoError(t, err)
		require.Equal(t, "21703.6", wallet.Balance.String())
		requireDecimal(t, 0, wallet.BalanceHeld, "held")
		_, err = f.Verify(ctx, "w")
		require.NoError(t, err)
	})
	t.Run("no amount changes its value", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		ctx := t.Context()
		_, err := f.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "points", Amount: won(50), ExpiresAt: f.clock.Now().Add(time.Hour)})
		require.NoError(t, err)
		_, err = f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(70), ExpiresAt: f.clock.Now().Add(2 * time.Hour)})
		require.NoError(t, err)
		_, err = f.Freeze(ctx, ledger.StatusRequest{WalletID: "w", Key: "freeze", By: ports.By{Who: "kim", Why: "a hunch"}})
		require.NoError(t, err)
		before, err := f.Wallet(ctx, "w")
		require.NoError(t, err)
		for i, scale := range []int32{1, 2, 6} {
			receipt, err := f.Rescale(ctx, rescale("to "+string(rune('a'+i)), scale))
			require.NoError(t, err)
			require.Equal(t, -scale, receipt.Entry.NewBalance.Exponent(), "the entry has the digits of the wallet")
			after, err := f.Wallet(ctx, "w")
			require.NoError(t, err)
			require.Equal(t, scale, after.Scale)
			require.Equal(t, -scale, after.Balance.Exponent())
			for _, pair := range [][2]decimal.Decimal{
				{before.Balance, after.Balance},
				{before.BalanceHeld, after.BalanceHeld},
				{before.Point, after.Point},
				{before.PointHeld, after.PointHeld},
				{before.Lots[0].Amount, after.Lots[0].Amount},
				{before.Lots[0].Held, after.Lots[0].Held},
			} {
				require.True(t, pair[0].Equal(pair[1]), "%s became %s", pair[0], pair[1])
			}
		}
		f.clock.advance(2 * time.Hour)
		_, err = f.Unfreeze(ctx, ledger.StatusRequest{WalletID: "w", Key: "unfreeze", By: ports.By{Who: "kim", Why: "it was nothing"}})
		require.NoError(t, err)
		_, err = f.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "fine", Amount: decimal.New(1, -6)})
		require.NoError(t, err)
		wallet, err := f.Wallet(ctx, "w")
		require.NoError(t, err)
		require.Equal(t, "9999.999999", wallet.Balance.String())
		_, err = f.Verify(ctx, "w")
		require.NoError(t, err)
		found := 0
		entries, err := f.Feed(ctx, "", 100)
		require.NoError(t, err)
		for i := range entries {
			if entries[i].Type == ports.EntryRescale {
				found++
			}
		}
		require.Equal(t, 3, found, "the change feed tells of it")
	})
	t.Run("refuses what would lose money, and repeats nothing", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		ctx := t.Context()
		first, err := f.Rescale(ctx, rescale("finer", 2))
		require.NoError(t, err)
		f.requireUnchanged(t, func() {
			again, err := f.Rescale(ctx, rescale("finer", 2))
			require.NoError(t, err)
			require.True(t, again.Replayed)
			require.Equal(t, first.Entry, again.Entry)
			_, err = f.Rescale(ctx, rescale("finer", 3))
			require.ErrorIs(t, err, ports.ErrKeyReused)
			for _, scale := range []int32{-1, 0, 1, 2, 7} {
				_, err = f.Rescale(ctx, rescale("other", scale))
				requireInvalid(t, err, "Scale")
			}
			request := rescale("other", 3)
			request.WalletID = "nobody"
			_, err = f.Rescale(ctx, request)
			require.ErrorIs(t, err, ports.ErrNotFound)
		})
	})
	t.Run("another process goes by the new scale", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		other, err := ledger.New(f.store, ledger.Config{Clock: f.clock})
		require.NoError(t, err)
		fine := ledger.DeductRequest{WalletID: "w", Key: "fine", Amount: decimal.RequireFromString("0.5")}
		_, err = other.Deduct(t.Context(), fine)
		requireInvalid(t, err, "Amount")
		_, err = other.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "whole", Amount: won(1)})
		require.NoError(t, err)
		_, err = f.Rescale(t.Context(), rescale("finer", 1))
		require.NoError(t, err)
		_, err = other.Deduct(t.Context(), fine)
		require.NoError(t, err)
		_, err = other.Verify(t.Context(), "w")
		require.NoError(t, err)
	})
}
