package portstest

import "github.com/jigap/jigap/ports"

func keyScenarios() []scenario {
	return []scenario{
		{"an entry is found by its key", saysByKey, keyFound},
		{"unknown, blank and repeated keys yield nothing more", saysUnusedKeys, keyUnknown},
		{"a used key is refused for ever", saysKeyTaken, keyTaken},
		{"a fate names only keys that are taken", saysKeys, keyTakenNames},
		{"a key is taken per wallet", saysKeyTaken, keyPerWallet},
		{"a key taken earlier in the same call is taken", saysInOrder, keyTakenInCall},
		{"entries without a key never collide", saysKeyTaken, keyBlank},
		{"a key taken in one wallet refuses a unit of several", saysKeyTaken, keyTakenSeveral},
		{"keys are compared byte by byte", saysBytes, keyBytes},
		{"a key is taken whatever was booked since", saysKeyTaken, keyOld},
		{"a key is found as soon as it is taken", saysBefore, keySeen},
		{"many entries are found by their keys in one call", saysAnyNumber, keyMany},
		{"pairs of a wallet and a key are looked up as pairs", saysByKey, keyPairs},
		{"a unit that is refused for its key writes no operation", saysAtomic, keyTakenOperations},
	}
}

func (s *storeTest) keyTaken(fate ports.Fate, taken ...ports.EntryKey) {
	s.t.Helper()
	s.status(fate, ports.FateKeyTaken)
	s.NotEmpty(fate.Keys, "the fate names keys: %s", fateText(fate))
	s.Subset(taken, fate.Keys, "keys of the fate: %s", fateText(fate))
}

func keyFound(s *storeTest) {
	a, b := opened("a"), opened("b")
	a2 := after(a, recharged("1", "k1"), recharged("2", "k2"), recharged("3", "k3"))
	b2 := after(b, recharged("4", "k1"))
	s.committed(a, b, a2, b2)
	found, err := s.EntriesByKey(s.t.Context(), []ports.EntryKey{
		{WalletID: "b", Key: "k1"}, {WalletID: "a", Key: "k3"}, {WalletID: "a", Key: "k1"},
	})
	s.NoError(err)
	want := map[ports.EntryKey]ports.Entry{
		{WalletID: "b", Key: "k1"}: b2.Entries[0],
		{WalletID: "a", Key: "k3"}: a2.Entries[2],
		{WalletID: "a", Key: "k1"}: a2.Entries[0],
	}
	s.Len(found, len(want))
	for _, entry := range found {
		s.sameEntry(want[ports.EntryKey{WalletID: entry.WalletID, Key: entry.Key}], entry)
	}
	found, err = s.EntriesByKey(s.t.Context(), []ports.EntryKey{{WalletID: "b", Key: "k3"}, {WalletID: "b", Key: "k1"}})
	s.NoError(err)
	s.sameEntries(b2.Entries, found)
}

func keyUnknown(s *storeTest) {
	a := opened("a")
	s.committed(a, after(a, recharged("1", "k1"), recharged("2", "")))
	found, err := s.EntriesByKey(s.t.Context(), []ports.EntryKey{
		{WalletID: "a", Key: "k1"},
		{WalletID: "a", Key: ""},
		{WalletID: "a", Key: "K1"},
		{WalletID: "nobody", Key: "k1"},
		{WalletID: "a", Key: "k1"},
		{},
	})
	s.NoError(err)
	s.Len(found, 1)
	none, err := s.EntriesByKey(s.t.Context(), nil)
	s.NoError(err)
	s.Empty(none)
}

func keyTaken(s *storeTest) {
	a := opened("a")
	a2 := after(a, recharged("1", "k1"))
	s.committed(a, a2)
	for range 2 {
		s.keyTaken(s.fateOf(after(a2, recharged("1", "k1"))), ports.EntryKey{WalletID: "a", Key: "k1"})
	}
	s.unchanged(a2)
	a3 := after(a2, deducted("1", "k2"))
	s.committed(a3)
	s.keyTaken(s.fateOf(after(a3, deducted("1", "k1"))), ports.EntryKey{WalletID: "a", Key: "k1"})
	s.unchanged(a3)
}

func keyTakenNames(s *storeTest) {
	a := opened("a")
	a2 := after(a, recharged("1", "k1"), recharged("1", "k2"))
	s.committed(a, a2)
	fate := s.fateOf(after(a2, recharged("1", "free"), recharged("1", "k2"), recharged("1", ""), recharged("1", "k1")))
	s.keyTaken(fate, ports.EntryKey{WalletID: "a", Key: "k1"}, ports.EntryKey{WalletID: "a", Key: "k2"})
	s.committed(after(a2, recharged("1", "free")))
}

func keyPerWallet(s *storeTest) {
	a, b := opened("a"), opened("b")
	s.committed(a, b)
	s.committed(after(a, recharged("1", "k")), after(b, recharged("1", "k")))
	s.Len(s.history("a"), 2)
	s.Len(s.history("b"), 2)
}

func keyTakenInCall(s *storeTest) {
	a := opened("a")
	a2 := after(a, recharged("1", "k"))
	twice := after(a2, recharged("2", "k"))
	a3 := after(a2, recharged("3", "other"))
	fates := s.commit(a, a2, twice, a3)
	s.statuses(fates, ports.FateCommitted, ports.FateCommitted, ports.FateKeyTaken, ports.FateCommitted)
	s.keyTaken(fates[2], ports.EntryKey{WalletID: "a", Key: "k"})
	s.unchanged(a3)
}

func keyBlank(s *storeTest) {
	a := opened("a")
	a2 := after(a, recharged("1", ""), recharged("1", ""))
	s.committed(a, a2, after(a2, recharged("1", ""), recharged("1", "")))
	s.Len(s.history("a"), 5)
}

func keyTakenSeveral(s *storeTest) {
	a, b := opened("a"), opened("b")
	b2 := after(b, recharged("1", "k"))
	s.committed(a, b, b2)
	s.keyTaken(s.fateOf(merged(after(a, deducted("1", "k")), after(b2, recharged("1", "k")))),
		ports.EntryKey{WalletID: "b", Key: "k"})
	s.unchanged(merged(a, b2))
}
