package autorecharge_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// TestEngine_Evaluate_tells_of_a_cap_once when it holds a charge back, and once when
// it does no longer, without alert levels.
func TestEngine_Evaluate_tells_of_a_cap_once(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cap  func(*ports.PolicyTerms)
		days int // until the cap counts anew; it is 1 November
	}{
		"attempts of a day":   {func(p *ports.PolicyTerms) { p.DailyCount = 1 }, 1},
		"money of a day":      {func(p *ports.PolicyTerms) { p.DailyAmount = optional(99_500) }, 1},
		"attempts of a month": {func(p *ports.PolicyTerms) { p.MonthlyCount = 1 }, 30},
		"money of a month":    {func(p *ports.PolicyTerms) { p.MonthlyAmount = optional(99_500) }, 30},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				why := ""
				w.events.saw = func(e ports.Event) {
					if p, ok := e.(ports.PolicyEvent); ok && p.What == "capped" {
						why = p.Why
					}
				}
				terms := usual()
				tc.cap(&terms)
				w.set(terms)
				w.low()
				synctest.Wait()
				require.Empty(t, w.events.list(), "nothing was held back")
				w.low()
				for range 5 {
					w.clock.Advance(minute)
					w.step()
				}
				synctest.Wait()
				require.Equal(t, []string{"policy.capped"}, w.events.list())
				require.Regexp(t, "^the cap of the (daily|monthly) (count|amount) leaves no room for a charge$", why)
				w.deposit("w", 50_000) // a customer who pays does not end the cap
				w.step()
				w.low()
				synctest.Wait()
				require.Equal(t, []string{"policy.capped"}, w.events.list())
				w.clock.Advance(time.Duration(tc.days) * 24 * time.Hour)
				w.step()
				synctest.Wait()
				require.Equal(t, []string{"policy.capped", "policy.uncapped"}, w.events.list())
				require.True(t, w.balance().Equal(won(100_000)))
			})
		})
	}
}

// TestEngine_Set_tells_that_a_policy_leaves_its_cap when the new terms have room.
func TestEngine_Set_tells_that_a_policy_leaves_its_cap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		terms := usual()
		terms.DailyCount = 1
		w.set(terms)
		w.low()
		w.low()
		terms.DailyCount = 2
		w.set(terms)
		synctest.Wait()
		require.Equal(t, []string{"policy.capped", "policy.uncapped"}, w.events.list())
		require.Equal(t, 2, w.cards.count())
	})
}

// TestEngine_Sweep_tells_of_the_end_of_a_cap although nothing is held back any more.
func TestEngine_Sweep_tells_of_the_end_of_a_cap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		terms := usual()
		terms.DailyCount = 1
		w.set(terms)
		w.low()
		w.low()
		w.deposit("w", 50_000)
		w.step()
		w.clock.Advance(24 * time.Hour)
		w.step()
		synctest.Wait()
		require.Equal(t, []string{"policy.capped", "policy.uncapped"}, w.events.list())
	})
}
