package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

func main() {
	var o options
	flag.StringVar(&o.only, "only", "", "run the mutations whose name has this text, and write nothing")
	flag.IntVar(&o.seeds, "seeds", 300, "seeds of the simulation for each mutation; 0 leaves it out, and writes nothing")
	flag.IntVar(&o.parallel, "parallel", 1, "mutations that run at the same time, each on a copy of its own")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

// options say which mutations run, and how.
type options struct {
	only     string
	seeds    int
	parallel int
}

// whole reports whether the run tells enough to write the page.
func (o options) whole() bool { return o.only == "" && o.seeds > 0 }

// result is what noticed a mutation.
type result struct {
	mutation
	tests []string // of the rooms
	seed  string   // of the simulation; blank: none of those that ran
}

func run(ctx context.Context, o options) error {
	results, err := tryAll(ctx, o)
	if err != nil || !o.whole() {
		return err
	}
	before, err := os.ReadFile("docs/mutations.md")
	if err != nil {
		return err
	}
	return os.WriteFile("docs/mutations.md", append(page(results, o.seeds), sections(before)...), 0o644) //nolint:gosec // a page for everybody
}

// tryAll tries the mutations that the options name, and returns their results in the
// order of the list. Each worker has a copy of the tree.
func tryAll(ctx context.Context, o options) ([]result, error) {
	var chosen []mutation
	for _, m := range mutations() {
		if strings.Contains(m.name, o.only) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no mutation has %q in its name", o.only)
	}
	results, errs := make([]result, len(chosen)), make([]error, len(chosen))
	next := make(chan int)
	var workers sync.WaitGroup
	failures := make([]error, max(o.parallel, 1))
	for i := range failures {
		workers.Go(func() {
			failures[i] = work(ctx, next, func(tree string, at int) {
				results[at], errs[at] = try(ctx, tree, chosen[at], o.seeds)
				say(chosen[at], results[at], errs[at])
			})
		})
	}
	for at := range chosen {
		next <- at
	}
	close(next)
	workers.Wait()
	return results, errors.Join(append(failures, errs...)...)
}

// work makes a copy of the tree and calls do for each number that it receives.
func work(ctx context.Context, next <-chan int, do func(tree string, at int)) error {
	tree, err := os.MkdirTemp("", "jigap-mutation-")
	if err == nil {
		defer func() { _ = os.RemoveAll(tree) }()
		err = copyTree(ctx, tree)
	}
	for at := range next {
		if err == nil && ctx.Err() == nil {
			do(tree, at)
		}
	}
	return errors.Join(err, ctx.Err())
}

// say prints what noticed a mutation.
func say(m mutation, r result, err error) {
	if err != nil {
		_, _ = fmt.Fprintf(os.Stdout, "%s: ERROR: %s\n", m.name, err)
		return
	}
	seed := cmp.Or(r.seed, "no, or not run")
	_, _ = fmt.Fprintf(os.Stdout, "%s: %s; simulation: %s\n", m.name, strings.Join(r.tests, ", "), seed)
}

// sections returns what a page has from its first section on. It is written by people.
func sections(page []byte) []byte {
	if at := bytes.Index(page, []byte("\n## ")); at >= 0 {
		return page[at:]
	}
	return nil
}

// copyTree copies the files that git knows, as they are on disk.
func copyTree(ctx context.Context, to string) error {
	list, err := exec.CommandContext(ctx, "git", "ls-files").Output()
	if err != nil {
		return fmt.Errorf("list files: %w", err)
	}
	for _, name := range strings.Fields(string(list)) {
		data, err := os.ReadFile(name) //nolint:gosec // of this repository
		if err == nil {
			err = os.MkdirAll(filepath.Join(to, filepath.Dir(name)), 0o700)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), data, 0o600) //nolint:gosec // into a folder of our own
		}
		if err != nil {
			return fmt.Errorf("copy: %w", err)
		}
	}
	return nil
}

var (
	errNotOnce  = errors.New("its text is not there exactly once")
	errBuild    = errors.New("it does not compile")
	errUnseen   = errors.New("nothing notices it")
	errNoReason = errors.New("tests fail, and none is named")
)

// apply breaks the rule in the tree, and returns what repairs it.
func (m mutation) apply(tree string) (repair func() error, err error) {
	path := filepath.Join(tree, m.file)
	data, err := os.ReadFile(path) //nolint:gosec // of this repository
	if err != nil {
		return nil, err
	}
	if strings.Count(string(data), m.from) != 1 {
		return nil, errNotOnce
	}
	broken := strings.Replace(string(data), m.from, m.to, 1)
	return func() error { return os.WriteFile(path, data, 0o600) }, os.WriteFile(path, []byte(broken), 0o600) //nolint:gosec // into a folder of our own
}

// try runs the tests on a tree with one rule broken, each until the first fails.
func try(ctx context.Context, tree string, m mutation, seeds int) (r result, err error) {
	r = result{mutation: m}
	repair, err := m.apply(tree)
	if err != nil {
		return r, fmt.Errorf("%s: %w", m.name, err)
	}
	defer func() {
		if err = errors.Join(err, repair()); err != nil {
			err = fmt.Errorf("%s: %w", m.name, err)
		}
	}()
	if r.tests, err = failing(ctx, tree, strings.Fields(m.rooms)...); err != nil {
		return r, err
	}
	if seeds > 0 {
		if r.seed, err = simulation(ctx, tree, seeds); err != nil {
			return r, err
		}
	}
	if len(r.tests) == 0 && r.seed == "" {
		return r, errUnseen
	}
	return r, nil
}

