package portstest

import "github.com/jigap/jigap/ports"

func laneScenarios() []scenario {
	return []scenario{
		{"a lane admits one open operation", saysLane, laneTaken},
		{"a lane is taken for the same wallet too", saysLaneTaken, laneSameWallet},
		{"a lane is free when its operation closed in an earlier call", saysLane, laneFreedEarlier},
		{"a lane is free when its operation closes in the same unit", saysLeave, laneFreedSameUnit},
		{"a lane is free when its operation closed earlier in the call", saysInOrder, laneFreedSameCall},
		{"two units of one call that ask for a lane: the first gets it", saysInOrder, laneTwoInCall},
		{"two operations of one unit cannot share a lane", saysElse, laneTwoInUnit},
		{"an open operation keeps its lane through its writes", saysLane, laneKept},
		{"operations that are not open take no lane", saysLane, laneNotOpen},
		{"a blank lane takes no lane", saysLane, laneBlank},
		{"a refused unit does not free a lane", saysAtomic, laneNotFreedByRefusal},
		{"an operation may move to another lane", saysLaneTaken, laneMoved},
		{"two operations do not exchange lanes in one unit", saysElse, laneSwapped},
		{"lanes are passed on along a chain in one unit", saysMayTake, laneChain},
		{"a lane that is freed in a unit is taken by one operation of it", saysElse, laneFreedForOne},
		{"an operation that moves and a new one cannot share a lane", saysElse, laneMovedAndNew},
		{"lanes are compared byte by byte", saysBytes, laneBytes},
		{"a lane is taken whatever the kinds", saysLane, laneKinds},
		{"a lane is taken however old its operation is and whenever it is due", saysLane, laneAge},
		{"an operation that ended and is written again frees no lane", saysLane, laneEndedAgain},
		{"an operation without a lane moves to a free one only", saysLaneTaken, laneFromNone},
		{"an operation that leaves its lane for none frees it", saysLane, laneLeft},
		{"an operation that ends under another lane frees its own", saysLane, laneEndsElsewhere},
		{"the third operation of a unit is refused for its lane", saysLaneTaken, laneThird},
	}
}

func laneTaken(s *storeTest) {
	s.committed(only(hold("a", "w1", "lane")))
	s.refused(only(hold("b", "w2", "lane")), ports.FateLaneTaken, "b", "a")
	s.Equal([]string{"c", "a"}, s.fateOf(only(hold("c", "w3", "lane"))).IDs)
	s.absent("w", "b", "c")
	s.committed(only(hold("b", "w2", "LANE")), only(hold("c", "w3", "lane 2")))
}

func laneSameWallet(s *storeTest) {
	a := opened("a")
	first := with(a, hold("o", "a", "lane"))
	s.committed(first)
	s.refused(with(after(a, recharged("1", "k")), hold("p", "a", "lane")), ports.FateLaneTaken, "p", "o")
	s.unchanged(a)
}

func laneFreedEarlier(s *storeTest) {
	first := hold("a", "w", "lane")
	s.committed(only(first))
	s.committed(only(ended(first)))
	s.committed(only(hold("b", "w", "lane")))
	s.refused(only(hold("c", "w", "lane")), ports.FateLaneTaken, "c", "b")
}

func laneFreedSameUnit(s *storeTest) {
	first := hold("a", "w", "lane")
	s.committed(only(first))
	s.committed(only(ended(first), hold("b", "w", "lane")))
	second := s.operation("b")
	s.committed(only(hold("0", "w", "lane"), ended(second))) // in any order
	s.refused(only(hold("c", "w", "lane")), ports.FateLaneTaken, "c", "0")
}

func laneFreedSameCall(s *storeTest) {
	first := hold("a", "w", "lane")
	second := hold("b", "w", "lane")
	s.committed(only(first), only(ended(first)), only(second), only(ended(second)), only(hold("c", "w", "lane")))
	fates := s.commit(only(hold("d", "w", "lane")), only(ended(s.operation("c"))), only(hold("e", "w", "lane")))
	s.statuses(fates, ports.FateLaneTaken, ports.FateCommitted, ports.FateCommitted)
	s.fate(fates[0], ports.FateLaneTaken, "d", "c")
}

func laneTwoInCall(s *storeTest) {
	fates := s.commit(only(hold("z", "w1", "lane")), only(hold("a", "w2", "lane")), only(hold("b", "w3", "free")))
	s.statuses(fates, ports.FateCommitted, ports.FateLaneTaken, ports.FateCommitted)
	s.Equal([]string{"a", "z"}, fates[1].IDs)
	s.absent("w", "a")
}

func laneTwoInUnit(s *storeTest) {
	s.refused(with(opened("w"), hold("a", "w", "lane"), hold("b", "w", "lane")), ports.FateLaneTaken, "a", "b")
	s.absent("w", "a", "b")
	s.committed(only(hold("c", "w", "lane")))
}

func laneKept(s *storeTest) {
	var op ports.Operation = hold("a", "w", "lane")
	s.committed(only(op))
	for range 3 {
		op = touched(op)
		s.committed(only(op))
	}
	s.refused(only(hold("b", "w", "lane")), ports.FateLaneTaken, "b", "a")
}

func laneNotOpen(s *storeTest) {
	closed := hold("a", "w", "lane")
	closed.Open = false
	other := hold("b", "w", "lane")
	other.Open = false
	s.committed(only(closed), only(other), only(hold("c", "w", "lane")))
	s.committed(only(touched(closed)))
}

