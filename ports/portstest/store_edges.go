package portstest

import (
	"math"
	"slices"
	"time"

	"github.com/jigap/jigap/ports"
)

// walletVersions asks for versions that are the next one in their low bits only.
func walletVersions(s *storeTest) {
	first := opened("w")
	second := after(first, recharged("1", ""))
	s.committed(first, second)
	for _, much := range []int64{1 << 16, 1 << 32, 1 << 53} {
		stale := after(second, recharged("1", "k"))
		stale.Wallets[0].Version += much
		s.refused(stale, ports.FateConflict, "w")
		op := hold("o", "w", "")
		op.Version += much
		s.refused(only(op), ports.FateOperationConflict, "o")
	}
	s.unchanged(second)
}

// walletHashes computes from states whose hashes differ from the stored one in one byte.
func walletHashes(s *storeTest) {
	first := opened("w")
	s.committed(first)
	for i := range first.Wallets[0].Hash {
		other := first.Wallets[0].Clone()
		other.Hash[i] ^= 0x80
		s.refused(booked(other, recharged("1", "k")), ports.FateConflict, "w")
	}
	s.unchanged(first)
	s.committed(after(first, recharged("1", "k")))
}

func walletOtherStateOfSecond(s *storeTest) {
	a, b := opened("a"), opened("b")
	s.committed(a, b)
	mine, rival := after(b, recharged("10", "mine")), after(b, recharged("5000", "rival"))
	s.committed(rival)
	s.refused(merged(after(a, deducted("1", "k")), after(mine, recharged("1", "k"))), ports.FateConflict, "b")
	s.refused(merged(after(mine, recharged("1", "k")), after(a, deducted("1", "k"))), ports.FateConflict, "b")
	s.unchanged(merged(a, rival))
	s.committed(merged(after(a, deducted("1", "k")), after(rival, recharged("1", "k"))))
}

// walletSeen reads a wallet before it exists and after each commit.
func walletSeen(s *storeTest) {
	for _, id := range ids("w", 3) {
		wallets, err := s.Wallets(s.t.Context(), []string{id})
		s.NoError(err)
		s.Empty(wallets)
		s.Empty(s.history(id))
		unit := opened(id)
		s.committed(unit)
		for i := range 6 {
			s.unchanged(unit)
			unit = after(unit, recharged("1", ""))
			if i%2 == 0 {
				unit = with(unit, hold("o"+id+ids("", 6)[i], id, ""))
			}
			s.committed(unit)
		}
		s.unchanged(unit)
	}
}

func operationSeen(s *storeTest) {
	found, err := s.Operations(s.t.Context(), []string{"o"})
	s.NoError(err)
	s.Empty(found)
	var op ports.Operation = hold("o", "w", "")
	s.committed(only(op))
	for i := range 5 {
		s.sameOperation(op, s.operation("o"))
		op = changed(op, func(head *ports.OperationHead) { head.DueAt = at(i + 1) })
		s.committed(only(op))
		s.Equal([]string{"o"}, s.findOperations(ports.OperationFilter{DueBy: at(i + 1)}))
	}
	s.sameOperation(op, s.operation("o"))
}

func operationOneStale(s *storeTest) {
	a, b, c := hold("a", "w", ""), hold("b", "w", ""), hold("c", "w", "")
	s.committed(only(a, b, c))
	for _, unit := range []ports.Unit{
		only(touched(touched(a)), touched(b), touched(c)),
		only(touched(a), touched(touched(b)), touched(c)),
		only(touched(a), touched(b), touched(touched(c))),
	} {
		stale := ""
		for _, op := range unit.Operations {
			if op.Head().Version != 2 {
				stale = op.Head().ID
			}
		}
		s.refused(unit, ports.FateOperationConflict, stale)
		for _, op := range []ports.Operation{a, b, c} {
			s.sameOperation(op, s.operation(op.Head().ID))
		}
	}
	s.committed(only(touched(a), touched(b), touched(c)))
}

// operationInOrder writes an operation with a wallet and without, by turns.
func operationInOrder(s *storeTest) {
	a := opened("a")
	first := hold("o", "a", "lane")
	second := touched(first)
	third := ended(second)
	fates := s.commit(only(first), with(a, second), only(third), with(after(a, recharged("1", "")), hold("p", "a", "lane")))
	s.statuses(fates, ports.FateCommitted, ports.FateCommitted, ports.FateCommitted, ports.FateCommitted)
	s.sameOperation(third, s.operation("o"))
	fates = s.commit(only(touched(third)), with(opened("b"), touched(third)))
	s.statuses(fates, ports.FateCommitted, ports.FateOperationConflict)
	s.absent("b")
}

