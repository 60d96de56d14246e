package portstest

import (
	"fmt"
	"strings"

	"github.com/jigap/jigap/ports"
)

func cursorScenarios() []scenario {
	return []scenario{
		{"text that is no cursor is invalid", saysNoCursor, cursorMalformed},
		{"a cursor that was changed never reads on", saysNoCursor, cursorChanged},
		{"a cursor ahead of the store is a CursorError", saysLost, cursorAhead},
		{"a cursor of another store with other content is a CursorError", saysLost, cursorOther},
		{"each cursor of a long store with other content is a CursorError", saysLost, cursorOtherMany},
		{"a CursorError says what was read and what is there", saysLost, cursorFigures},
		{"a cursor stays good while the feed grows", saysCursors, cursorGrows},
	}
}

func cursorMalformed(s *storeTest) {
	s.committed(opened("w"))
	for _, cursor := range []string{
		"no cursor", "-1", "x/y/z", "'", "1e3", " ", "0x1", "\x00", "\xff", "\n", "커서", strings.Repeat("9", 10_000), strings.Repeat("-", 10_000),
	} {
		page, err := s.Feed(s.t.Context(), cursor, 10)
		s.ErrorIs(err, ports.ErrInvalid, "cursor %q", cursor)
		s.Empty(page.Entries)
	}
}

// lostCursor requires that the store has not what was read up to the cursor, and that it
// says so with an error that is put into lost.
func (s *storeTest) lostCursor(cursor string, lost **ports.CursorError) {
	s.t.Helper()
	for _, limit := range []int{1, 100} {
		page, err := s.Feed(s.t.Context(), cursor, limit)
		s.ErrorIs(err, ports.ErrCursor)
		s.ErrorAs(err, lost)
		s.Empty(page.Entries)
	}
}

func cursorChanged(s *storeTest) {
	first := opened("w")
	s.committed(first, after(first, recharged("1", ""), recharged("2", "")))
	_, cursor := s.follow("", 2, 1)
	for _, changed := range []string{cursor + "0", cursor + "x", " " + cursor, cursor + " ", cursor + "\x00", "1" + cursor} {
		page, err := s.Feed(s.t.Context(), changed, 10)
		s.Error(err, "cursor %q made of %q", changed, cursor)
		s.Empty(page.Entries)
	}
	rest, _ := s.follow(cursor, 1, 10)
	s.Equal(int64(3), rest[0].Seq)
}

// cursorsOf fills a store with wallets and returns the cursors behind each of its
// entries.
func cursorsOf(s *storeTest, names []string) (cursors []string) {
	for _, id := range names {
		s.committed(opened(id))
	}
	for cursor := ""; len(cursors) < len(names); {
		_, cursor = s.follow(cursor, 1, 1)
		cursors = append(cursors, cursor)
	}
	return cursors
}

func cursorAhead(s *storeTest) {
	cursors := cursorsOf(s, ids("w", 5))
	empty := s.another()
	for _, cursor := range cursors {
		empty.lostCursor(cursor, new(*ports.CursorError))
	}
	shorter := s.another()
	cursorsOf(shorter, ids("w", 3)) // as after the loss of the last two
	for _, cursor := range cursors[3:] {
		shorter.lostCursor(cursor, new(*ports.CursorError))
	}
}

func cursorOther(s *storeTest) {
	cursors := cursorsOf(s, ids("w", 5))
	other := s.another()
	cursorsOf(other, ids("other", 9))
	for _, cursor := range cursors {
		other.lostCursor(cursor, new(*ports.CursorError))
	}
}

func cursorFigures(s *storeTest) {
	cursors := cursorsOf(s, ids("w", 5))
	other := s.another()
	cursorsOf(other, ids("other", 3))
	for i, cursor := range cursors {
		var lost *ports.CursorError
		other.lostCursor(cursor, &lost)
		s.Equal(ports.CursorError{Read: int64(i) + 1, Have: 3}, *lost)
	}
}

func cursorGrows(s *storeTest) {
	cursors := cursorsOf(s, ids("w", 5))
	for _, id := range ids("later", 50) {
		s.committed(opened(id))
	}
	for i, cursor := range cursors {
		rest, _ := s.follow(cursor, 54-i, 7)
		s.inOrder(make(map[string]int64), rest)
	}
}

// cursorOtherMany asks with each cursor of a store that is as long as the one asked.
func cursorOtherMany(s *storeTest) {
	fill := func(s *storeTest, prefix string) []string {
		units := make([]ports.Unit, manyRecords)
		for i := range units {
			units[i] = opened(fmt.Sprintf("%s-%04d", prefix, i))
		}
		s.committed(units...)
		return s.cursors(manyRecords, manyRecords)
	}
	cursors, other := fill(s, "w"), s.another()
	fill(other, "other")
	for _, cursor := range cursors {
		_, err := other.Feed(s.t.Context(), cursor, 1)
		s.ErrorIs(err, ports.ErrCursor)
	}
}
