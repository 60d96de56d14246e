package recharge_test

import (
	"fmt"
	"strings"
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

// hungOver is hung over a store that a test wraps.
func hungOver(t *testing.T, n int, wrap func(ports.Store) ports.Store) (*world, *recharge.Service, string, []chan ports.ChargeAnswer, *odd, *crashtest.Log) {
	t.Helper()
	w, b := newWorld(t, approves)
	w.store = wrap(w.store)
	s, _, id, answers, o, log := w.hung(t, b, n, func(o *odd) ports.Charger { return o })
	return w, s, id, answers, o, log
}

// writeAsBefore makes of a record what an earlier version wrote: without Taken and Others.
func writeAsBefore(t *testing.T, w *world, op *ports.Recharge) {
	t.Helper()
	old, is := op.Clone().(*ports.Recharge)
	require.True(t, is)
	old.Version++
	old.Taken, old.Others = false, nil
	fates := w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{old}}})
	require.Equal(t, ports.FateCommitted, fates[0].Status)
}

// TestService_payments_old_pending_record_that_a_person_approves_as_another_payment: an earlier version wrote the record. The provider works on its payment, which stays named.
func TestService_payments_old_pending_record_that_a_person_approves_as_another_payment(t *testing.T) {
	w, b := newWorld(t, approves)
	s, _, _ := w.hostile(t, &odd{Else: b, Called: "bank", Sends: ordertest.Always(pending("tx 1"))})
	op := mustRecharge(t, s, "k")
	writeAsBefore(t, w, op)
	approve := decide(op.ID, ports.DecisionApprove)
	approve.ProviderRef = "tx 2"
	resolved(t, s, approve)
	other := lost(t, w, "tx 1")
	require.Equal(t, ports.RechargeReview, other.Status, "the provider works on tx 1 for %s", op.ID)
}

// TestService_payments_approved_payment_that_a_person_replaces: tx A was approved for a full wallet, and a person credits tx B: tx A stays a payment of the order.
func TestService_payments_approved_payment_that_a_person_replaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, wallets, id, answers, _ := hung(t, 2)
		full := decimal.New(1, 18).Sub(won(1))
		_, err := wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "full", Amount: full})
		require.NoError(t, err)
		answers[1] <- approved("tx A") // charged; the wallet is full
		synctest.Wait()
		ordertest.Say(answers[0], approved("tx B"))
		op := get(t, s, id)
		require.Equal(t, ports.RechargeReview, op.Status)
		require.Contains(t, op.Why, "approved tx A, and answered approved for tx B")
		_, err = wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "room", Amount: full})
		require.NoError(t, err)
		approve := decide(id, ports.DecisionApprove)
		approve.ProviderRef = "tx B"
		resolved(t, s, approve)
		other := lost(t, w, "tx A")
		require.Equal(t, ports.RechargeReview, other.Status, "tx A was charged for %s", id)
		ordertest.RequireBalance(t, wallets, 10_000)
	})
}

// TestService_payments_approval_that_overlaps_a_review_is_told: the record says that tx A was approved as well.
func TestService_payments_approval_that_overlaps_a_review_is_told(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 2)
		ordertest.Say(answers[1], pending("tx A"))
		o.Inquires = func() ports.ChargeAnswer {
			ordertest.Say(answers[0], approved("tx B"))
			return approved("tx A")
		}
		w.follow(t, s)
		op := get(t, s, id)
		require.Equal(t, ports.RechargeReview, op.Status)
		require.True(t, op.Answer.Outcome == ports.OutcomeApproved || strings.Contains(op.Why, "approved for tx A") || strings.Contains(op.Why, "approved tx A"),
			"outcome %s why %q", op.Answer.Outcome, op.Why)
	})
}

