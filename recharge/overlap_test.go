package recharge_test

import (
	"context"
	"slices"
	"strings"
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

// TestService_overlap_an_outcome_without_a_name: an outcome without a name is kept as unknown,
// so that a store that keeps bytes can read the record.
func TestService_overlap_an_outcome_without_a_name(t *testing.T) {
	w, b := newWorld(t, approves)
	w.store = wire{w.store}
	s, _, _ := w.hostile(t, &odd{Else: b, Called: "bank", Sends: func() ports.ChargeAnswer {
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.Outcome(42), ProviderRef: "tx 1"}}
	}})
	op := mustRecharge(t, s, "k")
	require.Equal(t, ports.RechargeUnknown, op.Status)
	_ = get(t, s, op.ID)
	w.follow(t, s)
}

// TestService_overlap_an_answer_that_is_not_UTF8_is_told_after_a_doubt: the record is the same before and after it is stored as bytes.
func TestService_overlap_an_answer_that_is_not_UTF8_is_told_after_a_doubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		w.store = crashtest.LoseAnswer(wire{w.store}, func(op ports.Operation) bool { return op.StatusText() == string(ports.RechargeApproved) })
		notifier := told()
		w.charger = &odd{Else: b, Called: "bank", Sends: func() ports.ChargeAnswer {
			a := approved("tx 1")
			a.Message = "\xb0\xe1\xc1\xa6" // EUC-KR
			return a
		}}
		s, _ := w.process(t, crashtest.Immortal(), notifier)
		_, err := s.Recharge(t.Context(), topUp("k"))
		require.ErrorIs(t, err, ports.ErrUndecided)
		ordertest.Step(t, s)
		synctest.Wait()
		require.Equal(t, []ports.RechargeStatus{ports.RechargeSending, ports.RechargeApproved}, notifier.List())
	})
}

// TestService_overlap_a_credit_without_a_claim_keeps_its_payment: an earlier version wrote no claims, and may run at the same time.
func TestService_overlap_a_credit_without_a_claim_keeps_its_payment(t *testing.T) {
	w, b := newWorld(t, approves)
	inner := w.store
	w.store = dropClaims{inner} // the version before ports.Claim
	s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank", Sends: ordertest.Always(approved("tx 1"))})
	mustRecharge(t, s, "k")
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
	require.NoError(t, err)
	w.store = inner
	s, _, _ = w.hostile(t, &odd{Else: b, Called: "bank"})
	other := byHand("other", "tx 1")
	other.WalletID = "v"
	_, err = s.Credit(t.Context(), other)
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
}

// TestService_overlap_a_payment_that_was_learnt_is_named: the provider works on tx A for the
// order, and a person credits the order for tx B. The machine credits no other recharge for tx
// A.
func TestService_overlap_a_payment_that_was_learnt_is_named(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, _ := hung(t, 1)
		resolved(t, s, decide(id, ports.DecisionApprove))
		ordertest.Say(answers[0], pending("tx A"))
		op := get(t, s, id)
		require.Equal(t, "tx A", op.ProviderRef)
		require.NoError(t, reverse(t.Context(), s, op))
		_, err := s.Dispute(t.Context(), ports.Act{ID: id, By: kim("it was paid as tx B")})
		require.NoError(t, err)
		approve := decide(id, ports.DecisionReinstate)
		approve.ProviderRef = "tx B"
		resolved(t, s, approve)
		other := lost(t, w, "tx A")
		require.Equal(t, ports.RechargeReview, other.Status, "the provider works on tx A for %s", id)
	})
}

type dropClaims struct{ ports.Store }

func (d dropClaims) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	units = slices.Clone(units)
	for i := range units {
		units[i].Operations = slices.DeleteFunc(slices.Clone(units[i].Operations), func(op ports.Operation) bool { return op.Head().Kind == ports.KindClaim })
	}
	return d.Store.Commit(ctx, units)
}

// wire is a store that keeps records as bytes, as the PostgreSQL store does.
type wire struct{ ports.Store }

