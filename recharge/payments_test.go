package recharge_test

import (
	"context"
	"slices"
	"sync/atomic"
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

// twoPayments credits a recharge for "tx 2"; then the first transmission answers with
// another payment.
func twoPayments(t *testing.T, charger func(*odd) ports.Charger, late ports.ChargeAnswer) (*world, *recharge.Service, *ports.Recharge) {
	t.Helper()
	w, s, _, id, answers, _ := hungThrough(t, 2, charger)
	answers[1] <- approved("tx 2")
	synctest.Wait()
	answers[0] <- late
	synctest.Wait()
	return w, s, get(t, s, id)
}

func undecorated(o *odd) ports.Charger { return o }

// recordingCanceler remembers which payment it is asked to cancel.
type recordingCanceler struct {
	*odd
	asked []string
}

func (c *recordingCanceler) PrepareCancel(_ context.Context, order ports.CancelOrder) ([]byte, *ports.ChargeAnswer) {
	c.asked = append(c.asked, order.Charge.Last.ProviderRef)
	return nil, nil
}

func (c *recordingCanceler) Cancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
}

// TestService_Cancel_names_the_credited_payment: the Charger is asked to cancel the payment that was credited, not the other one.
func TestService_Cancel_names_the_credited_payment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c *recordingCanceler
		_, s, op := twoPayments(t, func(o *odd) ports.Charger { c = &recordingCanceler{odd: o}; return c },
			ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 1"}})
		require.Equal(t, "tx 2", op.ProviderRef)
		_, err := carryOut(t.Context(), s, decide(op.ID, ports.DecisionKeep))
		require.NoError(t, err)
		_, err = s.Cancel(t.Context(), cancelRequest(op))
		require.NoError(t, err)
		require.Equal(t, []string{"tx 2"}, c.asked, "the payment that the wallet was credited for")
	})
}

// TestService_Cancel_names_a_payment_learnt_late: an inquiry names the payment after a person
// approved the recharge, and the Charger hears the id when it must cancel the payment.
func TestService_Cancel_names_a_payment_learnt_late(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsBefore)
	bank := &tellLate{bank: b}
	c := &lateCanceler{tellLate: bank}
	w.charger = c
	s, _ := w.process(t, crashtest.Immortal(), nil)
	op, err := s.Recharge(t.Context(), topUp("k"))
	require.NoError(t, err)
	bank.person = func() {
		_, err := carryOut(t.Context(), s, decide(op.ID, ports.DecisionApprove))
		require.NoError(t, err)
	}
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	op, err = s.Get(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, "tx 77", op.ProviderRef)
	_, err = s.Cancel(t.Context(), cancelRequest(op))
	require.NoError(t, err)
	require.Equal(t, []string{"tx 77"}, c.asked)
}

type lateCanceler struct {
	*tellLate
	asked []string
}

func (c *lateCanceler) PrepareCancel(_ context.Context, order ports.CancelOrder) ([]byte, *ports.ChargeAnswer) {
	c.asked = append(c.asked, order.Charge.Last.ProviderRef)
	return nil, nil
}

func (c *lateCanceler) Cancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
}

// TestService_second_payment_is_credited_to_no_other_recharge: the inquiry of a lost order finds
// the second payment of a disputed recharge.
func TestService_second_payment_is_credited_to_no_other_recharge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, _, op := twoPayments(t, undecorated, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 1"}})
		require.Equal(t, ports.RechargeDisputed, op.Status)
		b := &bank{clock: w.clock, does: dropsBefore, orders: make(map[string]*bankOrder)}
		s, wallets, _ := w.hostile(t, &odd{bank: b, name: "bank", inquire: func() ports.ChargeAnswer { // finds the row of the order before
			return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 1"}}
		}})
		lost, err := s.Recharge(t.Context(), topUp("lost"))
		require.NoError(t, err)
		w.clock.Advance(time.Hour)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		lost, err = s.Get(t.Context(), lost.ID)
		require.NoError(t, err)
		require.Equal(t, ports.RechargeReview, lost.Status, "tx 1 is, or may be, the payment of %s", op.ID)
		requireBalance(t, wallets, 10_000)
	})
}