// failed finds the tests that failed, subtests left out, and those that were cut short. scenario
// finds the scenarios of suites that failed: see internal/ordertest.
var (
	scenario = regexp.MustCompile(`(?m)^    --- FAIL: (\w+_(?:calls|answers|store|payments)/\w+)`)
	failed   = regexp.MustCompile(`(?m)^--- FAIL: (\w+)|^panic: .*\n?(?:\s+running tests:\n\s+(\w+))?`)
	seed     = regexp.MustCompile(`seed (\d+):`)
)

// failing returns the names of the tests of the rooms that fail, of each room the first, and of
// a suite its scenarios.
func failing(ctx context.Context, tree string, rooms ...string) (names []string, err error) {
	for _, room := range rooms {
		args := []string{"-short", "-timeout", "300s", room}
		if usesRapid(tree, room) {
			args = append(args, "-rapid.shrinktime=0s") // who fails matters, not by how little
		}
		output, ok := goTest(ctx, tree, args...)
		if ok {
			continue
		}
		if strings.Contains(output, "[build failed]") {
			return nil, fmt.Errorf("%w: %s", errBuild, output)
		}
		before := len(names)
		for _, match := range failed.FindAllStringSubmatch(output, -1) {
			if name := match[1] + match[2]; name != "" && !slices.Contains(names, name) {
				names = append(names, scenarios(output, name)...)
			}
		}
		if len(names) == before && strings.Contains(output, "panic: ") {
			names = append(names, "a panic")
		}
		if len(names) == before {
			return nil, fmt.Errorf("%w: %s", errNoReason, output)
		}
	}
	return names, nil
}

// scenarios returns the scenarios of a suite that failed, or the test if it is no suite.
func scenarios(output, test string) (names []string) {
	for _, match := range scenario.FindAllStringSubmatch(output, -1) {
		if strings.HasPrefix(match[1], test+"/") {
			names = append(names, match[1])
		}
	}
	if names == nil {
		names = append(names, test)
	}
	return names
}

// usesRapid reports whether the tests of a room take the flags of pgregory.net/rapid.
func usesRapid(tree, room string) bool {
	files, _ := filepath.Glob(filepath.Join(tree, room, "*_test.go"))
	return slices.ContainsFunc(files, func(path string) bool {
		data, err := os.ReadFile(path) //nolint:gosec // of this repository
		return err == nil && strings.Contains(string(data), `"pgregory.net/rapid"`)
	})
}

// simulation returns which seed failed first.
func simulation(ctx context.Context, tree string, seeds int) (string, error) {
	output, ok := goTest(ctx, tree, "-timeout", "300s", "-run", "^TestSimulation$", "./internal/simulation", "-seeds", fmt.Sprint(seeds))
	match := seed.FindStringSubmatch(output)
	switch {
	case ok:
		return "", nil
	case match != nil:
		return "seed " + match[1], nil
	case strings.Contains(output, "of all seeds: "):
		return "all seeds together", nil
	case strings.Contains(output, "panic: "):
		return "a run that is stuck or breaks down", nil
	}
	return "", fmt.Errorf("%w: %s", errNoReason, output)
}

// goTest runs go test in the tree, and returns what it said and whether all passed.
func goTest(ctx context.Context, tree string, args ...string) (string, bool) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-count=1", "-vet=off", "-failfast"}, args...)...) //nolint:gosec // our own arguments
	cmd.Dir = tree
	output, err := cmd.CombinedOutput()
	return string(output), err == nil
}

// page is the table for people.
func page(results []result, seeds int) []byte {
	var text strings.Builder
	_, _ = io.WriteString(&text, head)
	simulated := 0
	for _, r := range results {
		tests, seed := "none of theirs", "no"
		if len(r.tests) > 0 {
			tests = "`" + strings.Join(r.tests[:min(2, len(r.tests))], "`, `") + "`"
			if more := len(r.tests) - 2; more > 0 {
				tests += fmt.Sprintf(" and %d more", more)
			}
		}
		if r.seed != "" {
			simulated++
			seed = r.seed
		}
		fmt.Fprintf(&text, "| %s | `%s` | %s | %s |\n", r.name, r.file, tests, seed)
	}
	fmt.Fprintf(&text, "\n%d mutations, all noticed; %d of them by %d seeds of the simulation as well.\n", len(results), simulated, seeds)
	return []byte(text.String())
}

const head = `# Mutations

A test suite that cannot fail proves nothing. This page is written by a program that breaks the library on purpose, one rule at a
time, and tells which tests notice:

~~~sh
go run ./internal/mutation -seeds 0 -parallel 2                      # the tests of the rooms alone, and writes nothing
go run ./internal/mutation -seeds 0 -only "a frozen wallet pays"     # those whose name has a text
go run ./internal/mutation                                           # with the simulation; writes this page
~~~

One takes 10 to 30 seconds without the simulation. It works on a copy of the tree. "Tests of the room" are those of the package whose rule is broken and, where the list names them, of
others, until one fails; tests that ran at the same time may have failed too. Of the suites that recharge and withdraw share, the scenario is named. "Simulation" names the first seed that
failed when the row was made: seeds move when the simulation changes. What
the simulation does not notice it cannot see: a memo that a hash misses, say, or alerts that are silent. Whatever the tests do not notice
either makes the program fail. The simulation keeps its records in memory, so it sees nothing of PostgreSQL.

| what is broken | where | tests of the room | simulation |
| --- | --- | --- | --- |
`
