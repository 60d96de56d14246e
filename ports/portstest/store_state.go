package portstest

import (
	"github.com/jigap/jigap/ports"
)

// walletOtherStateKey computes from another state, and asks for a key that is used.
func walletOtherStateKey(s *storeTest) {
	first := opened("w")
	s.committed(first)
	mine, rival := after(first, recharged("10", "mine")), after(first, recharged("5000", "rival"))
	s.committed(rival, only(hold("o", "w", "lane")))
	s.refused(with(after(mine, recharged("1", "rival")), hold("o", "w", "")), ports.FateConflict, "w")
	s.unchanged(rival)
}

func walletOtherStateOfAny(s *storeTest) {
	units := []ports.Unit{opened("a"), opened("b"), opened("c"), opened("d")}
	s.committed(units...)
	for i := range units {
		var unit ports.Unit
		for j := range units {
			base := units[j].Wallets[0].Clone()
			if i == j {
				base.Hash[0] ^= 1
			}
			unit = merged(unit, booked(base, recharged("1", "k")))
		}
		s.refused(unit, ports.FateConflict, units[i].Wallets[0].ID)
	}
	s.unchanged(merged(units...))
}

func operationEndedAgain(s *storeTest) {
	a := hold("a", "w", "")
	last := ended(a)
	s.committed(only(a), only(last))
	s.refused(only(last), ports.FateOperationConflict, "a")
}

// keyTakenOperations leaves the operations of a unit as they are when a key of it is taken.
func keyTakenOperations(s *storeTest) {
	first := opened("w")
	second := after(first, recharged("1", "k"))
	old := hold("old", "w", "")
	s.committed(first, second, only(old))
	s.keyTaken(s.fateOf(with(after(second, recharged("1", "k")), hold("new", "w", "lane"), ended(old))), ports.EntryKey{WalletID: "w", Key: "k"})
	s.absent("nobody", "new")
	s.sameOperation(old, s.operation("old"))
	s.committed(only(hold("other", "w", "lane")))
}

// unitAlternate books entries of two wallets by turns.
func unitAlternate(s *storeTest) {
	a, b := opened("a"), opened("b")
	s.committed(a, b)
	unit := merged(after(a, deducted("1", "1"), deducted("2", "2")), after(b, recharged("1", "1"), recharged("2", "2")))
	unit.Entries[1], unit.Entries[2] = unit.Entries[2], unit.Entries[1]
	s.committed(unit)
	s.unchanged(unit)
	s.checkChain("a")
	s.checkChain("b")
}

func findOperationsWalletMoves(s *storeTest) {
	op := hold("o", "w1", "")
	op.DueAt = at(1)
	s.committed(only(op), only(changed(op, func(head *ports.OperationHead) { head.WalletID = "w2" })))
	s.Equal([]string{"o"}, s.findOperations(ports.OperationFilter{WalletID: "w2"}))
	s.Equal([]string{"o"}, s.findOperations(ports.OperationFilter{WalletID: "w2", DueBy: at(1)}))
	s.Empty(s.findOperations(ports.OperationFilter{WalletID: "w1"}))
	s.Empty(s.findOperations(ports.OperationFilter{WalletID: "w1", DueBy: at(1)}))
}

func findOperationsReferenceAgain(s *storeTest) {
	var op ports.Operation = hold("o", "w", "")
	s.committed(only(op))
	for _, ref := range []string{"p", "", "p", "q", "", "p"} {
		op = changed(op, func(head *ports.OperationHead) { head.ProviderRef = ref })
		s.committed(only(op))
		for _, asked := range []string{"p", "q"} {
			if asked == ref {
				s.Equal([]string{"o"}, s.findOperations(ports.OperationFilter{ProviderRef: asked}))
			} else {
				s.Empty(s.findOperations(ports.OperationFilter{ProviderRef: asked}))
			}
		}
	}
}
