package withdraw

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// Rate is a share of an amount. It is made by [Percent], so that 5 and 0.05 cannot be
// confused. The zero Rate is 0 %. It marshals as text: "5%".
type Rate struct{ percent decimal.Decimal }

// Percent returns a rate of p per cent: Percent(decimal.NewFromInt(5)) is 5 %.
func Percent(p decimal.Decimal) Rate { return Rate{p} }

// Of returns the exact share of amount, before any rounding.
func (r Rate) Of(amount decimal.Decimal) decimal.Decimal { return r.percent.Mul(amount).Shift(-2) }

// String returns the rate with its sign: "5%".
func (r Rate) String() string { return r.percent.String() + "%" }

// MarshalText returns [Rate.String].
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a number followed by a per cent sign, and nothing else: a bare
// number is refused, because its unit is not known.
func (r *Rate) UnmarshalText(text []byte) error {
	number, found := strings.CutSuffix(string(text), "%")
	if !found {
		return ports.Invalid("Rate", "has no %% sign")
	}
	percent, err := decimal.NewFromString(strings.TrimSpace(number))
	if err != nil {
		return ports.Join(ports.Invalid("Rate", "is not a number"))
	}
	r.percent = percent
	return r.check()
}

func (r Rate) check() error {
	if !ports.WithinLimit(r.percent) || r.percent.Exponent() < -maxRateDigits || // before anything is computed from it
		r.percent.IsNegative() || r.percent.GreaterThanOrEqual(decimal.New(100, 0)) {
		return ports.Invalid("Rate", "must be at least 0%% and below 100%%, with at most %d digits after the point", maxRateDigits)
	}
	return nil
}

const maxRateDigits = 12

// Rounding says what becomes of digits that are finer than a schedule's scale. The
// zero value cuts them off (원 미만 절사).
type Rounding string

// The ways to round a fee.
const (
	RoundDown     Rounding = ""          // towards zero
	RoundUp       Rounding = "up"        // away from zero
	RoundHalfUp   Rounding = "half_up"   // to the nearest, halves away from zero
	RoundHalfEven Rounding = "half_even" // to the nearest, halves to the even digit
)

func (r Rounding) apply(d decimal.Decimal, scale int32) decimal.Decimal {
	switch r {
	case RoundDown:
		return d.RoundDown(scale)
	case RoundUp:
		return d.RoundUp(scale)
	case RoundHalfUp:
		return d.Round(scale)
	case RoundHalfEven:
		return d.RoundBank(scale)
	}
	return d.RoundDown(scale)
}

func (r Rounding) known() bool {
	switch r {
	case RoundDown, RoundUp, RoundHalfUp, RoundHalfEven:
		return true
	}
	return false
}
