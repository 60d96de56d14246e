package record_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// inDoubt notes a record whose commit was in doubt. When it is told, its id and version are
// added to told.
func inDoubt(doubts *record.Doubts, op *ports.Hold, told *[]string) bool {
	return doubts.Note(op, ports.ErrUndecided, func() { *told = append(*told, fmt.Sprint(op.ID, " ", op.Version)) })
}

// TestDoubts_Resolve tells of changes that were written, once, and keeps those that may
// still be written.
func TestDoubts_Resolve(t *testing.T) {
	t.Parallel()
	store := memory.New()
	var doubts record.Doubts
	var told []string
	for _, id := range []string{"written", "late", "lost"} {
		require.True(t, inDoubt(&doubts, due(id), &told))
	}
	require.True(t, doubts.Note(due("certain"), ports.ErrConflict, func() { t.Error("it was not in doubt") }))
	require.NoError(t, record.Commit(t.Context(), store, due("written")))
	other := due("lost") // another process wrote this version
	other.UpdatedAt = begin.Add(time.Second)
	require.NoError(t, record.Commit(t.Context(), store, other))
	for range 2 {
		require.NoError(t, doubts.Resolve(t.Context(), store, begin))
		require.Equal(t, []string{"written 1"}, told)
	}
	require.NoError(t, record.Commit(t.Context(), store, due("late")))
	require.NoError(t, doubts.Resolve(t.Context(), store, begin))
	require.Equal(t, []string{"written 1", "late 1"}, told)
}

// TestDoubts_Resolve_two_changes_of_one_record: the second was made from the first, so the
// first was written.
func TestDoubts_Resolve_two_changes_of_one_record(t *testing.T) {
	t.Parallel()
	store := memory.New()
	var doubts record.Doubts
	var told []string
	inDoubt(&doubts, due("a"), &told)
	require.NoError(t, record.Commit(t.Context(), store, due("a")))
	second := due("a")
	second.Version++
	inDoubt(&doubts, second, &told)
	require.NoError(t, doubts.Resolve(t.Context(), store, begin))
	require.Equal(t, []string{"a 1"}, told, "the second may still be written")
	require.NoError(t, record.Commit(t.Context(), store, second))
	require.NoError(t, doubts.Resolve(t.Context(), store, begin))
	require.Equal(t, []string{"a 1", "a 2"}, told)
}

// TestDoubts_Resolve_forgets what was not written for a day, so that it does not fill up.
func TestDoubts_Resolve_forgets(t *testing.T) {
	t.Parallel()
	store := memory.New()
	var doubts record.Doubts
	var told []string
	lost := due("lost")
	inDoubt(&doubts, lost, &told)
	require.NoError(t, doubts.Resolve(t.Context(), store, begin.Add(24*time.Hour)))
	require.NoError(t, record.Commit(t.Context(), store, lost))
	require.NoError(t, doubts.Resolve(t.Context(), store, begin))
	require.Empty(t, told)
}

// TestDoubts_Note remembers no more than it may.
func TestDoubts_Note(t *testing.T) {
	t.Parallel()
	var doubts record.Doubts
	for i := range 1000 {
		require.True(t, inDoubt(&doubts, due(fmt.Sprint(i)), new([]string)))
	}
	require.False(t, inDoubt(&doubts, due("one more"), new([]string)))
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
			require.NoError(t, record.Commit(t.Context(), store.Store, due(fmt.Sprint(i))))
		}
		done, err := record.Follow(t.Context(), store, ports.OperationFilter{Kind: ports.KindHold, Limit: 10}, atBegin, time.Minute,
			func(context.Context, *ports.Hold) error { panic("none was claimed") })
		require.ErrorIs(t, err, tc.want, name)
		require.Zero(t, done)
		require.Equal(t, 7, store.claims, "it does not ask ten times")
	}
}
