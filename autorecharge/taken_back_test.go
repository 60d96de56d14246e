package autorecharge_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestEngine_sees_a_recharge_by_hand_though_a_hold_ends: as many operations are open as before.
func TestEngine_sees_a_recharge_by_hand_though_a_hold_ends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	w.spend(9_000)
	hold, err := w.wallets.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "h", Amount: won(500)})
	require.NoError(t, err)
	w.cards.answer("by hand", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}})
	w.cards.answer("inquiry of by hand", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}})
	p := w.process
	w.store = &meddler{Store: w.store, before: func() {
		_, err := p.wallets.Capture(t.Context(), ledger.CaptureRequest{HoldID: hold.Hold.ID, Key: "c", Amount: won(500)})
		require.NoError(t, err)
		_, err = p.recharges.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: "cards", PaymentMethod: "by hand", Amount: won(60_000)})
		require.NoError(t, err)
	}}
	slept := w.start(crashtest.Immortal(), false)
	require.NoError(t, slept.engine.Evaluate(t.Context(), "w"))
	require.Equal(t, []string{"by hand"}, w.cards.used())
}

// holder is a provider at which, while its settings are read, the wallet is held from.
type holder struct {
	*provider
	hold func()
}

func (h *holder) Delegation(ctx context.Context) (ports.Delegation, error) {
	h.hold()
	return h.provider.Delegation(ctx)
}

// TestEngine_charges_though_holds_change_the_wallet: a wallet in use changes at every moment.
func TestEngine_charges_though_holds_change_the_wallet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := 0
	at := &holder{provider: &provider{cards: w.cards, life: crashtest.Immortal()}, hold: func() {}}
	w.process = w.startWith(crashtest.Immortal(), false, at)
	w.set(usual())
	w.spend(9_100)
	at.hold = func() {
		n++
		_, err := w.wallets.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: fmt.Sprint("h", n), Amount: won(1)})
		require.NoError(t, err)
	}
	w.step()
	require.Equal(t, 1, w.cards.count())
}

func TestEngine_Reinstate_covers_what_was_taken_back_before(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	w.spend(9_500)
	w.step()
	w.deposit("w", 200_000)
	ops, err := w.recharges.List(t.Context(), recharge.Listing{WalletID: "w"})
	require.NoError(t, err)
	_, err = w.recharges.Reverse(t.Context(), ports.Act{ID: ops[0].ID, By: ports.By{Who: "kim", Why: "wrong card"}})
	require.NoError(t, err)
	w.step()
	require.Equal(t, ports.PolicyActive, w.policy().Status)
	_, err = w.engine.Reinstate(t.Context(), acting("w", kim("asked"))) // an operator looked at it, and reinstates
	require.NoError(t, err)
	w.clock.Advance(30 * 24 * time.Hour)
	w.low()
	w.step()
	require.Equal(t, ports.PolicyActive, w.policy().Status, w.policy().State.Why)
}

// cancelable are cards whose provider refuses to take charges back.
type cancelable struct{ *cards }

func (c cancelable) PrepareCancel(context.Context, ports.CancelOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, nil
}

func (c cancelable) Cancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return declined(false)
}

func (c cancelable) InquireCancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return declined(false)
}

func TestEngine_charge_that_stands_after_all(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.process = w.startWith(crashtest.Immortal(), false, cancelable{w.cards})
	w.set(usual())
	w.spend(9_500)
	w.step()
	ops, err := w.recharges.List(t.Context(), recharge.Listing{WalletID: "w"})
	require.NoError(t, err)
	op, err := w.recharges.Cancel(t.Context(), ports.Act{ID: ops[0].ID, By: ports.By{Who: "kim", Why: "asked"}})
	require.NoError(t, err)
	require.Equal(t, ports.CancellationDeclined, op.Status)
	require.True(t, w.balance().Equal(won(100_000)), "the charge stands")
	w.clock.Advance(30 * 24 * time.Hour)
	w.spend(99_500)
	w.step()
	require.Equal(t, ports.PolicyActive, w.policy().Status, w.policy().State.Why)
}

