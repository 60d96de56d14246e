package portstest

import (
	"math"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

func precisionExponents(s *storeTest) {
	many := decimal.New(5, 3)
	entry := recharged("1", "")
	entry.BalanceAmount, entry.Refunded, entry.Lots = many, many, []ports.LotChange{{LotID: 1, Amount: many, HeldAmount: many}}
	entry.Moves = []ports.Move{{Account: clearing, Amount: many}}
	unit := after(opened("w"), entry)
	w := &unit.Wallets[0]
	w.Balance, w.Point, w.Lots, w.Watch.Below = many, many, []ports.PointLot{{ID: 1, Amount: many, Held: many}}, decimal.NewNullDecimal(many)
	unit.Entries[0].NewBalance = many
	s.committed(opened("w"), unit)
	s.sameWallet(*w, s.wallet("w"))
	s.sameEntry(unit.Entries[0], s.entry("w", 2))
}

func precisionNumbers(s *storeTest) {
	const much = 1<<40 + 5
	entry := refunded(much, "1")
	entry.PeerSeq, entry.PeerWalletID = much, "p"
	entry.Lots = []ports.LotChange{
		{LotID: much, Amount: amount("1"), Priority: math.MinInt32}, {LotID: much + 1, Amount: amount("1"), Priority: math.MaxInt32},
	}
	unit := after(opened("w"), entry)
	unit.Wallets[0].Lots = []ports.PointLot{
		{ID: much, Amount: amount("1"), Priority: math.MinInt32}, {ID: much + 1, Amount: amount("1"), Priority: math.MaxInt32},
	}
	s.committed(opened("w"), unit)
	s.sameWallet(unit.Wallets[0], s.wallet("w"))
	s.sameEntry(unit.Entries[0], s.entry("w", 2))
	s.Equal([]int64{2}, s.seqs(ports.EntryFilter{WalletID: "w", RefersTo: much, Limit: 5}))
	s.Len(s.lastReferring(ports.EntryRefund, ports.EntryRef{WalletID: "w", Seq: much}), 1, "entries that refer")
}

func precisionEarly(s *storeTest) {
	unit := opened("w")
	s.committed(unit)
	for _, when := range []time.Time{
		time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.Date(1, 1, 2, 0, 0, 0, 1000, time.UTC), time.Date(1600, 2, 29, 1, 2, 3, 4000, time.UTC),
	} {
		entry := recharged("1", "")
		entry.OccurredAt = when
		unit = after(unit, entry)
		s.committed(unit)
		s.sameEntry(unit.Entries[0], s.entry("w", unit.Wallets[0].Seq))
	}
}

func findWalletsDigits(s *storeTest) {
	const most, less = "999999999999999999.999999", "999999999999999999.999998"
	s.committed(watched("a", most, "0", ports.Watch{Below: bound(less)}), watched("b", most, "0", ports.Watch{Above: bound(less)}), watched("c", less, "0", ports.Watch{Above: bound(less)}))
	s.Equal([]string{"b"}, s.findWallets(ports.WalletFilter{Due: true}))
	s.committed(lotted("d", lot(most, less, at(1))), lotted("e", lot(most, most, at(1))))
	s.Equal([]string{"d"}, s.findWallets(ports.WalletFilter{ExpiringBy: at(1)}))
}
