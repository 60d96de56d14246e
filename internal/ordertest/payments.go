package ordertest

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

var oddID = strings.Repeat("r", ports.MaxProviderRef+1) // which no record can hold

// TestPayments tests orders for which the provider names several payments, or answers a payment
// more than once: answers to several transmissions and to inquiries that overlap.
func TestPayments(t *testing.T, kind Kind) {
	for name, scenario := range map[string]func(*testing.T, Kind){
		"two_payments_under_way_go_to_review":                           twoUnderWay,
		"a_second_payment_disputes_the_order":                           secondDisputes,
		"a_second_payment_ends_no_other_order":                          secondEndsNoOther,
		"a_second_payment_of_an_order_that_was_taken_back":              secondAfterTakenBack,
		"a_second_payment_after_one_that_cannot_be_booked":              secondAfterUnbookable,
		"two_payments_that_cannot_be_booked_are_both_named":             twoUnbookable,
		"a_second_payment_of_a_resend":                                  secondOfResend,
		"a_second_payment_of_a_resend_after_a_person_inquired":          secondOfResendInquired,
		"a_second_payment_of_a_record_of_an_earlier_version":            secondOfOldRecord,
		"a_second_payment_after_a_failed_inquiry":                       secondAfterFailedInquiry,
		"a_second_payment_that_another_process_names":                   secondNamedElsewhere,
		"a_payment_that_was_pending_stays_named":                        pendingStaysNamed,
		"the_first_of_three_late_payments_is_kept":                      firstOfThree,
		"two_late_payments_are_both_named":                              twoLate,
		"three_payments_under_way_are_all_in_Why":                       threeUnderWay,
		"a_third_payment_that_an_inquiry_names":                         thirdByInquiry,
		"the_first_payment_stays_named_after_an_inquiry_about_a_second": firstStaysNamed,
		"a_dispute_names_all_payments":                                  disputeNamesAll,
		"a_review_names_all_payments":                                   reviewNamesAll,
		"the_figure_of_the_first_payment_is_not_that_of_a_second":       figureOfFirst,
		"the_figure_of_an_approval_that_overlaps_a_review":              figureOverlapsReview,
		"a_corrected_payment_that_cannot_be_booked_is_named":            correctedUnbookable,
		"a_guess_names_no_payment":                                      guessNamesNone,
		"a_late_approval_that_meets_conflicts_is_an_error":              lateConflicts,
		"a_late_approval_waits_for_a_lock":                              lateLocked,
		"a_stale_pending_answer_contradicts_no_refusal":                 stalePending,
	} {
		bubble(t, name, func(t *testing.T) { scenario(t, kind) })
	}
	for name, scenario := range map[string]func(*testing.T, Kind){
		"an_answer_in_flight_leaves_a_review_of_two_payments":            inFlight,
		"a_stale_refusal_leaves_a_payment_that_cannot_be_booked":         staleRefusal,
		"a_stale_inquiry_leaves_what_the_provider_works_on":              staleInquiry,
		"an_outcome_without_a_name_undoes_no_approval":                   namelessOutcome,
		"a_pending_answer_undoes_no_approval_that_cannot_be_booked":      pendingUndoesNothing,
		"a_refusal_names_no_payment_of_a_review":                         refusalNamesNone,
		"a_refusal_of_one_of_two_payments_after_a_person_inquired":       refusalOfOne,
		"a_refusal_of_a_transmission_after_a_failed_inquiry":             refusalAfterFailedInquiry,
		"a_late_pending_before_a_refusal_of_the_second_transmission":     pendingBeforeRefusal,
		"a_refusal_of_an_earlier_transmission_changes_no_end":            refusalOfEarlier,
		"a_refusal_of_an_earlier_transmission_that_names_the_payment":    refusalOfPayment,
		"an_earlier_transmission_is_answered_after_the_order_was_resent": earlierTransmission,
		"a_late_answer_about_the_payment_that_a_person_refused":          afterRefusedByPerson,
		"a_late_approval_of_a_disputed_approval_is_told":                 approvalOfDisputed,
		"a_late_answer_with_what_no_record_can_hold":                     lateUnreadable,
		"the_alarm_of_a_late_answer_is_logged":                           alarmOfLate,
		"an_answer_that_comes_while_a_person_refuses":                    refusedMeanwhile,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario(t, kind)
		})
	}
}

