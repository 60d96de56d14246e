package portstest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jigap/jigap/ports"
)

func raceScenarios() []scenario {
	return []scenario{
		{"one of many creates a wallet", saysVersion, raceCreateWallet},
		{"one of many writes a version of a wallet", saysVersion, raceWallet},
		{"one of many creates an operation", saysVersion, raceCreateOperation},
		{"one of many claims an operation", saysVersion, raceOperation},
		{"one of many gets a lane", saysLane, raceLane},
		{"one of many gets a lane that is being freed", saysLane, raceLaneFreed},
		{"one of many books a key", saysKeyTaken, raceKey},
		{"many calls over the same wallets in different orders", saysConflict, raceBatches},
		{"units of several wallets in opposite directions", saysSafe, raceOpposite},
		{"a wallet is read whole while it is written", saysWholeReads, raceReadWallet},
		{"wallets of one unit are read together", saysWholeReads, raceReadWallets},
		{"wallets of one unit are found together", saysWholeReads, raceFindWallets},
		{"operations of one unit are read together", saysWholeReads, raceReadOperations},
		{"operations of one unit are found together", saysWholeReads, raceFindOperations},
		{"entries of one unit are read together", saysWholeReads, raceReadEntries},
		{"entries of one unit are found together by their keys", saysWholeReads, raceEntriesByKey},
		{"entries of one unit are found together by what they refer to", saysWholeReads, raceLastReferring},
	}
}

const racers = 16

// raceTime is how long a race goes on: a store that looks at one moment and writes at another
// may win a single race by luck.
const raceTime = 400 * time.Millisecond

// repeatedly runs a race again and again for a while.
func repeatedly(race func(round int)) {
	for round, end := 0, time.Now().Add(raceTime); round == 0 || time.Now().Before(end); round++ {
		race(round)
	}
}

// race calls run from many goroutines, released at once, and returns the fates that
// each got.
func (s *storeTest) race(units func(racer int) []ports.Unit) [][]ports.Fate {
	s.t.Helper()
	fates := make([][]ports.Fate, racers)
	calls := make([]func(), racers)
	for racer := range racers {
		mine := units(racer)
		calls[racer] = func() { fates[racer] = s.commitUnlessBusy(mine) }
	}
	s.together(calls...)
	return fates
}

// oneWins requires that of the racers' single units one was committed, and that the
// others were refused with the given status. It returns the winner.
func (s *storeTest) oneWins(fates [][]ports.Fate, refusal ports.FateStatus) int {
	s.t.Helper()
	winner := -1
	for racer, got := range fates {
		s.Len(got, 1)
		if got[0].Status == ports.FateCommitted {
			s.Equal(-1, winner, "two winners")
			winner = racer
			continue
		}
		s.status(got[0], refusal)
	}
	s.NotEqual(-1, winner, "no winner")
	return winner
}

func raceCreateWallet(s *storeTest) {
	rounds := 0
	repeatedly(func(round int) {
		units := make([]ports.Unit, racers)
		fates := s.race(func(racer int) []ports.Unit {
			units[racer] = merged(opened(fmt.Sprintf("w-%d", round)), opened(fmt.Sprintf("own-%d-%d", round, racer)))
			return units[racer : racer+1]
		})
		s.unchanged(units[s.oneWins(fates, ports.FateConflict)])
		rounds++
	})
	s.Len(s.findWallets(ports.WalletFilter{Limit: 1 << 20}), 2*rounds)
}

func raceWallet(s *storeTest) {
	unit := opened("w")
	s.committed(unit)
	repeatedly(func(round int) {
		units := make([]ports.Unit, racers)
		fates := s.race(func(racer int) []ports.Unit {
			units[racer] = after(unit, recharged("1", fmt.Sprintf("%d-%d", round, racer)))
			return units[racer : racer+1]
		})
		unit = units[s.oneWins(fates, ports.FateConflict)]
		s.sameWallet(unit.Wallets[0], s.wallet("w"))
		last, err := s.Entries(s.t.Context(), ports.EntryFilter{WalletID: "w", Descending: true, Limit: 1})
		s.NoError(err)
		s.sameEntries(unit.Entries, last)
	})
	s.checkChain("w")
}

func raceCreateOperation(s *storeTest) {
	repeatedly(func(round int) {
		id := fmt.Sprintf("o-%d", round)
		fates := s.race(func(racer int) []ports.Unit {
			return []ports.Unit{only(hold(id, fmt.Sprintf("w%d", racer), ""))}
		})
		winner := s.oneWins(fates, ports.FateOperationConflict)
		s.sameOperation(hold(id, fmt.Sprintf("w%d", winner), ""), s.operation(id))
	})
}

func raceOperation(s *storeTest) {
	var op ports.Operation = hold("o", "w", "lane")
	s.committed(only(op))
	repeatedly(func(round int) {
		claims := make([]ports.Operation, racers)
		fates := s.race(func(racer int) []ports.Unit {
			claims[racer] = changed(op, func(head *ports.OperationHead) { head.DueAt = at(round*racers + racer) })
			return []ports.Unit{only(claims[racer])}
		})
		op = claims[s.oneWins(fates, ports.FateOperationConflict)]
		s.sameOperation(op, s.operation("o"))
	})
}

