package postgres_test //nolint:testableexamples // needs a server

import (
	"context"
	"fmt"
	"log"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/ledger"
)

// placeOrder writes a debit and a row of the host's own, both or neither.
func placeOrder(ctx context.Context, pool *pgxpool.Pool, store *postgres.Store, amount decimal.Decimal) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		wallets, err := ledger.New(store.WithTx(tx), ledger.Config{})
		if err != nil {
			return err
		}
		_, err = wallets.Deduct(ctx, ledger.DeductRequest{WalletID: "customer-1", Key: "order-17", Amount: amount})
		if err != nil {
			return err // not enough money: no order either
		}
		_, err = tx.Exec(ctx, "INSERT INTO orders (id) VALUES ('order-17')")
		return err
	})
}

func ExampleStore_WithTx() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, "postgres://user:password@localhost/database")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	store, err := postgres.New(pool, postgres.Config{})
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println(placeOrder(ctx, pool, store, decimal.NewFromInt(1_800)))
}
