package main

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
)

// order is a row of the host's own.
type order struct {
	ID       string          `json:"id"`
	WalletID string          `json:"wallet_id"`
	Item     string          `json:"item"`
	Amount   decimal.Decimal `json:"amount"`
	EntrySeq int64           `json:"entry_seq"`
}

// attempts is how often a transaction is begun that the server ended for the sake of
// another one.
const attempts = 5

// placeOrder writes the order and takes its amount from the wallet, both or neither.
// The same key again returns the same order.
func (s *server) placeOrder(ctx context.Context, key string, wanted order) (placed order, err error) {
	for range attempts {
		err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			placed, err = s.placeIn(ctx, tx, key, wanted)
			return err
		})
		if !beginAgain(err) {
			break
		}
	}
	return placed, err
}

// placeIn debits first and writes the row behind it, as every transaction of this host
// does: one order of locks, no deadlock. A refused debit leaves no row.
func (s *server) placeIn(ctx context.Context, tx pgx.Tx, key string, wanted order) (order, error) {
	wallets, err := ledger.New(s.store.WithTx(tx), ledger.Config{})
	if err != nil {
		return order{}, err
	}
	receipt, err := wallets.Deduct(ctx, ledger.DeductRequest{
		WalletID: wanted.WalletID, Key: key, Amount: wanted.Amount, Note: ledger.Note{Reference: wanted.Item},
	})
	if err != nil {
		return order{}, err
	}
	if receipt.Replayed { // the row was committed with the debit
		return s.orderByKey(ctx, tx, wanted.WalletID, key)
	}
	wanted.ID, wanted.EntrySeq = uuid.NewString(), receipt.Entry.Seq
	_, err = tx.Exec(ctx, s.tables.sql(
		"INSERT INTO {schema}.orders (id, wallet_id, key, item, amount, entry_seq) VALUES ($1, $2, $3, $4, $5::text::numeric, $6)"),
		wanted.ID, wanted.WalletID, key, wanted.Item, wanted.Amount.String(), wanted.EntrySeq)
	return wanted, err
}

func (s *server) orderByKey(ctx context.Context, tx pgx.Tx, walletID, key string) (order, error) {
	found, amount := order{WalletID: walletID}, ""
	err := tx.QueryRow(ctx, s.tables.sql(
		"SELECT id, item, amount::text, entry_seq FROM {schema}.orders WHERE wallet_id = $1 AND key = $2"), walletID, key).
		Scan(&found.ID, &found.Item, &amount, &found.EntrySeq)
	if errors.Is(err, pgx.ErrNoRows) {
		return order{}, errNotAnOrder
	}
	if err != nil {
		return order{}, err
	}
	found.Amount, err = decimal.NewFromString(amount)
	return found, err
}

// errNotAnOrder is returned when the key belongs to a debit that is no order.
var errNotAnOrder = errors.New("this key was used for something else")

// beginAgain reports whether the server ended a transaction for the sake of another.
func beginAgain(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (refused.Code == "40001" || refused.Code == "40P01")
}
