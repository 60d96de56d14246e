package portstest

import (
	"strings"

	"github.com/jigap/jigap/ports"
)

// alike are texts that differ, which stores take for the same by mistake: they differ in case,
// in a blank, in an accent, in how a letter is written, and in their last byte only.
func alike() []string {
	long := strings.Repeat("x", ports.MaxID-1)
	return []string{
		"Key one", "key one", "KEY ONE", "keyone", "key  one", "key-one", "key_one", "key%", "kéy one", "ke\u0301y one", "k",
		strings.Repeat("x", 63), strings.Repeat("x", 64) + "a", strings.Repeat("x", 64) + "b", long + "a", long + "b", "ａ", "a", "ß", "ss", "007", "7",
	}
}

func keyBytes(s *storeTest) {
	unit := opened("w")
	other := opened("w-1")
	s.committed(unit, other, after(other, recharged("1", "2")))
	for _, key := range append(alike(), "1-2") { // together with its wallet as long as w-1 and 2
		unit = after(unit, recharged("1", key))
		s.committed(unit)
		found, err := s.EntriesByKey(s.t.Context(), []ports.EntryKey{{WalletID: "w", Key: key}})
		s.NoError(err)
		s.sameEntries(unit.Entries, found)
	}
	for _, key := range alike() {
		s.keyTaken(s.fateOf(after(unit, recharged("1", key))), ports.EntryKey{WalletID: "w", Key: key})
	}
	var together []ports.Entry
	for _, key := range alike() {
		together = append(together, recharged("1", key))
	}
	next := after(opened("v"), together...)
	s.committed(opened("v"), next)
	s.unchanged(next)
}

func walletBytes(s *storeTest) {
	for _, id := range alike() {
		wallets, err := s.Wallets(s.t.Context(), []string{id})
		s.NoError(err)
		s.Empty(wallets, "before %q is opened", id)
		unit := opened(id)
		s.committed(unit)
		s.sameWallet(unit.Wallets[0], s.wallet(id))
		s.sameEntries(unit.Entries, s.history(id))
	}
}

func laneBytes(s *storeTest) {
	for i, lane := range alike() {
		s.committed(only(hold(ids("o", i+1)[i], "w", lane)))
		s.Equal(ids("o", i+1)[i:], s.findOperations(ports.OperationFilter{Lane: lane, Open: true}), "lane %q", lane)
		s.sameOperation(hold(ids("o", i+1)[i], "w", lane), s.operation(ids("o", i+1)[i]))
	}
}

func entryBytes(s *storeTest) {
	first := opened("w")
	var entries []ports.Entry
	for _, text := range alike() {
		entries = append(entries, ports.Entry{Type: ports.EntryType(text), Reference: text, OperationID: text})
	}
	s.committed(first, after(first, entries...))
	for i, text := range alike() {
		want := []int64{int64(i) + 2}
		s.Equal(want, s.seqs(ports.EntryFilter{WalletID: "w", Reference: text, Limit: 10}), "reference %q", text)
		s.Equal(want, s.seqs(ports.EntryFilter{WalletID: "w", OperationID: text, Limit: 10}), "operation %q", text)
		s.Equal(want, s.seqs(ports.EntryFilter{WalletID: "w", Types: []ports.EntryType{ports.EntryType(text)}, Limit: 10}), "type %q", text)
	}
}

func findOperationsBytes(s *storeTest) {
	texts := append(alike(), strings.Repeat("p", 128)+"a", strings.Repeat("p", 128)+"b", strings.Repeat("p", ports.MaxProviderRef))
	names := ids("o", len(texts))
	for i, text := range texts {
		op := hold(names[i], text[:min(len(text), ports.MaxID)], "")
		op.Provider, op.Reference, op.ProviderRef, op.Status = text, text, text, ports.HoldStatus(text)
		s.committed(only(op))
	}
	for i, text := range texts {
		for _, filter := range []ports.OperationFilter{
			{Reference: text},
			{ProviderRef: text},
			{Providers: []string{text}},
			{Statuses: []string{text}},
		} {
			s.Equal(names[i:i+1], s.findOperations(filter), "%+v", filter)
		}
	}
	for i, id := range alike() {
		s.Equal(names[i:i+1], s.findOperations(ports.OperationFilter{WalletID: id}), "wallet %q", id)
	}
	s.Len(s.findOperations(ports.OperationFilter{ExceptProviders: texts[:2]}), len(texts)-2)
}

// precisionBlanks writes texts for people that begin and end with blanks, which ids cannot.
func precisionBlanks(s *storeTest) {
	first := opened("w")
	entry := recharged("1", "k")
	entry.Memo, entry.Metadata = "  memo  ", map[string]string{"a": " ", "b": "  value ", " c ": "x", "d": ""}
	op := hold("o", "w", "")
	op.Memo = " memo "
	second := with(after(first, entry), op)
	s.committed(first, second)
	s.sameEntries(second.Entries, behindFirst(s.history("w")))
	s.sameOperation(op, s.operation("o"))
}

func operationBytes(s *storeTest) {
	for _, id := range append(alike(), strings.Repeat("x", 100)+"a", strings.Repeat("x", 100)+"b") {
		op := hold(id, "w", "")
		s.committed(only(op))
		s.sameOperation(op, s.operation(id))
	}
}
