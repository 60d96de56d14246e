package recharge_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

func approved(ref string) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: ref}}
}

func pending(ref string) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: ref}}
}

func approvedAmount(ref string, n int64) ports.ChargeAnswer {
	a := approved(ref)
	a.Amount = decimal.NewNullDecimal(won(n))
	return a
}

// hung sends an order n times; each transmission hangs until its channel is answered.
func hung(t *testing.T, n int) (*world, *recharge.Service, *ledger.Ledger, string, []chan ports.ChargeAnswer, *odd) {
	t.Helper()
	return hungThrough(t, n, func(o *odd) ports.Charger { return o })
}

// hungThrough is hung with a decorated Charger.
func hungThrough(t *testing.T, n int, decorate func(*odd) ports.Charger) (*world, *recharge.Service, *ledger.Ledger, string, []chan ports.ChargeAnswer, *odd) {
	t.Helper()
	w, b := newWorld(t, approves)
	s, wallets, id, answers, o, _ := w.hung(t, b, n, decorate)
	return w, s, wallets, id, answers, o
}

// hung orders a recharge that is sent n times, by a Charger whose calls wait for the answers.
func (w *world) hung(t *testing.T, b *bank, n int, decorate func(*odd) ports.Charger) (*recharge.Service, *ledger.Ledger, string, []chan ports.ChargeAnswer, *odd, *crashtest.Log) {
	t.Helper()
	answers, sends := ordertest.Hang[ports.ChargeAnswer](t, n)
	o := &odd{Else: b, Called: "bank", Sends: sends, Inquires: resend}
	s, wallets, log := w.hostile(t, decorate(o))
	op := mustRecharge(t, s, "k")
	for range n - 1 {
		w.follow(t, s)
	}
	return s, wallets, op.ID, answers, o, log
}

func get(t *testing.T, s *recharge.Service, id string) *ports.Recharge {
	t.Helper()
	op, err := s.Get(t.Context(), id)
	require.NoError(t, err)
	return op
}

// lost orders once more through a bank whose inquiry finds a payment.
func lost(t *testing.T, w *world, ref string) *ports.Recharge {
	t.Helper()
	b := &bank{clock: w.clock, does: dropsBefore, orders: make(map[string]*bankOrder)}
	s, _, _ := w.hostile(t, &odd{Else: b, Called: "bank", Inquires: func() ports.ChargeAnswer { return approved(ref) }})
	op := mustRecharge(t, s, "lost")
	w.follow(t, s)
	return get(t, s, op.ID)
}

// TestService_named_payment_of_a_declined_recharge: a person declined the recharge, and the
// machine still credits no other recharge for its second payment.
func TestService_named_payment_of_a_declined_recharge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, _ := hung(t, 2)
		resolved(t, s, decide(id, ports.DecisionDecline))
		ordertest.Say(answers[0], approved("tx 1"))
		ordertest.Say(answers[1], approved("tx 2"))
		_, err := carryOut(t.Context(), s, decide(id, ports.DecisionDecline)) // both were refunded at the provider
		require.NoError(t, err)
		other := lost(t, w, "tx 2")
		require.Equal(t, ports.RechargeReview, other.Status, "tx 2 is named for %s: the machine ends no other order by it", id)
	})
}

// TestService_does_not_tell_what_was_never_written: an approval is lost, another process
// declines, and a dispute is in doubt.
func TestService_does_not_tell_what_was_never_written(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, dropsBefore)
		inner := w.store
		lose := ports.RechargeStatus("")
		lossy := crashtest.Fated{Store: inner, Fate: func(units []ports.Unit) *ports.Fate {
			for _, op := range units[0].Operations {
				if lose != "" && op.StatusText() == string(lose) {
					if lose == ports.RechargeDisputed {
						inner.Commit(t.Context(), units)
					}
					lose = ""
					return &ports.Fate{Err: ports.ErrUnavailable}
				}
			}
			return nil
		}}
		w.charger = b
		other, _ := w.process(t, crashtest.Immortal(), nil)
		w.store = lossy
		notifier := told()
		s, wallets := w.process(t, crashtest.Immortal(), notifier)
		op := mustRecharge(t, s, "k")
		lose = ports.RechargeApproved
		_, err := carryOut(t.Context(), s, decide(op.ID, ports.DecisionApprove))
		require.ErrorIs(t, err, ports.ErrUndecided) // it is lost
		resolved(t, other, decide(op.ID, ports.DecisionDecline))
		lose = ports.RechargeDisputed
		_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("paid?")})
		require.ErrorIs(t, err, ports.ErrUndecided)
		w.clock.Advance(time.Minute)
		ordertest.Step(t, s)
		synctest.Wait()
		ordertest.RequireBalance(t, wallets, 0)
		require.NotContains(t, notifier.List(), ports.RechargeApproved, "nothing was credited")
	})
}

