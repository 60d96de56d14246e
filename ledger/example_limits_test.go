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

// A credit that a limit does not admit is refused, and what is there stays usable. The limit of the
// day begins anew at midnight in Seoul.
func ExampleLimits() {
	ctx, seoul := context.Background(), time.FixedZone("KST", 9*60*60) // Korea has no summer time
	now := time.Date(2026, time.March, 2, 23, 52, 0, 0, seoul)
	wallets, err := ledger.New(memory.New(), ledger.Config{
		Clock: ports.ClockFunc(func() time.Time { return now }),
		Limits: ledger.SameLimits(ledger.Limits{
			Balance:        decimal.NewNullDecimal(decimal.NewFromInt(500_000)),
			CreditedPerDay: decimal.NewNullDecimal(decimal.NewFromInt(300_000)),
			TimeZone:       seoul,
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err = wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"}); err != nil {
		log.Fatal(err)
	}
	for key, amount := range []int64{200_000, 150_000, 150_000, 200_000} {
		_, err = wallets.Credit(ctx, ledger.CreditRequest{WalletID: "w1", Key: fmt.Sprint(key), Amount: decimal.NewFromInt(amount)})
		var over *ports.LimitError
		if errors.As(err, &over) {
			fmt.Println(over.Limit, "has", over.Has, "of", over.Most, "and wants", over.Wants)
		}
		now = now.Add(5 * time.Minute)
	}
	w, _ := wallets.Wallet(ctx, "w1")
	fmt.Println("balance", w.Balance)
	// Output:
	// credited_per_day has 200000 of 300000 and wants 150000
	// balance has 350000 of 500000 and wants 200000
	// balance 350000
}

// The limits of prepaid cards in Korea as a configuration: 500,000 won for a card without a name and
// 2,000,000 won for one in the name of its holder, after the enforcement decree of the Electronic Financial
// Transactions Act (전자금융거래법 시행령). It is an example and no legal advice: what holds for a
// product, and for its points, its lawyers say. The limits are looked up in the memory of the
// process, because the ledger asks for them while a wallet waits.
func ExampleConfig_limits() {
	named := map[string]bool{"wallet-of-kim": true}
	limits := func(w *ports.Wallet) ledger.Limits {
		if w.Currency != "KRW" {
			return ledger.Limits{}
		}
		most := decimal.NewFromInt(500_000)
		if named[w.ID] {
			most = decimal.NewFromInt(2_000_000)
		}
		return ledger.Limits{Balance: decimal.NewNullDecimal(most)}
	}
	wallets, err := ledger.New(memory.New(), ledger.Config{Limits: limits})
	if err != nil {
		log.Fatal(err)
	}
	for _, id := range []string{"card-1", "wallet-of-kim"} {
		_, err := wallets.Open(context.Background(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
		if err != nil {
			log.Fatal(err)
		}
		_, err = wallets.Credit(context.Background(), ledger.CreditRequest{WalletID: id, Key: "in", Amount: decimal.NewFromInt(600_000)})
		fmt.Println(id, err)
	}
	// Output:
	// card-1 credit wallet card-1: limit exceeded: balance is at most 500000: has 0, wants 600000
	// wallet-of-kim <nil>
}
