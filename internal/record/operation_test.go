package record_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

var begin = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func atBegin() time.Time { return begin }

// due is a hold that is due at the beginning.
func due(id string) *ports.Hold {
	return &ports.Hold{OperationHead: ports.OperationHead{
		ID: id, Kind: ports.KindHold, WalletID: "w", Version: 1, Open: true, DueAt: begin, UpdatedAt: begin,
	}, Status: ports.HoldHeld}
}

func TestFollow_goes_on_behind_an_error(t *testing.T) {
	t.Parallel()
	store := memory.New()
	for _, id := range []string{"a", "b", "c"} {
		require.NoError(t, record.Commit(t.Context(), store, due(id)))
	}
	broken := errors.New("broken")
	var seen []string
	step := func(_ context.Context, op *ports.Hold) error {
		seen = append(seen, op.ID)
		require.EqualValues(t, 2, op.Version)
		require.Equal(t, begin.Add(time.Minute), op.DueAt, "it is ours for the lease")
		if op.ID == "a" {
			return broken
		}
		return nil
	}
	done, err := record.Follow(t.Context(), store, ports.OperationFilter{Kind: ports.KindHold, Limit: 2}, atBegin, time.Minute, step)
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "hold a")
	require.Equal(t, 2, done)
	done, err = record.Follow(t.Context(), store, ports.OperationFilter{Kind: ports.KindHold, Limit: 2}, atBegin, time.Minute, step)
	require.NoError(t, err)
	require.Equal(t, 1, done)
	require.Equal(t, []string{"a", "b", "c"}, seen, "what is claimed is no other process's")
}

// raced is a store in which another process claims what was found, first.
type raced struct{ *memory.Store }

func (r raced) FindOperations(ctx context.Context, f ports.OperationFilter) ([]ports.Operation, error) {
	found, err := r.Store.FindOperations(ctx, f)
	for _, op := range found {
		if _, _, err := record.Claim(ctx, r.Store, op, begin, time.Hour); err != nil {
			return nil, err
		}
	}
	return found, err
}

func TestFollow_passes_over_what_another_process_has(t *testing.T) {
	t.Parallel()
	store := raced{memory.New()}
	require.NoError(t, record.Commit(t.Context(), store, due("a")))
	done, err := record.Follow(t.Context(), store, ports.OperationFilter{Kind: ports.KindHold, Limit: 10}, atBegin, time.Minute, func(context.Context, *ports.Hold) error {
		t.Error("it is another's")
		return nil
	})
	require.NoError(t, err)
	require.Zero(t, done)
}

func TestFollow_ends_with_its_context(t *testing.T) {
	t.Parallel()
	store := memory.New()
	for _, id := range []string{"a", "b"} {
		require.NoError(t, record.Commit(t.Context(), store, due(id)))
	}
	ctx, cancel := context.WithCancel(t.Context())
	done, err := record.Follow(ctx, store, ports.OperationFilter{Kind: ports.KindHold, Limit: 10}, atBegin, time.Minute, func(context.Context, *ports.Hold) error {
		cancel()
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, done)
}

// fated is a store that answers with a fate.
type fated []ports.Fate

func (f fated) Commit(context.Context, []ports.Unit) []ports.Fate { return f }

func TestCommit_names_each_fate(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, tc := range map[string]struct {
		fates []ports.Fate
		want  error
	}{
		"committed":          {[]ports.Fate{{Status: ports.FateCommitted}}, nil},
		"another was faster": {[]ports.Fate{{Status: ports.FateOperationConflict}}, ports.ErrConflict},
		"lane taken":         {[]ports.Fate{{Status: ports.FateLaneTaken}}, ports.ErrLaneTaken},
		"failed":             {[]ports.Fate{{Status: ports.FateFailed, Err: broken}}, broken},
		"undecided":          {[]ports.Fate{{Err: broken}}, ports.ErrUndecided},
		"no answer":          {nil, ports.ErrUndecided},
	} {
		require.ErrorIs(t, record.Commit(t.Context(), fated(tc.fates), due("a")), tc.want, name)
	}
}

func TestCommit_caller_leaves(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, record.Commit(ctx, memory.New(), due("a")))
}