// TestService_payments_amount_that_is_reported_anew_for_a_second_payment: tx B was pending with 10,000, and approved with 9,000: the later amount counts.
func TestService_payments_amount_that_is_reported_anew_for_a_second_payment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, wallets, id, answers, _ := hung(t, 3)
		ordertest.Say(answers[2], pending("tx A"))
		b := pending("tx B")
		b.Amount = decimal.NewNullDecimal(won(10_000))
		ordertest.Say(answers[0], b)
		ordertest.Say(answers[1], approvedAmount("tx B", 9_000))
		require.Equal(t, ports.RechargeReview, get(t, s, id).Status)
		approve := decide(id, ports.DecisionApprove)
		approve.ProviderRef = "tx B"
		_, err := carryOut(t.Context(), s, approve)
		ordertest.RequireBalance(t, wallets, 0)
		require.ErrorIs(t, err, ports.ErrInvalid, "the provider charged 9,000 for tx B")
	})
}

// TestService_payments_odd_second_payment_of_a_decided_review_is_cleaned: neither the record nor the claim keeps an id of a megabyte or an amount of fifty million digits.
func TestService_payments_odd_second_payment_of_a_decided_review_is_cleaned(t *testing.T) {
	t.Run("id", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, s, _, id, answers, _ := hung(t, 2)
			ordertest.Say(answers[1], approvedAmount("tx A", -1))
			ordertest.Say(answers[0], approved(strings.Repeat("r", 1<<20)))
			op := get(t, s, id)
			require.Equal(t, ports.RechargeReview, op.Status)
			require.Less(t, len(op.Why), 4096, "a reason of a megabyte")
			for _, ref := range op.Others {
				require.LessOrEqual(t, len(ref), ports.MaxProviderRef+3, "an id that no record can hold")
			}
		})
	})
	t.Run("amount", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w, s, _, id, answers, _ := hung(t, 2)
			ordertest.Say(answers[1], approvedAmount("tx A", -1))
			b := approved("tx B")
			b.Amount = decimal.NewNullDecimal(decimal.New(1, 50_000_000))
			ordertest.Say(answers[0], b)
			require.Equal(t, ports.RechargeReview, get(t, s, id).Status)
			found, err := w.store.Operations(t.Context(), []string{ports.NamedID(ports.KindRecharge, "bank", "tx B")})
			require.NoError(t, err)
			require.Len(t, found, 1)
			claim, is := found[0].(*ports.Claim)
			require.True(t, is)
			if claim.Amount.Valid {
				_, err = ports.CheckSigned("Amount", claim.Amount.Decimal, ports.MaxScale)
				require.NoError(t, err, "the claim has an amount of fifty million digits")
			}
		})
	})
}

// TestService_payments_two_payments_named_at_the_same_moment: two answers to an order in review
// come at the same moment, and Others lists the payment of each.
func TestService_payments_two_payments_named_at_the_same_moment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := new(ordertest.Hook)
		w, s, id, answers, _, log := hungOver(t, 4, func(inner ports.Store) ports.Store { h.Store = inner; return h })
		ordertest.Say(answers[3], pending("tx A"))
		ordertest.Say(answers[2], approved("tx D"))
		require.Equal(t, ports.RechargeReview, get(t, s, id).Status)
		done := false
		h.Before = func(op ports.Operation) {
			if r, is := op.(*ports.Recharge); is && !done && len(r.Others) > 1 {
				done = true
				ordertest.Say(answers[1], approved("tx C")) // another process is a little faster
			}
		}
		answers[0] <- approved("tx B")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		op := get(t, s, id)
		t.Log(log.Line("a late answer was not kept"))
		require.True(t, done)
		require.Contains(t, op.Others, "tx C")
		require.Contains(t, op.Others, "tx B", "the answer was dropped; why %q", op.Why)
		other := lost(t, w, "tx B")
		require.Equal(t, ports.RechargeReview, other.Status, "tx B is a payment of %s", id)
	})
}

