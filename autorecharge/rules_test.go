package autorecharge_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/worker"
)

// TestEngine_Evaluate_fault: a fault of ours says nothing about the payment method. After
// the back-off the same one is charged, and not the next.
func TestEngine_Evaluate_fault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Code: "500"}, NextMethod: true})
	w.set(usual())
	w.spend(9_500)
	w.step()
	require.Equal(t, []string{"first"}, w.cards.used())
	for range 5 {
		w.clock.Advance(minute)
		w.step()
	}
	require.Greater(t, w.cards.count(), 1)
	require.NotContains(t, w.cards.used(), "second")
}

// TestEngine_Evaluate_caps/money_of_a_charge_that_fell_short: what was credited counts
// against the day's money, though the attempt is a failure.
//
// TestEngine_Evaluate_caps/money_of_a_disputed_attempt: what was ordered counts, as it may
// have moved.
func TestEngine_Evaluate_caps(t *testing.T) {
	t.Parallel()
	t.Run("money_of_a_charge_that_fell_short", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}, Amount: optional(60_000)})
		terms := usual()
		terms.DailyAmount = optional(150_000)
		w.set(terms)
		w.low()
		require.Equal(t, 1, w.policy().State.Failures)
		w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
		w.clock.Advance(20 * minute)
		w.low()
		require.Len(t, w.cards.charges, 2)
		require.True(t, w.cards.charges[1].Amount.Equal(won(90_000)), w.cards.charges[1].Amount)
	})
	t.Run("money_of_a_disputed_attempt", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.cards.answer("first", ports.ChargeAnswer{})
		terms := usual()
		terms.DailyAmount = optional(150_000)
		w.set(terms)
		w.low()
		ops, err := w.recharges.List(t.Context(), recharge.Listing{WalletID: "w"})
		require.NoError(t, err)
		require.Len(t, ops, 1)
		_, err = w.recharges.Approve(t.Context(), recharge.ApproveRequest{ID: ops[0].ID, By: kim("seen")})
		require.NoError(t, err)
		_, err = w.recharges.Dispute(t.Context(), ports.Act{ID: ops[0].ID, By: kim("chargeback")})
		require.NoError(t, err)
		w.clock.Advance(10 * minute)
		w.step()
		require.Nil(t, w.policy().State.Attempt)
		require.Equal(t, ports.PolicySuspended, w.policy().Status)
		_, err = w.recharges.Keep(t.Context(), recharge.KeepRequest{ID: ops[0].ID, By: kim("seen")})
		require.NoError(t, err)
		_, err = w.engine.Reinstate(t.Context(), acting("w", kim("it stands")))
		require.NoError(t, err)
		w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
		w.low()
		require.Len(t, w.cards.charges, 2)
		require.True(t, w.cards.charges[1].Amount.Equal(won(50_500)), w.cards.charges[1].Amount)
	})
}

// TestEngine_Set_counts_on: what was charged under policies that were deleted counts against
// the caps, however many there were and in whatever order their ids are.
func TestEngine_Set_counts_on(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]func(int) int{
		"ids_ascend":  func(n int) int { return n },
		"ids_descend": func(n int) int { return 999_999 - n },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			made := 0
			ids := ports.IDsFunc(func() string {
				made++
				return fmt.Sprintf("id-%06d", next(made))
			})
			var err error
			w.engine, err = autorecharge.New(w.store, w.wallets, w.recharges, autorecharge.Config{Clock: w.clock, IDs: ids})
			require.NoError(t, err)
			w.worker, err = worker.New(worker.Config{}, append(w.recharges.Jobs(), w.engine.Jobs()...)...)
			require.NoError(t, err)
			terms := usual()
			terms.DailyCount = 3
			for range 3 {
				w.set(terms)
				w.low()
				require.NoError(t, w.engine.Delete(t.Context(), acting("w", kim("asked"))))
			}
			require.Equal(t, 3, w.cards.count())
			w.set(terms)
			w.low()
			require.Equal(t, 3, w.cards.count())
		})
	}
}

// TestEngine_Evaluate_claim_sees_the_wallet: cash arrives between the look and the claim.
// The claim is judged on the wallet that it is written with: no order is written.
func TestEngine_Evaluate_claim_sees_the_wallet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	w.spend(9_500)
	other := w.process
	w.store = &meddler{Store: w.store, before: func() {
		_, err := other.wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "cash", Amount: won(60_000)})
		require.NoError(t, err)
	}}
	w.process = w.start(crashtest.Immortal(), false)
	w.step()
	ops, err := w.recharges.List(t.Context(), recharge.Listing{WalletID: "w"})
	require.NoError(t, err)
	require.Empty(t, ops)
	require.Zero(t, w.cards.count())
	require.Nil(t, w.policy().State.Attempt)
}
