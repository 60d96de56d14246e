package portstest

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/jigap/jigap/ports"
)

func precisionScenarios() []scenario {
	return []scenario{
		{"times come back in UTC with microseconds", saysPrecision, precisionTimes},
		{"a time keeps its microsecond", saysPrecision, precisionMicrosecond},
		{"times in an operation's body come back as they were encoded", saysBodies, precisionBody},
		{"amounts come back to the last digit", saysPrecision, precisionAmounts},
		{"texts come back to the last byte", saysRecord, precisionTexts},
		{"hashes come back to the last byte", saysRecord, precisionHashes},
		{"blanks at the ends of texts come back", saysRecord, precisionBlanks},
		{"amounts with an exponent above zero come back", saysPrecision, precisionExponents},
		{"numbers beyond 32 bits come back", saysRecord, precisionNumbers},
		{"times before 1970 come back", saysPrecision, precisionEarly},
	}
}

func precisionTimes(s *storeTest) {
	seoul := time.FixedZone("KST", 9*60*60)
	odd := time.Date(2026, 3, 1, 4, 5, 6, 123_456_789, seoul)
	unit := opened("w")
	wallet, entry := &unit.Wallets[0], &unit.Entries[0]
	wallet.OpenedAt, wallet.BookedAt, wallet.HoldExpiry = odd, odd.Add(time.Hour), odd
	wallet.Lots = []ports.PointLot{lot("1", "0", odd)}
	entry.OccurredAt, entry.BookedAt = odd, odd.Add(time.Hour)
	entry.Lots = []ports.LotChange{{LotID: 1, Amount: amount("1"), ExpiresAt: odd}}
	op := hold("o", "w", "")
	op.DueAt, op.CreatedAt, op.UpdatedAt = odd, odd, odd
	s.committed(with(unit, op))

	want := time.Date(2026, 2, 28, 19, 5, 6, 123_456_000, time.UTC)
	got := s.wallet("w")
	s.Len(got.Lots, 1, "lots")
	s.Equal([]time.Time{want, want.Add(time.Hour), want, want},
		[]time.Time{got.OpenedAt, got.BookedAt, got.HoldExpiry, got.Lots[0].ExpiresAt})
	written := s.entry("w", 1)
	s.Len(written.Lots, 1, "lot changes")
	s.Equal([]time.Time{want, want.Add(time.Hour), want},
		[]time.Time{written.OccurredAt, written.BookedAt, written.Lots[0].ExpiresAt})
	head := s.operation("o").Head()
	s.Equal([]time.Time{want, want, want}, []time.Time{head.DueAt, head.CreatedAt, head.UpdatedAt})
	s.Equal([]string{"o"}, s.findOperations(ports.OperationFilter{DueBy: want}))
	s.Equal([]string{"w"}, s.findWallets(ports.WalletFilter{ExpiringBy: want}))
	s.Equal(odd.Nanosecond(), unit.Wallets[0].OpenedAt.Nanosecond()) // what was given stays as it was
}

func precisionMicrosecond(s *storeTest) {
	early := time.Date(1970, 1, 1, 0, 0, 0, 1000, time.UTC)
	late := time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
	unit := opened("w")
	unit.Wallets[0].Lots = []ports.PointLot{lot("1", "0", late), lot("1", "0", early)}
	unit.Entries[0].OccurredAt = early
	op := dueHold("o", late)
	op.Lots = []ports.HeldLot{{LotID: 1, Amount: amount("1"), ExpiresAt: early}}
	s.committed(with(unit, op))
	s.unchanged(unit)
	s.sameEntries(unit.Entries, s.history("w"))
	s.sameOperation(op, s.operation("o"))
}

// precisionBody writes times of several zones and with nanoseconds into the bodies of
// operations, whose heads are at the precision of the store already.
func precisionBody(s *storeTest) {
	seoul := time.FixedZone("KST", 9*60*60)
	times := []time.Time{
		{},
		time.Date(2026, 3, 1, 4, 5, 6, 123_456_789, seoul), time.Date(2026, 3, 1, 4, 5, 6, 1, time.UTC),
		time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.FixedZone("", -12*60*60)),
		time.Date(2026, 3, 1, 4, 5, 6, 0, time.FixedZone("half an hour", 30*60)),
	}
	for i, when := range times {
		for _, op := range fullOperations() {
			op.Head().ID += fmt.Sprint(i)
			op.Head().Lane = ""
			head := *op.Head()
			setTimes(reflect.ValueOf(op).Elem(), when)
			*op.Head() = head
			s.committed(only(op))
			want, err := ports.EncodeOperation(op)
			s.NoError(err)
			got, err := ports.EncodeOperation(s.operation(op.Head().ID))
			s.NoError(err)
			s.Equal(string(want), string(got))
		}
	}
}

