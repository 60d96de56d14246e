package recharge_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

func says(outcome ports.Outcome, ref string) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: outcome, ProviderRef: ref}}
}

// inquired lets a person have the provider asked about an order in review, and a worker ask.
func inquired(t *testing.T, s *recharge.Service, id string, o *odd, answer ports.ChargeAnswer) *ports.Recharge {
	t.Helper()
	o.Inquires = func() ports.ChargeAnswer { return answer }
	resolved(t, s, decide(id, ports.DecisionInquire))
	ordertest.Step(t, s)
	return get(t, s, id)
}

// TestService_overlap_cancellation_taken_back_after_a_person_brought_the_credit_back: the
// recharge is disputed, because the customer has 10,000 back and 10,000 in the wallet.
func TestService_overlap_cancellation_taken_back_after_a_person_brought_the_credit_back(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		answer := make(chan ports.ChargeAnswer)
		c := &hungCanceler{odd: &odd{Else: b, Called: "bank"}, cancel: func() ports.ChargeAnswer { return <-answer }, inquire: ordertest.Always(ports.ChargeAnswer{})}
		s, wallets, _ := w.hostile(t, c)
		charge := mustRecharge(t, s, "k")
		op, err := s.Cancel(t.Context(), cancelRequest(charge))
		require.NoError(t, err)
		approve := decide(op.ID, ports.DecisionApprove)
		_, err = carryOutCancel(t.Context(), s, approve)
		require.NoError(t, err)
		ordertest.RequireBalance(t, wallets, 0)
		_, err = s.Dispute(t.Context(), ports.Act{ID: charge.ID, By: kim("the bank's list shows that the charge stands")})
		require.NoError(t, err)
		resolved(t, s, decide(charge.ID, ports.DecisionReinstate))
		ordertest.RequireBalance(t, wallets, 10_000)
		ordertest.Say(answer, says(ports.OutcomeApproved, "c 1"))
		charge = get(t, s, charge.ID)
		require.Equal(t, ports.RechargeDisputed, charge.Status, "the provider gave 10,000 back, and 10,000 are in the wallet")
	})
}

// TestService_overlap_amount_of_the_second_payment_by_an_inquiry: the named claim has the
// amount, and the approval without an Amount answers ErrInvalid.
func TestService_overlap_amount_of_the_second_payment_by_an_inquiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, wallets, id, answers, o := hung(t, 2)
		ordertest.Say(answers[1], pending("tx A"))
		ordertest.Say(answers[0], pending("tx B"))
		require.Equal(t, []string{"tx B"}, get(t, s, id).Others)
		op := inquired(t, s, id, o, approvedAmount("tx B", 9_000))
		require.Equal(t, ports.RechargeReview, op.Status)
		t.Log(op.Why)
		approve := decide(id, ports.DecisionApprove)
		approve.ProviderRef = "tx B"
		_, err := carryOut(t.Context(), s, approve)
		ordertest.RequireBalance(t, wallets, 0)
		require.ErrorIs(t, err, ports.ErrInvalid, "the provider charged 9,000 for tx B")
	})
}

// TestService_overlap_amount_of_the_second_payment_that_an_inquiry_puts_first: the record must
// not take tx B as its payment without the amount that the provider reported for tx B.
func TestService_overlap_amount_of_the_second_payment_that_an_inquiry_puts_first(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, wallets, id, answers, o := hung(t, 2)
		ordertest.Say(answers[1], pending("tx A"))
		ordertest.Say(answers[0], approvedAmount("tx B", 9_000))
		op := inquired(t, s, id, o, pending("tx B"))
		t.Logf("%s ref %q others %v why %q", op.Status, op.ProviderRef, op.Others, op.Why)
		_, err := carryOut(t.Context(), s, decide(id, ports.DecisionApprove))
		wallet, errW := wallets.Wallet(t.Context(), "w")
		require.NoError(t, errW)
		require.False(t, wallet.Balance.Equal(won(10_000)) && get(t, s, id).ProviderRef == "tx B", "the provider charged 9,000 for tx B: %v", err)
	})
}

// TestService_overlap_late_approval_of_a_disputed_reversal: Why or Answer says that the
// provider approved.
func TestService_overlap_late_approval_of_a_disputed_reversal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, wallets, id, answers, _ := hung(t, 1)
		approve := decide(id, ports.DecisionApprove)
		approve.ProviderRef = "tx A"
		resolved(t, s, approve)
		require.NoError(t, reverse(t.Context(), s, get(t, s, id)))
		_, err := s.Dispute(t.Context(), ports.Act{ID: id, By: kim("the customer says that it was paid")})
		require.NoError(t, err)
		ordertest.Say(answers[0], approved("tx A"))
		op := get(t, s, id)
		t.Logf("%s outcome %s why %q", op.Status, op.Answer.Outcome, op.Why)
		ordertest.RequireBalance(t, wallets, 0)
		require.True(t, op.Answer.Outcome == ports.OutcomeApproved || strings.Contains(op.Why, "approved"), "the provider approved it")
	})
}

