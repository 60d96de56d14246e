package portstest

import (
	"github.com/jigap/jigap/ports"
)

func unitScenarios() []scenario {
	return []scenario{
		{"a call without units returns no fates", saysFates, unitNone},
		{"an empty unit is committed", saysNoRecord, unitEmpty},
		{"units that conflict do not hold back other units", saysIndependent, unitBeside},
		{"a unit of several wallets is written whole", saysWritten, unitSeveralWallets},
		{"one stale wallet refuses a unit of several wallets", saysAtomic, unitOneStale},
		{"a refused unit leaves nothing behind, not even its key or lane", saysAtomic, unitLeavesNothing},
		{"a wallet conflict goes before all other refusals", saysCurrent, unitPrecedenceWallet},
		{"a taken key goes before operations and lanes", saysCurrentFree, unitPrecedenceKey},
		{"an operation conflict goes before lanes", saysStale, unitPrecedenceOperation},
		{"a large call is decided unit by unit", saysFates, unitLargeCall},
		{"a unit carries many entries", saysWritten, unitManyEntries},
		{"chains of units across wallets are decided in order", saysInOrder, unitChains},
		{"a unit carries many wallets", saysWritten, unitManyWallets},
		{"a unit carries many operations", saysWritten, unitManyOperations},
		{"a unit whose wallets are stale writes no operation", saysAtomic, unitStaleWithOperations},
		{"a call of more than a thousand units is written whole", saysFates, unitLargestCall},
		{"entries of two wallets may alternate", saysWritten, unitAlternate},
	}
}

func unitNone(s *storeTest) { s.Empty(s.Commit(s.t.Context(), nil)) }

func unitEmpty(s *storeTest) {
	first := opened("w")
	s.committed(ports.Unit{}, first, ports.Unit{})
	s.committed(ports.Unit{})
	s.unchanged(first)
}

func unitBeside(s *storeTest) {
	a, b, c := opened("a"), opened("b"), opened("c")
	s.committed(a, b, c, only(hold("o", "a", "lane")))
	fates := s.commit(
		after(a, recharged("1", "k")),
		opened("b"),
		only(hold("o", "a", "")),
		after(b, recharged("2", "k")),
		only(hold("p", "b", "lane")),
		after(after(c), recharged("3", "k")),
		after(c, recharged("4", "k")),
	)
	s.statuses(fates, ports.FateCommitted, ports.FateConflict, ports.FateOperationConflict, ports.FateCommitted, ports.FateLaneTaken, ports.FateConflict, ports.FateCommitted)
	s.unchanged(after(a, recharged("1", "k")))
	s.unchanged(after(b, recharged("2", "k")))
	s.unchanged(after(c, recharged("4", "k")))
	s.fate(fates[1], ports.FateConflict, "b")
	s.fate(fates[2], ports.FateOperationConflict, "o")
	s.Equal([]string{"p", "o"}, fates[4].IDs)
	s.fate(fates[5], ports.FateConflict, "c")
}

func unitSeveralWallets(s *storeTest) {
	a, b := opened("a"), opened("b")
	s.committed(merged(b, a)) // in any order
	transfer := merged(after(b, deducted("5", "k")), after(a, recharged("5", "k")))
	transfer = with(transfer, hold("o", "a", "lane"))
	s.committed(transfer)
	s.unchanged(transfer)
	s.sameOperation(transfer.Operations[0], s.operation("o"))
}

func unitOneStale(s *storeTest) {
	a, b := opened("a"), opened("b")
	s.committed(a, b)
	moved := after(b, recharged("1", "first"))
	s.committed(moved)
	transfer := merged(after(a, deducted("5", "k")), after(b, recharged("5", "k")))
	s.refused(transfer, ports.FateConflict, "b")
	s.unchanged(merged(a, moved))
	s.refused(merged(after(a, deducted("5", "k")), after(opened("nobody"))), ports.FateConflict, "nobody")
	s.unchanged(a)
	s.committed(merged(after(a, deducted("5", "k")), after(moved, recharged("5", "k"))))
}

