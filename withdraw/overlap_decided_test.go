package withdraw_test

import (
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

func inquired(t *testing.T, s *withdraw.Service, id string, o *odd, answer ports.PayoutAnswer) *ports.Withdrawal {
	t.Helper()
	o.Inquires = func() ports.PayoutAnswer { return answer }
	_, err := s.Inquire(t.Context(), ports.Act{ID: id, By: ports.By{Who: "kim", Why: "seen"}})
	require.NoError(t, err)
	ordertest.Step(t, s)
	return get(t, s, id)
}

// TestService_overlap_payout_that_a_person_reported_refused_is_paid_after_all: a person
// reported the payout refused, and then the provider says that it pays or paid: the withdrawal
// is disputed.
func TestService_overlap_payout_that_a_person_reported_refused_is_paid_after_all(t *testing.T) {
	for _, late := range []ports.PayoutAnswer{paid("p A"), pendingAs("p A")} {
		t.Run(late.Outcome.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, s, wallets, id, answers, _ := hung(t, 3)
				ordertest.Say(answers[2], paid("p A"))
				ordertest.Say(answers[1], says(ports.OutcomeDeclined, "p A"))
				require.Equal(t, ports.WithdrawalDisputed, get(t, s, id).Status)
				_, err := s.ReportRefused(t.Context(), verdict(id, "the bank says that it was not paid"))
				require.NoError(t, err)
				ordertest.RequireBalance(t, wallets, 50_000)
				ordertest.Say(answers[0], late)
				op := get(t, s, id)
				t.Logf("%s outcome %s why %q", op.Status, op.Answer.Outcome, op.Why)
				require.Equal(t, ports.WithdrawalDisputed, op.Status, "p A was paid, and its total is in the wallet")
			})
		})
	}
}

// TestService_overlap_fee_of_the_second_payout: a person who reports the withdrawal paid books
// the fee that the provider reported for the second payout, or must name a fee.
func TestService_overlap_fee_of_the_second_payout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, o := hung(t, 2)
		ordertest.Say(answers[1], pendingAs("p A"))
		ordertest.Say(answers[0], paidFee("p B", 700))
		op := inquired(t, s, id, o, says(ports.OutcomeDeclined, "p A"))
		require.Equal(t, ports.WithdrawalReview, op.Status)
		t.Logf("others %v why %q", op.Others, op.Why)
		op, err := s.ReportPaid(t.Context(), withdraw.Paid{ID: id, By: ports.By{Who: "lee", Why: "bank"}, TransactionID: "t p B"})
		if err == nil {
			require.True(t, op.ActualFee.Decimal.Equal(won(700)), "fee %s", op.ActualFee.Decimal)
		}
	})
}

// TestService_overlap_Lane_that_panics_holds_up_no_other_provider: a Lane that panics is an
// error for its Disburser, and the withdrawals of other Disbursers are sent.
func TestService_overlap_Lane_that_panics_holds_up_no_other_provider(t *testing.T) {
	for name, breaks := range map[string]func(){"panics": func() { panic("no account") }, "ends its goroutine": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			w, b := newWorld(t, paysAtOnce, 1)
			broken := false
			a := &odd{Else: b, Called: "a", In: func(ports.PayoutOrder) string {
				if broken {
					breaks()
				}
				return ""
			}}
			s, wallets, _ := w.hostile(t, a, &odd{Else: b, Called: "bank"})
			first, err := s.Request(t.Context(), through("a", "k"))
			require.NoError(t, err)
			second, err := s.Request(t.Context(), through("bank", "l"))
			require.NoError(t, err)
			_, err = wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "freeze", By: ports.By{Who: "kim", Why: "look"}})
			require.NoError(t, err)
			for _, id := range []string{first.ID, second.ID} {
				op, err := s.Approve(t.Context(), verdict(id, "ok"))
				require.NoError(t, err)
				require.Equal(t, ports.WithdrawalApproved, op.Status)
			}
			_, err = wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "unfreeze", By: ports.By{Who: "kim", Why: "look"}})
			require.NoError(t, err)
			broken = true
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() { t.Log(recover()) }()
				_, _ = s.Follow(t.Context(), 10)
			}()
			<-done
			require.Equal(t, ports.WithdrawalCompleted, get(t, s, second.ID).Status)
		})
	}
}

// TestService_overlap_unknown_answer_in_review_takes_the_id_of_another_withdrawal: an unknown
// answer to a withdrawal in review names the payout of another withdrawal. The other withdrawal
// is completed.
func TestService_overlap_unknown_answer_in_review_takes_the_id_of_another_withdrawal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 1)
		o.Inquires = ordertest.Always(ports.PayoutAnswer{Answer: ports.Answer{Review: "two rows look alike"}})
		w.follow(t, s)
		require.Equal(t, ports.WithdrawalReview, get(t, s, id).Status)
		b := &bank{clock: w.clock, does: dropsBefore, orders: make(map[string]*bankOrder)}
		o2 := &odd{Else: b, Called: "bank", Sends: ordertest.Always(pendingAs("p 1")), Inquires: ordertest.Always(paid("p 1"))}
		s2, _, _ := w.hostile(t, o2)
		other := mustRequest(t, s2, "other")
		require.Equal(t, ports.WithdrawalPending, other.Status)
		ordertest.Say(answers[0], ports.PayoutAnswer{Answer: ports.Answer{ProviderRef: "p 1", Likely: ports.OutcomeApproved, Code: "504"}})
		op := get(t, s, id)
		t.Logf("ref %q why %q", op.ProviderRef, op.Why)
		w.follow(t, s2)
		other = get(t, s2, other.ID)
		t.Logf("other %s why %q", other.Status, other.Why)
		require.Equal(t, ports.WithdrawalCompleted, other.Status, other.Why)
	})
}

// TestService_overlap_payout_of_another_withdrawal_after_a_person_reported_it_paid: a late
// answer names the payout that completed another withdrawal: the withdrawal is disputed.
func TestService_overlap_payout_of_another_withdrawal_after_a_person_reported_it_paid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, _ := hung(t, 1)
		_, err := s.ReportPaid(t.Context(), withdraw.Paid{ID: id, By: ports.By{Who: "lee", Why: "bank"}, TransactionID: "t by hand"})
		require.NoError(t, err)
		other := lostOrder(t, w, paid("p 1"))
		require.Equal(t, ports.WithdrawalCompleted, other.Status)
		ordertest.Say(answers[0], paid("p 1"))
		op := get(t, s, id)
		t.Logf("%s ref %q why %q", op.Status, op.ProviderRef, op.Why)
		require.Equal(t, ports.WithdrawalDisputed, op.Status, "p 1 ended %s too", other.ID)
	})
}
