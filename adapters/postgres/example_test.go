package postgres_test

import (
	"context"
	"fmt"
	"io/fs"
	"log"

	"github.com/jackc/pgx/v5/pgxpool"

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

// A host that migrates with a tool of its own takes the files from here.
func Example_migrations() {
	files, err := fs.Glob(postgres.Migrations, "migrations/*.sql")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(files[0])
	// Output: migrations/0001_init.sql
}