func unitStaleWithOperations(s *storeTest) {
	a := opened("a")
	s.committed(a, after(a, recharged("1", "")))
	s.refused(with(after(a, recharged("2", "k")), hold("o", "a", "lane")), ports.FateConflict, "a")
	s.absent("nobody", "o")
	s.committed(only(hold("p", "a", "lane")))
}

func keySeen(s *storeTest) {
	unit := opened("w")
	s.committed(unit)
	for _, key := range ids("k", 5) {
		asked := []ports.EntryKey{{WalletID: "w", Key: key}}
		found, err := s.EntriesByKey(s.t.Context(), asked)
		s.NoError(err)
		s.Empty(found)
		unit = after(unit, recharged("1", key))
		s.committed(unit)
		found, err = s.EntriesByKey(s.t.Context(), asked)
		s.NoError(err)
		s.sameEntries(unit.Entries, found)
	}
}

func findWalletsNew(s *storeTest) {
	var want []string
	for _, id := range ids("w", 10) {
		s.Equal(append([]string{}, want...), s.findWallets(ports.WalletFilter{}))
		unit := opened(id)
		unit.Wallets[0].Lots = []ports.PointLot{lot("1", "0", at(1))}
		unit.Wallets[0].Watch.Below = bound("0")
		s.committed(unit)
		want = append(want, id)
		s.Equal(want, s.findWallets(ports.WalletFilter{}))
		s.Equal(want, s.findWallets(ports.WalletFilter{ExpiringBy: at(1)}))
		s.Equal(want, s.findWallets(ports.WalletFilter{Due: true}))
	}
}

func findWalletsStatuses(s *storeTest) {
	statuses := []ports.WalletStatus{ports.WalletActive, ports.WalletClosed, ports.WalletFrozen}
	var want []string
	for _, status := range statuses {
		unit := lotted(string(status), lot("1", "0", at(10)))
		unit.Wallets[0].Watch.Below, unit.Wallets[0].Status = bound("0"), status
		s.committed(unit)
		want = append(want, string(status))
	}
	for _, filter := range []ports.WalletFilter{{}, {Due: true}, {ExpiringBy: at(10)}, {Due: true, ExpiringBy: at(10)}} {
		s.Equal(want, s.findWallets(filter), "%+v", filter)
		for _, status := range statuses {
			filter.Statuses = []ports.WalletStatus{status}
			s.Equal([]string{string(status)}, s.findWallets(filter), "%+v", filter)
		}
	}
}

func findWalletsMicrosecond(s *storeTest) {
	moments := []time.Time{at(5), at(5).Add(time.Microsecond), at(5).Add(time.Millisecond), at(6)}
	names := ids("w", len(moments))
	for i, moment := range moments {
		s.committed(lotted(names[i], lot("1", "0", moment)))
	}
	for i, moment := range moments {
		s.Equal(names[:i+1], s.findWallets(ports.WalletFilter{ExpiringBy: moment}))
		s.Equal(names[:i+1], s.findWallets(ports.WalletFilter{ExpiringBy: moment.Add(999 * time.Nanosecond)}))
	}
}

func findWalletsWatch(s *storeTest) {
	unit := opened("w")
	s.committed(unit)
	s.Empty(s.findWallets(ports.WalletFilter{Due: true}))
	unit = after(unit)
	unit.Wallets[0].Watch.Below = bound("0")
	s.committed(unit)
	s.Equal([]string{"w"}, s.findWallets(ports.WalletFilter{Due: true}))
	unit = after(unit)
	unit.Wallets[0].Watch = ports.Watch{}
	s.committed(unit)
	s.Empty(s.findWallets(ports.WalletFilter{Due: true}))
}

// entryOccurred books entries that occurred in the opposite order.
func entryOccurred(s *storeTest) {
	first := opened("w")
	entries := make([]ports.Entry, 5)
	for i := range entries {
		entries[i] = ports.Entry{Type: ports.EntryFreeze, BookedAt: at(10 + i), OccurredAt: at(20 - i)}
	}
	s.committed(first, after(first, entries...))
	seqs := func(from, until time.Time) []int64 {
		return s.seqs(ports.EntryFilter{WalletID: "w", From: from, Until: until, Limit: 10})
	}
	s.Equal([]int64{5, 6}, seqs(at(13), time.Time{}))
	s.Equal([]int64{1, 2, 3}, seqs(time.Time{}, at(12)))
	s.Equal([]int64{3, 4}, seqs(at(11), at(13)))
	s.Empty(seqs(at(15), time.Time{}))
}

