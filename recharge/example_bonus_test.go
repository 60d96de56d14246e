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

// cards is a provider that approves what it is asked for.
type cards struct{}

func (cards) Name() string                  { return "cards" }
func (cards) Lane(ports.ChargeOrder) string { return "" }

func (cards) Prepare(context.Context, ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, nil
}

func (cards) Charge(_ context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx " + order.OperationID}}
}

func (cards) Inquire(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{}
}

func (cards) PrepareCancel(context.Context, ports.CancelOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, nil
}

func (cards) Cancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
}

func (cards) InquireCancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{}
}

// startCards returns a service over a store in memory, with an open wallet w1.
func startCards() (*recharge.Service, *ledger.Ledger) {
	store := memory.New()
	wallets, err := ledger.New(store, ledger.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := wallets.Open(context.Background(), ledger.OpenRequest{WalletID: "w1", Currency: "KRW"}); err != nil {
		log.Fatal(err)
	}
	service, err := recharge.New(store, wallets, recharge.Config{}, cards{})
	if err != nil {
		log.Fatal(err)
	}
	return service, wallets
}

// A customer recharges 10,000 won, gets 1,000 points with it, and spends 300 of them. Then the
// charge is taken back: so are the points that are left.
func ExampleBonus() {
	ctx := context.Background()
	service, wallets := startCards()
	op, err := service.Recharge(ctx, recharge.Request{
		WalletID: "w1", Key: "order-1", Charger: "cards", PaymentMethod: "card-1", Amount: decimal.NewFromInt(10_000),
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
	service, wallets := startCards()
	op, err := service.Recharge(ctx, recharge.Request{WalletID: "w1", Key: "order-1", Charger: "cards", PaymentMethod: "card-1", Amount: decimal.NewFromInt(10_000)})
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
