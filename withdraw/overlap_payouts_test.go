package withdraw_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// writeAsBefore makes of a record what an earlier version wrote: without Taken and Others.
func writeAsBefore(t *testing.T, w *world, op *ports.Withdrawal) {
	t.Helper()
	old, is := op.Clone().(*ports.Withdrawal)
	require.True(t, is)
	old.Version++
	old.Taken, old.Others = false, nil
	fates := w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{old}}})
	require.Equal(t, ports.FateCommitted, fates[0].Status)
}

// TestService_payouts_old_pending_record_and_a_second_payout: an earlier version wrote the pending record, without Taken; the resend is paid as another payout.
func TestService_payouts_old_pending_record_and_a_second_payout(t *testing.T) {
	w, b := newWorld(t, pays, 0)
	n := 0
	s, _, _ := w.hostile(t, &odd{
		bank: b, name: "bank",
		disburse: func() ports.PayoutAnswer {
			if n++; n == 1 {
				return pendingAs("p1")
			}
			return paid("p2")
		},
		inquire: func() ports.PayoutAnswer { return ports.PayoutAnswer{Answer: ports.Answer{Resend: true}} },
	})
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	writeAsBefore(t, w, op)
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	op = get(t, s, op.ID)
	require.Equal(t, ports.WithdrawalReview, op.Status, "ref %q", op.ProviderRef)
}

// TestService_payouts_corrected_payout_that_cannot_be_booked_is_named: an inquiry corrects the id to p B, with a figure that no record can hold.
func TestService_payouts_corrected_payout_that_cannot_be_booked_is_named(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 1)
		answers[0] <- pendingAs("p A")
		synctest.Wait()
		o.inquire = func() ports.PayoutAnswer {
			a := paid("p B")
			a.Fee = decimal.NewNullDecimal(decimal.New(1, 60))
			return a
		}
		w.clock.Advance(time.Hour)
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
		op := get(t, s, id)
		require.Equal(t, ports.WithdrawalReview, op.Status)
		t.Logf("ref %q others %v why %q", op.ProviderRef, op.Others, op.Why)
		other := lostOrder(t, w, paid("p B"))
		require.NotEqual(t, ports.WithdrawalCompleted, other.Status, "p B is a payout of %s", id)
	})
}

// TestService_payouts_unbookable_answer_about_the_payout_of_another: the record does not take the id of another withdrawal's payout.
func TestService_payouts_unbookable_answer_about_the_payout_of_another(t *testing.T) {
	w, b := newWorld(t, dropsBefore, 0)
	n := 0
	o := &odd{bank: b, name: "bank", disburse: func() ports.PayoutAnswer {
		if n++; n == 1 {
			return pendingAs("p1")
		}
		return ports.PayoutAnswer{}
	}}
	s, _, _ := w.hostile(t, o)
	first, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalPending, get(t, s, first.ID).Status)
	second, err := s.Request(t.Context(), payOut("second"))
	require.NoError(t, err)
	w.clock.Advance(time.Second)
	m := 0
	o.inquire = func() ports.PayoutAnswer {
		if m++; m == 1 {
			return pendingAs("p1") // of the first
		}
		if m == 2 { // of the second: found by its total
			a := paid("p1")
			a.Fee = decimal.NewNullDecimal(decimal.New(1, 60))
			return a
		}
		return paid("p1")
	}
	w.clock.Advance(time.Minute)
	for range 2 {
		_, err = s.Follow(t.Context(), 1)
		require.NoError(t, err)
	}
	second = get(t, s, second.ID)
	require.Equal(t, ports.WithdrawalReview, second.Status)
	t.Logf("second: ref %q why %q", second.ProviderRef, second.Why)
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	first = get(t, s, first.ID)
	require.Equal(t, ports.WithdrawalCompleted, first.Status, first.Why)
	require.Contains(t, second.Why, first.ID, "a person must not report the second paid for the payout of the first")
}

// TestService_payouts_figures_of_an_approval_that_overlaps_a_review: the fee that the provider reported counts when a person reports the withdrawal paid.
func TestService_payouts_figures_of_an_approval_that_overlaps_a_review(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 2)
		answers[1] <- pendingAs("p A")
		synctest.Wait()
		o.inquire = func() ports.PayoutAnswer {
			answers[0] <- pendingAs("p B") // meanwhile
			time.Sleep(time.Second)
			require.Equal(t, ports.WithdrawalReview, get(t, s, id).Status)
			a := paid("p A")
			a.Fee = decimal.NewNullDecimal(won(700))
			return a
		}
		w.clock.Advance(time.Hour)
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalReview, get(t, s, id).Status)
		op, err := s.ReportPaid(t.Context(), withdraw.Paid{ID: id, By: ports.By{Who: "lee", Why: "bank"}, TransactionID: "t p A"})
		require.NoError(t, err)
		require.True(t, op.ActualFee.Decimal.Equal(won(700)), "fee %s", op.ActualFee.Decimal)
	})
}

// TestService_payouts_inquire_again_with_two_payouts: the provider declines p A, and p B was paid: the withdrawal goes back to review.
func TestService_payouts_inquire_again_with_two_payouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, wallets, id, answers, o := hung(t, 2)
		answers[1] <- pendingAs("p A")
		synctest.Wait()
		answers[0] <- paid("p B")
		synctest.Wait()
		require.Equal(t, ports.WithdrawalReview, get(t, s, id).Status)
		o.inquire = func() ports.PayoutAnswer {
			return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "p A"}}
		}
		_, err := s.Inquire(t.Context(), ports.Act{ID: id, By: ports.By{Who: "kim", Why: "seen"}})
		require.NoError(t, err)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		op := get(t, s, id)
		requireBalance(t, wallets, 30_000)
		require.Contains(t, []ports.WithdrawalStatus{ports.WithdrawalReview, ports.WithdrawalDisputed}, op.Status, "others %v why %q", op.Others, op.Why)
	})
}
