package withdraw_test

import (
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

func says(outcome ports.Outcome, ref string) ports.PayoutAnswer {
	return ports.PayoutAnswer{Answer: ports.Answer{Outcome: outcome, ProviderRef: ref}}
}

func inquired(t *testing.T, s *withdraw.Service, id string, o *odd, answer ports.PayoutAnswer) *ports.Withdrawal {
	t.Helper()
	o.inquire = func() ports.PayoutAnswer { return answer }
	_, err := s.Inquire(t.Context(), ports.Act{ID: id, By: ports.By{Who: "kim", Why: "seen"}})
	require.NoError(t, err)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	return get(t, s, id)
}

// TestService_overlap_payout_that_a_person_reported_refused_is_paid_after_all: disputed,
// because the total is in the wallet and was paid out.
func TestService_overlap_payout_that_a_person_reported_refused_is_paid_after_all(t *testing.T) {
	for _, late := range []ports.PayoutAnswer{paid("p A"), pendingAs("p A")} {
		t.Run(late.Outcome.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, s, wallets, id, answers, _ := hung(t, 3)
				answers[2] <- paid("p A")
				synctest.Wait()
				answers[1] <- says(ports.OutcomeDeclined, "p A")
				synctest.Wait()
				require.Equal(t, ports.WithdrawalDisputed, get(t, s, id).Status)
				_, err := s.ReportRefused(t.Context(), verdict(id, "the bank says that it was not paid"))
				require.NoError(t, err)
				requireBalance(t, wallets, 50_000)
				answers[0] <- late
				synctest.Wait()
				op := get(t, s, id)
				t.Logf("%s outcome %s why %q", op.Status, op.Answer.Outcome, op.Why)
				require.Equal(t, ports.WithdrawalDisputed, op.Status, "p A was paid, and its total is in the wallet")
			})
		})
	}
}

// TestService_overlap_late_payout_of_a_disputed_completion: the answer is added to Why.
func TestService_overlap_late_payout_of_a_disputed_completion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, _ := hung(t, 3)
		answers[2] <- paid("p A")
		synctest.Wait()
		answers[1] <- says(ports.OutcomeDeclined, "p A")
		synctest.Wait()
		require.Equal(t, ports.WithdrawalDisputed, get(t, s, id).Status)
		answers[0] <- paid("p A")
		synctest.Wait()
		op := get(t, s, id)
		t.Logf("%s outcome %s why %q", op.Status, op.Answer.Outcome, op.Why)
		require.True(t, op.Answer.Outcome == ports.OutcomeApproved || strings.Contains(op.Why, "answered approved"), "the provider says that it paid after it had declined")
	})
}

// TestService_overlap_outcome_without_a_name_undoes_a_payout: it is unknown, and leaves the
// review as it is.
func TestService_overlap_outcome_without_a_name_undoes_a_payout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, wallets, id, answers, o := hung(t, 1)
		odds := paid("p A")
		odds.Total = decimal.NewNullDecimal(won(19_000)) // of 20,000
		o.inquire = func() ports.PayoutAnswer {
			answers[0] <- odds // meanwhile
			time.Sleep(time.Second)
			require.Equal(t, ports.WithdrawalReview, get(t, s, id).Status)
			return says(ports.Outcome(42), "")
		}
		w.clock.Advance(time.Hour)
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
		o.inquire = func() ports.PayoutAnswer { return says(ports.OutcomeNotSent, "") }
		w.clock.Advance(time.Hour)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		requireBalance(t, wallets, 30_000)
		require.Equal(t, ports.WithdrawalReview, get(t, s, id).Status, "p A was paid")
	})
}

// TestService_overlap_third_payout_by_an_inquiry: p C is named for the withdrawal.
func TestService_overlap_third_payout_by_an_inquiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 2)
		answers[1] <- pendingAs("p A")
		synctest.Wait()
		answers[0] <- pendingAs("p B")
		synctest.Wait()
		op := inquired(t, s, id, o, paid("p C"))
		require.Equal(t, ports.WithdrawalReview, op.Status)
		t.Logf("others %v why %q", op.Others, op.Why)
		other := lostOrder(t, w, paid("p C"))
		require.NotEqual(t, ports.WithdrawalCompleted, other.Status, "p C is a payout of %s", id)
	})
}

