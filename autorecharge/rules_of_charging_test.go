package autorecharge_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// Each of these rules keeps customers from being charged wrongly. Without the rule its test
// fails.

func TestEngine_charges_at_the_threshold_up_to_the_target(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	w.spend(8_999)
	w.step()
	require.Zero(t, w.cards.count(), "1,001 is above the minimum")
	w.spend(1)
	w.step()
	require.Equal(t, []string{"first"}, w.cards.used(), "exactly at the minimum")
	require.True(t, w.balance().Equal(won(100_000)))
	for range 5 {
		w.clock.Advance(minute)
		w.step()
	}
	require.Equal(t, 1, w.cards.count())
}

func TestTrigger_acts_after_the_debit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.process = w.start(crashtest.Immortal(), true)
		w.set(usual())
		w.spend(9_500)
		w.trigger.Wait()
		require.True(t, w.balance().Equal(won(100_000)), "no worker has stepped")
	})
}

func TestEngine_claims_an_attempt_before_the_charge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault}})
	terms := usual()
	terms.DailyCount = 2
	w.set(terms)
	w.spend(9_500)
	for range 60 {
		w.step()
		w.clock.Advance(10 * minute)
	}
	require.Equal(t, 2, w.cards.count(), "failed attempts count against the caps")
	d, english, _ := w.explain()
	require.Equal(t, autorecharge.ReasonDailyCount, d.Why)
	require.Contains(t, english, "2026-11-02 00:00:10 KST")
}

func TestEngine_unknown_counts_as_an_attempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", ports.ChargeAnswer{})
	w.set(usual())
	w.spend(9_500)
	for range 30 {
		w.step()
		w.clock.Advance(minute)
	}
	require.Equal(t, []string{"first"}, w.cards.used(), "an unknown charge is neither retried nor tried with another card")
	require.NotNil(t, w.policy().State.Attempt)
	w.cards.answer("inquiry of first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
	for range 15 {
		w.clock.Advance(minute)
		w.step()
	}
	require.True(t, w.balance().Equal(won(100_000)))
	require.Nil(t, w.policy().State.Attempt)
	require.Equal(t, 1, w.cards.count())
}

func TestEngine_only_a_decline_moves_on_to_the_next_method(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer ports.ChargeAnswer
		want   []string
	}{
		"a decline":                    {declined(true), []string{"first", "second"}},
		"a decline for all methods":    {declined(false), []string{"first"}},
		"an outage, whatever it says":  {ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}, NextMethod: true}, []string{"first"}},
		"an outage":                    {ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}, []string{"first"}},
		"a fault of ours":              {ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault}}, []string{"first"}},
		"an unknown":                   {ports.ChargeAnswer{}, []string{"first"}},
		"something that is on its way": {ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}}, []string{"first"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.cards.answer("first", tc.answer)
			w.set(usual())
			w.spend(9_500)
			w.step()
			w.step()
			require.Equal(t, tc.want, w.cards.used())
		})
	}
}

func TestEngine_failures_back_off_and_suspend_before_the_event(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.answer("first", declined(false))
		told := ports.PolicyStatus("")
		w.events.saw = func(e ports.Event) {
			if p, ok := e.(ports.PolicyEvent); ok && p.What == "suspended" {
				stored, err := w.engine.Get(t.Context(), "w")
				if err == nil {
					told = stored.Status
				}
			}
		}
		w.set(usual())
		w.spend(9_500)
		var at []time.Duration
		start := w.clock.Now()
		for range 24 * 60 {
			before := w.cards.count()
			w.step()
			if w.cards.count() > before {
				at = append(at, w.clock.Now().Sub(start))
			}
			w.clock.Advance(minute)
		}
		require.Equal(t, []time.Duration{0, minute, 3 * minute, 7 * minute, 15 * minute}, at)
		require.Equal(t, ports.PolicySuspended, w.policy().Status, "the passing of time does not reinstate")
		synctest.Wait()
		require.Equal(t, []string{"policy.failing", "policy.suspended"}, w.events.list(), "once per change of state")
		require.Equal(t, ports.PolicySuspended, told, "durable before anybody was told")
	})
}

// TestEngine_tells_no_suspension_that_is_not_written lets the process die at each of its
// calls: a host that was told must find the policy suspended.
func TestEngine_tells_no_suspension_that_is_not_written(t *testing.T) {
	t.Parallel()
	told := 0
	for _, life := range crashtest.Lives(8) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Permanent: true}})
			w.set(usual())
			w.spend(9_500)
			_ = w.start(life.Life(), false).engine.Evaluate(t.Context(), "w") // whatever it could do
			synctest.Wait()
			if slices.Contains(w.events.list(), "policy.suspended") {
				told++
				require.Equal(t, ports.PolicySuspended, w.policy().Status, life.Name)
			}
		})
	}
	require.Positive(t, told)
}

