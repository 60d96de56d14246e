package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/sqlite"
	"github.com/jigap/jigap/ledger"
)

// A wallet in a file, and an order of the host that is written with its debit, or not at all.
func Example() {
	if err := tell(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// left: 700, orders: 1
}

func tell() error {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "jigap")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	store, err := sqlite.Open(ctx, filepath.Join(folder, "wallets.db"), sqlite.Config{})
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	if err := store.Migrate(ctx); err != nil {
		return err
	}
	wallets, err := ledger.New(store, ledger.Config{})
	if err != nil {
		return err
	}
	if _, err := wallets.Open(ctx, ledger.OpenRequest{WalletID: "customer", Currency: "KRW"}); err != nil {
		return err
	}
	if _, err := wallets.Credit(ctx, ledger.CreditRequest{WalletID: "customer", Key: "first", Amount: decimal.NewFromInt(1_000)}); err != nil {
		return err
	}
	if _, err := store.DB().ExecContext(ctx, "CREATE TABLE orders (id TEXT PRIMARY KEY)"); err != nil {
		return err
	}
	if err := order(ctx, store, "order 1", 300); err != nil {
		return err
	}
	wallet, err := wallets.Wallet(ctx, "customer")
	if err != nil {
		return err
	}
	var orders int
	err = store.DB().QueryRowContext(ctx, "SELECT count(*) FROM orders").Scan(&orders)
	fmt.Printf("left: %s, orders: %d\n", wallet.Balance, orders)
	return err
}

func order(ctx context.Context, store *sqlite.Store, id string, price int64) error {
	tx, err := store.DB().BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	bound, err := ledger.New(store.WithTx(tx), ledger.Config{})
	if err != nil {
		return err
	}
	if _, err := bound.Deduct(ctx, ledger.DeductRequest{WalletID: "customer", Key: id, Amount: decimal.NewFromInt(price)}); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO orders VALUES (?)", id); err != nil {
		return err
	}
	return tx.Commit()
}
