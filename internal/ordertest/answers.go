package ordertest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// TestAnswers tests what a record keeps of the answers to its transmission and to inquiries.
func TestAnswers(t *testing.T, kind Kind) {
	if kind.Figure != "" {
		t.Run("figures_are_remembered_until_others_are_reported", func(t *testing.T) {
			t.Parallel()
			figures(t, kind)
		})
	}
	for name, scenario := range map[string]func(*testing.T, Kind){
		"an_inquiry_keeps_what_was_learnt":                 keepsLearnt,
		"an_answer_that_no_record_can_hold_goes_to_review": unholdable,
		"a_long_message_is_cut":                            longMessage,
		"an_alarm_is_logged":                               alarm,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario(t, kind)
		})
	}
	for name, scenario := range map[string]func(*testing.T, Kind){
		"a_failed_inquiry_undoes_no_approval_that_cannot_be_booked": failedInquiryUndoesNothing,
		"what_a_person_must_decide_is_logged_at_level_Warn":         reviewIsLogged,
		"Why_is_one_line": whyIsOneLine,
	} {
		bubble(t, name, func(t *testing.T) { scenario(t, kind) })
	}
}

// keepsLearnt: an inquiry that learnt nothing leaves the answer before it, but for the alarm.
// One that learnt something takes its place, and keeps the provider's id and the likely outcome
// that it does not name.
func keepsLearnt(t *testing.T, kind Kind) {
	taken := ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p", Code: "C1", Message: "taken", Alarm: "look"}
	kept := ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p", Code: "C1", Message: "taken"}
	warned := kept
	warned.Alarm = "again"
	likely := ports.Answer{ProviderRef: "p", Code: "C1", Likely: ports.OutcomeDeclined}
	for name, tc := range map[string]struct{ first, then, want ports.Answer }{
		"nothing":                {taken, ports.Answer{}, kept},
		"an_alarm":               {taken, ports.Answer{Alarm: "again"}, warned},
		"a_code":                 {taken, ports.Answer{Code: "C2"}, ports.Answer{ProviderRef: "p", Code: "C2"}},
		"another_id":             {taken, ports.Answer{ProviderRef: "q"}, kept},
		"a_likely_outcome":       {taken, ports.Answer{Likely: ports.OutcomeDeclined}, ports.Answer{ProviderRef: "p", Likely: ports.OutcomeDeclined}},
		"pending":                {taken, ports.Answer{Outcome: ports.OutcomePending}, ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p"}},
		"no_likely_outcome":      {likely, ports.Answer{Code: "C2"}, ports.Answer{ProviderRef: "p", Code: "C2", Likely: ports.OutcomeDeclined}},
		"another_likely_outcome": {likely, ports.Answer{Likely: ports.OutcomeApproved}, ports.Answer{ProviderRef: "p", Likely: ports.OutcomeApproved}},
		"pending_after_a_likely_outcome": {
			likely, ports.Answer{Outcome: ports.OutcomePending}, ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p"},
		},
	} {
		bubble(t, name, func(t *testing.T) {
			s := kind.set(t, &Script{Send: Always(Answer{Answer: tc.first}), Inquire: Always(Answer{Answer: tc.then})})
			s.order()
			order := s.follow()
			require.Equal(t, tc.want, order.Answer)
			require.Equal(t, tc.want.ProviderRef, order.ProviderRef)
		})
	}
}

// failedInquiryUndoesNothing: an approval that cannot be booked stays in the record after an
// inquiry that failed.
func failedInquiryUndoesNothing(t *testing.T, kind Kind) {
	odd := unbookable("p")
	odd.Code = "C1"
	s := kind.set(t, &Script{Send: Always(odd)})
	order := s.order()
	require.Equal(t, "review", order.Status)
	require.Equal(t, ports.OutcomeApproved, order.Answer.Outcome)
	order = s.inquired(Answer{})
	require.Equal(t, "unknown", order.Status)
	require.Equal(t, ports.OutcomeApproved, order.Answer.Outcome)
	require.Equal(t, "C1", order.Answer.Code)
}

// figures: the figure that was reported last is booked, unless the answer at the end names
// another payment.
func figures(t *testing.T, kind Kind) {
	for name, tc := range map[string]struct {
		answers []Answer
		want    int64
	}{
		"of_a_pending_answer":               {[]Answer{Pending("").Of(900), Approved("")}, 900},
		"of_an_unknown_answer":              {[]Answer{failed().Of(900), Approved("")}, 900},
		"behind_an_answer_without_a_figure": {[]Answer{Pending("").Of(900), {}, Approved("")}, 900},
		"until_another_is_reported":         {[]Answer{Pending("").Of(900), Approved("").Of(800)}, 800},
		"and_none_was_reported":             {[]Answer{Pending(""), Approved("")}, kind.Ordered},
		"of_the_same_payment":               {[]Answer{Pending("1").Of(900), Approved("1")}, 900},
		"of_another_payment":                {[]Answer{Pending("1").Of(900), Approved("2")}, kind.Ordered},
	} {
		bubble(t, name, func(t *testing.T) {
			s := kind.set(t, &Script{Send: Always(tc.answers[0]), Inquire: InTurn(tc.answers[1:]...)})
			s.order()
			for range tc.answers[1:] {
				s.follow()
			}
			order := s.requireStatus(kind.Approved)
			require.Equal(t, won(tc.want).Decimal.String(), order.Booked.String())
			require.Equal(t, tc.want != kind.Ordered, order.Mismatch)
		})
	}
}

// unholdable: the order goes to review instead of failing in every step.
func unholdable(t *testing.T, kind Kind) {
	unreadable := Approved("")
	unreadable.Unreadable = true
	for name, answer := range map[string]Answer{
		"an_id_with_a_zero_byte": Approved("r\x00"), "an_id_that_is_too_long": Pending(oddID), "a_figure_without_limit": unreadable,
	} {
		bubble(t, name, func(t *testing.T) {
			s := kind.set(t, &Script{Send: Always(answer)})
			s.order()
			require.Contains(t, s.requireStatus("review").Why, answer.Outcome.String())
			op, err := s.process.Get(t.Context(), s.id)
			require.NoError(t, err)
			_, err = ports.EncodeOperation(op)
			require.NoError(t, err)
			s.requireBalance(kind.Open)
		})
	}
}

// longMessage: a message of up to 300 bytes is kept whole, and of a longer one the first 75
// characters.
func longMessage(t *testing.T, kind Kind) {
	for name, tc := range map[string]struct{ message, kept string }{
		"300_bytes":           {strings.Repeat("x", 300), strings.Repeat("x", 300)},
		"301_bytes":           {strings.Repeat("x", 301), strings.Repeat("x", 75) + "…"},
		"300_bytes_of_Korean": {strings.Repeat("원", 100), strings.Repeat("원", 100)},
		"303_bytes_of_Korean": {strings.Repeat("원", 101), strings.Repeat("원", 75) + "…"},
	} {
		bubble(t, name, func(t *testing.T) {
			s := kind.set(t, &Script{Send: Always(Look(tc.message))})
			require.Equal(t, tc.kept, s.order().Why)
			s = kind.set(t, &Script{Send: Always(Answer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Message: tc.message}})})
			require.True(t, strings.HasSuffix(s.order().Why, tc.kept), s.get().Why)
		})
	}
}

