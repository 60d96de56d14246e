package autorecharge_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

type xNamed struct {
	*cards
	name string
}

func (n xNamed) Name() string { return n.name }

// The Charger is gone. An attempt that a person has decided is looked up by any process after
// a day, although policies of the Charger wait in front of it.
func TestEngine_orphan_behind_policies_that_wait(t *testing.T) {
	t.Parallel()
	for _, n := range []int{5, 30} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.cards.answer("first", ports.ChargeAnswer{})
			for i := range n {
				id := fmt.Sprint("v", i)
				w.open(id, 500)
				_, err := w.engine.Set(t.Context(), setting(id, usual()))
				require.NoError(t, err)
			}
			_, err := w.engine.Set(t.Context(), setting("w", usual())) // the last by its id
			require.NoError(t, err)
			w.clock.Advance(time.Second)
			w.spend(9_500)
			require.NoError(t, w.engine.Evaluate(t.Context(), "w"))
			attempt := w.policy().State.Attempt
			require.NotNil(t, attempt)
			other := w.startWith(crashtest.Immortal(), false, xNamed{newCards(), "other"})
			w.clock.Advance(30 * time.Hour)
			_, err = other.recharges.Follow(t.Context(), 100)
			require.NoError(t, err)
			open, err := other.recharges.List(t.Context(), recharge.Listing{WalletID: "w", Open: true, Limit: 1})
			require.NoError(t, err)
			require.Equal(t, ports.RechargeReview, open[0].Status)
			_, err = other.recharges.Decline(t.Context(), ports.Act{ID: open[0].ID, By: ports.By{Who: "kim", Why: "console"}})
			require.NoError(t, err)
			w.clock.Advance(30 * time.Hour)
			for range 10 {
				_, err = other.engine.Sweep(t.Context(), 20)
				require.NoError(t, err)
				w.clock.Advance(time.Hour)
			}
			require.Nil(t, w.policy().State.Attempt, "a worker looks what became of it")
		})
	}
}

// xDoubt is a store of which the answer to one commit is lost, although it is written.
type xDoubt struct {
	ports.Store
	lose func(units []ports.Unit) bool
}

func (s *xDoubt) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	if s.lose != nil && s.lose(units) {
		s.lose = nil
		s.Store.Commit(ctx, units)
		fates := make([]ports.Fate, len(units))
		for i := range fates {
			fates[i] = ports.Fate{Err: ports.ErrUnavailable}
		}
		return fates
	}
	return s.Store.Commit(ctx, units)
}

func hasPolicy(units []ports.Unit, ok func(*ports.Policy) bool) bool {
	for _, u := range units {
		for _, op := range u.Operations {
			if p, is := op.(*ports.Policy); is && ok(p) {
				return true
			}
		}
	}
	return false
}

// A suspension whose commit was in doubt is told when it is known.
func TestEngine_doubt_of_a_suspension(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := &xDoubt{Store: w.store}
		w.store = store
		w.process = w.start(crashtest.Immortal(), false)
		w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Permanent: true}})
		w.set(usual())
		w.spend(9_100)
		store.lose = func(units []ports.Unit) bool {
			return hasPolicy(units, func(p *ports.Policy) bool { return p.Status == ports.PolicySuspended })
		}
		for range 5 {
			w.worker.Step(t.Context())
			w.clock.Advance(time.Hour)
		}
		synctest.Wait()
		require.Nil(t, store.lose)
		require.Equal(t, ports.PolicySuspended, w.policy().Status)
		require.Contains(t, w.events.list(), "policy.suspended")
	})
}

// So is an alert.
func TestEngine_doubt_of_an_alert(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		store := &xDoubt{Store: w.store}
		w.store = store
		w.process = w.start(crashtest.Immortal(), false)
		terms := usual()
		terms.MinimumCash = won(0)
		terms.AlertLevels = append(terms.AlertLevels, won(5_000))
		w.set(terms)
		w.spend(9_100)
		store.lose = func(units []ports.Unit) bool {
			return hasPolicy(units, func(p *ports.Policy) bool { return len(stateful(p).State.Fired) > 0 })
		}
		for range 5 {
			w.worker.Step(t.Context())
			w.clock.Advance(time.Hour)
		}
		synctest.Wait()
		require.Nil(t, store.lose)
		require.Contains(t, w.events.list(), "alert 5000")
	})
}
