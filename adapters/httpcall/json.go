package httpcall

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode"
)

var errTwice = errors.New("an object of the answer has a name twice")

// Unmarshal decodes an answer into out, as json.Unmarshal does, and refuses one in which an
// object has a name twice, in whatever case: which of the two counts is a matter of each
// decoder, so that the answer may say one thing to us and another to the provider.
func Unmarshal(data []byte, out any) error {
	if err := json.Unmarshal(data, out); err != nil { // it also bounds how deep data is
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return unique(decoder)
}

// fold returns the one of all letters that encoding/json takes for one another in names: those in
// other cases, and the long s and the Kelvin sign.
func fold(letter rune) rune {
	least := letter
	for next := unicode.SimpleFold(letter); next != letter; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}

// unique reads one value.
func unique(decoder *json.Decoder) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	opening, nested := token.(json.Delim)
	if !nested {
		return nil
	}
	names := map[string]bool{}
	for decoder.More() {
		if opening == '{' {
			name, err := decoder.Token()
			if err != nil {
				return err
			}
			text, _ := name.(string)
			if text = strings.Map(fold, text); names[text] {
				return errTwice
			}
			names[text] = true
		}
		if err := unique(decoder); err != nil {
			return err
		}
	}
	_, err = decoder.Token()
	return err
}