func (s wire) read(ops []ports.Operation, err error) ([]ports.Operation, error) {
	for i, op := range ops {
		data, errOp := ports.EncodeOperation(op)
		if errOp == nil {
			ops[i], errOp = ports.DecodeOperation(op.Head().Kind, data)
		}
		if errOp != nil {
			return nil, errOp
		}
	}
	return ops, err
}

func (s wire) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	return s.read(s.Store.Operations(ctx, ids))
}

func (s wire) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	return s.read(s.Store.FindOperations(ctx, filter))
}

// TestService_overlap_a_late_answer_that_knows_nothing_leaves_a_review: the call had ended without an answer.
func TestService_overlap_a_late_answer_that_knows_nothing_leaves_a_review(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 1)
		o.Inquires = ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Review: "two rows look alike"}})
		w.follow(t, s)
		require.Equal(t, ports.RechargeReview, get(t, s, id).Status)
		answers[0] <- ports.ChargeAnswer{} // its context had ended
		synctest.Wait()
		require.Equal(t, ports.RechargeReview, get(t, s, id).Status, "the answer knows nothing")
	})
}

// TestService_overlap_a_stale_refusal_leaves_a_payment_that_cannot_be_booked: the provider approved tx A, and the wallet is full.
func TestService_overlap_a_stale_refusal_leaves_a_payment_that_cannot_be_booked(t *testing.T) {
	for _, outcome := range []ports.Outcome{ports.OutcomeNotSent, ports.OutcomeDeclined} {
		t.Run(outcome.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, s, wallets, id, answers, o := hung(t, 1)
				_, err := wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "full", Amount: decimal.New(1, 18).Sub(won(1))})
				require.NoError(t, err)
				o.Inquires = func() ports.ChargeAnswer {
					ordertest.Say(answers[0], approved("tx A")) // meanwhile; the wallet is full
					require.Equal(t, ports.RechargeReview, get(t, s, id).Status)
					return ports.ChargeAnswer{Answer: ports.Answer{Outcome: outcome}}
				}
				w.follow(t, s)
				op := get(t, s, id)
				require.Contains(t, []ports.RechargeStatus{ports.RechargeReview, ports.RechargeDisputed}, op.Status, "ref %q why %q: tx A was charged", op.ProviderRef, op.Why)
			})
		})
	}
}

// TestService_overlap_a_late_approval_names_the_payment_of_a_chargeback: the provider has the money of tx A back, so that no recharge is credited for it.
func TestService_overlap_a_late_approval_names_the_payment_of_a_chargeback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, _ := hung(t, 2)
		ordertest.Say(answers[1], approved(""))
		require.Equal(t, ports.RechargeApproved, get(t, s, id).Status)
		_, err := s.Dispute(t.Context(), ports.Act{ID: id, By: kim("chargeback")})
		require.NoError(t, err)
		require.NoError(t, reverse(t.Context(), s, get(t, s, id)))
		ordertest.Say(answers[0], approved("tx A"))
		op := get(t, s, id)
		t.Logf("%s ref %q why %q", op.Status, op.ProviderRef, op.Why)
		other := lost(t, w, "tx A")
		require.Equal(t, ports.RechargeReview, other.Status, "the provider has the money of tx A back")
	})
}

// TestService_overlap_a_resend_that_another_process_overtakes: the order ends while the provider is asked, and the job does not fail.
func TestService_overlap_a_resend_that_another_process_overtakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, wallets, _, answers, o := hung(t, 1)
		o.Inquires = func() ports.ChargeAnswer {
			ordertest.Say(answers[0], approved("tx A")) // meanwhile
			return ports.ChargeAnswer{Answer: ports.Answer{Resend: true}}
		}
		w.follow(t, s)
		ordertest.RequireBalance(t, wallets, 10_000)
	})
}

// TestService_overlap_the_amount_of_a_payment_that_was_named_while_pending: the provider reports 9,000 for tx B later, so that a person must say what to credit.
func TestService_overlap_the_amount_of_a_payment_that_was_named_while_pending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, wallets, id, answers, _ := hung(t, 3)
		ordertest.Say(answers[2], pending("tx A"))
		ordertest.Say(answers[0], pending("tx B"))
		ordertest.Say(answers[1], approvedAmount("tx B", 9_000))
		require.Equal(t, ports.RechargeReview, get(t, s, id).Status)
		approve := decide(id, ports.DecisionApprove)
		approve.ProviderRef = "tx B"
		_, err := carryOut(t.Context(), s, approve)
		ordertest.RequireBalance(t, wallets, 0)
		require.ErrorIs(t, err, ports.ErrInvalid, "the provider reported 9,000 for tx B")
	})
}

