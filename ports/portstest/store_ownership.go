package portstest

import (
	"slices"

	"github.com/jigap/jigap/ports"
)

func ownershipScenarios() []scenario {
	return []scenario{
		{"changing what was committed changes nothing", saysCopies, ownershipGiven},
		{"changing a wallet that was read changes nothing", saysCopies, ownershipWallets},
		{"changing an entry that was read changes nothing", saysCopies, ownershipEntries},
		{"changing an operation that was read changes nothing", saysCopies, ownershipOperations},
		{"changing a fate or an argument changes nothing", saysCopies, ownershipFates},
		{"changing an operation of any kind changes nothing", saysCopies, ownershipKinds},
	}
}

// ownershipUnit returns a unit with everything that could be shared, and a second
// one that is equal and separate.
func ownershipUnit() (given, kept ports.Unit) {
	build := func() ports.Unit {
		unit := after(opened("w"), fullEntry())
		unit.Wallets[0].Lots = []ports.PointLot{lot("5", "1", at(10)), lot("6", "0", at(20))}
		op := hold("o", "w", "lane")
		op.DueAt = at(50)
		op.Lots = []ports.HeldLot{{LotID: 1, Amount: amount("1")}}
		return with(unit, op)
	}
	return build(), build()
}

func spoilWallets(wallets []ports.Wallet) {
	for i := range wallets {
		for j := range wallets[i].Lots {
			wallets[i].Lots[j] = ports.PointLot{ID: 99, Amount: amount("99")}
		}
		wallets[i].Lots = append(wallets[i].Lots[:0], wallets[i].Lots...)
	}
	clear(wallets)
}

func spoilEntries(entries []ports.Entry) {
	for i := range entries {
		clear(entries[i].Lots)
		clear(entries[i].Moves)
		clear(entries[i].Metadata)
	}
	clear(entries)
}

func spoilOperations(ops []ports.Operation) {
	for _, op := range ops {
		if spoiled, ok := op.(*ports.Hold); ok {
			clear(spoiled.Lots)
			*spoiled = ports.Hold{OperationHead: ports.OperationHead{ID: "spoiled", Lane: "spoiled", Open: false}}
		}
	}
	clear(ops)
}

func (s *storeTest) stillThere(kept ports.Unit) {
	s.t.Helper()
	s.unchanged(kept)
	s.sameEntry(kept.Entries[0], s.entry("w", 2))
	s.sameOperation(kept.Operations[0], s.operation("o"))
	s.Equal([]string{"o"}, s.findOperations(ports.OperationFilter{DueBy: at(50), Lane: "lane"}))
	s.Equal([]string{"w"}, s.findWallets(ports.WalletFilter{ExpiringBy: at(10)}))
	s.refused(only(hold("p", "w", "lane")), ports.FateLaneTaken, "p", "o")
}

func ownershipGiven(s *storeTest) {
	given, kept := ownershipUnit()
	s.committed(opened("w"))
	units := []ports.Unit{given}
	s.committed(units...)
	spoilWallets(given.Wallets)
	spoilEntries(given.Entries)
	spoilOperations(given.Operations)
	clear(units)
	s.stillThere(kept)
	entries, _ := s.follow("", 2, 10)
	s.sameEntry(kept.Entries[0], entries[1])
}

func ownershipWallets(s *storeTest) {
	given, kept := ownershipUnit()
	s.committed(opened("w"), given)
	read, err := s.Wallets(s.t.Context(), []string{"w"})
	s.NoError(err)
	spoilWallets(read)
	found, err := s.FindWallets(s.t.Context(), ports.WalletFilter{Limit: 5})
	s.NoError(err)
	spoilWallets(found)
	s.stillThere(kept)
}

func ownershipEntries(s *storeTest) {
	given, kept := ownershipUnit()
	s.committed(opened("w"), given)
	spoilEntries(s.history("w"))
	byKey, err := s.EntriesByKey(s.t.Context(), []ports.EntryKey{{WalletID: "w", Key: "key 1"}})
	s.NoError(err)
	spoilEntries(byKey)
	referring, err := s.LastReferring(s.t.Context(), ports.EntryRefund, []ports.EntryRef{{WalletID: "w", Seq: 1}})
	s.NoError(err)
	s.Len(referring, 1, "entries that refer")
	spoilEntries(referring)
	entries, _ := s.follow("", 2, 10)
	spoilEntries(entries)
	totals, err := s.Totals(s.t.Context())
	s.NoError(err)
	clear(totals)
	s.stillThere(kept)
	entries, _ = s.follow("", 2, 10)
	s.sameEntry(kept.Entries[0], entries[1])
	s.NotEmpty(s.totals())
}

func ownershipOperations(s *storeTest) {
	given, kept := ownershipUnit()
	s.committed(opened("w"), given)
	read, err := s.Operations(s.t.Context(), []string{"o"})
	s.NoError(err)
	spoilOperations(read)
	found, err := s.FindOperations(s.t.Context(), ports.OperationFilter{DueBy: at(100), Limit: 5})
	s.NoError(err)
	spoilOperations(found)
	s.stillThere(kept)
}

func ownershipFates(s *storeTest) {
	s.committed(opened("w"))
	fates := s.commit(opened("w"), opened("w"))
	s.fate(fates[0], ports.FateConflict, "w")
	fates[0].IDs[0] = "spoiled"
	s.Equal([]string{"w"}, fates[1].IDs)
	s.refused(opened("w"), ports.FateConflict, "w")

	filter := ports.EntryFilter{WalletID: "w", Types: []ports.EntryType{ports.EntryOpen, ports.EntryDeduct}, Limit: 5}
	kept := slices.Clone(filter.Types)
	s.Len(s.seqs(filter), 1)
	s.Equal(kept, filter.Types)
	names := []string{"w", "w", "b", "a"}
	_, err := s.Wallets(s.t.Context(), names)
	s.NoError(err)
	_, err = s.Operations(s.t.Context(), names)
	s.NoError(err)
	s.Equal([]string{"w", "w", "b", "a"}, names)
	order := []ports.Unit{opened("z"), opened("a"), opened("z")}
	s.commit(order...)
	s.Equal("z", order[0].Wallets[0].ID)
	s.Equal("a", order[1].Wallets[0].ID)
}
