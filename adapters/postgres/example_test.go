package postgres_test

import (
	"context"
	"fmt"
	"io/fs"
	"log"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/ledger"
)

// start is what a host does at its start.
func start(ctx context.Context) (*pgxpool.Pool, *postgres.Store, error) {
	pool, err := pgxpool.New(ctx, "postgres://user:password@localhost/database")
	if err != nil {
		return nil, nil, err
	}
	store, err := postgres.New(pool, postgres.Config{})
	if err != nil {
		pool.Close()
		return nil, nil, err
	}
	if err := store.Migrate(ctx); err != nil {
		pool.Close()
		return nil, nil, err
	}
	return pool, store, nil
}

// From the pool to a wallet.
func Example() { //nolint:testableexamples // needs a server
	ctx := context.Background()
	pool, store, err := start(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	wallets, err := ledger.New(store, ledger.Config{})
	if err != nil {
		log.Print(err)
		return
	}
	receipt, err := wallets.Open(ctx, ledger.OpenRequest{WalletID: "customer-1", Currency: "KRW"})
	fmt.Println(receipt.Entry.Seq, err)
}

// A debit and a row of the host's own, both or neither.
func ExampleStore_WithTx() { //nolint:testableexamples // needs a server
	ctx := context.Background()
	pool, store, err := start(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		wallets, err := ledger.New(store.WithTx(tx), ledger.Config{})
		if err != nil {
			return err
		}
		_, err = wallets.Deduct(ctx, ledger.DeductRequest{WalletID: "customer-1", Key: "order-17", Amount: decimal.NewFromInt(1_800)})
		if err != nil {
			return err // not enough money: no order either
		}
		_, err = tx.Exec(ctx, "INSERT INTO orders (id) VALUES ('order-17')")
		return err
	})
	fmt.Println(err)
}

// A host that migrates with a tool of its own takes the files from here.
func Example_migrations() {
	files, err := fs.Glob(postgres.Migrations, "migrations/*.sql")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(files[0])
	// Output: migrations/0001_init.sql
}
