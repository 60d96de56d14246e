package portstest

import (
	"github.com/jigap/jigap/ports"
)

func findWalletsRepeated(s *storeTest) {
	s.committed(opened("w"))
	s.Equal([]string{"w"}, s.findWallets(ports.WalletFilter{Statuses: []ports.WalletStatus{ports.WalletActive, ports.WalletActive}}))
}

func entryRepeated(s *storeTest) {
	s.committed(opened("w"))
	s.Equal([]int64{1}, s.seqs(ports.EntryFilter{WalletID: "w", Types: []ports.EntryType{ports.EntryOpen, ports.EntryOpen}, Limit: 9}))
}

func findOperationsRepeated(s *storeTest) {
	op := hold("o", "w", "")
	op.Provider = "a"
	s.committed(only(op))
	s.Equal([]string{"o"}, s.findOperations(ports.OperationFilter{Statuses: []string{op.StatusText(), op.StatusText()}}))
	s.Equal([]string{"o"}, s.findOperations(ports.OperationFilter{Providers: []string{"a", "a"}}))
}

func findWalletsWhole(s *storeTest) {
	unit := filledWallet()
	w := &unit.Wallets[0]
	w.Balance, w.BalanceHeld, w.Watch = amount("1"), amount("0"), ports.Watch{Below: bound("5")}
	w.Lots[0].Held = amount("0")
	s.committed(unit)
	for _, filter := range []ports.WalletFilter{{}, {Due: true}, {ExpiringBy: at(1 << 20)}, {Statuses: []ports.WalletStatus{ports.WalletClosed}}, {AfterID: "a"}} {
		filter.Limit = 5
		found, err := s.FindWallets(s.t.Context(), filter)
		s.NoError(err)
		s.Len(found, 1, "wallets found by %+v", filter)
		s.sameWallet(*w, found[0])
	}
}

func entryWhole(s *storeTest) {
	first := opened("w")
	second := after(first, filledEntry())
	s.committed(first, second)
	entry := second.Entries[0]
	for _, filter := range []ports.EntryFilter{
		{Descending: true},
		{Types: []ports.EntryType{entry.Type}},
		{Reference: entry.Reference},
		{OperationID: entry.OperationID},
		{RefersTo: entry.RefersTo},
		{From: entry.BookedAt},
		{AfterSeq: 1},
	} {
		filter.WalletID, filter.Limit = "w", 1
		found, err := s.Entries(s.t.Context(), filter)
		s.NoError(err)
		s.Len(found, 1, "entries found by %+v", filter)
		s.sameEntry(entry, found[0])
	}
}
