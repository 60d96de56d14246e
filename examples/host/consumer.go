package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// pageOfFeed is how many entries are dealt with in one transaction.
const pageOfFeed = 100

// consume follows the change feed until ctx ends. What fails is tried again.
func (s *server) consume(ctx context.Context) {
	for ctx.Err() == nil {
		read, err := s.consumePage(ctx)
		if err != nil && ctx.Err() == nil {
			s.logger.Error("change feed", "error", err)
		}
		if err == nil && read == pageOfFeed {
			continue // there is more
		}
		select {
		case <-ctx.Done():
		case <-time.After(s.config.Look):
		}
	}
}

// consumePage adds a page of the feed to the days. The cursor moves in the same
// transaction, so each entry counts exactly once, whichever process dies; its row is locked,
// so consumers in several processes take turns.
func (s *server) consumePage(ctx context.Context) (read int, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var cursor string
		if err := tx.QueryRow(ctx, "SELECT cursor FROM cursors WHERE name = 'days' FOR UPDATE").Scan(&cursor); err != nil {
			return err
		}
		wallets, err := ledger.New(s.store.WithTx(tx), ledger.Config{})
		if err != nil {
			return err
		}
		entries, err := wallets.Feed(ctx, cursor, pageOfFeed)
		if err != nil || len(entries) == 0 {
			return err
		}
		for i := range entries {
			if err := addToDay(ctx, tx, &entries[i].Entry); err != nil {
				return err
			}
		}
		read = len(entries)
		_, err = tx.Exec(ctx, "UPDATE cursors SET cursor = $1 WHERE name = 'days'", entries[read-1].Cursor)
		return err
	})
	return read, err
}

func addToDay(ctx context.Context, tx pgx.Tx, e *ports.Entry) error {
	spent := decimal.Zero
	if e.Counterparty == ports.AccountUsage { // deducts and captures; refunds take away again
		spent = e.BalanceAmount.Add(e.PointAmount).Neg()
	}
	_, err := tx.Exec(ctx, `INSERT INTO days AS d VALUES ($1, 1, $2)
		ON CONFLICT (day) DO UPDATE SET entries = d.entries + 1, spent = d.spent + excluded.spent`,
		e.BookedAt.Truncate(24*time.Hour), spent)
	return err
}
