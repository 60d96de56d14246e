package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/shopspring/decimal"
)

var errNotFinite = errors.New("amount is not a finite number")

// amount reads a numeric; null is zero.
type amount struct{ to *decimal.Decimal }

// ScanNumeric implements [pgtype.NumericScanner].
func (a amount) ScanNumeric(n pgtype.Numeric) error {
	*a.to = decimal.Decimal{}
	switch {
	case !n.Valid:
	case n.NaN || n.InfinityModifier != pgtype.Finite || n.Int == nil:
		return errNotFinite
	default:
		*a.to = decimal.NewFromBigInt(n.Int, n.Exp)
	}
	return nil
}

// optionalAmount reads a numeric; null is absent.
type optionalAmount struct{ to *decimal.NullDecimal }

// ScanNumeric implements [pgtype.NumericScanner].
func (a optionalAmount) ScanNumeric(n pgtype.Numeric) error {
	*a.to = decimal.NullDecimal{Valid: n.Valid}
	return amount{&a.to.Decimal}.ScanNumeric(n)
}

// text reads a text; null is blank.
type text struct{ to *string }

// ScanText implements [pgtype.TextScanner].
func (t text) ScanText(v pgtype.Text) error {
	*t.to = v.String
	return nil
}

// integer reads an integer; null is zero.
type integer struct{ to *int64 }

// ScanInt64 implements [pgtype.Int64Scanner].
func (i integer) ScanInt64(v pgtype.Int8) error {
	*i.to = v.Int64
	return nil
}
