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

func resolved(t *testing.T, doubts *worker.Doubts[*ports.Hold], store ports.OperationReader) (ids []string) {
	t.Helper()
	require.NoError(t, doubts.Resolve(t.Context(), store, func(op *ports.Hold) { ids = append(ids, op.ID) }))
	return ids
}

// TestDoubts_Resolve tells of records that were written, once, and keeps those that may
// still be written.
func TestDoubts_Resolve(t *testing.T) {
	t.Parallel()
	store := memory.New()
	var doubts worker.Doubts[*ports.Hold]
	for _, id := range []string{"written", "late", "lost"} {
		require.True(t, doubts.Add(due(id)))
	}
	require.NoError(t, worker.Commit(t.Context(), store, due("written")))
	other := due("lost") // another process wrote this version
	other.UpdatedAt = begin.Add(time.Second)
	require.NoError(t, worker.Commit(t.Context(), store, other))
	require.Equal(t, []string{"written"}, resolved(t, &doubts, store))
	require.Empty(t, resolved(t, &doubts, store))
	require.NoError(t, worker.Commit(t.Context(), store, due("late")))
	require.Equal(t, []string{"late"}, resolved(t, &doubts, store))
}

// TestDoubts_Add remembers no more than it may.
func TestDoubts_Add(t *testing.T) {
	t.Parallel()
	var doubts worker.Doubts[*ports.Hold]
	for i := range 1000 {
		require.True(t, doubts.Add(due(fmt.Sprint(i))))
	}
	require.False(t, doubts.Add(due("one more")))
}

// refusing is a store that can be read, and takes no write.
type refusing struct {
	*memory.Store
	claims int
	fate   ports.Fate
}

func (r *refusing) Commit(_ context.Context, units []ports.Unit) []ports.Fate {
	r.claims++
	fates := make([]ports.Fate, len(units))
	for i := range fates {
		fates[i] = r.fate
	}
	return fates
}

// TestFollow_returns_the_errors_of_a_store_that_takes_no_writes, and stops early.
func TestFollow_returns_the_errors_of_a_store_that_takes_no_writes(t *testing.T) {
	t.Parallel()
	readOnly := errors.New("read-only transaction")
	for name, tc := range map[string]struct {
		fate ports.Fate
		want error
	}{
		"failed":    {ports.Fate{Status: ports.FateFailed, Err: readOnly}, readOnly},
		"undecided": {ports.Fate{Err: readOnly}, ports.ErrUndecided},
		"busy":      {ports.Fate{Status: ports.FateBusy}, ports.ErrBusy},
	} {
		store := &refusing{Store: memory.New(), fate: tc.fate}
		for i := range 10 {
			require.NoError(t, worker.Commit(t.Context(), store.Store, due(fmt.Sprint(i))))
		}
		done, err := worker.Follow(t.Context(), store, ports.OperationFilter{Kind: ports.KindHold, Limit: 10}, atBegin, time.Minute,
			func(context.Context, *ports.Hold) error { panic("none was claimed") })
		require.ErrorIs(t, err, tc.want, name)
		require.Zero(t, done)
		require.Equal(t, 3, store.claims, "it does not ask ten times")
	}
}
