package portstest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/jigap/jigap/ports"
)

func raceScenarios() []scenario {
	return []scenario{
		{"one of many creates a wallet", raceCreateWallet},
		{"one of many writes a version of a wallet", raceWallet},
		{"one of many creates an operation", raceCreateOperation},
		{"one of many claims an operation", raceOperation},
		{"one of many gets a lane", raceLane},
		{"one of many gets a lane that is being freed", raceLaneFreed},
		{"one of many books a key", raceKey},
		{"many calls over the same wallets in different orders", raceBatches},
		{"units of several wallets in opposite directions", raceOpposite},
	}
}

const racers = 16

// race calls run from many goroutines, released at once, and returns the fates that
// each got.
func (s *storeTest) race(units func(racer int) []ports.Unit) [][]ports.Fate {
	fates := make([][]ports.Fate, racers)
	start := make(chan struct{})
	var running sync.WaitGroup
	for racer := range racers {
		mine := units(racer)
		running.Go(func() {
			<-start
			fates[racer] = s.commitUnlessBusy(mine)
		})
	}
	close(start)
	running.Wait()
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
		s.Equal(refusal, got[0].Status, "%v %v", got[0].IDs, got[0].Err)
	}
	s.NotEqual(-1, winner, "no winner")
	return winner
}

func raceCreateWallet(s *storeTest) {
	units := make([]ports.Unit, racers)
	fates := s.race(func(racer int) []ports.Unit {
		units[racer] = merged(opened("w"), opened(fmt.Sprintf("own-%d", racer)))
		return units[racer : racer+1]
	})
	winner := s.oneWins(fates, ports.FateConflict)
	s.unchanged(units[winner])
	s.Len(s.findWallets(ports.WalletFilter{}), 2)
}

func raceWallet(s *storeTest) {
	unit := opened("w")
	s.committed(unit)
	for round := range 5 {
		units := make([]ports.Unit, racers)
		fates := s.race(func(racer int) []ports.Unit {
			units[racer] = after(unit, recharged("1", fmt.Sprintf("%d-%d", round, racer)))
			return units[racer : racer+1]
		})
		unit = units[s.oneWins(fates, ports.FateConflict)]
		s.unchanged(unit)
		s.sameEntry(unit.Entries[0], s.history("w")[round+1])
	}
}

func raceCreateOperation(s *storeTest) {
	fates := s.race(func(racer int) []ports.Unit {
		return []ports.Unit{only(hold("o", fmt.Sprintf("w%d", racer), ""))}
	})
	winner := s.oneWins(fates, ports.FateOperationConflict)
	s.sameOperation(hold("o", fmt.Sprintf("w%d", winner), ""), s.operation("o"))
}

func raceOperation(s *storeTest) {
	var op ports.Operation = hold("o", "w", "lane")
	s.committed(only(op))
	for round := range 5 {
		claims := make([]ports.Operation, racers)
		fates := s.race(func(racer int) []ports.Unit {
			claims[racer] = changed(op, func(head *ports.OperationHead) { head.DueAt = at(round*racers + racer) })
			return []ports.Unit{only(claims[racer])}
		})
		op = claims[s.oneWins(fates, ports.FateOperationConflict)]
		s.sameOperation(op, s.operation("o"))
	}
}

func raceLane(s *storeTest) {
	fates := s.race(func(racer int) []ports.Unit {
		id := fmt.Sprintf("w-%d", racer)
		return []ports.Unit{with(opened(id), hold("o"+id, id, "lane"))}
	})
	winner := s.oneWins(fates, ports.FateLaneTaken)
	id := fmt.Sprintf("w-%d", winner)
	for racer, got := range fates {
		if racer != winner {
			s.Equal([]string{fmt.Sprintf("ow-%d", racer), "o" + id}, got[0].IDs)
		}
	}
	s.Equal([]string{id}, s.findWallets(ports.WalletFilter{}))
	s.Equal([]string{"o" + id}, s.findOperations(ports.OperationFilter{Lane: "lane", Open: true}))
}

func raceLaneFreed(s *storeTest) {
	first := hold("first", "w", "lane")
	s.committed(only(first))
	fates := s.race(func(racer int) []ports.Unit {
		return []ports.Unit{only(ended(first), hold(fmt.Sprintf("o-%d", racer), "w", "lane"))}
	})
	winner := s.oneWins(fates, ports.FateOperationConflict)
	s.Equal([]string{fmt.Sprintf("o-%d", winner)}, s.findOperations(ports.OperationFilter{Open: true}))
}

// raceKey lets all racers book the same key. A racer that loses on the version
// reads the wallet again and tries once more; the key must then be taken.
func raceKey(s *storeTest) {
	s.committed(opened("w"))
	key := []ports.EntryKey{{WalletID: "w", Key: "k"}}
	start := make(chan struct{})
	fates := make([]ports.Fate, racers)
	var running sync.WaitGroup
	for racer := range racers {
		running.Go(func() {
			<-start
			for fates[racer].Status = ports.FateConflict; fates[racer].Status == ports.FateConflict; {
				current, err := s.Wallets(s.t.Context(), []string{"w"})
				if err != nil {
					fates[racer] = ports.Fate{Status: ports.FateFailed, Err: err}
					return
				}
				fates[racer] = s.commitUnlessBusy([]ports.Unit{booked(current[0], recharged("1", "k"))})[0]
			}
		})
	}
	close(start)
	running.Wait()
	won := 0
	for _, fate := range fates {
		if fate.Status == ports.FateCommitted {
			won++
			continue
		}
		s.keyTaken(fate, key...)
	}
	s.Equal(1, won)
	s.Len(s.history("w"), 2)
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
	names := []string{"a", "b"}
	start := make(chan struct{})
	fates := make([]ports.Fate, racers)
	var running sync.WaitGroup
	for racer := range racers {
		running.Go(func() {
			<-start
			for fates[racer].Status = ports.FateConflict; fates[racer].Status == ports.FateConflict; {
				wallets, err := s.Wallets(s.t.Context(), names)
				if err != nil {
					fates[racer] = ports.Fate{Status: ports.FateFailed, Err: err}
					return
				}
				from, to := wallets[racer%2], wallets[1-racer%2]
				fates[racer] = s.commitUnlessBusy([]ports.Unit{merged(booked(from, deducted("1", "")), booked(to, recharged("1", "")))})[0]
			}
		})
	}
	close(start)
	running.Wait()
	for _, fate := range fates {
		s.Equal(ports.FateCommitted, fate.Status, "%v %v", fate.IDs, fate.Err)
	}
	a, b := s.wallet("a"), s.wallet("b")
	s.True(a.Balance.Add(b.Balance).IsZero())
	s.Equal([]int64{racers + 1, racers + 1}, []int64{a.Seq, b.Seq})
}

// commitUnlessBusy commits units, those again that are busy: others are about to write
// the same records, and none of them stays for long.
func (s *storeTest) commitUnlessBusy(units []ports.Unit) []ports.Fate {
	fates := s.Commit(s.t.Context(), units)
	for i := range fates {
		for fates[i].Status == ports.FateBusy && s.t.Context().Err() == nil {
			fates[i] = s.Commit(s.t.Context(), units[i:i+1])[0]
		}
	}
	return fates
}
