package recharge_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// A host swaps one provider for another by the lines that construct the Charger. What
// it does with it, topUpThrough, is the same.
func Example_swap() {
	clock := konatest.NewClock(time.Date(2026, 3, 13, 3, 0, 0, 0, time.UTC))

	// SOLAPI: a card that is registered there.
	sim := solapitest.New(solapitest.Config{Clock: clock, Seed: 1})
	account := sim.NewAccount(solapitest.AccountConfig{})
	key := account.NewKey(solapitest.RoleOwner)
	client, err := solapi.New(solapi.NewCredentials(key.APIKey, key.Secret), solapi.Config{
		HTTPClient: &http.Client{Transport: sim.Transport()}, Clock: clock,
	})
	if err != nil {
		log.Fatal(err)
	}
	bySOLAPI, err := solapi.NewCharger(client, "main")
	if err != nil {
		log.Fatal(err)
	}
	topUpThrough(bySOLAPI, account.AddCard(solapitest.Card{}), clock)

	// Kona: the account that a member registered.
	sim2 := konatest.New(konatest.Config{Clock: clock, Seed: 1})
	member := sim2.NewMember(konatest.MemberConfig{Bank: decimal.NewFromInt(1_000_000)})
	p := sim2.Project()
	client2, err := kona.New(
		kona.NewCredentials(p.ASPID, p.AccessKey, p.Secret, kona.CryptoKey{ID: p.KeyID, Server: p.Server, Client: p.Client}),
		kona.Config{BaseURL: kona.SandboxURL, HTTPClient: &http.Client{Transport: sim2.Transport()}, Clock: clock},
	)
	if err != nil {
		log.Fatal(err)
	}
	byKona, err := kona.NewCharger(client2, "main", kona.ChargerConfig{
		MerchantID: p.MerchantID, Card: func(context.Context, kona.Method) (kona.Card, error) {
			number, expiry := member.Card()
			return kona.Card{Number: number, Expiry: expiry}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	topUpThrough(byKona, kona.Method{UserID: kona.UserID(member.UserID()), PAR: member.PAR()}.String(), clock)

	// Toss: a card that a customer registered.
	sim3 := tosstest.New(tosstest.Config{Clock: clock, Seed: 1})
	card := sim3.NewCard(tosstest.CardConfig{})
	secret, err := toss.NewSecretKey(sim3.Shop().SecretKey)
	if err != nil {
		log.Fatal(err)
	}
	client3, err := toss.New(secret, toss.Config{HTTPClient: &http.Client{Transport: sim3.Transport()}, Clock: clock})
	if err != nil {
		log.Fatal(err)
	}
	byToss, err := toss.NewBillingCharger(client3, "main", toss.BillingConfig{
		Card: func(context.Context, string) (toss.BillingKey, error) {
			return toss.NewBillingKey(card.BillingKey(), card.CustomerKey()), nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	topUpThrough(byToss, "card-1", clock)
	// Output:
	// solapi:main approved 10000
	// kona:main approved 10000
	// billing@toss:main approved 10000
}

// topUpThrough is a host: it knows no provider.
func topUpThrough(charger ports.Charger, method string, clock ports.Clock) {
	ctx, store := context.Background(), memory.New()
	wallets, err := ledger.New(store, ledger.Config{Clock: clock})
	if err != nil {
		log.Fatal(err)
	}
	service, err := recharge.New(store, wallets, recharge.Config{Clock: clock}, charger)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"}); err != nil {
		log.Fatal(err)
	}
	op, err := service.Recharge(ctx, recharge.Request{
		WalletID: "w1", Key: "topup-1", Charger: charger.Name(), PaymentMethod: method, Amount: decimal.NewFromInt(10_000),
	})
	if err != nil {
		log.Fatal(err)
	}
	w, err := wallets.Wallet(ctx, "w1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(charger.Name(), op.Status, w.Balance)
}
