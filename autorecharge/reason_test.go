package autorecharge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// TestEngine_Suspend_keeps_its_reason when the attempt that was under way ends later.
func TestEngine_Suspend_keeps_its_reason(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]ports.ChargeAnswer{
		"declined":          {Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Code: "402"}},
		"declined for good": {Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Code: "402", Permanent: true}},
		"another method":    declined(true),
		"fault":             {Answer: ports.Answer{Outcome: ports.OutcomeFault, Code: "500"}},
		"not sent":          {Answer: ports.Answer{Outcome: ports.OutcomeNotSent}},
		"charged short":     {Answer: ports.Answer{Outcome: ports.OutcomeApproved}, Amount: optional(10)},
		"charged":           {Answer: ports.Answer{Outcome: ports.OutcomeApproved}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.cards.answer("first", ports.ChargeAnswer{})
			w.set(usual())
			w.spend(9_500)
			w.step()
			_, err := w.engine.Suspend(t.Context(), acting("w", kim("fraud")))
			require.NoError(t, err)
			w.cards.answer("inquiry of first", answer)
			for range 30 {
				w.clock.Advance(minute)
				w.step()
			}
			require.Nil(t, w.policy().State.Attempt)
			require.Equal(t, ports.PolicySuspended, w.policy().Status)
			require.Equal(t, "fraud", w.policy().State.Why)
			require.Equal(t, 1, w.cards.count())
		})
	}
}