// TestService_overlap_learns_a_payment_that_was_credited_without_a_claim: a late answer names a
// payment that another recharge was credited for. The recharge is disputed, and does not take
// the id.
func TestService_overlap_learns_a_payment_that_was_credited_without_a_claim(t *testing.T) {
	for name, late := range map[string]ports.ChargeAnswer{"learn": approved("tx 1"), "amount": approvedAmount("tx 1", 9_000)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, b := newWorld(t, approves)
				inner := w.store
				w.store = dropClaims{inner} // the version before ports.Claim
				s, _, _ := w.hostile(t, &odd{Else: b, Called: "bank", Sends: ordertest.Always(approved("tx 1"))})
				first := mustRecharge(t, s, "first")
				require.Equal(t, ports.RechargeApproved, first.Status)
				w.store = inner
				s, wallets, id, answers, _, _ := w.hung(t, b, 1, undecorated)
				resolved(t, s, decide(id, ports.DecisionApprove))
				ordertest.Say(answers[0], late)
				op := get(t, s, id)
				t.Logf("%s ref %q why %q", op.Status, op.ProviderRef, op.Why)
				ordertest.RequireBalance(t, wallets, 20_000)
				require.Equal(t, ports.RechargeDisputed, op.Status, "tx 1 is credited twice")
				require.NotEqual(t, "tx 1", op.ProviderRef)
			})
		})
	}
}

// TestService_overlap_dropped_reference_is_dropped_for_good: DroppedRef keeps tx A, and the
// answer disputes the recharge.
func TestService_overlap_dropped_reference_is_dropped_for_good(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 1)
		o.Inquires = ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{ProviderRef: "tx A", Review: "the row is of another order"}})
		w.follow(t, s)
		drop := decide(id, ports.DecisionApprove)
		drop.DropProviderRef = true
		resolved(t, s, drop)
		require.NoError(t, reverse(t.Context(), s, get(t, s, id)))
		_, err := s.Dispute(t.Context(), ports.Act{ID: id, By: kim("it was paid after all")})
		require.NoError(t, err)
		drop.Decision = ports.DecisionReinstate
		resolved(t, s, drop)
		ordertest.Say(answers[0], pending("tx A"))
		op := get(t, s, id)
		require.Equal(t, ports.RechargeDisputed, op.Status, "ref %q dropped %q", op.ProviderRef, op.DroppedRef)
	})
}

// TestService_overlap_refused_approval_writes_nothing: what is refused is checked before anything is written.
func TestService_overlap_refused_approval_writes_nothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, _ := hung(t, 2)
		ordertest.Say(answers[1], pending("tx A"))
		ordertest.Say(answers[0], approvedAmount("tx B", 9_000))
		approve := decide(id, ports.DecisionApprove)
		approve.ProviderRef = "tx B"
		_, err := carryOut(t.Context(), s, approve)
		require.ErrorIs(t, err, ports.ErrInvalid)
		found, err := w.store.Operations(t.Context(), []string{ports.NamedID(ports.KindRecharge, "bank", "tx A")})
		require.NoError(t, err)
		require.Empty(t, found, "with ErrInvalid nothing was written")
	})
}

// TestService_overlap_part_of_a_second_cancellation: ErrInvalid, as for a part that the
// first cancellation reports, or the amount in Why at least.
func TestService_overlap_part_of_a_second_cancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		first := make(chan ports.ChargeAnswer)
		var n atomic.Int64
		c := &hungCanceler{odd: &odd{Else: b, Called: "bank"}, cancel: func() ports.ChargeAnswer {
			if n.Add(1) == 1 {
				return <-first
			}
			return pending("c 1")
		}, inquire: resend}
		s, wallets, _ := w.hostile(t, c)
		charge := mustRecharge(t, s, "k")
		op, err := s.Cancel(t.Context(), cancelRequest(charge))
		require.NoError(t, err)
		w.follow(t, s)
		ordertest.Say(first, approvedAmount("c 2", 4_000))
		op, err = s.Cancellation(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, ports.CancellationReview, op.Status)
		t.Logf("why %q", op.Why)
		_, err = carryOutCancel(t.Context(), s, decide(op.ID, ports.DecisionApprove))
		ordertest.RequireBalance(t, wallets, 0)
		require.ErrorIs(t, err, ports.ErrInvalid, "the provider gave 4,000 of 10,000 back")
	})
}

