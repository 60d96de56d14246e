package autorecharge_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestEngine_Set_refuses_a_second_delegated_policy_of_a_Charger: the provider has one
// setting, and two policies would undo each other.
func TestEngine_Set_refuses_a_second_delegated_policy_of_a_Charger(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	w.open("v", 10_000)
	w.set(delegated())
	second := delegated()
	second.RechargeTo = won(50_000)
	_, err := w.engine.Set(t.Context(), setting("v", second))
	require.ErrorIs(t, err, autorecharge.ErrBothOn)
	require.ErrorContains(t, err, "wallet w")
	_, err = w.engine.Get(t.Context(), "v")
	require.ErrorIs(t, err, ports.ErrNotFound)
	require.Equal(t, configured, at.set)

	w.set(delegated()) // the policy itself may be set again
	_, err = w.engine.Disable(t.Context(), acting("w", kim("asked")))
	require.NoError(t, err)
	_, err = w.engine.Set(t.Context(), setting("v", second))
	require.ErrorIs(t, err, autorecharge.ErrBothOn, "a disabled policy may be enabled again")
	require.NoError(t, w.engine.Delete(t.Context(), acting("w", kim("asked"))))
	_, err = w.engine.Set(t.Context(), setting("v", second))
	require.NoError(t, err)
	require.True(t, at.set.RechargeTo.Equal(won(50_000)))
}

// TestEngine_Set_sees_a_delegated_policy_that_was_turned: a policy of our own that is
// turned into a delegated one, and back.
func TestEngine_Set_sees_a_delegated_policy_that_was_turned(t *testing.T) {
	t.Parallel()
	w, _ := delegating(t)
	w.open("v", 10_000)
	w.set(usual())
	w.set(delegated())
	_, err := w.engine.Set(t.Context(), setting("v", delegated()))
	require.ErrorIs(t, err, autorecharge.ErrBothOn)
	_, err = w.engine.Disable(t.Context(), acting("w", kim("asked")))
	require.NoError(t, err)
	w.set(usual())
	_, err = w.engine.Set(t.Context(), setting("v", delegated()))
	require.NoError(t, err)
}

// TestEngine_Set_after_a_wallet_with_a_delegated_policy_was_closed: the policy of the
// closed wallet ends, and frees the provider for another wallet.
func TestEngine_Set_after_a_wallet_with_a_delegated_policy_was_closed(t *testing.T) {
	t.Parallel()
	w, _ := delegating(t)
	w.open("v", 10_000)
	w.set(delegated())
	w.spend(10_000)
	_, err := w.wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "close", By: ports.By{Who: "kim", Why: "asked by mail"}})
	require.NoError(t, err)
	require.NoError(t, w.engine.Evaluate(t.Context(), "w"))
	w.clock.Advance(25 * 60 * minute)
	w.step()
	_, err = w.engine.Set(t.Context(), setting("v", delegated()))
	require.NoError(t, err)
}

// beforePolicy is a store that does something before it writes the first policy.
type beforePolicy struct {
	ports.Store
	before func()
}

func (b *beforePolicy) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	for _, unit := range units {
		for _, op := range unit.Operations {
			if op.Head().Kind == ports.KindPolicy && b.before != nil {
				before := b.before
				b.before = nil
				before()
			}
		}
	}
	return b.Store.Commit(ctx, units)
}

// TestEngine_Set_of_two_delegated_policies_at_the_same_moment: neither sees the other, and
// one of them owns the provider.
func TestEngine_Set_of_two_delegated_policies_at_the_same_moment(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	w.open("v", 10_000)
	other := w.process
	second := delegated()
	second.RechargeTo = won(50_000)
	w.store = &beforePolicy{Store: w.store, before: func() {
		_, err := other.engine.Set(t.Context(), setting("v", second))
		require.NoError(t, err)
	}}
	slow := w.startWith(crashtest.Immortal(), false, at)
	_, _ = slow.engine.Set(t.Context(), setting("w", delegated())) // it may be told that the other owns the provider
	policies := map[string]*policy{}
	for range 3 {
		_ = other.worker.Step(t.Context()) // it fails about the one that does not own the provider
		w.clock.Advance(25 * 60 * minute)
	}
	for _, id := range []string{"v", "w"} {
		policy, err := other.engine.Get(t.Context(), id)
		require.NoError(t, err)
		policies[id] = stateful(policy)
	}
	owner, loser := policies["v"], policies["w"]
	if loser.ID < owner.ID {
		owner, loser = loser, owner
	}
	require.False(t, owner.State.Unconfigured)
	require.True(t, loser.State.Unconfigured || loser.State.Drift != "", "people are told")
	require.True(t, at.set.RechargeTo.Equal(owner.RechargeTo))
	require.NoError(t, other.engine.Delete(t.Context(), acting(loser.WalletID, kim("asked"))))
	require.True(t, at.set.On, "the provider is left to its owner")
}
