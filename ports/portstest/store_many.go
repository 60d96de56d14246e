package portstest

import (
	"fmt"
	"slices"

	"github.com/jigap/jigap/ports"
)

// How many records a scenario of many has: more than the bounds that stores have by mistake.
const (
	manyParts   = 500  // lots of a wallet, lot changes and moves of an entry
	manyRecords = 1100 // of a call or a page
)

func walletLots(s *storeTest) {
	first := opened("w")
	second := after(first, recharged("1", ""))
	for i := range manyParts { // some equal but for their number, in no order of numbers or expiry
		second.Wallets[0].Lots = append(second.Wallets[0].Lots, ports.PointLot{
			ID: int64((i*7)%manyParts + 1), Amount: amount(fmt.Sprintf("%d.25", i+1)), Held: amount(fmt.Sprint(i)), ExpiresAt: at(1 + i/10*37%50), Priority: int32(i/20%3 - 1),
		})
	}
	s.committed(first, second)
	s.sameWallet(second.Wallets[0], s.wallet("w"))
	s.Equal([]string{"w"}, s.findWallets(ports.WalletFilter{ExpiringBy: at(1)}))
	third := after(second, deducted("1", ""))
	slices.Reverse(third.Wallets[0].Lots)
	s.committed(third)
	s.sameWallet(third.Wallets[0], s.wallet("w"))
}

func entryChanges(s *storeTest) {
	first := opened("w")
	entry := recharged("1", "k")
	for i := range manyParts {
		entry.Lots = append(entry.Lots, ports.LotChange{
			LotID: int64((i*7)%manyParts + 1), Amount: amount(fmt.Sprintf("-%d.25", i+1)), HeldAmount: amount(fmt.Sprint(-i)), ExpiresAt: at(i), Priority: int32(i % 3),
		})
		entry.Moves = append(entry.Moves, ports.Move{Account: ports.Account(fmt.Sprintf("account %d", i/2)), Amount: amount(fmt.Sprintf("%d.5", i))})
	}
	second := after(first, entry)
	s.committed(first, second)
	s.sameEntries(second.Entries, behindFirst(s.history("w")))
	feed, _ := s.follow("", 2, 10)
	s.sameEntries(second.Entries, feed[1:])
}

// manyWallets opens many wallets, the last ones in calls of their own.
func (s *storeTest) manyWallets() (names []string, units []ports.Unit) {
	s.t.Helper()
	for i := range manyRecords {
		names = append(names, fmt.Sprintf("w-%04d", i))
		units = append(units, opened(names[i]))
	}
	s.committed(units...)
	return names, units
}

func unitLargestCall(s *storeTest) {
	_, units := s.manyWallets()
	for i := range units {
		units[i] = after(units[i], recharged("1", "k"))
	}
	s.committed(units...)
	entries, _ := s.follow("", 2*manyRecords, 5000)
	s.inOrder(make(map[string]int64), entries)
}

func walletMany(s *storeTest) {
	names, _ := s.manyWallets()
	asked := append(slices.Clone(names), names...)
	slices.Reverse(asked)
	wallets, err := s.Wallets(s.t.Context(), asked)
	s.NoError(err)
	s.Len(wallets, len(names))
	found := make([]string, 0, len(wallets))
	for i := range wallets {
		found = append(found, wallets[i].ID)
	}
	slices.Sort(found)
	s.Equal(names, found)
}

func findWalletsLong(s *storeTest) {
	names, _ := s.manyWallets()
	s.Equal(names, s.findWallets(ports.WalletFilter{Limit: 2 * manyRecords}))
	s.Equal(names[:manyRecords-1], s.findWallets(ports.WalletFilter{Limit: manyRecords - 1}))
	s.Equal(names[50:], s.findWallets(ports.WalletFilter{AfterID: names[49], Limit: manyRecords}))
}

