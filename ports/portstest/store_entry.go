package portstest

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/jigap/jigap/ports"
)

func entryScenarios() []scenario {
	return []scenario{
		{"an entry is read as it was written", saysRecord, entryRoundTrip},
		{"an unknown wallet has no entries", saysUnknown, entryUnknownWallet},
		{"entries of other wallets stay out", saysEntryFilter, entryOtherWallets},
		{"From is included, Until is not", saysEntryFilter, entryTimes},
		{"all combinations of conditions, both ways", saysEntryFilter, entryCombinations},
		{"the last entry that refers to another is found", saysReferring, entryLastReferring},
		{"the last entry that refers to another is the one of the newest unit", saysReferring, entryLastReferringMoves},
		{"the last entries that refer to many are found in one call", saysAnyNumber, entryLastReferringMany},
		{"every field of an entry comes back", saysRecord, entryFields},
		{"an entry with many lot changes and moves is read as it was written", saysRecord, entryChanges},
		{"times of booking are compared, not of occurrence", saysEntryFilter, entryOccurred},
		{"AfterSeq and BeforeSeq at their edges", saysEntryFilter, entryEdges},
		{"references are compared byte by byte", saysBytes, entryBytes},
		{"pairs of a wallet and a number are looked up as pairs", saysReferring, entryLastReferringPairs},
		{"an entry that refers to another is found as soon as it is booked", saysBefore, entryLastReferringSeen},
		{"an entry that refers without money, or to a later one, is found", saysReferring, entryLastReferringAny},
		{"a type that is named twice selects an entry once", saysEntryFilter, entryRepeated},
		{"found entries are whole, whatever the filter", saysRecord, entryWhole},
		{"conditions reach beyond two thousand entries", saysEntries, entryFar},
		{"long texts and many pairs of metadata come back", saysRecord, entryLong},
	}
}

// fullEntry sets every field that the wallet does not determine.
func fullEntry() ports.Entry {
	return ports.Entry{
		Type: ports.EntryRefund, BalanceAmount: amount("-10.25"), PointAmount: amount("-3"),
		BalanceHeldAmount: amount("-10.5"), PointHeldAmount: amount("-3"),
		Lots: []ports.LotChange{
			{LotID: 9, Amount: amount("-1"), HeldAmount: amount("-1"), ExpiresAt: at(77), Priority: -2},
			{LotID: 2, Amount: amount("-2"), HeldAmount: amount("-2.5")},
		},
		Counterparty: ports.AccountUsage,
		Moves: []ports.Move{
			{Account: ports.AccountFee, Amount: amount("1.5")}, {Account: ports.AccountPayable, Amount: amount("-1.5")},
		},
		PeerWalletID: "peer", PeerSeq: 12, OperationID: "op", RefersTo: 1, Refunded: amount("13.25"), NewScale: 4,
		Key: "key 1", Digest: sha256.Sum256([]byte("asked")),
		Reference: "order 1", Memo: "첫 번째 \"memo\"", Metadata: map[string]string{"a": "1", "나": "", "c\\": "{}"}, Who: "김 \"operator\"",
		OccurredAt: at(3), BookedAt: at(9),
	}
}

func entryRoundTrip(s *storeTest) {
	first := opened("w")
	second := after(first, fullEntry(), ports.Entry{Type: ports.EntryFreeze})
	s.committed(first, second)
	want := slices.Concat(first.Entries, second.Entries)
	s.sameEntries(want, s.history("w"))
	byKey, err := s.EntriesByKey(s.t.Context(), []ports.EntryKey{{WalletID: "w", Key: "key 1"}})
	s.NoError(err)
	s.sameEntries(second.Entries[:1], byKey)
}

func entryUnknownWallet(s *storeTest) {
	s.committed(opened("w"))
	s.Empty(s.history("nobody"))
}

func entryOtherWallets(s *storeTest) {
	a, b := opened("a"), opened("b")
	b2 := after(b, recharged("1", "k"))
	s.committed(a, b, b2)
	s.sameEntries(a.Entries, s.history("a"))
	s.sameEntries(slices.Concat(b.Entries, b2.Entries), s.history("b"))
}

