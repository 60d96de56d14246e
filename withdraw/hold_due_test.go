package withdraw_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestService_Request_expired_hold asks for what a hold keeps, before and when it expires, without
// a worker that gives it back.
func TestService_Request_expired_hold(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pays, 1)
	s, wallets := w.process(t, crashtest.Immortal())
	_, err := wallets.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(40_000), ExpiresAt: w.clock.Now().Add(time.Hour)})
	require.NoError(t, err)
	w.clock.Advance(time.Hour - time.Second)
	_, err = s.Request(t.Context(), payOut("k"))
	require.ErrorIs(t, err, ports.ErrInsufficient)
	w.clock.Advance(time.Second)
	op := mustRequest(t, s, "k")
	require.Equal(t, ports.WithdrawalRequested, op.Status)
}
