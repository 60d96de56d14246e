package solapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

var (
	errNoObject = errors.New("not an object")
	errNoText   = errors.New("not a text")
)

// decodeObject decodes an object into the fields of a struct, by their exact names. Most
// fields of an answer decide nothing about money: of those, a value of another type than
// was ever seen is not given. Fields tagged read:"strictly" must be readable, or absent.
func decodeObject(data []byte, out any) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil || object == nil {
		return errNoObject
	}
	fields := reflect.ValueOf(out).Elem()
	for i := range fields.NumField() {
		tag := fields.Type().Field(i).Tag
		name := tag.Get("json")
		raw, given := object[name]
		if !given {
			continue
		}
		if err := decodeField(raw, fields.Field(i)); err != nil && tag.Get("read") == "strictly" {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// decodeField decodes a value into a field, which is zero when it cannot.
func decodeField(raw json.RawMessage, field reflect.Value) error {
	if field.Kind() == reflect.String {
		text, err := textOf(raw)
		field.SetString(text)
		return err
	}
	value := reflect.New(field.Type())
	if err := json.Unmarshal(raw, value.Interface()); err != nil {
		field.SetZero()
		return err
	}
	field.Set(value.Elem())
	return nil
}

// textOf returns a text. It is blank for null and, with an error, for anything else: a
// number where an id belongs may be the number of a card.
func textOf(raw json.RawMessage) (string, error) {
	var text string
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil
	}
	if err := json.Unmarshal(raw, &text); err == nil {
		return text, nil
	}
	return "", errNoText
}
