package recharge_test

import (
	"context"
	"math"
	"sync/atomic"
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

// TestService_late_second_charge_leaves_the_claim: the wallet has one credit for two charges,
// and no other wallet is credited for the payment of that credit.
func TestService_late_second_charge_leaves_the_claim(t *testing.T) {
	t.Parallel()
	for _, late := range []ports.ChargeAnswer{approved("tx 1"), pending("tx 1")} {
		t.Run(late.Outcome.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, s, wallets, _, answers, _ := hung(t, 2)
				openWallets(t, wallets, "v")
				ordertest.Say(answers[1], approved("tx 2"))
				ordertest.Say(answers[0], late)
				again := byHand("again", "tx 2")
				again.WalletID = "v"
				_, err := s.Credit(t.Context(), again)
				require.ErrorIs(t, err, recharge.ErrChargeTaken)
			})
		})
	}
}

// TestService_late_other_payment_after_a_person: a person approved an order with payment row 5,
// and then the provider approves another payment for the order: the recharge is disputed.
func TestService_late_other_payment_after_a_person(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsBefore)
	bank := &tellLate{bank: b}
	w.charger = bank
	s, _ := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	bank.person = func() {
		r := decide(op.ID, ports.DecisionApprove)
		r.ProviderRef = "row 5"
		resolved(t, s, r)
	}
	w.follow(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status)
}

// TestService_cancel_late_after_resend: a cancellation was sent twice, and the second
// transmission was approved. A refusal of the first transmission contradicts nothing.
func TestService_cancel_late_after_resend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		first := make(chan ports.ChargeAnswer)
		c := &resendCancel{bank: b, first: first}
		w.charger = c
		s, wallets := w.process(t, crashtest.Immortal(), nil)
		charge := mustRecharge(t, s, "k")
		op, err := s.Cancel(t.Context(), ports.Act{ID: charge.ID, By: ports.By{Who: "kim", Why: "x"}})
		require.NoError(t, err)
		w.follow(t, s)
		op, err = s.Cancellation(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, ports.CancellationApproved, op.Status)
		ordertest.Say(first, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}})
		charge = get(t, s, charge.ID)
		ordertest.RequireBalance(t, wallets, 0)
		require.Equal(t, ports.RechargeReversed, charge.Status, charge.Why)
	})
}

// TestService_late_news_of_a_reversed: a person reversed the credit of a recharge as a mistake,
// and then the provider approves the recharge: the recharge is disputed.
func TestService_late_news_of_a_reversed(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsBefore)
	bank := &tellLate{bank: b}
	w.charger = bank
	s, _ := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	bank.person = func() {
		resolved(t, s, decide(op.ID, ports.DecisionApprove))
		_, err := s.Reverse(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "was no payment of his at all"}})
		require.NoError(t, err)
	}
	w.follow(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status, "charged, and no credit")
}

// TestService_one_payment_two_wallets: a person approved an order whose id at the provider was
// not known, and then the provider tells the id. The order keeps the payment, so that no other
// wallet is credited for it.
func TestService_one_payment_two_wallets(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsBefore)
	bank := &tellLate{bank: b}
	w.charger = bank
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
	require.NoError(t, err)
	op := mustRecharge(t, s, "k")
	bank.person = func() {
		resolved(t, s, decide(op.ID, ports.DecisionApprove))
	}
	w.follow(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeApproved, op.Status)
	right := byHand("k", "tx 77")
	right.WalletID = "v"
	_, err = s.Credit(t.Context(), right)
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
}

type tellLate struct {
	*bank
	person func()
}

func (b *tellLate) Inquire(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	b.person()
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 77"}}
}

type resendCancel struct {
	*bank
	first chan ports.ChargeAnswer
	n     atomic.Int64
}

func (c *resendCancel) Cancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	if c.n.Add(1) == 1 {
		return <-c.first
	}
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
}

func (c *resendCancel) InquireCancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Resend: true}}
}

