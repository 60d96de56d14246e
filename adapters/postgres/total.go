package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

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

// Totals implements [ports.EntryReader]. It reads every entry, which takes a while: its
// bound is [Config.TotalsTimeout].
func (r *reader) Totals(ctx context.Context) ([]ports.Total, error) {
	whole := *r
	whole.timeout = r.totalsTimeout
	totals, err := read(ctx, &whole, r.sql.totals, func(row pgx.CollectableRow) (ports.Total, error) {
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
