package autorecharge_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/text"
)

// A wallet that recharges itself: usage brings it to the minimum, the first card
// declines, the second is charged up to the target. The provider is simulated.
func Example() {
	ctx, store := context.Background(), memory.New()
	provider := solapitest.New(solapitest.Config{Seed: 1})
	account := provider.NewAccount(solapitest.AccountConfig{})
	charger, err := connect(provider, account.NewKey(solapitest.RoleOwner))
	if err != nil {
		log.Fatal(err)
	}
	trigger := autorecharge.NewTrigger()
	wallets, err := ledger.New(store, ledger.Config{Observer: trigger})
	if err != nil {
		log.Fatal(err)
	}
	recharges, err := recharge.New(store, wallets, recharge.Config{}, charger)
	if err != nil {
		log.Fatal(err)
	}
	engine, err := autorecharge.New(store, wallets, recharges, autorecharge.Config{Trigger: trigger})
	if err != nil {
		log.Fatal(err)
	}
	_, _ = wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"})
	_, _ = wallets.Credit(ctx, ledger.CreditRequest{WalletID: "w1", Key: "deposit", Amount: decimal.NewFromInt(3_000)})

	declines, works := account.AddCard(solapitest.Card{}), account.AddCard(solapitest.Card{})
	account.SetCard(declines, http.StatusPaymentRequired, "BalanceInsufficient")
	_, err = engine.Set(ctx, autorecharge.SetRequest{
		WalletID: "w1", By: ports.By{Who: "customer-1", Why: "switched on in the app"},
		Terms: ports.PolicyTerms{
			Methods:     []ports.PaymentMethod{{Charger: charger.Name(), ID: declines}, {Charger: charger.Name(), ID: works}},
			MinimumCash: decimal.NewFromInt(1_000), RechargeTo: decimal.NewFromInt(20_000),
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = wallets.Deduct(ctx, ledger.DeductRequest{WalletID: "w1", Key: "message-1", Amount: decimal.NewFromInt(2_500)})
	if err != nil {
		log.Fatal(err)
	}
	trigger.Wait() // a server does so when it stops
	wallet, _ := wallets.Wallet(ctx, "w1")
	decision, policy, _ := engine.Explain(ctx, "w1")
	fmt.Println("charges", len(account.Books().Charges), "balance", wallet.Balance)
	fmt.Println(text.Decision(&decision, policy, text.English))
	// Output:
	// charges 1 balance 20000
	// Available cash is above 1,000 KRW: nothing to do.
}

// connect makes the Charger of an account, without a network.
func connect(provider *solapitest.Simulator, key solapitest.Key) (*solapi.Charger, error) {
	client, err := solapi.New(solapi.NewCredentials(key.APIKey, key.Secret), solapi.Config{
		HTTPClient: &http.Client{Transport: provider.Transport()},
	})
	if err != nil {
		return nil, err
	}
	return solapi.NewCharger(client, "main")
}
