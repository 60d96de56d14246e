package autorecharge_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestEngine_Suspend_in_doubt_is_told: the store loses its answer to the suspension.
func TestEngine_Suspend_in_doubt_is_told(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := &xDoubt{Store: w.store}
		w.store = store
		w.process = w.start(crashtest.Immortal(), false)
		w.set(usual())
		store.lose = func(units []ports.Unit) bool {
			return hasPolicy(units, func(p *ports.Policy) bool { return p.Status == ports.PolicySuspended })
		}
		_, err := w.engine.Suspend(t.Context(), acting("w", kim("looks odd")))
		require.ErrorIs(t, err, ports.ErrUndecided)
		require.Equal(t, ports.PolicySuspended, w.policy().Status)
		_, err = w.engine.Suspend(t.Context(), acting("w", kim("looks odd"))) // once more: it answers nil
		require.NoError(t, err)
		for range 3 {
			w.step()
			w.clock.Advance(time.Hour)
		}
		synctest.Wait()
		require.Equal(t, []string{"policy.suspended"}, w.events.list())
	})
}

// TestEngine_Abandon_in_doubt_is_told: the store loses its answer to the end of the policy.
func TestEngine_Abandon_in_doubt_is_told(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, at := delegating(t)
		store := &xDoubt{Store: w.store}
		w.store = store
		w.process = w.startWith(crashtest.Immortal(), false, at)
		w.set(delegated())
		store.lose = func(units []ports.Unit) bool {
			return hasPolicy(units, func(p *ports.Policy) bool { return p.Status == ports.PolicyDeleted })
		}
		require.ErrorIs(t, w.engine.Abandon(t.Context(), acting("w", kim("contract over"))), ports.ErrUndecided)
		require.ErrorIs(t, w.engine.Abandon(t.Context(), acting("w", kim("contract over"))), ports.ErrNotFound) // it is abandoned
		for range 3 {
			w.step()
			w.clock.Advance(time.Hour)
		}
		synctest.Wait()
		require.Equal(t, []string{"policy.abandoned"}, w.events.list())
	})
}

// TestEngine_Suspend_of_a_closed_wallet: Suspend ends the policy, and no suspension is told.
func TestEngine_Suspend_of_a_closed_wallet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.set(usual())
		w.spend(10_000)
		_, err := w.wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "c", By: kim("left")})
		require.NoError(t, err)
		policy, err := w.engine.Suspend(t.Context(), acting("w", kim("looks odd")))
		require.NoError(t, err)
		require.Equal(t, ports.PolicyDeleted, policy.Status)
		synctest.Wait()
		require.NotContains(t, w.events.list(), "policy.suspended")
	})
}

// TestEngine_Suspend_of_a_closed_wallet_that_delegates: the provider is not off for good yet, and
// no suspension is told.
func TestEngine_Suspend_of_a_closed_wallet_that_delegates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, at := delegating(t)
		w.set(delegated())
		w.spend(10_000)
		_, err := w.wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "c", By: kim("left")})
		require.NoError(t, err)
		at.err = ports.ErrUnavailable
		_, err = w.engine.Suspend(t.Context(), acting("w", kim("looks odd"))) // claims it, and fails
		require.Error(t, err)
		_, err = w.engine.Suspend(t.Context(), acting("w", kim("looks odd")))
		require.ErrorIs(t, err, autorecharge.ErrNotConfigured)
		require.NotEqual(t, ports.PolicySuspended, w.policy().Status)
		synctest.Wait()
		require.NotContains(t, w.events.list(), "policy.suspended", "its policy is %s", w.policy().Status)
	})
}

// deafStore is a store that does not answer searches for a while.
type deafStore struct {
	ports.Store
	deaf bool
}

func (s *deafStore) FindOperations(ctx context.Context, f ports.OperationFilter) ([]ports.Operation, error) {
	if s.deaf {
		return nil, ports.ErrUnavailable
	}
	return s.Store.FindOperations(ctx, f)
}

// TestEngine_Suspend_is_told_when_the_read_after_it_fails: the suspension of a delegated policy is
// written, and the store answers no search after that.
func TestEngine_Suspend_is_told_when_the_read_after_it_fails(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]error{"provider answers": nil, "provider fails": ports.ErrUnavailable} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, at := delegating(t)
				store := &deafStore{Store: w.store}
				w.store = store
				w.process = w.startWith(crashtest.Immortal(), false, at)
				w.set(delegated())
				at.err = fails
				at.called = func() { store.deaf = true }
				_, err := w.engine.Suspend(t.Context(), acting("w", kim("looks odd")))
				require.Error(t, err)
				store.deaf, at.called, at.err = false, nil, nil
				require.Equal(t, ports.PolicySuspended, w.policy().Status)
				_, _ = w.engine.Suspend(t.Context(), acting("w", kim("looks odd")))
				for range 3 {
					w.worker.Step(t.Context())
					w.clock.Advance(time.Hour)
				}
				synctest.Wait()
				require.Equal(t, []string{"policy.suspended"}, w.events.list())
			})
		})
	}
}

// TestEngine_Suspend_of_a_suspended_policy_is_told: the policy had stopped by itself. From now on
// only Reinstate lifts the suspension.
func TestEngine_Suspend_of_a_suspended_policy_is_told(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Permanent: true}})
		w.set(usual())
		w.spend(9_100)
		w.step()
		require.Equal(t, ports.PolicySuspended, w.policy().Status)
		require.False(t, w.policy().State.Held)
		synctest.Wait()
		before := len(w.events.list())
		_, err := w.engine.Suspend(t.Context(), acting("w", kim("fraud")))
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []string{"policy.suspended"}, w.events.list()[before:], "no card and no recharge by hand lifts it any more")
	})
}