// TestService_does_not_tell_the_version_of_another_process: a dispute is lost, and another
// process disputes the recharge at the same instant for another reason. The service does not
// tell of the dispute that was lost.
func TestService_does_not_tell_the_version_of_another_process(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		inner := w.store
		lose := false
		w.charger = b
		other, _ := w.process(t, crashtest.Immortal(), nil)
		w.store = crashtest.Fated{Store: inner, Fate: func([]ports.Unit) *ports.Fate {
			if lose {
				lose = false
				return &ports.Fate{Err: ports.ErrUnavailable}
			}
			return nil
		}}
		notifier := &ordertest.Told[string]{Of: func(event ports.Event) (string, bool) {
			e, is := event.(ports.RechargeEvent)
			return fmt.Sprint(e.Recharge.Status, " ", e.Recharge.Why), is
		}}
		s, _ := w.process(t, crashtest.Immortal(), notifier)
		op := mustRecharge(t, s, "k")
		lose = true
		_, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("chargeback")})
		require.ErrorIs(t, err, ports.ErrUndecided) // it is lost
		_, err = other.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("a slip")})
		require.NoError(t, err)
		get(t, s, op.ID)
		synctest.Wait()
		require.NotContains(t, notifier.List(), "disputed chargeback", "no record says so")
	})
}

// TestService_claim_is_held_again_by_a_dispute: the cancellation that had failed succeeded
// after the credit was reversed and disputed.
func TestService_claim_is_held_again_by_a_dispute(t *testing.T) {
	w, c, s, wallets, first := cancelWorld(t)
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
	require.NoError(t, err)
	c.sending = func() {
		w.work(t) // it ends as failed
		require.NoError(t, reverse(t.Context(), s, first))
		_, err := s.Dispute(t.Context(), ports.Act{ID: first.ID, By: kim("the customer complains")})
		require.NoError(t, err)
	}
	_, err = s.Cancel(t.Context(), cancelRequest(first)) // and now the provider says approved
	require.NoError(t, err)
	op := get(t, s, first.ID)
	require.Contains(t, op.Why, "then the provider answered approved")
	resolved(t, s, decide(first.ID, ports.DecisionDecline))
	other := byHand("other", first.ProviderRef)
	other.WalletID = "v"
	_, err = s.Credit(t.Context(), other)
	require.ErrorIs(t, err, recharge.ErrChargeTaken, "the provider has the money back")
}

// TestService_late_cancellation_of_a_freed_payment: a cancellation ended as failed, the
// recharge was reversed, and another wallet was credited for the payment. Then the provider
// approves the cancellation: a person must hear of it.
func TestService_late_cancellation_of_a_freed_payment(t *testing.T) {
	w, c, s, wallets, first := cancelWorld(t)
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
	require.NoError(t, err)
	c.sending = func() {
		w.work(t) // it ends as failed
		require.NoError(t, reverse(t.Context(), s, first))
		other := byHand("other", first.ProviderRef)
		other.WalletID = "v"
		_, err := s.Credit(t.Context(), other)
		require.NoError(t, err)
	}
	_, err = s.Cancel(t.Context(), cancelRequest(first))
	require.NoError(t, err)
	reviews, err := s.List(t.Context(), reviews())
	require.NoError(t, err)
	require.NotEmpty(t, reviews, "the provider gave %s back, v is credited for it, and no person is told", first.ProviderRef)
}

// TestService_payment_disputed_after_its_reversal: a payment that was ever disputed is credited
// to no other recharge.
func TestService_payment_disputed_after_its_reversal(t *testing.T) {
	w, b := newWorld(t, approves)
	s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank", Sends: ordertest.Always(approved("tx 1"))})
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
	require.NoError(t, err)
	op := mustRecharge(t, s, "k")
	require.NoError(t, reverse(t.Context(), s, op))
	_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("the provider has the money back: chargeback")})
	require.NoError(t, err)
	resolved(t, s, decide(op.ID, ports.DecisionDecline))
	other := byHand("other", "tx 1")
	other.WalletID = "v"
	_, err = s.Credit(t.Context(), other)
	require.ErrorIs(t, err, recharge.ErrChargeTaken, "it was disputed")
}

