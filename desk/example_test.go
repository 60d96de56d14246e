package desk_test

import (
	"context"
	"fmt"
	"log"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/manual"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/desk"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// A withdrawal waits for an approval: the desk lists it, with what a person can do. Once it is
// approved, the bank transfer is another person's, and the desk lists it when it is a day old.
func ExampleDesk_Waiting() {
	ctx := context.Background()
	store := memory.New()
	wallets, err := ledger.New(store, ledger.Config{})
	if err != nil {
		log.Fatal(err)
	}
	payouts, err := withdraw.New(store, wallets, withdraw.Config{}, withdraw.Route{Disburser: manual.New("bank transfer"), Approvals: 1})
	if err != nil {
		log.Fatal(err)
	}
	open, err := desk.New(store, desk.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := wallets.Open(ctx, ledger.OpenRequest{WalletID: "c1", Currency: "KRW"}); err != nil {
		log.Fatal(err)
	}
	if _, err := wallets.Credit(ctx, ledger.CreditRequest{WalletID: "c1", Key: "cash", Amount: decimal.NewFromInt(30_000)}); err != nil {
		log.Fatal(err)
	}
	request := withdraw.Request{WalletID: "c1", Key: "payout-1", Disburser: "bank transfer", Total: decimal.NewFromInt(20_000), Who: "c1"}
	if _, err := payouts.Request(ctx, request); err != nil {
		log.Fatal(err)
	}

	items, err := open.Waiting(ctx, desk.Listing{})
	if err != nil {
		log.Fatal(err)
	}
	for _, item := range items {
		fmt.Println(item.Operation.Head().Kind, item.Operation.StatusText(), item.Acts)
		act := ports.Act{ID: item.Operation.Head().ID, By: ports.By{Who: "kim", Why: "documents seen"}}
		if _, err := payouts.Approve(ctx, act); err != nil {
			log.Fatal(err)
		}
	}
	items, err = open.Waiting(ctx, desk.Listing{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(items), "wait")
	// Output:
	// withdrawal requested [approve decline cancel]
	// 0 wait
}
