package portstest

import (
	"fmt"

	"github.com/jigap/jigap/ports"
)

func entryLastReferringSeen(s *storeTest) {
	first := opened("w")
	unit := after(first, deducted("9", ""))
	s.committed(first, unit)
	ref := ports.EntryRef{WalletID: "w", Seq: 2}
	s.Empty(s.lastReferring(ports.EntryRefund, ref))
	for i := range 3 {
		unit = after(unit, refunded(2, fmt.Sprint(i+1)))
		s.committed(unit)
		s.sameEntry(unit.Entries[0], s.lastReferring(ports.EntryRefund, ref)[ref])
	}
}

func totalSeen(s *storeTest) {
	unit := opened("w")
	s.committed(unit)
	for i := range 4 {
		unit = after(unit, recharged("1", ""))
		s.committed(unit)
		s.Equal([2]string{fmt.Sprint(i + 1), "0"}, s.totals()[totalKey{"KRW", ports.AccountWallets}])
	}
}

// found requires that a filter finds operations, whole.
func (s *storeTest) found(filter ports.OperationFilter, want ...ports.Operation) {
	s.t.Helper()
	filter.Limit = 100
	ops, err := s.FindOperations(s.t.Context(), filter)
	s.NoError(err)
	s.Len(ops, len(want), "operations found by %+v", filter)
	for i := range want {
		s.sameOperation(want[i], ops[i])
	}
}

// findOperationsSeen writes an operation again and again, and finds each version by filters
// that no write changes.
func findOperationsSeen(s *storeTest) {
	filters := []ports.OperationFilter{
		{},
		{Open: true},
		{WalletID: "w"},
		{WalletID: "w", Open: true},
		{DueBy: at(100)},
		{DueBy: at(100), WalletID: "w"},
		{DueBy: at(100), WalletID: "w", Open: true, Kind: ports.KindHold},
		{Lane: "l"},
		{Lane: "l", Open: true},
		{Reference: "r"},
		{ProviderRef: "p"},
		{Providers: []string{"a"}},
		{Kind: ports.KindHold},
		{NewestFirst: true},
		{AfterID: "a"},
	}
	op := hold("o", "w", "l")
	op.DueAt, op.Reference, op.ProviderRef, op.Provider, op.Memo = at(5), "r", "p", "a", "memo 0"
	op.Lots = []ports.HeldLot{{LotID: 1, Amount: amount("2.5"), ExpiresAt: at(9)}}
	s.committed(only(op))
	for i := range 3 {
		for _, filter := range filters {
			s.found(filter, op)
		}
		next := op.Clone().(*ports.Hold) //nolint:forcetypeassert // it is one
		next.Version, next.Memo, next.Balance, next.DueAt = op.Version+1, fmt.Sprintf("memo %d", i+1), amount(fmt.Sprint(i)), at(6+i)
		s.committed(only(next))
		op = next
	}
	last := ended(op)
	s.committed(only(last))
	for _, filter := range filters {
		if filter.Open {
			s.found(filter)
		} else {
			s.found(filter, last)
		}
	}
}

// findWalletsNewAmongMany opens wallets whose ids come before those of many others.
func findWalletsNewAmongMany(s *storeTest) {
	names, _ := s.manyWallets()
	for i := range 3 {
		id := fmt.Sprintf("a-%d", 9-i)
		s.committed(opened(id))
		s.Len(s.findWallets(ports.WalletFilter{Limit: 5000}), len(names)+i+1, "wallets")
		s.Equal([]string{id}, s.findWallets(ports.WalletFilter{Limit: 1}))
	}
}