// twoUnderWay: the provider works on tx 2, and approves the first transmission as tx 1. Both
// may move money, so that a person decides.
func twoUnderWay(t *testing.T, kind Kind) {
	s := kind.hung(t, 2)
	require.Equal(t, "pending", s.answer(1, Pending("tx 2")).Status)
	s.answer(0, Approved("tx 1"))
	s.requireUndecided()
}

// secondDisputes: the order ended by tx 2, and then the provider names tx 1 for it as well. The
// record keeps tx 2, and a person must hear of tx 1.
func secondDisputes(t *testing.T, kind Kind) {
	for _, late := range []Answer{Approved("tx 1"), Pending("tx 1")} {
		s := kind.hung(t, 2)
		require.Equal(t, kind.Approved, s.answer(1, Approved("tx 2")).Status)
		s.answer(0, late)
		order := s.requireStatus("disputed")
		require.Equal(t, "tx 2", order.ProviderRef, "the payment that was booked")
		s.requireBalance(kind.WhenApproved)
	}
}

// secondEndsNoOther: tx 1 is the second payment of an order. The inquiry about a lost order
// finds tx 1, and must not end that order.
func secondEndsNoOther(t *testing.T, kind Kind) {
	s := kind.hung(t, 2)
	s.answer(1, Approved("tx 2"))
	s.answer(0, Approved("tx 1"))
	s.requireStatus("disputed")
	require.Equal(t, "review", s.lost("tx 1").Status, "tx 1 is a payment of %s", s.id)
}

// secondAfterTakenBack: tx 2 was taken back before the provider approves tx 1.
func secondAfterTakenBack(t *testing.T, kind Kind) {
	s := kind.hung(t, 2)
	s.answer(1, Approved("tx 2"))
	require.NoError(t, s.process.TakeBack(t.Context(), s.act()))
	s.answer(0, Approved("tx 1"))
	s.requireStatus("disputed")
}

// secondAfterUnbookable: tx A was approved and cannot be booked, so that tx B must not take its
// place.
func secondAfterUnbookable(t *testing.T, kind Kind) {
	s := kind.hung(t, 2)
	require.Equal(t, "review", s.answer(1, unbookable("tx A")).Status)
	s.answer(0, Approved("tx B"))
	s.requireStatus("review")
	s.requireBalance(kind.Open)
}

// unbookable returns the approval of a payment whose figure contradicts the order.
func unbookable(ref string) Answer {
	answer := Approved(ref)
	answer.Unbookable = true
	return answer
}

// twoUnbookable: a person must find both payments in the record.
func twoUnbookable(t *testing.T, kind Kind) {
	s := kind.hung(t, 2)
	require.Equal(t, "review", s.answer(1, unbookable("tx A")).Status)
	names := s.answer(0, unbookable("tx B")).names()
	require.Contains(t, names, "tx A")
	require.Contains(t, names, "tx B")
}

// secondOfResend: the provider works on tx 1, asks for the order again, and answers with tx 2.
func secondOfResend(t *testing.T, kind Kind) {
	s := kind.set(t, &Script{Send: InTurn(Pending("tx 1"), Approved("tx 2")), Inquire: Always(Resend())})
	s.order()
	s.follow()
	s.requireStatus("review")
	require.NotEqual(t, kind.Approved, s.lost("tx 1").Status, "tx 1 is a payment of %s", s.id)
}

// secondOfResendInquired: a person who has the provider asked does not end that the provider
// works on tx 1.
func secondOfResendInquired(t *testing.T, kind Kind) {
	s := kind.set(t, &Script{Send: InTurn(Pending("tx 1"), Approved("tx 2")), Inquire: Always(Look("look"))})
	s.order()
	require.Equal(t, "review", s.follow().Status)
	lost := Resend()
	lost.Code = "404"
	s.inquired(lost)
	s.requireStatus("review")
}

// secondOfOldRecord: a record without Taken, of an earlier version, is taken if it is pending.
func secondOfOldRecord(t *testing.T, kind Kind) {
	s := kind.set(t, &Script{Send: InTurn(Pending("tx 1"), Approved("tx 2")), Inquire: Always(Resend())})
	s.order()
	op, err := s.process.Get(t.Context(), s.id)
	require.NoError(t, err)
	fates := s.world.Store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{asBefore(op)}}})
	require.Equal(t, ports.FateCommitted, fates[0].Status)
	s.follow()
	s.requireStatus("review")
	s.requireBalance(kind.Open)
}

