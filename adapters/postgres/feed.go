package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
	"github.com/jigap/jigap/ports"
)

// The change feed is a list of blocks. A block has up to sqlrow.BlockMax entries, which are
// numbered without a gap over all blocks, and an id that was made at random. Commits do
// not write blocks: each notes its entries as pending, together with a clock that is
// higher than that of every commit which changed one of its wallets before. A reader
// that comes to the end of the blocks moves what is pending into new ones, in order of
// the clocks, while it has the lock on feed_head. So
//
//   - no entry is skipped: a commit that ends late is pending late, and numbered then;
//   - entries of one wallet come in order: when an entry can be seen, all that the
//     wallet had before can be seen as well, and their commits have lower clocks;
//   - open transactions hold back their own entries and no others;
//   - a number may be given twice only in two histories of the store, after a failover
//     or a restore that lost blocks. A cursor names the id of its block, and no other
//     history has a block of that id.

// pendingMax is how many commits one numbering takes up at most. It begins with pendingFirst, and takes
// fewer when it runs out of time.
const (
	pendingMax   = 1000
	pendingFirst = 64
)

// Feed implements [ports.EntryReader]. At the end of the feed it numbers what was
// committed since, for which the role needs the rights that docs/postgres.md lists; on a
// server that only reads, such as a standby, it returns what was numbered before. An
// entry shows once its transaction has committed, whatever else is open on the server.
func (s *Store) Feed(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
	return s.feedOf(ctx, &s.reader, cursor, limit)
}

// Feed implements [ports.EntryReader]. Entries are numbered in a transaction of its own,
// over another connection of the store's pool, because other readers would have to wait
// for the host's. It fails with [ports.ErrUnavailable] when there is no connection in time
// and nothing to show. At REPEATABLE READ and above, what is numbered now shows in the next
// transaction.
func (s *TxStore) Feed(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
	return s.store.feedOf(ctx, &s.reader, cursor, limit)
}

// feedOf reads a page through r, after it numbered entries if the page is not full.
func (s *Store) feedOf(ctx context.Context, r *reader, cursor string, limit int) (ports.FeedPage, error) {
	page, more, err := r.feed(ctx, cursor, limit)
	if err != nil || !more || len(page.Entries) == limit {
		return page, err
	}
	numbered, err := s.number(ctx)
	switch {
	case err != nil && len(page.Entries) > 0:
		return page, nil // the next call numbers
	case err != nil:
		return ports.FeedPage{}, fmt.Errorf("read feed: number entries: %w", unavailable(err))
	case !numbered:
		return page, nil
	}
	page, _, err = r.feed(ctx, cursor, limit)
	return page, err
}

// feed reads a page, and reports whether entries wait to be numbered.
func (r *reader) feed(ctx context.Context, cursor string, limit int) (page ports.FeedPage, more bool, err error) {
	from, err := sqlrow.ParsePosition(cursor)
	if err == nil {
		err = sqlrow.CheckLimit(limit)
	}
	if err != nil {
		return ports.FeedPage{}, false, err
	}
	limit = min(limit, pageMax)
	slots, more, err := r.slots(ctx, from, limit)
	if err != nil {
		return ports.FeedPage{}, false, fmt.Errorf("read feed: %w", err)
	}
	page.Cursor = cursor
	page.Entries, err = r.entriesOf(ctx, slots)
	if err != nil {
		return ports.FeedPage{}, false, fmt.Errorf("read feed: %w", err)
	}
	for _, slot := range slots {
		page.Cursor = slot.String()
		page.Cursors = append(page.Cursors, page.Cursor)
	}
	return page, more, nil
}

// pageMax bounds what one call reads at once, whatever limit it is given.
const pageMax = 10_000

// slots returns the places behind a position, after it made sure that the store has
// what the position is behind, and whether entries wait to be numbered.
func (r *reader) slots(ctx context.Context, from sqlrow.Position, limit int) (slots []sqlrow.Slot, more bool, err error) {
	type row struct {
		sqlrow.Block
		head    int64
		pending bool
	}
	rows, err := read(ctx, r, r.sql.in(blocksStatement), func(rows pgx.CollectableRow) (b row, err error) {
		err = rows.Scan(&b.head, &b.pending, integer{&b.First}, integer{&b.Last}, text{&b.ID}, &b.Wallets, &b.Firsts, &b.Lasts)
		return b, err
	}, from.Number, from.Number+int64(limit), from.Number+int64(limit)+sqlrow.BlockMax)
	if err != nil {
		return nil, false, err
	}
	if len(rows) == 0 {
		return nil, false, errors.New("feed_head has no row")
	}
	var blocks []sqlrow.Block
	for i := range rows {
		if rows[i].Last > 0 {
			blocks = append(blocks, rows[i].Block)
		}
	}
	slots, err = sqlrow.Slots(blocks, rows[0].head, from, limit)
	return slots, rows[0].pending, err
}

// blocksStatement reads the blocks from the one of a number on, up to another number,
// one row at least. Blocks are no longer than sqlrow.BlockMax, which bounds the search.
const blocksStatement = `
SELECT h.last, EXISTS (SELECT FROM jigap.feed_pending), b.first, b.last, b.id::text, b.wallets, b.firsts, b.lasts
FROM jigap.feed_head h LEFT JOIN LATERAL (
	SELECT * FROM jigap.feed WHERE last >= $1 AND last > 0 AND last <= $3 AND first <= $2 ORDER BY last
) b ON true
ORDER BY b.last`

