package autorecharge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// requireOwns asks that the provider is on, as the policy of wallet "v" says, once the
// workers have run for four days.
func (w *world) requireOwns(p *process, at *provider) {
	w.t.Helper()
	for range 4 {
		require.NoError(w.t, p.worker.Step(w.t.Context()).Err())
		w.clock.Advance(25 * 60 * minute)
	}
	policy, err := p.engine.Get(w.t.Context(), "v")
	require.NoError(w.t, err)
	require.Equal(w.t, ports.PolicyActive, policy.Status)
	require.True(w.t, at.set.On, "the policy is active and settled")
}

// TestEngine_Abandon_while_a_setting_is_under_way: a policy is abandoned while its setting
// is under way, and another wallet takes the provider over. The late setting ends with the
// provider switched off, and the other policy switches it on again.
func TestEngine_Abandon_while_a_setting_is_under_way(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	w.open("v", 10_000)
	at.during = func() {
		at.during = nil
		require.NoError(t, w.engine.Abandon(t.Context(), acting("w", kim("gone"))))
		_, err := w.engine.Set(t.Context(), setting("v", delegated()))
		require.NoError(t, err)
	}
	_, _ = w.engine.Set(t.Context(), setting("w", delegated()))
	w.requireOwns(w.process, at)
}

// TestEngine_Delete_of_the_owner: two wallets are set at the same moment, and the policy
// that owns the provider is deleted. The other one owns it then.
func TestEngine_Delete_of_the_owner(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	w.open("v", 10_000)
	other := w.process
	w.store = &beforePolicy{Store: w.store, before: func() {
		_, err := other.engine.Set(t.Context(), setting("v", delegated()))
		require.NoError(t, err)
	}}
	_, err := w.startWith(crashtest.Immortal(), false, at).engine.Set(t.Context(), setting("w", delegated()))
	require.NoError(t, err)
	require.NoError(t, other.engine.Delete(t.Context(), acting("w", kim("asked"))))
	w.requireOwns(other, at)
}
