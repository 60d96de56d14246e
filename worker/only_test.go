package worker_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// TestOnlyFindsAsManyBehindTheOthers: what is not mine is passed over, and hides nothing
// however much of it stands in front; limit and order are those of the store.
func TestOnlyFindsAsManyBehindTheOthers(t *testing.T) {
	t.Parallel()
	store := memory.New()
	for i := range 40 {
		op := due(fmt.Sprintf("%02d", i))
		op.DueAt = begin.Add(time.Duration(i))
		if op.Reference = "mine"; i < 30 {
			op.Reference = "another's"
		}
		require.NoError(t, worker.Commit(t.Context(), store, op))
	}
	mine := worker.Only(store, func(op *ports.Hold) bool { return op.Reference == "mine" })
	find := func(limit int) (ids []string) {
		found, err := mine.FindOperations(t.Context(), ports.OperationFilter{Kind: ports.KindHold, DueBy: begin.Add(time.Hour), Limit: limit})
		require.NoError(t, err)
		for _, op := range found {
			ids = append(ids, op.Head().ID)
		}
		return ids
	}
	require.Equal(t, []string{"30", "31", "32"}, find(3))
	require.Len(t, find(100), 10)
	require.Len(t, find(10), 10)
	done, err := worker.Follow(t.Context(), mine, ports.KindHold, 4, func() time.Time { return begin.Add(time.Hour) }, time.Minute,
		func(_ context.Context, op *ports.Hold) error {
			require.Equal(t, "mine", op.Reference)
			return nil
		})
	require.NoError(t, err)
	require.Equal(t, 4, done)
	untouched, err := store.Operations(t.Context(), []string{"00"})
	require.NoError(t, err)
	require.EqualValues(t, 1, untouched[0].Head().Version, "it is not claimed")
}

type searchless struct{ *memory.Store }

var errSearchless = errors.New("no search")

func (searchless) FindOperations(context.Context, ports.OperationFilter) ([]ports.Operation, error) {
	return nil, errSearchless
}

func TestOnlyTellsWhatTheStoreSays(t *testing.T) {
	t.Parallel()
	mine := worker.Only(searchless{memory.New()}, func(*ports.Hold) bool { return true })
	_, err := mine.FindOperations(t.Context(), ports.OperationFilter{Limit: 1})
	require.ErrorIs(t, err, errSearchless)
}