// TestService_resolve_cancel_bounds_its_amount: ApproveCancel refuses an amount of millions of
// digits before it computes with the amount.
func TestService_resolve_cancel_bounds_its_amount(t *testing.T) {
	t.Parallel()
	for name, amount := range map[string]decimal.Decimal{
		"zero": decimal.New(0, 30_000_000), "one": decimal.New(1, 30_000_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			s, _ := w.process(t, crashtest.Immortal(), nil)
			charge := mustRecharge(t, s, "k")
			b.does = dropsAfter
			op, err := s.Cancel(t.Context(), ports.Act{ID: charge.ID, By: ports.By{Who: "kim", Why: "x"}})
			require.NoError(t, err)
			require.True(t, op.Open)
			r := decide(op.ID, ports.DecisionApprove)
			r.Amount = decimal.NewNullDecimal(amount)
			ended := make(chan error, 1)
			go func() { _, err := carryOutCancel(t.Context(), s, r); ended <- err }()
			err = <-ended
			require.ErrorIs(t, err, ports.ErrInvalid)
		})
	}
}

// TestService_durations: New refuses a duration that cannot be added to a time, or the service
// uses the duration as it is.
func TestService_durations(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]recharge.Config{
		"Timeout":      {Timeout: math.MaxInt64},
		"InquireAfter": {InquireAfter: math.MaxInt64 / 3},
		"ReviewAfter":  {ReviewAfter: math.MaxInt64},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, pendsApproves)
			config.Clock = w.clock
			wallets, err := ledger.New(w.store, ledger.Config{Clock: w.clock})
			require.NoError(t, err)
			s, err := recharge.New(w.store, wallets, config, b)
			if err != nil {
				require.ErrorIs(t, err, ports.ErrInvalid)
				return
			}
			op := mustRecharge(t, s, "k")
			require.Equal(t, ports.RechargePending, op.Status, "%s; due %s, transmissions %d", op.Why, op.DueAt, op.Transmissions)
			require.Len(t, b.orders, 1)
			w.clock.Advance(time.Second)
			for range 5 {
				ordertest.Step(t, s)
			}
			op = get(t, s, op.ID)
			require.LessOrEqual(t, op.Inquiries, 1, "due %s", op.DueAt)
		})
	}
}

// TestService_person_races_the_worker: the act of a person that meets a change of a worker is
// done again on the new record.
func TestService_person_races_the_worker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pendsApproves)
		inner := w.store
		m := &ordertest.Hook{Store: inner}
		w.charger = b
		worker, _ := w.process(t, crashtest.Immortal(), nil)
		op := mustRecharge(t, worker, "k")
		w.clock.Advance(time.Minute)
		w.store = m
		s, _ := w.process(t, crashtest.Immortal(), nil)
		m.Before = func(ports.Operation) {
			m.Before = nil
			_, err := worker.Follow(t.Context(), 10) // an inquiry that learns nothing new
			require.NoError(t, err)
		}
		_, err := carryOut(t.Context(), s, decide(op.ID, ports.DecisionDecline))
		if err != nil {
			require.NotErrorIs(t, err, ports.ErrConflict)
		}
	})
}

// xPartLate has taken back a part of a charge, and says so after a person has decided.
type xPartLate struct {
	*bank
	person func()
}

func (b *xPartLate) Cancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{}
}

func (b *xPartLate) InquireCancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	b.person()
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}, Amount: decimal.NewNullDecimal(won(4_000))}
}

// TestService_late_part_of_a_cancellation: a person ended the cancellation as whole, and then
// the provider says that it gave back 4,000 of 10,000. The recharge is disputed, because the
// customer is short of 6,000.
func TestService_late_part_of_a_cancellation(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	bank := &xPartLate{bank: b}
	w.charger = bank
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	charge := mustRecharge(t, s, "k")
	op, err := s.Cancel(t.Context(), ports.Act{ID: charge.ID, By: ports.By{Who: "kim", Why: "x"}})
	require.NoError(t, err)
	bank.person = func() {
		_, err := carryOutCancel(t.Context(), s, decide(op.ID, ports.DecisionApprove))
		require.NoError(t, err)
	}
	w.follow(t, s)
	charge = get(t, s, charge.ID)
	ordertest.RequireBalance(t, wallets, 0)
	require.Equal(t, ports.RechargeDisputed, charge.Status)
}