func precisionAmounts(s *storeTest) {
	for i, text := range []string{
		"999999999999999999.999999", "-999999999999999999.999999", "0.000001", "-0.000001", "999999999999999999",
		"1", "0.1", "123456789012345678.100000", "100000000000000000", "9007199254740993", "0.3",
	} {
		value := amount(text)
		id := fmt.Sprintf("w%d", i)
		unit := after(opened(id), ports.Entry{
			Type: ports.EntryAdjust, BalanceAmount: value, PointAmount: value, BalanceHeldAmount: value, PointHeldAmount: value,
			Lots:  []ports.LotChange{{LotID: 1, Amount: value, HeldAmount: value}},
			Moves: []ports.Move{{Account: clearing, Amount: value}, {Account: "x", Amount: value.Neg()}}, Counterparty: clearing,
		})
		unit.Wallets[0].Lots = []ports.PointLot{{ID: 1, Amount: value, Held: value}}
		unit.Wallets[0].Watch = ports.Watch{Below: bound(text), Above: bound(text)}
		op := hold("o"+id, id, "")
		op.Balance = value
		s.committed(opened(id), with(unit, op))
		s.unchanged(unit)
		s.sameEntry(unit.Entries[0], s.entry(id, 2))
		s.sameOperation(op, s.operation("o"+id))
	}
}

func precisionTexts(s *storeTest) {
	for i, text := range append(awkwardIDs(), strings.Repeat("가", ports.MaxID/3), strings.Repeat("x", ports.MaxID)) {
		key := text
		unit := opened(text)
		metadata := map[string]string{text[:1] + "k": text}
		if i%2 == 0 {
			metadata = map[string]string{strings.Repeat("k", ports.MaxMetadataKey): strings.Repeat("v", ports.MaxMetadataValue), "": ""}
			delete(metadata, "")
		}
		if text[0] >= 0x80 {
			metadata = map[string]string{text: text}
		}
		second := after(unit, ports.Entry{
			Type: ports.EntryType(text), Counterparty: ports.Account(text), Key: key, Reference: text, OperationID: text,
			PeerWalletID: text, Memo: text + strings.Repeat("한", 100), Metadata: metadata, Who: text,
		})
		op := hold(text, text, text)
		op.Provider, op.Reference, op.ProviderRef, op.Memo = text, text, text, text
		if i%2 == 0 {
			op.ProviderRef = strings.Repeat("p", ports.MaxProviderRef-len(text)) + text
		}
		op.Status = ports.HoldStatus(text)
		s.committed(unit, with(second, op))
		s.unchanged(second)
		s.sameEntry(second.Entries[0], s.entry(text, 2))
		s.sameOperation(op, s.operation(text))
		found, err := s.EntriesByKey(s.t.Context(), []ports.EntryKey{{WalletID: text, Key: key}})
		s.NoError(err)
		s.sameEntries(second.Entries, found)
		s.Equal([]int64{2}, s.seqs(ports.EntryFilter{
			WalletID: text, Types: []ports.EntryType{ports.EntryType(text)}, Reference: text, OperationID: text, Limit: 2,
		}))
		s.Equal([]string{text}, s.findOperations(ports.OperationFilter{WalletID: text, Lane: text, ProviderRef: op.ProviderRef, Providers: []string{text}, Statuses: []string{text}}))
	}
}

func precisionHashes(s *storeTest) {
	unit := opened("w")
	entry := &unit.Entries[0]
	for i := range entry.Hash {
		entry.Hash[i], entry.PrevHash[i], entry.Digest[i] = byte(i), byte(255-i), byte(7*i)
	}
	unit.Wallets[0].Hash = entry.Hash
	s.committed(unit)
	got := s.entry("w", 1)
	s.Equal([]ports.Hash{entry.Hash, entry.PrevHash, entry.Digest}, []ports.Hash{got.Hash, got.PrevHash, got.Digest})
	s.Equal(entry.Hash, s.wallet("w").Hash)
}
