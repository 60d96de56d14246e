package memory

import (
	"context"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/jigap/jigap/ports"
)

// cursorBytes is how much of an entry's hash a cursor carries.
const cursorBytes = 8

// Feed implements [ports.EntryReader]. A cursor is the number of entries that were read
// and the first bytes of the hash of the last of them.
func (s *Store) Feed(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
	if err := ctx.Err(); err != nil {
		return ports.FeedPage{}, err
	}
	if err := checkLimit(limit); err != nil {
		return ports.FeedPage{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	first, err := s.position(cursor)
	if err != nil {
		return ports.FeedPage{}, err
	}
	last := first + min(len(s.feed)-first, limit)
	page := ports.FeedPage{
		Entries: make([]ports.Entry, 0, last-first), Cursors: make([]string, 0, last-first), Cursor: cursor,
	}
	for i, entry := range s.feed[first:last] {
		page.Cursor = s.behind(first + i + 1)
		page.Entries = append(page.Entries, entry.Clone())
		page.Cursors = append(page.Cursors, page.Cursor)
	}
	return page, nil
}

// behind returns the cursor behind so many entries.
func (s *Store) behind(read int) string {
	if read == 0 {
		return ""
	}
	var buffer [20 + 1 + 2*cursorBytes]byte
	text := append(strconv.AppendInt(buffer[:0], int64(read), 10), '-')
	return string(hex.AppendEncode(text, s.feed[read-1].Hash[:cursorBytes]))
}

// position returns how many entries were read up to the cursor, or an error unless the
// store has the last of them.
func (s *Store) position(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	number, hash, _ := strings.Cut(cursor, "-")
	read, err := strconv.ParseInt(number, 10, 64)
	sum, hashErr := hex.DecodeString(hash)
	if err != nil || hashErr != nil || read < 1 || len(sum) != cursorBytes ||
		strconv.FormatInt(read, 10) != number || hex.EncodeToString(sum) != hash {
		return 0, ports.Invalid("cursor", "is not one that a store in memory returned")
	}
	if have := int64(len(s.feed)); read > have || s.behind(int(read)) != cursor {
		return 0, &ports.CursorError{Read: read, Have: have}
	}
	return int(read), nil
}
