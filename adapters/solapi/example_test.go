package solapi_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

// connect is how a host sets up both directions of one account.
func connect(key, secret string) (*solapi.Charger, *solapi.Disburser, error) {
	client, err := solapi.New(solapi.NewCredentials(key, secret), solapi.Config{})
	if err != nil {
		return nil, nil, err
	}
	charger, err := solapi.NewCharger(client, "main")
	if err != nil {
		return nil, nil, err
	}
	disburser, err := solapi.NewDisburser(client, "main", solapi.DisburserConfig{
		Statuses: map[string]ports.Outcome{"COMPLETE": ports.OutcomeApproved}, // what you have seen
	})
	return charger, disburser, err
}

// Charger and Disburser of one account share a name and a lane: one order at a time.
func Example() {
	charger, disburser, err := connect("NCSAYU7YDBXYORXC", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(charger.Name(), charger.Lane(ports.ChargeOrder{}) == disburser.Lane(ports.PayoutOrder{}))
	// Output: solapi:main true
}

// A recharge against the simulator, which a host uses in its own tests.
func ExampleCharger() {
	provider := solapitest.New(solapitest.Config{Seed: 1})
	account := provider.NewAccount(solapitest.AccountConfig{Balance: decimal.NewFromInt(10_130)})
	key, card := account.NewKey(solapitest.RoleOwner), account.AddCard(solapitest.Card{})
	server := httptest.NewServer(provider)
	defer server.Close()

	client, err := solapi.New(solapi.NewCredentials(key.APIKey, key.Secret), solapi.Config{BaseURL: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	charger, err := solapi.NewCharger(client, "main")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	order := ports.ChargeOrder{OperationID: "1", PaymentMethod: card, Amount: decimal.NewFromInt(10_000), Currency: "KRW"}
	evidence, refusal := charger.Prepare(ctx, order)
	if refusal != nil {
		fmt.Println(refusal.Outcome, refusal.Message)
		return
	}
	order.Evidence = evidence
	answer := charger.Charge(ctx, order)
	fmt.Println(answer.Outcome, answer.OldBalance.Decimal, answer.NewBalance.Decimal)
	// Output: approved 10130 20130
}