// TestService_doubt_of_a_person: the store loses its answer to the act of a person. The service
// tells of the act when the record shows that it was written.
func TestService_doubt_of_a_person(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]struct {
		does behaviour
		want ports.RechargeStatus
		run  func(t *testing.T, s *recharge.Service, id string) error
	}{
		"resolve approve": {dropsBefore, ports.RechargeApproved, func(t *testing.T, s *recharge.Service, id string) error {
			t.Helper()
			_, err := carryOut(t.Context(), s, decide(id, ports.DecisionApprove))
			return err
		}},
		"resolve decline": {dropsBefore, ports.RechargeDeclined, func(t *testing.T, s *recharge.Service, id string) error {
			t.Helper()
			_, err := carryOut(t.Context(), s, decide(id, ports.DecisionDecline))
			return err
		}},
		"dispute": {approves, ports.RechargeDisputed, func(t *testing.T, s *recharge.Service, id string) error {
			t.Helper()
			_, err := s.Dispute(t.Context(), ports.Act{ID: id, By: kim("chargeback")})
			return err
		}},
		"reverse": {approves, ports.RechargeReversed, func(t *testing.T, s *recharge.Service, id string) error {
			t.Helper()
			_, err := s.Reverse(t.Context(), ports.Act{ID: id, By: ports.By{Who: "kim", Why: "x"}})
			return err
		}},
		"credit": {declines, ports.RechargeApproved, func(t *testing.T, s *recharge.Service, _ string) error {
			t.Helper()
			_, err := s.Credit(t.Context(), byHand("hand", "row 1"))
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, b := newWorld(t, act.does)
				inner, on := w.store, false
				w.store = crashtest.Fated{Store: inner, Fate: func(units []ports.Unit) *ports.Fate {
					if !on {
						return nil
					}
					on = false
					inner.Commit(t.Context(), units)
					return &ports.Fate{Err: ports.ErrUnavailable}
				}}
				n := told()
				w.charger = b
				s, _ := w.process(t, crashtest.Immortal(), n)
				op := mustRecharge(t, s, "k")
				synctest.Wait()
				n.Forget()
				on = true
				err := act.run(t, s, op.ID)
				require.ErrorIs(t, err, ports.ErrUndecided)
				for range 3 {
					ordertest.Step(t, s)
				}
				synctest.Wait()
				require.Contains(t, n.List(), act.want)
			})
		})
	}
}

// TestService_reinstate_beside_a_once_disputed_mistake: recharge A was credited by mistake and
// reversed, because the payment is that of recharge B. A person disputed A and decided that A
// has no credit. B loses a dispute and wins the next, and its credit comes back.
func TestService_reinstate_beside_a_once_disputed_mistake(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
	require.NoError(t, err)
	wrong := byHand("k", "row 1")
	wrong.WalletID = "v"
	a, err := s.Credit(t.Context(), wrong)
	require.NoError(t, err)
	_, err = s.Reverse(t.Context(), ports.Act{ID: a.ID, By: ports.By{Who: "kim", Why: "wrong wallet"}})
	require.NoError(t, err)
	b, err := s.Credit(t.Context(), byHand("k", "row 1"))
	require.NoError(t, err)
	_, err = s.Dispute(t.Context(), ports.Act{ID: a.ID, By: kim("the customer complains")})
	require.NoError(t, err)
	resolved(t, s, decide(a.ID, ports.DecisionDecline))
	_, err = s.Dispute(t.Context(), ports.Act{ID: b.ID, By: kim("chargeback")})
	require.NoError(t, err)
	_, err = s.Reverse(t.Context(), ports.Act{ID: b.ID, By: ports.By{Who: "kim", Why: "chargeback"}})
	require.NoError(t, err)
	_, err = s.Dispute(t.Context(), ports.Act{ID: b.ID, By: kim("we won")})
	require.NoError(t, err)
	resolved(t, s, decide(b.ID, ports.DecisionReinstate))
	ordertest.RequireBalance(t, wallets, 5_000)
}