// secondAfterFailedInquiry: an inquiry that failed does not end that the provider works on tx
// 2.
func secondAfterFailedInquiry(t *testing.T, kind Kind) {
	s := kind.hung(t, 2)
	s.answer(1, Pending("tx 2"))
	s.script.Inquire = Always(failed())
	require.Equal(t, "pending", s.follow().Status)
	s.answer(0, Approved("tx 1"))
	require.Contains(t, s.requireStatus("review").Why, "tx 2", "the provider works on tx 2 as well")
}

// failed returns the answer to an inquiry that failed.
func failed() Answer { return Answer{Answer: ports.Answer{Code: "503"}} }

// secondNamedElsewhere: another process names tx 1 for another order at the same moment. The
// order keeps tx 2.
func secondNamedElsewhere(t *testing.T, kind Kind) {
	for _, late := range []Answer{Approved("tx 1"), Pending("tx 1")} {
		var done *bool
		s := kind.hungOver(t, 2, func(inner ports.Store) (store ports.Store) {
			store, done = NamedFirst(t.Context(), inner, kind.Other())
			return store
		})
		s.answer(1, Pending("tx 2"))
		s.answer(0, late)
		require.True(t, *done)
		order := s.requireStatus("review")
		require.Equal(t, "tx 2", order.ProviderRef)
		require.Contains(t, order.Why, "tx 1")
	}
}

// pendingStaysNamed: the provider worked on tx A, and a person refused the order. The record
// still names tx A when tx B is approved.
func pendingStaysNamed(t *testing.T, kind Kind) {
	s := kind.hung(t, 2)
	require.Equal(t, "tx A", s.answer(1, Pending("tx A")).ProviderRef)
	s.script.Inquire = Always(failed())
	require.Equal(t, "pending", s.follow().Status)
	s.refuse()
	s.answer(0, Approved("tx B"))
	require.Contains(t, s.requireStatus("disputed").names(), "tx A")
}

// firstOfThree: the provider names three payments of an order that a person refused. The record
// stands for the first one, and no other order is ended by it.
func firstOfThree(t *testing.T, kind Kind) {
	s := kind.hung(t, 3)
	s.refuse()
	for i, ref := range []string{"tx 1", "tx 2", "tx 3"} {
		s.answer(i, Approved(ref))
	}
	require.Equal(t, "tx 1", s.get().ProviderRef)
	require.Equal(t, "review", s.lost("tx 1").Status)
}

// twoLate: the provider names two payments of an order that a person refused.
func twoLate(t *testing.T, kind Kind) {
	s := kind.hung(t, 2)
	s.refuse()
	s.answer(0, Approved("tx 1"))
	s.answer(1, Approved("tx 2"))
	names := s.requireStatus("disputed").names()
	require.Contains(t, names, "tx 1")
	require.Contains(t, names, "tx 2")
}

// threeUnderWay: Why names each payment that the provider approved while it works on another
// one.
func threeUnderWay(t *testing.T, kind Kind) {
	s := kind.hung(t, 3)
	s.answer(2, Pending("tx 3"))
	s.answer(0, Approved("tx 1"))
	s.answer(1, Approved("tx 2"))
	why := s.requireStatus("review").Why
	require.Contains(t, why, "answered approved for tx 2")
	require.Contains(t, why, "answered approved for tx 1")
}

// thirdByInquiry: an inquiry about an order in review names a third payment, which stays named,
// and ends no other order.
func thirdByInquiry(t *testing.T, kind Kind) {
	s := kind.hung(t, 2)
	s.answer(1, Pending("tx A"))
	s.answer(0, Pending("tx B"))
	require.Equal(t, "review", s.inquired(Approved("tx C")).Status)
	require.Contains(t, s.inquired(Look("look")).names(), "tx C", "the provider approved it")
	require.NotEqual(t, kind.Approved, s.lost("tx C").Status, "tx C is a payment of %s", s.id)
}

// firstStaysNamed: an inquiry about an order in review names its second payment.
func firstStaysNamed(t *testing.T, kind Kind) {
	s := kind.hung(t, 2)
	s.answer(1, Pending("tx A"))
	s.answer(0, Pending("tx B"))
	s.inquired(Pending("tx B"))
	require.Contains(t, s.get().names(), "tx A")
}