// TestService_first_payment_after_a_person_chose_the_second: the provider works on the first.
func TestService_first_payment_after_a_person_chose_the_second(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, _ := hung(t, 2)
		ordertest.Say(answers[1], pending("tx A"))
		ordertest.Say(answers[0], approved("tx B"))
		require.Equal(t, ports.RechargeReview, get(t, s, id).Status)
		approve := decide(id, ports.DecisionApprove)
		approve.ProviderRef = "tx B"
		resolved(t, s, approve)
		other := lost(t, w, "tx A")
		require.Equal(t, ports.RechargeReview, other.Status, "the provider works on tx A for %s", id)
	})
}

// TestService_Resolve_inquire_about_two_payments: the inquiry names the second payment.
func TestService_Resolve_inquire_about_two_payments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 2)
		ordertest.Say(answers[1], pending("tx A"))
		ordertest.Say(answers[0], approved("tx B"))
		resolved(t, s, decide(id, ports.DecisionInquire))
		o.Inquires = ordertest.Always(approved("tx B"))
		ordertest.Step(t, s)
		op := get(t, s, id)
		t.Logf("%s ref %q why %q", op.Status, op.ProviderRef, op.Why)
		other := lost(t, w, "tx A")
		require.Equal(t, ports.RechargeReview, other.Status, "the provider works on tx A for %s", id)
	})
}

// TestService_tells_a_repeated_dispute_once: the first one was lost, and the second has the
// same time.
func TestService_tells_a_repeated_dispute_once(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		inner := w.store
		lose := false
		w.charger = b
		w.store = crashtest.Fated{Store: inner, Fate: func([]ports.Unit) *ports.Fate {
			if lose {
				lose = false
				return &ports.Fate{Err: ports.ErrUnavailable}
			}
			return nil
		}}
		notifier := told()
		s, _ := w.process(t, crashtest.Immortal(), notifier)
		op := mustRecharge(t, s, "k")
		lose = true
		_, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("chargeback")})
		require.ErrorIs(t, err, ports.ErrUndecided) // it is lost
		_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("chargeback")})
		require.NoError(t, err)
		get(t, s, op.ID)
		synctest.Wait()
		require.Equal(t, []ports.RechargeStatus{ports.RechargeSending, ports.RechargeApproved, ports.RechargeDisputed}, notifier.List())
	})
}

// TestService_Resolve_of_two_payments: each documented act ends the review.
func TestService_Resolve_of_two_payments(t *testing.T) {
	for name, act := range map[string]resolution{
		"A": {Decision: ports.DecisionApprove, ProviderRef: "tx A"}, "B": {Decision: ports.DecisionApprove, ProviderRef: "tx B"},
		"blank": {Decision: ports.DecisionApprove}, "drop": {Decision: ports.DecisionApprove, DropProviderRef: true}, "decline": {Decision: ports.DecisionDecline},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, s, wallets, id, answers, _ := hung(t, 2)
				_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
				require.NoError(t, err)
				ordertest.Say(answers[1], pending("tx A"))
				ordertest.Say(answers[0], approved("tx B"))
				other := byHand("other", "tx B")
				other.WalletID = "v"
				_, err = s.Credit(t.Context(), other)
				require.ErrorIs(t, err, recharge.ErrChargeTaken)
				act.ID, act.Who, act.Why = id, "kim", "x"
				resolved(t, s, act)
				_, err = s.Credit(t.Context(), other)
				if name == "B" {
					require.ErrorIs(t, err, recharge.ErrChargeTaken)
					other.ProviderRef = "tx A"
					_, err = s.Credit(t.Context(), other)
				}
				require.NoError(t, err)
			})
		})
	}
}

// TestService_amount_of_the_second_payment_is_required: the provider reported another than was
// ordered.
func TestService_amount_of_the_second_payment_is_required(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, wallets, id, answers, _ := hung(t, 2)
		ordertest.Say(answers[1], pending("tx A"))
		ordertest.Say(answers[0], approvedAmount("tx B", 9_000))
		require.Equal(t, ports.RechargeReview, get(t, s, id).Status)
		approve := decide(id, ports.DecisionApprove)
		approve.ProviderRef = "tx B"
		_, err := carryOut(t.Context(), s, approve)
		require.ErrorIs(t, err, ports.ErrInvalid, "the provider reported 9,000 for tx B")
		ordertest.RequireBalance(t, wallets, 0)
	})
}

