package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// feedStatement reads behind a cursor and below the horizon: the position that the
// oldest running transaction has or would have. Whatever is written from now on gets
// a position at or above it, so no entry turns up behind a cursor.
const feedStatement = "SELECT " + entryColumns + `, e.feed
FROM jigap.entries e
WHERE e.feed >= $1 AND (e.feed, e.wallet_id, e.seq) > ($1, $2, $3)
	AND e.feed < (SELECT feed_offset + pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM jigap.settings)
ORDER BY e.feed, e.wallet_id, e.seq
LIMIT $4`

// position is a place in the feed: that of an entry.
type position struct {
	feed     int64
	seq      int64
	walletID string
}

func (p position) String() string {
	return strconv.FormatInt(p.feed, 10) + "/" + strconv.FormatInt(p.seq, 10) + "/" + p.walletID
}

// parsePosition reads a cursor. A blank one is the place before all entries.
func parsePosition(cursor string) (position, error) {
	if cursor == "" {
		return position{}, nil
	}
	foreign := ports.Invalid("cursor", "is not of this store")
	parts := strings.SplitN(cursor, "/", 3)
	if len(parts) != 3 {
		return position{}, foreign
	}
	feed, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return position{}, foreign
	}
	seq, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return position{}, foreign
	}
	return position{feed: feed, seq: seq, walletID: parts[2]}, nil
}

// Feed implements [ports.EntryReader]. An entry shows once every transaction that ran
// on the server when it was written has ended.
func (r *reader) Feed(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
	last, err := parsePosition(cursor)
	if err != nil {
		return ports.FeedPage{}, err
	}
	rows, err := r.db.Query(ctx, r.sql.feed, last.feed, last.walletID, last.seq, max(limit, 0))
	if err != nil {
		return ports.FeedPage{}, fmt.Errorf("read feed: %w", err)
	}
	page := ports.FeedPage{Cursor: cursor}
	page.Entries, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (ports.Entry, error) {
		entry, err := scanEntryAnd(row, &last.feed)
		last.walletID, last.seq = entry.WalletID, entry.Seq
		page.Cursor = last.String()
		page.Cursors = append(page.Cursors, page.Cursor)
		return entry, err
	})
	if err != nil {
		return ports.FeedPage{}, fmt.Errorf("read feed: %w", err)
	}
	return page, nil
}

// totalsStatement reads everything, in one statement and so of one moment.
const totalsStatement = `
SELECT currency, account, sum(balance), sum(point) FROM (
	SELECT currency, 'wallets' AS account, sum(balance) AS balance, sum(point) AS point FROM jigap.wallets GROUP BY currency
	UNION ALL
	SELECT currency, counterparty, -coalesce(sum(balance_amount), 0), -coalesce(sum(point_amount), 0)
	FROM jigap.entries WHERE counterparty IS NOT NULL GROUP BY currency, counterparty
	UNION ALL
	SELECT e.currency, m ->> 'account', sum((m ->> 'amount')::numeric), 0
	FROM jigap.entries e, json_array_elements(e.moves) m WHERE e.moves IS NOT NULL GROUP BY 1, 2
) sums GROUP BY currency, account`

// Totals implements [ports.EntryReader]. It reads every entry, which takes a while.
func (r *reader) Totals(ctx context.Context) ([]ports.Total, error) {
	rows, err := r.db.Query(ctx, r.sql.totals)
	if err != nil {
		return nil, fmt.Errorf("read totals: %w", err)
	}
	totals, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (ports.Total, error) {
		var total ports.Total
		var balance, point decimal.Decimal
		err := row.Scan(&total.Currency, &total.Account, amount{&balance}, amount{&point})
		total.Balance, total.Point = balance, point
		return total, err
	})
	if err != nil {
		return nil, fmt.Errorf("read totals: %w", err)
	}
	return totals, nil
}