// TestEngine_chargeback_with_a_charge_that_stands: the provider refused to take back another
// charge, or this one before the bank did.
func TestEngine_chargeback_with_a_charge_that_stands(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]func(back, stands func(id string), auto, byHand string){
		"the other stands after it":   func(back, stands func(string), auto, byHand string) { back(auto); stands(byHand) },
		"the other stands before it":  func(back, stands func(string), auto, byHand string) { stands(byHand); back(auto) },
		"it was said to stand before": func(back, stands func(string), auto, _ string) { stands(auto); back(auto) },
		"both, and the other once more": func(back, stands func(string), auto, byHand string) {
			stands(auto)
			back(auto)
			stands(byHand)
			stands(byHand)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.process = w.startWith(crashtest.Immortal(), false, cancelable{w.cards})
			w.set(usual())
			w.spend(9_500)
			w.step()
			ops, err := w.recharges.List(t.Context(), recharge.Listing{WalletID: "w"})
			require.NoError(t, err)
			byHand, err := w.recharges.Recharge(t.Context(), recharge.Request{
				WalletID: "w", Key: "by hand", Charger: "cards", PaymentMethod: "first", Amount: won(50_000),
			})
			require.NoError(t, err)
			back := func(id string) {
				_, err := w.recharges.Reverse(t.Context(), ports.Act{ID: id, By: ports.By{Who: "kim", Why: "chargeback"}})
				require.NoError(t, err)
			}
			stands := func(id string) {
				op, err := w.recharges.Cancel(t.Context(), ports.Act{ID: id, By: ports.By{Who: "kim", Why: "asked"}})
				require.NoError(t, err)
				require.Equal(t, ports.CancellationDeclined, op.Status)
			}
			order(back, stands, ops[0].ID, byHand.ID)
			w.spend(50_000)
			w.step()
			require.Equal(t, 2, w.cards.count(), "the card that charged back is not charged again")
			require.Equal(t, ports.PolicySuspended, w.policy().Status)
		})
	}
}

// parting is a Canceler that gives back what it is asked for, and parts.
type parting struct{ cancelable }

func (parting) CheckPart(ports.CancelOrder) error { return nil }

func (parting) Cancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
}

// TestEngine_part_that_was_taken_back: the rest that comes back after a part was taken back does
// not hide the part.
func TestEngine_part_that_was_taken_back(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.process = w.startWith(crashtest.Immortal(), false, parting{cancelable{w.cards}})
	w.set(usual())
	w.spend(9_500)
	w.step()
	ops, err := w.recharges.List(t.Context(), recharge.Listing{WalletID: "w"})
	require.NoError(t, err)
	by := ports.By{Who: "kim", Why: "asked"}
	_, err = w.recharges.CancelPart(t.Context(), recharge.CancelPartRequest{ID: ops[0].ID, Key: "part", Amount: won(1_000), By: by})
	require.NoError(t, err)
	_, err = w.recharges.Cancel(t.Context(), ports.Act{ID: ops[0].ID, By: by})
	require.NoError(t, err)
	_, err = w.recharges.Dispute(t.Context(), ports.Act{ID: ops[0].ID, By: by})
	require.NoError(t, err)
	_, err = w.recharges.Reinstate(t.Context(), recharge.ReinstateRequest{ID: ops[0].ID, By: by})
	require.NoError(t, err)
	w.clock.Advance(30 * 24 * time.Hour)
	w.spend(98_500)
	w.step()
	require.Equal(t, 1, w.cards.count())
	require.Equal(t, ports.PolicySuspended, w.policy().Status)
}

func TestEngine_dispute_between_look_and_claim(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	w.spend(9_500)
	w.step()
	ops, err := w.recharges.List(t.Context(), recharge.Listing{WalletID: "w"})
	require.NoError(t, err)
	w.spend(99_500)
	p := w.process
	w.store = &meddler{Store: w.store, before: func() {
		_, err := p.recharges.Dispute(t.Context(), ports.Act{ID: ops[0].ID, By: ports.By{Who: "kim", Why: "chargeback"}})
		require.NoError(t, err)
	}}
	slept := w.start(crashtest.Immortal(), false)
	require.NoError(t, slept.engine.Evaluate(t.Context(), "w"))
	require.Equal(t, 1, w.cards.count(), "charged although disputed before the claim was written")
}

func TestEngine_reinstates_after_a_recharge_by_hand_that_was_spent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Permanent: true}})
	w.set(usual())
	w.spend(9_500)
	w.step()
	require.Equal(t, ports.PolicySuspended, w.policy().Status)
	w.deposit("w", 50_000)
	w.spend(50_100) // before the sweep comes by
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
	for range 100 {
		w.clock.Advance(time.Hour)
		w.step()
	}
	require.Equal(t, ports.PolicyActive, w.policy().Status, "recharged by hand; wallet %s", w.balance())
}

