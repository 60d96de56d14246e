package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/jigap/jigap/ports"
)

// Job is work that falls due: holds to expire, charges to inquire about. Its step may
// run in several processes at once.
type Job struct {
	// Name says what it does, for reports and logs: "expire holds".
	Name string
	// Step does what is due, at most limit pieces of it, and returns how many it
	// did. An error on one piece does not keep it from the others.
	Step func(ctx context.Context, limit int) (done int, err error)
	// Parallel is how many steps may run at the same time in [Worker.Run], for a job
	// that claims what it does and waits for providers: while one step waits, the next
	// does what else is due. Defaults to one; at most 1,000.
	Parallel int
}

// parallelMax bounds Job.Parallel: each step may be a goroutine that waits.
const parallelMax = 1_000

// Config holds what a [Worker] may be told. The zero Config works.
type Config struct {
	// Interval is the pause between two steps that found nothing more to do.
	// Defaults to one second.
	Interval time.Duration
	// Jitter is the share of Interval by which a pause is shortened at random, so
	// that processes do not march in step: 0 to 1. Defaults to 0.2.
	Jitter float64
	// Batch is how many pieces of work a job does in one step. Defaults to 100.
	Batch int
	// Random gives numbers from 0 up to 1 for the jitter; jobs call it at once. Defaults
	// to math/rand.
	Random func() float64
	// Logger receives a line for each step that did or failed something. Defaults to
	// silence.
	Logger *slog.Logger
}

func (c *Config) setDefaults() error {
	var errs []error
	errs = append(errs, ports.CheckDuration("Interval", c.Interval))
	if c.Jitter < 0 || c.Jitter > 1 {
		errs = append(errs, ports.Invalid("Jitter", "must be 0 to 1"))
	}
	if c.Batch < 0 {
		errs = append(errs, ports.Invalid("Batch", "is negative"))
	}
	if c.Interval == 0 {
		c.Interval = time.Second
	}
	if c.Jitter == 0 {
		c.Jitter = 0.2
	}
	if c.Batch == 0 {
		c.Batch = 100
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return ports.Join(errs...)
}

// Worker runs jobs. Make one with [New]. Run and Step may be called from several
// goroutines and processes at once.
type Worker struct {
	config Config
	jobs   []Job
}

// New returns a worker for the jobs. Errors are [ports.ErrInvalid].
func New(config Config, jobs ...Job) (*Worker, error) {
	err := config.setDefaults()
	for i := range jobs {
		if jobs[i].Name == "" || jobs[i].Step == nil {
			err = ports.Join(err, ports.Invalid("jobs", "number %d has no name or no step", i))
		}
		if jobs[i].Parallel < 0 || jobs[i].Parallel > parallelMax {
			err = ports.Join(err, ports.Invalid("Parallel", "of job %d must be 0 to %d", i, parallelMax))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	return &Worker{config: config, jobs: jobs}, nil
}

// Report tells what a step did.
type Report struct {
	Jobs []JobReport // in the order of the jobs
}

// JobReport tells what one job did in a step.
type JobReport struct {
	Name string
	Done int   // pieces of work
	Err  error // what failed; a [ports.PanicError] when the job panicked
}

// Done returns how many pieces of work the step did.
func (r Report) Done() int {
	sum := 0
	for _, job := range r.Jobs {
		sum += job.Done
	}
	return sum
}

// Err returns what failed, of all jobs.
func (r Report) Err() error {
	errs := make([]error, 0, len(r.Jobs))
	for _, job := range r.Jobs {
		if job.Err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", job.Name, job.Err))
		}
	}
	return ports.Join(errs...)
}

// Step runs each job once, one after the other, and tells what came of it. A job that
// fails or panics does not keep the others from running; one that waits for a provider
// keeps them waiting. When the context ends, jobs that were not begun report its error.
func (w *Worker) Step(ctx context.Context) Report {
	report := Report{Jobs: make([]JobReport, len(w.jobs))}
	for i, job := range w.jobs {
		report.Jobs[i] = w.step(ctx, job)
	}
	return report
}

func (w *Worker) step(ctx context.Context, job Job) JobReport {
	result := JobReport{Name: job.Name, Err: ctx.Err()}
	if result.Err == nil {
		result.Done, result.Err = guarded(ctx, job, w.config.Batch)
		w.log(ctx, &result)
	}
	return result
}

func guarded(ctx context.Context, job Job, limit int) (done int, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &ports.PanicError{Cause: cause, Stack: debug.Stack()}
		}
	}()
	return job.Step(ctx, limit)
}

func (w *Worker) log(ctx context.Context, result *JobReport) {
	switch {
	case result.Err != nil && ctx.Err() == nil:
		attrs := []any{"job", result.Name, "done", result.Done, "error", result.Err}
		var panicked *ports.PanicError
		if errors.As(result.Err, &panicked) && len(panicked.Stack) > 0 {
			attrs = append(attrs, "stack", string(panicked.Stack))
		}
		w.config.Logger.ErrorContext(ctx, "job failed", attrs...)
	case result.Done > 0:
		w.config.Logger.InfoContext(ctx, "job done", "job", result.Name, "done", result.Done)
	}
}

// Run runs each job over and over, independently of the others and at its own pace, until the
// context ends, and returns its error when the last step has returned. After a full batch
// a job runs again at once, else after a pause; if it still runs then, another step of it
// begins, up to [Job.Parallel].
func (w *Worker) Run(ctx context.Context) error {
	var running sync.WaitGroup
	for _, job := range w.jobs {
		running.Go(func() { w.run(ctx, job) })
	}
	running.Wait()
	<-ctx.Done()
	return ctx.Err()
}

func (w *Worker) run(ctx context.Context, job Job) {
	var running sync.WaitGroup
	defer running.Wait()
	most := max(1, job.Parallel)
	ended := make(chan JobReport, most) // so many run at most: none waits to say so
	for steps := 0; ctx.Err() == nil; {
		running.Go(func() {
			result := JobReport{Name: job.Name, Err: &ports.PanicError{Cause: "the goroutine was ended"}} // which runtime.Goexit does
			whole := false
			defer func() {
				if !whole {
					w.log(ctx, &result)
				}
				ended <- result
			}()
			result, whole = w.step(ctx, job), true
		})
		steps++
		timer := time.NewTimer(w.pause())
		for paused, hurry := false, false; !hurry && (!paused || steps == most); {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
				paused = true
			case result := <-ended:
				steps--
				hurry = result.Err == nil && result.Done >= w.config.Batch // more may be left
			}
		}
		timer.Stop()
	}
}

func (w *Worker) pause() time.Duration {
	cut := w.config.Jitter * w.config.Random()
	return w.config.Interval - time.Duration(cut*float64(w.config.Interval))
}