// whyIsOneLine: a line break in a message of the provider becomes a blank.
func whyIsOneLine(t *testing.T, kind Kind) {
	for _, outcome := range []ports.Outcome{ports.OutcomeFault, ports.OutcomeDeclined} {
		s := kind.set(t, &Script{Send: Always(Answer{Answer: ports.Answer{Outcome: outcome, Message: "one\ntwo"}})})
		require.NotContains(t, s.order().Why, "\n")
	}
}

// alarm: the log has a line at level Error, which names the order, and none without an alarm.
func alarm(t *testing.T, kind Kind) {
	for _, outcome := range []ports.Outcome{ports.OutcomeApproved, ports.OutcomeDeclined, ports.OutcomeFault} {
		for _, alarm := range []string{"", "credentials refused"} {
			bubble(t, outcome.String()+"_"+alarm, func(t *testing.T) {
				s := kind.set(t, &Script{Send: Always(Answer{Answer: ports.Answer{Outcome: outcome, Alarm: alarm}})})
				order := s.order()
				line := s.world.Log.Line("level=ERROR", string(kind.Record)+" alarm", order.ID, alarm)
				require.Equal(t, alarm != "", line != "", s.world.Log)
			})
		}
	}
}

// reviewIsLogged: all other changes are logged at level Info.
func reviewIsLogged(t *testing.T, kind Kind) {
	for status, answer := range map[string]Answer{"unknown": {}, "pending": Pending("p"), kind.Approved: Approved("p"), "review": Look("two rows look alike")} {
		s := kind.set(t, &Script{Send: Always(answer)})
		order := s.order()
		level := "level=INFO"
		if status == "review" {
			level = "level=WARN"
		}
		require.NotEmpty(t, s.world.Log.Line(level, string(kind.Record)+" "+status, order.ID, answer.Review), s.world.Log)
		if s.process.Dispute != nil && status == kind.Approved {
			require.NoError(t, s.process.Dispute(t.Context(), s.act()))
			require.NotEmpty(t, s.world.Log.Line("level=WARN", string(kind.Record)+" disputed", order.ID, s.act().Why), s.world.Log)
		}
	}
}
