package portstest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/jigap/jigap/ports"
)

func (s *storeTest) sameWallet(want, got ports.Wallet) {
	s.t.Helper()
	s.same(fmt.Sprintf("wallet %.80q", want.ID), plainWallet(want), plainWallet(got))
}

func (s *storeTest) sameEntry(want, got ports.Entry) {
	s.t.Helper()
	s.same(fmt.Sprintf("entry %d of wallet %.80q", want.Seq, want.WalletID), plainEntry(want), plainEntry(got))
}

func (s *storeTest) sameEntries(want, got []ports.Entry) {
	s.t.Helper()
	s.Len(got, len(want), "entries")
	for i := range want {
		s.sameEntry(want[i], got[i])
	}
}

func (s *storeTest) sameOperation(want, got ports.Operation) {
	s.t.Helper()
	s.IsType(want, got)
	s.same(fmt.Sprintf("%s %.80q", want.Head().Kind, want.Head().ID), want, got)
}

// same requires that a record was read as it was written, and prints the fields that differ.
func (s *storeTest) same(name string, want, got any) {
	s.t.Helper()
	if s.text(want) == s.text(got) {
		return
	}
	fields := s.differences("", reflect.Indirect(reflect.ValueOf(want)), reflect.Indirect(reflect.ValueOf(got)))
	if more := len(fields) - differencesPrinted; more > 0 {
		fields = append(fields[:differencesPrinted], fmt.Sprintf("and %d more", more))
	}
	s.FailNow(name + " was not read as it was written\n" + strings.Join(fields, "\n"))
}

// How much of records that differ is printed.
const (
	differencesPrinted = 12
	valuePrinted       = 120 // of a value, in bytes
)

// differences returns a line for each field that differs.
func (s *storeTest) differences(name string, want, got reflect.Value) (lines []string) {
	s.t.Helper()
	_, whole := want.Interface().(json.Marshaler)
	switch {
	case want.Kind() == reflect.Struct && (name == "" || !whole):
		for i := range want.NumField() {
			field := want.Type().Field(i)
			inner := strings.TrimPrefix(name+"."+field.Name, ".")
			if field.Anonymous {
				inner = name
			}
			lines = append(lines, s.differences(inner, want.Field(i), got.Field(i))...)
		}
	case want.Kind() == reflect.Slice && want.Type().Elem().Kind() != reflect.Uint8 && want.Len() == got.Len():
		for i := range want.Len() {
			lines = append(lines, s.differences(fmt.Sprintf("%s[%d]", name, i), want.Index(i), got.Index(i))...)
		}
	case want.Kind() == reflect.Slice && want.Type().Elem().Kind() != reflect.Uint8:
		lines = append(lines, fmt.Sprintf("%s: written %d, read %d elements", name, want.Len(), got.Len()))
	default:
		if written, read := s.text(want.Interface()), s.text(got.Interface()); written != read {
			lines = append(lines, fmt.Sprintf("%s: written %s, read %s", name, short(written), short(read)))
		}
	}
	return lines
}

// short cuts what is printed of a value, and takes the quotes of a number away.
func short(text string) string {
	if len(text) > valuePrinted {
		return fmt.Sprintf("%s... (%d bytes)", strings.ToValidUTF8(text[:valuePrinted], ""), len(text))
	}
	return strings.Trim(text, `"`)
}

// text writes a record so that amounts of equal value are equal, and times only
// when they are the same instant in the same zone.
func (s *storeTest) text(record any) string {
	s.t.Helper()
	data, err := json.Marshal(record)
	s.NoError(err)
	return string(data)
}

// plainWallet makes an absent list and an empty one alike.
func plainWallet(w ports.Wallet) ports.Wallet {
	if len(w.Lots) == 0 {
		w.Lots = nil
	}
	return w
}

func plainEntry(e ports.Entry) ports.Entry {
	if len(e.Lots) == 0 {
		e.Lots = nil
	}
	if len(e.Moves) == 0 {
		e.Moves = nil
	}
	if len(e.Metadata) == 0 {
		e.Metadata = nil
	}
	return e
}
