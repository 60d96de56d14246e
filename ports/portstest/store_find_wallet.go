package portstest

import (
	"slices"
	"time"

	"github.com/jigap/jigap/ports"
)

func findWalletScenarios() []scenario {
	return []scenario{
		{"wallets come in bytewise order of id", saysFindWallets, findWalletsOrder},
		{"AfterID and Limit page through all wallets", saysFindWallets, findWalletsPages},
		{"ExpiringBy asks for the next expiry of lots that are not wholly held", saysExpiring, findWalletsExpiring},
		{"Due asks for the watch at the available balance", saysDue, findWalletsDue},
		{"a wallet that was written again is found by its new state only", saysWalletFilter, findWalletsRewritten},
		{"all combinations of conditions", saysWalletFilter, findWalletsCombinations},
		{"a page is as long as its limit", saysAnyNumber, findWalletsLong},
		{"a new wallet is found by the next call", saysBefore, findWalletsNew},
		{"wallets of every status expire and are due", saysWalletFilter, findWalletsStatuses},
		{"an expiry is compared to the microsecond", saysExpiring, findWalletsMicrosecond},
		{"a watch that is set without an entry is due at once", saysDue, findWalletsWatch},
		{"a status that is named twice selects a wallet once", saysWalletFilter, findWalletsRepeated},
		{"found wallets are whole, whatever the filter", saysRecord, findWalletsWhole},
		{"conditions reach beyond a thousand wallets", saysFindWallets, findWalletsFar},
		{"watches and lots are compared to the last digit", saysDue, findWalletsDigits},
		{"a new wallet is found among many", saysBefore, findWalletsNewAmongMany},
	}
}

// awkwardIDs are in bytewise order, which no locale agrees with.
func awkwardIDs() []string {
	return []string{
		"!", "%_\\", "'; --", "-a", "10", "9", "A", "A b", "A-b", "B", "Z", "_", "a", "a b", "a-b", "a.b", "ab", "b", "e\u0301", "z",
		"{\"x\",NULL}", "É", "ß", "é", "\u3042", "가", "지갑", "\uff21", "😀",
	}
}

func (s *storeTest) findWallets(filter ports.WalletFilter) []string {
	s.t.Helper()
	if filter.Limit == 0 {
		filter.Limit = 1000
	}
	wallets, err := s.FindWallets(s.t.Context(), filter)
	s.NoError(err)
	found := make([]string, 0, len(wallets))
	for i := range wallets {
		found = append(found, wallets[i].ID)
	}
	return found
}

func findWalletsOrder(s *storeTest) {
	s.Empty(s.findWallets(ports.WalletFilter{}))
	want := awkwardIDs()
	s.True(slices.IsSorted(want))
	for _, id := range slices.Backward(want) {
		s.committed(opened(id))
	}
	s.Equal(want, s.findWallets(ports.WalletFilter{}))
	for i, id := range want {
		s.Equal(want[i+1:], s.findWallets(ports.WalletFilter{AfterID: id}))
		s.sameWallet(opened(id).Wallets[0], s.wallet(id))
	}
}

func findWalletsPages(s *storeTest) {
	want := ids("w", 25)
	for _, id := range want {
		s.committed(opened(id))
	}
	var found []string
	filter := ports.WalletFilter{Limit: 7}
	for len(found) < pageBound {
		page := s.findWallets(filter)
		found = append(found, page...)
		if len(page) < filter.Limit {
			break
		}
		filter.AfterID = page[len(page)-1]
	}
	s.Equal(want, found)
	s.Equal([]string{"w-010"}, s.findWallets(ports.WalletFilter{AfterID: "w-009z", Limit: 1}))
}

// lotted returns a unit that creates a wallet with lots.
func lotted(id string, lots ...ports.PointLot) ports.Unit {
	unit := opened(id)
	unit.Wallets[0].Lots = lots
	return unit
}

func lot(total, held string, expires time.Time) ports.PointLot {
	return ports.PointLot{ID: 1, Amount: amount(total), Held: amount(held), ExpiresAt: expires}
}

func findWalletsExpiring(s *storeTest) {
	s.committed(
		lotted("at-10", lot("5", "0", at(10))),
		lotted("at-20-part-held", lot("5", "4", at(20)), lot("5", "0", at(30))),
		lotted("at-30-first-held", lot("5", "5", at(20)), lot("5", "0", at(30))),
		lotted("held", lot("5", "5", at(10))),
		lotted("never", lot("5", "0", time.Time{})),
		lotted("none"),
		lotted("unordered-at-10", lot("5", "0", time.Time{}), lot("5", "0", at(40)), lot("5", "0", at(10))),
	)
	expiring := func(by time.Time) []string { return s.findWallets(ports.WalletFilter{ExpiringBy: by}) }
	s.Empty(expiring(at(10).Add(-time.Microsecond)))
	s.Equal([]string{"at-10", "unordered-at-10"}, expiring(at(10)))
	s.Equal([]string{"at-10", "at-20-part-held", "unordered-at-10"}, expiring(at(20)))
	s.Equal([]string{"at-10", "at-20-part-held", "at-30-first-held", "unordered-at-10"}, expiring(at(1000)))
}