// TestService_overlap_first_payout_is_forgotten_after_an_inquiry_about_the_second: both
// stay in the record, which stays in review.
func TestService_overlap_first_payout_is_forgotten_after_an_inquiry_about_the_second(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, o := hung(t, 2)
		answers[1] <- pendingAs("p A")
		synctest.Wait()
		answers[0] <- pendingAs("p B")
		synctest.Wait()
		op := inquired(t, s, id, o, pendingAs("p B"))
		t.Logf("%s ref %q others %v why %q", op.Status, op.ProviderRef, op.Others, op.Why)
		require.Contains(t, op.ProviderRef+" "+strings.Join(op.Others, " ")+" "+op.Why, "p A")
	})
}

// TestService_overlap_fee_of_the_second_payout: the fee is kept (as amounts of recharges
// are, in the claim, or in Why), or ReportPaid asks for it.
func TestService_overlap_fee_of_the_second_payout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, o := hung(t, 2)
		answers[1] <- pendingAs("p A")
		synctest.Wait()
		b := paid("p B")
		b.Fee = decimal.NewNullDecimal(won(700))
		answers[0] <- b
		synctest.Wait()
		op := inquired(t, s, id, o, says(ports.OutcomeDeclined, "p A"))
		require.Equal(t, ports.WithdrawalReview, op.Status)
		t.Logf("others %v why %q", op.Others, op.Why)
		op, err := s.ReportPaid(t.Context(), withdraw.Paid{ID: id, By: ports.By{Who: "lee", Why: "bank"}, TransactionID: "t p B"})
		if err == nil {
			require.True(t, op.ActualFee.Decimal.Equal(won(700)), "fee %s", op.ActualFee.Decimal)
		}
	})
}

// TestService_overlap_Lane_that_panics_holds_up_no_other_provider: an error for this
// Disburser, and the others go on.
func TestService_overlap_Lane_that_panics_holds_up_no_other_provider(t *testing.T) {
	for name, breaks := range map[string]func(){"panics": func() { panic("no account") }, "ends its goroutine": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			w, b := newWorld(t, paysAtOnce, 1)
			broken := false
			a := &odd{bank: b, name: "a", lane: func(ports.PayoutOrder) string {
				if broken {
					breaks()
				}
				return ""
			}}
			s, wallets, _ := w.hostile(t, a, &odd{bank: b, name: "bank"})
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

// TestService_overlap_Why_is_one_line: control characters become blanks.
func TestService_overlap_Why_is_one_line(t *testing.T) {
	w, b := newWorld(t, pays, 0)
	s, _, _ := w.hostile(t, &odd{bank: b, name: "bank", disburse: func() ports.PayoutAnswer {
		return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Message: "one\ntwo"}}
	}})
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	require.NotContains(t, op.Why, "\n")
}

// TestService_overlap_unknown_answer_in_review_takes_the_id_of_another_withdrawal: the
// answer is a remark in Why, and the other withdrawal is completed.
func TestService_overlap_unknown_answer_in_review_takes_the_id_of_another_withdrawal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 1)
		o.inquire = func() ports.PayoutAnswer {
			return ports.PayoutAnswer{Answer: ports.Answer{Review: "two rows look alike"}}
		}
		w.clock.Advance(time.Hour)
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalReview, get(t, s, id).Status)
		b := &bank{clock: w.clock, does: dropsBefore, orders: make(map[string]*bankOrder)}
		o2 := &odd{bank: b, name: "bank", disburse: func() ports.PayoutAnswer { return pendingAs("p 1") }, inquire: func() ports.PayoutAnswer { return paid("p 1") }}
		s2, _, _ := w.hostile(t, o2)
		other, err := s2.Request(t.Context(), payOut("other"))
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalPending, other.Status)
		answers[0] <- ports.PayoutAnswer{Answer: ports.Answer{ProviderRef: "p 1", Likely: ports.OutcomeApproved, Code: "504"}}
		synctest.Wait()
		op := get(t, s, id)
		t.Logf("ref %q why %q", op.ProviderRef, op.Why)
		w.clock.Advance(time.Hour)
		_, err = s2.Follow(t.Context(), 10)
		require.NoError(t, err)
		other = get(t, s2, other.ID)
		t.Logf("other %s why %q", other.Status, other.Why)
		require.Equal(t, ports.WithdrawalCompleted, other.Status, other.Why)
	})
}

