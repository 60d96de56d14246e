package withdraw_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestService_overlap_an_answer_in_flight_leaves_the_review_of_two_payouts: an inquiry that was asked before p B was named decides nothing: both were paid, and only a person ends the
// review.
func TestService_overlap_an_answer_in_flight_leaves_the_review_of_two_payouts(t *testing.T) {
	for name, says := range map[string]ports.PayoutAnswer{
		"approved": paid("p A"), "pending": pendingAs("p A"), "unknown": {}, "declined": {Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "p A"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, s, wallets, id, answers, o := hung(t, 2)
				answers[1] <- pendingAs("p A")
				synctest.Wait()
				o.inquire = func() ports.PayoutAnswer {
					answers[0] <- paid("p B") // meanwhile
					time.Sleep(time.Second)
					require.Equal(t, ports.WithdrawalReview, get(t, s, id).Status)
					return says
				}
				w.clock.Advance(time.Hour)
				_, err := s.Follow(t.Context(), 10)
				require.NoError(t, err)
				synctest.Wait()
				op := get(t, s, id)
				requireBalance(t, wallets, 30_000)
				require.Contains(t, []ports.WithdrawalStatus{ports.WithdrawalReview, ports.WithdrawalDisputed}, op.Status, "ref %q why %q: p B was paid as well", op.ProviderRef, op.Why)
			})
		})
	}
}

// TestService_overlap_a_second_payout_after_one_with_odd_figures: p A was paid, so that p B never takes its place.
func TestService_overlap_a_second_payout_after_one_with_odd_figures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, _ := hung(t, 2)
		a := paid("p A")
		a.Total = decimal.NewNullDecimal(won(19_000)) // of 20,000
		answers[1] <- a
		synctest.Wait()
		require.Equal(t, ports.WithdrawalReview, get(t, s, id).Status)
		answers[0] <- paid("p B")
		synctest.Wait()
		op := get(t, s, id)
		t.Logf("%s ref %q why %q", op.Status, op.ProviderRef, op.Why)
		require.Contains(t, []ports.WithdrawalStatus{ports.WithdrawalReview, ports.WithdrawalDisputed}, op.Status, "ref %q why %q: both were paid", op.ProviderRef, op.Why)
	})
}

// TestService_overlap_a_second_payout_of_a_resend_after_a_person_inquired: a person who has the provider asked again does not end that the provider has p1.
func TestService_overlap_a_second_payout_of_a_resend_after_a_person_inquired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pays, 0)
		n, m := 0, 0
		s, _, _ := w.hostile(t, &odd{
			bank: b, name: "bank",
			disburse: func() ports.PayoutAnswer {
				if n++; n == 1 {
					return pendingAs("p1")
				}
				return paid("p2")
			},
			inquire: func() ports.PayoutAnswer {
				if m++; m == 1 {
					return ports.PayoutAnswer{Answer: ports.Answer{Review: "look"}}
				}
				return ports.PayoutAnswer{Answer: ports.Answer{Resend: true, Code: "404"}}
			},
		})
		op, err := s.Request(t.Context(), payOut("k"))
		require.NoError(t, err)
		w.clock.Advance(time.Hour)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalReview, get(t, s, op.ID).Status)
		_, err = s.Inquire(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
		require.NoError(t, err)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		op = get(t, s, op.ID)
		require.Equal(t, ports.WithdrawalReview, op.Status, "ref %q why %q", op.ProviderRef, op.Why)
	})
}

