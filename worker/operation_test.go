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

var begin = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func atBegin() time.Time { return begin }

// due is a hold that is due at the beginning.
func due(id string) *ports.Hold {
	return &ports.Hold{OperationHead: ports.OperationHead{
		ID: id, Kind: ports.KindHold, WalletID: "w", Version: 1, Open: true, DueAt: begin, UpdatedAt: begin,
	}, Status: ports.HoldHeld}
}

func TestFollowClaimsEachAndGoesOnBehindAnError(t *testing.T) {
	t.Parallel()
	store := memory.New()
	for _, id := range []string{"a", "b", "c"} {
		require.NoError(t, worker.Commit(t.Context(), store, due(id)))
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
	done, err := worker.Follow(t.Context(), store, ports.OperationFilter{Kind: ports.KindHold, Limit: 2}, atBegin, time.Minute, step)
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "hold a")
	require.Equal(t, 2, done)
	done, err = worker.Follow(t.Context(), store, ports.OperationFilter{Kind: ports.KindHold, Limit: 2}, atBegin, time.Minute, step)
	require.NoError(t, err)
	require.Equal(t, 1, done)
	require.Equal(t, []string{"a", "b", "c"}, seen, "what is claimed is nobody else's")
}

// raced is a store in which somebody else claims what was found, first.
type raced struct{ *memory.Store }

func (r raced) FindOperations(ctx context.Context, f ports.OperationFilter) ([]ports.Operation, error) {
	found, err := r.Store.FindOperations(ctx, f)
	for _, op := range found {
		if _, _, err := worker.Claim(ctx, r.Store, op, begin, time.Hour); err != nil {
			return nil, err
		}
	}
	return found, err
}

func TestFollowPassesOverWhatAnotherProcessHas(t *testing.T) {
	t.Parallel()
	store := raced{memory.New()}
	require.NoError(t, worker.Commit(t.Context(), store, due("a")))
	done, err := worker.Follow(t.Context(), store, ports.OperationFilter{Kind: ports.KindHold, Limit: 10}, atBegin, time.Minute, func(context.Context, *ports.Hold) error {
		t.Error("it is another's")
		return nil
	})
	require.NoError(t, err)
	require.Zero(t, done)
}

func TestFollowEndsWithItsContext(t *testing.T) {
	t.Parallel()
	store := memory.New()
	for _, id := range []string{"a", "b"} {
		require.NoError(t, worker.Commit(t.Context(), store, due(id)))
	}
	ctx, cancel := context.WithCancel(t.Context())
	done, err := worker.Follow(ctx, store, ports.OperationFilter{Kind: ports.KindHold, Limit: 10}, atBegin, time.Minute, func(context.Context, *ports.Hold) error {
		cancel()
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, done)
}

// fated is a store that answers with a fate.
type fated []ports.Fate

func (f fated) Commit(context.Context, []ports.Unit) []ports.Fate { return f }

func TestCommitNamesEachFate(t *testing.T) {
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
		require.ErrorIs(t, worker.Commit(t.Context(), fated(tc.fates), due("a")), tc.want, name)
	}
}

func TestCommitGoesOnWhenTheCallerLeaves(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, worker.Commit(ctx, memory.New(), due("a")))
}

// TestAnotherIsFoundBehindManyThatDoNotCount: the operation itself and those that are not
// selected hide none, however many share the reference.
func TestAnotherIsFoundBehindManyThatDoNotCount(t *testing.T) {
	t.Parallel()
	store := memory.New()
	for i := range 250 {
		op := due(fmt.Sprintf("%03d", i))
		op.ProviderRef = "ref"
		require.NoError(t, worker.Commit(t.Context(), store, op))
	}
	another := func(id, wanted string) string {
		found, ok, err := worker.Another(t.Context(), store, ports.KindHold, id, "ref", func(h *ports.Hold) bool { return h.ID == wanted })
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