// TestService_reversal_and_credit_in_any_order: a payment is never credited twice.
func TestService_reversal_and_credit_in_any_order(t *testing.T) {
	w, b := newWorld(t, approves)
	s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank"})
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
	require.NoError(t, err)
	var last *ports.Recharge
	for i, wallet := range []string{"w", "v", "w", "w", "v"} {
		credit := byHand(string(rune('a'+i)), "row 1")
		credit.WalletID = wallet
		op, err := s.Credit(t.Context(), credit)
		require.NoError(t, err)
		_, err = s.Credit(t.Context(), byHand("again"+string(rune('a'+i)), "row 1"))
		require.ErrorIs(t, err, recharge.ErrChargeTaken)
		if last != nil {
			_, err = s.Dispute(t.Context(), ports.Act{ID: last.ID, By: kim("no, it is his")})
			require.NoError(t, err)
			_, err = carryOut(t.Context(), s, decide(last.ID, ports.DecisionReinstate))
			require.ErrorIs(t, err, recharge.ErrChargeTaken)
			resolved(t, s, decide(last.ID, ports.DecisionDecline))
		}
		require.NoError(t, reverse(t.Context(), s, op))
		last = op
	}
	_, err = s.Dispute(t.Context(), ports.Act{ID: last.ID, By: kim("it was right")})
	require.NoError(t, err)
	resolved(t, s, decide(last.ID, ports.DecisionReinstate))
	require.NoError(t, reverse(t.Context(), s, last)) // disputed: stays taken
	_, err = s.Credit(t.Context(), byHand("end", "row 1"))
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
}

// TestService_learns_and_credits_at_the_same_moment: one process learns the payment from a late
// answer, and a person credits it by hand.
func TestService_learns_and_credits_at_the_same_moment(t *testing.T) {
	w, b := newWorld(t, dropsBefore)
	inner, raced := w.store, false
	var s2 *recharge.Service
	w.store = crashtest.Fated{Store: inner, Fate: func(units []ports.Unit) *ports.Fate {
		for _, op := range units[0].Operations {
			if c, is := op.(*ports.Claim); is && c.Status == ports.ClaimHeld && !raced {
				raced = true
				other := byHand("other", "tx 77")
				other.WalletID = "v"
				_, err := s2.Credit(t.Context(), other)
				if err != nil {
					t.Error(err)
				}
			}
		}
		return nil
	}}
	id := ""
	var s *recharge.Service
	s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank", Inquires: func() ports.ChargeAnswer {
		resolved(t, s, decide(id, ports.DecisionApprove))
		return approved("tx 77")
	}})
	s2, _, _ = w.hostile(t, &odd{Else: b, Called: "bank"})
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
	require.NoError(t, err)
	op := mustRecharge(t, s, "k")
	id = op.ID
	w.follow(t, s)
	require.True(t, raced)
	require.Equal(t, ports.RechargeDisputed, get(t, s, id).Status)
}

// TestService_second_payment_of_a_closed_wallet: a wallet was closed before the provider
// approved two payments of its order. A person can credit both payments to another wallet.
func TestService_second_payment_of_a_closed_wallet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, wallets, id, answers, _ := hung(t, 2)
		_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
		require.NoError(t, err)
		resolved(t, s, decide(id, ports.DecisionDecline))
		_, err = wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "c", By: kim("left")})
		require.NoError(t, err)
		ordertest.Say(answers[0], approved("tx 1"))
		ordertest.Say(answers[1], approved("tx 2"))
		require.Equal(t, ports.RechargeDisputed, get(t, s, id).Status)
		_, err = carryOut(t.Context(), s, decide(id, ports.DecisionApprove))
		require.ErrorIs(t, err, ports.ErrClosed)
		resolved(t, s, decide(id, ports.DecisionDecline))
		for _, ref := range []string{"tx 1", "tx 2"} {
			other := byHand(ref, ref)
			other.WalletID = "v"
			_, err = s.Credit(t.Context(), other)
			require.NoError(t, err, ref)
		}
	})
}

