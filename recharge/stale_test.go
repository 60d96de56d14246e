package recharge_test

import (
	"context"
	"sync/atomic"
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

// TestService_Follow_stale_pending: the provider itself declined, and an older answer of it
// contradicts nothing.
func TestService_Follow_stale_pending(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	h := &hookBank{bank: b}
	w.charger = h
	s, _ := w.process(t, crashtest.Immortal(), nil)
	op, err := s.Recharge(t.Context(), topUp("k"))
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	first := true
	h.inquire = func() ports.ChargeAnswer {
		if !first {
			return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "r", Code: "51"}}
		}
		first = false
		w.clock.Advance(10 * time.Minute) // it sleeps through its lease
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "r"}}
	}
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	op, err = s.Get(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDeclined, op.Status, op.Why)
}

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
			charge, err := s.Recharge(t.Context(), topUp("k"))
			require.NoError(t, err)
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
			op, err := s.Recharge(t.Context(), topUp("k"))
			require.NoError(t, err)
			h.inquire = func() ports.ChargeAnswer {
				_, err := carryOut(t.Context(), s, resolution{ID: op.ID, Decision: ports.DecisionApprove, By: ports.By{Who: "kim", Why: "seen"}})
				require.NoError(t, err)
				return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "r"}, Amount: decimal.NewNullDecimal(won(tc.amount))}
			}
			w.clock.Advance(time.Hour)
			_, err = s.Follow(t.Context(), 10)
			require.NoError(t, err)
			op, err = s.Get(t.Context(), op.ID)
			require.NoError(t, err)
			require.Equal(t, tc.status, op.Status, op.Why)
		})
	}
}

// conflicting is a store in which other processes are always faster, once it is told so.
type conflicting struct {
	ports.Store
	on *atomic.Bool
}

func (c conflicting) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	if !c.on.Load() {
		return c.Store.Commit(ctx, units)
	}
	fates := make([]ports.Fate, len(units))
	for i, unit := range units {
		for _, op := range unit.Operations {
			fates[i] = ports.Fate{Status: ports.FateOperationConflict, IDs: []string{op.Head().ID}}
		}
	}
	return fates
}

// TestService_Follow_late_answer_and_conflicts: keeping a late answer ends with an error in
// a store where other processes are always faster.
func TestService_Follow_late_answer_and_conflicts(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	h := &hookBank{bank: b}
	w.charger = h
	on := new(atomic.Bool)
	w.store = conflicting{w.store, on}
	s, _ := w.process(t, crashtest.Immortal(), nil)
	op, err := s.Recharge(t.Context(), topUp("k"))
	require.NoError(t, err)
	h.inquire = func() ports.ChargeAnswer {
		_, err := carryOut(t.Context(), s, resolution{ID: op.ID, Decision: ports.DecisionDecline, By: ports.By{Who: "kim", Why: "seen"}})
		require.NoError(t, err)
		on.Store(true)
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "r"}}
	}
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.ErrorIs(t, err, ports.ErrConflict)
}
