package recharge_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/recharge"
)

// A charge whose answer is lost, and what becomes of it.
func Example() {
	ctx, store, clock := context.Background(), memory.New(), crashtest.NewClock()
	// A provider that executes the charge and drops its answer stands in for a real one.
	charger := &bank{clock: clock, does: dropsAfter, orders: make(map[string]*bankOrder)}
	wallets, err := ledger.New(store, ledger.Config{Clock: clock})
	if err != nil {
		log.Fatal(err)
	}
	service, err := recharge.New(store, wallets, recharge.Config{Clock: clock}, charger)
	if err != nil {
		log.Fatal(err)
	}
	_, _ = wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"})

	request := recharge.Request{
		WalletID: "w1", Key: "topup-1", Charger: "bank", PaymentMethod: "card-1", Amount: decimal.NewFromInt(10_000),
	}
	op, err := service.Recharge(ctx, request)
	if err != nil {
		log.Fatal(err)
	}
	w, _ := wallets.Wallet(ctx, "w1")
	fmt.Println(op.Status, "balance", w.Balance)

	clock.Advance(10 * time.Second)
	if _, err := service.Follow(ctx, 10); err != nil { // the worker's job
		log.Fatal(err)
	}
	op, err = service.Recharge(ctx, request) // the same key: the same operation
	if err != nil {
		log.Fatal(err)
	}
	w, _ = wallets.Wallet(ctx, "w1")
	fmt.Println(op.Status, "balance", w.Balance)
	// Output:
	// unknown balance 0
	// approved balance 10000
}
