package autorecharge_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestEngine_claim_after_a_sleep_is_refused: when it wakes, another has met the need,
// or the host has changed its mind.
func TestEngine_claim_after_a_sleep_is_refused(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]struct {
		does    func(w *world, other *process)
		charges int
	}{
		"another charges": {func(w *world, other *process) { require.NoError(w.t, other.engine.Evaluate(w.t.Context(), "w")) }, 1},
		"another is at it": {func(w *world, other *process) {
			w.cards.answer("first", ports.ChargeAnswer{})
			require.NoError(w.t, other.engine.Evaluate(w.t.Context(), "w"))
		}, 1},
		"the host disables it": {func(w *world, other *process) {
			_, err := other.engine.Disable(w.t.Context(), acting("w", kim("asked")))
			require.NoError(w.t, err)
		}, 0},
		"a person suspends it": {func(w *world, other *process) {
			_, err := other.engine.Suspend(w.t.Context(), acting("w", kim("fraud")))
			require.NoError(w.t, err)
		}, 0},
		"money arrives": {func(w *world, _ *process) { w.deposit("w", 50_000) }, 0},
		"the wallet is frozen": {func(w *world, other *process) {
			_, err := other.wallets.Freeze(w.t.Context(), ledger.StatusRequest{WalletID: "w", Key: "f", By: ports.By{Who: "kim", Why: "asked by mail"}})
			require.NoError(w.t, err)
		}, 0},
		"the policy is deleted": {func(w *world, other *process) {
			require.NoError(w.t, other.engine.Delete(w.t.Context(), acting("w", kim("asked"))))
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.cards.lane = "account"
			w.set(usual())
			w.spend(9_500)
			other := w.process
			w.store = &meddler{Store: w.store, before: func() { meanwhile.does(w, other) }}
			slept := w.start(crashtest.Immortal(), false)
			w.t = t
			require.NoError(t, slept.engine.Evaluate(t.Context(), "w"))
			require.Equal(t, meanwhile.charges, w.cards.count())
		})
	}
}

// TestEngine_taken_lane_is_no_attempt: nothing was sent, nothing counts, and it comes back.
func TestEngine_taken_lane_is_no_attempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.lane = "account"
	w.open("other", 1_000)
	w.cards.answer("hers", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}})
	w.cards.answer("inquiry of hers", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}})
	_, err := w.recharges.Recharge(t.Context(), recharge.Request{WalletID: "other", Key: "k", Charger: "cards", PaymentMethod: "hers", Amount: won(5)})
	require.NoError(t, err)
	w.set(usual())
	w.spend(9_500)
	w.step()
	require.Equal(t, []string{"hers"}, w.cards.used())
	require.Nil(t, w.policy().State.Attempt)
	require.Empty(t, w.policy().State.Charges)
	require.Zero(t, w.policy().State.Failures)
	w.cards.answer("inquiry of hers", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
	for range 15 {
		w.clock.Advance(minute)
		w.step()
	}
	require.Equal(t, []string{"hers", "first"}, w.cards.used())
}

// TestEngine_policy_that_changes_during_the_charge, on what it is by then.
func TestEngine_policy_that_changes_during_the_charge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	w.spend(9_500)
	w.cards.before = func(ports.ChargeOrder) {
		_, err := w.engine.Disable(context.Background(), acting("w", kim("asked")))
		require.NoError(t, err)
	}
	require.NoError(t, w.start(crashtest.Immortal(), false).engine.Evaluate(t.Context(), "w"))
	require.Nil(t, w.policy().State.Attempt)
	require.Equal(t, ports.PolicyDisabled, w.policy().Status)
	require.True(t, w.policy().State.Charges[0].Amount.Equal(won(99_500)), "it goes on counting")
}

// TestEngine_charge_that_falls_short_is_a_failure: a provider that moves less than was ordered would
// be charged again and again.
func TestEngine_charge_that_falls_short_is_a_failure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}, Amount: optional(1)})
	w.set(usual())
	w.spend(9_500)
	for range 48 * 60 {
		w.clock.Advance(minute)
		w.step()
	}
	require.Equal(t, ports.PolicySuspended, w.policy().Status)
	require.Equal(t, 5, w.cards.count())
	require.True(t, w.balance().Equal(won(505)), "what moved is credited")
}

// TestEngine_success_resets_the_count_of_failures: failures are counted in a row.
func TestEngine_success_resets_the_count_of_failures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	for range 3 {
		w.cards.answer("first", declined(false))
		w.low()
		for range 10 { // four failures in a row, of five
			w.clock.Advance(minute)
			w.step()
		}
		require.Equal(t, 4, w.policy().State.Failures)
		w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
		for range 10 {
			w.clock.Advance(minute)
			w.step()
		}
		require.Zero(t, w.policy().State.Failures)
		require.Equal(t, ports.PolicyActive, w.policy().Status)
	}
}

