package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
)

// CheckWallet implements [ports.Checker]. It compares the columns that the store searches
// by with the records. [Store.CheckFeed] looks at the change feed.
func (r *reader) CheckWallet(ctx context.Context, walletID string) (problems []string, err error) {
	if err := sqlrow.CheckText("WalletID", walletID); err != nil {
		return nil, err
	}
	for _, check := range [...]func(context.Context, string) ([]string, error){r.checkColumns, r.checkOperations} {
		found, err := check(ctx, walletID)
		if err != nil {
			return nil, fmt.Errorf("check wallet %s: %w", walletID, err)
		}
		problems = append(problems, found...)
	}
	return problems, nil
}

// checkColumns compares what the row of a wallet has for searching.
func (r *reader) checkColumns(ctx context.Context, walletID string) ([]string, error) {
	list, err := read(ctx, r, r.sql.in("SELECT "+walletColumns+", due, next_expiry FROM jigap.wallets WHERE id = $1"),
		func(row pgx.CollectableRow) (problems []string, err error) {
			var due bool
			var expiry *time.Time
			wallet, err := scanWalletAnd(row, &due, &expiry)
			if err != nil {
				return nil, err
			}
			if due != wallet.Watch.Due(wallet.AvailableBalance()) {
				problems = append(problems, "column due is not what its watch asks for")
			}
			if next := wallet.NextExpiry(); expiry == nil != next.IsZero() || expiry != nil && !expiry.Equal(next) {
				problems = append(problems, "column next_expiry is not the next expiry of its lots")
			}
			return problems, nil
		}, walletID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// checkOperations reads every operation of a wallet: reading refuses one whose columns
// differ from its record.
func (r *reader) checkOperations(ctx context.Context, walletID string) (problems []string, err error) {
	type found struct{ id, problem string }
	after := ""
	for {
		page, err := read(ctx, r, r.sql.in("SELECT "+operationColumns+" FROM jigap.operations WHERE wallet_id = $1 AND id > $2 ORDER BY id LIMIT 1000"),
			func(row pgx.CollectableRow) (f found, err error) {
				if _, problem := scanOperation(row); problem != nil {
					f.problem = problem.Error()
				}
				columns := make([]any, len(row.FieldDescriptions())) // all but the id are skipped
				columns[idColumn] = &f.id
				return f, row.Scan(columns...)
			}, walletID, after)
		if err != nil {
			return nil, err
		}
		for _, f := range page {
			if after = f.id; f.problem != "" {
				problems = append(problems, f.problem)
			}
		}
		if len(page) < 1000 {
			return problems, nil
		}
	}
}

// CheckFeed compares the change feed with the entries: each entry must be in it once, or be
// pending once. It returns what is wrong, each problem in one line, and nothing when all is
// right. It reads everything: its bound is [Config.TotalsTimeout].
func (s *Store) CheckFeed(ctx context.Context) (problems []string, err error) {
	whole := s.reader
	whole.timeout = s.totalsTimeout
	type counts struct{ missing, twice, unknown, head, blocks, last int64 }
	list, err := read(ctx, &whole, s.sql.in(checkFeedStatement), func(row pgx.CollectableRow) (c counts, err error) {
		return c, row.Scan(&c.missing, &c.twice, &c.unknown, &c.head, &c.blocks, &c.last)
	})
	if err != nil {
		return nil, fmt.Errorf("check feed: %w", err)
	}
	if len(list) != 1 {
		return []string{"feed_head has not one row"}, nil
	}
	c := list[0]
	for _, problem := range [...]struct {
		count int64
		text  string
	}{
		{c.missing, "%d entries are neither in the feed nor pending"},
		{c.twice, "%d entries are in the feed or pending more than once"},
		{c.unknown, "%d entries are in the feed or pending, and are not stored"},
		{max(c.head-c.blocks, c.blocks-c.head, c.last-c.head, c.head-c.last), "feed_head and the blocks of the feed differ by %d entries"},
	} {
		if problem.count > 0 {
			problems = append(problems, fmt.Sprintf(problem.text, problem.count))
		}
	}
	return problems, nil
}

const checkFeedStatement = `
WITH runs AS (
	SELECT r.* FROM jigap.feed f, unnest(f.wallets, f.firsts, f.lasts) AS r(wallet_id, first, last)
	UNION ALL
	SELECT r.* FROM jigap.feed_pending f, unnest(f.wallets, f.firsts, f.lasts) AS r(wallet_id, first, last)
),
listed AS (
	SELECT wallet_id, seq, count(*) AS times FROM runs, generate_series(first, last) AS seq GROUP BY wallet_id, seq
)
SELECT count(*) FILTER (WHERE l.seq IS NULL), count(*) FILTER (WHERE l.times > 1), count(*) FILTER (WHERE e.seq IS NULL),
	h.last, (SELECT coalesce(sum(last - first + 1), 0)::bigint FROM jigap.feed), (SELECT coalesce(max(last), 0) FROM jigap.feed)
FROM jigap.feed_head h, listed l FULL JOIN jigap.entries e ON e.wallet_id = l.wallet_id AND e.seq = l.seq
GROUP BY h.last`
