package withdraw_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// twoPayouts sends a withdrawal twice: the second transmission is answered with second, then
// the person acts, then the first is answered with late.
func twoPayouts(t *testing.T, second, late ports.PayoutAnswer, person func(*withdraw.Service, *ports.Withdrawal)) (*world, *ports.Withdrawal) {
	t.Helper()
	w, s, _, id, answers, _ := hung(t, 2)
	answers[1] <- second
	synctest.Wait()
	if person != nil {
		person(s, get(t, s, id))
	}
	answers[0] <- late
	synctest.Wait()
	return w, get(t, s, id)
}

var (
	payout2 = ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p2"}, TransactionID: "t2"}
	payout1 = ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p1"}, TransactionID: "t1"}
)

// TestService_second_payout_ends_no_other_withdrawal: the inquiry of a lost order finds the second
// payout of a disputed withdrawal.
func TestService_second_payout_ends_no_other_withdrawal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, op := twoPayouts(t, payout2, payout1, nil)
		require.Equal(t, ports.WithdrawalDisputed, op.Status)
		b := &bank{clock: w.clock, does: dropsBefore, orders: make(map[string]*bankOrder)}
		s, _, _ := w.hostile(t, &odd{bank: b, name: "bank", inquire: func() ports.PayoutAnswer { return payout1 }})
		lost, err := s.Request(t.Context(), payOut("lost"))
		require.NoError(t, err)
		w.clock.Advance(time.Hour)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		lost, err = s.Get(t.Context(), lost.ID)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalReview, lost.Status, "p1 is a payout of %s; nothing was paid for this one", op.ID)
	})
}

// TestService_late_second_payout_of_a_returned_withdrawal: the first payout came back, and the
// second was paid.
func TestService_late_second_payout_of_a_returned_withdrawal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, op := twoPayouts(t, payout2, payout1, func(s *withdraw.Service, op *ports.Withdrawal) {
			_, err := s.ReportReturned(t.Context(), withdraw.Returned{ID: op.ID, By: ports.By{Who: "kim", Why: "account closed"}})
			require.NoError(t, err)
		})
		require.Equal(t, ports.WithdrawalDisputed, op.Status, "p2 came back, p1 was paid, and nobody knows")
	})
}

// TestService_late_payout_that_a_person_reported_is_learnt: an inquiry names the payout after a
// person reported it paid.
func TestService_late_payout_that_a_person_reported_is_learnt(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsBefore, 0)
	var s *withdraw.Service
	id := ""
	s, _, _ = w.hostile(t, &odd{bank: b, name: "bank", inquire: func() ports.PayoutAnswer {
		op, err := s.Get(t.Context(), id)
		require.NoError(t, err)
		if op.Open {
			_, err = s.ReportPaid(t.Context(), withdraw.Paid{ID: id, By: ports.By{Who: "lee", Why: "bank statement"}, TransactionID: "t1"})
			require.NoError(t, err)
		}
		return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p1"}, TransactionID: "t1"}
	}})
	first, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	id = first.ID
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	first, err = s.Get(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalCompleted, first.Status)
	lost, err := s.Request(t.Context(), payOut("lost"))
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	lost, err = s.Get(t.Context(), lost.ID)
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalReview, lost.Status, "p1 is the payout of %s, whose record says ref %q", first.ID, first.ProviderRef)
}

// TestService_two_payouts_under_way_go_to_review: the provider works on p2, and then answers the
// first transmission with another payout, p1.
func TestService_two_payouts_under_way_go_to_review(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, op := twoPayouts(t, ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p2"}}, payout1, nil)
		require.Contains(t, []ports.WithdrawalStatus{ports.WithdrawalDisputed, ports.WithdrawalReview}, op.Status, "p2 is under way too; ref %s", op.ProviderRef)
	})
}

