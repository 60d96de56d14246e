package recharge_test

import (
	"context"
	"fmt"
	"log"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// A customer recharges 10,000 won, gets 1,000 points with it, and spends 300 of them. Then the
// charge is taken back: so are the points that are left.
func ExampleBonus() {
	ctx := context.Background()
	bank := &bank{orders: make(map[string]*bankOrder), does: approves}
	service, wallets := start(bank)
	op, err := service.Recharge(ctx, recharge.Request{
		WalletID: "w1", Key: "order-1", Charger: "bank", PaymentMethod: "card-1", Amount: decimal.NewFromInt(10_000),
		Bonus: &recharge.Bonus{Amount: decimal.NewFromInt(1_000), Rule: "10 % in autumn"},
	})
	if err != nil {
		log.Fatal(err)
	}
	spend := ledger.DeductRequest{WalletID: "w1", Key: "message-1", Amount: decimal.NewFromInt(300)}
	if _, err = wallets.Deduct(ctx, spend); err != nil {
		log.Fatal(err)
	}
	if _, err = service.Cancel(ctx, ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "the customer changed her mind"}}); err != nil {
		log.Fatal(err)
	}
	if op, err = service.Get(ctx, op.ID); err != nil {
		log.Fatal(err)
	}
	fmt.Println(op.Status, "granted", op.Bonus.Granted, "taken back", op.Bonus.TakenBack, "missing", op.Bonus.Missing)
	// Output: reversed granted 1000 taken back 700 missing 300
}

// A card company takes back a charge of which the customer has spent 7,000 won. The wallet owes
// them, until it has cash again.
func ExampleService_ReverseOwing() {
	ctx := context.Background()
	service, wallets := start(&bank{orders: make(map[string]*bankOrder), does: approves})
	op, err := service.Recharge(ctx, recharge.Request{WalletID: "w1", Key: "order-1", Charger: "bank", PaymentMethod: "card-1", Amount: decimal.NewFromInt(10_000)})
	if err != nil {
		log.Fatal(err)
	}
	if _, err = wallets.Deduct(ctx, ledger.DeductRequest{WalletID: "w1", Key: "message-1", Amount: decimal.NewFromInt(7_000)}); err != nil {
		log.Fatal(err)
	}
	chargeback := ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "chargeback"}}
	if _, err = service.Dispute(ctx, chargeback); err != nil {
		log.Fatal(err)
	}
	if op, err = service.ReverseOwing(ctx, chargeback); err != nil {
		log.Fatal(err)
	}
	fmt.Println("owed", op.Owed)
	if _, err = wallets.Credit(ctx, ledger.CreditRequest{WalletID: "w1", Key: "transfer-1", Amount: decimal.NewFromInt(5_000)}); err != nil {
		log.Fatal(err)
	}
	collected, err := service.Collect(ctx, "w1")
	debt, errDebt := service.Debt(ctx, op.DebtID)
	fmt.Println("collected", collected, err, "still owed", debt.Owed(), errDebt)
	// Output:
	// owed 7000
	// collected 5000 <nil> still owed 2000 <nil>
}