// TestService_late_second_payment_that_another_process_names: another process names the payment
// for another recharge at the same moment.
func TestService_late_second_payment_that_another_process_names(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		inner, done := w.store, false
		w.store = crashtest.Fated{Store: inner, Fate: func(units []ports.Unit) *ports.Fate {
			for _, op := range units[0].Operations {
				if c, is := op.(*ports.Claim); is && c.Status == ports.ClaimNamed && !done {
					done = true
					other := *c
					other.RechargeID, other.Reference = "other", "other"
					inner.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{&other}}})
				}
			}
			return nil
		}}
		first, sends := ordertest.HangOnce(t, approved("tx 2"))
		s, _, _ := w.hostile(t, &odd{
			Else: b, Called: "bank",
			Sends:    sends,
			Inquires: resend,
		})
		op := mustRecharge(t, s, "k")
		w.follow(t, s)
		ordertest.Say(first, approved("tx 1"))
		require.True(t, done)
		op = get(t, s, op.ID)
		require.Equal(t, ports.RechargeDisputed, op.Status)
		require.Equal(t, "tx 2", op.ProviderRef)
		require.Contains(t, op.Why, "tx 1")
	})
}

// TestService_stale_inquiry_names_another_payment: an inquiry approves tx B after the provider
// answered that it works on tx A. The order must not end as approved.
func TestService_stale_inquiry_names_another_payment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		first := make(chan ports.ChargeAnswer)
		o := &odd{Else: b, Called: "bank", Sends: func() ports.ChargeAnswer { return <-first }}
		o.Inquires = func() ports.ChargeAnswer {
			ordertest.Say(first, pending("tx A")) // meanwhile
			return approved("tx B")
		}
		s, _, _ := w.hostile(t, o)
		op := mustRecharge(t, s, "k")
		w.follow(t, s)
		synctest.Wait()
		op = get(t, s, op.ID)
		require.NotEqual(t, ports.RechargeApproved, op.Status, "ref %q why %q; the provider works on tx A", op.ProviderRef, op.Why)
	})
}

// TestService_late_pending_of_a_reversed_recharge: a person credited the recharge without an id
// and reversed it. Then the provider answers that it works on tx 77: the recharge is disputed.
func TestService_late_pending_of_a_reversed_recharge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, wallets, id, answers, _ := hung(t, 1)
		resolved(t, s, decide(id, ports.DecisionApprove))
		require.NoError(t, reverse(t.Context(), s, get(t, s, id)))
		ordertest.Say(answers[0], pending("tx 77"))
		ordertest.RequireBalance(t, wallets, 0)
		require.Equal(t, ports.RechargeDisputed, get(t, s, id).Status, "the provider works on tx 77, and no record says so")
	})
}

// TestService_late_approval_of_a_reversed_recharge: a person credited the recharge without an
// id and reversed it. Then the provider approves tx 77: the recharge is disputed.
func TestService_late_approval_of_a_reversed_recharge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, _ := hung(t, 1)
		resolved(t, s, decide(id, ports.DecisionApprove))
		require.NoError(t, reverse(t.Context(), s, get(t, s, id)))
		ordertest.Say(answers[0], approved("tx 77"))
		require.Equal(t, ports.RechargeDisputed, get(t, s, id).Status)
		resolved(t, s, decide(id, ports.DecisionReinstate))
		_, err := s.Credit(t.Context(), byHand("x", "tx 77"))
		require.ErrorIs(t, err, recharge.ErrChargeTaken)
	})
}

// TestService_learns_no_payment_that_was_named_for_another: the payment is the second one of
// another recharge.
func TestService_learns_no_payment_that_was_named_for_another(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, wallets, id, answers, _ := hung(t, 2) // X: tx 2 credited, tx 1 named
		_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
		require.NoError(t, err)
		ordertest.Say(answers[1], approved("tx 2"))
		ordertest.Say(answers[0], approved("tx 1"))
		require.Equal(t, ports.RechargeDisputed, get(t, s, id).Status)
		b := &bank{clock: w.clock, does: dropsBefore, orders: make(map[string]*bankOrder)}
		y := ""
		var s2 *recharge.Service
		s2, _, _ = w.hostile(t, &odd{Else: b, Called: "bank", Inquires: func() ports.ChargeAnswer {
			_, err := carryOut(t.Context(), s2, decide(y, ports.DecisionApprove)) // a person: it was paid, the id is not known
			require.NoError(t, err)
			return approved("tx 1") // a look by amount finds X's second payment
		}})
		op := mustRecharge(t, s2, "y")
		y = op.ID
		w.follow(t, s2)
		op = get(t, s2, y)
		resolved(t, s, decide(id, ports.DecisionKeep))
		own := byHand("second", "tx 1") // tx 1 was paid for X as well: credit it, as operations.md says
		_, err = s.Credit(t.Context(), own)
		require.NoError(t, err, "%s: status %s ref %q", y, op.Status, op.ProviderRef)
	})
}