func TestEngine_permanent_failure_suspends_at_once(t *testing.T) {
	t.Parallel()
	for _, outcome := range []ports.Outcome{ports.OutcomeDeclined, ports.OutcomeFault} {
		w := newWorld(t)
		w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: outcome, Permanent: true}})
		w.set(usual())
		w.spend(9_500)
		w.step()
		require.Equal(t, ports.PolicySuspended, w.policy().Status)
		require.Equal(t, 1, w.cards.count())
	}
}

func TestEngine_what_reinstates(t *testing.T) {
	t.Parallel()
	for name, reinstate := range map[string]func(w *world){
		"a person": func(w *world) {
			_, err := w.engine.Reinstate(w.t.Context(), acting("w", kim("asked")))
			require.NoError(w.t, err)
		},
		"a changed payment method": func(w *world) {
			terms := usual()
			terms.Methods[0].ID = "third"
			w.set(terms)
		},
		"a recharge by hand": func(w *world) {
			w.deposit("w", 50_000)
			w.step()
			require.Equal(w.t, ports.PolicyActive, w.policy().Status)
			w.spend(50_000)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Permanent: true}})
			w.set(usual())
			w.deposit("w", 1) // before it was suspended, by whatever clock
			w.spend(9_501)
			w.step()
			require.Equal(t, ports.PolicySuspended, w.policy().Status)
			same := usual()
			same.RechargeTo = won(90_000)
			w.set(same)
			w.clock.Advance(100 * time.Hour)
			w.step()
			require.Equal(t, ports.PolicySuspended, w.policy().Status, "new terms with the same cards do not, nor does time")
			w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
			reinstate(w)
			w.step()
			w.step()
			require.Equal(t, ports.PolicyActive, w.policy().Status)
			require.Equal(t, 2, w.cards.count())
		})
	}
}

func TestEngine_one_attempt_over_all_processes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	var others []*process
	for range 4 {
		others = append(others, w.start(crashtest.Immortal(), false))
	}
	w.spend(9_500)
	done := make(chan error, 16)
	for i := range 16 {
		go func() { done <- others[i%4].engine.Evaluate(t.Context(), "w") }()
	}
	for range 16 {
		require.NoError(t, <-done)
	}
	require.Equal(t, 1, w.cards.count())
	require.True(t, w.balance().Equal(won(100_000)))
}

func TestEngine_money_under_way_counts_towards_the_target(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	w.cards.answer("by hand", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}})
	w.cards.answer("inquiry of by hand", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}})
	_, err := w.recharges.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: "cards", PaymentMethod: "by hand", Amount: won(60_000)})
	require.NoError(t, err)
	w.spend(9_500)
	w.step()
	require.Equal(t, []string{"by hand"}, w.cards.used(), "60,000 is on its way")
	d, _, err := w.engine.Explain(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, autorecharge.ReasonUnderWay, d.Why)
	w.cards.answer("inquiry of by hand", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
	for range 10 {
		w.clock.Advance(minute)
		w.step()
	}
	require.Equal(t, 1, w.cards.count(), "and was enough")
}

// TestCrashes lets the process die before and after each call that has an effect, in a
// debit with a trigger-less engine, between attempt and answer, between methods; a
// second process goes on. Nothing is lost or doubled.
func TestCrashes(t *testing.T) {
	t.Parallel()
	cells := 0
	for _, answer := range []ports.ChargeAnswer{{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}, declined(true), {}} {
		for _, life := range crashtest.Lives(14) {
			cells++
			w := newWorld(t)
			w.set(usual())
			w.cards.answer("first", answer)
			w.cards.answer("inquiry of first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined}, NextMethod: true})
			w.cards.answer("inquiry of second", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}})
			w.spend(9_500)
			dying := w.start(life.Life(), false)
			_ = dying.worker.Step(t.Context()) // whatever it could do
			for range 120 {
				w.clock.Advance(minute)
				w.step()
			}
			require.True(t, w.balance().Equal(won(500).Add(w.cards.charged["w"])), life.Name)
			require.True(t, w.balance().Equal(won(100_000)), "%s: %s", life.Name, w.balance())
			require.Nil(t, w.policy().State.Attempt, life.Name)
			_, err := w.wallets.Verify(t.Context(), "w")
			require.NoError(t, err)
		}
	}
	t.Logf("%d cells", cells)
}

func TestEngine_Delete_Disable_Enable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	_, err := w.engine.Disable(t.Context(), acting("w", kim("asked")))
	require.NoError(t, err)
	w.spend(9_500)
	w.step()
	require.Zero(t, w.cards.count())
	_, err = w.engine.Reinstate(t.Context(), acting("w", kim("asked")))
	require.ErrorIs(t, err, ports.ErrNotOpen, "what the host switched off only the host switches on")
	_, err = w.engine.Enable(t.Context(), acting("w", kim("asked")))
	require.NoError(t, err)
	w.step()
	require.Equal(t, 1, w.cards.count())
	_, err = w.engine.Suspend(t.Context(), acting("w", kim("audit")))
	require.NoError(t, err)
	require.Equal(t, ports.PolicySuspended, w.policy().Status)
	require.NoError(t, w.engine.Delete(t.Context(), acting("w", kim("asked"))))
	_, err = w.engine.Get(t.Context(), "w")
	require.ErrorIs(t, err, ports.ErrNotFound)
	w.set(usual())
	require.Equal(t, ports.PolicySuspended, w.policy().Status, "what an operator suspended outlives the policy")
	_, err = w.engine.Reinstate(t.Context(), acting("w", kim("asked")))
	require.NoError(t, err)
	require.Equal(t, ports.PolicyActive, w.policy().Status)
}