func entryTimes(s *storeTest) {
	first := opened("w")
	second := after(first, recharged("1", ""), recharged("2", ""), recharged("3", "")) // booked at seconds 2, 3 and 4
	s.committed(first, second)
	seqs := func(from, until time.Time) []int64 {
		return s.seqs(ports.EntryFilter{WalletID: "w", From: from, Until: until, Limit: 10})
	}
	s.Equal([]int64{3, 4}, seqs(at(3), time.Time{}))
	s.Equal([]int64{4}, seqs(at(3).Add(time.Microsecond), time.Time{}))
	s.Equal([]int64{4}, seqs(at(3).Add(time.Nanosecond), time.Time{})) // a clock has nanoseconds
	s.Equal([]int64{1, 2, 3}, seqs(time.Time{}, at(3).Add(time.Nanosecond)))
	s.Equal([]int64{1, 2}, seqs(time.Time{}, at(3)))
	s.Equal([]int64{1, 2, 3}, seqs(time.Time{}, at(3).Add(time.Microsecond)))
	s.Equal([]int64{2}, seqs(at(2), at(3)))
	s.Empty(seqs(at(3), at(3)))
	s.Equal([]int64{3}, seqs(at(3).In(time.FixedZone("KST", 9*3600)), at(4).In(time.FixedZone("X", -3600))))
}

func (s *storeTest) seqs(filter ports.EntryFilter) []int64 {
	s.t.Helper()
	entries, err := s.Entries(s.t.Context(), filter)
	s.NoError(err)
	found := make([]int64, 0, len(entries))
	for i := range entries {
		s.Equal(filter.WalletID, entries[i].WalletID)
		found = append(found, entries[i].Seq)
	}
	return found
}

func entryCombinations(s *storeTest) {
	types := []ports.EntryType{ports.EntryRecharge, ports.EntryDeduct, ports.EntryRefund}
	first := opened("w")
	entries := make([]ports.Entry, 40)
	for i := range entries {
		entries[i] = ports.Entry{
			Type: types[i%3], Reference: pick(i, 1, "r1", "", "r2", "r1"), OperationID: pick(i, 2, "o1", "o2", ""),
			RefersTo: int64(i / 3 % 2 * 4), BookedAt: at(10 + i/2),
		}
	}
	second := after(first, entries...)
	other := opened("other")
	s.committed(first, second, other, after(other, recharged("1", "")))
	all := slices.Concat(first.Entries, second.Entries)
	for i := range 1 << 9 {
		filter := entryFilterOf(i)
		s.Equal(expectedEntries(all, filter), s.seqs(filter), "%+v", filter)
	}
}

// entryFilterOf sets a condition for each bit of i.
func entryFilterOf(i int) ports.EntryFilter {
	filter := ports.EntryFilter{WalletID: "w", Limit: 3 + i%3*50, Descending: i&1 != 0}
	set := func(bit int, apply func()) {
		if i&(1<<bit) != 0 {
			apply()
		}
	}
	set(1, func() { filter.Types = []ports.EntryType{ports.EntryRefund, ports.EntryDeduct} })
	set(2, func() { filter.From = at(13) })
	set(3, func() { filter.Until = at(27) })
	set(4, func() { filter.Reference = "r1" })
	set(5, func() { filter.OperationID = "o1" })
	set(6, func() { filter.RefersTo = 4 })
	set(7, func() { filter.AfterSeq = 5 })
	set(8, func() { filter.BeforeSeq = 34 })
	return filter
}

func expectedEntries(all []ports.Entry, filter ports.EntryFilter) []int64 {
	found := make([]int64, 0, len(all))
	for i := range all {
		e := &all[i]
		switch {
		case len(filter.Types) > 0 && !slices.Contains(filter.Types, e.Type):
		case !filter.From.IsZero() && e.BookedAt.Before(filter.From):
		case !filter.Until.IsZero() && !e.BookedAt.Before(filter.Until):
		case filter.Reference != "" && e.Reference != filter.Reference:
		case filter.OperationID != "" && e.OperationID != filter.OperationID:
		case filter.RefersTo != 0 && e.RefersTo != filter.RefersTo:
		case e.Seq <= filter.AfterSeq:
		case filter.BeforeSeq != 0 && e.Seq >= filter.BeforeSeq:
		default:
			found = append(found, e.Seq)
		}
	}
	if filter.Descending {
		slices.Reverse(found)
	}
	return found[:min(len(found), filter.Limit)]
}

