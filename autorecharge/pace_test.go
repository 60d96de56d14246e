package autorecharge_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
)

// TestEngine_Evaluate_paces_charges_that_fall_short: where MaximumCharge is far below the
// need, one charge follows another after a minute, and never many at one instant.
func TestEngine_Evaluate_paces_charges_that_fall_short(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	terms := usual()
	terms.MinimumCash, terms.MaximumCharge = won(20_000), optional(3_000)
	w.set(terms) // it charges at once: 10,000 is low
	require.Equal(t, 1, w.cards.count())
	for range 5 {
		w.step()
		require.NoError(t, w.engine.Evaluate(t.Context(), "w"))
	}
	require.Equal(t, 1, w.cards.count(), "at one instant")
	d, english, korean := w.explain()
	require.Equal(t, autorecharge.ReasonPace, d.Why)
	require.Equal(t, w.clock.Now().Add(time.Minute), d.Until)
	require.Contains(t, english, "did not bring the cash above 20,000 KRW")
	require.Contains(t, korean, "20,000원")
	for range 10 {
		w.clock.Advance(minute)
		w.step()
	}
	require.Equal(t, 4, w.cards.count(), "until the cash is above the minimum")
	require.True(t, w.balance().Equal(won(22_000)))
}

// TestEngine_Evaluate_does_not_pace_charges_that_reach_the_target: a wallet that spends
// everything at once is charged again at once.
func TestEngine_Evaluate_does_not_pace_charges_that_reach_the_target(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	for range 3 {
		w.low()
	}
	require.Equal(t, 3, w.cards.count())
}

// TestEngine_Rehearse_paces_charges_that_fall_short as the engine does.
func TestEngine_Rehearse_paces_charges_that_fall_short(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clock.Advance(10 * minute)
	terms := usual()
	terms.MinimumCash, terms.MaximumCharge = won(20_000), optional(3_000)
	acts, err := w.engine.Rehearse(t.Context(), "w", terms, time.Time{}, time.Time{})
	require.NoError(t, err)
	require.Len(t, acts, 4)
	for i, act := range acts {
		require.True(t, act.Decision.Charge)
		require.Equal(t, acts[0].At.Add(time.Duration(i)*minute), act.At)
	}
}
