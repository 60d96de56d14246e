package portstest

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// walletFalls writes a wallet again with figures that fall and a status that thaws.
func walletFalls(s *storeTest) {
	unit := filledWallet()
	unit.Wallets[0].Status = ports.WalletFrozen
	unit.Wallets[0].BalanceHeld = amount("20.01")
	s.committed(unit)
	next := after(unit)
	w := &next.Wallets[0]
	w.Status, w.Scale, w.OpenOperations, w.HoldExpiry = ports.WalletActive, 6, 1, w.HoldExpiry.Add(time.Hour)
	w.Watch.Above = decimal.NullDecimal{}
	w.Incoming, w.Credited.DayAmount, w.Credited.MonthAmount = decimal.Decimal{}, amount("2"), decimal.Decimal{}
	s.committed(next)
	s.sameWallet(*w, s.wallet("w"))
	last := after(next)
	w = &last.Wallets[0]
	w.OpenOperations, w.HoldExpiry = 0, w.HoldExpiry.Add(-2*time.Hour)
	w.Watch.Above, w.Watch.Below = bound("3"), decimal.NullDecimal{}
	w.Incoming, w.IncomingPoint, w.Credited = amount("1"), amount("3"), ports.CreditCount{Month: "2026-12", MonthAmount: amount("1")}
	s.committed(last)
	s.sameWallet(*w, s.wallet("w"))
}

// walletLotsChanged changes lots, and leaves their number as it is.
func walletLotsChanged(s *storeTest) {
	unit := lotted("w", lot("5", "0", at(1)), lot("6", "0", at(2)), lot("7", "0", at(3)))
	s.committed(unit)
	next := after(unit, deducted("1", ""))
	next.Wallets[0].Lots[1].Amount, next.Wallets[0].Lots[2].Held = amount("4"), amount("2")
	s.committed(next)
	s.sameWallet(next.Wallets[0], s.wallet("w"))
}

func walletStaleWithoutEntries(s *storeTest) {
	first := opened("w")
	s.committed(first)
	second := after(first)
	second.Wallets[0].Watch.Below = bound("1")
	rival := after(first, recharged("1", ""))
	s.committed(rival)
	s.refused(second, ports.FateConflict, "w")
	third := after(rival)
	s.committed(third)
	s.refused(with(third, hold("o", "w", "")), ports.FateConflict, "w")
	s.unchanged(third)
	s.absent("nobody", "o")
}

// walletClosed books on a closed wallet, and holds more than it has: the core decides.
func walletClosed(s *storeTest) {
	first := opened("w")
	first.Wallets[0].Status = ports.WalletClosed
	second := after(first, recharged("1", "k"))
	third := after(second, ports.Entry{Type: ports.EntryHold, BalanceHeldAmount: amount("7")})
	s.committed(first, second, third)
	s.unchanged(third)
}
