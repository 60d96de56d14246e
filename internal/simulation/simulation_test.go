package simulation_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	oneSeed  = flag.Uint64("seed", 0, "replay this seed, with its trace")
	seeds    = flag.Int("seeds", 0, "run so many seeds; 0: a few")
	duration = flag.Duration("for", 0, "run seeds for so long")
	first    = flag.Uint64("first", 1, "the first seed")
)

// TestSimulation runs the whole library under everything that can go wrong, seed by
// seed: see docs/simulation.md. A seed that fails prints the command that replays it.
func TestSimulation(t *testing.T) {
	t.Parallel()
	if *oneSeed != 0 {
		w, err := simulate(t, *oneSeed, os.Stdout)
		t.Log(w.summary)
		require.NoError(t, err)
		return
	}
	all, began := newSummary(), time.Now()
	var next atomic.Uint64
	next.Store(*first)
	enough := func(seed uint64) bool {
		if *duration > 0 {
			return time.Since(began) > *duration
		}
		return seed >= *first+uint64(howMany())
	}
	t.Run("seeds", func(t *testing.T) {
		for i := range runtime.GOMAXPROCS(0) {
			t.Run(fmt.Sprint("part ", i+1), func(t *testing.T) {
				t.Parallel()
				for seed := next.Add(1) - 1; !enough(seed) && !t.Failed(); seed = next.Add(1) - 1 {
					s, err := simulate(t, seed, nil)
					if err != nil {
						t.Errorf("seed %d: %v\n%s", seed, err, replay(seed))
						break
					}
					all.join(s.summary)
				}
			})
		}
	})
	t.Logf("%s\n%s", all, time.Since(began).Round(time.Millisecond))
	require.NoError(t, all.judge())
}

func howMany() int {
	switch {
	case *seeds > 0:
		return *seeds
	case testing.Short():
		return 40
	case raceEnabled:
		return 100
	}
	return 400
}

// simulate runs one seed.
func simulate(t *testing.T, seed uint64, out io.Writer) (w *world, err error) {
	t.Helper()
	stuck := time.AfterFunc(longest, func() {
		fmt.Fprintf(os.Stderr, "seed %d: it goes on for %s already\n%s\n", seed, longest, replay(seed))
	})
	defer stuck.Stop()
	defer func() { // what synctest says of a run that is stuck
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%v\n%s", cause, w.lastMoments())
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
		defer cancel()
		w = newWorld(ctx, seed, newTrace(out))
		w.summary.Seeds = 1
		err = w.live()
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, w.lastMoments())
		}
		w.endAll()
	})
	return w, err
}

// longest is how long a run may take before its seed is told, lest it is never.
const longest = 2 * time.Minute

func replay(seed uint64) string {
	return fmt.Sprintf("replay: go test -v -run '^TestSimulation$' ./internal/simulation -seed %d", seed)
}

// lastMoments are the last lines of the trace, unless all of it is written.
func (w *world) lastMoments() string {
	if w == nil || w.trace.out != nil {
		return ""
	}
	return "…" + strings.Join(w.trace.last, "")
}

// live is a run, from the first wallet to the last check. A panic in it ends it like any
// fault, with what it had come to.
func (w *world) live() (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	for _, part := range []func() error{w.open, w.chaos, w.calm, w.checkAtRest} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// endAll ends what is still under way.
func (w *world) endAll() {
	for i := range w.slots {
		if s := &w.slots[i]; s.process != nil {
			w.kill(s)
		}
	}
	time.Sleep(24 * time.Hour) // past the last pause of an adapter that waits to ask again
}

// TestSimulation_same_seed_same_trace: everything that happens follows from the seed, or a failing
// seed would be no proof.
func TestSimulation_same_seed_same_trace(t *testing.T) {
	t.Parallel()
	for seed := range uint64(16) {
		one, err := simulate(t, 1000+seed, nil)
		require.NoError(t, err)
		two, err := simulate(t, 1000+seed, nil)
		require.NoError(t, err)
		require.Equal(t, one.trace.sum.Sum64(), two.trace.sum.Sum64(), "seed %d", seed)
		require.Equal(t, one.summary.String(), two.summary.String())
	}
}
