package sqlcommit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
	"github.com/jigap/jigap/ports"
)

type totalKey struct {
	currency string
	account  ports.Account
}

type totals map[totalKey]ports.Total

func (t totals) add(currency string, account ports.Account, balance, point decimal.Decimal) {
	key := totalKey{currency, account}
	total := t[key]
	total.Currency, total.Account = currency, account
	total.Balance, total.Point = total.Balance.Add(balance), total.Point.Add(point)
	t[key] = total
}

// totalsStatement reads everything, in one statement and so of one moment, also in a transaction.
const totalsStatement = "SELECT 1, currency, NULL, balance, point, NULL FROM $wallets UNION ALL " +
	"SELECT 0, currency, counterparty, balance_amount, point_amount, moves FROM $entries WHERE counterparty IS NOT NULL OR moves IS NOT NULL"

// Totals implements [ports.EntryReader]. It reads every wallet and every entry and adds them up itself,
// because engines differ in how exactly they add.
func (r *Reader) Totals(ctx context.Context) ([]ports.Total, error) {
	whole := *r
	whole.timeout = r.totalsTimeout
	sums, err := read(ctx, &whole, true, func(ctx context.Context, q Querier) (totals, error) {
		sums := make(totals)
		return sums, each(ctx, q, r.dialect.in(totalsStatement), nil, func(rows Rows) error { return unreadable(sums.scan(rows)) })
	})
	if err != nil {
		return nil, fmt.Errorf("read totals: %w", err)
	}
	return slices.Collect(maps.Values(sums)), nil
}

func (t totals) scan(rows Rows) error {
	var e ports.Entry
	var moves string
	var wallet bool
	err := rows.Scan(flagTo{&wallet}, textTo[string]{&e.Currency}, textTo[ports.Account]{&e.Counterparty}, amountTo{&e.BalanceAmount}, amountTo{&e.PointAmount}, textTo[string]{&moves})
	if err == nil {
		err = sqlrow.DecodeLists(&e, nil, []byte(moves), nil)
	}
	if err != nil {
		return err
	}
	if wallet {
		t.add(e.Currency, ports.AccountWallets, e.BalanceAmount, e.PointAmount)
	}
	if e.Counterparty != "" {
		t.add(e.Currency, e.Counterparty, e.BalanceAmount.Neg(), e.PointAmount.Neg())
	}
	for _, move := range e.Moves {
		t.add(e.Currency, move.Account, move.Amount, decimal.Zero)
	}
	return nil
}
