package autorecharge_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

var dead = ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Code: "expired", Permanent: true}, NextMethod: true}

// low brings the wallet to 500 again.
func (w *world) low() {
	w.t.Helper()
	w.spend(w.balance().Sub(won(500)).IntPart())
	w.step()
}

func TestEngine_dead_card_is_not_tried_again(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", dead)
	w.set(usual())
	w.low()
	w.low()
	require.Equal(t, []string{"first", "second", "second"}, w.cards.used())
	w.cards.answer("second", dead)
	w.low()
	require.Equal(t, ports.PolicySuspended, w.policy().Status, "no card is left: it suspends at once")
	require.Equal(t, 4, w.cards.count())
	_, err := w.engine.Reinstate(t.Context(), acting("w", kim("asked")))
	require.NoError(t, err)
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
	w.step()
	require.Equal(t, "first", w.cards.used()[4], "a person arms all of them again")
}

// TestEngine_tells_the_first_decline_though_the_next_card_pays, once until the card works again.
func TestEngine_tells_the_first_decline_though_the_next_card_pays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.answer("first", declined(true))
		w.set(usual())
		w.low()
		w.low()
		w.low()
		synctest.Wait()
		require.Equal(t, []string{"policy.declined"}, w.events.list())
		w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
		w.low()
		w.cards.answer("first", declined(true))
		w.low()
		synctest.Wait()
		require.Equal(t, []string{"policy.declined", "policy.declined"}, w.events.list())
		require.Zero(t, w.policy().State.Failures, "the needs were met")
	})
}

func TestEngine_tells_changes_of_state_once(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.answer("first", declined(true))
		w.cards.answer("second", declined(true))
		w.set(usual())
		w.low()
		for range 5 {
			w.clock.Advance(minute)
			w.step()
		}
		w.cards.answer("second", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
		for range 10 {
			w.clock.Advance(minute)
			w.step()
		}
		synctest.Wait()
		require.Equal(t, []string{"policy.declined", "policy.failing", "policy.recovered"}, w.events.list())
	})
}

// TestEngine_outage_backs_off_and_suspends_nothing: a provider that cannot be reached says
// nothing about the card.
func TestEngine_outage_backs_off_and_suspends_nothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.answer("first", declined(true))
		w.cards.answer("second", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: "no route"}})
		w.set(usual())
		w.low()
		for range 24 * 60 {
			w.clock.Advance(minute)
			w.step()
		}
		require.Equal(t, ports.PolicyActive, w.policy().Status)
		require.Equal(t, 1+10+2, w.cards.count(), "after 0, 1, 3 … 511 minutes, and then every six hours")
		require.Equal(t, "first", w.cards.used()[0])
		require.NotContains(t, w.cards.used()[1:], "first", "an outage is no decline: the round goes on where it was")
		w.cards.answer("second", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
		for range 6 * 60 {
			w.clock.Advance(minute)
			w.step()
		}
		require.True(t, w.balance().Equal(won(100_000)))
		synctest.Wait()
		require.Equal(t, []string{"policy.declined", "policy.failing", "policy.recovered"}, w.events.list())
	})
}

func TestEngine_caps_outlive_Delete_and_Set(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	terms := usual()
	terms.DailyCount, terms.MonthlyAmount = 2, optional(250_000)
	w.set(terms)
	w.low()
	for range 5 { // what was counted is carried on, once
		require.NoError(t, w.engine.Delete(t.Context(), acting("w", kim("asked"))))
		w.set(terms)
	}
	w.low()
	require.Equal(t, 2, w.cards.count())
	w.low()
	require.Equal(t, 2, w.cards.count(), "the day's attempts were made under the old policies too")
	w.clock.Advance(24 * time.Hour)
	w.step()
	require.Equal(t, 3, w.cards.count())
	require.True(t, w.balance().Equal(won(51_500)), "199,000 of the month's 250,000 were charged before: %s", w.balance())
}

// TestEngine_state_stays_small: a policy without caps on a busy wallet keeps a line a day.
func TestEngine_state_stays_small(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	for range 70 {
		for range 5 {
			w.low()
		}
		w.clock.Advance(24 * time.Hour)
	}
	charges := w.policy().State.Charges
	require.LessOrEqual(t, len(charges), 63)
	for _, c := range charges[:len(charges)-2] {
		require.Equal(t, 5, c.Count)
	}
}