func laneBlank(s *storeTest) {
	s.committed(only(hold("a", "w", "")), only(hold("b", "w", "")), only(hold("c", "w", ""), hold("d", "w", "")))
}

func laneNotFreedByRefusal(s *storeTest) {
	first := hold("a", "w", "lane")
	busy := hold("busy", "w", "")
	s.committed(only(first), only(busy))
	s.refused(only(ended(first), busy), ports.FateOperationConflict, "busy")
	fates := s.commit(only(ended(first), busy), only(hold("b", "w", "lane")))
	s.statuses(fates, ports.FateOperationConflict, ports.FateLaneTaken)
	s.fate(fates[1], ports.FateLaneTaken, "b", "a")
}

func laneMoved(s *storeTest) {
	first := hold("a", "w", "lane")
	s.committed(only(first), only(hold("b", "w", "other")))
	move := func(lane string) ports.Operation {
		return changed(first, func(head *ports.OperationHead) { head.Lane = lane })
	}
	s.refused(only(move("other")), ports.FateLaneTaken, "a", "b")
	s.committed(only(move("third")))
	s.committed(only(hold("c", "w", "lane")))
	s.refused(only(hold("d", "w", "third")), ports.FateLaneTaken, "d", "a")
}

func moved(op ports.Operation, lane string) ports.Operation {
	return changed(op, func(head *ports.OperationHead) { head.Lane = lane })
}

func laneSwapped(s *storeTest) {
	a, b := hold("a", "w", "1"), hold("b", "w", "2")
	s.committed(only(a), only(b))
	s.refused(only(moved(a, "2"), moved(b, "1")), ports.FateLaneTaken, "a", "b")
	s.refused(only(moved(a, "2"), moved(b, "3")), ports.FateLaneTaken, "a", "b")
	s.sameOperation(a, s.operation("a"))
	s.committed(only(moved(a, "2"), ended(b)))
	s.refused(only(hold("c", "w", "2")), ports.FateLaneTaken, "c", "a")
}

func laneChain(s *storeTest) {
	a, b := hold("a", "w", "1"), hold("b", "w", "2")
	s.committed(only(a), only(b))
	s.committed(only(hold("c", "w", "2"), moved(b, "1"), ended(a))) // in any order
	s.refused(only(hold("d", "w", "1")), ports.FateLaneTaken, "d", "b")
	s.refused(only(hold("d", "w", "2")), ports.FateLaneTaken, "d", "c")
}

func laneFreedForOne(s *storeTest) {
	a := hold("a", "w", "lane")
	s.committed(only(a))
	s.refused(only(ended(a), hold("b", "w", "lane"), hold("c", "w", "lane")), ports.FateLaneTaken, "b", "c")
	s.sameOperation(a, s.operation("a"))
	s.absent("nobody", "b", "c")
	fates := s.commit(only(ended(a), hold("b", "w", "lane"), hold("c", "w", "lane")), only(ended(a), hold("c", "w", "lane")))
	s.statuses(fates, ports.FateLaneTaken, ports.FateCommitted)
}

func laneMovedAndNew(s *storeTest) {
	a := hold("a", "w", "1")
	s.committed(only(a))
	s.refused(only(hold("b", "w", "2"), moved(a, "2")), ports.FateLaneTaken, "a", "b")
	s.sameOperation(a, s.operation("a"))
	s.committed(only(hold("b", "w", "2")), only(moved(a, "3")))
}

func laneEndedAgain(s *storeTest) {
	a := hold("a", "w", "lane")
	last := ended(a)
	s.committed(only(a), only(last), only(hold("b", "w", "lane")), only(touched(last)))
	s.refused(only(hold("c", "w", "lane")), ports.FateLaneTaken, "c", "b")
	s.Equal([]string{"b"}, s.findOperations(ports.OperationFilter{Lane: "lane", Open: true}))
}

func laneFromNone(s *storeTest) {
	a, b := hold("a", "w", "lane"), hold("b", "w", "")
	s.committed(only(a), only(b))
	s.refused(only(moved(b, "lane")), ports.FateLaneTaken, "b", "a")
	s.committed(only(moved(b, "free")))
	s.refused(only(hold("c", "w", "free")), ports.FateLaneTaken, "c", "b")
}

func laneLeft(s *storeTest) {
	a := hold("a", "w", "lane")
	s.committed(only(a), only(moved(a, "")), only(hold("b", "w", "lane")))
	s.Equal([]string{"b"}, s.findOperations(ports.OperationFilter{Lane: "lane", Open: true}))
}

func laneEndsElsewhere(s *storeTest) {
	a, b := hold("a", "w", "1"), hold("b", "w", "2")
	s.committed(only(a), only(b))
	s.committed(only(changed(a, func(head *ports.OperationHead) { head.Lane, head.Open = "2", false })))
	s.refused(only(hold("c", "w", "2")), ports.FateLaneTaken, "c", "b")
	s.committed(only(hold("d", "w", "1")))
}

func laneThird(s *storeTest) {
	s.committed(only(hold("a", "w", "lane")))
	s.refused(only(hold("b", "w", "1"), hold("c", "w", "2"), hold("d", "w", "lane")), ports.FateLaneTaken, "d", "a")
	s.absent("nobody", "b", "c", "d")
}
