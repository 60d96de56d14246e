package autorecharge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// rewrite stores the policy as an older version of jigap left it.
func (w *world) rewrite(edit func(p *policy)) {
	w.t.Helper()
	next := w.policy()
	next.Version++
	edit(next)
	fates := w.store.Commit(w.t.Context(), []ports.Unit{{Operations: []ports.Operation{next.record()}}})
	require.Equal(w.t, ports.FateCommitted, fates[0].Status)
}

// TestEngine_Reinstate_alone_lifts_what_an_older_version_suspended: an older version left Held
// false when a chargeback suspended a policy.
func TestEngine_Reinstate_alone_lifts_what_an_older_version_suspended(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		why  string
		lift func(*world)
	}{
		"one won by hand": {"a recharge is disputed or was taken back", func(w *world) { w.deposit("w", 1) }},
		"other cards":     {"a recharge is disputed or was taken back", liftings["other cards"]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := chargedBack(t)
			w.step()
			require.Equal(t, ports.PolicySuspended, w.policy().Status)
			w.rewrite(func(p *policy) { p.State.Held, p.State.Why = false, c.why })
			c.lift(w)
			w.step()
			require.Equal(t, 1, w.cards.count(), "the card that charged back is charged again")
		})
	}
}
