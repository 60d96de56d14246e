package ports

import (
	"math/big"

	"github.com/shopspring/decimal"
)

// MaxScale is the largest number of digits after the decimal point that a
// wallet may keep.
const MaxScale = 6

// amountDigits is the number of digits before the decimal point that an amount
// may have.
const amountDigits = 18

// AmountLimit returns 10^18. The magnitude of every amount and every balance is
// below it, so that arithmetic is cheap whatever a caller sends.
func AmountLimit() decimal.Decimal { return decimal.New(1_000_000_000_000_000_000, 0) }

// zeroDigits bounds the exponent of a zero: to add 0e50000000 to another amount is to
// write 50 million digits.
const zeroDigits = 1000

// WithinLimit reports whether |amount| < [AmountLimit], and, of a zero, whether its
// exponent is between -1000 and 1000. It costs the same for 1 and for 1e1000000000.
func WithinLimit(amount decimal.Decimal) bool {
	if amount.IsZero() {
		return -zeroDigits <= amount.Exponent() && amount.Exponent() <= zeroDigits
	}
	return amount.NumDigits()+int(amount.Exponent()) <= amountDigits
}

// CheckAmount returns amount written with exactly scale digits after the
// decimal point, or an [InvalidError] for field when amount is zero or negative,
// is not below [AmountLimit], or is finer than the scale: amounts are refused,
// never rounded.
func CheckAmount(field string, amount decimal.Decimal, scale int32) (decimal.Decimal, error) {
	if amount.Sign() <= 0 {
		return decimal.Decimal{}, Invalid(field, "must be greater than zero")
	}
	return CheckSigned(field, amount, scale)
}

// CheckSigned is [CheckAmount] for an amount that may also be zero or negative.
func CheckSigned(field string, amount decimal.Decimal, scale int32) (decimal.Decimal, error) {
	if !WithinLimit(amount) {
		return decimal.Decimal{}, Invalid(field, "must be below 10^%d in magnitude", amountDigits)
	}
	scaled, exact := rescale(amount, scale)
	if !exact && scale >= MaxScale { // whatever the wallet
		return decimal.Decimal{}, Invalid(field, "has more than %d digits after the decimal point", MaxScale)
	}
	if !exact {
		return decimal.Decimal{}, Invalid(field, "is finer than the wallet's scale of %d digits", scale)
	}
	return scaled, nil
}

// rescale writes amount with scale digits after the point and reports whether
// that loses nothing. The amount must be within the limit.
func rescale(amount decimal.Decimal, scale int32) (decimal.Decimal, bool) {
	shift := int64(amount.Exponent()) + int64(scale)
	switch {
	case shift == 0:
		return amount, true
	case amount.IsZero():
		return decimal.New(0, -scale), true
	case shift > 0:
		factor := new(big.Int).Exp(big.NewInt(10), big.NewInt(shift), nil)
		return decimal.NewFromBigInt(factor.Mul(factor, amount.Coefficient()), -scale), true
	case int64(amount.NumDigits()) <= -shift: // all of its digits lie below the scale
		return decimal.Decimal{}, false
	}
	divisor := new(big.Int).Exp(big.NewInt(10), big.NewInt(-shift), nil)
	quotient, rest := new(big.Int).QuoRem(amount.Coefficient(), divisor, new(big.Int))
	return decimal.NewFromBigInt(quotient, -scale), rest.Sign() == 0
}

// SameAmount reports whether two optional amounts are equal: both absent, or
// both present with the same value.
func SameAmount(a, b decimal.NullDecimal) bool {
	return a.Valid == b.Valid && (!a.Valid || a.Decimal.Equal(b.Decimal))
}
