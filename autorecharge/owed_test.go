package autorecharge_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/worker"
)

// TestEngine_Evaluate_of_a_wallet_that_owes charges nothing: the charge would pay the debt.
func TestEngine_Evaluate_of_a_wallet_that_owes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	op, err := w.recharges.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: "cards", PaymentMethod: "by hand", Amount: won(450_000)})
	require.NoError(t, err)
	w.spend(450_000)
	_, err = w.recharges.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("chargeback")})
	require.NoError(t, err)
	_, err = w.recharges.ReverseOwing(t.Context(), ports.Act{ID: op.ID, By: kim("chargeback")})
	require.NoError(t, err)
	before := w.cards.count()
	store := crashtest.Store{Store: w.store, Life: crashtest.Immortal()}
	recharges, err := recharge.New(store, w.wallets, recharge.Config{Clock: w.clock, Collect: true}, w.cards)
	require.NoError(t, err)
	engine, err := autorecharge.New(store, w.wallets, recharges, autorecharge.Config{Clock: w.clock})
	require.NoError(t, err)
	wk, err := worker.New(worker.Config{Batch: 10_000}, append(recharges.Jobs(), engine.Jobs()...)...)
	require.NoError(t, err)
	_, err = engine.Set(t.Context(), setting("w", usual())) // the customer sets it up afterwards
	require.NoError(t, err)
	for range 30 {
		w.clock.Advance(time.Minute)
		require.NoError(t, wk.Step(t.Context()).Err())
	}
	require.Equal(t, before, w.cards.count(), "charges of the card")
	d, _, err := engine.Explain(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, autorecharge.ReasonOwed, d.Why)
	debts, err := recharges.Debts(t.Context(), recharge.DebtListing{WalletID: "w"})
	require.NoError(t, err)
	_, err = recharges.WriteOff(t.Context(), ports.Act{ID: debts[0].ID, By: kim("bankrupt")})
	require.NoError(t, err)
	for range 15 {
		w.clock.Advance(time.Minute)
		require.NoError(t, wk.Step(t.Context()).Err())
	}
	require.Equal(t, before+1, w.cards.count(), "charges of the card once nothing is owed")
}
