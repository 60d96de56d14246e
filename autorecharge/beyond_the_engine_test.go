package autorecharge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/desk"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// TestEngine_unreadable_policy_of_another_wallet: two delegated policies of one Charger were set
// at the same moment, and something else writes over the state of the one. The other is deleted
// as usual.
func TestEngine_unreadable_policy_of_another_wallet(t *testing.T) {
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
	policy, err := other.engine.Get(t.Context(), "v")
	require.NoError(t, err)
	w.spoil(policy.ID)
	for range 3 {
		if err = other.engine.Delete(t.Context(), acting("w", kim("asked"))); err == nil {
			break
		}
		w.clock.Advance(60 * minute)
		_, _ = other.engine.Sweep(t.Context(), 10)
	}
	require.NoError(t, err)
}

// TestEngine_writes_over_no_unreadable_state: a sweep moves DueAt of the policy, so that it holds
// up no other, and leaves its state as it is.
func TestEngine_writes_over_no_unreadable_state(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	id := w.policy().ID
	w.spoil(id)
	before, err := w.store.Operations(t.Context(), []string{id})
	require.NoError(t, err)
	for range 3 {
		w.clock.Advance(25 * 60 * minute)
		_, err = w.engine.Sweep(t.Context(), 10)
		require.ErrorIs(t, err, ports.ErrUnreadable)
	}
	after, err := w.store.Operations(t.Context(), []string{id})
	require.NoError(t, err)
	was, _ := before[0].(*ports.Policy)
	is, _ := after[0].(*ports.Policy)
	require.JSONEq(t, string(was.State), string(is.State))
	require.Equal(t, was.Status, is.Status)
	require.Equal(t, was.PolicyTerms, is.PolicyTerms)
}

// TestEngine_Reinstate_of_a_disabled_policy: an act that the policy does not admit asks no
// provider.
func TestEngine_Reinstate_of_a_disabled_policy(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(at *provider){
		"the provider's own is on":     func(at *provider) { at.set = configured },
		"the provider does not answer": func(at *provider) { at.err = ports.ErrUnavailable },
	} {
		w, at := delegating(t)
		w.set(usual())
		_, err := w.engine.Disable(t.Context(), acting("w", kim("asked")))
		require.NoError(t, err)
		fails(at)
		require.NotContains(t, autorecharge.Acts(&w.policy().Policy), ports.DecisionReinstate)
		_, err = w.engine.Reinstate(t.Context(), acting("w", kim("again")))
		require.ErrorIs(t, err, ports.ErrNotOpen, name)
	}
}

// TestEngine_unconfigured_policy_is_on_the_desk: the customer switched auto-recharge off, and the
// provider refuses that for three days and goes on to charge the card.
func TestEngine_unconfigured_policy_is_on_the_desk(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	w.set(delegated())
	at.deaf = ports.ErrUnavailable
	_, err := w.engine.Disable(t.Context(), acting("w", kim("the customer asked")))
	require.ErrorIs(t, err, autorecharge.ErrNotConfigured)
	for range 3 * 24 * 12 {
		w.clock.Advance(5 * minute)
		_, _ = w.engine.Sweep(t.Context(), 10)
	}
	require.True(t, at.set.On, "the provider goes on")
	d, err := desk.New(w.store, desk.Config{Clock: w.clock, Chargers: w.recharges.Chargers()})
	require.NoError(t, err)
	items, err := d.Waiting(t.Context(), desk.Listing{})
	require.NoError(t, err)
	require.Len(t, items, 1)
}
