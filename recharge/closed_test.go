package recharge_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// meddled is a bank whose Prepare takes until something else has happened, and then
// refuses.
type meddled struct {
	*bank
	meanwhile func()
}

func (m *meddled) Prepare(context.Context, ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	m.meanwhile()
	return nil, &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Message: "away"}}
}

// TestService_Recharge_replays_an_order_of_a_closed_wallet: a process slept while it prepared
// the order, a worker ended the order, and the wallet was closed. Recharge must return the
// order: an error would say that nothing is booked under the key.
func TestService_Recharge_replays_an_order_of_a_closed_wallet(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	worker, wallets := w.process(t, crashtest.Immortal(), nil)
	w.charger = &meddled{bank: b, meanwhile: func() {
		w.clock.Advance(time.Hour)
		followed, err := worker.Follow(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, 1, followed)
		_, err = wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "close", By: ports.By{Who: "kim", Why: "asked by mail"}})
		require.NoError(t, err)
	}}
	slept, _ := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, slept, "k")
	require.Equal(t, ports.RechargeFailed, op.Status)
	require.Contains(t, op.Why, "never sent", "as the worker ended it")
}
