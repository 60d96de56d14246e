package ledger_test

import (
	"context"
	"fmt"
	"log"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// head is the end of a wallet's history at some time, kept where a writer of the
// database cannot write: a write-once bucket, a log of another team.
type head struct {
	seq  int64
	hash ports.Hash
}

// export reads the change feed behind a cursor and keeps the heads.
func export(ctx context.Context, wallets *ledger.Ledger, cursor string, heads map[string]head) (string, error) {
	for {
		entries, err := wallets.Feed(ctx, cursor, 1000)
		if err != nil || len(entries) == 0 {
			return cursor, err
		}
		for i := range entries {
			heads[entries[i].WalletID] = head{seq: entries[i].Seq, hash: entries[i].Hash}
			cursor = entries[i].Cursor
		}
	}
}

// unchanged proves a history up to its end, and that it still goes through the head.
func unchanged(ctx context.Context, wallets *ledger.Ledger, walletID string, kept head) (bool, error) {
	if _, err := wallets.Verify(ctx, walletID); err != nil {
		return false, err
	}
	page, err := wallets.History(ctx, ports.EntryFilter{WalletID: walletID, AfterSeq: kept.seq - 1, Limit: 1})
	if err != nil {
		return false, err
	}
	return len(page.Entries) == 1 && page.Entries[0].Hash == kept.hash, nil
}

// Verify proves that a history agrees with itself. That it is the one that was booked,
// and not one that was written anew, a hash that is kept elsewhere proves.
func ExampleLedger_Verify_headsKeptElsewhere() {
	ctx := context.Background()
	wallets, err := ledger.New(memory.New(), ledger.Config{})
	if err != nil {
		log.Fatal(err)
	}
	_, _ = wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"})
	_, _ = wallets.Credit(ctx, ledger.CreditRequest{WalletID: "w1", Key: "deposit-1", Amount: decimal.NewFromInt(1_000)})
	heads := make(map[string]head)
	cursor, err := export(ctx, wallets, "", heads)
	if err != nil {
		log.Fatal(err)
	}
	_, _ = wallets.Deduct(ctx, ledger.DeductRequest{WalletID: "w1", Key: "order-1", Amount: decimal.NewFromInt(18)})
	fmt.Println(unchanged(ctx, wallets, "w1", heads["w1"]))
	if _, err := export(ctx, wallets, cursor, heads); err != nil { // the next time
		log.Fatal(err)
	}
	fmt.Println("head", heads["w1"].seq)
	// Output:
	// true <nil>
	// head 3
}