// meddler is a store in which something happens before the first commit of an attempt.
type meddler struct {
	ports.Store
	before func()
}

func (m *meddler) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	for _, unit := range units {
		for _, op := range unit.Operations {
			if policy, ok := op.(*ports.Policy); ok && stateful(policy).State.Attempt != nil && m.before != nil {
				before := m.before
				m.before = nil
				before()
			}
		}
	}
	return m.Store.Commit(ctx, units)
}

// TestEngine_recharge_by_hand_between_look_and_claim, though it has not ended.
func TestEngine_recharge_by_hand_between_look_and_claim(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	w.spend(9_500)
	w.cards.answer("by hand", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}})
	w.cards.answer("inquiry of by hand", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}})
	byHand := w.recharges
	w.store = &meddler{Store: w.store, before: func() {
		_, err := byHand.Recharge(w.t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: "cards", PaymentMethod: "by hand", Amount: won(60_000)})
		require.NoError(t, err)
	}}
	w.process = w.start(crashtest.Immortal(), false)
	w.step()
	require.Equal(t, []string{"by hand"}, w.cards.used())
	require.Nil(t, w.policy().State.Attempt)
	require.Empty(t, w.policy().State.Charges, "what reached no provider does not count")
}

// blind is a store that cannot read the policies of some wallets.
type blind struct {
	ports.Store
	lanes map[string]bool
}

func (b blind) FindOperations(ctx context.Context, f ports.OperationFilter) ([]ports.Operation, error) {
	if b.lanes[f.Lane] {
		return nil, crashtest.ErrDead
	}
	return b.Store.FindOperations(ctx, f)
}

// TestEngine_Sweep_goes_on_past_wallets_that_fail, whether they are found because they
// are low or because their policies are due.
func TestEngine_Sweep_goes_on_past_wallets_that_fail(t *testing.T) {
	t.Parallel()
	for _, byWatch := range []bool{false, true} {
		t.Run(fmt.Sprint("watched: ", byWatch), func(t *testing.T) {
			t.Parallel()
			keepsNoPolicyFromItsTurn(t, byWatch)
		})
	}
}

// TestEngine_Sweep_keeps_its_limit.
func TestEngine_Sweep_keeps_its_limit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		w.open(id, 10_000)
		_, err := w.engine.Set(t.Context(), setting(id, usual()))
		require.NoError(t, err)
		_, err = w.wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: id, Key: "all", Amount: won(9_500)})
		require.NoError(t, err)
	}
	done, err := w.engine.Sweep(t.Context(), 2)
	require.NoError(t, err)
	require.Equal(t, 2, done)
	require.Equal(t, 2, w.cards.count())
}

func keepsNoPolicyFromItsTurn(t *testing.T, byWatch bool) {
	t.Helper()
	w := newWorld(t)
	failing := blind{Store: w.store, lanes: make(map[string]bool)}
	ids := []string{"a", "b", "c", "d", "e", "w"}
	for _, id := range ids {
		if id != "w" {
			w.open(id, 10_000)
			failing.lanes[ports.PolicyLane(id)] = true
		}
		_, err := w.engine.Set(t.Context(), setting(id, usual()))
		require.NoError(t, err)
		if byWatch {
			w.step() // what is above is watched, and is due no more
		}
	}
	for _, id := range ids {
		_, err := w.wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: id, Key: "all", Amount: won(9_500)})
		require.NoError(t, err)
	}
	w.store = failing
	w.process = w.start(crashtest.Immortal(), false)
	reported := 0
	for range 6 {
		if _, err := w.engine.Sweep(t.Context(), 2); err != nil {
			reported++
		}
	}
	require.Positive(t, reported)
	require.True(t, w.balance().Equal(won(100_000)))
}

// TestDecide_round_that_rested_is_over: what declined long ago is tried again in its turn.
func TestDecide_round_that_rested_is_over(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", declined(true))
	w.cards.answer("second", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}})
	w.set(usual())
	w.low()
	w.deposit("w", 50_000)
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
	w.clock.Advance(20 * 24 * time.Hour)
	w.low()
	require.Equal(t, []string{"first", "second", "first"}, w.cards.used())
}

