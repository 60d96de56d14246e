package ports

import (
	"strings"

	"github.com/shopspring/decimal"
)

// FeeSchedule says what a withdrawal costs. A Disburser's package has the schedule of its
// provider; package withdraw computes the fees. The fee is, of the total that leaves the
// wallet: a rate, plus a fixed part, rounded once, then at least Minimum and at most
// Maximum. Amounts are in whole units of the currency. The zero schedule is free of
// charge, at scale 0, for wallets of any currency.
type FeeSchedule struct {
	// Currency is the ISO 4217 code of the wallets that the schedule is for. Only the zero
	// schedule may leave it out. A withdrawal from a wallet
	// of another currency is refused with [ErrCurrency].
	Currency string

	// Version names the schedule in quotes, so that an old quote can be understood.
	Version string

	// Rate and Fixed are the fee when there are no Tiers.
	Rate  Rate
	Fixed decimal.Decimal

	// Tiers replace Rate; Fixed is still added. They are in order of UpTo, and the
	// last has none. Tiering says how they are used, and must be named with Tiers.
	Tiers   []Tier
	Tiering Tiering

	Minimum decimal.NullDecimal // least fee
	Maximum decimal.NullDecimal // greatest fee

	Rounding Rounding // of the fee; the only place where anything is rounded
	Scale    int32    // digits after the point that the fee keeps, 0 to 6

	MinimumTotal decimal.NullDecimal // least total that may be asked for
	MaximumTotal decimal.NullDecimal // greatest total that may be asked for
}

// Tier is a rate for totals, or for the part of a total, up to and including UpTo.
type Tier struct {
	UpTo decimal.NullDecimal
	Rate Rate
}

// Tiering says how tiers are used.
type Tiering string

// The ways to use tiers. With tiers of 5 % up to 10,000 and 3 % above, 20,000 costs
// 800 with EachPartAtItsRate and 600 with WholeTotalAtOneRate.
const (
	// EachPartAtItsRate: the part of the total within each tier pays that tier's
	// rate (marginal tiers). More total never costs less fee.
	EachPartAtItsRate Tiering = "each_part_at_its_rate"
	// WholeTotalAtOneRate: the whole total pays the rate of the tier it falls into.
	// Just above a boundary a greater total may cost less.
	WholeTotalAtOneRate Tiering = "whole_total_at_one_rate"
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
		return Invalid("Rate", "has no %% sign")
	}
	percent, err := decimal.NewFromString(strings.TrimSpace(number))
	if err != nil {
		return Join(Invalid("Rate", "is not a number"))
	}
	r.percent = percent
	return r.Check()
}

// Percent returns the number before the sign: 5 for 5 %.
func (r Rate) Percent() decimal.Decimal { return r.percent }

// Check returns an [InvalidError] for a rate that no schedule may have.
func (r Rate) Check() error {
	if !WithinLimit(r.percent) || r.percent.Exponent() < -maxRateDigits || // before anything is computed from it
		r.percent.IsNegative() || r.percent.GreaterThanOrEqual(decimal.New(100, 0)) {
		return Invalid("Rate", "must be at least 0%% and below 100%%, with at most %d digits after the point", maxRateDigits)
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