const second = "9f1c2f0e-2f86-4a53-9a55-6d1f6f0b7c11"

// disputeNamesAll: Why has the id of each payment, also where the messages of the provider are
// long.
func disputeNamesAll(t *testing.T, kind Kind) {
	s := kind.hung(t, 3)
	s.answer(2, Approved("tx A"))
	wordy := Approved(second)
	wordy.Message = strings.Repeat("정상 승인되었습니다. ", 9)
	require.Contains(t, s.answer(0, wordy).Why, second)
	require.Contains(t, s.answer(1, Approved("tx C")).Why, second)
}

// reviewNamesAll: Why has the id of each payment of an order in review.
func reviewNamesAll(t *testing.T, kind Kind) {
	s := kind.hung(t, 5)
	refs := []string{second, second[:35] + "2", second[:35] + "3", second[:35] + "4"}
	s.answer(4, Pending(second[:35]+"0"))
	for i, ref := range refs {
		s.answer(i, Approved(ref))
	}
	for _, ref := range refs {
		require.Contains(t, s.get().Why, ref)
	}
}

// figureOfFirst: a person approves an order that stands for tx 1, and the figure of tx 2 does
// not count.
func figureOfFirst(t *testing.T, kind Kind) {
	s := kind.hung(t, 2)
	s.refuse()
	s.answer(0, Approved("tx 1").Of(700))
	require.Equal(t, "tx 1", s.answer(1, Approved("tx 2").Of(kind.Ordered)).ProviderRef)
	s.approveReported(700)
}

// figureOverlapsReview: an inquiry approves tx A with a figure while tx B sends the order to
// review.
func figureOverlapsReview(t *testing.T, kind Kind) {
	s := kind.hung(t, 2)
	s.answer(1, Pending("tx A"))
	require.Equal(t, "review", s.meanwhile(Pending("tx B"), "review", Approved("tx A").Of(700)).Status)
	s.approveReported(700)
}

// correctedUnbookable: an inquiry corrects the id to tx B, with a figure that no record can
// hold. No other order is ended by tx B.
func correctedUnbookable(t *testing.T, kind Kind) {
	s := kind.hung(t, 1)
	s.answer(0, Pending("tx A"))
	corrected := Approved("tx B")
	corrected.Unreadable = true
	s.script.Inquire = Always(corrected)
	require.Equal(t, "review", s.follow().Status)
	require.NotEqual(t, kind.Approved, s.lost("tx B").Status, "tx B is a payment of %s", s.id)
}

// guessNamesNone: an unknown answer guesses tx A, and the order is approved as tx B. Another
// order is approved as tx A without a person.
func guessNamesNone(t *testing.T, kind Kind) {
	guess := Answer{Answer: ports.Answer{Likely: ports.OutcomeApproved, ProviderRef: "tx A"}}
	s := kind.set(t, &Script{Send: InTurn(guess, Approved("tx A")), Inquire: Always(Approved("tx B"))})
	s.order()
	require.Equal(t, kind.Approved, s.follow().Status)
	second, err := s.try("second")
	require.NoError(t, err)
	require.Equal(t, kind.Approved, second.Status, second.Why)
}

// inFlight: an inquiry that was asked before tx B was named does not end the review of both
// payments.
func inFlight(t *testing.T, kind Kind) {
	for name, says := range map[string]Answer{
		"approved": Approved("tx A"), "pending": Pending("tx A"), "unknown": {}, "declined": Says(ports.OutcomeDeclined, "tx A"),
	} {
		bubble(t, name, func(t *testing.T) {
			s := kind.hung(t, 2)
			s.answer(1, Pending("tx A"))
			s.meanwhile(Approved("tx B"), "review", says)
			s.requireUndecided()
			s.requireBalance(kind.Open)
		})
	}
}

