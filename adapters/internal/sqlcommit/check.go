package sqlcommit

import (
	"context"
	"fmt"
	"time"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
)

// CheckWallet implements [ports.Checker]: it compares the columns that the store searches by with the
// records.
func (r *Reader) CheckWallet(ctx context.Context, walletID string) ([]string, error) {
	if err := sqlrow.CheckText("WalletID", walletID); err != nil {
		return nil, err
	}
	problems, err := read(ctx, r, true, func(ctx context.Context, q Querier) (problems []string, err error) {
		statement := r.dialect.in("SELECT " + list(walletColumns) + ", next_expiry FROM $wallets WHERE id = ?")
		err = each(ctx, q, statement, []any{walletID}, func(rows Rows) error {
			var expiry time.Time
			wallet, due, err := scanWallet(andTo{rows, []any{timeTo{&expiry}}})
			if err != nil {
				return unreadable(err)
			}
			if due != wallet.Watch.Due(wallet.AvailableBalance()) {
				problems = append(problems, "column due is not what its watch asks for")
			}
			if !expiry.Equal(wallet.NextExpiry()) {
				problems = append(problems, "column next_expiry is not the next expiry of its lots")
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		statement = r.dialect.in("SELECT " + list(operationColumns) + " FROM $operations WHERE wallet_id = ?")
		err = each(ctx, q, statement, []any{walletID}, func(rows Rows) error {
			if _, id, err := scanOperation(rows); err != nil {
				problems = append(problems, fmt.Sprintf("operation %s: %v", id, err))
			}
			return nil
		})
		return problems, err
	})
	if err != nil {
		return nil, fmt.Errorf("check wallet %s: %w", walletID, err)
	}
	return problems, nil
}

// andTo are rows with more columns than their reader asks for.
type andTo struct {
	Rows
	more []any
}

// Scan implements [Rows].
func (r andTo) Scan(targets ...any) error { return r.Rows.Scan(append(targets, r.more...)...) }

// CheckFeed compares the change feed with the entries: each entry must be in it once, or wait once. It
// returns what is wrong, each problem in one line, and nothing when all is right. It reads everything.
func (r *Reader) CheckFeed(ctx context.Context) ([]string, error) {
	whole := *r
	whole.timeout = r.totalsTimeout
	problems, err := read(ctx, &whole, true, func(ctx context.Context, q Querier) ([]string, error) {
		f := feedCheck{listed: make(map[string]map[int64]int)}
		head, _, err := r.head(ctx, q)
		if err != nil {
			return nil, err
		}
		var last int64
		for _, from := range []string{"SELECT first, last, runs FROM $feed ORDER BY last", "SELECT 0, 0, runs FROM $feed_pending"} {
			err := each(ctx, q, r.dialect.in(from), nil, func(rows Rows) error {
				var first, end int64
				var text string
				if err := rows.Scan(numberTo[int64]{&first}, numberTo[int64]{&end}, textTo[string]{&text}); err != nil {
					return unreadable(err)
				}
				runs, err := decodeRuns(text)
				if count := f.add(&runs); end > 0 && (first != last+1 || end-first+1 != count) {
					f.odd++
				}
				last = max(last, end)
				return unreadable(err)
			})
			if err != nil {
				return nil, err
			}
		}
		if last != head {
			f.odd++
		}
		err = each(ctx, q, r.dialect.in("SELECT wallet_id, seq FROM $entries"), nil, func(rows Rows) error {
			var wallet string
			var seq int64
			err := rows.Scan(textTo[string]{&wallet}, numberTo[int64]{&seq})
			f.entry(wallet, seq)
			return unreadable(err)
		})
		return f.problems(), err
	})
	if err != nil {
		return nil, fmt.Errorf("check feed: %w", err)
	}
	return problems, nil
}

// feedCheck counts how often entries are in the feed, or wait.
type feedCheck struct {
	listed                       map[string]map[int64]int
	missing, twice, unknown, odd int
}

func (f *feedCheck) add(runs *sqlrow.Runs) (count int64) {
	for i, wallet := range runs.Wallets {
		if f.listed[wallet] == nil {
			f.listed[wallet] = make(map[int64]int)
		}
		for seq := runs.Firsts[i]; seq <= runs.Lasts[i]; seq++ {
			f.listed[wallet][seq]++
			count++
		}
	}
	return count
}

func (f *feedCheck) entry(wallet string, seq int64) {
	switch times := f.listed[wallet][seq]; {
	case times == 0:
		f.missing++
	case times > 1:
		f.twice++
	}
	delete(f.listed[wallet], seq)
}

func (f *feedCheck) problems() (problems []string) {
	for _, seqs := range f.listed {
		f.unknown += len(seqs)
	}
	for _, problem := range [...]struct {
		count int
		text  string
	}{
		{f.missing, "%d entries are neither in the feed nor waiting to be numbered"},
		{f.twice, "%d entries are in the feed, or waiting, more than once"},
		{f.unknown, "%d entries are in the feed, or waiting, and are not stored"},
		{f.odd, "%d blocks of the feed do not continue the one before, or do not end at feed_head"},
	} {
		if problem.count > 0 {
			problems = append(problems, fmt.Sprintf(problem.text, problem.count))
		}
	}
	return problems
}
