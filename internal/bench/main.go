// Command bench prints the tables of docs/performance.md. It runs the benchmarks that they
// name in rounds, each next to its baseline, and prints the medians of the figures and of
// the ratios of the rounds. Run it from the root of the repository.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func main() {
	rounds := flag.Int("rounds", 5, "how often everything runs")
	time := flag.String("benchtime", "300ms", "how long each benchmark runs in a round, as for go test")
	var more stores
	flag.BoolVar(&more.postgres, "postgres", false, "run those on PostgreSQL too, which takes several minutes a round")
	flag.BoolVar(&more.mysql, "mysql", false, "run those on MariaDB too")
	flag.BoolVar(&more.sqlite, "sqlite", false, "run those on SQLite too")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *rounds, *time, more); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// stores are those whose benchmarks run, besides the one in memory.
type stores struct{ postgres, mysql, sqlite bool }

func run(ctx context.Context, out io.Writer, rounds int, time string, more stores) error {
	suites := memorySuites()
	if more.postgres {
		suites = append(suites, postgresSuite())
	}
	if more.mysql {
		suites = append(suites, mysqlSuite())
	}
	if more.sqlite {
		suites = append(suites, sqliteSuite())
	}
	folder, err := os.MkdirTemp("", "jigap-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	found := results{}
	for i, s := range suites {
		if err := s.build(ctx, filepath.Join(folder, strconv.Itoa(i))); err != nil {
			return err
		}
	}
	for range rounds {
		for i, s := range suites {
			said, err := s.measure(ctx, filepath.Join(folder, strconv.Itoa(i)), time)
			if err != nil {
				return err
			}
			found.read(s.room, said)
		}
	}
	return printAll(out, found, more)
}

// suite is the benchmarks of a room that one process runs.
type suite struct{ room, pattern string }

func (s suite) build(ctx context.Context, file string) error {
	said, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", file, "./"+s.room).CombinedOutput() //nolint:gosec // a room of this repository
	if err != nil {
		return fmt.Errorf("build the tests of %s: %w: %s", s.room, err, said)
	}
	return nil
}

func (s suite) measure(ctx context.Context, file, time string) (string, error) {
	run := exec.CommandContext(ctx, file, "-test.run=^$", "-test.bench="+s.pattern, "-test.benchtime="+time) //nolint:gosec // what build made
	run.Dir = s.room
	said, err := run.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("benchmarks of %s: %w: %s", s.room, err, said)
	}
	return string(said), nil
}

// results holds the figures of each benchmark, one of each round, by room, name and unit.
type results map[string][]float64

func figure(room, name, unit string) string { return room + " " + name + " " + unit }

// processors is what the testing package appends to the name of a benchmark.
var processors = regexp.MustCompile(`-\d+$`)

// read keeps the figures of the lines "BenchmarkX/part-2  100  5.5 ns/op  7 ops/s".
func (r results) read(room, said string) {
	for line := range strings.Lines(said) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := processors.ReplaceAllString(fields[0], "")
		for pair := range slices.Chunk(fields[2:], 2) {
			value, err := strconv.ParseFloat(pair[0], 64)
			if err != nil || len(pair) < 2 {
				continue
			}
			key := figure(room, name, pair[1])
			r[key] = append(r[key], value)
		}
	}
}

// median returns the median of a figure, or zero when no round has it.
func (r results) median(key string) float64 { return median(r[key]) }

// ratio returns the median of the ratios of two figures in each round.
func (r results) ratio(of, to string) float64 {
	var ratios []float64
	for i := range min(len(r[of]), len(r[to])) {
		ratios = append(ratios, r[of][i]/r[to][i])
	}
	return median(ratios)
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}
