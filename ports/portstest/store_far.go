package portstest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jigap/jigap/ports"
)

// What a condition selects lies behind more records than a store looks at by mistake.

func findWalletsFar(s *storeTest) {
	_, units := s.manyWallets()
	for _, i := range []int{700, 1050} {
		next := after(units[i])
		next.Wallets[0].Watch.Below, next.Wallets[0].Lots = bound("0"), []ports.PointLot{lot("1", "0", at(1))}
		s.committed(next)
	}
	want := []string{"w-0700", "w-1050"}
	s.Equal(want, s.findWallets(ports.WalletFilter{Due: true, Limit: 2}))
	s.Equal(want, s.findWallets(ports.WalletFilter{ExpiringBy: at(1), Limit: 2}))
}

func findOperationsFar(s *storeTest) {
	names := s.manyOperations()
	ops := make([]ports.Operation, len(names))
	units := make([]ports.Unit, len(names))
	for i, id := range names {
		ops[i] = changed(hold(id, "w", ""), func(head *ports.OperationHead) {
			if head.DueAt = at(1 + i); i == 700 || i == 1050 {
				head.Reference, head.Provider = "r", "p"
			}
		})
		units[i] = only(ops[i])
	}
	s.committed(units...)
	want := []string{"o-0700", "o-1050"}
	s.Equal(want, s.findOperations(ports.OperationFilter{Reference: "r", Limit: 2}))
	s.Equal(want, s.findOperations(ports.OperationFilter{Providers: []string{"p"}, Limit: 2}))
	s.Equal(want, s.findOperations(ports.OperationFilter{Providers: []string{"p"}, DueBy: at(2000), Limit: 2}))
	claims := make([]ports.Unit, 300)
	for i := range claims {
		claim := filledOperations()[5]
		claim.Head().ID, claim.Head().WalletID, claim.Head().Lane = fmt.Sprintf("o-%04dc", i), "w", ""
		claims[i] = only(claim)
	}
	s.committed(claims...)
	found, err := s.FindOperations(s.t.Context(), ports.OperationFilter{WalletID: "w", Kind: ports.KindClaim, Limit: 250})
	s.NoError(err)
	s.Len(found, 250, "claims")
	for _, op := range found {
		s.Equal(ports.KindClaim, op.Head().Kind)
	}
	for i := range units {
		units[i] = only(ended(ops[i]))
	}
	s.committed(units...)
	s.Len(s.findOperations(ports.OperationFilter{WalletID: "w", Kind: ports.KindHold, Limit: 5000}), manyRecords, "holds that ended")
}

func entryFar(s *storeTest) {
	first := opened("w")
	entries := []ports.Entry{deducted("1", ""), refunded(2, "1")}
	for i := range 2500 {
		entry := ports.Entry{Type: ports.EntryFreeze}
		if i == 2400 {
			entry.Type, entry.Reference = ports.EntryDeduct, "r"
		}
		entries = append(entries, entry)
	}
	s.committed(first, after(first, entries...))
	s.Len(s.lastReferring(ports.EntryRefund, ports.EntryRef{WalletID: "w", Seq: 2}), 1, "entries that refer")
	s.Equal([]int64{2404}, s.seqs(ports.EntryFilter{WalletID: "w", Reference: "r", Limit: 2}))
	s.Equal([]int64{2, 2404}, s.seqs(ports.EntryFilter{WalletID: "w", Types: []ports.EntryType{ports.EntryDeduct}, Limit: 2}))
}

func totalMany(s *storeTest) {
	_, units := s.manyWallets()
	for i := range units {
		units[i] = after(units[i], recharged("1", ""))
	}
	s.committed(units...)
	s.Equal([2]string{fmt.Sprint(manyRecords), "0"}, s.totals()[totalKey{"KRW", ports.AccountWallets}])
}

func findOperationsReference(s *storeTest) {
	var units []ports.Unit
	names := ids("o", 200)
	for _, id := range names {
		op := hold(id, "w", "")
		op.ProviderRef, op.Reference = "p", "r"
		units = append(units, only(op), only(ended(op)))
	}
	s.committed(units...)
	for _, filter := range []ports.OperationFilter{
		{ProviderRef: "p"}, {Reference: "r"}, {WalletID: "w", Kind: ports.KindHold}, {Statuses: ports.Statuses(ports.HoldReleased)},
	} {
		s.Equal(names, s.findOperations(filter), "%+v", filter)
	}
	s.committed(only(changed(s.operation(names[0]), func(head *ports.OperationHead) { head.ProviderRef = "" })))
	s.Equal(names[1:], s.findOperations(ports.OperationFilter{ProviderRef: "p"}))
}

func entryLong(s *storeTest) {
	long := strings.Repeat("한", 5000)
	entry := recharged("1", "k")
	entry.Memo, entry.Metadata = long, map[string]string{}
	for i := range 64 {
		entry.Metadata[fmt.Sprint("key ", i)] = long[:1200]
	}
	unit := after(opened("w"), entry)
	s.committed(opened("w"), unit)
	s.sameEntry(unit.Entries[0], s.entry("w", 2))
}

// operationLong fills every list and every evidence of an operation of each kind.
func operationLong(s *storeTest) {
	held := hold("h", "w", "")
	held.Memo = strings.Repeat("한", 5000)
	recharge, withdrawal := &ports.Recharge{}, &ports.Withdrawal{}
	for _, op := range filledOperations() {
		switch op := op.(type) {
		case *ports.Recharge:
			recharge = op
		case *ports.Withdrawal:
			withdrawal = op
		}
	}
	recharge.Evidence = slices.Repeat([]byte("x\x00"), 100_000)
	withdrawal.Evidence = slices.Clone(recharge.Evidence)
	for i := range manyParts {
		held.Lots = append(held.Lots, ports.HeldLot{LotID: int64(i + 1), Amount: amount("1.5"), ExpiresAt: at(i)})
		recharge.Decisions = append(recharge.Decisions, ports.Decision{What: "wait", Who: fmt.Sprint(i), Why: "why", At: at(i)})
	}
	for _, op := range []ports.Operation{held, recharge, withdrawal} {
		s.committed(only(op))
		s.sameOperation(op, s.operation(op.Head().ID))
	}
}

// argumentGreatestBehind continues with the greatest limit behind a record.
func argumentGreatestBehind(s *storeTest) {
	filled(s, 5)
	_, cursor := s.follow("", 2, 2)
	s.follow(cursor, 3, math.MaxInt)
	for _, filter := range []ports.EntryFilter{{AfterSeq: 2}, {AfterSeq: 2, Descending: true}, {From: at(3)}} {
		filter.WalletID, filter.Limit = "w", math.MaxInt
		s.Len(s.seqs(filter), 3, "%+v", filter)
	}
	s.committed(only(hold("a", "w", "")), only(hold("b", "w", "")))
	s.Equal([]string{"b"}, s.findOperations(ports.OperationFilter{AfterID: "a", Limit: math.MaxInt}))
	s.Equal([]string{"w"}, s.findWallets(ports.WalletFilter{AfterID: "a", Limit: math.MaxInt}))
}