// TestService_overlap_a_late_refusal_of_the_payout_that_completed_it: it disputes the withdrawal also where the provider named the payout for another withdrawal.
func TestService_overlap_a_late_refusal_of_the_payout_that_completed_it(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 1)
		o.inquire = func() ports.PayoutAnswer { return paid("p 1") }
		w.clock.Advance(time.Hour)
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalCompleted, get(t, s, id).Status)
		// another withdrawal: pending p 9, its resend is answered with p 1
		b := &bank{clock: w.clock, does: dropsBefore, orders: make(map[string]*bankOrder)}
		n := 0
		s2, _, _ := w.hostile(t, &odd{bank: b, name: "bank", disburse: func() ports.PayoutAnswer {
			if n++; n == 1 {
				return pendingAs("p 9")
			}
			return paid("p 1")
		}, inquire: func() ports.PayoutAnswer { return ports.PayoutAnswer{Answer: ports.Answer{Resend: true}} }})
		other, err := s2.Request(t.Context(), payOut("other"))
		require.NoError(t, err)
		w.clock.Advance(time.Hour)
		_, err = s2.Follow(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalReview, get(t, s2, other.ID).Status)
		answers[0] <- ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "p 1"}}
		synctest.Wait()
		require.Equal(t, ports.WithdrawalDisputed, get(t, s, id).Status)
	})
}

// TestService_overlap_a_stale_refusal_leaves_a_payout_with_odd_figures: the provider paid p A, and its figures do not add up: a person decides.
func TestService_overlap_a_stale_refusal_leaves_a_payout_with_odd_figures(t *testing.T) {
	odds := paid("p A")
	odds.Total = decimal.NewNullDecimal(won(19_000)) // of 20,000
	for _, outcome := range []ports.Outcome{ports.OutcomeNotSent, ports.OutcomeDeclined} {
		t.Run("inquiry "+outcome.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, s, wallets, id, answers, o := hung(t, 1)
				o.inquire = func() ports.PayoutAnswer {
					answers[0] <- odds // meanwhile
					time.Sleep(time.Second)
					require.Equal(t, ports.WithdrawalReview, get(t, s, id).Status)
					return ports.PayoutAnswer{Answer: ports.Answer{Outcome: outcome}}
				}
				w.clock.Advance(time.Hour)
				_, err := s.Follow(t.Context(), 10)
				require.NoError(t, err)
				op := get(t, s, id)
				requireBalance(t, wallets, 30_000)
				require.Contains(t, []ports.WithdrawalStatus{ports.WithdrawalReview, ports.WithdrawalDisputed}, op.Status, "ref %q why %q: p A was paid", op.ProviderRef, op.Why)
			})
		})
		t.Run("transmission "+outcome.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, s, wallets, id, answers, o := hung(t, 1)
				o.inquire = func() ports.PayoutAnswer { return odds }
				w.clock.Advance(time.Hour)
				_, err := s.Follow(t.Context(), 10)
				require.NoError(t, err)
				require.Equal(t, ports.WithdrawalReview, get(t, s, id).Status)
				answers[0] <- ports.PayoutAnswer{Answer: ports.Answer{Outcome: outcome}}
				synctest.Wait()
				op := get(t, s, id)
				requireBalance(t, wallets, 30_000)
				require.Contains(t, []ports.WithdrawalStatus{ports.WithdrawalReview, ports.WithdrawalDisputed}, op.Status, "ref %q why %q: p A was paid", op.ProviderRef, op.Why)
			})
		})
	}
}

// TestService_overlap_the_payout_of_a_returned_withdrawal_is_learnt: no other withdrawal is completed by p1.
func TestService_overlap_the_payout_of_a_returned_withdrawal_is_learnt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, _ := hung(t, 1)
		_, err := s.ReportPaid(t.Context(), withdraw.Paid{ID: id, By: ports.By{Who: "lee", Why: "bank"}, TransactionID: "t p1"})
		require.NoError(t, err)
		_, err = s.ReportReturned(t.Context(), withdraw.Returned{ID: id, By: ports.By{Who: "kim", Why: "account closed"}})
		require.NoError(t, err)
		answers[0] <- paid("p1")
		synctest.Wait()
		op := get(t, s, id)
		t.Logf("%s ref %q why %q", op.Status, op.ProviderRef, op.Why)
		other := lostOrder(t, w, paid("p1"))
		require.NotEqual(t, ports.WithdrawalCompleted, other.Status, "p1 is the payout of %s", id)
	})
}