const entriesAtStatement = "SELECT " + entryColumns + `
FROM (SELECT $1::text[] AS wallets, $2::bigint[] AS seqs OFFSET 0) p,
unnest(p.wallets, p.seqs) WITH ORDINALITY AS k(wallet_id, seq, place)
JOIN jigap.entries e ON e.wallet_id = k.wallet_id AND e.seq = k.seq
ORDER BY k.place`

// entriesOf reads the entries of places, in their order.
func (r *reader) entriesOf(ctx context.Context, slots []sqlrow.Slot) ([]ports.Entry, error) {
	if len(slots) == 0 {
		return nil, nil
	}
	wallets, seqs := make([]string, len(slots)), make([]int64, len(slots))
	for i, slot := range slots {
		wallets[i], seqs[i] = slot.Wallet, slot.Seq
	}
	entries, err := read(ctx, r, r.sql.entriesAt, scanEntry, wallets, seqs)
	if err != nil {
		return nil, err
	}
	for i := range slots {
		if i >= len(entries) || entries[i].WalletID != slots[i].Wallet || entries[i].Seq != slots[i].Seq {
			return nil, fmt.Errorf("entry %d of wallet %s is in the feed and is not stored", slots[i].Seq, slots[i].Wallet)
		}
	}
	return entries, nil
}

// number moves pending entries into blocks, and reports whether it could.
func (s *Store) number(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	for tries := 1; ; tries++ {
		most := s.numbers()
		err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
			return s.numberIn(ctx, tx, most)
		})
		var refused *pgconn.PgError
		switch {
		case err == nil:
			s.numbering.Store(min(2*most, pendingMax))
			return true, nil
		case ctx.Err() != nil:
			s.numbering.Store(max(1, most/8))
			return false, err
		case errors.As(err, &refused) && refused.Code == "25006": // the server only reads
			return false, nil
		case !serialization(err) || tries >= readsMax || !pause(ctx, tries):
			return false, err
		}
	}
}

// numbers is how many commits the next numbering takes up.
func (s *Store) numbers() int32 {
	if most := s.numbering.Load(); most > 0 {
		return most
	}
	return pendingFirst
}

func (s *Store) numberIn(ctx context.Context, tx pgx.Tx, most int32) error {
	var last int64
	var opening pgx.Batch
	opening.Queue("SELECT set_config('idle_in_transaction_session_timeout', $1, true)", s.idle())
	opening.Queue(s.sql.in("SELECT last FROM jigap.feed_head FOR UPDATE")).QueryRow(func(row pgx.Row) error { return row.Scan(&last) })
	var end int64
	opening.Queue(s.sql.in("SELECT coalesce(max(last), 0) FROM jigap.feed")).QueryRow(func(row pgx.Row) error { return row.Scan(&end) })
	if err := tx.SendBatch(ctx, &opening).Close(); err != nil {
		return err
	}
	if end != last {
		return fmt.Errorf("feed_head says that the feed has %d entries, and its blocks have %d", last, end)
	}
	clocks, ids, blocks, err := s.pending(ctx, tx, last, most)
	if err != nil || len(ids) == 0 {
		return err
	}
	expect := func(q *pgx.QueuedQuery, rows int) {
		q.Exec(func(tag pgconn.CommandTag) error {
			if tag.RowsAffected() != int64(rows) {
				return errNotNumbered
			}
			return nil
		})
	}
	var writes pgx.Batch
	for _, b := range blocks {
		expect(writes.Queue(s.sql.in("INSERT INTO jigap.feed (first, last, id, wallets, firsts, lasts) VALUES ($1, $2, $3::text::uuid, $4, $5, $6)"),
			b.First, b.Last, b.ID, b.Wallets, b.Firsts, b.Lasts), 1)
	}
	expect(writes.Queue(s.sql.in("DELETE FROM jigap.feed_pending p USING unnest($1::bigint[], $2::text[]::uuid[]) k(clock, id) WHERE p.clock = k.clock AND p.id = k.id"),
		clocks, ids), len(ids))
	expect(writes.Queue(s.sql.in("UPDATE jigap.feed_head SET last = $1"), blocks[len(blocks)-1].Last), 1)
	return tx.SendBatch(ctx, &writes).Close()
}

var errNotNumbered = errors.New("a row of the feed was not written: a trigger, rule or policy on its tables keeps it")

// pending returns the keys of what is pending, and the blocks that it makes behind the
// last number.
func (s *Store) pending(ctx context.Context, tx pgx.Tx, last int64, most int32) (clocks []int64, ids []string, blocks []sqlrow.Block, err error) {
	rows, err := tx.Query(ctx, s.sql.in("SELECT clock, id::text, wallets, firsts, lasts FROM jigap.feed_pending ORDER BY clock, id LIMIT $1"), most)
	if err != nil {
		return nil, nil, nil, err
	}
	var clock int64
	var id string
	var noted sqlrow.Runs
	_, err = pgx.ForEachRow(rows, []any{&clock, &id, &noted.Wallets, &noted.Firsts, &noted.Lasts}, func() error {
		clocks, ids = append(clocks, clock), append(ids, id)
		for i, wallet := range noted.Wallets {
			blocks = sqlrow.Extend(blocks, last, sqlrow.Run{Wallet: wallet, First: noted.Firsts[i], Last: noted.Lasts[i]})
		}
		return nil
	})
	return clocks, ids, blocks, err
}