// TestEngine_late_decline_is_a_decline: the next card is charged, and without
// one the round has failed.
func TestEngine_late_decline_is_a_decline(t *testing.T) {
	t.Parallel()
	for _, cards := range []int{1, 2} {
		w := newWorld(t)
		w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, InquireAfter: 7 * time.Hour}})
		w.cards.answer("inquiry of first", declined(true))
		terms := usual()
		terms.Methods = terms.Methods[:cards]
		w.set(terms)
		w.low()
		for range 8 * 60 {
			w.clock.Advance(minute)
			w.step()
			if cards == 1 && w.policy().State.Failures > 0 {
				break
			}
		}
		if cards == 1 {
			require.Equal(t, 1, w.policy().State.Failures)
			require.Equal(t, []string{"first"}, w.cards.used(), "it backs off")
			continue
		}
		require.Equal(t, []string{"first", "second"}, w.cards.used())
	}
}

// TestEngine_recharge_by_hand_ends_the_round: the need is met, and the next begins with the first.
func TestEngine_recharge_by_hand_ends_the_round(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", declined(true))
	w.cards.answer("second", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}})
	w.set(usual())
	w.low()
	w.deposit("w", 50_000)
	w.clock.Advance(2 * minute)
	w.step()
	require.Empty(t, w.policy().State.Tried)
	w.low()
	require.Equal(t, []string{"first", "second", "first", "second"}, w.cards.used())
}

// TestEngine_alerts_without_a_payment_method: a policy may do nothing but tell.
func TestEngine_alerts_without_a_payment_method(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.set(ports.PolicyTerms{AlertLevels: append(usual().AlertLevels, won(5_000))})
		w.low()
		synctest.Wait()
		require.Equal(t, []string{"alert 5000"}, w.events.list())
		_, err := w.engine.Set(t.Context(), setting("w", ports.PolicyTerms{MinimumCash: won(1), RechargeTo: won(2)}))
		require.ErrorIs(t, err, ports.ErrInvalid)
	})
}

// TestTrigger_acts_on_a_policy_that_was_just_set: no worker has looked at it.
func TestTrigger_acts_on_a_policy_that_was_just_set(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*world) error{
		"set": func(*world) error { return nil },
		"switched off and on": func(w *world) error {
			_, err := w.engine.Disable(w.t.Context(), acting("w", kim("asked")))
			require.NoError(w.t, err)
			_, err = w.engine.Enable(w.t.Context(), acting("w", kim("asked")))
			return err
		},
		"reinstated": func(w *world) error {
			_, err := w.engine.Suspend(w.t.Context(), acting("w", kim("audit")))
			require.NoError(w.t, err)
			_, err = w.engine.Reinstate(w.t.Context(), acting("w", kim("asked")))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.process = w.start(crashtest.Immortal(), true)
				_, err := w.engine.Set(t.Context(), setting("w", usual()))
				require.NoError(t, err)
				w.t = t
				require.NoError(t, change(w))
				w.spend(9_500)
				w.trigger.Wait()
				require.True(t, w.balance().Equal(won(100_000)), "%s", w.balance())
			})
		})
	}
}

func TestEngine_Delete_refuses_while_an_attempt_is_under_way(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", ports.ChargeAnswer{})
	w.set(usual())
	w.low()
	require.NotNil(t, w.policy().State.Attempt)
	require.ErrorIs(t, w.engine.Delete(t.Context(), acting("w", kim("asked"))), ports.ErrOpenOperations)
	p := w.startWith(crashtest.Immortal(), false, &provider{cards: w.cards, life: crashtest.Immortal()})
	_, err := p.engine.Set(t.Context(), setting("w", delegated()))
	require.ErrorIs(t, err, ports.ErrOpenOperations)
}

func TestEngine_Explain_suspended_policy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	_, err := w.engine.Suspend(t.Context(), acting("w", kim("audit")))
	require.NoError(t, err)
	_, english, korean := w.explain()
	require.Equal(t, "An operator has suspended the policy, and only an operator reinstates it.", english)
	require.NotContains(t, korean, "audit", "customers read it")
	require.Equal(t, "audit", w.policy().State.Why, "operators read it")
}
