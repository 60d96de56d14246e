package portstest

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

func walletScenarios() []scenario {
	return []scenario{
		{"a wallet is read as it was written", saysRecord, walletRoundTrip},
		{"reading skips unknown and repeated ids", saysIDs, walletReadSkips},
		{"reading no ids yields nothing", saysIDs, walletReadNone},
		{"version 1 is refused when the wallet exists", saysVersion, walletCreateTwice},
		{"a version too old, the same or too new is refused", saysVersion, walletStale},
		{"a later version of an unknown wallet is refused", saysVersion, walletUnknown},
		{"version n+1 follows version n", saysVersion, walletFollows},
		{"another state of the same version is a conflict", saysHash, walletOtherState},
		{"a wallet may be written without entries", saysVersion, walletWithoutEntries},
		{"two writes of a wallet in one call are decided in order", saysInOrder, walletTwiceInCall},
		{"every field of a wallet comes back", saysRecord, walletFields},
		{"a wallet with many lots is read as it was written", saysRecord, walletLots},
		{"many wallets are read in one call", saysAnyNumber, walletMany},
		{"ids are compared byte by byte", saysBytes, walletBytes},
		{"versions are compared in whole", saysVersion, walletVersions},
		{"hashes are compared in whole", saysHash, walletHashes},
		{"another state of the second wallet of a unit is a conflict", saysHash, walletOtherStateOfSecond},
		{"a read sees what was committed before it", saysBefore, walletSeen},
		{"a wallet comes back when its figures fall", saysRecord, walletFalls},
		{"lots of the same number come back as they were changed", saysRecord, walletLotsChanged},
		{"another state of one of four wallets is a conflict", saysHash, walletOtherStateOfAny},
		{"another state of a wallet goes before a taken key", saysHash, walletOtherStateKey},
		{"a write without entries is refused when its version is stale", saysVersion, walletStaleWithoutEntries},
		{"a closed wallet is written as the core says", saysWritten, walletClosed},
	}
}

func fullWallet(id string) ports.Unit {
	lots := []ports.PointLot{
		{ID: 2, Amount: amount("10.5"), Held: amount("0.25"), ExpiresAt: at(100), Priority: 3},
		{ID: 3, Amount: amount("7"), Priority: -1},
	}
	unit := after(opened(id), ports.Entry{
		Type: ports.EntryAdjust, BalanceAmount: amount("1000.01"), BalanceHeldAmount: amount("20.01"),
		PointAmount: amount("17.5"), PointHeldAmount: amount("0.25"), Counterparty: ports.AccountAdjustment,
	})
	wallet := &unit.Wallets[0]
	wallet.Lots, wallet.OpenOperations, wallet.Status = lots, 2, ports.WalletFrozen
	wallet.Watch = ports.Watch{Below: bound("50.5"), Above: bound("-1")}
	wallet.HoldExpiry = at(90)
	wallet.Incoming, wallet.IncomingPoint = amount("300.5"), amount("12.25")
	wallet.Credited = ports.CreditCount{Day: "2026-11-21", DayAmount: amount("40.25"), Month: "2026-11", MonthAmount: amount("900")}
	return unit
}

func walletRoundTrip(s *storeTest) {
	first := opened("w")
	s.committed(first)
	s.sameWallet(first.Wallets[0], s.wallet("w"))
	full := fullWallet("w")
	s.committed(full)
	s.sameWallet(full.Wallets[0], s.wallet("w"))
	emptied := booked(full.Wallets[0])
	emptied.Wallets[0].Lots, emptied.Wallets[0].Watch, emptied.Wallets[0].HoldExpiry = nil, ports.Watch{}, time.Time{}
	emptied.Wallets[0].Incoming, emptied.Wallets[0].IncomingPoint, emptied.Wallets[0].Credited = decimal.Decimal{}, decimal.Decimal{}, ports.CreditCount{}
	s.committed(emptied)
	s.sameWallet(emptied.Wallets[0], s.wallet("w"))
}

