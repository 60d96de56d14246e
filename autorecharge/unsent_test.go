package autorecharge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
)

// TestEngine_Evaluate_counts_attempts_that_were_sent only: an outage, however it shows,
// uses up no cap.
func TestEngine_Evaluate_counts_attempts_that_were_sent(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fails  func(c *cards)
		counts int // attempts that count, of four
	}{
		"no byte left": {func(c *cards) {
			c.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}})
		}, 0},
		"the provider has no trace": {func(c *cards) {
			c.answer("first", ports.ChargeAnswer{})
			c.answer("inquiry of first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}})
		}, 0},
		"not prepared: outage": {func(c *cards) { c.refusal = &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}} }, 0},
		"not prepared: fault":  {func(c *cards) { c.refusal = &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault}} }, 0},
		"not prepared: decline": {func(c *cards) {
			c.refusal = &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined}}
		}, 0},
		"sent: fault": {func(c *cards) {
			c.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault}})
		}, 4},
		"sent: decline": {func(c *cards) { c.answer("first", declined(false)) }, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			terms := usual()
			terms.DailyCount, terms.DailyAmount, terms.MonthlyCount = 4, optional(99_500), 4
			w.set(terms)
			tc.fails(w.cards)
			w.spend(9_500)
			for failed := 0; failed < 4; {
				w.step()
				failed = w.policy().State.Failures + w.policy().State.Outages
				w.clock.Advance(minute)
			}
			counted := 0
			for _, c := range w.policy().State.Charges {
				require.True(t, c.Amount.IsZero(), "no money moved")
				counted += c.Count
			}
			require.Equal(t, tc.counts, counted)
			w.cards.mu.Lock()
			w.cards.refusal = nil
			w.cards.mu.Unlock()
			w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
			w.clock.Advance(20 * minute)
			w.step()
			if tc.counts == 0 {
				require.True(t, w.balance().Equal(won(100_000)))
				return
			}
			d, _, err := w.engine.Explain(t.Context(), "w")
			require.NoError(t, err)
			require.Equal(t, autorecharge.ReasonDailyCount, d.Why)
		})
	}
}