// TestService_payments_refusal_of_a_decided_review_while_a_person_approves: the refusal of the payment that was credited meanwhile is a dispute, and the job does not fail.
func TestService_payments_refusal_of_a_decided_review_while_a_person_approves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := new(ordertest.Hook)
		w, s, id, answers, o, _ := hungOver(t, 1, func(inner ports.Store) ports.Store { h.Store = inner; return h })
		done := false
		h.Before = func(op ports.Operation) {
			if r, is := op.(*ports.Recharge); is && !done && strings.Contains(r.Why, "then the provider answered declined") {
				done = true
				approve := decide(id, ports.DecisionApprove)
				approve.Amount = decimal.NewNullDecimal(won(10_000))
				resolved(t, s, approve)
			}
		}
		o.Inquires = func() ports.ChargeAnswer {
			ordertest.Say(answers[0], approvedAmount("tx A", -1)) // meanwhile
			return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "tx A"}}
		}
		w.clock.Advance(time.Hour)
		_, err := s.Follow(t.Context(), 10)
		require.True(t, done)
		require.NoError(t, err)
		require.Equal(t, ports.RechargeDisputed, get(t, s, id).Status)
	})
}

// TestService_payments_unknown_answer_that_names_a_payment_in_review: the answer knows no end, and has the id of the payment.
func TestService_payments_unknown_answer_that_names_a_payment_in_review(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 1)
		o.Inquires = ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Review: "two rows look alike"}})
		w.follow(t, s)
		require.Equal(t, ports.RechargeReview, get(t, s, id).Status)
		ordertest.Say(answers[0], ports.ChargeAnswer{Answer: ports.Answer{ProviderRef: "tx A", Likely: ports.OutcomeApproved, Code: "504"}})
		op := get(t, s, id)
		t.Logf("%s ref %q why %q", op.Status, op.ProviderRef, op.Why)
		other := lost(t, w, "tx A")
		require.Equal(t, ports.RechargeReview, other.Status, "tx A may be the payment of %s", id)
	})
}

// TestService_payments_refusal_of_an_earlier_transmission_in_review: the refusal names the payment of the record.
func TestService_payments_refusal_of_an_earlier_transmission_in_review(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, _ := hung(t, 2)
		ordertest.Say(answers[1], approvedAmount("tx A", -1))
		ordertest.Say(answers[0], ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "tx A", Message: "card is closed"}})
		require.Contains(t, get(t, s, id).Why, "then the provider answered declined: card is closed")
	})
}

// TestService_payments_refusal_leaves_all_ids_in_Why: in review and in dispute.
func TestService_payments_refusal_leaves_all_ids_in_Why(t *testing.T) {
	const a, b, c = "9f1c2f0e-2f86-4a53-9a55-6d1f6f0b7c10", "9f1c2f0e-2f86-4a53-9a55-6d1f6f0b7c11", "9f1c2f0e-2f86-4a53-9a55-6d1f6f0b7c12"
	t.Run("review", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w, s, _, id, answers, o := hung(t, 4)
			ordertest.Say(answers[3], pending(a))
			o.Inquires = func() ports.ChargeAnswer {
				ordertest.Say(answers[0], approved(b))
				ordertest.Say(answers[1], approved(c))
				ordertest.Say(answers[2], approved("9f1c2f0e-2f86-4a53-9a55-6d1f6f0b7c13"))
				why := get(t, s, id).Why
				require.Contains(t, why, b)
				require.Contains(t, why, c)
				return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: a}}
			}
			w.follow(t, s)
			op := get(t, s, id)
			require.Equal(t, ports.RechargeReview, op.Status)
			require.Contains(t, op.Why, b)
			require.Contains(t, op.Why, c)
		})
	})
	t.Run("dispute", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, s, _, id, answers, _ := hung(t, 4)
			ordertest.Say(answers[3], approved(a))
			late := approved(b)
			late.Message = strings.Repeat("정상 승인되었습니다. ", 9)
			ordertest.Say(answers[0], late)
			ordertest.Say(answers[1], approved(c))
			why := get(t, s, id).Why
			require.Contains(t, why, b)
			require.Contains(t, why, c)
			ordertest.Say(answers[2], ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: a}})
			why = get(t, s, id).Why
			require.Contains(t, why, "declined")
			require.Contains(t, why, b, why)
			require.Contains(t, why, c, why)
		})
	})
}