func pageLong(s *storeTest) {
	filled(s, manyRecords)
	s.Equal(upTo(manyRecords), s.seqs(ports.EntryFilter{WalletID: "w", Limit: 2 * manyRecords}))
	s.Equal(upTo(manyRecords-1), s.seqs(ports.EntryFilter{WalletID: "w", Limit: manyRecords - 1}))
	newest := s.seqs(ports.EntryFilter{WalletID: "w", Descending: true, Limit: 2 * manyRecords})
	slices.Reverse(newest)
	s.Equal(upTo(manyRecords), newest)
}

func feedLong(s *storeTest) {
	filled(s, manyRecords)
	for _, limit := range []int{manyRecords - 1, manyRecords, 5 * manyRecords} { // a page may be shorter
		entries, _ := s.follow("", manyRecords, limit)
		s.inOrder(make(map[string]int64), entries)
	}
}

func keyMany(s *storeTest) {
	first := opened("w")
	entries := make([]ports.Entry, manyRecords)
	keys := make([]ports.EntryKey, manyRecords)
	for i := range entries {
		keys[i] = ports.EntryKey{WalletID: "w", Key: fmt.Sprintf("k-%04d", i)}
		entries[i] = recharged("1", keys[i].Key)
	}
	second := after(first, entries...)
	s.committed(first, second)
	slices.Reverse(keys)
	found, err := s.EntriesByKey(s.t.Context(), append(slices.Clone(keys), keys...))
	s.NoError(err)
	s.Len(found, manyRecords)
	slices.SortFunc(found, func(a, b ports.Entry) int { return int(a.Seq - b.Seq) })
	s.sameEntries(second.Entries, found)
}

func entryLastReferringMany(s *storeTest) {
	first := opened("w")
	entries := make([]ports.Entry, manyRecords)
	refs := make([]ports.EntryRef, manyRecords)
	for i := range entries {
		refs[i] = ports.EntryRef{WalletID: "w", Seq: int64(i) + 2}
		entries[i] = refunded(refs[i].Seq, "1")
	}
	second := after(first, entries...)
	s.committed(first, second)
	s.Len(s.lastReferring(ports.EntryRefund, refs...), manyRecords)
}

func operationMany(s *storeTest) {
	names := s.manyOperations()
	asked := append(slices.Clone(names), names...)
	slices.Reverse(asked)
	ops, err := s.Operations(s.t.Context(), asked)
	s.NoError(err)
	s.Len(ops, manyRecords)
}

// manyOperations creates many operations of wallet w, and returns their ids in order.
func (s *storeTest) manyOperations() (names []string) {
	s.t.Helper()
	var units []ports.Unit
	for i := range manyRecords {
		names = append(names, fmt.Sprintf("o-%04d", i))
		units = append(units, only(hold(names[i], "w", "")))
	}
	s.committed(units...)
	return names
}

func findOperationsLong(s *storeTest) {
	names := s.manyOperations()
	s.Equal(names, s.findOperations(ports.OperationFilter{Limit: 2 * manyRecords}))
	s.Equal(names[:manyRecords-1], s.findOperations(ports.OperationFilter{WalletID: "w", Limit: manyRecords - 1}))
	s.Equal(names[50:], s.findOperations(ports.OperationFilter{Open: true, AfterID: names[49], Limit: manyRecords}))
}

func unitManyWallets(s *storeTest) {
	var created, booked ports.Unit
	for _, id := range ids("w", 30) {
		unit := opened(id)
		created, booked = merged(created, unit), merged(booked, after(unit, recharged("1", "k"), deducted("1", "")))
	}
	s.committed(created, booked)
	s.unchanged(booked)
	entries, _ := s.follow("", 90, 100)
	s.inOrder(make(map[string]int64), entries)
}

func unitManyOperations(s *storeTest) {
	unit := opened("w")
	for _, id := range ids("o", 30) {
		unit = with(unit, hold(id, "w", "lane "+id))
	}
	s.committed(unit)
	for _, op := range unit.Operations {
		s.sameOperation(op, s.operation(op.Head().ID))
	}
}