// watched returns a unit that creates a wallet with cash, held cash and a watch.
func watched(id, balance, held string, watch ports.Watch) ports.Unit {
	unit := opened(id)
	unit.Wallets[0].Balance, unit.Wallets[0].BalanceHeld, unit.Wallets[0].Watch = amount(balance), amount(held), watch
	return unit
}

func findWalletsDue(s *storeTest) {
	below := ports.Watch{Below: bound("100")}
	above := ports.Watch{Above: bound("100")}
	s.committed(
		watched("above-at", "100", "0", above),
		watched("above-held", "150", "50", above),
		watched("above-over", "100.01", "0", above),
		watched("below-at", "100", "0", below),
		watched("below-held", "150.5", "50.5", below),
		watched("below-over", "100.01", "0", below),
		watched("below-under", "0", "0", below),
		watched("both-between", "100", "0", ports.Watch{Below: bound("50"), Above: bound("150")}),
		watched("both-high", "150.000001", "0", ports.Watch{Below: bound("50"), Above: bound("150")}),
		watched("both-low", "50", "0", ports.Watch{Below: bound("50"), Above: bound("150")}),
		watched("none", "0", "0", ports.Watch{}),
		watched("zero-at", "10", "10", ports.Watch{Below: bound("0")}),
		watched("zero-over", "10", "9.99", ports.Watch{Below: bound("0")}),
	)
	s.Equal([]string{"above-over", "below-at", "below-held", "below-under", "both-high", "both-low", "zero-at"},
		s.findWallets(ports.WalletFilter{Due: true}))
	s.Equal([]string{"below-held", "below-under"}, s.findWallets(ports.WalletFilter{Due: true, AfterID: "below-at", Limit: 2}))
}

func findWalletsRewritten(s *storeTest) {
	first := lotted("w", lot("5", "0", at(10)))
	first.Wallets[0].Watch.Below = bound("0")
	s.committed(first)
	second := after(first, recharged("1", "k"))
	second.Wallets[0].Lots = nil
	s.committed(second)
	s.Empty(s.findWallets(ports.WalletFilter{ExpiringBy: at(100)}))
	s.Empty(s.findWallets(ports.WalletFilter{Due: true}))
	s.Equal([]string{"w"}, s.findWallets(ports.WalletFilter{}))
}

func findWalletsCombinations(s *storeTest) {
	var all []ports.Wallet
	for i, id := range ids("w", 24) {
		unit := opened(id)
		wallet := &unit.Wallets[0]
		if i%2 == 0 {
			wallet.Lots = []ports.PointLot{lot("3", "0", at(i))}
		}
		if i%3 != 0 {
			wallet.Watch.Below = bound("0")
		}
		wallet.Status = []ports.WalletStatus{ports.WalletActive, ports.WalletFrozen, ports.WalletClosed}[i/2%3]
		s.committed(unit)
		all = append(all, *wallet)
	}
	for _, filter := range walletFilters() {
		s.Equal(expectedWallets(all, filter), s.findWallets(filter), "%+v", filter)
	}
}

// walletFilters are all combinations of conditions.
func walletFilters() (filters []ports.WalletFilter) {
	for _, by := range []time.Time{{}, at(9)} {
		for _, due := range []bool{false, true} {
			for _, statuses := range [][]ports.WalletStatus{nil, {ports.WalletFrozen}, {ports.WalletClosed, ports.WalletActive}} {
				for _, afterID := range []string{"", "w-004", "w-0041"} {
					for _, limit := range []int{1, 3, 100} {
						filters = append(filters, ports.WalletFilter{ExpiringBy: by, Due: due, Statuses: statuses, AfterID: afterID, Limit: limit})
					}
				}
			}
		}
	}
	return filters
}

func expectedWallets(all []ports.Wallet, filter ports.WalletFilter) []string {
	found := make([]string, 0, len(all))
	for i := range all {
		wallet := &all[i]
		next := wallet.NextExpiry()
		switch {
		case !filter.ExpiringBy.IsZero() && (next.IsZero() || next.After(filter.ExpiringBy)):
		case len(filter.Statuses) > 0 && !slices.Contains(filter.Statuses, wallet.Status):
		case filter.Due && !wallet.Watch.Due(wallet.AvailableBalance()):
		case wallet.ID <= filter.AfterID:
		default:
			found = append(found, wallet.ID)
		}
	}
	slices.Sort(found)
	return found[:min(len(found), filter.Limit)]
}