// TestService_overlap_payout_of_another_withdrawal_after_a_person_reported_it_paid:
// the withdrawal is disputed.
func TestService_overlap_payout_of_another_withdrawal_after_a_person_reported_it_paid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, _ := hung(t, 1)
		_, err := s.ReportPaid(t.Context(), withdraw.Paid{ID: id, By: ports.By{Who: "lee", Why: "bank"}, TransactionID: "t by hand"})
		require.NoError(t, err)
		other := lostOrder(t, w, paid("p 1"))
		require.Equal(t, ports.WithdrawalCompleted, other.Status)
		answers[0] <- paid("p 1")
		synctest.Wait()
		op := get(t, s, id)
		t.Logf("%s ref %q why %q", op.Status, op.ProviderRef, op.Why)
		require.Equal(t, ports.WithdrawalDisputed, op.Status, "p 1 ended %s too", other.ID)
	})
}

// TestService_overlap_refusal_names_no_payout_of_a_review: the record keeps no id.
func TestService_overlap_refusal_names_no_payout_of_a_review(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 1)
		odds := paid("")
		odds.TransactionID = "t"
		odds.Total = decimal.NewNullDecimal(won(19_000)) // of 20,000
		o.inquire = func() ports.PayoutAnswer {
			answers[0] <- odds // meanwhile
			time.Sleep(time.Second)
			require.Equal(t, ports.WithdrawalReview, get(t, s, id).Status)
			return says(ports.OutcomeDeclined, "p Z")
		}
		w.clock.Advance(time.Hour)
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
		op := get(t, s, id)
		t.Logf("%s ref %q why %q", op.Status, op.ProviderRef, op.Why)
		require.NotEqual(t, "p Z", op.ProviderRef)
	})
}

// TestService_overlap_pending_after_a_payout_that_cannot_be_booked: the approval is kept,
// and the withdrawal goes back to review.
func TestService_overlap_pending_after_a_payout_that_cannot_be_booked(t *testing.T) {
	for name, then := range map[string]ports.PayoutAnswer{
		"declined": says(ports.OutcomeDeclined, "p A"), "not sent": says(ports.OutcomeNotSent, ""),
		"resend": {Answer: ports.Answer{Resend: true}},
	} {
		t.Run(name, func(t *testing.T) {
			w, b := newWorld(t, pays, 0)
			sent := 0
			o := &odd{bank: b, name: "bank", disburse: func() ports.PayoutAnswer {
				sent++
				a := paid("p A")
				a.Total = decimal.NewNullDecimal(won(19_000)) // of 20,000
				return a
			}}
			s, wallets, _ := w.hostile(t, o)
			op, err := s.Request(t.Context(), payOut("k"))
			require.NoError(t, err)
			require.Equal(t, ports.WithdrawalReview, op.Status)
			inquired(t, s, op.ID, o, pendingAs("p A"))
			o.inquire = func() ports.PayoutAnswer { return then }
			w.clock.Advance(time.Hour)
			_, err = s.Follow(t.Context(), 10)
			require.NoError(t, err)
			require.Equal(t, 1, sent, "what was paid is not sent again")
			requireBalance(t, wallets, 30_000)
			require.True(t, get(t, s, op.ID).Open, "p A was paid")
		})
	}
}