func entryEdges(s *storeTest) {
	filled(s, 5)
	seqs := func(filter ports.EntryFilter) []int64 {
		filter.WalletID, filter.Limit = "w", 10
		return s.seqs(filter)
	}
	for _, descending := range []bool{false, true} {
		ordered := func(want ...int64) []int64 {
			if descending {
				for i, j := 0, len(want)-1; i < j; i, j = i+1, j-1 {
					want[i], want[j] = want[j], want[i]
				}
			}
			return append([]int64{}, want...)
		}
		s.Equal(ordered(1, 2, 3, 4, 5), seqs(ports.EntryFilter{Descending: descending}))
		s.Equal(ordered(1, 2, 3, 4, 5), seqs(ports.EntryFilter{AfterSeq: -1, Descending: descending}))
		s.Equal(ordered(2, 3, 4, 5), seqs(ports.EntryFilter{AfterSeq: 1, Descending: descending}))
		s.Equal(ordered(5), seqs(ports.EntryFilter{AfterSeq: 4, Descending: descending}))
		s.Empty(seqs(ports.EntryFilter{AfterSeq: 5, Descending: descending}))
		s.Empty(seqs(ports.EntryFilter{AfterSeq: 1 << 40, Descending: descending}))
		s.Empty(seqs(ports.EntryFilter{AfterSeq: math.MaxInt64, Descending: descending}))
		s.Empty(seqs(ports.EntryFilter{BeforeSeq: -1, Descending: descending}))
		s.Equal(ordered(1, 2, 3, 4, 5), seqs(ports.EntryFilter{AfterSeq: math.MinInt64, BeforeSeq: math.MaxInt64, Descending: descending}))
		s.Empty(seqs(ports.EntryFilter{BeforeSeq: 1, Descending: descending}))
		s.Equal(ordered(1), seqs(ports.EntryFilter{BeforeSeq: 2, Descending: descending}))
		s.Equal(ordered(1, 2, 3, 4), seqs(ports.EntryFilter{BeforeSeq: 5, Descending: descending}))
		s.Equal(ordered(1, 2, 3, 4, 5), seqs(ports.EntryFilter{BeforeSeq: 6, Descending: descending}))
		s.Equal(ordered(1, 2, 3, 4, 5), seqs(ports.EntryFilter{BeforeSeq: 1 << 40, Descending: descending}))
		s.Equal(ordered(3), seqs(ports.EntryFilter{AfterSeq: 2, BeforeSeq: 4, Descending: descending}))
		s.Empty(seqs(ports.EntryFilter{AfterSeq: 3, BeforeSeq: 4, Descending: descending}))
		s.Empty(seqs(ports.EntryFilter{AfterSeq: 4, BeforeSeq: 2, Descending: descending}))
	}
}

func findOperationsBehindAny(s *storeTest) {
	names := ids("o", 5)
	for _, id := range names {
		s.committed(only(hold(id, "w", "")))
	}
	for _, filter := range []ports.OperationFilter{{}, {WalletID: "w"}, {Open: true}} {
		for i, id := range names {
			filter.AfterID = id + "x"
			filter.NewestFirst = false
			s.Equal(append([]string{}, names[i+1:]...), s.findOperations(filter), "%+v", filter)
			newest := slices.Clone(names[:i+1])
			slices.Reverse(newest)
			filter.NewestFirst = true
			s.Equal(newest, s.findOperations(filter), "%+v", filter)
		}
		filter.NewestFirst = false
		filter.AfterID = "a"
		s.Equal(names, s.findOperations(filter), "%+v", filter)
	}
}

func findOperationsDueMicrosecond(s *storeTest) {
	moments := []time.Time{at(5), at(5).Add(time.Microsecond), at(5).Add(time.Millisecond), at(6)}
	names := ids("o", len(moments))
	for i, moment := range moments {
		s.committed(only(dueHold(names[i], moment)))
	}
	for i, moment := range moments {
		s.Equal(names[:i+1], s.findOperations(ports.OperationFilter{DueBy: moment}))
		s.Equal(names[:i+1], s.findOperations(ports.OperationFilter{DueBy: moment, WalletID: "w"}))
		s.Equal(names[:i+1], s.findOperations(ports.OperationFilter{DueBy: moment.Add(999 * time.Nanosecond)}))
	}
}