// staleRefusal: a refusal that was true before tx A was approved does not end the order.
func staleRefusal(t *testing.T, kind Kind) {
	for _, outcome := range []ports.Outcome{ports.OutcomeNotSent, ports.OutcomeDeclined} {
		bubble(t, "inquiry_"+outcome.String(), func(t *testing.T) {
			s := kind.hung(t, 1)
			s.meanwhile(unbookable("tx A"), "review", Says(outcome, ""))
			s.requireUndecided()
			s.requireBalance(kind.Open)
		})
		bubble(t, "transmission_"+outcome.String(), func(t *testing.T) {
			s := kind.hung(t, 1)
			s.script.Inquire = Always(unbookable("tx A"))
			require.Equal(t, "review", s.follow().Status)
			s.answer(0, Says(outcome, ""))
			s.requireUndecided()
			s.requireBalance(kind.Open)
		})
	}
}

// staleInquiry: an inquiry that was true before the provider took the order does not end it.
func staleInquiry(t *testing.T, kind Kind) {
	for name, ref := range map[string]string{"with_an_id": "tx A", "without_an_id": ""} {
		bubble(t, name, func(t *testing.T) {
			s := kind.hung(t, 1)
			s.meanwhile(Pending(ref), "pending", Says(ports.OutcomeNotSent, ""))
			s.requireStatus("pending")
			s.requireBalance(kind.Open)
		})
	}
}

// namelessOutcome: an outcome of a later version is unknown, and changes no review.
func namelessOutcome(t *testing.T, kind Kind) {
	bubble(t, "of_an_inquiry", func(t *testing.T) {
		s := kind.hung(t, 1)
		s.meanwhile(unbookable("tx A"), "review", Says(ports.Outcome(42), ""))
		s.script.Inquire = Always(Says(ports.OutcomeNotSent, ""))
		s.follow()
		s.requireStatus("review")
		s.requireBalance(kind.Open)
	})
	bubble(t, "is_unknown", func(t *testing.T) {
		s := kind.set(t, &Script{Send: Always(Says(ports.Outcome(42), "tx A"))})
		order := s.order()
		require.Equal(t, "unknown", order.Status)
		require.Equal(t, ports.OutcomeUnknown, order.Answer.Outcome)
	})
}

// pendingUndoesNothing: tx A was approved and cannot be booked. That the provider works on tx A
// does not undo the approval.
func pendingUndoesNothing(t *testing.T, kind Kind) {
	for name, then := range map[string]Answer{
		"declined": Says(ports.OutcomeDeclined, "tx A"), "not_sent": Says(ports.OutcomeNotSent, ""), "resend": Resend(),
	} {
		bubble(t, name, func(t *testing.T) {
			s := kind.set(t, &Script{Send: Always(unbookable("tx A"))})
			require.Equal(t, "review", s.order().Status)
			s.inquired(Pending("tx A"))
			s.script.Inquire = Always(then)
			require.True(t, s.follow().Open, "tx A was approved")
			require.Equal(t, 1, s.script.Sent(), "what was approved is not sent again")
			s.requireBalance(kind.Open)
		})
	}
}

// refusalNamesNone: the id in a refusal is that of no payment.
func refusalNamesNone(t *testing.T, kind Kind) {
	bubble(t, "also_after_an_approval", func(t *testing.T) {
		s := kind.hung(t, 1)
		order := s.meanwhile(unbookable(""), "review", Says(ports.OutcomeDeclined, "tx Z"))
		require.NotEqual(t, "tx Z", order.ProviderRef)
		require.NoError(t, s.process.Approve(t.Context(), s.act(), won(kind.Ordered)))
		require.NotEqual(t, "tx Z", s.get().ProviderRef)
	})
}

// refusalOfOne: the provider refuses tx A, and tx B was approved.
func refusalOfOne(t *testing.T, kind Kind) {
	for name, inquiry := range map[string]Answer{"declined": Says(ports.OutcomeDeclined, "tx A")} {
		bubble(t, name, func(t *testing.T) {
			s := kind.hung(t, 2)
			s.answer(1, Pending("tx A"))
			require.Equal(t, "review", s.answer(0, Approved("tx B")).Status)
			s.inquired(inquiry)
			s.requireUndecided()
			s.requireBalance(kind.Open)
		})
	}
}

// refusalAfterFailedInquiry: the provider works on tx 1, and the refusal of the second
// transmission does not end the order.
func refusalAfterFailedInquiry(t *testing.T, kind Kind) {
	bubble(t, "of_the_second", func(t *testing.T) {
		s := kind.hung(t, 2)
		require.Equal(t, "tx 1", s.answer(0, Pending("tx 1")).ProviderRef)
		s.script.Inquire = Always(failed())
		require.Equal(t, "pending", s.follow().Status)
		s.answer(1, duplicate())
		s.requireStatus("pending")
		s.requireBalance(kind.Open)
	})
}

