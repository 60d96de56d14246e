package withdraw_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/manual"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// A page shows what a withdrawal costs and leaves, or why it would be refused, before it is requested.
func ExampleService_Preview() {
	ctx, store := context.Background(), memory.New()
	wallets, err := ledger.New(store, ledger.Config{})
	if err != nil {
		log.Fatal(err)
	}
	service, err := withdraw.New(store, wallets, withdraw.Config{}, withdraw.Route{
		Disburser: manual.New("bank transfer"), Schedule: withdraw.FeeSchedule(solapi.FeeSchedule()), Approvals: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	_, _ = wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"})
	_, _ = wallets.Credit(ctx, ledger.CreditRequest{WalletID: "w1", Key: "deposit", Amount: decimal.NewFromInt(50_000)})
	for _, total := range []int64{20_000, 60_000} {
		forecast, err := service.Preview(ctx, withdraw.Request{
			WalletID: "w1", Key: "payout-1", Disburser: "bank transfer", Total: decimal.NewFromInt(total), Who: "customer-1",
		})
		if errors.Is(err, ports.ErrInsufficient) {
			fmt.Println(err)
			continue
		}
		fmt.Println("fee", forecast.Withdrawal.Fee, "pays out", forecast.Withdrawal.Net, "leaves", forecast.Wallet.Balance)
	}
	// Output:
	// fee 1500 pays out 18500 leaves 30000
	// withdraw from wallet w1: insufficient funds: wants 60000, has 50000
}
