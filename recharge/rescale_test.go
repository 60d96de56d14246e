package recharge_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestService_Recharge_rescaled raises the scale of the wallet while an order is on its way,
// and answers the order's key again.
func TestService_Recharge_rescaled(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsAfter)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	require.Equal(t, ports.RechargeUnknown, op.Status)
	_, err := wallets.Rescale(t.Context(), ledger.RescaleRequest{WalletID: "w", Key: "finer", Scale: 2, By: ports.By{Who: "kim", Why: "prices in jeon"}})
	require.NoError(t, err)
	_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "coins", Amount: decimal.RequireFromString("0.25")})
	require.NoError(t, err)
	w.rest(t, s)
	op = mustRecharge(t, s, "k")
	require.Equal(t, ports.RechargeApproved, op.Status)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, "10000.25", wallet.Balance.StringFixed(2))
	require.Equal(t, 1, b.charges)
	_, err = wallets.Verify(t.Context(), "w")
	require.NoError(t, err)
}