// TestEngine_money_that_was_taken_back_suspends: a recharge that is reversed or disputed
// suspends the policy, so that the card is not charged again at once.
func TestEngine_money_that_was_taken_back_suspends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.set(usual())
		w.spend(9_500)
		w.step()
		ops, err := w.recharges.List(t.Context(), recharge.Listing{WalletID: "w"})
		require.NoError(t, err)
		_, err = w.recharges.Dispute(t.Context(), ports.Act{ID: ops[0].ID, By: ports.By{Who: "kim", Why: "chargeback"}})
		require.NoError(t, err)
		w.low()
		require.Equal(t, 1, w.cards.count(), "disputed")
		require.Equal(t, ports.PolicySuspended, w.policy().Status)
		_, err = w.recharges.Keep(t.Context(), recharge.KeepRequest{ID: ops[0].ID, By: ports.By{Who: "kim", Why: "it stands"}})
		require.NoError(t, err)
		_, err = w.engine.Reinstate(t.Context(), acting("w", kim("asked")))
		require.NoError(t, err)
		w.step()
		require.Equal(t, 2, w.cards.count(), "a person decided")
		_, err = w.recharges.Reverse(t.Context(), ports.Act{ID: ops[0].ID, By: ports.By{Who: "kim", Why: "refunded"}})
		require.NoError(t, err)
		w.step()
		require.Equal(t, 2, w.cards.count(), "taken back")
		require.Equal(t, ports.PolicySuspended, w.policy().Status)
		_, err = w.engine.Reinstate(t.Context(), acting("w", kim("asked")))
		require.NoError(t, err)
		w.step()
		require.Equal(t, 3, w.cards.count())
		synctest.Wait()
		require.Equal(t, []string{"policy.suspended", "policy.suspended"}, w.events.list())
	})
}

// TestEngine_sees_an_attempt_that_a_person_ends, however late the provider wanted to be asked.
func TestEngine_sees_an_attempt_that_a_person_ends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, InquireAfter: 20 * time.Hour}})
	w.set(usual())
	w.spend(9_500)
	w.step()
	ops, err := w.recharges.List(t.Context(), recharge.Listing{WalletID: "w"})
	require.NoError(t, err)
	_, err = w.recharges.Decline(t.Context(), ports.Act{ID: ops[0].ID, By: ports.By{Who: "kim", Why: "refused"}})
	require.NoError(t, err)
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
	for range 12 {
		w.clock.Advance(minute)
		w.step()
	}
	require.True(t, w.balance().Equal(won(100_000)))
}

// TestTrigger_policy_that_hangs_delays_no_other, neither their charges nor their alerts.
func TestTrigger_policy_that_hangs_delays_no_other(t *testing.T) {
	t.Parallel()
	for name, triggered := range map[string]bool{"by the trigger": true, "in a sweep": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				release := make(chan struct{})
				w.cards.before = func(o ports.ChargeOrder) {
					if o.WalletID == "a" {
						<-release
					}
				}
				p := w.start(crashtest.Immortal(), triggered)
				w.process = w.start(crashtest.Immortal(), false)
				w.open("a", 10_000)
				w.open("z", 10_000)
				terms := usual()
				terms.AlertLevels = []decimal.Decimal{won(5_000)}
				for _, id := range []string{"a", "z"} {
					_, err := w.engine.Set(t.Context(), setting(id, terms))
					require.NoError(t, err)
				}
				w.step()
				for _, id := range []string{"a", "z"} {
					_, err := p.wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: id, Key: "all", Amount: won(9_500)})
					require.NoError(t, err)
				}
				if !triggered {
					go func() { _, _ = p.engine.Sweep(context.Background(), 100) }()
				}
				synctest.Wait()
				require.Equal(t, []string{"alert 5000", "alert 5000"}, w.events.list())
				z, err := w.wallets.Wallet(t.Context(), "z")
				require.NoError(t, err)
				require.True(t, z.Balance.Equal(won(100_000)))
				close(release)
				p.trigger.Wait()
				synctest.Wait()
				a, err := w.wallets.Wallet(t.Context(), "a")
				require.NoError(t, err)
				require.True(t, a.Balance.Equal(won(100_000)))
			})
		})
	}
}

// TestEngine_alerts_before_it_asks_a_provider, however many wait.
func TestEngine_alerts_before_it_asks_a_provider(t *testing.T) {
	t.Parallel()
	for name, triggered := range map[string]bool{"by the trigger": true, "in a sweep": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				release := make(chan struct{})
				w.cards.before = func(ports.ChargeOrder) { <-release }
				p := w.start(crashtest.Immortal(), triggered)
				for i := range 20 {
					id := fmt.Sprint("wallet ", i)
					w.open(id, 10_000)
					terms := usual()
					terms.AlertLevels = []decimal.Decimal{won(5_000)}
					_, err := p.engine.Set(t.Context(), setting(id, terms))
					require.NoError(t, err)
					_, err = p.wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: id, Key: "all", Amount: won(9_500)})
					require.NoError(t, err)
				}
				if !triggered {
					go func() { _, _ = p.engine.Sweep(context.Background(), 100) }()
				}
				synctest.Wait()
				told := w.events.list()
				close(release)
				p.trigger.Wait()
				synctest.Wait()
				require.Len(t, told, 20)
				require.Equal(t, 20, w.cards.count())
			})
		})
	}
}
