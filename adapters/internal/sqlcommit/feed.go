package sqlcommit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
	"github.com/jigap/jigap/ports"
)

// Bounds of one page and of one numbering of the feed.
const (
	pageMax    = 10_000
	pendingMax = 1_000
)

// Feed implements [ports.EntryReader]. A reader that comes to the end of the feed numbers the entries that
// wait.
func (s *Store) Feed(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
	page, more, err := s.page(ctx, cursor, limit)
	if err != nil || !more || len(page.Entries) >= min(limit, pageMax) {
		return page, err
	}
	if err := s.number(ctx); err != nil {
		if len(page.Entries) > 0 {
			return page, nil // the next call numbers
		}
		return ports.FeedPage{}, fmt.Errorf("read feed: number entries: %w", err)
	}
	page, _, err = s.page(ctx, cursor, limit)
	return page, err
}

// Feed implements [ports.EntryReader]. It reads what is numbered: a transaction that is not committed
// numbers nothing.
func (r *Reader) Feed(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
	page, _, err := r.page(ctx, cursor, limit)
	return page, err
}

// page reads a page, and reports whether entries wait to be numbered.
func (r *Reader) page(ctx context.Context, cursor string, limit int) (ports.FeedPage, bool, error) {
	from, err := sqlrow.ParsePosition(cursor)
	if err == nil {
		err = sqlrow.CheckLimit(limit)
	}
	if err != nil {
		return ports.FeedPage{}, false, err
	}
	limit = min(limit, pageMax)
	type result struct {
		slots   []sqlrow.Slot
		entries []ports.Entry
		more    bool
	}
	got, err := read(ctx, r, true, func(ctx context.Context, q Querier) (got result, err error) {
		var blocks []sqlrow.Block
		var head int64
		if head, got.more, err = r.head(ctx, q); err != nil {
			return got, err
		}
		if blocks, err = r.blocks(ctx, q, from.Number, from.Number+int64(limit)); err != nil {
			return got, err
		}
		got.slots, err = sqlrow.Slots(blocks, head, from, limit)
		var cursor *ports.CursorError
		switch {
		case errors.As(err, &cursor):
			return got, err
		case err != nil:
			return got, unreadable(err)
		}
		got.entries, err = r.entriesAt(ctx, q, got.slots)
		return got, err
	})
	if err != nil {
		return ports.FeedPage{}, false, fmt.Errorf("read feed: %w", err)
	}
	page := ports.FeedPage{Entries: got.entries, Cursor: cursor}
	for _, slot := range got.slots {
		page.Cursor = slot.String()
		page.Cursors = append(page.Cursors, page.Cursor)
	}
	return page, got.more, nil
}

// head returns the number of the last entry in the feed, and whether entries wait to be numbered.
func (r *Reader) head(ctx context.Context, q Querier) (head int64, more bool, err error) {
	found := 0
	err = each(ctx, q, r.dialect.in("SELECT last, (SELECT count(*) FROM (SELECT 1 FROM $feed_pending LIMIT 1) p) FROM $feed_head WHERE one = 1"), nil, func(rows Rows) error {
		found++
		return unreadable(rows.Scan(numberTo[int64]{&head}, flagTo{&more}))
	})
	if err == nil && found != 1 {
		err = unreadable(fmt.Errorf("table %sfeed_head has no row", r.dialect.Prefix))
	}
	return head, more, err
}

// blocks reads the blocks from the one of a number on, up to another number. Blocks are no longer than
// sqlrow.BlockMax, which bounds the search.
func (r *Reader) blocks(ctx context.Context, q Querier, from, to int64) (blocks []sqlrow.Block, err error) {
	statement := r.dialect.in("SELECT first, last, id, runs FROM $feed WHERE last >= ? AND last > 0 AND last <= ? AND first <= ? ORDER BY last")
	err = each(ctx, q, statement, []any{from, to + sqlrow.BlockMax, to}, func(rows Rows) error {
		var block sqlrow.Block
		var runs string
		err := rows.Scan(numberTo[int64]{&block.First}, numberTo[int64]{&block.Last}, textTo[string]{&block.ID}, textTo[string]{&runs})
		if err == nil {
			block.Runs, err = decodeRuns(runs)
		}
		blocks = append(blocks, block)
		return unreadable(err)
	})
	return blocks, err
}

// entriesAt reads the entries of places, in their order.
func (r *Reader) entriesAt(ctx context.Context, q Querier, slots []sqlrow.Slot) ([]ports.Entry, error) {
	entries := make([]ports.Entry, 0, len(slots))
	err := chunks(slots, r.most(), func(run []sqlrow.Slot) error {
		found := make(map[ports.EntryRef]ports.Entry, len(run))
		args := make([]any, 0, 2*len(run))
		for _, slot := range run {
			args = append(args, slot.Wallet, slot.Seq)
		}
		statement := r.dialect.in("SELECT " + list(entryColumns) + " FROM $entries WHERE (wallet_id, seq) IN (" + r.dialect.Tuples(marks(len(run), 2)) + ")")
		err := each(ctx, q, statement, args, func(rows Rows) error {
			entry, err := scanEntry(rows)
			found[ports.EntryRef{WalletID: entry.WalletID, Seq: entry.Seq}] = entry
			return unreadable(err)
		})
		if err != nil {
			return err
		}
		for _, slot := range run[:min(len(run), len(slots)-len(entries))] {
			entry, ok := found[ports.EntryRef{WalletID: slot.Wallet, Seq: slot.Seq}]
			if !ok {
				return unreadable(fmt.Errorf("entry %d of wallet %s is in the feed and is not stored", slot.Seq, slot.Wallet))
			}
			entries = append(entries, entry)
		}
		return nil
	})
	return entries, err
}

