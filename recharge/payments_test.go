package recharge_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// twoPayments credits a recharge for "tx 2"; then the first transmission answers with
// another payment.
func twoPayments(t *testing.T, charger func(*odd) ports.Charger, late ports.ChargeAnswer) (*world, *recharge.Service, *ports.Recharge) {
	t.Helper()
	w, s, _, id, answers, _ := hungThrough(t, 2, charger)
	ordertest.Say(answers[1], approved("tx 2"))
	ordertest.Say(answers[0], late)
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

func (c *recordingCanceler) InquireCancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{}
}

// TestService_Cancel_names_the_credited_payment: the Charger is asked to cancel the payment that was credited, not the other one.
func TestService_Cancel_names_the_credited_payment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c *recordingCanceler
		_, s, op := twoPayments(t, func(o *odd) ports.Charger { c = &recordingCanceler{odd: o}; return c },
			ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 1"}})
		require.Equal(t, "tx 2", op.ProviderRef)
		resolved(t, s, decide(op.ID, ports.DecisionKeep))
		_, err := s.Cancel(t.Context(), cancelRequest(op))
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
	op := mustRecharge(t, s, "k")
	bank.person = func() {
		resolved(t, s, decide(op.ID, ports.DecisionApprove))
	}
	w.follow(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, "tx 77", op.ProviderRef)
	_, err := s.Cancel(t.Context(), cancelRequest(op))
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

// TestService_late_reference_is_claimed: a late answer names a payment for a recharge that was
// credited without one. The recharge claims the payment, so that no other wallet is credited
// for it.
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
				s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank", Inquires: func() ports.ChargeAnswer {
					resolved(t, s, decide(id, ports.DecisionApprove))
					return late
				}})
				_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
				require.NoError(t, err)
				op := mustRecharge(t, s, "k")
				id = op.ID
				w.follow(t, s)
				op = get(t, s, id)
				require.Equal(t, ports.RechargeDisputed, op.Status)
				requireClaimed(t, w, "tx 77", id)
				keep := decide(id, ports.DecisionKeep)
				keep.ProviderRef = named
				op = resolved(t, s, keep)
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
	s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank", Inquires: func() ports.ChargeAnswer {
		resolved(t, s, decide(id, ports.DecisionApprove))
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "tx 77"}}
	}})
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
	require.NoError(t, err)
	op := mustRecharge(t, s, "k")
	id = op.ID
	w.follow(t, s)
	other := byHand("other", "tx 77")
	other.WalletID = "v"
	_, err = s.Credit(t.Context(), other)
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
}

// TestService_disputed_payment_stays_claimed: a payment that was ever disputed stays taken, also when its recharge is credited again
// for another payment.
func TestService_disputed_payment_stays_claimed(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank", Sends: ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 1"}})})
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
	require.NoError(t, err)
	op := mustRecharge(t, s, "k")
	_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("chargeback")})
	require.NoError(t, err)
	require.NoError(t, reverse(t.Context(), s, op))
	_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("he paid by transfer")})
	require.NoError(t, err)
	again := decide(op.ID, ports.DecisionReinstate)
	again.ProviderRef = "row 5"
	resolved(t, s, again)
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
		notifier := told()
		w.charger = b
		s, _ := w.process(t, crashtest.Immortal(), notifier)
		_, err := s.Recharge(t.Context(), topUp("k"))
		require.ErrorIs(t, err, ports.ErrUndecided)
		op, err := s.Recharge(t.Context(), topUp("k")) // the key tells
		require.NoError(t, err)
		require.Equal(t, ports.RechargeSending, op.Status)
		ordertest.Step(t, s)
		w.follow(t, s)
		synctest.Wait()
		require.Equal(t, []ports.RechargeStatus{ports.RechargeSending, ports.RechargeFailed}, notifier.List())
	})
}

// TestService_tells_of_an_approval_in_doubt_before_the_next_act: a person approves a recharge, and
// another disputes it before the store says that the approval was written.
func TestService_tells_of_an_approval_in_doubt_before_the_next_act(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, dropsBefore)
		w.store = crashtest.LoseAnswer(w.store, func(op ports.Operation) bool { return op.StatusText() == string(ports.RechargeApproved) })
		notifier := told()
		w.charger = b
		s, _ := w.process(t, crashtest.Immortal(), notifier)
		op := mustRecharge(t, s, "k")
		_, err := carryOut(t.Context(), s, decide(op.ID, ports.DecisionApprove))
		require.ErrorIs(t, err, ports.ErrUndecided)
		_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("chargeback")})
		require.NoError(t, err)
		ordertest.Step(t, s)
		synctest.Wait()
		require.True(t, slices.Contains(notifier.List(), ports.RechargeApproved), "told %v", notifier.List())
	})
}

// TestService_late_refusal_names_no_payment: a refusal of a recharge that a person approved without
// an id names an order that moved no money.
func TestService_late_refusal_names_no_payment(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsBefore)
	var s *recharge.Service
	id := ""
	s, _, _ = w.hostile(t, &odd{Else: b, Called: "bank", Inquires: func() ports.ChargeAnswer {
		resolved(t, s, decide(id, ports.DecisionApprove))
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "refused 9"}}
	}})
	op := mustRecharge(t, s, "k")
	id = op.ID
	w.follow(t, s)
	op = get(t, s, id)
	require.Equal(t, ports.RechargeDisputed, op.Status)
	keep := decide(id, ports.DecisionKeep)
	keep.ProviderRef = "row 5" // the bank row that the person found
	op, err := carryOut(t.Context(), s, keep)
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
	ordertest.RequireBalance(t, wallets, 5_000)
}
