package recharge_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

type hookBank struct {
	*bank
	inquire func() ports.ChargeAnswer
}

func (b *hookBank) Charge(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "r"}}
}

func (b *hookBank) Inquire(context.Context, ports.ChargeOrder) ports.ChargeAnswer { return b.inquire() }

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

// TestService_ResolveCancel_of_a_part: the provider gave 4,000 of 10,000 back, and a person
// says so.
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
			w.clock.Advance(time.Hour)
			for _, job := range s.Jobs() {
				_, err = job.Step(t.Context(), 10)
				require.NoError(t, err)
			}
			_, err = carryOutCancel(t.Context(), s, resolution{
				ID: op.ID, Decision: ports.DecisionApprove, By: ports.By{Who: "kim", Why: "4,000 came back"}, Amount: amount,
			})
			wallet, errW := wallets.Wallet(t.Context(), "w")
			require.NoError(t, errW)
			require.True(t, err != nil || wallet.Balance.Equal(won(6_000)), "10,000 left the wallet for 4,000 that came back")
		})
	}
}

// TestService_Follow_late_amount: a person approves 10,000, as ordered, while an inquiry is
// under way, and the provider answers that it charged another amount.
func TestService_Follow_late_amount(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		amount int64
		status ports.RechargeStatus
	}{"another amount": {9_000, ports.RechargeDisputed}, "the same amount": {10_000, ports.RechargeApproved}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			h := &hookBank{bank: b}
			w.charger = h
			s, _ := w.process(t, crashtest.Immortal(), nil)
			op := mustRecharge(t, s, "k")
			h.inquire = func() ports.ChargeAnswer {
				_, err := carryOut(t.Context(), s, resolution{ID: op.ID, Decision: ports.DecisionApprove, By: ports.By{Who: "kim", Why: "seen"}})
				require.NoError(t, err)
				return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "r"}, Amount: decimal.NewNullDecimal(won(tc.amount))}
			}
			w.follow(t, s)
			op = get(t, s, op.ID)
			require.Equal(t, tc.status, op.Status, op.Why)
		})
	}
}