func TestEngine_Delete_of_a_closed_wallet(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	w.set(delegated())
	w.spend(10_000)
	w.step()
	_, err := w.wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "close", By: ports.By{Who: "kim", Why: "asked by mail"}})
	require.NoError(t, err)
	w.step()
	w.clock.Advance(time.Hour)
	w.step()
	_, err = w.engine.Disable(t.Context(), acting("w", kim("asked")))
	require.NoError(t, err)
	require.False(t, at.set.On, "the provider must not charge for a closed wallet")
	_, err = w.engine.Get(t.Context(), "w")
	require.ErrorIs(t, err, ports.ErrNotFound)
}

// TestTrigger_ends_the_policy_of_a_closed_wallet at once: the provider must not go on.
func TestTrigger_ends_the_policy_of_a_closed_wallet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		at := &provider{cards: w.cards, life: crashtest.Immortal()}
		w.process = w.startWith(crashtest.Immortal(), true, at)
		w.set(delegated())
		w.spend(10_000)
		_, err := w.wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "close", By: ports.By{Who: "kim", Why: "asked by mail"}})
		require.NoError(t, err)
		w.trigger.Wait()
		require.False(t, at.set.On)
		_, err = w.engine.Get(t.Context(), "w")
		require.ErrorIs(t, err, ports.ErrNotFound)
	})
}

// TestEngine_Sweep_ends_the_policy_of_a_closed_wallet: no trigger told of the close, and the
// wallet is not watched. The policy must end within a day, enabled or disabled.
func TestEngine_Sweep_ends_the_policy_of_a_closed_wallet(t *testing.T) {
	t.Parallel()
	capped := usual()
	capped.MonthlyCount = 1
	for name, terms := range map[string]ports.PolicyTerms{
		"one that has used up its month": capped,
		"one that is on":                 usual(), "one without a minimum": {AlertLevels: []decimal.Decimal{won(500)}}, "one that is off": usual(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set(terms)
			if name == "one that is off" {
				_, err := w.engine.Disable(t.Context(), acting("w", kim("asked")))
				require.NoError(t, err)
			}
			if terms.MonthlyCount > 0 {
				w.spend(9_500)
				w.step()
				w.spend(99_500)
				w.step()
				require.Equal(t, 1, w.cards.count())
			}
			w.spend(w.balance().IntPart())
			_, err := w.wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "close", By: ports.By{Who: "kim", Why: "asked by mail"}})
			require.NoError(t, err)
			w.clock.Advance(24 * time.Hour)
			w.step()
			_, err = w.engine.Get(t.Context(), "w")
			require.ErrorIs(t, err, ports.ErrNotFound)
		})
	}
}

// TestEngine_policy_of_a_closed_wallet_has_no_attempt: the process that made its last charge
// died before it wrote down what became of it.
func TestEngine_policy_of_a_closed_wallet_has_no_attempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown}})
	w.cards.answer("inquiry of first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}})
	w.set(usual())
	w.spend(9_500)
	life := crashtest.Immortal()
	w.cards.before = func(ports.ChargeOrder) { life.Kill() }
	require.Error(t, w.start(life, false).engine.Evaluate(t.Context(), "w"))
	w.clock.Advance(time.Hour)
	_, err := w.recharges.Follow(t.Context(), 10)
	require.NoError(t, err)
	w.spend(500)
	_, err = w.wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "close", By: ports.By{Who: "kim", Why: "asked by mail"}})
	require.NoError(t, err)
	w.step()
	ended, err := w.store.FindOperations(t.Context(), ports.OperationFilter{Kind: ports.KindPolicy, Limit: 1})
	require.NoError(t, err)
	require.Equal(t, string(ports.PolicyDeleted), ended[0].StatusText())
	require.Nil(t, stateful(ended[0]).State.Attempt)
}