// TestService_payment_of_a_dropped_reference: recharge A had the payment of recharge B. A
// person gave A another payment, or none. Then B is credited for its payment.
func TestService_payment_of_a_dropped_reference(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*resolution){
		"dropped":  func(r *resolution) { r.DropProviderRef = true },
		"replaced": func(r *resolution) { r.ProviderRef = "row 2" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank", Sends: ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "row 1"}})})
			_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
			require.NoError(t, err)
			a := mustRecharge(t, s, "a")
			_, err = s.Reverse(t.Context(), ports.Act{ID: a.ID, By: ports.By{Who: "kim", Why: "row 1 is not its payment"}})
			require.NoError(t, err)
			_, err = s.Dispute(t.Context(), ports.Act{ID: a.ID, By: kim("it was paid, by another row")})
			require.NoError(t, err)
			reinstate := decide(a.ID, ports.DecisionReinstate)
			edit(&reinstate)
			a = resolved(t, s, reinstate)
			require.NotEqual(t, "row 1", a.ProviderRef)
			right := byHand("k", "row 1")
			right.WalletID = "v"
			_, err = s.Credit(t.Context(), right)
			require.NoError(t, err)
		})
	}
}

// TestService_cancellation_keeps_why: the reason why a person canceled is kept, also when the
// provider cannot tell the end.
func TestService_cancellation_keeps_why(t *testing.T) {
	t.Parallel()
	for _, decision := range []ports.DecisionKind{ports.DecisionApprove, ports.DecisionDecline} {
		t.Run(string(decision), func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			w.charger = &lateBank{bank: b, person: func() {}}
			s, wallets := w.process(t, crashtest.Immortal(), nil)
			charge := mustRecharge(t, s, "k")
			why := "stolen card, police report 77"
			for len(why) < 400 {
				why += " and so on"
			}
			why += " END"
			op, err := s.Cancel(t.Context(), ports.Act{ID: charge.ID, By: ports.By{Who: "lee", Why: why}})
			require.NoError(t, err)
			for range 60 {
				w.follow(t, s)
			}
			op, err = s.Cancellation(t.Context(), op.ID)
			require.NoError(t, err)
			require.Equal(t, ports.CancellationReview, op.Status)
			op, err = carryOutCancel(t.Context(), s, decide(op.ID, decision))
			require.NoError(t, err)
			found := op.Why == why
			for _, d := range op.Decisions {
				found = found || d.Why == why
			}
			entries, err := wallets.History(t.Context(), ports.EntryFilter{WalletID: "w"})
			require.NoError(t, err)
			for _, e := range entries.Entries {
				found = found || e.Memo == why
			}
			charge = get(t, s, charge.ID)
			found = found || charge.Why == why
			require.True(t, found, "cancellation: %q %v; recharge: %q", op.Why, op.Decisions, charge.Why)
		})
	}
}

// TestService_cancellation_short_why: the recharge has the reason why a person canceled, not
// that the cancellation was still unknown.
func TestService_cancellation_short_why(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	w.charger = &lateBank{bank: b, person: func() {}}
	s, _ := w.process(t, crashtest.Immortal(), nil)
	charge := mustRecharge(t, s, "k")
	op, err := s.Cancel(t.Context(), ports.Act{ID: charge.ID, By: ports.By{Who: "lee", Why: "stolen card"}})
	require.NoError(t, err)
	for range 60 {
		w.follow(t, s)
	}
	op, err = carryOutCancel(t.Context(), s, decide(op.ID, ports.DecisionApprove))
	require.NoError(t, err)
	charge = get(t, s, charge.ID)
	t.Log(charge.Why, "|", op.Why, op.Decisions)
	require.NotContains(t, charge.Why, "still")
}

// TestService_blank_provider: Follow does not panic at an open order whose head has no
// Provider.
func TestService_blank_provider(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pendsApproves)
	s, _, _ := w.hostile(t, b)
	op := mustRecharge(t, s, "k")
	next := op.Clone().(*ports.Recharge)
	next.Version++
	next.Provider = ""
	fates := w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{next}}})
	require.Equal(t, ports.FateCommitted, fates[0].Status)
	w.clock.Advance(26 * time.Hour)
	var err error
	require.NotPanics(t, func() { _, err = s.Follow(t.Context(), 10) })
	require.NoError(t, err)
}