// TestService_late_reference_is_claimed: a reference that a late answer names for a recharge that was credited without one is
// claimed, or not kept: no other wallet is credited for it once a person keeps the credit.
func TestService_late_reference_is_claimed(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]ports.ChargeAnswer{
		"another amount": {Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 77"}, Amount: decimal.NewNullDecimal(won(9_000))},
	} {
		for _, named := range []string{"", "tx 77"} {
			t.Run(name+", kept with "+named, func(t *testing.T) {
				t.Parallel()
				w, b := newWorld(t, dropsBefore)
				var s *recharge.Service
				id := ""
				s, wallets, _ := w.hostile(t, &odd{bank: b, name: "bank", inquire: func() ports.ChargeAnswer {
					_, err := carryOut(t.Context(), s, decide(id, ports.DecisionApprove))
					require.NoError(t, err)
					return late
				}})
				_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
				require.NoError(t, err)
				op, err := s.Recharge(t.Context(), topUp("k"))
				require.NoError(t, err)
				id = op.ID
				w.clock.Advance(time.Hour)
				_, err = s.Follow(t.Context(), 10)
				require.NoError(t, err)
				op, err = s.Get(t.Context(), id)
				require.NoError(t, err)
				require.Equal(t, ports.RechargeDisputed, op.Status)
				requireClaimed(t, w, "tx 77", id)
				keep := decide(id, ports.DecisionKeep)
				keep.ProviderRef = named
				op, err = carryOut(t.Context(), s, keep)
				require.NoError(t, err)
				require.Equal(t, "tx 77", op.ProviderRef)
				other := byHand("other", "tx 77")
				other.WalletID = "v"
				_, err = s.Credit(t.Context(), other)
				require.ErrorIs(t, err, recharge.ErrChargeTaken, "%s stands for it", op.ID)
			})
		}
	}
}

// TestService_late_pending_reference_is_learnt: a late pending answer names the payment of a recharge that a person approved without one.
func TestService_late_pending_reference_is_learnt(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsBefore)
	var s *recharge.Service
	id := ""
	s, wallets, _ := w.hostile(t, &odd{bank: b, name: "bank", inquire: func() ports.ChargeAnswer {
		_, err := carryOut(t.Context(), s, decide(id, ports.DecisionApprove))
		require.NoError(t, err)
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "tx 77"}}
	}})
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
	require.NoError(t, err)
	op, err := s.Recharge(t.Context(), topUp("k"))
	require.NoError(t, err)
	id = op.ID
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	other := byHand("other", "tx 77")
	other.WalletID = "v"
	_, err = s.Credit(t.Context(), other)
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
}

// TestService_late_second_charge_of_a_reversed_recharge: two charges were made, and the wallet has
// no credit.
func TestService_late_second_charge_of_a_reversed_recharge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		first := make(chan ports.ChargeAnswer)
		var n atomic.Int64
		s, wallets, _ := w.hostile(t, &odd{
			bank: b, name: "bank",
			charge: func() ports.ChargeAnswer {
				if n.Add(1) == 1 {
					return <-first
				}
				return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 2"}}
			},
			inquire: func() ports.ChargeAnswer { return ports.ChargeAnswer{Answer: ports.Answer{Resend: true}} },
		})
		op, err := s.Recharge(t.Context(), topUp("k"))
		require.NoError(t, err)
		w.clock.Advance(time.Hour)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		require.NoError(t, reverse(t.Context(), s, op))
		first <- ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 1"}}
		synctest.Wait()
		op, err = s.Get(t.Context(), op.ID)
		require.NoError(t, err)
		requireBalance(t, wallets, 0)
		require.Equal(t, ports.RechargeDisputed, op.Status, "tx 1 was charged, and nobody knows")
	})
}

