package recharge_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// till is the smallest Charger: a provider that takes the operation's id as an idempotency key,
// and can be asked about it. Its answer to the first order is lost on the way.
type till struct {
	charged map[string]decimal.Decimal // at the provider, by operation
	lost    bool
}

func (t *till) Name() string                        { return "till" }
func (t *till) Lane(order ports.ChargeOrder) string { return "" } // orders need not be kept apart

func (t *till) Prepare(context.Context, ports.ChargeOrder) (evidence []byte, refusal *ports.ChargeAnswer) {
	return nil, nil // an inquiry needs the operation's id only
}

func (t *till) Charge(_ context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	if order.PaymentMethod == "expired card" {
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Code: "expired"}}
	}
	t.charged[order.OperationID] = order.Amount
	if !t.lost {
		t.lost = true
		return ports.ChargeAnswer{} // unknown: the provider may have charged
	}
	return t.approved(order)
}

func (t *till) Inquire(_ context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	if _, found := t.charged[order.OperationID]; found {
		return t.approved(order)
	}
	return ports.ChargeAnswer{} // it may be on its way: unknown, never "not sent"
}

func (t *till) approved(order ports.ChargeOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{
		Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "till-" + order.OperationID},
		Amount: decimal.NewNullDecimal(t.charged[order.OperationID]),
	}
}

// A Charger of your own: the answer of the first order is lost and found by an inquiry, and the
// second is declined. Run portstest.TestCharger against yours.
func Example_charger() {
	ctx, store := context.Background(), memory.New()
	now := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	clock := ports.ClockFunc(func() time.Time { return now })
	wallets, err := ledger.New(store, ledger.Config{Clock: clock})
	if err != nil {
		log.Fatal(err)
	}
	service, err := recharge.New(store, wallets, recharge.Config{Clock: clock}, &till{charged: make(map[string]decimal.Decimal)})
	if err != nil {
		log.Fatal(err)
	}
	if _, err = wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"}); err != nil {
		log.Fatal(err)
	}
	request := recharge.Request{WalletID: "w1", Key: "topup-1", Charger: "till", PaymentMethod: "card", Amount: decimal.NewFromInt(10_000)}
	op, err := service.Recharge(ctx, request)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(op.Status)

	now = now.Add(time.Minute)
	if _, err = service.Follow(ctx, 10); err != nil { // the worker's job
		log.Fatal(err)
	}
	if op, err = service.Get(ctx, op.ID); err != nil {
		log.Fatal(err)
	}
	fmt.Println(op.Status, op.Credited)

	request.Key, request.PaymentMethod = "topup-2", "expired card"
	if op, err = service.Recharge(ctx, request); err != nil {
		log.Fatal(err)
	}
	fmt.Println(op.Status, op.Answer.Code)
	// Output:
	// unknown
	// approved 10000
	// declined expired
}
