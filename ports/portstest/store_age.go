package portstest

import (
	"slices"

	"github.com/jigap/jigap/ports"
)

// keyOld uses a key again when its entry is more than a thousand entries and years old.
func keyOld(s *storeTest) {
	first := opened("w")
	second := after(first, recharged("1", "old"))
	third := after(second, slices.Repeat([]ports.Entry{{Type: ports.EntryFreeze}}, manyRecords)...)
	late := recharged("1", "")
	late.BookedAt = at(0).AddDate(3, 0, 0)
	fourth := after(third, late)
	s.committed(first, second, third, fourth)
	again := recharged("1", "old")
	again.BookedAt = late.BookedAt
	s.keyTaken(s.fateOf(after(fourth, again)), ports.EntryKey{WalletID: "w", Key: "old"})
	s.unchanged(fourth)
}

func laneAge(s *storeTest) {
	a := hold("a", "w", "lane")
	a.DueAt = at(5)
	s.committed(only(a))
	b := hold("b", "w", "lane")
	b.CreatedAt, b.UpdatedAt = at(0).AddDate(3, 0, 0), at(0).AddDate(3, 0, 0)
	s.refused(only(b), ports.FateLaneTaken, "b", "a")
}

// operationStaleNewer writes stale versions that are dated later than the stored one.
func operationStaleNewer(s *storeTest) {
	a := hold("a", "w", "")
	second := touched(a)
	third := touched(second)
	s.committed(only(a), only(second), only(third))
	for _, version := range []int64{1, 2, 3, 5, 9} {
		rival := changed(a, func(head *ports.OperationHead) { head.Version, head.UpdatedAt, head.DueAt = version, at(1<<20), at(9) })
		s.refused(only(rival), ports.FateOperationConflict, "a")
	}
	s.sameOperation(third, s.operation("a"))
}
