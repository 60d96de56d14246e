package recharge_test

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
	taken := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p", Code: "C1", Message: "taken", Alarm: "look"}}
	leaning := ports.ChargeAnswer{Answer: ports.Answer{ProviderRef: "p", Code: "C1", Likely: ports.OutcomeDeclined}}
	for name, tc := range map[string]struct{ first, then, want ports.ChargeAnswer }{
		"nothing": {taken, ports.ChargeAnswer{}, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p", Code: "C1", Message: "taken"}}},
		"an_alarm": {
			taken,
			ports.ChargeAnswer{Answer: ports.Answer{Alarm: "again"}},
			ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p", Code: "C1", Message: "taken", Alarm: "again"}},
		},
		"a_code":          {taken, ports.ChargeAnswer{Answer: ports.Answer{Code: "C2"}}, ports.ChargeAnswer{Answer: ports.Answer{ProviderRef: "p", Code: "C2"}}},
		"another_id":      {taken, ports.ChargeAnswer{Answer: ports.Answer{ProviderRef: "q"}}, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p", Code: "C1", Message: "taken"}}},
		"a_leaning":       {taken, ports.ChargeAnswer{Answer: ports.Answer{Likely: ports.OutcomeDeclined}}, ports.ChargeAnswer{Answer: ports.Answer{ProviderRef: "p", Likely: ports.OutcomeDeclined}}},
		"it_is_pending":   {taken, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}}, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p"}}},
		"no_leaning":      {leaning, ports.ChargeAnswer{Answer: ports.Answer{Code: "C2"}}, ports.ChargeAnswer{Answer: ports.Answer{ProviderRef: "p", Code: "C2", Likely: ports.OutcomeDeclined}}},
		"other_leaning":   {leaning, ports.ChargeAnswer{Answer: ports.Answer{Likely: ports.OutcomeApproved}}, ports.ChargeAnswer{Answer: ports.Answer{ProviderRef: "p", Likely: ports.OutcomeApproved}}},
		"no_more_leaning": {leaning, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}}, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			w.charger = &teller{b, []ports.ChargeAnswer{tc.first, tc.then}}
			s, _ := w.process(t, crashtest.Immortal(), nil)
			op, err := s.Recharge(t.Context(), topUp("k"))
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
		w, b := newWorld(t, approves)
		odd := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p", Code: "C1"}, Amount: decimal.NewNullDecimal(won(-1))}
		w.charger = &teller{b, []ports.ChargeAnswer{odd, {}}}
		s, _ := w.process(t, crashtest.Immortal(), nil)
		op, err := s.Recharge(t.Context(), topUp("k"))
		require.NoError(t, err)
		require.Equal(t, ports.RechargeReview, op.Status)
		require.Equal(t, ports.OutcomeApproved, op.Answer.Outcome)
		_, err = carryOut(t.Context(), s, resolution{ID: op.ID, Decision: ports.DecisionInquire, By: ports.By{Who: "kim", Why: "ask"}})
		require.NoError(t, err)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		op, err = s.Get(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, ports.RechargeUnknown, op.Status)
		require.Equal(t, ports.OutcomeApproved, op.Answer.Outcome, "a question that failed undoes no approval")
		require.Equal(t, "C1", op.Answer.Code)
	})
}