// TestService_two_payments_under_way_go_to_review: the provider works on tx 2, and then answers the
// first transmission with another payment, tx 1.
func TestService_two_payments_under_way_go_to_review(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		first := make(chan ports.ChargeAnswer)
		var n atomic.Int64
		s, _, _ := w.hostile(t, &odd{
			bank: b, name: "bank",
			charge: func() ports.ChargeAnswer {
				if n.Add(1) == 1 {
					return <-first
				}
				return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "tx 2"}}
			},
			inquire: func() ports.ChargeAnswer { return ports.ChargeAnswer{Answer: ports.Answer{Resend: true}} },
		})
		op, err := s.Recharge(t.Context(), topUp("k"))
		require.NoError(t, err)
		w.clock.Advance(time.Hour)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		op, err = s.Get(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, ports.RechargePending, op.Status)
		first <- ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 1"}}
		synctest.Wait()
		op, err = s.Get(t.Context(), op.ID)
		require.NoError(t, err)
		require.Contains(t, []ports.RechargeStatus{ports.RechargeDisputed, ports.RechargeReview}, op.Status, "the provider works on tx 2 too; ref %s why %q", op.ProviderRef, op.Why)
	})
}

// TestService_two_late_payments_are_both_named: the provider names two payments of a recharge that
// had ended as declined.
func TestService_two_late_payments_are_both_named(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		answers := []chan ports.ChargeAnswer{make(chan ports.ChargeAnswer), make(chan ports.ChargeAnswer)}
		var n atomic.Int64
		s, _, _ := w.hostile(t, &odd{
			bank: b, name: "bank",
			charge:  func() ports.ChargeAnswer { return <-answers[n.Add(1)-1] },
			inquire: func() ports.ChargeAnswer { return ports.ChargeAnswer{Answer: ports.Answer{Resend: true}} },
		})
		op, err := s.Recharge(t.Context(), topUp("k"))
		require.NoError(t, err)
		w.clock.Advance(time.Hour)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		_, err = carryOut(t.Context(), s, decide(op.ID, ports.DecisionDecline))
		require.NoError(t, err)
		answers[0] <- ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 1"}}
		synctest.Wait()
		answers[1] <- ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 2"}}
		synctest.Wait()
		op, err = s.Get(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, ports.RechargeDisputed, op.Status)
		require.Contains(t, op.ProviderRef+" "+op.Why, "tx 1", "nobody can find the first payment any more; ref %s, answer %s, why %q", op.ProviderRef, op.Answer.ProviderRef, op.Why)
	})
}

// TestService_disputed_payment_stays_claimed: a payment that was ever disputed stays taken, also when its recharge is credited again
// for another payment.
func TestService_disputed_payment_stays_claimed(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, wallets, _ := w.hostile(t, &odd{bank: b, name: "bank", charge: func() ports.ChargeAnswer {
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 1"}}
	}})
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
	require.NoError(t, err)
	op, err := s.Recharge(t.Context(), topUp("k"))
	require.NoError(t, err)
	_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("chargeback")})
	require.NoError(t, err)
	require.NoError(t, reverse(t.Context(), s, op))
	_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("he paid by transfer")})
	require.NoError(t, err)
	again := decide(op.ID, ports.DecisionReinstate)
	again.ProviderRef = "row 5"
	_, err = carryOut(t.Context(), s, again)
	require.NoError(t, err)
	other := byHand("other", "tx 1")
	other.WalletID = "v"
	_, err = s.Credit(t.Context(), other)
	require.ErrorIs(t, err, recharge.ErrChargeTaken, "the provider has the money of tx 1 back")
}

// TestService_Recharge_tells_of_an_order_in_doubt: an order whose first commit was in doubt is told as sending.
func TestService_Recharge_tells_of_an_order_in_doubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		inner := w.store
		lost := false
		w.store = crashtest.Fated{Store: inner, Fate: func(units []ports.Unit) *ports.Fate {
			if !lost && len(units[0].Operations) > 0 {
				lost = true
				inner.Commit(t.Context(), units)
				return &ports.Fate{Err: ports.ErrUnavailable}
			}
			return nil
		}}
		notifier := new(told)
		w.charger = b
		s, _ := w.process(t, crashtest.Immortal(), notifier)
		_, err := s.Recharge(t.Context(), topUp("k"))
		require.ErrorIs(t, err, ports.ErrUndecided)
		op, err := s.Recharge(t.Context(), topUp("k")) // the key tells
		require.NoError(t, err)
		require.Equal(t, ports.RechargeSending, op.Status)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		w.clock.Advance(time.Hour)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []ports.RechargeStatus{ports.RechargeSending, ports.RechargeFailed}, notifier.statuses)
	})
}

