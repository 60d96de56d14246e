package autorecharge_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
)

// TestEngine_Trips/says_where_a_policy_charges: at the minimum and below, whether the library
// charges or the provider of a delegated policy.
//
// TestEngine_Trips/needs_no_state: a withdrawal is not held up by a state that cannot be read.
//
// TestEngine_Trips/refuses_an_id_that_no_wallet_can_have.
func TestEngine_Trips(t *testing.T) {
	t.Parallel()
	t.Run("says_where_a_policy_charges", func(t *testing.T) {
		t.Parallel()
		never := map[int64]bool{-1: false, 0: false, 1_000: false, 1_001: false}
		charges := map[int64]bool{-1: true, 0: true, 1_000: true, 1_001: false}
		for name, tc := range map[string]struct {
			policy func(*policy)
			want   map[int64]bool
		}{
			"active":    {func(*policy) {}, charges},
			"delegated": {func(p *policy) { p.Delegated = true }, charges},
			"off":       {func(p *policy) { p.MinimumCash = won(0) }, never},
			"disabled":  {func(p *policy) { p.Status = ports.PolicyDisabled }, never},
			"suspended": {func(p *policy) { p.Status = ports.PolicySuspended }, never},
			"deleted":   {func(p *policy) { p.Status, p.Open = ports.PolicyDeleted, false }, never},
		} {
			w := newWorld(t)
			w.set(usual())
			w.rewrite(tc.policy)
			trips, err := w.engine.Trips(t.Context(), "w")
			require.NoError(t, err, name)
			for available, want := range tc.want {
				require.Equal(t, want, trips(won(available)), "%s, with %d", name, available)
			}
		}
	})
	t.Run("needs_no_state", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.set(usual())
		w.spoil(w.policy().ID)
		trips, err := w.engine.Trips(t.Context(), "w")
		require.NoError(t, err)
		require.True(t, trips(won(1_000)))
	})
	t.Run("refuses_an_id_that_no_wallet_can_have", func(t *testing.T) {
		t.Parallel()
		_, err := newWorld(t).engine.Trips(t.Context(), "")
		require.ErrorIs(t, err, ports.ErrInvalid)
	})
}

// TestEngine_Trips_agrees_with_Decide: a withdrawal trips a policy if and only if the policy
// finds cash low after it.
func TestEngine_Trips_agrees_with_Decide(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	id := w.policy().ID
	rapid.Check(t, func(rt *rapid.T) {
		terms := usual()
		terms.MinimumCash = won(rapid.Int64Range(0, 3).Draw(rt, "minimum"))
		w.rewrite(func(p *policy) { p.MinimumCash = terms.MinimumCash })
		found, err := w.store.Operations(t.Context(), []string{id})
		require.NoError(rt, err)
		trips, err := w.engine.Trips(t.Context(), "w")
		require.NoError(rt, err)
		available := won(rapid.Int64Range(-1, 5).Draw(rt, "available"))
		wallet := &ports.Wallet{Status: ports.WalletActive, Balance: available}
		d := autorecharge.Decide(wallet, found[0].(*ports.Policy), &autorecharge.State{}, decimal.Decimal{}, w.clock.Now())
		require.Equal(rt, trips(available), d.Why == autorecharge.ReasonLow, d.Why)
	})
}
