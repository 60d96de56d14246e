package memory_test

import (
	"context"
	"fmt"
	"log"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
)

// Two ledgers over one store see the same wallets, as two processes over one database
// do.
func Example() {
	ctx, store := context.Background(), memory.New()
	one, err := ledger.New(store, ledger.Config{})
	if err != nil {
		log.Fatal(err)
	}
	two, err := ledger.New(store, ledger.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := one.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"}); err != nil {
		log.Fatal(err)
	}
	deposit := ledger.CreditRequest{WalletID: "w1", Key: "deposit-1", Amount: decimal.NewFromInt(1_000)}
	for _, wallets := range []*ledger.Ledger{one, two} {
		receipt, err := wallets.Credit(ctx, deposit)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("entry", receipt.Entry.Seq, "replayed", receipt.Replayed)
	}
	// Output:
	// entry 2 replayed false
	// entry 2 replayed true
}
