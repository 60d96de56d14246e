package portstest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// filledList is how many elements a filled list has.
const filledList = 12

// filler sets every field of a record to a value that no other field has, so that a field
// that is added to a record is tested without a change here.
type filler struct {
	n    int64
	time func(n int64) time.Time
}

func (f *filler) next() int64 {
	f.n++
	return f.n
}

func (f *filler) fill(v reflect.Value) {
	switch v.Interface().(type) {
	case decimal.Decimal:
		v.Set(reflect.ValueOf(decimal.New(f.next()*1_000_001, -6)))
		return
	case decimal.NullDecimal:
		v.Set(reflect.ValueOf(decimal.NewNullDecimal(decimal.New(f.next()*1_000_001, -6))))
		return
	case time.Time:
		v.Set(reflect.ValueOf(f.time(f.next())))
		return
	case json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(fmt.Sprintf(`{"Number":12345678901234567890.%06d1,"List":[null,true,"가 \"\\"]}`, f.next()))))
		return
	case ports.Outcome: // has a few values only
		v.SetInt(1 + f.next()%5)
		return
	}
	switch v.Kind() { //nolint:exhaustive // records have no other
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.String:
		v.SetString(fmt.Sprintf("T\\%d 가", f.next()))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(f.next())
	case reflect.Uint8: // any byte, also those that are no text
		v.SetUint(uint64(255 - f.next()%255))
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), filledList, filledList))
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range filledList {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key)
			f.fill(value)
			v.SetMapIndex(key, value)
		}
	default:
		panic(fmt.Sprintf("records have no %s so far", v.Type()))
	}
}

// headTime is a time at the precision of a store.
func headTime(n int64) time.Time { return at(int(n)).Add(time.Duration(n) * time.Microsecond) }

// bodyTime is a time with nanoseconds, in one of several zones.
func bodyTime(n int64) time.Time {
	zone := []*time.Location{time.UTC, time.FixedZone("KST", 9*60*60), time.FixedZone("", -12*60*60), time.FixedZone("half an hour", 30*60)}[n%4]
	return at(int(n)).Add(time.Duration(n)*1_000_001 + 7).In(zone)
}

// filledWallet returns a unit that creates wallet w and sets each of its fields.
func filledWallet() ports.Unit {
	var wallet ports.Wallet
	f := &filler{time: headTime}
	f.fill(reflect.ValueOf(&wallet).Elem())
	first := opened("w")
	wallet.ID, wallet.Currency, wallet.Scale, wallet.Status = first.Wallets[0].ID, "KRW", 5, ports.WalletClosed
	wallet.Version, wallet.Seq, wallet.Hash = 1, 1, first.Wallets[0].Hash
	return ports.Unit{Wallets: []ports.Wallet{wallet}, Entries: first.Entries}
}

// filledEntry returns an entry with each field set that the wallet does not determine.
func filledEntry() ports.Entry {
	var entry ports.Entry
	f := &filler{time: headTime}
	f.fill(reflect.ValueOf(&entry).Elem())
	entry.BookedAt = at(1000)
	return entry
}

// filledOperations returns an operation of each kind with every field set.
func filledOperations() []ports.Operation {
	ops := []ports.Operation{new(ports.Hold), new(ports.Recharge), new(ports.Cancellation), new(ports.Withdrawal), new(ports.Policy), new(ports.Claim), new(ports.Debt)}
	kinds := []ports.OperationKind{ports.KindHold, ports.KindRecharge, ports.KindCancellation, ports.KindWithdrawal, ports.KindPolicy, ports.KindClaim, ports.KindDebt}
	for i, op := range ops {
		(&filler{n: int64(i) * 1000, time: bodyTime}).fill(reflect.ValueOf(op).Elem())
		(&filler{n: int64(i) * 1000, time: headTime}).fill(reflect.ValueOf(op.Head()).Elem())
		head := op.Head()
		head.ID, head.Kind, head.Version = "filled "+string(kinds[i]), kinds[i], 1
	}
	return ops
}

// setTimes sets every time in a record.
func setTimes(v reflect.Value, when time.Time) {
	if _, is := v.Interface().(time.Time); is {
		v.Set(reflect.ValueOf(when))
		return
	}
	switch v.Kind() { //nolint:exhaustive // others hold no times
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[decimal.Decimal]() {
			return
		}
		for i := range v.NumField() {
			setTimes(v.Field(i), when)
		}
	case reflect.Slice:
		for i := range v.Len() {
			setTimes(v.Index(i), when)
		}
	}
}

func walletFields(s *storeTest) {
	unit := filledWallet()
	s.committed(unit)
	s.sameWallet(unit.Wallets[0], s.wallet("w"))
	found, err := s.FindWallets(s.t.Context(), ports.WalletFilter{Limit: 1})
	s.NoError(err)
	s.Len(found, 1)
	s.sameWallet(unit.Wallets[0], found[0])
}

func entryFields(s *storeTest) {
	first := filledWallet()
	keyless := filledEntry()
	keyless.Key = ""
	second := after(first, filledEntry(), keyless)
	s.committed(first, second)
	s.sameEntries(second.Entries, behindFirst(s.history("w")))
	byKey, err := s.EntriesByKey(s.t.Context(), []ports.EntryKey{{WalletID: "w", Key: second.Entries[0].Key}})
	s.NoError(err)
	s.sameEntries(second.Entries[:1], byKey)
	last := s.lastReferring(second.Entries[1].Type, ports.EntryRef{WalletID: "w", Seq: second.Entries[1].RefersTo})
	s.Len(last, 1)
	for _, entry := range last {
		s.sameEntry(second.Entries[1], entry)
	}
	feed, _ := s.follow("", 3, 10)
	s.sameEntries(second.Entries, feed[1:])
}

func operationFields(s *storeTest) {
	for _, op := range filledOperations() {
		s.committed(only(op))
		s.sameOperation(op, s.operation(op.Head().ID))
		found, err := s.FindOperations(s.t.Context(), ports.OperationFilter{Kind: op.Head().Kind, Limit: 2})
		s.NoError(err)
		s.Len(found, 1)
		s.sameOperation(op, found[0])
		next := touched(op)
		s.committed(only(next))
		s.sameOperation(next, s.operation(op.Head().ID))
	}
}

// blank clears every field of a record in place: its lists keep their memory.
func blank(v reflect.Value) {
	switch v.Kind() { //nolint:exhaustive // others have no parts
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[decimal.Decimal]() || v.Type() == reflect.TypeFor[time.Time]() {
			v.SetZero()
			return
		}
		for i := range v.NumField() {
			blank(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			blank(v.Index(i))
		}
	default:
		v.SetZero()
	}
}
