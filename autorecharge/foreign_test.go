package autorecharge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/text"
)

// named is a Charger under another name.
type named struct {
	ports.Charger
	name string
}

func (n named) Name() string { return n.name }

// stranger starts a process that does not know the Charger "cards".
func (w *world) stranger() *process {
	w.t.Helper()
	return w.startWith(crashtest.Immortal(), false, named{newCards(), "others"})
}

// TestEngine_Sweep_leaves_policies_of_unknown_Chargers: a process that does not know a
// policy's Charger changes nothing of it, and one that knows the Charger charges.
func TestEngine_Sweep_leaves_policies_of_unknown_Chargers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	w.spend(9_500)
	stranger := w.stranger()
	for range 3 {
		require.NoError(t, stranger.worker.Step(t.Context()).Err())
		require.NoError(t, stranger.engine.Evaluate(t.Context(), "w"))
		w.clock.Advance(minute)
	}
	require.Equal(t, ports.PolicyActive, w.policy().Status, w.policy().State.Why)
	require.Zero(t, w.policy().State.Failures+w.policy().State.Outages)
	version := w.policy().Version
	require.NoError(t, stranger.worker.Step(t.Context()).Err())
	require.Equal(t, version, w.policy().Version, "nothing is written again and again")
	d, policy, err := stranger.engine.Explain(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, autorecharge.ReasonCharger, d.Why)
	require.Contains(t, text.Decision(&d, policy, text.English), "cards")
	w.step()
	require.True(t, w.balance().Equal(won(100_000)))
}

func TestEngine_Sweep_finds_its_own_policies_behind_those_of_unknown_Chargers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"a", "b", "c"} {
		w.open(id, 500)
		_, err := w.engine.Set(t.Context(), setting(id, usual()))
		require.NoError(t, err)
	}
	stranger := w.stranger()
	w.open("z", 500)
	terms := usual()
	terms.Methods = []ports.PaymentMethod{{Charger: "others", ID: "first"}}
	w.clock.Advance(minute)
	_, err := stranger.engine.Set(t.Context(), setting("z", terms))
	require.NoError(t, err)
	for range 2 {
		_, err = stranger.engine.Sweep(t.Context(), 1)
		require.NoError(t, err)
	}
	wallet, err := stranger.wallets.Wallet(t.Context(), "z")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(won(100_000)))
}

// TestEngine_Sweep_leaves_delegated_policies_of_unknown_Chargers, of open and of closed
// wallets: it reports no error, and only a process that knows the Charger goes on.
func TestEngine_Sweep_leaves_delegated_policies_of_unknown_Chargers(t *testing.T) {
	t.Parallel()
	for name, closed := range map[string]bool{"open wallet": false, "closed wallet": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, at := delegating(t)
			w.set(delegated())
			if closed {
				w.spend(10_000)
				_, err := w.wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "close", By: ports.By{Who: "kim", Why: "asked by mail"}})
				require.NoError(t, err)
			}
			w.clock.Advance(25 * 60 * minute)
			before := w.policy()
			stranger := w.stranger()
			require.NoError(t, stranger.worker.Step(t.Context()).Err())
			require.NoError(t, stranger.engine.Evaluate(t.Context(), "w"))
			require.Equal(t, before, w.policy())
			require.Equal(t, configured, at.set)
			w.step()
			require.Equal(t, !closed, at.set.On)
		})
	}
}

// TestEngine_Disable_in_a_process_without_the_Charger leaves the provider to a process
// that knows it, and does not take a setting for sent that was not.
func TestEngine_Disable_in_a_process_without_the_Charger(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	w.set(delegated())
	_, err := w.stranger().engine.Disable(t.Context(), acting("w", kim("asked")))
	require.ErrorIs(t, err, autorecharge.ErrNotConfigured)
	require.True(t, w.policy().State.LateUntil.IsZero())
	w.step()
	require.False(t, at.set.On)
	require.NoError(t, w.engine.Delete(t.Context(), acting("w", kim("asked"))))
}
