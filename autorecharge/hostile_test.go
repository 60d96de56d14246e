package autorecharge_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// hanging is a provider whose settings are never answered, whatever its context says.
type hanging struct {
	*provider
	release chan bool
}

func (h *hanging) Delegation(context.Context) (ports.Delegation, error) {
	<-h.release
	return h.set, nil
}

func (h *hanging) Delegate(context.Context, ports.Delegation) error {
	<-h.release
	return nil
}

// TestEngine_Set_provider_ignores_its_context: reading and changing the provider's settings
// ends with an error, and nothing is taken for set.
func TestEngine_Set_provider_ignores_its_context(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, at := delegating(t)
		h := &hanging{at, make(chan bool)}
		w.process = w.startWith(crashtest.Immortal(), false, h)
		start := time.Now()
		_, err := w.engine.Set(t.Context(), setting("w", usual()))
		require.ErrorIs(t, err, ports.ErrOverdue)
		require.Equal(t, 90*time.Second, time.Since(start))
		_, err = w.engine.Set(t.Context(), setting("w", delegated()))
		require.ErrorIs(t, err, autorecharge.ErrNotConfigured)
		require.ErrorIs(t, err, ports.ErrOverdue)
		require.True(t, w.policy().State.Unconfigured)
		close(h.release)
	})
}

// TestEngine_Evaluate_tells_the_end_of_a_cap_after_Delete_and_Set: the host heard of the cap
// under the policy that was deleted.
func TestEngine_Evaluate_tells_the_end_of_a_cap_after_Delete_and_Set(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		terms := usual()
		terms.DailyCount = 1
		w.set(terms)
		w.low()
		w.low()
		synctest.Wait()
		require.Equal(t, []string{"policy.capped"}, w.events.list())
		require.NoError(t, w.engine.Delete(t.Context(), acting("w", ports.By{Who: "kim", Why: "asked for"})))
		w.set(terms)
		w.step()
		synctest.Wait()
		require.Equal(t, []string{"policy.capped"}, w.events.list(), "the host knows")
		w.clock.Advance(24 * time.Hour)
		w.step()
		synctest.Wait()
		require.Equal(t, []string{"policy.capped", "policy.uncapped"}, w.events.list())
	})
}

// TestEngine_logs_a_time_zone_that_the_machine_does_not_know, once.
func TestEngine_logs_a_time_zone_that_the_machine_does_not_know(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	terms := usual()
	terms.DailyCount = 5
	w.set(terms)
	policy := w.policy()
	policy.TimeZone = "America/Nowhere" // as a process on another machine has set it
	policy.Version++
	fates := w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{policy}}})
	require.Equal(t, ports.FateCommitted, fates[0].Status)
	var log strings.Builder
	engine, err := autorecharge.New(w.store, w.wallets, w.recharges, autorecharge.Config{
		Clock: w.clock, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	require.NoError(t, err)
	w.spend(9_500)
	for range 3 {
		require.NoError(t, engine.Evaluate(t.Context(), "w"))
		w.clock.Advance(minute)
	}
	require.Equal(t, 1, strings.Count(log.String(), "time_zone=America/Nowhere"), log.String())
	require.Contains(t, log.String(), "level=ERROR")
	require.Zero(t, w.cards.count())
}
