package portstest

import (
	"slices"

	"github.com/jigap/jigap/ports"
)

func pageScenarios() []scenario {
	return []scenario{
		{"pages forwards meet every entry once", saysEntries, pageForwards},
		{"pages backwards meet every entry once", saysEntries, pageBackwards},
		{"pages backwards under appends meet every entry that was there", saysEntries, pageBackwardsUnderAppends},
		{"pages forwards under appends meet every entry, to the last", saysEntries, pageForwardsUnderAppends},
		{"a page is as long as its limit", saysAnyNumber, pageLong},
	}
}

// pageBound ends a walk that goes round in circles.
const pageBound = 1000

// filled opens wallet w and books entries until its Seq is n.
func filled(s *storeTest, n int) ports.Unit {
	first := opened("w")
	unit := after(first, slices.Repeat([]ports.Entry{recharged("1", "")}, n-1)...)
	s.committed(first, unit)
	return unit
}

// upTo returns 1 to n.
func upTo(n int64) []int64 {
	list := make([]int64, n)
	for i := range list {
		list[i] = int64(i) + 1
	}
	return list
}

func pageForwards(s *storeTest) {
	filled(s, 50)
	filter := ports.EntryFilter{WalletID: "w", Limit: 7}
	var seen []int64
	for page := s.seqs(filter); len(page) > 0 && len(seen) < pageBound; page = s.seqs(filter) {
		seen = append(seen, page...)
		filter.AfterSeq = seen[len(seen)-1]
	}
	s.Equal(upTo(50), seen)
}

func pageBackwards(s *storeTest) {
	filled(s, 50)
	filter := ports.EntryFilter{WalletID: "w", Limit: 7, Descending: true}
	var seen []int64
	for page := s.seqs(filter); len(page) > 0 && len(seen) < pageBound; page = s.seqs(filter) {
		seen = append(seen, page...)
		filter.BeforeSeq = seen[len(seen)-1]
	}
	slices.Reverse(seen)
	s.Equal(upTo(50), seen)
}

// appending books n more entries, one by one, in the background, and returns what
// waits until all are committed.
func appending(s *storeTest, unit ports.Unit, n int) (wait func()) {
	done := make(chan []ports.Fate, 1)
	go func() {
		fates := make([]ports.Fate, 0, n)
		for range n {
			unit = after(unit, recharged("1", ""))
			fates = append(fates, s.Commit(s.t.Context(), []ports.Unit{unit})...)
		}
		done <- fates
	}()
	return func() {
		s.t.Helper()
		var fates []ports.Fate
		s.together(func() { fates = <-done })
		s.statuses(fates, slices.Repeat([]ports.FateStatus{ports.FateCommitted}, n)...)
	}
}

func pageBackwardsUnderAppends(s *storeTest) {
	wait := appending(s, filled(s, 60), 60)
	filter := ports.EntryFilter{WalletID: "w", Limit: 5, Descending: true}
	var seen []int64
	for page := s.seqs(filter); len(page) > 0 && len(seen) < pageBound; page = s.seqs(filter) {
		seen = append(seen, page...)
		filter.BeforeSeq = seen[len(seen)-1]
	}
	wait()
	slices.Reverse(seen)
	s.GreaterOrEqual(len(seen), 60)
	s.Equal(upTo(int64(len(seen))), seen)
}

func pageForwardsUnderAppends(s *storeTest) {
	wait := appending(s, filled(s, 20), 60)
	filter := ports.EntryFilter{WalletID: "w", Limit: 5}
	var seen []int64
	for range pageBound * pageBound {
		if len(seen) >= 80 {
			break
		}
		seen = append(seen, s.seqs(filter)...)
		filter.AfterSeq = int64(len(seen))
	}
	s.Equal(upTo(80), seen)
	wait()
}