// TestService_overlap_a_stale_inquiry_leaves_what_the_provider_works_on: "not sent" was true before the provider named p A.
func TestService_overlap_a_stale_inquiry_leaves_what_the_provider_works_on(t *testing.T) {
	for _, outcome := range []ports.Outcome{ports.OutcomeNotSent} {
		t.Run(outcome.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, s, wallets, id, answers, o := hung(t, 1)
				o.inquire = func() ports.PayoutAnswer {
					answers[0] <- pendingAs("p A") // meanwhile
					time.Sleep(time.Second)
					require.Equal(t, ports.WithdrawalPending, get(t, s, id).Status)
					return ports.PayoutAnswer{Answer: ports.Answer{Outcome: outcome}}
				}
				w.clock.Advance(time.Hour)
				_, err := s.Follow(t.Context(), 10)
				require.NoError(t, err)
				op := get(t, s, id)
				requireBalance(t, wallets, 30_000)
				require.NotContains(t, []ports.WithdrawalStatus{ports.WithdrawalFailed, ports.WithdrawalRejected}, op.Status)
			})
		})
	}
}

// TestService_overlap_the_alarm_of_a_late_answer_is_logged: also where the answer changes nothing.
func TestService_overlap_the_alarm_of_a_late_answer_is_logged(t *testing.T) {
	for name, late := range map[string]ports.PayoutAnswer{
		"agrees":      {Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p1", Alarm: "sums do not add up"}},
		"contradicts": {Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p2", Alarm: "sums do not add up"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, b := newWorld(t, pays, 0)
				answer := make(chan ports.PayoutAnswer)
				s, _, log := w.hostile(t, &odd{
					bank: b, name: "bank", disburse: func() ports.PayoutAnswer { return <-answer },
					inquire: func() ports.PayoutAnswer { return paid("p1") },
				})
				op, err := s.Request(t.Context(), payOut("k"))
				require.NoError(t, err)
				w.clock.Advance(time.Hour)
				_, err = s.Follow(t.Context(), 10)
				require.NoError(t, err)
				require.Equal(t, ports.WithdrawalCompleted, get(t, s, op.ID).Status)
				answer <- late
				synctest.Wait()
				require.NotEmpty(t, log.Line("level=ERROR", "sums do not add up"))
			})
		})
	}
}

// TestService_overlap_a_late_answer_with_an_id_that_no_record_can_hold: it names another payout than completed the withdrawal: a person must see it.
func TestService_overlap_a_late_answer_with_an_id_that_no_record_can_hold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, _ := hung(t, 2)
		answers[1] <- paid("p A")
		synctest.Wait()
		odds := paid(strings.Repeat("r", 257))
		odds.TransactionID = ""
		answers[0] <- odds
		synctest.Wait()
		require.Equal(t, ports.WithdrawalDisputed, get(t, s, id).Status)
	})
}

// TestService_overlap_an_earlier_transmission_names_the_payout_that_a_person_refused: the provider works on p A, and the total was given back.
func TestService_overlap_an_earlier_transmission_names_the_payout_that_a_person_refused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, _ := hung(t, 2)
		answers[1] <- pendingAs("p A")
		synctest.Wait()
		_, err := s.ReportRefused(t.Context(), ports.Act{ID: id, By: ports.By{Who: "kim", Why: "x"}})
		require.NoError(t, err)
		answers[0] <- pendingAs("p A")
		synctest.Wait()
		require.Equal(t, ports.WithdrawalDisputed, get(t, s, id).Status)
	})
}

// TestService_overlap_a_dispute_names_all_payouts: also where the reasons are long.
func TestService_overlap_a_dispute_names_all_payouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, _ := hung(t, 3)
		second := "9f1c2f0e-2f86-4a53-9a55-6d1f6f0b7c11"
		answers[2] <- paid("p A")
		synctest.Wait()
		b := paid(second)
		b.Message = strings.Repeat("정상 승인되었습니다. ", 9)
		answers[0] <- b
		synctest.Wait()
		require.Contains(t, get(t, s, id).Why, second)
		answers[1] <- paid("p C")
		synctest.Wait()
		require.Contains(t, get(t, s, id).Why, second)
	})
}
