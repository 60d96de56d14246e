package simulation_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/jigap/jigap/ledger"
)

// reader consumes the change feed. What it keeps of an entry it keeps as one with the
// cursor behind it; what it had only read is lost when its process dies.
type reader struct {
	cursor string
	seen   map[string]int64 // by wallet: the number of the last entry
	total  int
	fault  error
}

func (r *reader) keep(entry *ledger.FeedEntry) {
	if last := r.seen[entry.WalletID]; entry.Seq != last+1 && r.fault == nil {
		r.fault = fmt.Errorf("feed: entry %d of wallet %s came after %d", entry.Seq, entry.WalletID, last)
	}
	r.seen[entry.WalletID] = entry.Seq
	r.total++
	r.cursor = entry.Cursor
}

// page is what a process has read of the feed, and how much of it it comes to keep
// before it is interrupted.
type page struct {
	by      *process
	entries []ledger.FeedEntry
	keeps   int
}

// read has a process read on, if none does.
func (w *world) read() {
	p := w.alive()
	if p == nil || slices.ContainsFunc(w.slots, func(s slot) bool { return s.process != nil && s.running["feed"] }) {
		return
	}
	limit := 1 + w.random.IntN(20)
	got := &page{by: p, keeps: w.random.IntN(limit + 1)}
	cursor := w.feed.cursor
	w.say("%s begins to read the feed", p.name)
	p.run("feed", func(ctx context.Context) {
		entries, err := p.wallets.Feed(ctx, cursor, limit)
		if err != nil {
			return
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		got.entries = entries
		w.pages = append(w.pages, got)
	})
}

// keepPages keeps what was read by processes that still live.
func (w *world) keepPages(pages []*page) {
	for _, got := range pages {
		if got.by.dead.Load() {
			continue
		}
		for i := range got.entries[:min(got.keeps, len(got.entries))] {
			w.feed.keep(&got.entries[i])
		}
	}
}