func TestEngine_frozen_wallet_is_not_recharged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	w.spend(9_500)
	_, err := w.wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "freeze", By: ports.By{Who: "kim", Why: "asked by mail"}})
	require.NoError(t, err)
	w.step()
	require.Zero(t, w.cards.count())
	_, err = w.wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "unfreeze", By: ports.By{Who: "kim", Why: "asked by mail"}})
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	w.step()
	require.Equal(t, 1, w.cards.count())
}

func TestEngine_policy_ends_with_its_wallet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	terms := usual()
	terms.MinimumCash, terms.AlertLevels = won(0), append(terms.AlertLevels, won(5_000))
	w.set(terms)
	w.spend(10_000)
	_, err := w.wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "close", By: ports.By{Who: "kim", Why: "asked by mail"}})
	require.NoError(t, err)
	require.NoError(t, w.engine.Evaluate(t.Context(), "w"))
	w.step()
	_, err = w.engine.Get(t.Context(), "w")
	require.ErrorIs(t, err, ports.ErrNotFound)
}

// TestEngine_Disable_outlives_what_reinstates, though an attempt that was under way ends
// afterwards, either way.
func TestEngine_Disable_outlives_what_reinstates(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]ports.ChargeAnswer{
		"approved": {Answer: ports.Answer{Outcome: ports.OutcomeApproved}}, "declined for good": {Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Permanent: true}},
	} {
		for _, status := range []ports.PolicyStatus{ports.PolicyDisabled, ports.PolicySuspended} {
			w := newWorld(t)
			w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}})
			w.cards.answer("inquiry of first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}})
			w.set(usual())
			w.spend(9_500)
			w.step()
			var err error
			if status == ports.PolicyDisabled {
				_, err = w.engine.Disable(t.Context(), acting("w", kim("asked")))
			} else {
				_, err = w.engine.Suspend(t.Context(), acting("w", kim("fraud")))
			}
			require.NoError(t, err)
			w.cards.answer("inquiry of first", end)
			for range 20 {
				w.clock.Advance(minute)
				w.step()
			}
			require.Nil(t, w.policy().State.Attempt)
			require.Equal(t, status, w.policy().Status, name)
			require.Equal(t, 1, w.cards.count())
		}
	}
}

// TestEngine_Reinstate_alone_lifts_a_suspension_by_a_person.
func TestEngine_Reinstate_alone_lifts_a_suspension_by_a_person(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	_, err := w.engine.Suspend(t.Context(), acting("w", kim("fraud")))
	require.NoError(t, err)
	w.clock.Advance(minute)
	w.deposit("w", 1)
	w.step()
	terms := usual()
	terms.Methods[0].ID = "third"
	w.set(terms)
	w.low()
	require.Equal(t, ports.PolicySuspended, w.policy().Status)
	require.Equal(t, "fraud", w.policy().State.Why)
	require.Zero(t, w.cards.count())
	_, err = w.engine.Reinstate(t.Context(), acting("w", kim("asked")))
	require.NoError(t, err)
	w.step()
	require.Equal(t, []string{"third"}, w.cards.used())
}

// TestEngine_reinstates_by_the_wallet_and_not_by_clocks: a deposit of the same instant counts when it
// came after, and one from before never does.
func TestEngine_reinstates_by_the_wallet_and_not_by_clocks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Permanent: true}})
	w.set(usual())
	ahead := w.clock.Now()
	w.clock.Advance(minute)
	w.deposit("w", 1)
	w.spend(9_501)
	w.clock.Advance(ahead.Sub(w.clock.Now())) // the engine's clock is a minute behind
	w.step()
	require.Equal(t, ports.PolicySuspended, w.policy().Status)
	for range 5 {
		require.NoError(t, w.engine.Evaluate(t.Context(), "w"))
	}
	require.Equal(t, 1, w.cards.count())
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
	w.deposit("w", 1)
	require.NoError(t, w.engine.Evaluate(t.Context(), "w"))
	require.Equal(t, ports.PolicyActive, w.policy().Status)
}

// TestEngine_small_recharge_by_hand_reinstates: the balance fell further after the policy
// suspended itself, and what arrives does not bring it back to where it was.
func TestEngine_small_recharge_by_hand_reinstates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Permanent: true}})
		w.process = w.start(crashtest.Immortal(), true)
		w.set(usual())
		w.spend(9_100)
		w.trigger.Wait()
		require.Equal(t, ports.PolicySuspended, w.policy().Status)
		w.spend(850)
		w.clock.Advance(minute)
		w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
		w.deposit("w", 100)
		w.trigger.Wait()
		require.Equal(t, ports.PolicyActive, w.policy().Status)
		require.True(t, w.balance().Equal(won(100_000)))
	})
}
