package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
	"github.com/jigap/jigap/ports"
)

const walletColumns = "id, currency, scale, status, balance, balance_held, point, point_held, lots, open_operations, " +
	"watch_below, watch_above, version, seq, hash, opened_at, booked_at, hold_expiry, counters"

// Wallets implements [ports.WalletReader].
func (r *reader) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	if err := sqlrow.CheckText("ID", ids...); err != nil {
		return nil, err
	}
	return r.wallets(ctx, r.sql.wallets, ids)
}

// FindWallets implements [ports.WalletReader].
func (r *reader) FindWallets(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
	err := ports.Join(sqlrow.CheckLimit(filter.Limit), sqlrow.CheckText("AfterID", filter.AfterID), sqlrow.CheckText("Statuses", ports.Statuses(filter.Statuses...)...),
		sqlrow.CheckTime("ExpiringBy", filter.ExpiringBy))
	if err != nil {
		return nil, err
	}
	q := r.sql.query("SELECT " + walletColumns + " FROM jigap.wallets")
	if filter.Due {
		q.where("due")
	}
	if len(filter.Statuses) > 0 {
		q.where("status = ANY($?)", ports.Statuses(filter.Statuses...))
	}
	if !filter.ExpiringBy.IsZero() {
		q.where("next_expiry <= $?", filter.ExpiringBy)
	}
	if filter.AfterID != "" {
		q.where("id > $?", filter.AfterID)
	}
	q.tail("ORDER BY id LIMIT $?", filter.Limit)
	return r.wallets(ctx, q.text(), q.args...)
}

func (r *reader) wallets(ctx context.Context, sql string, args ...any) ([]ports.Wallet, error) {
	wallets, err := read(ctx, r, sql, scanWallet, args...)
	if err != nil {
		return nil, fmt.Errorf("read wallets: %w", err)
	}
	return wallets, nil
}

func scanWallet(row pgx.CollectableRow) (ports.Wallet, error) { return scanWalletAnd(row) }

// scanWalletAnd reads a wallet, and what follows it in the row.
func scanWalletAnd(row pgx.CollectableRow, more ...any) (ports.Wallet, error) {
	var w ports.Wallet
	var hash []byte
	var lots, counters string
	var opened, booked time.Time
	var holdExpiry *time.Time
	err := row.Scan(append([]any{
		&w.ID, &w.Currency, &w.Scale, &w.Status,
		amount{&w.Balance},
		amount{&w.BalanceHeld},
		amount{&w.Point},
		amount{&w.PointHeld},
		text{&lots},
		&w.OpenOperations,
		optionalAmount{&w.Watch.Below},
		optionalAmount{&w.Watch.Above},
		&w.Version, &w.Seq, &hash, &opened, &booked, &holdExpiry,
		text{&counters},
	}, more...)...)
	if err != nil {
		return ports.Wallet{}, err
	}
	if err := setHash(&w.Hash, hash); err != nil {
		return ports.Wallet{}, fmt.Errorf("wallet %s: %w", w.ID, err)
	}
	w.OpenedAt, w.BookedAt = opened.UTC(), booked.UTC()
	if holdExpiry != nil {
		w.HoldExpiry = holdExpiry.UTC()
	}
	if w.Lots, err = sqlrow.DecodeLots(lots); err == nil {
		err = sqlrow.DecodeCounters(counters, &w)
	}
	return w, err
}