// TestService_two_late_payouts_are_both_named: the provider names two payouts of a withdrawal that
// had ended as rejected.
func TestService_two_late_payouts_are_both_named(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pays, 0)
		answers := []chan ports.PayoutAnswer{make(chan ports.PayoutAnswer), make(chan ports.PayoutAnswer)}
		var n atomic.Int64
		s, _, _ := w.hostile(t, &odd{
			bank: b, name: "bank",
			disburse: func() ports.PayoutAnswer { return <-answers[n.Add(1)-1] },
			inquire:  func() ports.PayoutAnswer { return ports.PayoutAnswer{Answer: ports.Answer{Resend: true}} },
		})
		op, err := s.Request(t.Context(), payOut("k"))
		require.NoError(t, err)
		w.clock.Advance(time.Hour)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		_, err = s.ReportRefused(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "x"}})
		require.NoError(t, err)
		answers[0] <- payout1
		synctest.Wait()
		answers[1] <- payout2
		synctest.Wait()
		op, err = s.Get(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalDisputed, op.Status)
		require.Contains(t, op.ProviderRef+" "+op.Why, "p1", "ref %s, answer %s, why %q", op.ProviderRef, op.Answer.ProviderRef, op.Why)
	})
}

// TestService_late_answer_keeps_the_reason_of_a_dispute: a person's reason outlives a late answer.
func TestService_late_answer_keeps_the_reason_of_a_dispute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, op := twoPayouts(t, payout2, payout1, func(s *withdraw.Service, op *ports.Withdrawal) {
			_, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "the bank never saw t2"}})
			require.NoError(t, err)
		})
		require.Equal(t, ports.WithdrawalDisputed, op.Status)
		require.Contains(t, op.Why, "the bank never saw t2", "as recharge.Service keeps it")
	})
}

// TestService_Request_tells_of_changes_in_doubt: the store loses its answer to one change.
func TestService_Request_tells_of_changes_in_doubt(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		approvals int
		lose      ports.WithdrawalStatus
		want      ports.WithdrawalStatus
	}{
		"requested": {1, ports.WithdrawalRequested, ports.WithdrawalRequested},
		"approved":  {0, ports.WithdrawalApproved, ports.WithdrawalApproved},
		"sending":   {0, ports.WithdrawalSending, ports.WithdrawalSending},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, b := newWorld(t, pays, tc.approvals)
				w.store = crashtest.LoseAnswer(w.store, func(op ports.Operation) bool { return op.StatusText() == string(tc.lose) })
				notifier := new(told)
				w.disburser, w.notifier = b, notifier
				s, _ := w.process(t, crashtest.Immortal())
				_, err := s.Request(t.Context(), payOut("k"))
				require.ErrorIs(t, err, ports.ErrUndecided)
				_, _ = s.Request(t.Context(), payOut("k"))
				for range 3 {
					_, err = s.Follow(t.Context(), 10)
					require.NoError(t, err)
				}
				synctest.Wait()
				require.True(t, slices.Contains(notifier.statuses, tc.want), "told %v", notifier.statuses)
			})
		})
	}
}

// TestService_Approve_tells_of_waiting_in_doubt: the store loses its answer when the withdrawal
// begins to wait for a frozen wallet.
func TestService_Approve_tells_of_waiting_in_doubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pays, 1)
		w.store = crashtest.LoseAnswer(w.store, func(op ports.Operation) bool {
			wd, ok := op.(*ports.Withdrawal)
			return ok && wd.Why == "waits: the wallet is frozen"
		})
		notifier := new(told)
		w.disburser, w.notifier = b, notifier
		s, wallets := w.process(t, crashtest.Immortal())
		op, err := s.Request(t.Context(), payOut("k"))
		require.NoError(t, err)
		_, err = wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "f", By: ports.By{Who: "kim", Why: "x"}})
		require.NoError(t, err)
		_, err = s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
		require.ErrorIs(t, err, ports.ErrUndecided)
		for range 3 {
			_, err = s.Follow(t.Context(), 10)
			require.NoError(t, err)
		}
		synctest.Wait()
		// without the doubt: requested, approved, approved (waits)
		require.Equal(t, []ports.WithdrawalStatus{ports.WithdrawalRequested, ports.WithdrawalApproved, ports.WithdrawalApproved}, notifier.statuses)
	})
}