// TestService_overlap_odd_payment_of_a_decided_review: a further payment whose id no record can
// hold is listed in Others, and an approval of the first payment does not end the review.
func TestService_overlap_odd_payment_of_a_decided_review(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, wallets, id, answers, _ := hung(t, 3)
		ordertest.Say(answers[2], approvedAmount("tx A", 0))
		ordertest.Say(answers[1], approved(strings.Repeat("r", 300)))
		op := get(t, s, id)
		t.Logf("%s ref %q others %v why %q", op.Status, op.ProviderRef, op.Others, op.Why)
		ordertest.Say(answers[0], approvedAmount("tx A", 10_000))
		op = get(t, s, id)
		t.Logf("%s ref %q others %v why %q", op.Status, op.ProviderRef, op.Others, op.Why)
		ordertest.RequireBalance(t, wallets, 0)
		require.Equal(t, ports.RechargeReview, op.Status, "another payment was charged as well")
	})
}

// TestService_overlap_amount_that_no_record_can_hold_is_forgotten: a person decides until
// an amount is reported that can be booked.
func TestService_overlap_amount_that_no_record_can_hold_is_forgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, wallets, id, answers, _ := hung(t, 2)
		a := approved("tx A")
		a.Amount = decimal.NewNullDecimal(decimal.RequireFromString("9000.0000001"))
		ordertest.Say(answers[1], a)
		op := get(t, s, id)
		require.Equal(t, ports.RechargeReview, op.Status)
		t.Logf("why %q", op.Why)
		ordertest.Say(answers[0], approved("tx A"))
		ordertest.RequireBalance(t, wallets, 0)
		require.Equal(t, ports.RechargeReview, get(t, s, id).Status)
	})
}

// TestService_overlap_Others_are_bounded_by_a_person_too: ten further payments are listed,
// also where a person names another payment.
func TestService_overlap_Others_are_bounded_by_a_person_too(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, _ := hung(t, 12)
		ordertest.Say(answers[11], pending("tx A"))
		for i := range 11 {
			ordertest.Say(answers[i], approved("tx "+string(rune('a'+i))))
		}
		approve := decide(id, ports.DecisionApprove)
		approve.ProviderRef = "tx k" // the eleventh, which is in Why
		op := resolved(t, s, approve)
		require.LessOrEqual(t, len(op.Others), ports.MaxOthers)
	})
}

// TestService_overlap_Wanted_that_approves_credits_nothing: a fault, and no credit.
func TestService_overlap_Wanted_that_approves_credits_nothing(t *testing.T) {
	w, b := newWorld(t, approves)
	s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank"})
	request := topUp("k")
	now := w.clock.Now()
	attached := &books.Attached{
		Operation: &ports.Claim{OperationHead: ports.OperationHead{
			ID: "attached", Kind: ports.KindClaim, WalletID: "w", Version: 1, CreatedAt: now, UpdatedAt: now,
		}, Status: ports.ClaimHeld},
		Wanted: func(context.Context) *ports.ChargeAnswer { a := approved("tx 1"); return &a },
	}
	op, err := s.RechargeAttached(t.Context(), request, attached)
	require.NoError(t, err)
	require.Zero(t, b.charges)
	t.Logf("%s %s", op.Status, op.Why)
	ordertest.RequireBalance(t, wallets, 0)
}

// TestService_overlap_another_payment_after_an_approval_that_cannot_be_booked: review, with
// tx A and tx B.
func TestService_overlap_another_payment_after_an_approval_that_cannot_be_booked(t *testing.T) {
	w, b := newWorld(t, approves)
	o := &odd{Else: b, Called: "bank", Sends: ordertest.Always(approvedAmount("tx A", -1))}
	s, wallets, _ := w.hostile(t, o)
	op := mustRecharge(t, s, "k")
	op = inquired(t, s, op.ID, o, approved("tx B"))
	t.Logf("%s ref %q others %v why %q", op.Status, op.ProviderRef, op.Others, op.Why)
	ordertest.RequireBalance(t, wallets, 0)
	require.Equal(t, ports.RechargeReview, op.Status)
}

// TestService_overlap_cancellation_pending_after_a_part_was_given_back: what was approved and
// cannot be booked is kept, and the cancellation goes back to review.
func TestService_overlap_cancellation_pending_after_a_part_was_given_back(t *testing.T) {
	w, b := newWorld(t, approves)
	c := &hungCanceler{odd: &odd{Else: b, Called: "bank"}, cancel: ordertest.Always(approvedAmount("c 1", 10_001)), inquire: ordertest.Always(pending("c 1"))}
	s, wallets, _ := w.hostile(t, c)
	charge := mustRecharge(t, s, "k")
	op, err := s.Cancel(t.Context(), cancelRequest(charge))
	require.NoError(t, err)
	require.Equal(t, ports.CancellationReview, op.Status)
	_, err = carryOutCancel(t.Context(), s, decide(op.ID, ports.DecisionInquire))
	require.NoError(t, err)
	ordertest.Step(t, s)
	c.inquire = ordertest.Always(says(ports.OutcomeNotSent, ""))
	w.follow(t, s)
	op, err = s.Cancellation(t.Context(), op.ID)
	require.NoError(t, err)
	ordertest.RequireBalance(t, wallets, 0)
	require.True(t, op.Open, "%s: more than the charge was given back", op.Status)
}