// TestService_tells_of_an_approval_in_doubt_before_the_next_act: a person approves a recharge, and
// another disputes it before the store says that the approval was written.
func TestService_tells_of_an_approval_in_doubt_before_the_next_act(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, dropsBefore)
		w.store = crashtest.LoseAnswer(w.store, func(op ports.Operation) bool { return op.StatusText() == string(ports.RechargeApproved) })
		notifier := new(told)
		w.charger = b
		s, _ := w.process(t, crashtest.Immortal(), notifier)
		op, err := s.Recharge(t.Context(), topUp("k"))
		require.NoError(t, err)
		_, err = carryOut(t.Context(), s, decide(op.ID, ports.DecisionApprove))
		require.ErrorIs(t, err, ports.ErrUndecided)
		_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("chargeback")})
		require.NoError(t, err)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		synctest.Wait()
		require.True(t, slices.Contains(notifier.statuses, ports.RechargeApproved), "told %v", notifier.statuses)
	})
}

// TestService_late_refusal_names_no_payment: a refusal of a recharge that a person approved without
// an id names an order that moved no money.
func TestService_late_refusal_names_no_payment(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsBefore)
	var s *recharge.Service
	id := ""
	s, _, _ = w.hostile(t, &odd{bank: b, name: "bank", inquire: func() ports.ChargeAnswer {
		_, err := carryOut(t.Context(), s, decide(id, ports.DecisionApprove))
		require.NoError(t, err)
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "refused 9"}}
	}})
	op, err := s.Recharge(t.Context(), topUp("k"))
	require.NoError(t, err)
	id = op.ID
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	op, err = s.Get(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, op.Status)
	keep := decide(id, ports.DecisionKeep)
	keep.ProviderRef = "row 5" // the bank row that the person found
	op, err = carryOut(t.Context(), s, keep)
	require.NoError(t, err, "it was credited without an id")
	require.Equal(t, "row 5", op.ProviderRef)
}

// requireClaimed asks that a recharge has the first claim of a payment. Without it, two
// credits at the same moment would not see each other.
func requireClaimed(t *testing.T, w *world, ref, id string) {
	t.Helper()
	found, err := w.store.Operations(t.Context(), []string{ports.ClaimID("bank", ref, 1)})
	require.NoError(t, err)
	require.Len(t, found, 1)
	claim, is := found[0].(*ports.Claim)
	require.True(t, is)
	require.Equal(t, id, claim.RechargeID)
	require.Equal(t, ports.ClaimHeld, claim.Status)
}

// TestService_reinstated_payment_is_no_mistake: a credit is reversed as a mistake and
// reinstated. Later the provider takes the money back, and the recharge is credited for another
// payment: the first one stays claimed.
func TestService_reinstated_payment_is_no_mistake(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op, err := s.Credit(t.Context(), byHand("k", "row 1"))
	require.NoError(t, err)
	for _, step := range []resolution{
		decide(op.ID, ports.DecisionReverse), decide(op.ID, ports.DecisionDispute), decide(op.ID, ports.DecisionReinstate), // no mistake after all
		decide(op.ID, ports.DecisionDispute), decide(op.ID, ports.DecisionReverse), decide(op.ID, ports.DecisionDispute), // a chargeback, and another payment
	} {
		_, err = carryOut(t.Context(), s, step)
		require.NoError(t, err)
	}
	again := decide(op.ID, ports.DecisionReinstate)
	again.ProviderRef = "row 2"
	_, err = carryOut(t.Context(), s, again)
	require.NoError(t, err)
	_, err = s.Credit(t.Context(), byHand("other", "row 1"))
	require.ErrorIs(t, err, recharge.ErrChargeTaken, "the provider has the money of row 1 back")
	requireBalance(t, wallets, 5_000)
}
