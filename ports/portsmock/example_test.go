package portsmock_test

import (
	"context"
	"fmt"
	"log"

	"github.com/shopspring/decimal"
	"go.uber.org/mock/gomock"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portsmock"
	"github.com/jigap/jigap/recharge"
)

// reporter stands in for a *testing.T, which an example does not have.
type reporter struct{}

func (reporter) Errorf(format string, args ...any) { log.Printf(format, args...) }
func (reporter) Fatalf(format string, args ...any) { log.Fatalf(format, args...) }

// A card that declines: how does the host take it?
func Example() {
	charger := portsmock.NewMockCharger(gomock.NewController(reporter{}))
	charger.EXPECT().Name().Return("bank").AnyTimes()
	charger.EXPECT().Lane(gomock.Any()).Return("").AnyTimes()
	charger.EXPECT().Prepare(gomock.Any(), gomock.Any()).Return(nil, nil)
	charger.EXPECT().Charge(gomock.Any(), gomock.Any()).Return(ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Code: "51"}})

	ctx, store := context.Background(), memory.New()
	wallets, err := ledger.New(store, ledger.Config{})
	if err != nil {
		log.Fatal(err)
	}
	service, err := recharge.New(store, wallets, recharge.Config{}, charger)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"}); err != nil {
		log.Fatal(err)
	}
	op, err := service.Recharge(ctx, recharge.Request{
		WalletID: "w1", Key: "topup-1", Charger: "bank", PaymentMethod: "card-1", Amount: decimal.NewFromInt(1_000),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(op.Status, op.Answer.Code)
	// Output: declined 51
}
