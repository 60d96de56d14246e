package autorecharge_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// conflicting is a store in which other processes are always faster, once it is told so.
type conflicting struct {
	ports.Store
	on *atomic.Bool
}

func (c conflicting) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	if !c.on.Load() {
		return c.Store.Commit(ctx, units)
	}
	fates := make([]ports.Fate, len(units))
	for i, unit := range units {
		for _, op := range unit.Operations {
			fates[i] = ports.Fate{Status: ports.FateOperationConflict, IDs: []string{op.Head().ID}}
		}
	}
	return fates
}

// TestEngine_conflicts: a change of a policy, and telling its alerts, end with an error in a
// store where other processes are always faster.
func TestEngine_conflicts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	on := new(atomic.Bool)
	w.store = conflicting{w.store, on}
	w.process = w.startWith(crashtest.Immortal(), false, w.cards)
	terms := usual()
	terms.AlertLevels = []decimal.Decimal{won(5_000)}
	w.set(terms)
	w.spend(9_500)
	on.Store(true)
	_, err := w.engine.Disable(t.Context(), acting("w", kim("asked")))
	require.ErrorIs(t, err, ports.ErrConflict, "a change")
	_, err = w.engine.Sweep(t.Context(), 10)
	require.ErrorIs(t, err, ports.ErrConflict, "alerts")
	require.Zero(t, w.cards.count())
}
