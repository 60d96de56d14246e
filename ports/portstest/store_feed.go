package portstest

import (
	"fmt"
	"sync"
	"time"

	"github.com/jigap/jigap/ports"
)

func feedScenarios() []scenario {
	return []scenario{
		{"an empty feed has a cursor that is good later", saysNoEntries, feedEmpty},
		{"the feed shows every entry once, whole, in order per wallet", saysFeed, feedWhole},
		{"a cursor can be read from again", saysCursors, feedAgain},
		{"a cursor of an entry continues behind it", saysPage, feedCursors},
		{"refused units never show", saysAtomic, feedRefused},
		{"a reader that follows concurrent writers misses nothing", saysFeed, feedFollows},
		{"many entries are read with a limit beyond them", saysAnyNumber, feedLong},
		{"a cursor of a later page continues behind its entry", saysPage, feedCursorsLater},
		{"entries of every type are fed", saysFeed, feedTypes},
	}
}

// follow reads the feed from cursor until it has n entries.
func (s *storeTest) follow(cursor string, n, limit int) (entries []ports.Entry, last string) {
	s.t.Helper()
	begun := time.Now()
	for len(entries) < n {
		page, err := s.Feed(s.t.Context(), cursor, limit)
		s.NoError(err)
		s.LessOrEqual(len(page.Entries), limit)
		s.Len(page.Cursors, len(page.Entries))
		entries = append(entries, page.Entries...)
		cursor = page.Cursor
		if len(entries) < n && s.tooLong(begun) {
			s.FailNow("the feed does not show what was committed", "%d of %d entries after %s", len(entries), n, time.Since(begun))
		}
	}
	s.Len(entries, n)
	return entries, cursor
}

// inOrder requires that entries continue each wallet's history where seen ends.
func (s *storeTest) inOrder(seen map[string]int64, entries []ports.Entry) {
	s.t.Helper()
	for i := range entries {
		seen[entries[i].WalletID]++
		s.Equal(seen[entries[i].WalletID], entries[i].Seq, "wallet %s", entries[i].WalletID)
	}
}

func feedEmpty(s *storeTest) {
	page, err := s.Feed(s.t.Context(), "", 10)
	s.NoError(err)
	s.Empty(page.Entries)
	again, err := s.Feed(s.t.Context(), page.Cursor, 10)
	s.NoError(err)
	s.Empty(again.Entries)
	unit := opened("w")
	s.committed(unit)
	entries, cursor := s.follow(page.Cursor, 1, 10)
	s.sameEntries(unit.Entries, entries)
	for range 3 { // each page without entries has a cursor that is as good
		page, err = s.Feed(s.t.Context(), cursor, 10)
		s.NoError(err)
		s.Empty(page.Entries)
		cursor = page.Cursor
	}
	next := after(unit, recharged("1", ""))
	s.committed(next)
	entries, _ = s.follow(cursor, 1, 10)
	s.sameEntries(next.Entries, entries)
}

func feedWhole(s *storeTest) {
	want := make(map[ports.EntryKey]ports.Entry)
	units := make([]ports.Unit, 0, 20)
	for _, id := range ids("w", 10) {
		first := opened(id)
		second := after(first, fullEntry(), recharged("1", "k"), deducted("1", ""))
		units = append(units, first, second)
	}
	s.committed(units...)
	for _, unit := range units {
		for _, entry := range unit.Entries {
			want[ports.EntryKey{WalletID: entry.WalletID, Key: fmt.Sprint(entry.Seq)}] = entry
		}
	}
	for _, limit := range []int{1, 3, 100} {
		entries, cursor := s.follow("", len(want), limit)
		s.inOrder(make(map[string]int64), entries)
		for _, entry := range entries {
			s.sameEntry(want[ports.EntryKey{WalletID: entry.WalletID, Key: fmt.Sprint(entry.Seq)}], entry)
		}
		page, err := s.Feed(s.t.Context(), cursor, limit)
		s.NoError(err)
		s.Empty(page.Entries)
	}
}

func feedAgain(s *storeTest) {
	first := opened("w")
	second := after(first, recharged("1", ""), recharged("2", ""))
	s.committed(first, second)
	one, cursor := s.follow("", 1, 1)
	s.sameEntries(first.Entries, one)
	rest, last := s.follow(cursor, 2, 1)
	s.sameEntries(second.Entries, rest)
	third := after(second, recharged("3", ""))
	s.committed(third)
	again, _ := s.follow(cursor, 3, 2)
	s.sameEntries(append(second.Entries, third.Entries...), again)
	news, _ := s.follow(last, 1, 5)
	s.sameEntries(third.Entries, news)
}