// TestService_payments_late_pending_with_an_odd_balance: a pending answer about the credited payment contradicts nothing.
func TestService_payments_late_pending_with_an_odd_balance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, o := hung(t, 1)
		o.Inquires = ordertest.Always(approved("tx A"))
		resolved(t, s, decide(id, ports.DecisionInquire))
		ordertest.Step(t, s)
		require.Equal(t, ports.RechargeApproved, get(t, s, id).Status)
		late := pending("tx A")
		late.OldBalance = decimal.NewNullDecimal(decimal.New(1, 60))
		ordertest.Say(answers[0], late)
		op := get(t, s, id)
		require.Equal(t, ports.RechargeApproved, op.Status, op.Why)
	})
}

// TestService_payments_late_approval_of_a_cancellation_with_an_odd_balance: the balance is not booked, so that the answer agrees.
func TestService_payments_late_approval_of_a_cancellation_with_an_odd_balance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		answer := make(chan ports.ChargeAnswer)
		c := &hungCanceler{odd: &odd{Else: b, Called: "bank"}, cancel: func() ports.ChargeAnswer { return <-answer }, inquire: ordertest.Always(approved("c 1"))}
		s, _, _ := w.hostile(t, c)
		charge := mustRecharge(t, s, "k")
		_, err := s.Cancel(t.Context(), cancelRequest(charge))
		require.NoError(t, err)
		w.follow(t, s)
		require.Equal(t, ports.RechargeReversed, get(t, s, charge.ID).Status)
		late := approved("c 1")
		late.NewBalance = decimal.NewNullDecimal(decimal.New(1, 60))
		ordertest.Say(answer, late)
		op := get(t, s, charge.ID)
		require.Equal(t, ports.RechargeReversed, op.Status, op.Why)
	})
}

// TestService_payments_earlier_transmission_of_an_order_that_the_provider_declined: an answer that knows nothing, about the payment that the provider declined, contradicts nothing.
func TestService_payments_earlier_transmission_of_an_order_that_the_provider_declined(t *testing.T) {
	for name, late := range map[string]ports.ChargeAnswer{"unknown": {Answer: ports.Answer{ProviderRef: "tx A", Code: "504"}}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, s, _, id, answers, _ := hung(t, 2)
				ordertest.Say(answers[1], ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "tx A"}})
				require.Equal(t, ports.RechargeDeclined, get(t, s, id).Status)
				ordertest.Say(answers[0], late)
				op := get(t, s, id)
				require.Equal(t, ports.RechargeDeclined, op.Status, op.Why)
			})
		})
	}
}

// TestService_payments_dropped_reference_that_the_person_gives_back: a person keeps the recharge with the id that was dropped before.
func TestService_payments_dropped_reference_that_the_person_gives_back(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 1)
		o.Inquires = ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{ProviderRef: "tx A", Review: "the row is of another order"}})
		w.follow(t, s)
		drop := decide(id, ports.DecisionApprove)
		drop.DropProviderRef = true
		resolved(t, s, drop)
		_, err := s.Dispute(t.Context(), ports.Act{ID: id, By: kim("tx A was its payment after all")})
		require.NoError(t, err)
		keep := decide(id, ports.DecisionKeep)
		keep.ProviderRef = "tx A"
		resolved(t, s, keep)
		ordertest.Say(answers[0], approved("tx A"))
		op := get(t, s, id)
		require.Equal(t, ports.RechargeApproved, op.Status, op.Why)
	})
}

