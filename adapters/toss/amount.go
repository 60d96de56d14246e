package toss

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

// Currency is the one currency that the adapters move (documented for charges of billing keys,
// virtual accounts and payouts).
const Currency = "KRW"

// maxWon is the most that an order may be: the largest whole number that every reader of JSON
// takes exactly. The provider's own limit depends on the contract and the card.
const maxWon = 1 << 53

// checkWon refuses an amount that is not whole won, or is below the least of a method.
func checkWon(field string, amount decimal.Decimal, least int64) error {
	whole, err := ports.CheckAmount(field, amount, 0)
	switch {
	case err != nil:
		return err
	case whole.LessThan(decimal.NewFromInt(least)):
		return ports.Invalid(field, "is below %d won, the least that the provider takes", least)
	case whole.GreaterThan(decimal.NewFromInt(maxWon)):
		return ports.Invalid(field, "is above %d won", int64(maxWon))
	}
	return nil
}

// The least that can be charged (documented as BELOW_MINIMUM_AMOUNT).
const (
	leastCard    = 100
	leastAccount = 200
)

// number writes an amount as a JSON number: a text would be refused (documented).
func number(amount decimal.Decimal) json.Number { return json.Number(amount.StringFixed(0)) }

const maxAmountText = 40

var (
	errAmount  = errors.New("not an amount")
	amountForm = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$`)
)

// parseAmount reads a number in its own digits, exactly.
func parseAmount(text string) (decimal.Decimal, error) {
	if len(text) > maxAmountText || !amountForm.MatchString(text) {
		return decimal.Decimal{}, errAmount
	}
	amount, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Decimal{}, errAmount
	}
	return ports.CheckSigned("amount", amount, ports.MaxScale)
}

// Amount is an amount as the provider gives it, in whole units of the payment's currency, or absent.
// It decodes from a JSON number, exactly; null and a missing field are absent, and a text is an error.
type Amount struct{ decimal.NullDecimal }

// UnmarshalJSON reads a number, or null.
func (a *Amount) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		*a = Amount{}
		return nil
	}
	amount, err := parseAmount(string(data))
	if err != nil {
		return errAmount
	}
	*a = Amount{decimal.NewNullDecimal(amount)}
	return nil
}

// Is reports whether the amount is given and equals value.
func (a Amount) Is(value decimal.Decimal) bool { return a.Valid && a.Decimal.Equal(value) }

// Timestamp is a time as the provider gives it, or zero when it gives none or one that is not ISO
// 8601.
type Timestamp struct{ time.Time }

// UnmarshalJSON reads an ISO 8601 text with or without a zone: without one it is Korean time
// (documented). Anything else is the zero time: a date is never worth losing the rest of an answer.
func (t *Timestamp) UnmarshalJSON(data []byte) error {
	*t = Timestamp{}
	text, err := strconv.Unquote(string(data))
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if at, err := time.ParseInLocation(layout, text, korea()); err == nil {
			t.Time = at.UTC()
			return nil
		}
	}
	return nil
}

// korea is the zone of the provider's times and days.
func korea() *time.Location { return time.FixedZone("KST", 9*60*60) }
