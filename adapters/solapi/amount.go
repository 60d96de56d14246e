package solapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// Amount is an amount of won as the provider gives it, or absent. It decodes from a
// number or a numeric string, exactly; null and a missing field are "not given".
type Amount struct{ decimal.NullDecimal }

// NewAmount returns an amount that is given.
func NewAmount(value decimal.Decimal) Amount {
	return Amount{decimal.NewNullDecimal(value)}
}

// Is reports whether the amount is given and equals value.
func (a Amount) Is(value decimal.Decimal) bool { return a.Valid && a.Decimal.Equal(value) }

const maxAmountText, maxAmountScale = 64, 18

var errAmount = errors.New("not an amount")

var amountForm = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$`)

// UnmarshalJSON reads a number, a numeric string or null.
func (a *Amount) UnmarshalJSON(data []byte) error {
	text := string(bytes.Trim(data, `"`))
	if text == "null" {
		*a = Amount{}
		return nil
	}
	if len(text) > maxAmountText || !amountForm.MatchString(text) {
		return errAmount
	}
	value, err := decimal.NewFromString(text)
	if err != nil {
		return errAmount
	}
	if value.IsZero() {
		value = decimal.Zero
	}
	if !ports.WithinLimit(value) || value.Exponent() < -maxAmountScale {
		return errAmount
	}
	*a = NewAmount(value)
	return nil
}

// MarshalJSON writes a number, or null.
func (a Amount) MarshalJSON() ([]byte, error) {
	if !a.Valid {
		return []byte("null"), nil
	}
	return []byte(a.Decimal.String()), nil
}

// number writes an amount into a request as a JSON number.
func number(value decimal.Decimal) json.Number { return json.Number(value.String()) }

// Timestamp is a time as the provider gives it, or zero when it gives none or one
// that is not ISO 8601.
type Timestamp struct{ time.Time }

// UnmarshalJSON reads an ISO 8601 text. Anything else is the zero time: a date is
// never worth losing the rest of an answer.
func (t *Timestamp) UnmarshalJSON(data []byte) error {
	*t = Timestamp{}
	if text, err := strconv.Unquote(string(data)); err == nil {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			t.Time = at.UTC()
		}
	}
	return nil
}

// Flag is a switch that the provider writes as a boolean in some answers and as a
// number in others.
type Flag bool

// UnmarshalJSON reads a boolean, a number (true unless 0), either as a text, or null.
func (f *Flag) UnmarshalJSON(data []byte) error {
	value, err := numberOf(data)
	*f = Flag(err == nil && !value.IsZero())
	return err
}

// Count is a small whole number: an attempt count, or the priority of a payment
// method in auto-recharge.
type Count int64

var errCount = errors.New("not a whole number")

// UnmarshalJSON reads a whole number, however it is written, such a number as a text, a
// boolean (0 or 1) or null (0).
func (c *Count) UnmarshalJSON(data []byte) error {
	value, err := numberOf(data)
	if err != nil || !value.IsInteger() {
		return errCount
	}
	*c = Count(value.IntPart())
	return nil
}

// numberOf reads a number, a boolean (0 or 1), either as a text, or null (0).
func numberOf(data []byte) (decimal.Decimal, error) {
	switch string(bytes.Trim(data, `"`)) {
	case "null", "false":
		return decimal.Zero, nil
	case "true":
		return decimal.NewFromInt(1), nil
	}
	var amount Amount
	err := amount.UnmarshalJSON(data)
	return amount.Decimal, err
}