// duplicate returns the refusal of a transmission as a duplicate.
func duplicate() Answer {
	return Answer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Code: "duplicate"}}
}

// pendingBeforeRefusal has the provider answer the first transmission while the call of the
// second one is in time.
func pendingBeforeRefusal(t *testing.T, kind Kind) {
	for name, tc := range map[string]struct {
		first, second Answer
		want          []string
	}{
		"pending_then_refused":   {Pending("tx 1"), duplicate(), []string{"pending", "review"}},
		"approved_then_approved": {Approved("tx 1"), Approved("tx 2"), []string{"disputed"}},
	} {
		bubble(t, name, func(t *testing.T) {
			s := kind.set(t, &Script{Inquire: Always(Resend())})
			s.answers, s.script.Send = Hang[Answer](t, 2)
			s.order()
			s.world.Clock.Advance(time.Hour)
			go func() { _, _ = s.process.Follow(t.Context(), 10) }() // its call is in time
			synctest.Wait()
			s.answer(0, tc.first)
			require.Contains(t, tc.want, s.answer(1, tc.second).Status)
		})
	}
}

// refusalOfEarlier: the refusal of one transmission says nothing of the others.
func refusalOfEarlier(t *testing.T, kind Kind) {
	for _, outcome := range []ports.Outcome{ports.OutcomeNotSent, ports.OutcomeDeclined, ports.OutcomeFault} {
		bubble(t, outcome.String(), func(t *testing.T) {
			s := kind.hung(t, 2)
			order := s.answer(1, Approved("tx"))
			require.Equal(t, kind.Approved, order.Status)
			require.Equal(t, 2, order.Transmissions)
			s.answer(0, Says(outcome, ""))
			s.requireStatus(kind.Approved)
			s.requireBalance(kind.WhenApproved)
		})
	}
}

// refusalOfPayment: a refusal that names the payment speaks of the payment, and not of one
// transmission.
func refusalOfPayment(t *testing.T, kind Kind) {
	bubble(t, "disputes_the_order", func(t *testing.T) {
		s := kind.hung(t, 2)
		s.answer(1, Approved("tx A"))
		s.answer(0, Says(ports.OutcomeDeclined, "tx A"))
		s.requireStatus("disputed")
	})
}

// earlierTransmission has the provider answer the first transmission after the second was made.
// An approval is kept, and that the provider works on a payment with an id. A refusal says
// nothing of the later transmission, and the order stays unknown.
func earlierTransmission(t *testing.T, kind Kind) {
	for outcome, status := range map[ports.Outcome]string{
		ports.OutcomeApproved: kind.Approved, ports.OutcomeDeclined: "unknown", ports.OutcomePending: "pending",
	} {
		bubble(t, outcome.String(), func(t *testing.T) {
			s := kind.set(t, &Script{Inquire: InTurn(Resend(), Answer{})})
			other := s.another(s.script)
			s.script.Before = func(context.Context) {
				s.script.Before = nil
				s.script.Send = InTurn(Answer{}, Says(outcome, "r")) // of the second transmission, which is answered first
				s.world.Clock.Advance(10 * time.Minute)              // the process sleeps through its lease
				other.step()
			}
			order := s.order()
			require.Equal(t, 2, s.script.Sent())
			require.Equal(t, 2, order.Transmissions)
			require.Equal(t, status, order.Status, order.Why)
		})
	}
}

// afterRefusedByPerson: the provider works on tx A, or approves it, after a person refused the
// order.
func afterRefusedByPerson(t *testing.T, kind Kind) {
	for name, late := range map[string]Answer{"pending": Pending("tx A"), "approved": Approved("tx A")} {
		bubble(t, name, func(t *testing.T) {
			s := kind.hung(t, 2)
			s.answer(1, Pending("tx A"))
			s.refuse()
			s.answer(0, late)
			s.requireStatus("disputed")
			s.requireBalance(kind.WhenRefused)
		})
	}
}

