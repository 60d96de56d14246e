package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// A page shows what a payment would leave before the customer agrees to it.
func ExampleLedger_Preview() {
	ctx := context.Background()
	wallets, err := ledger.New(memory.New(), ledger.Config{})
	if err != nil {
		log.Fatal(err)
	}
	_, _ = wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"})
	_, _ = wallets.Credit(ctx, ledger.CreditRequest{WalletID: "w1", Key: "in", Amount: decimal.NewFromInt(1_000)})
	_, _ = wallets.Grant(ctx, ledger.GrantRequest{WalletID: "w1", Key: "gift", Amount: decimal.NewFromInt(300)})
	for _, amount := range []int64{500, 1_500} {
		forecast, err := wallets.Preview(ctx, ledger.DeductRequest{WalletID: "w1", Key: "order-1", Amount: decimal.NewFromInt(amount)})
		var missing *ports.InsufficientError
		if errors.As(err, &missing) {
			fmt.Println("asks for", missing.Asked, "of", missing.AvailableBalance, "and", missing.AvailablePoint)
			continue
		}
		fmt.Println("takes", forecast.Entry.BalanceAmount, "and", forecast.Entry.PointAmount, "and leaves", forecast.Wallets[0].Balance)
	}
	w, _ := wallets.Wallet(ctx, "w1")
	fmt.Println("is", w.Balance, "and", w.Point)
	// Output:
	// takes -200 and -300 and leaves 800
	// asks for 1500 of 1000 and 300
	// is 1000 and 300
}
