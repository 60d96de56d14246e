package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// pair is a row of the table of the memory store: a benchmark and its baseline.
type pair struct{ label, room, ours, baseline string }

func memoryRows() []pair {
	return []pair{
		{"deduct, one wallet, one goroutine", "ledger", "BenchmarkDeductOneWallet/ledger", "BenchmarkDeductOneWallet/baseline"},
		{"deduct, one hot wallet, 64 goroutines", "ledger", "BenchmarkDeductHotWallet64/ledger", "BenchmarkDeductHotWallet64/baseline"},
		{"deduct, 100,000 wallets, all cores", "ledger", "BenchmarkDeduct100000Wallets/ledger", "BenchmarkDeduct100000Wallets/baseline"},
		{"deduct, limits on its wallet (baseline: without)", "ledger", "BenchmarkDeductWithLimits/limits", "BenchmarkDeductWithLimits/baseline"},
		{"credit, limits on its wallet (baseline: without)", "ledger", "BenchmarkCreditWithLimits/limits", "BenchmarkCreditWithLimits/baseline"},
		{"deduct of cash, a bonus in its wallet (baseline: points of a grant)", "ledger", "BenchmarkDeductWithBonus/bonus", "BenchmarkDeductWithBonus/baseline"},
		{"history, a page of 100", "ledger", "BenchmarkHistoryPage100/ledger", "BenchmarkHistoryPage100/baseline"},
		{"verify 100,000 entries", "ledger", "BenchmarkVerify100000/ledger", "BenchmarkVerify100000/baseline"},
		{"hold and capture, cold wallets (baseline: two deducts)", "ledger", "BenchmarkHoldCapture/cold_wallets", "BenchmarkHoldCapture/baseline"},
		{"change feed, 100,000 entries", "ledger", "BenchmarkFeed/ledger", "BenchmarkFeed/baseline"},
		{"recharge, a Charger that answers at once (baseline: a credit)", "recharge", "BenchmarkRecharge/service", "BenchmarkRecharge/baseline"},
		{"withdrawal, a Disburser that answers at once (baseline: a deduct)", "withdraw", "BenchmarkWithdraw/service", "BenchmarkWithdraw/baseline"},
		{"deduct under a policy (baseline: without one)", "autorecharge", "BenchmarkDeductUnderAPolicy/policy", "BenchmarkDeductUnderAPolicy/baseline"},
	}
}

func memorySuites() []suite {
	return []suite{
		{"ledger", "^Benchmark(DeductOneWallet|DeductHotWallet64|Deduct100000Wallets|DeductWithLimits|CreditWithLimits|DeductWithBonus|HistoryPage100|Verify100000|Feed)$"},
		{"ledger", "^BenchmarkHoldCapture$/^(cold_wallets|baseline)$"},
		{"recharge", "^BenchmarkRecharge$"},
		{"withdraw", "^BenchmarkWithdraw$"},
		{"autorecharge", "^BenchmarkDeductUnderAPolicy$"},
	}
}

// rate is a row of the tables of a durable store: the hand-written statement, the ledger, and
// the statement for each hundred. The aim is what the ratio to the first should be.
type rate struct{ label, name, aim string }

const (
	postgresRoom = "adapters/postgres"
	sqliteRoom   = "adapters/sqlite"
	mysqlRoom    = "adapters/mysql"
)

func sqliteRows() []rate {
	return slices.Concat(
		rates("random, ", "BenchmarkDeduct/random/", "", "", "5", ""),
		rates("one hot wallet, ", "BenchmarkDeduct/hot/", "", "", "5", ""),
	)
}

func mysqlRows() []rate {
	return slices.Concat(
		rates("random, ", "BenchmarkDeduct/random/", "", "", "1.5", ""),
		rates("one hot wallet, ", "BenchmarkDeduct/hot/", "", "", "6", ""),
	)
}

func mysqlSuite() suite { return suite{mysqlRoom, "^BenchmarkDeduct$"} }