// TestFindByProviderRef_behind_many_that_do_not_count: the operation itself and those that are not
// selected hide none, however many share the reference.
func TestFindByProviderRef_behind_many_that_do_not_count(t *testing.T) {
	t.Parallel()
	store := memory.New()
	for i := range 250 {
		op := due(fmt.Sprintf("%03d", i))
		op.ProviderRef = "ref"
		require.NoError(t, record.Commit(t.Context(), store, op))
	}
	another := func(id, wanted string) string {
		found, ok, err := record.FindByProviderRef(t.Context(), store, ports.KindHold, id, "ref", func(h *ports.Hold) bool { return h.ID == wanted })
		require.NoError(t, err)
		require.Equal(t, ok, found != nil)
		if !ok {
			return ""
		}
		return found.ID
	}
	require.Equal(t, "249", another("000", "249"))
	require.Empty(t, another("249", "249"), "it is not another")
	require.Empty(t, another("000", "none"))
}

// TestClaim_is_won_by_one: of two processes that saw the same operation due, one has it;
// when its lease has run out another may take it, and the first can write no more.
func TestClaim_is_won_by_one(t *testing.T) {
	t.Parallel()
	store, now := memory.New(), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	op := &ports.Recharge{OperationHead: ports.OperationHead{
		ID: "r", Kind: ports.KindRecharge, WalletID: "w", Version: 1, Open: true, DueAt: now,
	}}
	fates := store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{op}}})
	require.Equal(t, ports.FateCommitted, fates[0].Status)
	mine, ok, err := record.Claim(t.Context(), store, op, now, time.Minute)
	require.NoError(t, err)
	require.True(t, ok)
	_, ok, err = record.Claim(t.Context(), store, op, now, time.Minute)
	require.NoError(t, err)
	require.False(t, ok, "the same version is claimed once")
	due := ports.OperationFilter{DueBy: now.Add(59 * time.Second), Limit: 1}
	found, err := store.FindOperations(t.Context(), due)
	require.NoError(t, err)
	require.Empty(t, found, "a claimed operation is not due")
	due.DueBy = now.Add(time.Minute)
	found, err = store.FindOperations(t.Context(), due)
	require.NoError(t, err)
	require.Len(t, found, 1, "a lease that ran out is")
	_, ok, err = record.Claim(t.Context(), store, found[0], now.Add(time.Minute), time.Minute)
	require.NoError(t, err)
	require.True(t, ok)
	mine.Head().Version++
	fates = store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{mine}}})
	require.Equal(t, ports.FateOperationConflict, fates[0].Status)
}

// TestFollow_steps_at_the_same_time_pass_over_orders_that_hang: of a hundred orders that are due, the first
// twenty are with a provider that does not answer within a minute.
func TestFollow_steps_at_the_same_time_pass_over_orders_that_hang(t *testing.T) {
	t.Parallel()
	for parallel, want := range map[int]time.Duration{0: 20 * time.Minute, 1: 20 * time.Minute, 4: 5*time.Minute + 3*time.Second} {
		synctest.Test(t, func(t *testing.T) {
			store, start := memory.New(), time.Now()
			for i := range 100 {
				op := due(fmt.Sprintf("%03d", i))
				op.DueAt = start.Add(-time.Hour)
				require.NoError(t, record.Commit(t.Context(), store, op))
			}
			ctx, end := context.WithTimeout(t.Context(), time.Hour)
			defer end()
			var mu sync.Mutex
			followed := make(map[string]int)
			var last time.Duration // when the last of those that do not hang had their turn
			w, err := worker.New(worker.Config{Random: func() float64 { return 0 }}, worker.Job{
				Name: "follow", Parallel: parallel, Step: func(ctx context.Context, limit int) (int, error) {
					return record.Follow(ctx, store, ports.OperationFilter{Kind: ports.KindHold, Limit: limit}, time.Now, 2*time.Hour, func(_ context.Context, op *ports.Hold) error {
						mu.Lock()
						followed[op.ID]++
						mu.Unlock()
						if op.ID < "020" {
							time.Sleep(time.Minute)
							return nil
						}
						mu.Lock()
						defer mu.Unlock()
						last = time.Since(start)
						return nil
					})
				},
			})
			require.NoError(t, err)
			require.ErrorIs(t, w.Run(ctx), context.DeadlineExceeded)
			require.Len(t, followed, 100)
			for id, times := range followed {
				require.Equal(t, 1, times, id)
			}
			require.LessOrEqual(t, last, want)
			require.GreaterOrEqual(t, last, want-time.Minute)
		})
	}
}
