package withdraw_test

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
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// A withdrawal from request to payout: one person approves it, the provider takes it,
// and reports it as paid later. The provider is simulated.
func Example() {
	ctx, store, clock := context.Background(), memory.New(), solapitest.NewClock(time.Date(2026, 3, 13, 3, 0, 0, 0, time.UTC))
	provider := solapitest.New(solapitest.Config{Clock: clock, Seed: 1})
	account := provider.NewAccount(solapitest.AccountConfig{Balance: decimal.NewFromInt(100_000), Bank: "110-000-000000"})
	disburser, err := connect(provider, account.NewKey(solapitest.RoleOwner), clock)
	if err != nil {
		log.Fatal(err)
	}
	wallets, err := ledger.New(store, ledger.Config{Clock: clock})
	if err != nil {
		log.Fatal(err)
	}
	service, err := withdraw.New(store, wallets, withdraw.Config{Clock: clock}, withdraw.Route{
		Disburser: disburser, Schedule: withdraw.FeeSchedule(solapi.FeeSchedule()), Approvals: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	_, _ = wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"})
	_, _ = wallets.Credit(ctx, ledger.CreditRequest{WalletID: "w1", Key: "deposit", Amount: decimal.NewFromInt(50_000)})

	op, err := service.Request(ctx, withdraw.Request{
		WalletID: "w1", Key: "payout-1", Disburser: disburser.Name(), Total: decimal.NewFromInt(20_000), Who: "customer-1",
	})
	if err != nil {
		log.Fatal(err)
	}
	wallet, _ := wallets.Wallet(ctx, "w1")
	fmt.Println(op.Status, "balance", wallet.Balance)
	op, err = service.Approve(ctx, ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "documents seen"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(op.Status)

	account.Decide(op.ProviderRef, solapitest.Decision{Status: "COMPLETE", TransactionID: "T1"})
	clock.Advance(time.Minute)
	if _, err := service.Follow(ctx, 10); err != nil { // the worker's job
		log.Fatal(err)
	}
	op, err = service.Get(ctx, op.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(op.Status, "paid", op.ActualNet.Decimal, "fee", op.ActualFee.Decimal)
	// Output:
	// requested balance 30000
	// pending
	// completed paid 18500 fee 1500
}

// connect makes the Disburser of an account, without a network.
func connect(provider *solapitest.Simulator, key solapitest.Key, clock *solapitest.Clock) (*solapi.Disburser, error) {
	client, err := solapi.New(solapi.NewCredentials(key.APIKey, key.Secret), solapi.Config{
		HTTPClient: &http.Client{Transport: provider.Transport()}, Clock: clock,
	})
	if err != nil {
		return nil, err
	}
	return solapi.NewDisburser(client, "main", solapi.DisburserConfig{
		Statuses: map[string]ports.Outcome{"COMPLETE": ports.OutcomeApproved}, // only PENDING is documented
	})
}
