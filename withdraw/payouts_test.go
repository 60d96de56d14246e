package withdraw_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// twoPayouts sends a withdrawal twice: the second transmission is answered with second, then
// the person acts, then the first is answered with late.
func twoPayouts(t *testing.T, second, late ports.PayoutAnswer, person func(*withdraw.Service, *ports.Withdrawal)) (*world, *ports.Withdrawal) {
	t.Helper()
	w, s, _, id, answers, _ := hung(t, 2)
	ordertest.Say(answers[1], second)
	if person != nil {
		person(s, get(t, s, id))
	}
	ordertest.Say(answers[0], late)
	return w, get(t, s, id)
}

var (
	payout2 = ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p2"}, TransactionID: "t2"}
	payout1 = ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p1"}, TransactionID: "t1"}
)

// TestService_late_payout_that_a_person_reported_is_learnt: an inquiry names the payout after a
// person reported it paid.
func TestService_late_payout_that_a_person_reported_is_learnt(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsBefore, 0)
	var s *withdraw.Service
	id := ""
	s, _, _ = w.hostile(t, &odd{Else: b, Called: "bank", Inquires: func() ports.PayoutAnswer {
		op := get(t, s, id)
		if op.Open {
			_, err := s.ReportPaid(t.Context(), withdraw.Paid{ID: id, By: ports.By{Who: "lee", Why: "bank statement"}, TransactionID: "t1"})
			require.NoError(t, err)
		}
		return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p1"}, TransactionID: "t1"}
	}})
	first := mustRequest(t, s, "k")
	id = first.ID
	w.follow(t, s)
	first = get(t, s, id)
	require.Equal(t, ports.WithdrawalCompleted, first.Status)
	lost := mustRequest(t, s, "lost")
	w.follow(t, s)
	lost = get(t, s, lost.ID)
	require.Equal(t, ports.WithdrawalReview, lost.Status, "p1 is the payout of %s, whose record says ref %q", first.ID, first.ProviderRef)
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
				notifier := told()
				w.disburser, w.notifier = b, notifier
				s, _ := w.process(t, crashtest.Immortal())
				_, err := s.Request(t.Context(), payOut("k"))
				require.ErrorIs(t, err, ports.ErrUndecided)
				_, _ = s.Request(t.Context(), payOut("k"))
				for range 3 {
					ordertest.Step(t, s)
				}
				synctest.Wait()
				require.True(t, slices.Contains(notifier.List(), tc.want), "told %v", notifier.List())
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
		notifier := told()
		w.disburser, w.notifier = b, notifier
		s, wallets := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		_, err := wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "f", By: ports.By{Who: "kim", Why: "x"}})
		require.NoError(t, err)
		_, err = s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
		require.ErrorIs(t, err, ports.ErrUndecided)
		for range 3 {
			ordertest.Step(t, s)
		}
		synctest.Wait()
		// without the doubt: requested, approved, approved (waits)
		require.Equal(t, []ports.WithdrawalStatus{ports.WithdrawalRequested, ports.WithdrawalApproved, ports.WithdrawalApproved}, notifier.List())
	})
}