// TestService_payments_dropped_reference_is_not_claimed_by_the_dispute: the payment is another wallet's, as a person said.
func TestService_payments_dropped_reference_is_not_claimed_by_the_dispute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, wallets, id, answers, o := hung(t, 1)
		_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
		require.NoError(t, err)
		o.Inquires = ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{ProviderRef: "tx A", Review: "the row is of another order"}})
		w.follow(t, s)
		drop := decide(id, ports.DecisionApprove)
		drop.DropProviderRef = true
		resolved(t, s, drop)
		ordertest.Say(answers[0], pending("tx A"))
		op := get(t, s, id)
		t.Logf("%s ref %q why %q", op.Status, op.ProviderRef, op.Why)
		_, err = carryOut(t.Context(), s, decide(id, ports.DecisionKeep)) // tx A is another wallet's, as the person said before
		require.NoError(t, err)
		other := byHand("v", "tx A")
		other.WalletID = "v"
		_, err = s.Credit(t.Context(), other) // whose it is
		require.NoError(t, err)
	})
}

// TestService_payments_second_approval_that_cannot_be_booked_keeps_the_refusal: the reason keeps that the provider contradicted itself.
func TestService_payments_second_approval_that_cannot_be_booked_keeps_the_refusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 2)
		o.Inquires = func() ports.ChargeAnswer {
			ordertest.Say(answers[1], approvedAmount("tx A", -1))
			return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "tx A"}}
		}
		w.follow(t, s)
		require.Contains(t, get(t, s, id).Why, "then the provider answered declined")
		ordertest.Say(answers[0], approvedAmount("tx A", -1))
		op := get(t, s, id)
		require.Equal(t, ports.RechargeReview, op.Status)
		require.Contains(t, op.Why, "then the provider answered declined")
	})
}

// TestService_payments_answer_to_a_record_that_is_locked_for_a_moment: an answer waits for a record that is locked for six seconds.
func TestService_payments_answer_to_a_record_that_is_locked_for_a_moment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := 60 // six seconds
		w, s, id, answers, _, log := hungOver(t, 3, func(inner ports.Store) ports.Store {
			return crashtest.Fated{Store: inner, Fate: func(units []ports.Unit) *ports.Fate {
				for _, op := range units[0].Operations {
					if r, is := op.(*ports.Recharge); is && len(r.Others) > 1 && busy > 0 {
						busy--
						return &ports.Fate{Status: ports.FateBusy}
					}
				}
				return nil
			}}
		})
		ordertest.Say(answers[2], pending("tx A"))
		ordertest.Say(answers[0], approved("tx B"))
		answers[1] <- approved("tx C")
		time.Sleep(time.Hour)
		synctest.Wait()
		t.Log(log.Line("a late answer was not kept"))
		require.Zero(t, busy)
		require.Contains(t, get(t, s, id).Others, "tx C")
		other := lost(t, w, "tx C")
		require.Equal(t, ports.RechargeReview, other.Status, "tx C is a payment of %s", id)
	})
}

// TestService_payments_two_orders_whose_ids_were_corrected: inquiries swap the ids of two orders, and a person can approve both.
func TestService_payments_two_orders_whose_ids_were_corrected(t *testing.T) {
	w, b := newWorld(t, approves)
	n, m := 0, 0
	s, wallets, _ := w.hostile(t, &odd{
		Else: b, Called: "bank",
		Sends: func() ports.ChargeAnswer {
			n++
			return pending([]string{"", "tx A", "tx B"}[n])
		},
		Inquires: func() ports.ChargeAnswer {
			m++
			return approved([]string{"", "tx B", "tx A"}[m])
		},
	})
	x := mustRecharge(t, s, "x")
	w.clock.Advance(time.Second)
	y := mustRecharge(t, s, "y")
	w.clock.Advance(time.Hour)
	for range 2 {
		_, err := s.Follow(t.Context(), 1)
		require.NoError(t, err)
	}
	require.Equal(t, ports.RechargeReview, get(t, s, x.ID).Status)
	require.Equal(t, ports.RechargeReview, get(t, s, y.ID).Status)
	_, errX := carryOut(t.Context(), s, decide(x.ID, ports.DecisionApprove))
	_, errY := carryOut(t.Context(), s, decide(y.ID, ports.DecisionApprove))
	require.True(t, errX == nil || errY == nil, "both were charged once, and neither can be approved: %v; %v", errX, errY)
	_, errX = carryOut(t.Context(), s, decide(x.ID, ports.DecisionApprove))
	_, errY = carryOut(t.Context(), s, decide(y.ID, ports.DecisionApprove))
	t.Log(errX, errY)
	ordertest.RequireBalance(t, wallets, 20_000)
}