func unitLeavesNothing(s *storeTest) {
	a, b := opened("a"), opened("b")
	s.committed(a, b, only(hold("busy", "b", "")))
	doomed := with(after(a, recharged("9", "key")), hold("o", "a", "lane"), hold("busy", "a", "")) // busy exists
	s.refused(doomed, ports.FateOperationConflict, "busy")
	s.unchanged(a)
	found, err := s.EntriesByKey(s.t.Context(), []ports.EntryKey{{WalletID: "a", Key: "key"}})
	s.NoError(err)
	s.Empty(found)
	s.absent("nobody", "o")
	s.refused(merged(opened("new"), doomed), ports.FateOperationConflict, "busy")
	s.absent("new", "o")
	s.committed(with(after(b, recharged("1", "key")), hold("p", "b", "lane")), after(a, recharged("1", "key")))
}

// precedence makes a store where wallet w is at version 2 with key "used", operation
// o is open in lane "lane".
func precedence(s *storeTest) (current ports.Unit) {
	first := opened("w")
	current = after(first, recharged("1", "used"))
	s.committed(first, current, only(hold("o", "w", "lane")))
	return current
}

func unitPrecedenceWallet(s *storeTest) {
	current := precedence(s)
	stale := after(current, recharged("1", "used"))
	stale.Wallets[0].Version--
	s.refused(with(stale, hold("o", "w", ""), hold("p", "w", "lane")), ports.FateConflict, "w")
	s.unchanged(current)
}

func unitPrecedenceKey(s *storeTest) {
	current := precedence(s)
	unit := with(after(current, recharged("1", "used")), hold("o", "w", ""), hold("p", "w", "lane"))
	fate := s.fateOf(unit)
	s.status(fate, ports.FateKeyTaken)
	s.Equal([]ports.EntryKey{{WalletID: "w", Key: "used"}}, fate.Keys)
	s.unchanged(current)
}

func unitPrecedenceOperation(s *storeTest) {
	current := precedence(s)
	s.refused(with(after(current, recharged("1", "new")), hold("o", "w", ""), hold("p", "w", "lane")),
		ports.FateOperationConflict, "o")
	s.unchanged(current)
	s.refused(with(after(current, recharged("1", "new")), hold("p", "w", "lane")), ports.FateLaneTaken, "p", "o")
	s.unchanged(current)
	s.absent("nobody", "p")
}

func unitLargeCall(s *storeTest) {
	names := ids("w", 300)
	units := make([]ports.Unit, len(names))
	for i, id := range names {
		units[i] = opened(id)
	}
	s.committed(units...)
	want := make([]ports.FateStatus, len(names))
	for i := range units {
		units[i] = after(units[i], recharged("10", "k"), deducted("3", ""))
		want[i] = ports.FateCommitted
		if i%3 == 1 {
			units[i].Wallets[0].Version++
			want[i] = ports.FateConflict
		}
	}
	s.statuses(s.commit(units...), want...)
	for i := range units {
		if want[i] == ports.FateCommitted {
			s.sameWallet(units[i].Wallets[0], s.wallet(names[i]))
		} else {
			s.Equal(int64(1), s.wallet(names[i]).Version)
		}
	}
}

func unitManyEntries(s *storeTest) {
	first := opened("w")
	entries := make([]ports.Entry, 0, 500)
	for _, key := range ids("key", cap(entries)) {
		entries = append(entries, recharged("1.01", key))
	}
	second := after(first, entries...)
	s.committed(first, second)
	s.unchanged(second)
	s.sameEntries(second.Entries, behindFirst(s.history("w")))
}

func unitChains(s *storeTest) {
	a, b, c := opened("a"), opened("b"), opened("c")
	ab := merged(after(a, deducted("1", "k1")), after(b, recharged("1", "k1")))
	b2 := booked(ab.Wallets[1], deducted("2", "k2"))
	bc := merged(b2, after(c, recharged("2", "k2")))
	lost := merged(after(a, deducted("3", "k3")), booked(bc.Wallets[1], recharged("3", "k3"))) // a has moved on
	cd := booked(bc.Wallets[1], recharged("4", "k4"))
	fates := s.commit(a, b, c, ab, bc, lost, cd)
	s.statuses(fates, ports.FateCommitted, ports.FateCommitted, ports.FateCommitted, ports.FateCommitted, ports.FateCommitted, ports.FateConflict, ports.FateCommitted)
	s.fate(fates[5], ports.FateConflict, "a")
	s.sameWallet(ab.Wallets[0], s.wallet("a"))
	s.sameWallet(b2.Wallets[0], s.wallet("b"))
	s.unchanged(cd)
}
