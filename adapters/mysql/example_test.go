package mysql_test //nolint:testableexamples // it needs a server

import (
	"context"
	"log"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/mysql"
	"github.com/jigap/jigap/ledger"
)

// A ledger on a server, and a debit that is committed with rows of the host.
func Example() {
	ctx := context.Background()
	store, err := mysql.Open(ctx, "user:password@tcp(localhost:3306)/wallets?tls=true", mysql.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if err := store.Migrate(ctx); err != nil {
		log.Print(err)
		return
	}
	if err := pay(ctx, store, "customer", "order 1"); err != nil { // with ErrBeginAgain: once more
		log.Print(err)
	}
}

func pay(ctx context.Context, store *mysql.Store, wallet, order string) error {
	tx, err := store.DB().BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	wallets, err := ledger.New(store.WithTx(tx), ledger.Config{})
	if err != nil {
		return err
	}
	if _, err := wallets.Deduct(ctx, ledger.DeductRequest{WalletID: wallet, Key: order, Amount: decimal.NewFromInt(1_000)}); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO orders (id) VALUES (?)", order); err != nil {
		return err
	}
	return tx.Commit()
}
