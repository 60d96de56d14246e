package autorecharge_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestEngine_Evaluate_rescaled raises the scale of a wallet that has a policy: charges stay
// multiples of the policy's unit.
func TestEngine_Evaluate_rescaled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	_, err := w.wallets.Rescale(t.Context(), ledger.RescaleRequest{WalletID: "w", Key: "finer", Scale: 2, By: ports.By{Who: "kim", Why: "prices in jeon"}})
	require.NoError(t, err)
	_, err = w.wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "usage", Amount: decimal.RequireFromString("9000.36")})
	require.NoError(t, err)
	require.NoError(t, w.engine.Evaluate(t.Context(), "w"))
	require.Len(t, w.cards.used(), 1)
	wallet, err := w.wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	charged := wallet.Balance.Sub(decimal.RequireFromString("999.64"))
	require.True(t, charged.IsPositive() && charged.IsInteger(), "%s was charged", charged)
	require.True(t, wallet.Balance.GreaterThanOrEqual(usual().RechargeTo), "there are %s", wallet.Balance)
	_, err = w.wallets.Verify(t.Context(), "w")
	require.NoError(t, err)
}
