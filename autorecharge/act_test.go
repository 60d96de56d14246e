package autorecharge_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
)

// acts are what people do to a policy, by name.
var acts = map[string]func(ctx context.Context, e *autorecharge.Engine, by ports.By) error{
	"set": func(ctx context.Context, e *autorecharge.Engine, by ports.By) error {
		_, err := e.Set(ctx, autorecharge.SetRequest{WalletID: "w", Terms: usual(), By: by})
		return err
	},
	"enable": func(ctx context.Context, e *autorecharge.Engine, by ports.By) error {
		_, err := e.Enable(ctx, acting("w", by))
		return err
	},
	"disable": func(ctx context.Context, e *autorecharge.Engine, by ports.By) error {
		_, err := e.Disable(ctx, acting("w", by))
		return err
	},
	"suspend": func(ctx context.Context, e *autorecharge.Engine, by ports.By) error {
		_, err := e.Suspend(ctx, acting("w", by))
		return err
	},
	"reinstate": func(ctx context.Context, e *autorecharge.Engine, by ports.By) error {
		_, err := e.Reinstate(ctx, acting("w", by))
		return err
	},
	"delete": func(ctx context.Context, e *autorecharge.Engine, by ports.By) error {
		return e.Delete(ctx, acting("w", by))
	},
	"abandon": func(ctx context.Context, e *autorecharge.Engine, by ports.By) error {
		return e.Abandon(ctx, acting("w", by))
	},
}

// TestEngine_Acts/are_kept_with_the_person_and_the_reason: each act of a person is in the
// policy that it changed.
//
// TestEngine_Acts/are_refused_without_a_person_or_a_reason: the policy stays as it is.
//
// TestEngine_Acts/are_kept_up_to_the_newest_hundred: an older act leaves the policy.
func TestEngine_Acts(t *testing.T) {
	t.Parallel()
	t.Run("are_kept_with_the_person_and_the_reason", func(t *testing.T) {
		t.Parallel()
		for what, do := range acts {
			w := newWorld(t)
			w.set(usual())
			if what == "abandon" {
				w, _ = delegating(t)
				_, err := w.engine.Set(t.Context(), setting("w", delegated()))
				require.NoError(t, err)
			}
			policy := w.policy()
			w.clock.Advance(time.Minute)
			require.NoError(t, do(t.Context(), w.engine, ports.By{Who: "lee", Why: "ticket 17"}), what)
			found, err := w.store.Operations(t.Context(), []string{policy.ID})
			require.NoError(t, err)
			kept := stateful(found[0]).State.Decisions
			require.Equal(t, ports.Decision{What: ports.DecisionSet, Who: "kim", Why: "asked", At: w.clock.Now().Add(-time.Minute)}, kept[0], what)
			require.Equal(t, ports.Decision{What: ports.DecisionKind(what), Who: "lee", Why: "ticket 17", At: w.clock.Now()}, kept[len(kept)-1], what)
		}
	})
	t.Run("are_refused_without_a_person_or_a_reason", func(t *testing.T) {
		t.Parallel()
		for what, do := range acts {
			w := newWorld(t)
			w.set(usual())
			before := w.policy()
			for _, by := range []ports.By{{}, {Why: "ticket 17"}, {Who: "lee"}, {Who: "lee", Why: strings.Repeat("x", ports.MaxMemo+1)}} {
				err := do(t.Context(), w.engine, by)
				require.ErrorIs(t, err, ports.ErrInvalid, what)
				require.NotErrorIs(t, err, ports.ErrNotFound, what)
				require.ErrorContains(t, err, what+" policy: ")
			}
			require.Equal(t, before.Version, w.policy().Version, what)
		}
	})
	t.Run("are_kept_up_to_the_newest_hundred", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.set(usual())
		for i := range 103 {
			_, err := w.engine.Disable(t.Context(), acting("w", kim(fmt.Sprint("ticket ", i))))
			require.NoError(t, err)
		}
		kept := w.policy().State.Decisions
		require.Len(t, kept, 100)
		require.Equal(t, []string{"ticket 3", "ticket 102"}, []string{kept[0].Why, kept[99].Why})
	})
}

// TestEngine_Suspend_is_told_though_the_provider_fails: the policy is suspended, and the
// provider is switched off later.
func TestEngine_Suspend_is_told_though_the_provider_fails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, at := delegating(t)
		w.set(delegated())
		at.err = ports.ErrUnavailable
		_, err := w.engine.Suspend(t.Context(), acting("w", ports.By{Who: "kim", Why: "looks odd"}))
		require.ErrorIs(t, err, autorecharge.ErrNotConfigured)
		require.Equal(t, ports.PolicySuspended, w.policy().Status)
		synctest.Wait()
		require.Contains(t, w.events.list(), "policy.suspended")
	})
}

// TestEngine_Suspend_is_told, once, with the person's reason.
func TestEngine_Suspend_is_told(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		why := ""
		w.events.saw = func(e ports.Event) {
			if p, ok := e.(ports.PolicyEvent); ok && p.What == "suspended" {
				why = p.Why
			}
		}
		w.set(usual())
		for range 2 {
			_, err := w.engine.Suspend(t.Context(), acting("w", ports.By{Who: "kim", Why: "looks odd"}))
			require.NoError(t, err)
		}
		synctest.Wait()
		require.Equal(t, []string{"policy.suspended"}, w.events.list())
		require.Equal(t, "looks odd", why)
	})
}
