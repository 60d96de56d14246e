package withdraw_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestService_Request_rescaled raises the scale of the wallet while a withdrawal is on its way:
// it is paid, or its total comes back, as if nothing had happened.
func TestService_Request_rescaled(t *testing.T) {
	t.Parallel()
	for name, does := range map[string]behaviour{"paid": pays, "refused": refuses} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, does, 1)
			s, wallets := w.process(t, crashtest.Immortal())
			op := mustRequest(t, s, "k")
			_, err := wallets.Rescale(t.Context(), ledger.RescaleRequest{WalletID: "w", Key: "finer", Scale: 2, By: ports.By{Who: "kim", Why: "prices in jeon"}})
			require.NoError(t, err)
			again := mustRequest(t, s, "k")
			require.Equal(t, op.ID, again.ID)
			_, err = s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
			require.NoError(t, err)
			w.rest(t, s)
			wallet, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.Zero(t, wallet.OpenOperations)
			require.True(t, wallet.Balance.Equal(won(50_000).Sub(b.paid)), "wallet %s, paid %s", wallet.Balance, b.paid)
			require.Equal(t, does == pays, b.paid.IsPositive())
			_, err = wallets.Verify(t.Context(), "w")
			require.NoError(t, err)
		})
	}
}