func raceLane(s *storeTest) {
	repeatedly(func(round int) {
		lane := fmt.Sprintf("lane %d", round)
		name := func(racer int) string { return fmt.Sprintf("w-%d-%d", round, racer) }
		fates := s.race(func(racer int) []ports.Unit {
			return []ports.Unit{with(opened(name(racer)), hold("o"+name(racer), name(racer), lane))}
		})
		winner := s.oneWins(fates, ports.FateLaneTaken)
		names := make([]string, racers)
		for racer, got := range fates {
			if names[racer] = name(racer); racer != winner {
				s.Equal([]string{"o" + name(racer), "o" + name(winner)}, got[0].IDs)
			}
		}
		wallets, err := s.Wallets(s.t.Context(), names)
		s.NoError(err)
		s.Len(wallets, 1)
		s.Equal(name(winner), wallets[0].ID)
		s.Equal([]string{"o" + name(winner)}, s.findOperations(ports.OperationFilter{Lane: lane, Open: true}))
	})
}

func raceLaneFreed(s *storeTest) {
	var first ports.Operation = hold("first", "w", "lane")
	s.committed(only(first))
	repeatedly(func(round int) {
		next := make([]ports.Operation, racers)
		fates := s.race(func(racer int) []ports.Unit {
			next[racer] = hold(fmt.Sprintf("o-%d-%d", round, racer), "w", "lane")
			return []ports.Unit{only(ended(first), next[racer])}
		})
		first = next[s.oneWins(fates, ports.FateOperationConflict)]
		s.Equal([]string{first.Head().ID}, s.findOperations(ports.OperationFilter{Open: true}))
	})
}

// raceKey lets all racers book the same key. A racer that loses on the version
// reads the wallet again and tries once more; the key must then be taken.
func raceKey(s *storeTest) {
	s.committed(opened("w"))
	rounds := 0
	repeatedly(func(round int) {
		key := fmt.Sprintf("k-%d", round)
		fates := make([]ports.Fate, racers)
		calls := make([]func(), racers)
		for racer := range racers {
			calls[racer] = func() {
				fates[racer] = s.untilThrough([]string{"w"}, func(current []ports.Wallet) ports.Unit { return booked(current[0], recharged("1", key)) })
			}
		}
		s.together(calls...)
		won := 0
		for _, fate := range fates {
			if fate.Status == ports.FateCommitted {
				won++
				continue
			}
			s.keyTaken(fate, ports.EntryKey{WalletID: "w", Key: key})
		}
		s.Equal(1, won, "commits of the key")
		rounds++
	})
	s.Len(s.history("w"), rounds+1)
}

// untilThrough reads wallets and commits what is made of them until that is no conflict.
func (s *storeTest) untilThrough(names []string, unit func(current []ports.Wallet) ports.Unit) ports.Fate {
	for {
		current, err := s.Wallets(s.t.Context(), names)
		if err != nil {
			return ports.Fate{Status: ports.FateFailed, Err: err}
		}
		if len(current) != len(names) {
			return ports.Fate{Status: ports.FateFailed, Err: fmt.Errorf("%d of %d wallets were read", len(current), len(names))}
		}
		fate := single(s.commitUnlessBusy([]ports.Unit{unit(current)}))
		if fate.Status != ports.FateConflict {
			return fate
		}
	}
}

func raceBatches(s *storeTest) {
	names := ids("w", 12)
	units := make(map[string]ports.Unit, len(names))
	for _, id := range names {
		units[id] = opened(id)
		s.committed(units[id])
	}
	orders := make([][]string, racers)
	fates := s.race(func(racer int) []ports.Unit {
		random := rand.New(rand.NewPCG(1, uint64(racer)))
		orders[racer] = slices.Clone(names)
		random.Shuffle(len(names), func(i, j int) {
			orders[racer][i], orders[racer][j] = orders[racer][j], orders[racer][i]
		})
		mine := make([]ports.Unit, 0, len(names))
		for _, id := range orders[racer] {
			mine = append(mine, after(units[id], recharged(fmt.Sprint(racer+1), fmt.Sprint(racer))))
		}
		return mine
	})
	winners := make(map[string]int)
	for racer, got := range fates {
		for i, fate := range got {
			if fate.Status == ports.FateCommitted {
				winners[orders[racer][i]]++
				s.Equal(fmt.Sprint(racer+1), s.wallet(orders[racer][i]).Balance.String())
				continue
			}
			s.fate(fate, ports.FateConflict, orders[racer][i])
		}
	}
	for _, id := range names {
		s.Equal(1, winners[id], "winners of %s", id)
	}
}

// raceOpposite moves money between two wallets both ways at once; each racer tries
// until it is through.
func raceOpposite(s *storeTest) {
	s.committed(opened("a"), opened("b"))
	rounds := 0
	repeatedly(func(int) {
		fates := make([]ports.Fate, racers)
		calls := make([]func(), racers)
		for racer := range racers {
			calls[racer] = func() {
				fates[racer] = s.untilThrough([]string{"a", "b"}, func(wallets []ports.Wallet) ports.Unit {
					from, to := wallets[racer%2], wallets[1-racer%2]
					return merged(booked(from, deducted("1", "")), booked(to, recharged("1", "")))
				})
			}
		}
		s.together(calls...)
		for _, fate := range fates {
			s.status(fate, ports.FateCommitted)
		}
		rounds++
	})
	a, b := s.wallet("a"), s.wallet("b")
	s.True(a.Balance.Add(b.Balance).IsZero(), "sum of both")
	want := int64(rounds*racers + 1)
	s.Equal([]int64{want, want}, []int64{a.Seq, b.Seq})
	s.checkChain("a")
	s.checkChain("b")
}

// commitUnlessBusy commits units, those again that are busy: others are about to write
// the same records, and none of them stays for long.
func (s *storeTest) commitUnlessBusy(units []ports.Unit) []ports.Fate {
	fates := s.Commit(s.t.Context(), units)
	for i := range fates {
		for fates[i].Status == ports.FateBusy && s.t.Context().Err() == nil {
			fates[i] = single(s.Commit(s.t.Context(), units[i:i+1]))
		}
	}
	return fates
}