func feedCursors(s *storeTest) {
	units := make([]ports.Unit, 0, 10)
	for _, id := range ids("w", 5) {
		first := opened(id)
		units = append(units, first, after(first, recharged("1", "k"), deducted("1", "")))
	}
	s.committed(units...)
	var all []ports.Entry
	var cursors []string
	for cursor := ""; len(all) < 15; {
		entries, last := s.follow(cursor, 1, 1)
		all, cursors, cursor = append(all, entries...), append(cursors, last), last
	}
	page, err := s.Feed(s.t.Context(), "", 100)
	s.NoError(err)
	s.Len(page.Cursors, len(page.Entries))
	for _, each := range [][]string{cursors, page.Cursors} {
		for i, cursor := range each {
			seen := make(map[string]int64)
			s.inOrder(seen, all[:i+1])
			rest, _ := s.follow(cursor, len(all)-i-1, 100)
			s.inOrder(seen, rest)
		}
	}
}

func feedRefused(s *storeTest) {
	a, b := opened("a"), opened("b")
	s.commit(a, opened("a"), after(b, recharged("1", "k")), after(a, recharged("1", "k")), after(a, recharged("2", "k")))
	entries, cursor := s.follow("", 2, 10)
	s.inOrder(make(map[string]int64), entries)
	page, err := s.Feed(s.t.Context(), cursor, 10)
	s.NoError(err)
	s.Empty(page.Entries)
}

// feedFollows lets writers append to wallets of their own and to one that all
// share, in calls of different sizes, so that calls end in another order than they
// began, while a reader follows.
func feedFollows(s *storeTest) {
	const writers = 8
	shared := opened("shared")
	s.committed(shared)
	end := time.Now().Add(raceTime)
	var working sync.WaitGroup
	written := make([]int, writers)
	for writer := range writers {
		working.Go(func() { written[writer] = s.feedWriter(writer, end) })
	}
	seen := make(map[string]int64)
	total, cursor := 0, ""
	done := make(chan struct{})
	go func() { working.Wait(); close(done) }()
	begun := time.Now()
	for writing, limit := true, 1; writing; limit = limit%100 + 33 { // while the writers write
		s.False(s.tooLong(begun), "the writers do not come to their end")
		page, err := s.Feed(s.t.Context(), cursor, limit)
		s.NoError(err)
		s.inOrder(seen, page.Entries)
		total, cursor = total+len(page.Entries), page.Cursor
		select {
		case <-done:
			writing = false
		default:
		}
	}
	want := 1
	for _, n := range written {
		want += n
	}
	entries, _ := s.follow(cursor, want-total, 100)
	s.inOrder(seen, entries)
	s.Equal(int64(len(s.history("shared"))), seen["shared"])
}

// feedWriter writes for a while and returns how many entries were committed.
func (s *storeTest) feedWriter(writer int, end time.Time) int {
	names := ids(fmt.Sprintf("writer-%d", writer), 1+writer%4)
	states := make([]ports.Unit, len(names))
	written := 0
	for round := 0; round < 12 || time.Now().Before(end); round++ {
		units := make([]ports.Unit, 0, len(names)+1)
		for i, id := range names {
			if round == 0 {
				states[i] = opened(id)
			} else {
				states[i] = after(states[i], recharged("1", ""), deducted("1", ""))
			}
			units = append(units, states[i])
		}
		if current, err := s.Wallets(s.t.Context(), []string{"shared"}); err == nil && len(current) == 1 {
			units = append(units, booked(current[0], recharged("1", ""))) // may lose the race
		}
		for i, fate := range s.Commit(s.t.Context(), units) {
			if fate.Status == ports.FateCommitted {
				written += len(units[i].Entries)
			}
		}
	}
	return written
}

// cursors reads the whole feed in pages and returns the cursors behind each of its n entries.
func (s *storeTest) cursors(n, limit int) (cursors []string) {
	s.t.Helper()
	begun := time.Now()
	for cursor := ""; len(cursors) < n; {
		page, err := s.Feed(s.t.Context(), cursor, limit)
		s.NoError(err)
		s.Len(page.Cursors, len(page.Entries), "cursors of a page")
		cursors, cursor = append(cursors, page.Cursors...), page.Cursor
		if len(page.Cursors) > 0 {
			s.Equal(page.Cursors[len(page.Cursors)-1], page.Cursor)
		} else if s.tooLong(begun) {
			s.FailNow("the feed does not show what was committed", "%d of %d entries after %s", len(cursors), n, time.Since(begun))
		}
	}
	s.Len(cursors, n, "cursors")
	return cursors
}

func feedCursorsLater(s *storeTest) {
	filled(s, 30)
	for i, cursor := range s.cursors(30, 7)[:29] {
		next, _ := s.follow(cursor, 1, 1)
		s.Equal(int64(i)+2, next[0].Seq)
	}
}

func feedTypes(s *storeTest) {
	first := opened("w")
	var entries []ports.Entry
	for _, entryType := range []ports.EntryType{
		ports.EntryHold, ports.EntryCapture, ports.EntryRelease, ports.EntryHoldExpire, ports.EntryRechargeOpen, ports.EntryRechargeEnd,
		ports.EntryWithdraw, ports.EntryWithdrawEnd, "of a later version",
	} {
		entries = append(entries, ports.Entry{Type: entryType})
	}
	s.committed(first, after(first, entries...))
	fed, _ := s.follow("", len(entries)+1, 3)
	s.inOrder(make(map[string]int64), fed)
}