// approvalOfDisputed: the provider approved tx A, refused it, and approves it again.
func approvalOfDisputed(t *testing.T, kind Kind) {
	bubble(t, "in_Why", func(t *testing.T) {
		s := kind.hung(t, 3)
		s.answer(2, Approved("tx A"))
		require.Equal(t, "disputed", s.answer(1, Says(ports.OutcomeDeclined, "tx A")).Status)
		order := s.answer(0, Approved("tx A"))
		require.True(t, order.Answer.Outcome == ports.OutcomeApproved || strings.Contains(order.Why, "answered approved"), order.Why)
		s.requireBalance(kind.WhenApproved)
	})
}

// lateUnreadable: an answer to an order that has ended names another id or figure than was
// booked.
func lateUnreadable(t *testing.T, kind Kind) {
	unreadable := Approved("tx A")
	unreadable.Unreadable = true
	for name, late := range map[string]Answer{"id": Approved(oddID), "figure": unreadable} {
		bubble(t, name, func(t *testing.T) {
			s := kind.hung(t, 2)
			s.answer(1, Approved("tx A"))
			s.answer(0, late)
			s.requireStatus("disputed")
		})
	}
}

// alarmOfLate: the alarm of an answer is logged, also if the answer changes nothing.
func alarmOfLate(t *testing.T, kind Kind) {
	for name, tc := range map[string]struct{ second, late Answer }{
		"that_agrees":                          {Approved("tx 1"), Approved("tx 1")},
		"that_contradicts":                     {Approved("tx 1"), Approved("tx 2")},
		"that_names_a_second_payment_in_time":  {Pending("tx 1"), Approved("tx 2")},
		"that_refuses_an_earlier_transmission": {Approved("tx 1"), Says(ports.OutcomeFault, "")},
	} {
		bubble(t, name, func(t *testing.T) {
			s := kind.hung(t, 2)
			s.answer(1, tc.second)
			tc.late.Alarm = "sums do not add up"
			if order := s.answer(0, tc.late); order.Status == "disputed" {
				require.Contains(t, order.Answer.Alarm, tc.late.Alarm)
			}
			require.NotEmpty(t, s.world.Log.Line("level=ERROR", "sums do not add up"), s.world.Log)
		})
	}
}

// refusedMeanwhile lets a person refuse the order while the provider is asked about it.
func refusedMeanwhile(t *testing.T, kind Kind) {
	for name, late := range map[string]Answer{"pending": Pending("late"), "approved": Approved("late")} {
		bubble(t, name, func(t *testing.T) {
			s := kind.set(t, &Script{Send: Always(Answer{})})
			s.order()
			s.script.Inquire = func() Answer { s.refuse(); return late }
			s.follow()
			require.Equal(t, "late", s.requireStatus("disputed").ProviderRef)
			s.requireBalance(kind.WhenRefused)
		})
	}
}

// lateConflicts: keeping a late answer ends with an error in a store where other processes are
// always faster.
func lateConflicts(t *testing.T, kind Kind) {
	s := kind.set(t, &Script{Send: Always(Pending("r"))})
	store := &Conflicting{Store: s.world.Store}
	s.world.Store = store
	s.order()
	s.script.Inquire = func() Answer {
		s.refuse()
		store.On.Store(true)
		return Approved("r")
	}
	s.world.Clock.Advance(time.Hour)
	_, err := s.process.Follow(t.Context(), 10)
	require.ErrorIs(t, err, ports.ErrConflict)
}

// lateLocked: a late answer is kept once the record is free.
func lateLocked(t *testing.T, kind Kind) {
	until := time.Time{}
	s := kind.hungOver(t, 1, func(store ports.Store) ports.Store {
		return Busy(store, func(ports.Operation) bool { return time.Now().Before(until) })
	})
	s.refuse()
	until = time.Now().Add(10 * time.Second)
	s.answers[0] <- Approved("tx A")
	<-time.After(time.Minute) // of the bubble
	s.requireStatus("disputed")
}

// stalePending: the provider itself refused, and an older answer of it contradicts nothing.
func stalePending(t *testing.T, kind Kind) {
	s := kind.set(t, &Script{Send: Always(Pending("r"))})
	s.order()
	other := s.another(s.script)
	s.script.Inquire = func() Answer {
		s.script.Inquire = Always(Answer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "r", Code: "51"}})
		s.world.Clock.Advance(20 * time.Minute) // the process sleeps through its lease
		other.step()
		return Pending("r")
	}
	s.follow()
	s.requireStatus(kind.Refused)
}
