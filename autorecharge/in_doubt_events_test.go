package autorecharge_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// TestEngine_Suspend_in_doubt_when_a_Charger_job_runs_first: the suspension is told once.
func TestEngine_Suspend_in_doubt_when_a_Charger_job_runs_first(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, at := delegating(t)
		store := &xDoubt{Store: w.store}
		w.store = store
		w.process = w.startWith(crashtest.Immortal(), false, at)
		w.set(delegated())
		store.lose = func(units []ports.Unit) bool {
			return hasPolicy(units, func(p *ports.Policy) bool { return p.Status == ports.PolicySuspended })
		}
		_, err := w.engine.Suspend(t.Context(), acting("w", kim("looks odd")))
		require.ErrorIs(t, err, ports.ErrUndecided)
		for range 3 {
			for _, job := range w.engine.Jobs() {
				if strings.Contains(job.Name, "through") {
					_, err = job.Step(t.Context(), 10)
					require.NoError(t, err)
				}
			}
			w.step()
			w.clock.Advance(time.Hour)
		}
		synctest.Wait()
		require.Equal(t, []string{"policy.suspended"}, w.events.list())
	})
}

// TestEngine_does_not_tell_what_was_never_written: a suspension is lost, another process
// disables the policy, and Enable is in doubt.
func TestEngine_does_not_tell_what_was_never_written(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.set(usual())
		inner := w.store
		other := w.start(crashtest.Immortal(), false)
		store := &lossy{Store: inner}
		w.store = store
		w.process = w.start(crashtest.Immortal(), false)
		store.lose = 1 // lost altogether
		_, err := w.engine.Suspend(t.Context(), acting("w", kim("looks odd")))
		require.ErrorIs(t, err, ports.ErrUndecided)
		w.clock.Advance(time.Second)
		_, err = other.engine.Disable(t.Context(), acting("w", kim("left")))
		require.NoError(t, err)
		w.clock.Advance(time.Second)
		store.lose = 1
		_, err = w.engine.Enable(t.Context(), acting("w", kim("back")))
		require.ErrorIs(t, err, ports.ErrUndecided)
		_, err = w.engine.Suspend(t.Context(), acting("w", kim("x")))
		require.ErrorIs(t, err, ports.ErrNotOpen)
		for range 3 {
			w.step()
			w.clock.Advance(time.Hour)
		}
		synctest.Wait()
		require.Equal(t, ports.PolicyDisabled, w.policy().Status)
		require.NotContains(t, w.events.list(), "policy.suspended")
	})
}
