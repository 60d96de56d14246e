package providertest

import (
	"encoding/json"
	"errors"
)

// Number is a number of a request in its own digits, or blank for none. Unlike
// [json.Number] it takes no text: a provider that documents a number need not take one.
type Number string

var errNumber = errors.New("not a number")

// UnmarshalJSON reads a number, or null.
func (n *Number) UnmarshalJSON(data []byte) error {
	var number json.Number
	if len(data) == 0 || data[0] == '"' {
		return errNumber
	}
	if err := json.Unmarshal(data, &number); err != nil {
		return errNumber
	}
	*n = Number(number)
	return nil
}

// String returns the digits.
func (n Number) String() string { return string(n) }