// namedFirst is a store in which another process names each payment first, for a recharge of
// its own.
func (w *world) namedFirst(t *testing.T) ports.Store {
	t.Helper()
	inner := w.store
	return crashtest.Fated{Store: inner, Fate: func(units []ports.Unit) *ports.Fate {
		for _, op := range units[0].Operations {
			if c, is := op.(*ports.Claim); is && c.Status == ports.ClaimNamed && c.RechargeID != "other" {
				other := *c
				other.RechargeID, other.Reference = "other", "other"
				inner.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{&other, &ports.Recharge{
					OperationHead: ports.OperationHead{ID: "other", Kind: ports.KindRecharge, WalletID: "w", Version: 1, ProviderRef: "tx 9"}, Status: ports.RechargeDisputed,
					Charger: "bank", Amount: won(10_000), Disputed: true,
				}}}})
			}
		}
		return nil
	}}
}

// TestService_second_payment_of_a_resend_that_another_process_names: the first payment stands.
func TestService_second_payment_of_a_resend_that_another_process_names(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	w.store = w.namedFirst(t)
	s, _, _ := w.hostile(t, &odd{
		Else: b, Called: "bank",
		Sends:    ordertest.InTurn(pending("tx 1"), approved("tx 2")),
		Inquires: resend,
	})
	op := mustRecharge(t, s, "k")
	w.follow(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeReview, op.Status)
	require.Equal(t, "tx 1", op.ProviderRef, op.Why)
	require.Contains(t, op.Why, "tx 2")
}

// TestService_naming_in_doubt_tells_nothing: the store loses its answer to the claim that names
// the first payment, and no change of the recharge is told twice.
func TestService_naming_in_doubt_tells_nothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		inner, lost := w.store, false
		w.store = crashtest.Fated{Store: inner, Fate: func(units []ports.Unit) *ports.Fate {
			if c, is := units[0].Operations[0].(*ports.Claim); is && c.Status == ports.ClaimNamed && !lost {
				lost = true
				return &ports.Fate{Err: ports.ErrUnavailable}
			}
			return nil
		}}
		notifier := told()
		w.charger = &odd{
			Else: b, Called: "bank",
			Sends:    ordertest.Always(pending("tx 1")),
			Inquires: ordertest.Always(approved("tx 2")),
		}
		s, _ := w.process(t, crashtest.Immortal(), notifier)
		mustRecharge(t, s, "k")
		w.clock.Advance(time.Hour)
		_, err := s.Follow(t.Context(), 10)
		require.Error(t, err)
		require.True(t, lost)
		for range 3 {
			w.follow(t, s)
		}
		synctest.Wait()
		require.Equal(t, []ports.RechargeStatus{ports.RechargeSending, ports.RechargePending, ports.RechargeApproved}, notifier.List())
	})
}

// TestService_late_contradiction_names_a_payment_of_another: the payment that a late answer names
// for a recharge without an id is the second one of another recharge, which can be credited.
func TestService_late_contradiction_names_a_payment_of_another(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, _ := hung(t, 2)
		ordertest.Say(answers[1], approved("tx 2"))
		ordertest.Say(answers[0], approved("tx 1"))
		b := &bank{clock: w.clock, does: dropsBefore, orders: make(map[string]*bankOrder)}
		y := ""
		var s2 *recharge.Service
		s2, _, _ = w.hostile(t, &odd{Else: b, Called: "bank", Inquires: func() ports.ChargeAnswer {
			resolved(t, s2, decide(y, ports.DecisionApprove))
			return approvedAmount("tx 1", 9_000)
		}})
		op := mustRecharge(t, s2, "y")
		y = op.ID
		w.follow(t, s2)
		op = get(t, s2, y)
		require.Equal(t, ports.RechargeDisputed, op.Status)
		require.Empty(t, op.ProviderRef)
		resolved(t, s, decide(id, ports.DecisionKeep))
		_, err := s.Credit(t.Context(), byHand("second", "tx 1"))
		require.NoError(t, err)
	})
}