// TestService_overlap_a_credit_comes_back_for_another_payment_of_another_amount: the credit of 10,000 does not come back for a payment of 9,000.
func TestService_overlap_a_credit_comes_back_for_another_payment_of_another_amount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, wallets, id, answers, _ := hung(t, 2)
		ordertest.Say(answers[1], approved("tx A"))
		require.NoError(t, reverse(t.Context(), s, get(t, s, id)))
		ordertest.Say(answers[0], approvedAmount("tx B", 9_000))
		require.Equal(t, ports.RechargeDisputed, get(t, s, id).Status)
		approve := decide(id, ports.DecisionApprove)
		approve.ProviderRef = "tx B"
		_, err := carryOut(t.Context(), s, approve)
		wallet, errW := wallets.Wallet(t.Context(), "w")
		require.NoError(t, errW)
		require.True(t, err != nil || wallet.Balance.Equal(won(9_000)), "%s for tx B of 9,000", wallet.Balance)
	})
}

// TestService_overlap_a_person_approves_for_a_payment_of_an_undecided_order: Resolve answers ErrChargeTaken as Credit does.
func TestService_overlap_a_person_approves_for_a_payment_of_an_undecided_order(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, _ := hung(t, 2)
		ordertest.Say(answers[1], pending("tx A"))
		ordertest.Say(answers[0], approved("tx B"))
		require.Equal(t, ports.RechargeReview, get(t, s, id).Status)
		other := lost(t, w, "tx B")
		require.Equal(t, ports.RechargeReview, other.Status)
		_, err := s.Credit(t.Context(), byHand("x", "tx B"))
		require.ErrorIs(t, err, recharge.ErrChargeTaken)
		_, err = carryOut(t.Context(), s, decide(other.ID, ports.DecisionApprove))
		require.ErrorIs(t, err, recharge.ErrChargeTaken, "%s is not decided", id)
	})
}

type hungCanceler struct {
	*odd
	cancel  func() ports.ChargeAnswer
	inquire func() ports.ChargeAnswer
}

func (c *hungCanceler) PrepareCancel(context.Context, ports.CancelOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, nil
}

func (c *hungCanceler) Cancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return c.cancel()
}

func (c *hungCanceler) InquireCancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return c.inquire()
}

// TestService_overlap_a_stale_refusal_leaves_a_part_that_was_given_back: the provider gave 4,000
// of 10,000 back, and so much stays out of the wallet.
func TestService_overlap_a_stale_refusal_leaves_a_part_that_was_given_back(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		answer := make(chan ports.ChargeAnswer)
		c := &hungCanceler{odd: &odd{Else: b, Called: "bank"}, cancel: func() ports.ChargeAnswer { return <-answer }}
		s, wallets, _ := w.hostile(t, c)
		charge := mustRecharge(t, s, "k")
		op, err := s.Cancel(t.Context(), cancelRequest(charge))
		require.NoError(t, err)
		c.inquire = func() ports.ChargeAnswer {
			ordertest.Say(answer, approvedAmount("", 4_000)) // meanwhile
			op, err := s.Cancellation(t.Context(), op.ID)
			require.NoError(t, err)
			require.Equal(t, ports.CancellationApproved, op.Status)
			return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}
		}
		w.follow(t, s)
		op, err = s.Cancellation(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, ports.CancellationApproved, op.Status)
		require.Equal(t, "6000", get(t, s, charge.ID).Left().String())
		ordertest.RequireBalance(t, wallets, 6_000)
	})
}

