package solapi

import (
	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// FeeSchedule returns the fee schedule of SOLAPI's withdrawals (POST /cash/v1/withdraw,
// 2026 text): 5 % of the requested total and 500 KRW, for totals from 10,000 to
// 10,000,000 KRW. The text of 2019 says only 5 %, but its own samples contain the
// 500. What SOLAPI does with a fraction of a won is not documented; rounding it down
// is our choice.
func FeeSchedule() ports.FeeSchedule {
	return ports.FeeSchedule{
		Currency: "KRW", Version: "solapi-2026", Rate: ports.Percent(decimal.New(5, 0)), Fixed: decimal.New(500, 0),
		MinimumTotal: decimal.NewNullDecimal(decimal.New(10_000, 0)),
		MaximumTotal: decimal.NewNullDecimal(decimal.New(10_000_000, 0)),
	}
}
