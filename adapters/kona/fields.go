package kona

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

// fields is a JSON object by its exact names: encoding/json would take ISPENDING for
// isPending. An object with a name twice is refused.
type fields map[string]json.RawMessage

var errNoObject = errors.New("answer is not a JSON object")

func decodeFields(data []byte) (fields, error) {
	var f fields
	if err := httpcall.Unmarshal(data, &f); err != nil || f == nil {
		return nil, errNoObject
	}
	return f, nil
}

func (f fields) has(name string) bool {
	raw, there := f[name]
	return there && string(raw) != "null"
}

// text returns a required text.
func (f fields) text(name string) (string, error) {
	var text string
	if !f.has(name) || json.Unmarshal(f[name], &text) != nil {
		return "", fmt.Errorf("%s is no text", name)
	}
	return text, nil
}

// optional returns a text, or a number in its own digits; blank when it is neither.
func (f fields) optional(name string) string {
	if text, err := f.text(name); err == nil {
		return text
	}
	var number json.Number
	if !f.has(name) || json.Unmarshal(f[name], &number) != nil {
		return ""
	}
	return number.String()
}

// boolean returns a required boolean. There is no default.
func (f fields) boolean(name string) (bool, error) {
	var value bool
	if !f.has(name) || json.Unmarshal(f[name], &value) != nil {
		return false, fmt.Errorf("%s is no boolean", name)
	}
	return value, nil
}

// amount returns an optional amount: a number, or a text that is one.
func (f fields) amount(name string) (decimal.NullDecimal, error) {
	text := f.optional(name)
	if text == "" {
		return decimal.NullDecimal{}, nil
	}
	amount, err := parseAmount(text)
	if err != nil {
		return decimal.NullDecimal{}, fmt.Errorf("%s is no amount", name)
	}
	return decimal.NewNullDecimal(amount), nil
}

// maxAmountText bounds what is parsed at all.
const maxAmountText = 40

func parseAmount(text string) (decimal.Decimal, error) {
	if len(text) > maxAmountText {
		return decimal.Decimal{}, strconv.ErrRange
	}
	amount, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Decimal{}, err
	}
	return ports.CheckSigned("amount", amount, ports.MaxScale)
}

// onlyList returns the list of an answer whose name no source gives: the one array at the
// top. A missing list is not an empty one.
func (f fields) onlyList() ([]fields, error) {
	found := ""
	for name, raw := range f {
		if len(raw) == 0 || raw[0] != '[' {
			continue
		}
		if found != "" {
			return nil, errors.New("answer holds several lists")
		}
		found = name
	}
	if found == "" {
		return nil, errors.New("answer holds no list")
	}
	return f.listOf(found)
}

func (f fields) listOf(name string) ([]fields, error) {
	var rows []fields
	if !f.has(name) || json.Unmarshal(f[name], &rows) != nil {
		return nil, fmt.Errorf("%s is no list of objects", name)
	}
	for _, row := range rows {
		if row == nil {
			return nil, fmt.Errorf("%s holds null", name)
		}
	}
	return rows, nil
}

// executed reports whether an answer has a field that only a charge has which was
// executed or is under way. An answer that has one and a code of refusal contradicts itself.
func (f fields) executed() bool {
	pending, err := f.boolean("isPending")
	return f.optional("nrNumber") != "" || err == nil && pending
}

// verdict returns the code and description under "response" (observed), blank when
// they cannot be read.
func (f fields) verdict() (code, description string) {
	if !f.has("response") {
		return "", ""
	}
	response, err := decodeFields(f["response"])
	if err != nil {
		return "", ""
	}
	code, _ = response.text("code")
	description, _ = response.text("description")
	return code, description
}
