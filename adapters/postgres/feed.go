package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jigap/jigap/ports"
)

// The change feed is a list of blocks. A block has up to blockMax entries, which are
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

// blockMax is how many entries a block has at most, pendingMax how many commits one
// numbering takes up. It begins with pendingFirst, and takes fewer when it runs out of time.
const (
	blockMax     = 1000
	pendingMax   = 1000
	pendingFirst = 64
	maxNumber    = 1 << 62
)

// position is a place in the feed: behind the entry of that number, in that block.
type position struct {
	number int64
	block  string // its id
}

func (p position) String() string {
	return strconv.FormatInt(p.number, 10) + "/" + p.block
}

// parsePosition reads a cursor. A blank one is the place before all entries.
func parsePosition(cursor string) (p position, err error) {
	if cursor == "" {
		return position{}, nil
	}
	number, block, _ := strings.Cut(cursor, "/")
	p.number, err = strconv.ParseInt(number, 10, 64)
	if err == nil {
		var id uuid.UUID
		id, err = uuid.Parse(block)
		p.block = id.String()
	}
	if err != nil || p.number <= 0 || p.number > maxNumber || p.String() != cursor {
		return position{}, ports.Invalid("cursor", "is not one that this kind of store returns")
	}
	return p, nil
}

// span is a run of entries of one wallet.
type span struct {
	wallet      string
	first, last int64
}

// block is a block of the feed.
type block struct {
	first, last int64
	id          string
	spans
}

// spans are runs of entries, as the columns of the tables have them.
type spans struct {
	wallets       []string
	firsts, lasts []int64
}

func (s *spans) add(run span) {
	s.wallets = append(s.wallets, run.wallet)
	s.firsts = append(s.firsts, run.first)
	s.lasts = append(s.lasts, run.last)
}

// slot is an entry's place in the feed.
type slot struct {
	position
	wallet string
	seq    int64
}

// slots lists the places of a block that come after a number.
func (b *block) slots(after int64) (list []slot) {
	number := b.first
	for i, wallet := range b.wallets {
		for seq := b.firsts[i]; seq <= b.lasts[i]; seq++ {
			if number > after {
				list = append(list, slot{position{number, b.id}, wallet, seq})
			}
			number++
		}
	}
	return list
}

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
	from, err := parsePosition(cursor)
	if err == nil {
		err = checkLimit(limit)
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
func (r *reader) slots(ctx context.Context, from position, limit int) (slots []slot, more bool, err error) {
	type row struct {
		block
		head    int64
		pending bool
	}
	rows, err := read(ctx, r, r.sql.in(blocksStatement), func(rows pgx.CollectableRow) (b row, err error) {
		err = rows.Scan(&b.head, &b.pending, integer{&b.first}, integer{&b.last}, text{&b.id}, &b.wallets, &b.firsts, &b.lasts)
		return b, err
	}, from.number, from.number+int64(limit), from.number+int64(limit)+blockMax)
	if err != nil {
		return nil, false, err
	}
	if len(rows) == 0 {
		return nil, false, errors.New("feed_head has no row")
	}
	if at := &rows[0]; from.number > 0 && (at.last == 0 || at.first > from.number || at.id != from.block) {
		return nil, false, &ports.CursorError{Read: from.number, Have: at.head}
	}
	next := from.number + 1
	for i := range rows {
		b := &rows[i].block
		if b.last == 0 || b.last < next {
			continue
		}
		found := b.slots(next - 1)
		if i > 0 && b.first != next || b.first > next || int64(len(found)) != b.last-next+1 {
			return nil, false, fmt.Errorf("block %s does not continue the feed behind entry %d", b.id, next-1)
		}
		slots, next = append(slots, found...), b.last+1
	}
	if end := min(rows[0].head, from.number+int64(limit)); next <= end {
		return nil, false, fmt.Errorf("the feed has %d entries, and lacks the block behind entry %d", rows[0].head, next-1)
	}
	return slots[:min(len(slots), limit)], rows[0].pending, nil
}

// blocksStatement reads the blocks from the one of a number on, up to another number,
// one row at least. Blocks are no longer than blockMax, which bounds the search.
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
func (r *reader) entriesOf(ctx context.Context, slots []slot) ([]ports.Entry, error) {
	if len(slots) == 0 {
		return nil, nil
	}
	wallets, seqs := make([]string, len(slots)), make([]int64, len(slots))
	for i, slot := range slots {
		wallets[i], seqs[i] = slot.wallet, slot.seq
	}
	entries, err := read(ctx, r, r.sql.entriesAt, scanEntry, wallets, seqs)
	if err != nil {
		return nil, err
	}
	for i := range slots {
		if i >= len(entries) || entries[i].WalletID != slots[i].wallet || entries[i].Seq != slots[i].seq {
			return nil, fmt.Errorf("entry %d of wallet %s is in the feed and is not stored", slots[i].seq, slots[i].wallet)
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
			b.first, b.last, b.id, b.wallets, b.firsts, b.lasts), 1)
	}
	expect(writes.Queue(s.sql.in("DELETE FROM jigap.feed_pending p USING unnest($1::bigint[], $2::text[]::uuid[]) k(clock, id) WHERE p.clock = k.clock AND p.id = k.id"),
		clocks, ids), len(ids))
	expect(writes.Queue(s.sql.in("UPDATE jigap.feed_head SET last = $1"), blocks[len(blocks)-1].last), 1)
	return tx.SendBatch(ctx, &writes).Close()
}

var errNotNumbered = errors.New("a row of the feed was not written: a trigger, rule or policy on its tables keeps it")

// pending returns the keys of what is pending, and the blocks that it makes behind the
// last number.
func (s *Store) pending(ctx context.Context, tx pgx.Tx, last int64, most int32) (clocks []int64, ids []string, blocks []block, err error) {
	rows, err := tx.Query(ctx, s.sql.in("SELECT clock, id::text, wallets, firsts, lasts FROM jigap.feed_pending ORDER BY clock, id LIMIT $1"), most)
	if err != nil {
		return nil, nil, nil, err
	}
	var clock int64
	var id string
	var noted spans
	_, err = pgx.ForEachRow(rows, []any{&clock, &id, &noted.wallets, &noted.firsts, &noted.lasts}, func() error {
		clocks, ids = append(clocks, clock), append(ids, id)
		for i, wallet := range noted.wallets {
			blocks = extend(blocks, last, span{wallet, noted.firsts[i], noted.lasts[i]})
		}
		return nil
	})
	return clocks, ids, blocks, err
}

// extend adds a run of entries to the last of the blocks, and to new ones when that is
// full.
func extend(blocks []block, last int64, run span) []block {
	for run.first <= run.last {
		if n := len(blocks); n > 0 {
			last = blocks[n-1].last
		}
		if n := len(blocks); n == 0 || last-blocks[n-1].first+1 >= blockMax {
			blocks = append(blocks, block{first: last + 1, last: last, id: uuid.NewString()})
		}
		b := &blocks[len(blocks)-1]
		taken := min(run.last-run.first+1, b.first+blockMax-1-b.last)
		b.add(span{run.wallet, run.first, run.first + taken - 1})
		b.last += taken
		run.first += taken
	}
	return blocks
}