// TestService_payments_keep_names_a_payment_of_an_undecided_recharge: Resolve answers ErrChargeTaken for keep as for approve.
func TestService_payments_keep_names_a_payment_of_an_undecided_recharge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 2)
		ordertest.Say(answers[1], pending("tx A"))
		ordertest.Say(answers[0], approved("tx B"))
		require.Equal(t, ports.RechargeReview, get(t, s, id).Status)
		o.Sends = ordertest.Always(approved(""))
		op := mustRecharge(t, s, "other")
		require.Equal(t, ports.RechargeApproved, op.Status)
		_, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("which payment is it")})
		require.NoError(t, err)
		keep := decide(op.ID, ports.DecisionKeep)
		keep.ProviderRef = "tx B"
		_, err = carryOut(t.Context(), s, keep)
		require.ErrorIs(t, err, recharge.ErrChargeTaken, "%s is not decided", id)
		_ = w
	})
}

// TestService_payments_keep_names_a_payment_that_was_credited_without_a_claim: Keep refuses a
// payment that an earlier version credited to another recharge.
func TestService_payments_keep_names_a_payment_that_was_credited_without_a_claim(t *testing.T) {
	w, b := newWorld(t, approves)
	inner := w.store
	w.store = dropClaims{inner} // the version before ports.Claim
	s, _, _ := w.hostile(t, &odd{Else: b, Called: "bank", Sends: ordertest.Always(approved("tx 1"))})
	mustRecharge(t, s, "k")
	w.store = inner
	s, _, _ = w.hostile(t, &odd{Else: b, Called: "bank", Sends: ordertest.Always(approved(""))})
	op := mustRecharge(t, s, "other")
	_, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("which payment is it")})
	require.NoError(t, err)
	keep := decide(op.ID, ports.DecisionKeep)
	keep.ProviderRef = "tx 1"
	_, err = carryOut(t.Context(), s, keep)
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
}

// TestService_payments_stale_refusal_of_a_payment_that_was_corrected: the refusal names a payment that the record does not stand for any more.
func TestService_payments_stale_refusal_of_a_payment_that_was_corrected(t *testing.T) {
	w, b := newWorld(t, approves)
	n := 0
	o := &odd{Else: b, Called: "bank", Sends: ordertest.Always(pending("tx A"))}
	s, _, _ := w.hostile(t, o)
	op := mustRecharge(t, s, "k")
	o.Inquires = func() ports.ChargeAnswer {
		if n++; n > 1 {
			return pending("tx B")
		}
		w.clock.Advance(time.Hour) // this process sleeps; another asks
		ordertest.Step(t, s)
		require.Equal(t, "tx B", get(t, s, op.ID).ProviderRef)
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "tx A"}}
	}
	w.follow(t, s)
	require.Equal(t, 2, n)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargePending, op.Status, "ref %q why %q", op.ProviderRef, op.Why)
}