// TestTrigger_sees_an_unfrozen_wallet.
func TestTrigger_sees_an_unfrozen_wallet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.process = w.start(crashtest.Immortal(), true)
		w.set(usual())
		w.cards.before = func(ports.ChargeOrder) { time.Sleep(time.Millisecond) }
		_, err := w.wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "f", By: ports.By{Who: "kim", Why: "asked by mail"}})
		require.NoError(t, err)
		_, err = w.wallets.Adjust(t.Context(), ledger.AdjustRequest{WalletID: "w", Key: "a", Balance: won(-9_500), By: ports.By{Who: "kim", Why: "fine"}})
		require.NoError(t, err)
		w.trigger.Wait()
		require.Zero(t, w.cards.count())
		_, err = w.wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "u", By: ports.By{Who: "kim", Why: "asked by mail"}})
		require.NoError(t, err)
		w.trigger.Wait()
		require.Equal(t, 1, w.cards.count())
	})
}

// TestEngine_settings_that_cannot_be_read_are_an_outage: it backs off, and is told.
func TestEngine_settings_that_cannot_be_read_are_an_outage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, at := delegating(t)
		w.set(usual())
		at.err = errors.New("403 forbidden")
		w.spend(9_500)
		for range 24 * 60 {
			w.clock.Advance(minute)
			w.step()
		}
		synctest.Wait()
		require.Equal(t, []string{"policy.failing"}, w.events.list())
		require.Contains(t, w.policy().State.Why, "403")
		require.Zero(t, w.cards.count())
		at.err = nil
		for range 6 * 60 {
			w.clock.Advance(minute)
			w.step()
		}
		require.Equal(t, 1, w.cards.count())
	})
}

func TestEngine_Explain_both_are_on(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	w.set(usual())
	at.set.On = true
	w.spend(9_500)
	w.step()
	require.Zero(t, w.cards.count())
	d, english, _ := w.explain()
	require.False(t, d.Charge, english)
}

// onDelete is a store in which something happens before a policy is deleted.
type onDelete struct {
	ports.Store
	before func()
}

func (o *onDelete) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	for _, u := range units {
		for _, op := range u.Operations {
			if p, ok := op.(*ports.Policy); ok && p.Status == ports.PolicyDeleted && o.before != nil {
				before := o.before
				o.before = nil
				before()
			}
		}
	}
	return o.Store.Commit(ctx, units)
}

// TestEngine_Delete_while_the_provider_is_enabled.
func TestEngine_Delete_while_the_provider_is_enabled(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	w.set(delegated())
	other := w.process
	w.store = &onDelete{Store: w.store, before: func() {
		_, err := other.engine.Enable(t.Context(), acting("w", kim("asked")))
		require.NoError(t, err)
	}}
	err := w.startWith(crashtest.Immortal(), false, at).engine.Delete(t.Context(), acting("w", kim("asked")))
	require.ErrorIs(t, err, autorecharge.ErrNotConfigured)
	require.Equal(t, ports.PolicyActive, w.policy().Status)
	require.True(t, at.set.On)
}

func TestEngine_alert_leaves_the_lease_of_an_attempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	terms := usual()
	terms.AlertLevels = []decimal.Decimal{won(200)}
	w.set(terms)
	w.spend(9_500)
	var before, after *policy
	w.cards.before = func(ports.ChargeOrder) {
		before = w.policy()
		w.spend(400)
		w.step()
		after = w.policy()
	}
	require.NoError(t, w.start(crashtest.Immortal(), false).engine.Evaluate(t.Context(), "w"))
	require.True(t, after.DueAt.Equal(before.DueAt), "the attempt was another's for five minutes")
}

// TestEngine_Sweep_leaves_a_suspended_policy_alone: it is looked at each hour, and not at each minute.
func TestEngine_Sweep_leaves_a_suspended_policy_alone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Permanent: true}})
	w.set(usual())
	w.low()
	before := w.policy().Version
	for range 10 * 60 {
		w.clock.Advance(minute)
		w.step()
	}
	require.LessOrEqual(t, w.policy().Version-before, int64(12))
}

func TestEngine_disabled_policy_is_not_suspended_or_reinstated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	_, err := w.engine.Disable(t.Context(), acting("w", kim("asked")))
	require.NoError(t, err)
	_, err = w.engine.Suspend(t.Context(), acting("w", kim("fraud")))
	require.ErrorIs(t, err, ports.ErrNotOpen)
	_, err = w.engine.Reinstate(t.Context(), acting("w", kim("asked")))
	require.ErrorIs(t, err, ports.ErrNotOpen)
	require.Equal(t, ports.PolicyDisabled, w.policy().Status)
}
