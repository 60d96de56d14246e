package recharge_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/recharge"
)

// A charge whose answer is lost, and what becomes of it. The provider is simulated, so
// that it can be told to charge the card and hang up.
func Example() {
	ctx, store, clock := context.Background(), memory.New(), solapitest.NewClock(time.Date(2026, 3, 13, 3, 0, 0, 0, time.UTC))
	provider := solapitest.New(solapitest.Config{Clock: clock, Seed: 1})
	account := provider.NewAccount(solapitest.AccountConfig{})
	charger, err := connect(provider, account.NewKey(solapitest.RoleOwner), clock)
	if err != nil {
		log.Fatal(err)
	}
	wallets, err := ledger.New(store, ledger.Config{Clock: clock})
	if err != nil {
		log.Fatal(err)
	}
	service, err := recharge.New(store, wallets, recharge.Config{Clock: clock}, charger)
	if err != nil {
		log.Fatal(err)
	}
	_, err = wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"})
	if err != nil {
		log.Fatal(err)
	}

	provider.Inject(solapitest.Fault{Method: http.MethodPost, Kind: solapitest.CloseAfter})
	request := recharge.Request{
		WalletID: "w1", Key: "topup-1", Charger: charger.Name(),
		PaymentMethod: account.AddCard(solapitest.Card{}), Amount: decimal.NewFromInt(10_000),
	}
	op, err := service.Recharge(ctx, request)
	if err != nil {
		log.Fatal(err)
	}
	wallet, _ := wallets.Wallet(ctx, "w1")
	fmt.Println(op.Status, "balance", wallet.Balance)

	clock.Advance(10 * time.Second)
	if _, err := service.Follow(ctx, 10); err != nil { // the worker's job
		log.Fatal(err)
	}
	op, err = service.Recharge(ctx, request) // the same key: the same operation
	if err != nil {
		log.Fatal(err)
	}
	wallet, _ = wallets.Wallet(ctx, "w1")
	fmt.Println(op.Status, "balance", wallet.Balance, "charges", len(account.Books().Charges))
	// Output:
	// unknown balance 0
	// approved balance 10000 charges 1
}

// connect makes the Charger of an account, without a network.
func connect(provider *solapitest.Simulator, key solapitest.Key, clock *solapitest.Clock) (*solapi.Charger, error) {
	client, err := solapi.New(solapi.NewCredentials(key.APIKey, key.Secret), solapi.Config{
		HTTPClient: &http.Client{Transport: provider.Transport()}, Clock: clock,
	})
	if err != nil {
		return nil, err
	}
	return solapi.NewCharger(client, "main")
}