// TestService_payments_others_after_a_person_chose: Others has the payment that the person did not choose.
func TestService_payments_others_after_a_person_chose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, _ := hung(t, 2)
		ordertest.Say(answers[1], pending("tx A"))
		ordertest.Say(answers[0], approved("tx B"))
		approve := decide(id, ports.DecisionApprove)
		approve.ProviderRef = "tx B"
		op := resolved(t, s, approve)
		require.NotContains(t, op.Others, "tx B", "it is the payment that was credited")
		require.Contains(t, op.Others, "tx A")
	})
}

// TestService_payments_rows_that_hold: what the operations page says about payments that are in doubt.
func TestService_payments_rows_that_hold(t *testing.T) {
	t.Run("credit comes back as it was: decline, then Credit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, s, wallets, id, answers, _ := hung(t, 2)
			ordertest.Say(answers[1], approved("tx A"))
			require.NoError(t, reverse(t.Context(), s, get(t, s, id)))
			ordertest.Say(answers[0], approvedAmount("tx B", 9_000))
			reinstate := decide(id, ports.DecisionReinstate)
			reinstate.ProviderRef = "tx B"
			_, err := carryOut(t.Context(), s, reinstate)
			require.ErrorIs(t, err, ports.ErrInvalid)
			resolved(t, s, decide(id, ports.DecisionDecline))
			hand := byHand("hand", "tx B")
			hand.Amount = won(9_000)
			_, err = s.Credit(t.Context(), hand)
			require.NoError(t, err)
			ordertest.RequireBalance(t, wallets, 9_000)
		})
	})
	t.Run("another recharge's: reverse the other first, then approve", func(t *testing.T) {
		w, b := newWorld(t, approves)
		s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank", Sends: ordertest.Always(approved("tx A"))})
		first := mustRecharge(t, s, "k")
		second := mustRecharge(t, s, "l")
		require.Equal(t, ports.RechargeReview, second.Status)
		require.NoError(t, reverse(t.Context(), s, first))
		resolved(t, s, decide(second.ID, ports.DecisionApprove))
		ordertest.RequireBalance(t, wallets, 10_000)
	})
	t.Run("unbookable, inquire, bookable", func(t *testing.T) {
		w, b := newWorld(t, approves)
		amount := int64(-1)
		s, wallets, _ := w.hostile(t, &odd{
			Else: b, Called: "bank", Sends: func() ports.ChargeAnswer { return approvedAmount("tx A", amount) },
			Inquires: func() ports.ChargeAnswer { return approvedAmount("tx A", amount) },
		})
		op := mustRecharge(t, s, "k")
		require.Equal(t, ports.RechargeReview, op.Status)
		amount = 10_000
		resolved(t, s, decide(op.ID, ports.DecisionInquire))
		ordertest.Step(t, s)
		ordertest.RequireBalance(t, wallets, 10_000)
	})
	t.Run("pending, then lost, then sent again: same id", func(t *testing.T) {
		w, b := newWorld(t, approves)
		s, wallets, _ := w.hostile(t, &odd{
			Else: b, Called: "bank", Sends: ordertest.InTurn(pending("tx A"), approved("tx A")),
			Inquires: ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Resend: true, Code: "404"}}),
		})
		mustRecharge(t, s, "k")
		w.follow(t, s)
		ordertest.RequireBalance(t, wallets, 10_000)
	})
	t.Run("pending, then declined without an id", func(t *testing.T) {
		w, b := newWorld(t, approves)
		s, _, _ := w.hostile(t, &odd{
			Else: b, Called: "bank", Sends: ordertest.Always(pending("tx A")),
			Inquires: ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined}}),
		})
		op := mustRecharge(t, s, "k")
		w.follow(t, s)
		require.Equal(t, ports.RechargeDeclined, get(t, s, op.ID).Status)
	})
}

