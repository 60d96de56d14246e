package recharge_test

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

type (
	aliasCharger = ports.Charger
	aliased      struct{ aliasCharger } // the embedded field is not exported
	nested       struct{ bare }
	wider        interface{ ports.Charger }
	widened      struct{ wider }
)

// TestNew_decorators_that_hide: what hides an ability is refused, however it embeds.
func TestNew_decorators_that_hide(t *testing.T) {
	t.Parallel()
	for name, charger := range map[string]ports.Charger{
		"alias": aliased{&bank{}}, "nested": nested{bare{&bank{}}}, "wider": widened{&bank{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, abilities(charger), "it hides Canceler")
			store := memory.New()
			wallets, err := ledger.New(store, ledger.Config{})
			require.NoError(t, err)
			require.NotPanics(t, func() { _, err = recharge.New(store, wallets, recharge.Config{}, charger) })
			require.ErrorIs(t, err, ports.ErrInvalid)
		})
	}
}

// TestService_ResolveCancel_of_a_part: the provider works on a cancellation, says that it gives
// back 4,000 of 10,000, and a person knows that it did.
func TestService_ResolveCancel_of_a_part(t *testing.T) {
	t.Parallel()
	for name, amount := range map[string]decimal.NullDecimal{"without Amount": {}, "with Amount": decimal.NewNullDecimal(won(4_000))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			w.charger = partBank{b}
			s, wallets := w.process(t, crashtest.Immortal(), nil)
			charge := mustRecharge(t, s, "k")
			op, err := s.Cancel(t.Context(), ports.Act{ID: charge.ID, By: ports.By{Who: "kim", Why: "asked for"}})
			require.NoError(t, err)
			require.Equal(t, ports.CancellationPending, op.Status)
			op, err = carryOutCancel(t.Context(), s, resolution{
				ID: op.ID, Decision: ports.DecisionApprove, By: ports.By{Who: "kim", Why: "4,000 came back"}, Amount: amount,
			})
			require.NoError(t, err)
			require.True(t, op.Part && op.Mismatch)
			ordertest.RequireBalance(t, wallets, 6_000)
		})
	}
}

// TestService_Follow_late_amount: a person approves 10,000, as ordered, while an inquiry is
// under way, and the provider answers which amount it charged.
func TestService_Follow_late_amount(t *testing.T) {
	t.Parallel()
	for amount, want := range map[int64]ports.RechargeStatus{9_000: ports.RechargeDisputed, 10_000: ports.RechargeApproved} {
		t.Run(fmt.Sprint(amount), func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			o := &odd{Else: b, Called: "bank", Sends: ordertest.Always(pending("r"))}
			s, _, _ := w.hostile(t, o)
			op := mustRecharge(t, s, "k")
			o.Inquires = func() ports.ChargeAnswer {
				resolved(t, s, decide(op.ID, ports.DecisionApprove))
				return approvedAmount("r", amount)
			}
			w.follow(t, s)
			op = get(t, s, op.ID)
			require.Equal(t, want, op.Status, op.Why)
		})
	}
}
