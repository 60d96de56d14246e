package withdraw_test

import (
	"fmt"
	"log"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/withdraw"
)

func ExampleFeeSchedule_Quote() {
	schedule := withdraw.SOLAPI()
	quote, err := schedule.Quote(decimal.NewFromInt(20_000))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(quote.Fee, quote.Net)
	fmt.Println(quote.Text(withdraw.English))
	fmt.Println(quote.Text(withdraw.Korean))
	// Output:
	// 1500 18500
	// 5% of 20,000 = 1,000; fixed 500; fee 1,500; you receive 18,500
	// 20,000의 5% = 1,000; 정액 500; 수수료 1,500; 실수령액 18,500
}

func ExampleFeeSchedule_Quote_tiers() {
	schedule := withdraw.FeeSchedule{
		Currency: "KRW",
		Tiering:  withdraw.EachPartAtItsRate,
		Tiers: []withdraw.Tier{
			{UpTo: decimal.NewNullDecimal(decimal.NewFromInt(10_000)), Rate: withdraw.Percent(decimal.NewFromInt(5))},
			{Rate: withdraw.Percent(decimal.NewFromInt(3))},
		},
	}
	quote, err := schedule.Quote(decimal.NewFromInt(20_000))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(quote.Text(withdraw.English))
	// Output: 5% of 10,000 = 500; 3% of 10,000 = 300; fee 800; you receive 19,200
}

func ExampleFeeSchedule_QuoteNet() {
	schedule := withdraw.SOLAPI()
	quote, err := schedule.QuoteNet(decimal.NewFromInt(18_500))
	if err != nil {
		log.Fatal(err)
	}
	// Rounding down makes 19,999 pay out as much as 20,000: the least total wins.
	fmt.Println(quote.Total, quote.Text(withdraw.English))
	// Output: 19999 5% of 19,999 = 999.95; fixed 500; 1,499.95 rounded down to 1,499; fee 1,499; you receive 18,500
}
