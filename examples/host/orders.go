package main

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// order is a row of the host's own.
type order struct {
	ID       string          `json:"id"`
	WalletID string          `json:"wallet_id"`
	Item     string          `json:"item"`
	Amount   decimal.Decimal `json:"amount"`
	EntrySeq int64           `json:"entry_seq"`
}

// placeOrder writes the order and takes its amount from the wallet, both or neither.
// The same key again returns the same order. A transaction that the database ended for
// the sake of another one is begun again.
func (s *server) placeOrder(ctx context.Context, key string, wanted order) (placed order, err error) {
	for range 5 {
		var debit booked
		err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			placed, err = s.placeIn(ctx, tx, &debit, key, wanted)
			return err
		})
		switch {
		case err == nil:
			s.trigger.Booked(&debit.wallet, debit.entries) //nolint:contextcheck // what it begins outlives the request
			return placed, nil
		case !beginAgain(err):
			return order{}, err
		}
	}
	return order{}, err
}

// placeIn debits first and writes the row behind it, as every transaction of this host
// does: one order of locks, no deadlock. A refused debit leaves no row.
func (s *server) placeIn(ctx context.Context, tx pgx.Tx, debit *booked, key string, wanted order) (order, error) {
	wallets, err := ledger.New(s.store.WithTx(tx), ledger.Config{Observer: debit})
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
		return orderByKey(ctx, tx, wanted.WalletID, key)
	}
	wanted.ID, wanted.EntrySeq = uuid.NewString(), receipt.Entry.Seq
	_, err = tx.Exec(ctx, "INSERT INTO orders (id, wallet_id, key, item, amount, entry_seq) VALUES ($1, $2, $3, $4, $5, $6)",
		wanted.ID, wanted.WalletID, key, wanted.Item, wanted.Amount, wanted.EntrySeq)
	return wanted, err
}

func orderByKey(ctx context.Context, tx pgx.Tx, walletID, key string) (order, error) {
	found := order{WalletID: walletID}
	err := tx.QueryRow(ctx, "SELECT id, item, amount, entry_seq FROM orders WHERE wallet_id = $1 AND key = $2", walletID, key).
		Scan(&found.ID, &found.Item, &found.Amount, &found.EntrySeq)
	if errors.Is(err, pgx.ErrNoRows) {
		return order{}, errNotAnOrder
	}
	return found, err
}

// booked keeps what a transaction booked, for auto-recharge, which must not hear of it
// before it is committed.
type booked struct {
	wallet  ports.Wallet
	entries []ports.Entry
}

func (b *booked) Booked(wallet *ports.Wallet, entries []ports.Entry) {
	b.wallet, b.entries = wallet.Clone(), slices.Clone(entries)
}

// errNotAnOrder is returned when the key belongs to a debit that is no order.
var errNotAnOrder = errors.New("this key was used for something else")

func beginAgain(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (refused.Code == "40001" || refused.Code == "40P01")
}