// TestService_payments_a_person_inquires_about_what_cannot_be_booked: the provider approved tx A, and the wallet cannot take it. A
// refusal, or an answer that it has no trace, does not end the order after a person had the provider asked, and sends
// nothing again.
func TestService_payments_a_person_inquires_about_what_cannot_be_booked(t *testing.T) {
	for name, says := range map[string][]ports.ChargeAnswer{
		"refusal":                 {{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "tx A"}}},
		"unknown, then a refusal": {{Answer: ports.Answer{Code: "504"}}, {Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}},
		"send it again":           {{Answer: ports.Answer{Resend: true, Code: "404"}}, {Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}},
	} {
		t.Run(name, func(t *testing.T) {
			w, b := newWorld(t, approves)
			sent := 0
			s, wallets, _ := w.hostile(t, &odd{
				Else: b, Called: "bank",
				Sends: func() ports.ChargeAnswer {
					sent++
					return approvedAmount("tx A", -1)
				},
				Inquires: func() ports.ChargeAnswer {
					next := says[0]
					if len(says) > 1 {
						says = says[1:]
					}
					return next
				},
			})
			op := mustRecharge(t, s, "k")
			require.Equal(t, ports.RechargeReview, op.Status)
			resolved(t, s, decide(op.ID, ports.DecisionInquire))
			for range 2 {
				ordertest.Step(t, s)
				w.clock.Advance(time.Hour)
			}
			op = get(t, s, op.ID)
			require.Equal(t, ports.RechargeReview, op.Status, op.Why)
			require.Contains(t, op.Why, "the provider approved tx A; then the provider answered")
			require.Equal(t, 1, sent)
			ordertest.RequireBalance(t, wallets, 0)
		})
	}
}

// TestService_payments_a_resend_is_refused_while_the_provider_works: the provider works on tx A, as an inquiry confirms while
// the order is sent again. The refusal of that transmission does not name tx A.
func TestService_payments_a_resend_is_refused_while_the_provider_works(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		answer := make(chan ports.ChargeAnswer)
		sent := 0
		o := &odd{
			Else: b, Called: "bank",
			Sends: func() ports.ChargeAnswer {
				if sent++; sent == 1 {
					return pending("tx A")
				}
				return <-answer
			},
			Inquires: resend,
		}
		s, _, _ := w.hostile(t, o)
		op := mustRecharge(t, s, "k")
		w.clock.Advance(time.Hour)
		_, err := s.Follow(t.Context(), 10) // it is sent again, and the call does not return
		require.NoError(t, err)
		o.Inquires = ordertest.Always(pending("tx A"))
		w.follow(t, s)
		require.Equal(t, ports.RechargePending, get(t, s, op.ID).Status)
		ordertest.Say(answer, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Code: "duplicate"}})
		require.Equal(t, 2, sent)
		require.Equal(t, ports.RechargePending, get(t, s, op.ID).Status)
	})
}

// TestService_payments_Why_names_an_id_that_another_begins_with: "tx 1" is listed though the reason has "tx 10".
func TestService_payments_Why_names_an_id_that_another_begins_with(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, _ := hung(t, 4)
		ordertest.Say(answers[3], approved("tx A"))
		for i, ref := range []string{"tx B", "tx 1", "tx 10"} {
			answer := approved(ref)
			answer.Message = strings.Repeat("정상 승인되었습니다. ", 9)
			ordertest.Say(answers[i], answer)
		}
		op := get(t, s, id)
		require.Equal(t, []string{"tx B", "tx 1", "tx 10"}, op.Others)
		require.Contains(t, op.Why, "other payments: tx 1")
	})
}

// TestService_payments_Others_are_bounded: a record lists ten further payments, and the reason names the latest one.
func TestService_payments_Others_are_bounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, _ := hung(t, 13)
		ordertest.Say(answers[12], pending("tx A"))
		for i := range 12 {
			ordertest.Say(answers[i], approved(fmt.Sprintf("tx %02d", i)))
		}
		op := get(t, s, id)
		require.Len(t, op.Others, ports.MaxOthers)
		require.Contains(t, op.Why, "tx 11")
	})
}
