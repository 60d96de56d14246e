package recharge_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// From nothing to money: a registered card is charged, a payment window is confirmed, and a part is given back,
// all at the simulator of Toss Payments. A host also runs a worker with the Jobs of the service.
func Example_toss() {
	ctx, sim := context.Background(), tosstest.New(tosstest.Config{})
	key, err := toss.NewSecretKey(sim.Shop().SecretKey)
	check(err)
	client, err := toss.New(key, toss.Config{HTTPClient: &http.Client{Transport: sim.Transport()}})
	check(err)
	card := sim.NewCard(tosstest.CardConfig{}) // a host gets the key of a card from Client.IssueBillingKey
	cards, err := toss.NewBillingCharger(client, "main", toss.BillingConfig{Card: func(context.Context, string) (toss.BillingKey, error) {
		return toss.NewBillingKey(card.BillingKey(), card.CustomerKey()), nil
	}})
	check(err)
	windows, err := toss.NewWindowCharger(client, "main", toss.WindowConfig{})
	check(err)
	store := memory.New()
	wallets, err := ledger.New(store, ledger.Config{})
	check(err)
	recharges, err := recharge.New(store, wallets, recharge.Config{}, cards, windows)
	check(err)
	_, err = wallets.Open(ctx, ledger.OpenRequest{WalletID: "customer-1", Currency: "KRW"})
	check(err)

	byCard, err := recharges.Recharge(ctx, recharge.Request{
		WalletID: "customer-1", Key: "topup-1", Charger: cards.Name(), PaymentMethod: "card-1", Amount: decimal.NewFromInt(30_000),
	})
	check(err)
	fmt.Println("card:", byCard.Status)

	window, err := recharges.Begin(ctx, recharge.BeginRequest{WalletID: "customer-1", Key: "topup-2", Charger: windows.Name(), Amount: decimal.NewFromInt(10_000)})
	check(err)
	// The customer's page opens the window with window.Shown, and the window returns to the successUrl.
	query := sim.Authenticate(sim.OpenWindow(window.Shown[toss.ShownOrderID], window.Amount, tosstest.MethodCard))
	window, err = recharges.Confirm(ctx, recharge.ConfirmRequest{ID: window.ID, Token: query, Amount: window.Amount})
	check(err)
	fmt.Println("window:", window.Status)

	part, err := recharges.CancelPart(ctx, recharge.CancelPartRequest{
		ID: byCard.ID, Key: "refund-1", Amount: decimal.NewFromInt(5_000), By: ports.By{Who: "kim", Why: "asked for"},
	})
	check(err)
	wallet, err := wallets.Wallet(ctx, "customer-1")
	check(err)
	fmt.Println("part:", part.Status, "balance:", wallet.Balance)
	// Output:
	// card: approved
	// window: approved
	// part: approved balance: 35000
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