func walletReadSkips(s *storeTest) {
	s.committed(opened("a"), opened("b"), opened("c"))
	wallets, err := s.Wallets(s.t.Context(), []string{"c", "nobody", "a", "c", "", "a"})
	s.NoError(err)
	var found []string
	for i := range wallets {
		found = append(found, wallets[i].ID)
	}
	s.ElementsMatch([]string{"a", "c"}, found)
	wallets, err = s.Wallets(s.t.Context(), []string{"nobody"})
	s.NoError(err)
	s.Empty(wallets)
}

func walletReadNone(s *storeTest) {
	s.committed(opened("a"))
	wallets, err := s.Wallets(s.t.Context(), nil)
	s.NoError(err)
	s.Empty(wallets)
}

func walletCreateTwice(s *storeTest) {
	first := opened("w")
	s.committed(first)
	s.refused(opened("w"), ports.FateConflict, "w")
	s.unchanged(first)
}

func walletStale(s *storeTest) {
	first := opened("w")
	second := after(first, recharged("100", "k1"))
	third := after(second, recharged("1", "k2"))
	s.committed(first, second, third)
	for _, base := range []int64{-1, 0, 1, 2, 3, 4, 1 << 40} {
		stale := after(third, recharged("5", "k3"))
		stale.Wallets[0].Version = base + 1
		if base == 3 {
			continue // the one that fits
		}
		s.refused(stale, ports.FateConflict, "w")
	}
	s.unchanged(third)
}

func walletUnknown(s *storeTest) {
	s.refused(after(opened("w"), recharged("100", "k")), ports.FateConflict, "w")
	s.absent("w")
}

func walletFollows(s *storeTest) {
	unit := opened("w")
	s.committed(unit)
	for range 5 {
		unit = after(unit, recharged("10", ""), deducted("3", ""))
		s.committed(unit)
		s.unchanged(unit)
	}
	s.Equal(int64(6), s.wallet("w").Version)
	s.Equal(int64(11), s.wallet("w").Seq)
}

func walletWithoutEntries(s *storeTest) {
	first := opened("w")
	s.committed(first)
	second := after(first)
	second.Wallets[0].Watch.Below = bound("10")
	s.committed(second)
	s.unchanged(second)
	s.refused(second, ports.FateConflict, "w")
}

func walletTwiceInCall(s *storeTest) {
	first := opened("w")
	second := after(first, recharged("100", "k1"))
	rival := after(first, recharged("200", "k2"))
	third := after(second, recharged("1", "k3"))
	fates := s.commit(first, second, rival, third)
	s.statuses(fates, ports.FateCommitted, ports.FateCommitted, ports.FateConflict, ports.FateCommitted)
	s.fate(fates[2], ports.FateConflict, "w")
	s.unchanged(third)
}

// walletOtherState computes from a version that another writer has made as well.
func walletOtherState(s *storeTest) {
	first := opened("w")
	s.committed(first)
	mine, rival := after(first, recharged("10", "mine")), after(first, recharged("5000", "rival"))
	s.committed(rival)
	s.refused(after(mine, deducted("1", "k")), ports.FateConflict, "w")
	s.refused(after(mine, deducted("1", "k"), deducted("1", "l")), ports.FateConflict, "w")
	s.refused(with(after(mine, deducted("1", "k")), hold("o", "w", "")), ports.FateConflict, "w")
	s.refused(with(after(mine, deducted("1", "k")), hold("o", "w", "lane")), ports.FateConflict, "w")
	watched := ports.Unit{Wallets: []ports.Wallet{mine.Wallets[0].Clone()}}
	watched.Wallets[0].Version++
	s.refused(watched, ports.FateConflict, "w")
	fates := s.commit(after(mine, deducted("1", "k")), opened("v"), after(rival, deducted("1", "k")))
	s.statuses(fates, ports.FateConflict, ports.FateCommitted, ports.FateCommitted)
	s.absent("nobody", "o")
}
