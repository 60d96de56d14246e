package toss_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// chargers are what a host has of a shop.
type chargers struct {
	cards    *toss.BillingCharger
	windows  *toss.WindowCharger
	accounts *toss.AccountCharger
}

// nameResolver returns the name of the customer of an order.
type nameResolver = func(context.Context, ports.ChargeOrder) (string, error)

// connect is how a host sets up the Chargers of a shop.
func connect(secret string, config toss.Config, lookUp toss.CardResolver, nameOf nameResolver, refundTo toss.RefundAccountResolver) (chargers, error) {
	key, err := toss.NewSecretKey(secret)
	if err != nil {
		return chargers{}, err
	}
	client, err := toss.New(key, config)
	if err != nil {
		return chargers{}, err
	}
	cards, err1 := toss.NewBillingCharger(client, "main", toss.BillingConfig{Card: lookUp})
	windows, err2 := toss.NewWindowCharger(client, "main", toss.WindowConfig{RefundAccount: refundTo})
	accounts, err3 := toss.NewAccountCharger(client, "main", toss.AccountConfig{Customer: nameOf, RefundAccount: refundTo})
	return chargers{cards, windows, accounts}, errors.Join(err1, err2, err3)
}

// The answer to a charge is lost. The inquiry finds that it was executed, once.
func Example() {
	clock := tosstest.NewClock(time.Date(2026, 3, 16, 3, 0, 0, 0, time.UTC))
	sim := tosstest.New(tosstest.Config{Clock: clock})
	card := sim.NewCard(tosstest.CardConfig{})
	config := toss.Config{HTTPClient: &http.Client{Transport: sim.Transport()}, Clock: clock}
	shop, err := connect(sim.Shop().SecretKey, config, func(context.Context, string) (toss.BillingKey, error) {
		return toss.NewBillingKey(card.BillingKey(), card.CustomerKey()), nil
	}, func(context.Context, ports.ChargeOrder) (string, error) {
		return "홍길동", nil
	}, nil)
	if err != nil {
		panic(err)
	}
	ctx, order := context.Background(), ports.ChargeOrder{
		OperationID: "recharge-1", PaymentMethod: "card-1", Amount: decimal.NewFromInt(30_000), Currency: "KRW",
	}
	order.Evidence, _ = shop.cards.Prepare(ctx, order)
	order.SentAt, order.Transmissions = clock.Now(), 1
	sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseAfter})
	order.Last = shop.cards.Charge(ctx, order)
	fmt.Println(order.Last.Outcome)
	fmt.Println(shop.cards.Inquire(ctx, order).Outcome, sim.Executions("jgb-recharge-1"))
	// Output:
	// unknown
	// approved 1
}

// A customer registers a card. The window of the provider returns an authKey, which is used once.
func ExampleClient_IssueBillingKey() {
	sim := tosstest.New(tosstest.Config{})
	key, err := toss.NewSecretKey(sim.Shop().SecretKey)
	if err != nil {
		panic(err)
	}
	client, err := toss.New(key, toss.Config{HTTPClient: &http.Client{Transport: sim.Transport()}})
	if err != nil {
		panic(err)
	}
	const customerKey = "6d0f2c1e-9a53-4c0e-8f44-1b7a2f6c9d10"
	billing, err := client.IssueBillingKey(context.Background(), sim.AuthKey(customerKey), customerKey)
	if err != nil {
		panic(err)
	}
	fmt.Println(billing.Method, billing.Key) // Reveal returns it, to be encrypted
	// Output: 카드 hidden
}
