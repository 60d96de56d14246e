// Package suitetest measures the conformance suites of ports/portstest. A flaw breaks one
// sentence of a port in an adapter that is otherwise good, and the suite must fail.
//
// The tests whose names begin with "TestStore_flaws", "TestCharger_flaws" and the like run the
// flaws: with the flag -all every flaw over the whole suite, without it some of them over the
// one scenario that is about each. CONTRIBUTING.md has the command.
//
// A failing suite fails the test that runs it. So each flaw is run by another process of the
// same test binary, which [Run] starts.
package suitetest

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var all = flag.Bool("all", false, "run each flaw over the whole suite, and not some over one scenario each")

// Flaw breaks one sentence of a port.
type Flaw[Harness any] struct {
	Name     string // what the adapter does: "takes a status 404 for an order that was not sent"
	Breaks   string // the sentence, word for word as the comments of package ports have it
	Scenario string // the path of the subtest of the suite that is about it
	// Of returns the harness of an adapter that has the flaw, made of one of a good adapter.
	Of func(good Harness) Harness
}

// Subject is an adapter under a suite.
type Subject[Harness any] struct {
	Suite func(t *testing.T, newHarness func(t *testing.T) Harness)
	New   func(t *testing.T) Harness
	// Every is how many flaws there are for each that is run without -all; with the race detector
	// there are four times as many, unless Every is one. Defaults to one, and four with the race
	// detector.
	Every int
	// Survive says why the suite does not notice a flaw in this adapter, by name.
	Survive map[string]string
}

// variable names the flaw that a process runs the suite with.
const variable = "JIGAP_TEST_FLAW"

// slowest is how long a whole suite may run over a bad adapter.
const slowest = 20 * time.Second

// Run runs the suite of a subject over each flaw and requires that it fails. It is called
// by a test that does nothing else.
func Run[Harness any](t *testing.T, subject Subject[Harness], flaws []Flaw[Harness]) {
	t.Helper()
	if name := os.Getenv(variable); name != "" {
		runFlawed(t, subject, flaws, name)
		return
	}
	for name := range subject.Survive {
		require.True(t, slices.ContainsFunc(flaws, func(f Flaw[Harness]) bool { return f.Name == name }), "no flaw has the name %q", name)
	}
	every := max(subject.Every, 1)
	if slow && subject.Every != 1 {
		every *= 4
	}
	tally := &tally{}
	t.Run("an adapter that", func(t *testing.T) {
		for i, flaw := range flaws {
			why, survives := subject.Survive[flaw.Name]
			if !*all && (i%every != 0 || survives) {
				continue
			}
			t.Run(flaw.Name, func(t *testing.T) {
				t.Parallel()
				c := child{test: strings.Split(t.Name(), "/")[0], flaw: flaw.Name, scenario: flaw.Scenario}
				if survives {
					tally.survived(flaw.Name, why)
					c.passes(t)
					return
				}
				tally.noticed()
				c.fails(t)
			})
		}
	})
	tally.log(t)
}

// runFlawed runs the suite over one flaw, in a process of its own.
func runFlawed[Harness any](t *testing.T, subject Subject[Harness], flaws []Flaw[Harness], name string) {
	t.Helper()
	i := slices.IndexFunc(flaws, func(f Flaw[Harness]) bool { return f.Name == name })
	require.NotEqual(t, -1, i, "no flaw has the name %q", name)
	t.Run("suite", func(t *testing.T) {
		subject.Suite(t, func(t *testing.T) Harness {
			t.Helper()
			return flaws[i].Of(subject.New(t))
		})
	})
}

// child is a process that runs a suite over a flaw.
type child struct{ test, flaw, scenario string }

// slots bounds how many processes run at once.
var slots = make(chan struct{}, runtime.GOMAXPROCS(0))

// run runs the suite, or one scenario of it, and returns what it said.
func (c child) run(t *testing.T, path string) (said string, err error) {
	t.Helper()
	slots <- struct{}{}
	defer func() { <-slots }()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	only := "-test.run="
	for _, part := range strings.Split(c.test+"/suite"+path, "/") {
		only += "^" + regexp.QuoteMeta(part) + "$/"
	}
	command := exec.CommandContext(ctx, os.Args[0], strings.TrimSuffix(only, "/"), "-test.timeout=2m", "-test.parallel=8")
	command.Env = append(os.Environ(), variable+"="+c.flaw)
	output, err := command.CombinedOutput()
	return string(output), err
}

// fails requires that the suite fails soon, and the scenario that is about the flaw. A suite
// leaves scenarios out once it knows that calls outlast their context, so the scenario may
// have to run alone.
func (c child) fails(t *testing.T) {
	t.Helper()
	path, begun := "/"+strings.ReplaceAll(c.scenario, " ", "_"), time.Now()
	if *all {
		said, err := c.run(t, "")
		took := time.Since(begun)
		require.Error(t, err, "the suite passes")
		require.Less(t, took, slowest, "the suite takes long to fail:\n%s", failures(said))
		if strings.Contains(said, "--- FAIL: "+c.test+"/suite"+path+" ") {
			return
		}
	}
	said, err := c.run(t, path)
	require.Error(t, err, "the scenario passes: %s", said)
	require.Contains(t, said, "--- FAIL: "+c.test+"/suite"+path+" ", "%s", said)
}

// passes requires that no scenario fails.
func (c child) passes(t *testing.T) {
	t.Helper()
	said, err := c.run(t, "")
	require.NoError(t, err, "the suite notices it by now: %s", said)
}

// failures returns the lines that name failing tests.
func failures(said string) string {
	var lines []string
	for line := range strings.Lines(said) {
		if strings.Contains(line, "--- FAIL: ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// tally counts flaws.
type tally struct {
	mu        sync.Mutex
	found     int
	survivors []string
}

func (c *tally) noticed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found++
}

func (c *tally) survived(name, why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.survivors = append(c.survivors, name+": "+why)
}

func (c *tally) log(t *testing.T) {
	t.Helper()
	t.Logf("%d flaws must be noticed, %d survive", c.found, len(c.survivors))
	for _, survivor := range c.survivors {
		t.Log("survives: ", survivor)
	}
}
