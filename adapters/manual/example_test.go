package manual_test

import (
	"context"
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

// A payout from the request to the transfer that a person made.
func Example() {
	ctx, store := context.Background(), memory.New()
	wallets, err := ledger.New(store, ledger.Config{})
	if err != nil {
		log.Fatal(err)
	}
	payouts, err := withdraw.New(store, wallets, withdraw.Config{}, withdraw.Route{
		Disburser: manual.New("bank transfer"), Schedule: withdraw.FeeSchedule(solapi.FeeSchedule()), Approvals: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	_, _ = wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"})
	_, _ = wallets.Credit(ctx, ledger.CreditRequest{WalletID: "w1", Key: "deposit", Amount: decimal.NewFromInt(50_000)})

	op, err := payouts.Request(ctx, withdraw.Request{
		WalletID: "w1", Key: "payout-1", Disburser: "bank transfer", Total: decimal.NewFromInt(20_000), Who: "customer-1",
	})
	if err != nil {
		log.Fatal(err)
	}
	op, err = payouts.Approve(ctx, ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "invoice checked"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(op.Status, op.Answer.Message)
	op, err = payouts.ReportPaid(ctx, withdraw.Paid{ID: op.ID, By: ports.By{Who: "lee", Why: "transfer of today"}, TransactionID: "20261101-17"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(op.Status, op.ActualNet.Decimal)
	// Output:
	// pending a person pays it and reports it
	// completed 18500
}
