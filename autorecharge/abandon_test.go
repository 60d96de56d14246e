package autorecharge_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

var errRevoked = errors.New("401: the key is revoked")

// TestEngine_Abandon_ends_a_policy_whose_provider_is_gone, whether the provider refuses
// the key or the process has no Charger for it, and whether the wallet is open or closed.
func TestEngine_Abandon_ends_a_policy_whose_provider_is_gone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ closed, unknown bool }{
		"keys revoked, wallet open":      {false, false},
		"keys revoked, wallet closed":    {true, false},
		"Charger removed, wallet open":   {false, true},
		"Charger removed, wallet closed": {true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, at := delegating(t)
				w.set(delegated())
				at.err = errRevoked
				if tc.closed {
					w.spend(10_000)
					_, err := w.wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "close", By: ports.By{Who: "kim", Why: "asked by mail"}})
					require.NoError(t, err)
					require.Error(t, w.engine.Evaluate(t.Context(), "w"))
				} else {
					require.ErrorIs(t, w.engine.Delete(t.Context(), acting("w", kim("asked"))), autorecharge.ErrNotConfigured)
				}
				engine, id := w.engine, w.policy().ID
				if tc.unknown {
					engine = w.stranger().engine
				}
				require.NoError(t, engine.Abandon(t.Context(), acting("w", kim("the contract is over"))))
				_, err := engine.Get(t.Context(), "w")
				require.ErrorIs(t, err, ports.ErrNotFound)
				found, err := w.store.Operations(t.Context(), []string{id})
				require.NoError(t, err)
				ended := stateful(found[0])
				require.Equal(t, ports.PolicyDeleted, ended.Status)
				require.False(t, ended.Open)
				require.Equal(t, []ports.Decision{{What: "abandon", Who: "kim", Why: "the contract is over", At: w.clock.Now()}}, ended.State.Decisions[len(ended.State.Decisions)-1:])
				w.clock.Advance(25 * 60 * minute)
				w.step() // no error: there is nothing left to configure
				synctest.Wait()
				require.Contains(t, w.events.list(), "policy.abandoned")
				require.ErrorIs(t, engine.Abandon(t.Context(), acting("w", kim("again"))), ports.ErrNotFound)
				if !tc.closed {
					w.set(usualAfter(at))
					require.False(t, w.policy().Delegated)
				}
			})
		})
	}
}

// usualAfter is a policy of our own after the provider came back, off.
func usualAfter(at *provider) ports.PolicyTerms {
	at.err, at.set = nil, ports.Delegation{}
	return usual()
}

func TestEngine_Abandon_refuses(t *testing.T) {
	t.Parallel()
	w, _ := delegating(t)
	require.ErrorIs(t, w.engine.Abandon(t.Context(), acting("w", kim("the contract is over"))), ports.ErrNotFound)
	w.set(usual())
	require.ErrorIs(t, w.engine.Abandon(t.Context(), acting("w", kim("the contract is over"))), ports.ErrInvalid, "a policy that is not delegated")
	require.Equal(t, ports.PolicyActive, w.policy().Status)
}

// TestEngine_Abandon_while_a_process_configures_the_provider: that process finds the
// policy ended, and switches the provider off.
func TestEngine_Abandon_while_a_process_configures_the_provider(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	at.during = func() {
		require.NoError(t, w.engine.Abandon(t.Context(), acting("w", kim("the contract is over"))))
	}
	_, err := w.engine.Set(t.Context(), setting("w", delegated()))
	require.ErrorIs(t, err, ports.ErrNotFound)
	require.False(t, at.set.On)
}
