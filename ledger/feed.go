package ledger

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/jigap/jigap/ports"
)

// FeedEntry is an entry of the change feed and the cursor behind it.
type FeedEntry struct {
	ports.Entry
	Cursor string // continue here after the entry was dealt with
}

// Feed returns up to limit entries of all wallets behind a cursor, oldest first; a
// blank cursor is the beginning. Those of one wallet come in their order. A consumer
// that keeps the cursor with what it makes of the entries sees each exactly once.
// A limit of zero means 100; more than 1,000 are never returned at once.
//
// Text that is no cursor is [ports.ErrInvalid]. A cursor behind entries that the store
// does not have is a [ports.CursorError], which matches [ports.ErrCursor]: a failover or
// a restore lost them, or the cursor is of another store. It says what to do.
func (l *Ledger) Feed(ctx context.Context, cursor string, limit int) ([]FeedEntry, error) {
	switch {
	case limit < 0:
		return nil, fmt.Errorf("change feed: %w", ports.Invalid("limit", "is negative"))
	case limit == 0:
		limit = defaultPage
	}
	if err := checkUTF8("cursor", cursor); err != nil {
		return nil, fmt.Errorf("change feed: %w", err)
	}
	page, err := l.store.Feed(ctx, cursor, min(limit, maxPage))
	if err != nil {
		return nil, fmt.Errorf("change feed: %w", err)
	}
	if len(page.Cursors) != len(page.Entries) {
		return nil, fmt.Errorf("change feed: the store gave %d cursors for %d entries", len(page.Cursors), len(page.Entries))
	}
	entries := make([]FeedEntry, len(page.Entries))
	for i := range entries {
		entries[i] = FeedEntry{Entry: page.Entries[i], Cursor: page.Cursors[i]}
	}
	return entries, nil
}

// Follow iterates over the change feed behind a cursor, and then waits for more,
// looking again each interval (one second when interval is zero or less). It ends
// when the loop does, when the context does (without an error), or with an error of
// the store; the consumer then goes on at the cursor of the last entry it dealt with.
// After a [ports.CursorError] that cursor is of no use: see there.
func (l *Ledger) Follow(ctx context.Context, cursor string, interval time.Duration) iter.Seq2[FeedEntry, error] {
	if interval <= 0 {
		interval = time.Second
	}
	return func(yield func(FeedEntry, error) bool) {
		for ctx.Err() == nil {
			entries, err := l.Feed(ctx, cursor, maxPage)
			if err != nil {
				if ctx.Err() == nil {
					yield(FeedEntry{}, err)
				}
				return
			}
			for i := range entries {
				if !yield(entries[i], nil) {
					return
				}
				cursor = entries[i].Cursor
			}
			if len(entries) == 0 && !pause(ctx, interval) {
				return
			}
		}
	}
}

// pause waits and reports whether the context is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
