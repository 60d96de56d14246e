package withdraw_test

import (
	"fmt"
	"log"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/text"
	"github.com/jigap/jigap/withdraw"
)

func ExampleFeeSchedule_Quote() {
	schedule := withdraw.FeeSchedule(solapi.FeeSchedule())
	quote, err := schedule.Quote(decimal.NewFromInt(20_000))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(quote.Fee, quote.Net)
	fmt.Println(text.Quote(&quote, text.English))
	fmt.Println(text.Quote(&quote, text.Korean))
	// Output:
	// 1500 18500
	// 5% of 20,000 KRW = 1,000 KRW; fixed 500 KRW; fee 1,500 KRW; you receive 18,500 KRW
	// 20,000원의 5% = 1,000원; 정액 500원; 수수료 1,500원; 실수령액 18,500원
}

func ExampleFeeSchedule_Quote_tiers() {
	schedule := withdraw.FeeSchedule{
		Currency: "KRW",
		Tiering:  ports.EachPartAtItsRate,
		Tiers: []ports.Tier{
			{UpTo: decimal.NewNullDecimal(decimal.NewFromInt(10_000)), Rate: ports.Percent(decimal.NewFromInt(5))},
			{Rate: ports.Percent(decimal.NewFromInt(3))},
		},
	}
	quote, err := schedule.Quote(decimal.NewFromInt(20_000))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(text.Quote(&quote, text.English))
	// Output: 5% of 10,000 KRW = 500 KRW; 3% of 10,000 KRW = 300 KRW; fee 800 KRW; you receive 19,200 KRW
}

func ExampleFeeSchedule_QuoteNet() {
	schedule := withdraw.FeeSchedule(solapi.FeeSchedule())
	quote, err := schedule.QuoteNet(decimal.NewFromInt(18_500))
	if err != nil {
		log.Fatal(err)
	}
	// Rounding down makes 19,999 pay out as much as 20,000: the least total wins.
	fmt.Println(quote.Total, text.Quote(&quote, text.English))
	// Output: 19999 5% of 19,999 KRW = 999.95 KRW; fixed 500 KRW; 1,499.95 KRW rounded down to 1,499 KRW; fee 1,499 KRW; you receive 18,500 KRW
}
