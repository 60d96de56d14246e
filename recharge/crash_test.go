package recharge_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestCrashMatrix lets a process die before and after each of its calls that has an
// effect (intent committed, evidence gathered, evidence committed, charge sent,
// outcome committed), then a worker die likewise in its own steps, for each behaviour
// of the provider; then a third process brings everything to rest and the host asks
// again with the same key. At rest the provider's books and ours must agree. The wallet has a
// limit, and counts the order as incoming until its end.
func TestCrashMatrix(t *testing.T) {
	t.Parallel()
	cells, charges, ends := 0, 0, make(map[string]int)
	for _, does := range behaviours {
		for _, first := range crashtest.Lives(6) {
			for _, second := range crashtest.Lives(4) {
				cells++
				name := fmt.Sprintf("%s, dies %s, worker dies %s", does, first.Name, second.Name)
				op, b := crash(t, name, does, first.Life(), second.Life())
				charges += b.charges
				ends[op.StatusText()]++
			}
		}
	}
	t.Logf("%d cells, %d charges, ends: %v", cells, charges, ends)
	require.Zero(t, ends[string(ports.RechargeReview)], "this provider can always tell")
}

func crash(t *testing.T, name string, does behaviour, first, second *crashtest.Life) (*ports.Recharge, *bank) {
	t.Helper()
	w, b := newWorld(t, does)
	w.limits.Balance, w.limits.Point = decimal.NewNullDecimal(won(20_000)), decimal.NewNullDecimal(won(1_000))
	service, _ := w.process(t, first, nil)
	_, err := service.Recharge(t.Context(), bonusOf("k", 500))
	if err != nil {
		require.ErrorIs(t, err, ports.ErrUndecided, name)
	}
	w.clock.Advance(5 * time.Minute) // past the lease
	dying, _ := w.process(t, second, nil)
	for range 3 {
		for _, job := range dying.Jobs() {
			if _, err := job.Step(t.Context(), 10); err != nil && !errors.Is(err, ports.ErrUndecided) {
				require.NoError(t, err, name)
			}
		}
		w.clock.Advance(5 * time.Minute)
	}
	last, wallets := w.process(t, crashtest.Immortal(), nil)
	w.rest(t, last)
	op, err := last.Recharge(t.Context(), bonusOf("k", 500)) // the host asks again
	require.NoError(t, err, name)
	w.rest(t, last)
	op, err = last.Get(t.Context(), op.ID)
	require.NoError(t, err, name)

	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err, name)
	require.True(t, wallet.Balance.Equal(b.charged), "%s: wallet %s, provider charged %s", name, wallet.Balance, b.charged)
	require.True(t, wallet.Point.Equal(won(500*int64(b.charges))), "%s: the bonus comes with the credit: %s", name, wallet.Point)
	require.False(t, op.Open, name)
	require.Equal(t, b.charges == 1, op.Status == ports.RechargeApproved, "%s: %s", name, op.Status)
	require.LessOrEqual(t, b.charges, 1, name)
	for _, o := range b.orders {
		require.Equal(t, 1, o.arrived, "%s: sent once", name)
	}
	require.Zero(t, wallet.OpenOperations, name)
	require.True(t, wallet.Incoming.IsZero(), "%s: %s is incoming, and no order is open", name, wallet.Incoming)
	require.True(t, wallet.IncomingPoint.IsZero(), "%s: %s points are incoming, and no order is open", name, wallet.IncomingPoint)
	_, err = wallets.Verify(t.Context(), "w")
	require.NoError(t, err, name)
	books, err := wallets.TrialBalance(t.Context())
	require.NoError(t, err, name)
	require.NoError(t, books.Check(), name)
	_, err = last.Recharge(t.Context(), topUp("next")) // the lane is free
	require.NotErrorIs(t, err, recharge.ErrRechargeInProgress, name)
	return op, b
}
