package withdraw_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// TestService_Follow_keeps_what_was_learnt/<case>: an inquiry that learnt nothing leaves the
// answer before it, but for the alarm. One that learnt something takes its place, and keeps
// the provider's id and the leaning that it does not name.
func TestService_Follow_keeps_what_was_learnt(t *testing.T) {
	t.Parallel()
	taken := ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p", Code: "C1", Message: "taken", Alarm: "look"}}
	leaning := ports.PayoutAnswer{Answer: ports.Answer{ProviderRef: "p", Code: "C1", Likely: ports.OutcomeDeclined}}
	for name, tc := range map[string]struct{ first, then, want ports.PayoutAnswer }{
		"nothing": {taken, ports.PayoutAnswer{}, ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p", Code: "C1", Message: "taken"}}},
		"an_alarm": {
			taken,
			ports.PayoutAnswer{Answer: ports.Answer{Alarm: "again"}},
			ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p", Code: "C1", Message: "taken", Alarm: "again"}},
		},
		"a_code":          {taken, ports.PayoutAnswer{Answer: ports.Answer{Code: "C2"}}, ports.PayoutAnswer{Answer: ports.Answer{ProviderRef: "p", Code: "C2"}}},
		"another_id":      {taken, ports.PayoutAnswer{Answer: ports.Answer{ProviderRef: "q"}}, ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p", Code: "C1", Message: "taken"}}},
		"a_leaning":       {taken, ports.PayoutAnswer{Answer: ports.Answer{Likely: ports.OutcomeDeclined}}, ports.PayoutAnswer{Answer: ports.Answer{ProviderRef: "p", Likely: ports.OutcomeDeclined}}},
		"it_is_pending":   {taken, ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}}, ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p"}}},
		"no_leaning":      {leaning, ports.PayoutAnswer{Answer: ports.Answer{Code: "C2"}}, ports.PayoutAnswer{Answer: ports.Answer{ProviderRef: "p", Code: "C2", Likely: ports.OutcomeDeclined}}},
		"other_leaning":   {leaning, ports.PayoutAnswer{Answer: ports.Answer{Likely: ports.OutcomeApproved}}, ports.PayoutAnswer{Answer: ports.Answer{ProviderRef: "p", Likely: ports.OutcomeApproved}}},
		"no_more_leaning": {leaning, ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}}, ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, pays, 0)
			w.disburser = &teller{b, []ports.PayoutAnswer{tc.first, tc.then}}
			s, _ := w.process(t, crashtest.Immortal())
			op, err := s.Request(t.Context(), payOut("k"))
			require.NoError(t, err)
			w.clock.Advance(time.Hour)
			_, err = s.Follow(t.Context(), 10)
			require.NoError(t, err)
			op, err = s.Get(t.Context(), op.ID)
			require.NoError(t, err)
			require.Equal(t, tc.want, op.Answer)
			require.Equal(t, tc.want.ProviderRef, op.ProviderRef)
		})
	}
	t.Run("nothing_after_an_approval_that_was_not_booked", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, pays, 0)
		odd := ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p", Code: "C1"}, Fee: decimal.NewNullDecimal(won(30_000))}
		w.disburser = &teller{b, []ports.PayoutAnswer{odd, {}}}
		s, _ := w.process(t, crashtest.Immortal())
		op, err := s.Request(t.Context(), payOut("k"))
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalReview, op.Status)
		require.Equal(t, ports.OutcomeApproved, op.Answer.Outcome)
		_, err = s.Inquire(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "ask"}})
		require.NoError(t, err)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		op, err = s.Get(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalUnknown, op.Status)
		require.Equal(t, ports.OutcomeApproved, op.Answer.Outcome, "a question that failed undoes no approval")
		require.Equal(t, "C1", op.Answer.Code)
	})
}
