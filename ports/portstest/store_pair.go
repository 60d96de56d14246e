package portstest

import (
	"github.com/jigap/jigap/ports"
)

func keyPairs(s *storeTest) {
	a, b := opened("a"), opened("b")
	a2, b2 := after(a, recharged("1", "k1"), recharged("2", "k2")), after(b, recharged("3", "k1"), recharged("4", "k2"))
	s.committed(a, b, a2, b2)
	found, err := s.EntriesByKey(s.t.Context(), []ports.EntryKey{{WalletID: "a", Key: "k1"}, {WalletID: "b", Key: "k2"}})
	s.NoError(err)
	s.Len(found, 2, "entries of two keys")
	for i := range found {
		if found[i].WalletID == "a" {
			s.sameEntry(a2.Entries[0], found[i])
		} else {
			s.sameEntry(b2.Entries[1], found[i])
		}
	}
}

func entryLastReferringPairs(s *storeTest) {
	a, b := opened("a"), opened("b")
	entries := func() []ports.Entry {
		return []ports.Entry{deducted("1", ""), deducted("1", ""), refunded(2, "1"), refunded(3, "1")}
	}
	s.committed(a, b, after(a, entries()...), after(b, entries()...))
	found := s.lastReferring(ports.EntryRefund, ports.EntryRef{WalletID: "a", Seq: 2}, ports.EntryRef{WalletID: "b", Seq: 3})
	s.Len(found, 2, "entries that refer to two")
}
