package worker_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

func TestWorker_Step_contains_errors_and_panics(t *testing.T) {
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
	var panicked *ports.PanicError
	require.ErrorAs(t, report.Jobs[0].Err, &panicked)
	require.Equal(t, "nil map", panicked.Cause)
	require.Equal(t, 2, report.Jobs[1].Done)
	require.NoError(t, report.Jobs[2].Err)
	for _, line := range []string{"job=panics", "store is away", "job=works"} {
		require.Contains(t, log.String(), line)
	}
}

// TestWorker_Run_pauses_when_idle, in virtual time.
func TestWorker_Run_pauses_when_idle(t *testing.T) {
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

// TestWorker_job_that_hangs: while one waits for a provider the others run on.
func TestWorker_job_that_hangs(t *testing.T) {
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

func TestWorker_Step_after_the_context_ended(t *testing.T) {
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

func TestNew_names_every_fault(t *testing.T) {
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