// refunded is an entry that gives back a part of another.
func refunded(to int64, sum string) ports.Entry {
	return ports.Entry{Type: ports.EntryRefund, BalanceAmount: amount("1"), Counterparty: ports.AccountUsage, RefersTo: to, Refunded: amount(sum)}
}

// lastReferring reads the last refunds of entries, and returns them by what they refer to.
func (s *storeTest) lastReferring(entryType ports.EntryType, to ...ports.EntryRef) map[ports.EntryRef]ports.Entry {
	s.t.Helper()
	entries, err := s.LastReferring(s.t.Context(), entryType, to)
	s.NoError(err)
	found := make(map[ports.EntryRef]ports.Entry, len(entries))
	for i := range entries {
		s.Equal(entryType, entries[i].Type)
		found[ports.EntryRef{WalletID: entries[i].WalletID, Seq: entries[i].RefersTo}] = entries[i]
	}
	s.Len(found, len(entries), "each entry that is named yields one")
	return found
}

func entryLastReferring(s *storeTest) {
	a, b := opened("a"), opened("b")
	a2 := after(a,
		deducted("10", "2"), deducted("10", "3"), refunded(2, "1"), refunded(3, "1"), refunded(2, "2.5"), // entries 2 to 6
		ports.Entry{Type: ports.EntryReverse, RefersTo: 2}, ports.Entry{Type: ports.EntryFreeze}, // 7 and 8
	)
	b2 := after(b, deducted("10", "2"), refunded(2, "7"), ports.Entry{Type: ports.EntryReverse, RefersTo: 1}) // 2 to 4
	s.committed(a, b, a2, b2)
	ref := func(id string, seq int64) ports.EntryRef { return ports.EntryRef{WalletID: id, Seq: seq} }
	all := []ports.EntryRef{
		ref("a", 2), ref("a", 3), ref("b", 2), ref("a", 2), // one is named twice
		ref("a", 1), ref("b", 1), ref("b", 3), ref("a", 99), ref("nobody", 2), ref("a", 0), ref("a", -1), // no refund refers to these
	}
	found := s.lastReferring(ports.EntryRefund, all...)
	s.Len(found, 3)
	s.sameEntry(a2.Entries[4], found[ref("a", 2)])
	s.sameEntry(a2.Entries[3], found[ref("a", 3)])
	s.sameEntry(b2.Entries[1], found[ref("b", 2)])
	found = s.lastReferring(ports.EntryReverse, all...)
	s.Len(found, 2)
	s.sameEntry(a2.Entries[5], found[ref("a", 2)])
	s.sameEntry(b2.Entries[2], found[ref("b", 1)])
	s.Empty(s.lastReferring(ports.EntryRefund))
	s.Empty(s.lastReferring(ports.EntryGrant, all...))
}

func entryLastReferringMoves(s *storeTest) {
	unit := opened("w")
	s.committed(unit)
	unit = after(unit, deducted("100", "usage"))
	s.committed(unit)
	ref := ports.EntryRef{WalletID: "w", Seq: 2}
	for i := range 12 {
		unit = after(unit, refunded(2, fmt.Sprint(2*i+1)), refunded(2, fmt.Sprint(2*i+2)))
		s.committed(unit)
		s.sameEntry(unit.Entries[1], s.lastReferring(ports.EntryRefund, ref)[ref])
	}
	stale := after(unit, refunded(2, "99"))
	stale.Wallets[0].Version--
	s.refused(stale, ports.FateConflict, "w")
	s.sameEntry(unit.Entries[1], s.lastReferring(ports.EntryRefund, ref)[ref])
}

func entryLastReferringAny(s *storeTest) {
	first := opened("w")
	second := after(first, deducted("9", ""), refunded(2, "5"), refunded(2, "1"), // entries 2 to 4
		ports.Entry{Type: ports.EntryRelease, RefersTo: 2}, ports.Entry{Type: ports.EntryReverse, RefersTo: 99, BalanceAmount: amount("1")})
	s.committed(first, second)
	ref, ahead := ports.EntryRef{WalletID: "w", Seq: 2}, ports.EntryRef{WalletID: "w", Seq: 99}
	s.sameEntry(second.Entries[2], s.lastReferring(ports.EntryRefund, ref)[ref])
	s.sameEntry(second.Entries[3], s.lastReferring(ports.EntryRelease, ref)[ref])
	s.sameEntry(second.Entries[4], s.lastReferring(ports.EntryReverse, ahead)[ahead])
}
