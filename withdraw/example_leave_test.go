package withdraw_test

import (
	"context"
	"fmt"
	"log"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/manual"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// A customer leaves. One call pays out what can be paid, and forfeits the points and a fraction of a won
// when the payout is made. It is repeated until the wallet is closed.
func ExampleService_Leave() {
	ctx, store := context.Background(), memory.New()
	wallets, err := ledger.New(store, ledger.Config{})
	if err != nil {
		log.Fatal(err)
	}
	service, err := withdraw.New(store, wallets, withdraw.Config{}, withdraw.Route{Disburser: manual.New("bank")})
	if err != nil {
		log.Fatal(err)
	}
	_, _ = wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW", Scale: 2})
	_, _ = wallets.Credit(ctx, ledger.CreditRequest{WalletID: "w1", Key: "deposit", Amount: decimal.RequireFromString("50000.37")})
	_, _ = wallets.Grant(ctx, ledger.GrantRequest{WalletID: "w1", Key: "welcome", Amount: decimal.NewFromInt(500)})

	request := withdraw.LeaveRequest{
		WalletID: "w1", Key: "leave", Disburser: "bank", By: ports.By{Who: "customer-1", Why: "moves away"},
		ForfeitPoints: true, ForfeitCash: decimal.RequireFromString("0.99"),
	}
	departure, err := service.Leave(ctx, request)
	fmt.Println(departure.Withdrawal.Total, departure.Closed, err)
	_, _ = service.ReportPaid(ctx, withdraw.Paid{ID: departure.Withdrawal.ID, By: ports.By{Who: "kim", Why: "bank statement"}, TransactionID: "T1"})
	departure, err = service.Leave(ctx, request)
	fmt.Println(departure.Withdrawal.Status, departure.Closed, err)
	// Output:
	// 50000 false <nil>
	// completed true <nil>
}