// number moves entries that wait into blocks.
func (s *Store) number(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	for tries := 1; ; tries++ {
		_, err := s.transact(bounded, s.numberIn)
		if err == nil {
			return nil
		}
		if verdict := s.verdict(err); verdict != Again && verdict != Locked || !pause(bounded, tries) {
			return s.readError(ctx, err)
		}
	}
}

func (s *Store) numberIn(ctx context.Context, tx Tx) error {
	var last, end int64
	statement := s.dialect.in("SELECT last FROM $feed_head WHERE one = 1" + s.dialect.Lock)
	if err := each(ctx, tx, statement, nil, func(rows Rows) error { return unreadable(rows.Scan(numberTo[int64]{&last})) }); err != nil {
		return err
	}
	statement = s.dialect.in("SELECT coalesce(max(last), 0) FROM $feed")
	if err := each(ctx, tx, statement, nil, func(rows Rows) error { return unreadable(rows.Scan(numberTo[int64]{&end})) }); err != nil {
		return err
	}
	if end != last {
		return unreadable(fmt.Errorf("feed_head says that the feed has %d entries, and its blocks have %d", last, end))
	}
	ids, blocks, err := s.pending(ctx, tx, last)
	if err != nil || len(ids) == 0 {
		return err
	}
	for _, b := range blocks {
		text, err := encodeRuns(&b.Runs)
		if err == nil {
			err = one(tx.Exec(ctx, s.dialect.in("INSERT INTO $feed (last, first, id, runs) VALUES (?, ?, ?, ?)"), b.Last, b.First, b.ID, text))
		}
		if err != nil {
			return err
		}
	}
	for _, id := range ids {
		if err := one(tx.Exec(ctx, s.dialect.in("DELETE FROM $feed_pending WHERE id = ?"), id)); err != nil {
			return err
		}
	}
	if len(blocks) == 0 {
		return nil
	}
	return one(tx.Exec(ctx, s.dialect.in("UPDATE $feed_head SET last = ? WHERE one = 1"), blocks[len(blocks)-1].Last))
}

var errChanged = errors.New("a statement did not change one row: a trigger or a rule on the tables keeps it")

// one makes sure that a statement changed one row.
func one(changed int64, err error) error {
	if err == nil && changed != 1 {
		return errChanged
	}
	return err
}

// pending returns the ids of what waits, and the blocks that it makes behind the last number.
func (s *Store) pending(ctx context.Context, tx Tx, last int64) (ids []string, blocks []sqlrow.Block, err error) {
	statement := s.dialect.in("SELECT id, runs FROM $feed_pending ORDER BY clock, id LIMIT ?")
	err = each(ctx, tx, statement, []any{int64(pendingMax)}, func(rows Rows) error {
		var id, text string
		if err := rows.Scan(textTo[string]{&id}, textTo[string]{&text}); err != nil {
			return unreadable(err)
		}
		runs, err := decodeRuns(text)
		if err != nil {
			return unreadable(err)
		}
		ids = append(ids, id)
		for i := range runs.Wallets {
			blocks = sqlrow.Extend(blocks, last, sqlrow.Run{Wallet: runs.Wallets[i], First: runs.Firsts[i], Last: runs.Lasts[i]})
		}
		return nil
	})
	return ids, blocks, err
}

// note writes down which entries a transaction has, to be numbered later.
func (r *Reader) note(ctx context.Context, q Querier, clock int64, runs *sqlrow.Runs) error {
	text, err := encodeRuns(runs)
	if err != nil {
		return err
	}
	return one(q.Exec(ctx, r.dialect.in("INSERT INTO $feed_pending (clock, id, runs) VALUES (?, ?, ?)"), clock, uuid.NewString(), text))
}

// runMax bounds how many entries of a wallet one transaction has: a longer run is not of this store, and would be
// made a list of.
const runMax = 1_000_000

type runsJSON struct {
	Wallets []string `json:"w"`
	Firsts  []int64  `json:"f"`
	Lasts   []int64  `json:"l"`
}

func encodeRuns(runs *sqlrow.Runs) (string, error) {
	data, err := json.Marshal(runsJSON(*runs))
	return string(data), err
}

func decodeRuns(text string) (sqlrow.Runs, error) {
	var runs runsJSON
	err := json.Unmarshal([]byte(text), &runs)
	if err == nil && (len(runs.Firsts) != len(runs.Wallets) || len(runs.Lasts) != len(runs.Wallets)) {
		err = errors.New("lists of different lengths")
	}
	for i := range runs.Wallets {
		if err == nil && (runs.Firsts[i] < 1 || runs.Lasts[i] < runs.Firsts[i] || runs.Lasts[i]-runs.Firsts[i] > runMax) {
			err = fmt.Errorf("entries %d to %d of a wallet in one transaction", runs.Firsts[i], runs.Lasts[i])
		}
	}
	if err != nil {
		return sqlrow.Runs{}, fmt.Errorf("runs of the feed: %w", err)
	}
	return sqlrow.Runs(runs), nil
}
