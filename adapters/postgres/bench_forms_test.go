package postgres_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// BenchmarkForms writes units with the form of the statement that is made for them and with
// another one, by turns, and reports how much longer the other takes: what the form is worth.
// Each call is alone, so that the round trip and the flush to disk are in both.
func BenchmarkForms(b *testing.B) {
	s := newBench(b)
	for i := range 10 { // the tables have rows before they are analyzed: an empty one is read whole
		s.sendAs(b, "any", s.units(b, 10+i, 500), s.holds)
	}
	_, err := s.pool.Exec(b.Context(), "ANALYZE")
	require.NoError(b, err)
	for _, tc := range []struct {
		name   string
		size   int
		next   func(unit ports.Unit) []ports.Unit // what is written in the place of a unit, call behind call
		others []string
	}{
		{"deduct", 1, s.deducts, []string{"several", "any"}},
		{"deduct", 8, s.deducts, []string{"all columns", "any"}},
		{"deduct", 64, s.deducts, []string{"all columns", "any"}},
		{"two deducts of a wallet", 8, s.deductsTwice, []string{"any"}},
		{"hold and capture", 1, s.holds, []string{"several", "any"}},
		{"hold and capture", 8, s.holds, []string{"any"}},
		{"new wallet", 1, s.opens, []string{"any with operations"}},
		{"new wallet", 8, s.opens, []string{"any with operations"}},
	} {
		for _, other := range tc.others {
			b.Run(fmt.Sprintf("%s/%d/%s", tc.name, tc.size, other), func(b *testing.B) {
				forms := [2]string{"own", other}
				units, took := [2][]ports.Unit{}, [2][]float64{}
				for i := range forms {
					units[i] = s.units(b, i, tc.size)
				}
				for b.Loop() {
					for i, form := range forms {
						took[i] = append(took[i], s.sendAs(b, form, units[i], tc.next))
					}
				}
				own, others := median(took[0]), median(took[1])
				b.ReportMetric(own*1e6, "own-us")
				b.ReportMetric(others/own, "ratio")
			})
		}
	}
}

// units returns the newest units of wallets of which no other form uses any.
func (s *bench) units(b *testing.B, place, size int) []ports.Unit {
	b.Helper()
	wallets, err := s.store.Wallets(b.Context(), s.ids[(place+1)*1000:][:size])
	require.NoError(b, err)
	units := make([]ports.Unit, size)
	for i := range units {
		units[i] = ports.Unit{Wallets: wallets[i : i+1]}
	}
	return units
}

// sendAs writes what comes next, and returns how long that took in seconds.
func (s *bench) sendAs(b *testing.B, form string, units []ports.Unit, next func(unit ports.Unit) []ports.Unit) float64 {
	b.Helper()
	var calls [][]ports.Unit
	for i := range units {
		for call, unit := range next(units[i]) {
			if call == len(calls) {
				calls = append(calls, nil)
			}
			calls[call] = append(calls[call], unit)
			units[i] = unit
		}
	}
	begun := time.Now()
	for _, call := range calls {
		require.NoError(b, s.store.SendAs(b.Context(), form, call))
	}
	return time.Since(begun).Seconds()
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

func (s *bench) deducts(unit ports.Unit) []ports.Unit { return []ports.Unit{deducted(unit, s.key())} }

func (s *bench) deductsTwice(unit ports.Unit) []ports.Unit {
	first := deducted(unit, s.key())
	second := deducted(first, s.key())
	second.Entries = append(first.Entries, second.Entries...)
	second.Wallets[0].Version = first.Wallets[0].Version
	return []ports.Unit{second}
}

// holds begins an operation with an entry, and ends it with another.
func (s *bench) holds(unit ports.Unit) []ports.Unit {
	begun := hold(s.key(), "")
	begun.WalletID = unit.Wallets[0].ID
	first := with(booked(unit.Wallets[0], decimal.NewFromInt(-1), s.key()), begun)
	return []ports.Unit{first, with(booked(first.Wallets[0], decimal.NewFromInt(-1), s.key()), ended(begun))}
}

func (s *bench) opens(ports.Unit) []ports.Unit { return []ports.Unit{opened(s.key())} }
