package portstest

import (
	"fmt"
	"reflect"

	"github.com/jigap/jigap/ports"
)

// openOfEachKind returns an open operation of each kind in a lane.
func openOfEachKind(prefix, lane string) []ports.Operation {
	ops := filledOperations()
	for i, op := range ops {
		head := op.Head()
		head.ID, head.Lane, head.Open = fmt.Sprintf("%s%d", prefix, i), lane, true
	}
	return ops
}

func operationKinds(s *storeTest) {
	ops := openOfEachKind("o", "")
	for i, op := range ops {
		op.Head().ID = "same"
		if i == 0 {
			s.committed(only(op))
		} else {
			s.refused(only(op), ports.FateOperationConflict, "same")
		}
	}
	s.sameOperation(ops[0], s.operation("same"))
}

func laneKinds(s *storeTest) {
	for i := range openOfEachKind("", "") {
		lane := fmt.Sprint("lane ", i)
		holder := openOfEachKind(fmt.Sprint("holder ", i, " "), lane)[i]
		s.committed(only(holder))
		for _, op := range openOfEachKind(fmt.Sprint("asks ", i, " "), lane) {
			fate := s.fateOf(only(op))
			s.status(fate, ports.FateLaneTaken)
			s.Equal([]string{op.Head().ID, holder.Head().ID}, fate.IDs)
		}
	}
}

// operationRefilled writes a second version with higher figures in every field, and a third
// with lower ones.
func operationRefilled(s *storeTest) {
	for i, op := range filledOperations() {
		s.committed(only(op))
		for round, n := range []int64{int64(i)*1000 + 150_000, int64(i) + 7} {
			next := op.Clone()
			(&filler{n: n, time: bodyTime}).fill(reflect.ValueOf(next).Elem())
			(&filler{n: n, time: headTime}).fill(reflect.ValueOf(next.Head()).Elem())
			head, was := next.Head(), op.Head()
			head.ID, head.Kind, head.WalletID, head.Version = was.ID, was.Kind, was.WalletID, int64(round)+2
			s.committed(only(next))
			s.sameOperation(next, s.operation(head.ID))
		}
	}
}

// ownershipKinds spoils operations of each kind that were given and read.
func ownershipKinds(s *storeTest) {
	for _, op := range filledOperations() {
		given := op.Clone()
		s.committed(only(given))
		for _, spoiled := range []ports.Operation{given, s.operation(op.Head().ID)} {
			blank(reflect.ValueOf(spoiled).Elem())
		}
		s.sameOperation(op, s.operation(op.Head().ID))
	}
}