func sqliteSuite() suite { return suite{sqliteRoom, "^BenchmarkDeduct$"} }

func postgresRows() []rate {
	return slices.Concat(
		rates("random, ", "BenchmarkDeduct/random/", "0.9", "1.0", "2.0", "3.5"),
		rates("one hot wallet, ", "BenchmarkDeduct/hot/", "0.9", "2", "12", "22"),
	)
}

func holdRows() []rate { return rates("", "BenchmarkHoldCapture/", "0.8", "0.8", "1.5", "2") }

// rates returns a row for each number of goroutines, with its aim.
func rates(label, name string, aims ...string) []rate {
	var rows []rate
	for i, workers := range []string{"1", "8", "64", "512"} {
		rows = append(rows, rate{label + workers, name + workers, aims[i]})
	}
	return rows
}

func postgresSuite() suite { return suite{postgresRoom, "^Benchmark(Deduct|HoldCapture)$"} }

func printAll(out io.Writer, found results, more stores) error {
	var text strings.Builder
	text.WriteString("| benchmark | ours | baseline | ratio |\n| --- | --- | --- | --- |\n")
	for _, row := range memoryRows() {
		ours, baseline := figure(row.room, row.ours, "ns/op"), figure(row.room, row.baseline, "ns/op")
		fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", row.label, duration(found.median(ours)), duration(found.median(baseline)), digits(found.ratio(ours, baseline)))
	}
	if more.postgres {
		printRates(&text, found, postgresRoom, "wallets, goroutines", postgresRows(), true)
		printRates(&text, found, postgresRoom, "hold and capture, random wallets, goroutines", holdRows(), false)
	}
	if more.mysql {
		printRates(&text, found, mysqlRoom, "MariaDB, wallets, goroutines", mysqlRows(), false)
	}
	if more.sqlite {
		printRates(&text, found, sqliteRoom, "a file of SQLite, wallets, goroutines", sqliteRows(), false)
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// printRates writes a table of operations a second. The whole one also has the ratio to the
// statements for each hundred, and the latencies of the ledger.
func printRates(text *strings.Builder, found results, room, title string, rows []rate, whole bool) {
	head, line := "| "+title+" | one statement each | ledger | one for each hundred | ledger / one each | aim |", "| --- | --- | --- | --- | --- | --- |"
	if whole {
		head, line = head+" ledger / hundred | p50 | p99 |", line+" --- | --- | --- |"
	}
	text.WriteString("\n" + head + "\n" + line + "\n")
	for _, row := range rows {
		key := func(way, unit string) string { return figure(room, row.name+"/"+way, unit) }
		single, ledger, hundred := key("single", "ops/s"), key("ledger", "ops/s"), key("hundred", "ops/s")
		fmt.Fprintf(text, "| %s | %s | %s | %s | %s | %s |", row.label,
			thousands(found.median(single)), thousands(found.median(ledger)), thousands(found.median(hundred)), digits(found.ratio(ledger, single)), row.aim)
		if whole {
			p50, p99 := 1000*found.median(key("ledger", "p50-us")), 1000*found.median(key("ledger", "p99-us"))
			fmt.Fprintf(text, " %s | %s | %s |", digits(found.ratio(ledger, hundred)), duration(p50), duration(p99))
		}
		text.WriteString("\n")
	}
}

// thousands writes a whole figure with its thousands apart.
func thousands(value float64) string {
	text := fmt.Sprintf("%.0f", value)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// duration writes nanoseconds with two digits.
func duration(ns float64) string {
	switch {
	case ns >= 1e6:
		return digits(ns/1e6) + " ms"
	case ns >= 1e3:
		return digits(ns/1e3) + " µs"
	}
	return digits(ns) + " ns"
}

// digits writes a figure with two digits, or all of those before the point.
func digits(value float64) string {
	switch {
	case value >= 10:
		return fmt.Sprintf("%.0f", value)
	case value >= 1:
		return fmt.Sprintf("%.1f", value)
	}
	return fmt.Sprintf("%.2f", value)
}
