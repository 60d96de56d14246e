package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// CheckWallet implements [ports.Checker]. It compares the columns that the store searches
// by with the records, and the numbers of entries with the wallet. Whether the feed has
// each entry once it does not see: a reader of the feed does.
func (r *reader) CheckWallet(ctx context.Context, walletID string) (problems []string, err error) {
	if err := checkText("WalletID", walletID); err != nil {
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
				_, problem := scanOperation(row)
				if problem != nil {
					f.problem = problem.Error()
				}
				err = row.Scan(nil, nil, &f.id, nil, nil, nil, nil, nil, nil, nil, nil)
				return f, err
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
