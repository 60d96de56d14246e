package recharge_test

import (
	"context"
	"fmt"
	"log"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// A bank transfer arrives without an order, and a person credits it. The bank takes the money
// back, and returns it after a complaint: each step is an act of a person, and is kept.
func ExampleService_Dispute() {
	ctx, store := context.Background(), memory.New()
	wallets, err := ledger.New(store, ledger.Config{})
	if err != nil {
		log.Fatal(err)
	}
	service, err := recharge.New(store, wallets, recharge.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err = wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"}); err != nil {
		log.Fatal(err)
	}
	by := func(why string) ports.By { return ports.By{Who: "kim", Why: why} }
	show := func(op *ports.Recharge, err error) {
		if err != nil {
			log.Fatal(err)
		}
		wallet, err := wallets.Wallet(ctx, "w1")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(op.Status, wallet.Balance, recharge.Acts(op))
	}

	op, err := service.Credit(ctx, recharge.CreditRequest{
		WalletID: "w1", Key: "bank-row-17", Charger: "bank", Amount: decimal.NewFromInt(10_000), ProviderRef: "row 17", By: by("transfer of 3 November"),
	})
	show(op, err)
	show(service.Dispute(ctx, ports.Act{ID: op.ID, By: by("the bank took it back")}))
	show(service.Reverse(ctx, ports.Act{ID: op.ID, By: by("statement of 5 November")}))
	show(service.Dispute(ctx, ports.Act{ID: op.ID, By: by("the bank returned it")}))
	show(service.Reinstate(ctx, recharge.ReinstateRequest{ID: op.ID, By: by("statement of 9 November")}))
	op, err = service.Get(ctx, op.ID)
	if err != nil {
		log.Fatal(err)
	}
	for _, decision := range op.Decisions {
		fmt.Println(decision.What, "by", decision.Who, "-", decision.Why)
	}
	// Output:
	// approved 10000 [dispute reverse]
	// disputed 10000 [keep reverse]
	// reversed 0 [dispute]
	// disputed 0 [reinstate decline]
	// approved 10000 [dispute reverse]
	// credit by kim - transfer of 3 November
	// dispute by kim - the bank took it back
	// reverse by kim - statement of 5 November
	// dispute by kim - the bank returned it
	// reinstate by kim - statement of 9 November
}
