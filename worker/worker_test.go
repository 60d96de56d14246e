package worker_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

func TestStepContainsWhatFailsAndPanics(t *testing.T) {
	t.Parallel()
	broken := errors.New("store is away")
	var log strings.Builder
	w, err := worker.New(worker.Config{Batch: 7, Logger: slog.New(slog.NewTextHandler(&log, nil))},
		worker.Job{Name: "panics", Step: func(context.Context, int) (int, error) { panic("nil map") }},
		worker.Job{Name: "fails", Step: func(context.Context, int) (int, error) { return 2, broken }},
		worker.Job{Name: "works", Step: func(_ context.Context, limit int) (int, error) { return limit, nil }},
	)
	require.NoError(t, err)
	report := w.Step(t.Context())
	require.Equal(t, 9, report.Done())
	require.ErrorIs(t, report.Err(), broken)
	var panicked *worker.PanicError
	require.ErrorAs(t, report.Jobs[0].Err, &panicked)
	require.Equal(t, "nil map", panicked.Cause)
	require.Equal(t, 2, report.Jobs[1].Done)
	require.NoError(t, report.Jobs[2].Err)
	for _, line := range []string{"job=panics", "store is away", "job=works"} {
		require.Contains(t, log.String(), line)
	}
}

// TestRunPausesWhenIdleAndHurriesWhenNot, in virtual time.
func TestRunPausesWhenIdleAndHurriesWhenNot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		backlog := 25
		w, err := worker.New(worker.Config{Interval: time.Minute, Jitter: 0.5, Random: func() float64 { return 1 }, Batch: 10},
			worker.Job{Name: "drain", Step: func(_ context.Context, limit int) (int, error) {
				at = append(at, time.Since(start))
				done := min(limit, backlog)
				backlog -= done
				return done, nil
			}})
		require.NoError(t, err)
		ctx, end := context.WithTimeout(t.Context(), 70*time.Second)
		defer end()
		require.ErrorIs(t, w.Run(ctx), context.DeadlineExceeded)
		require.Equal(t, []time.Duration{0, 0, 0, 30 * time.Second, 60 * time.Second}, at)
	})
}

// TestAJobThatHangsHoldsUpNoOther: while one waits for a provider the others run on.
func TestAJobThatHangsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ran := 0
		w, err := worker.New(worker.Config{Interval: time.Second, Random: func() float64 { return 0 }},
			worker.Job{Name: "hangs", Step: func(ctx context.Context, _ int) (int, error) {
				<-ctx.Done()
				return 0, ctx.Err()
			}},
			worker.Job{Name: "runs", Step: func(context.Context, int) (int, error) {
				ran++
				return 0, nil
			}})
		require.NoError(t, err)
		ctx, end := context.WithTimeout(t.Context(), 10*time.Second+time.Millisecond)
		defer end()
		require.ErrorIs(t, w.Run(ctx), context.DeadlineExceeded)
		require.Equal(t, 11, ran)
	})
}

// TestOneOrderThatHangsHoldsUpFewOthers: of a hundred orders that are due, the first
// twenty are with a provider that does not answer within a minute.
func TestOneOrderThatHangsHoldsUpFewOthers(t *testing.T) {
	t.Parallel()
	for parallel, want := range map[int]time.Duration{0: 20 * time.Minute, 1: 20 * time.Minute, 4: 5*time.Minute + 3*time.Second} {
		synctest.Test(t, func(t *testing.T) {
			store, start := memory.New(), time.Now()
			for i := range 100 {
				op := due(fmt.Sprintf("%03d", i))
				op.DueAt = start.Add(-time.Hour)
				require.NoError(t, worker.Commit(t.Context(), store, op))
			}
			ctx, end := context.WithTimeout(t.Context(), time.Hour)
			defer end()
			var mu sync.Mutex
			followed := make(map[string]int)
			var last time.Duration // when the last of those that do not hang had their turn
			w, err := worker.New(worker.Config{Random: func() float64 { return 0 }}, worker.Job{
				Name: "follow", Parallel: parallel, Step: func(ctx context.Context, limit int) (int, error) {
					return worker.Follow(ctx, store, ports.OperationFilter{Kind: ports.KindHold, Limit: limit}, time.Now, 2*time.Hour, func(_ context.Context, op *ports.Hold) error {
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

func TestStepAfterTheContextEndedDoesNothing(t *testing.T) {
	t.Parallel()
	w, err := worker.New(worker.Config{}, worker.Job{Name: "job", Step: func(context.Context, int) (int, error) {
		t.Error("ran")
		return 0, nil
	}})
	require.NoError(t, err)
	ctx, end := context.WithCancel(t.Context())
	end()
	require.ErrorIs(t, w.Step(ctx).Err(), context.Canceled)
	require.ErrorIs(t, w.Run(ctx), context.Canceled)
}

func TestNewNamesEveryFault(t *testing.T) {
	t.Parallel()
	_, err := worker.New(worker.Config{Interval: -1, Jitter: 2, Batch: -1}, worker.Job{})
	require.ErrorIs(t, err, ports.ErrInvalid)
	for _, field := range []string{"Interval", "Jitter", "Batch", "jobs"} {
		require.ErrorContains(t, err, field)
	}
}

// TestWorker_Run_survives_a_job_that_ends_its_goroutine: it is reported, and the job runs
// again.
func TestWorker_Run_survives_a_job_that_ends_its_goroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		steps := 0
		w, err := worker.New(worker.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, worker.Job{
			Name: "ends", Step: func(context.Context, int) (int, error) {
				steps++
				runtime.Goexit()
				return 0, nil
			},
		})
		require.NoError(t, err)
		ctx, end := context.WithTimeout(t.Context(), time.Minute)
		defer end()
		require.ErrorIs(t, w.Run(ctx), context.DeadlineExceeded)
		require.Greater(t, steps, 50)
		require.Contains(t, log.String(), "job=ends")
	})
}

// TestClaimIsWonByOne: of two processes that saw the same operation due, one has it;
// when its lease has run out another may take it, and the first can write no more.
func TestClaimIsWonByOne(t *testing.T) {
	t.Parallel()
	store, now := memory.New(), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	op := &ports.Recharge{OperationHead: ports.OperationHead{
		ID: "r", Kind: ports.KindRecharge, WalletID: "w", Version: 1, Open: true, DueAt: now,
	}}
	fates := store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{op}}})
	require.Equal(t, ports.FateCommitted, fates[0].Status)
	mine, ok, err := worker.Claim(t.Context(), store, op, now, time.Minute)
	require.NoError(t, err)
	require.True(t, ok)
	_, ok, err = worker.Claim(t.Context(), store, op, now, time.Minute)
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
	_, ok, err = worker.Claim(t.Context(), store, found[0], now.Add(time.Minute), time.Minute)
	require.NoError(t, err)
	require.True(t, ok)
	mine.Head().Version++
	fates = store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{mine}}})
	require.Equal(t, ports.FateOperationConflict, fates[0].Status)
}
