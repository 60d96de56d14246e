package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestResults_Ratio(t *testing.T) {
	t.Parallel()
	t.Run("is_the_median_of_the_ratios_of_the_rounds", func(t *testing.T) {
		t.Parallel()
		found := results{}
		for _, round := range []string{"4.0 2", "9.0 3", "5.0 5"} {
			ours, baseline, _ := strings.Cut(round, " ")
			found.read("ledger", "goos: linux\nBenchmarkX/ledger-2 \t 100\t "+ours+" ns/op\t 7 ops/s\nBenchmarkX/baseline-2 \t 90\t "+baseline+" ns/op\nPASS\n")
		}
		ours, baseline := figure("ledger", "BenchmarkX/ledger", "ns/op"), figure("ledger", "BenchmarkX/baseline", "ns/op")
		require.InDelta(t, 5, found.median(ours), 1e-9)
		require.InDelta(t, 3, found.median(baseline), 1e-9)
		require.InDelta(t, 2, found.ratio(ours, baseline), 1e-9)
		require.InDelta(t, 7, found.median(figure("ledger", "BenchmarkX/ledger", "ops/s")), 1e-9)
		require.Zero(t, found.median("nothing"))
		require.InDelta(t, 1.5, median([]float64{1, 2}), 1e-9)
	})
}

// The tables of docs/performance.md have the rows that the program prints, and each of
// them has its benchmark.
func TestPrintAll(t *testing.T) {
	t.Parallel()
	t.Run("prints_the_rows_of_the_page", func(t *testing.T) {
		t.Parallel()
		var text strings.Builder
		require.NoError(t, printAll(&text, results{}, stores{true, true, true}))
		page, err := os.ReadFile("../../docs/performance.md")
		require.NoError(t, err)
		rows := 0
		for line := range strings.Lines(text.String()) {
			label, _, isRow := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
			if !isRow || strings.HasPrefix(label, "---") {
				continue
			}
			if strings.Contains(line, "one statement each") || label == "benchmark" {
				require.Contains(t, string(page), "\n"+line, "the head of a table")
			}
			rows++
			require.Contains(t, string(page), "\n| "+label+" | ")
		}
		require.Equal(t, 13+8+4+8+8+5, rows)
	})
	t.Run("names_benchmarks_that_exist", func(t *testing.T) {
		t.Parallel()
		named := map[string][]string{postgresRoom: {"BenchmarkDeduct", "BenchmarkHoldCapture"}, sqliteRoom: {"BenchmarkDeduct"}, mysqlRoom: {"BenchmarkDeduct"}}
		for _, row := range memoryRows() {
			for _, name := range []string{row.ours, row.baseline} {
				function, _, _ := strings.Cut(name, "/")
				named[row.room] = append(named[row.room], function)
			}
		}
		for room, functions := range named {
			files, err := filepath.Glob(filepath.Join("..", "..", room, "*_test.go"))
			require.NoError(t, err)
			var all strings.Builder
			for _, file := range files {
				text, err := os.ReadFile(file)
				require.NoError(t, err)
				all.Write(text)
			}
			for _, function := range functions {
				require.Contains(t, all.String(), "\nfunc "+function+"(b *testing.B)")
			}
		}
	})
	t.Run("writes_two_digits", func(t *testing.T) {
		t.Parallel()
		for ns, want := range map[float64]string{940: "940 ns", 5_500: "5.5 µs", 7_000: "7.0 µs", 15_600: "16 µs", 156e6: "156 ms"} {
			require.Equal(t, want, duration(ns))
		}
		require.Equal(t, "1,234,567", thousands(1_234_567))
		require.Equal(t, "567", thousands(567))
	})
}
