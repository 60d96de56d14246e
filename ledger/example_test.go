package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// A wallet from its opening to the proof of its history. This is the code of the
// README.
func Example() {
	ctx := context.Background()
	wallets, err := ledger.New(memory.New(), ledger.Config{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = wallets.Open(ctx, ledger.OpenRequest{WalletID: "customer-1", Currency: "KRW"})
	if err != nil {
		log.Fatal(err)
	}
	// Money arrives. The same key again is harmless, for ever.
	_, err = wallets.Credit(ctx, ledger.CreditRequest{
		WalletID: "customer-1", Key: "deposit-1", Amount: decimal.NewFromInt(10_000),
	})
	if err != nil {
		log.Fatal(err)
	}
	// Usage is paid, points first.
	receipt, err := wallets.Deduct(ctx, ledger.DeductRequest{
		WalletID: "customer-1", Key: "message-1", Amount: decimal.NewFromInt(18),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(receipt.Entry.NewBalance)
	// The history proves itself.
	entries, err := wallets.Verify(ctx, "customer-1")
	fmt.Println(entries, err)
	// Output:
	// 9982
	// 3 <nil>
}

func exampleLedger() *ledger.Ledger {
	wallets, err := ledger.New(memory.New(), ledger.Config{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	_, _ = wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"})
	_, _ = wallets.Credit(ctx, ledger.CreditRequest{WalletID: "w1", Key: "deposit", Amount: decimal.NewFromInt(1_000)})
	return wallets
}

func ExampleLedger_Hold() {
	ctx, wallets := context.Background(), exampleLedger()
	held, err := wallets.Hold(ctx, ledger.HoldRequest{WalletID: "w1", Key: "batch-1", Amount: decimal.NewFromInt(600)})
	if err != nil {
		log.Fatal(err)
	}
	w, _ := wallets.Wallet(ctx, "w1")
	fmt.Println("balance", w.Balance, "available", w.AvailableBalance())
	// 550 were sent: they are spent, the rest comes back.
	_, err = wallets.Capture(ctx, ledger.CaptureRequest{
		HoldID: held.Hold.ID, Key: "batch-1-sent", Amount: decimal.NewFromInt(550), Final: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	w, _ = wallets.Wallet(ctx, "w1")
	fmt.Println("balance", w.Balance, "available", w.AvailableBalance())
	// Output:
	// balance 1000 available 400
	// balance 450 available 450
}

func ExampleLedger_Deduct_insufficient() {
	ctx, wallets := context.Background(), exampleLedger()
	_, err := wallets.Deduct(ctx, ledger.DeductRequest{WalletID: "w1", Key: "too much", Amount: decimal.NewFromInt(5_000)})
	var short *ports.InsufficientError
	if errors.As(err, &short) {
		fmt.Println("asked", short.Asked, "available", short.AvailableBalance)
	}
	// Output: asked 5000 available 1000
}

func ExampleLedger_Entries() {
	ctx, wallets := context.Background(), exampleLedger()
	for entry, err := range wallets.Entries(ctx, ports.EntryFilter{WalletID: "w1"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(entry.Seq, entry.Type, entry.OldBalance, "→", entry.NewBalance)
	}
	// Output:
	// 1 open 0 → 0
	// 2 recharge 0 → 1000
}

func ExampleLedger_BalanceAt() {
	ctx, wallets := context.Background(), exampleLedger()
	yesterday, err := wallets.BalanceAt(ctx, "w1", time.Now().AddDate(0, 0, -1))
	if err != nil {
		log.Fatal(err)
	}
	now, err := wallets.BalanceAt(ctx, "w1", time.Now())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(yesterday.Balance, now.Balance)
	// Output: 0 1000
}
