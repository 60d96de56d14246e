package recharge_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestService_Recharge_replays_without_its_Charger: Recharge returns the order of a key that
// was used, whatever the service would refuse now.
func TestService_Recharge_replays_without_its_Charger(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	first := mustRecharge(t, s, "k")
	later, err := recharge.New(w.store, wallets, recharge.Config{Clock: w.clock})
	require.NoError(t, err)
	again := mustRecharge(t, later, "k")
	require.Equal(t, first.ID, again.ID)
	require.Equal(t, ports.RechargeApproved, again.Status)
	other := topUp("k")
	other.Amount = won(5)
	_, err = later.Recharge(t.Context(), other)
	require.ErrorIs(t, err, ports.ErrKeyReused)
	_, err = later.Recharge(t.Context(), topUp("another"))
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.Equal(t, 1, b.charges)
}

// TestService_Recharge_Wanted_outlives_its_caller: an order that was written down, with the
// operation attached to it, goes on when its caller leaves.
func TestService_Recharge_Wanted_outlives_its_caller(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, _ := w.process(t, crashtest.Immortal(), nil)
	ctx, leave := context.WithCancel(t.Context())
	request := topUp("k")
	policy := &ports.Policy{OperationHead: ports.OperationHead{ID: "p", Kind: ports.KindPolicy, WalletID: "w", Version: 1, Open: true}}
	attached := &books.Attached{Operation: policy, Wanted: func(ctx context.Context) *ports.ChargeAnswer {
		leave()
		if ctx.Err() != nil {
			return &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}
		}
		return nil
	}}
	op, err := s.RechargeAttached(ctx, request, attached)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status)
	request.Key = "k2"
	policy.Version = 2
	attached.Wanted = func(context.Context) *ports.ChargeAnswer {
		return &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: "not_wanted"}}
	}
	op, err = s.RechargeAttached(t.Context(), request, attached)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeFailed, op.Status)
	require.Equal(t, 1, b.charges, "what is not wanted is not sent")
	request.Key = "k3"
	_, err = s.RechargeAttached(t.Context(), request, attached)
	require.ErrorIs(t, err, ports.ErrConflict, "the attached record is not current")
	require.Equal(t, 1, b.charges)
}
