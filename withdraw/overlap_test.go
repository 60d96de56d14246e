package withdraw_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestService_overlap_a_late_refusal_of_the_payout_that_completed_it: a late refusal of the
// payout disputes the withdrawal, also where the provider named the payout for another
// withdrawal.
func TestService_overlap_a_late_refusal_of_the_payout_that_completed_it(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 1)
		o.Inquires = ordertest.Always(paid("p 1"))
		w.follow(t, s)
		require.Equal(t, ports.WithdrawalCompleted, get(t, s, id).Status)
		// another withdrawal: pending p 9, its resend is answered with p 1
		b := &bank{clock: w.clock, does: dropsBefore, orders: make(map[string]*bankOrder)}
		s2, _, _ := w.hostile(t, &odd{Else: b, Called: "bank", Sends: ordertest.InTurn(pendingAs("p 9"), paid("p 1")), Inquires: resend})
		other := mustRequest(t, s2, "other")
		w.follow(t, s2)
		require.Equal(t, ports.WithdrawalReview, get(t, s2, other.ID).Status)
		ordertest.Say(answers[0], ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "p 1"}})
		require.Equal(t, ports.WithdrawalDisputed, get(t, s, id).Status)
	})
}

// TestService_overlap_the_payout_of_a_returned_withdrawal_is_learnt: a late answer names the
// payout of a returned withdrawal, and no other withdrawal is completed by that payout.
func TestService_overlap_the_payout_of_a_returned_withdrawal_is_learnt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, _ := hung(t, 1)
		_, err := s.ReportPaid(t.Context(), withdraw.Paid{ID: id, By: ports.By{Who: "lee", Why: "bank"}, TransactionID: "t p1"})
		require.NoError(t, err)
		_, err = s.ReportReturned(t.Context(), withdraw.Returned{ID: id, By: ports.By{Who: "kim", Why: "account closed"}})
		require.NoError(t, err)
		ordertest.Say(answers[0], paid("p1"))
		op := get(t, s, id)
		t.Logf("%s ref %q why %q", op.Status, op.ProviderRef, op.Why)
		other := lostOrder(t, w, paid("p1"))
		require.NotEqual(t, ports.WithdrawalCompleted, other.Status, "p1 is the payout of %s", id)
	})
}