// TestService_overlap_a_reference_that_a_person_dropped_is_not_claimed_again: the payment is another wallet's.
func TestService_overlap_a_reference_that_a_person_dropped_is_not_claimed_again(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, wallets, id, answers, o := hung(t, 1)
		_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
		require.NoError(t, err)
		o.Inquires = ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{ProviderRef: "tx A", Review: "the row is of another order"}})
		w.follow(t, s)
		require.Equal(t, "tx A", get(t, s, id).ProviderRef)
		drop := decide(id, ports.DecisionApprove)
		drop.DropProviderRef = true
		resolved(t, s, drop)
		ordertest.Say(answers[0], pending("tx A"))
		op := get(t, s, id)
		other := byHand("v", "tx A")
		other.WalletID = "v"
		_, err = s.Credit(t.Context(), other) // whose it is
		require.True(t, err == nil || op.Status == ports.RechargeDisputed, "%s ref %q: %v", op.Status, op.ProviderRef, err)
	})
}

// TestService_overlap_a_second_payment_whose_naming_is_in_doubt: the store loses its answer to
// the claim of tx B. An approval of tx A must not end the order as if tx A were its only
// payment.
func TestService_overlap_a_second_payment_whose_naming_is_in_doubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		w.store = crashtest.LoseAnswer(w.store, func(op ports.Operation) bool { return op.StatusText() == string(ports.ClaimNamed) })
		first, sends := ordertest.HangOnce(t, pending("tx A"))
		o := &odd{
			Else: b, Called: "bank",
			Sends:    sends,
			Inquires: resend,
		}
		s, _, _ := w.hostile(t, o)
		op := mustRecharge(t, s, "k")
		w.follow(t, s)
		ordertest.Say(first, approved("tx B"))
		o.Inquires = ordertest.Always(approved("tx A"))
		w.follow(t, s)
		op = get(t, s, op.ID)
		require.NotEqual(t, ports.RechargeApproved, op.Status, "tx B was charged as well, and no person is told")
	})
}

// TestService_overlap_a_payment_with_an_odd_id_beside_one_under_way: the provider works on tx A, and approves a payment
// whose id no record can hold. An answer in flight that approves tx A does not end the review.
func TestService_overlap_a_payment_with_an_odd_id_beside_one_under_way(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, wallets, id, answers, o := hung(t, 2)
		ordertest.Say(answers[1], pending("tx A"))
		o.Inquires = func() ports.ChargeAnswer {
			ordertest.Say(answers[0], approved(strings.Repeat("r", 257))) // meanwhile
			require.Equal(t, ports.RechargeReview, get(t, s, id).Status)
			return approved("tx A")
		}
		w.follow(t, s)
		op := get(t, s, id)
		require.Equal(t, ports.RechargeReview, op.Status)
		require.Equal(t, "tx A", op.ProviderRef)
		require.Len(t, op.Others, 1)
		ordertest.RequireBalance(t, wallets, 0)
	})
}

// TestService_overlap_a_refusal_is_added_to_the_reason_of_a_review: the person reads that the provider approved tx A and
// refused it then.
func TestService_overlap_a_refusal_is_added_to_the_reason_of_a_review(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 1)
		o.Inquires = func() ports.ChargeAnswer {
			ordertest.Say(answers[0], approvedAmount("tx A", -1)) // meanwhile
			require.Equal(t, ports.RechargeReview, get(t, s, id).Status)
			return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "tx A", Message: "card is closed"}}
		}
		w.follow(t, s)
		op := get(t, s, id)
		require.Equal(t, ports.RechargeReview, op.Status)
		require.Contains(t, op.Why, "approved, but cannot be booked")
		require.Contains(t, op.Why, "then the provider answered declined: card is closed")
	})
}

// TestService_overlap_a_late_answer_with_an_odd_id_after_a_reversal: a person reversed the
// recharge, and then the provider approves the order with an id that no record can hold: the
// recharge is disputed.
func TestService_overlap_a_late_answer_with_an_odd_id_after_a_reversal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, _ := hung(t, 2)
		ordertest.Say(answers[1], approved("tx A"))
		require.NoError(t, reverse(t.Context(), s, get(t, s, id)))
		ordertest.Say(answers[0], approved(strings.Repeat("r", 257)))
		require.Equal(t, ports.RechargeDisputed, get(t, s, id).Status)
	})
}
