package portstest

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

func totalScenarios() []scenario {
	return []scenario{
		{"an empty store has no totals but zeros", saysTotals, totalEmpty},
		{"wallets and accounts are summed per currency", saysTotals, totalSums},
		{"wallets and accounts together are zero", saysTotals, totalZero},
		{"sums go beyond the limit of one wallet", saysTotals, totalLarge},
		{"totals are of one moment, also while writers write", saysMoment, totalMoment},
		{"moves are summed with a counterparty and without", saysTotals, totalMoves},
		{"wallets of every status are summed, with what is held", saysTotals, totalStatuses},
		{"sums stay the same under transfers", saysMoment, totalTransfers},
		{"totals are of what was committed before", saysBefore, totalSeen},
		{"wallets beyond a thousand are summed", saysTotals, totalMany},
		{"points and moves of one entry are summed", saysTotals, totalPointsMoves},
	}
}

type totalKey struct {
	currency string
	account  ports.Account
}

// totals reads the totals that are not zero, each once, as text.
func (s *storeTest) totals() map[totalKey][2]string {
	s.t.Helper()
	totals, err := s.Totals(s.t.Context())
	s.NoError(err)
	found := make(map[totalKey][2]string)
	for _, total := range totals {
		key := totalKey{total.Currency, total.Account}
		s.NotContains(found, key)
		if !total.Balance.IsZero() || !total.Point.IsZero() {
			found[key] = [2]string{total.Balance.String(), total.Point.String()}
		}
	}
	return found
}

func totalEmpty(s *storeTest) {
	s.Empty(s.totals())
	s.committed(opened("w"))
	s.Empty(s.totals())
}

func totalSums(s *storeTest) {
	a, b, usd := opened("a"), opened("b"), openedIn("c", "USD")
	granted := ports.Entry{Type: ports.EntryGrant, PointAmount: amount("30"), Counterparty: ports.AccountPointExpense}
	settled := ports.Entry{Type: ports.EntryWithdrawEnd, Moves: []ports.Move{
		{Account: ports.AccountPayable, Amount: amount("-20")},
		{Account: ports.AccountFee, Amount: amount("1.5")},
		{Account: clearing, Amount: amount("18.5")},
	}}
	both := ports.Entry{Type: ports.EntryDeduct, BalanceAmount: amount("-5"), PointAmount: amount("-7"), Counterparty: ports.AccountUsage}
	s.committed(a, b, usd,
		after(a, recharged("100.5", ""), granted, both, settled),
		after(b, recharged("0.25", ""), deducted("0.05", "")),
		after(usd, recharged("3", ""), both))
	s.Equal(map[totalKey][2]string{
		{"KRW", ports.AccountWallets}:      {"95.7", "23"},
		{"KRW", clearing}:                  {"-82.25", "0"},
		{"KRW", ports.AccountPointExpense}: {"0", "-30"},
		{"KRW", ports.AccountUsage}:        {"5.05", "7"},
		{"KRW", ports.AccountPayable}:      {"-20", "0"},
		{"KRW", ports.AccountFee}:          {"1.5", "0"},
		{"USD", ports.AccountWallets}:      {"-2", "-7"},
		{"USD", clearing}:                  {"-3", "0"},
		{"USD", ports.AccountUsage}:        {"5", "7"},
	}, s.totals())
}

func totalZero(s *storeTest) {
	a, b := opened("a"), opened("b")
	a2 := after(a, recharged("100", ""))
	out := ports.Entry{Type: ports.EntryTransferOut, BalanceAmount: amount("-40"), Counterparty: ports.AccountTransfer}
	in := ports.Entry{Type: ports.EntryTransferIn, BalanceAmount: amount("40"), Counterparty: ports.AccountTransfer}
	s.committed(a, b, a2, merged(after(a2, out), after(b, in)))
	s.balanced()
	s.NotContains(s.totals(), totalKey{"KRW", ports.AccountTransfer})
}

func totalLarge(s *storeTest) {
	const most = "999999999999999999.999999"
	for _, id := range ids("w", 20) {
		first := opened(id)
		granted := ports.Entry{Type: ports.EntryGrant, PointAmount: amount(most), Counterparty: ports.AccountPointExpense}
		s.committed(first, after(first, recharged(most, ""), granted))
	}
	s.Equal([2]string{"19999999999999999999.99998", "19999999999999999999.99998"}, s.totals()[totalKey{"KRW", ports.AccountWallets}])
	s.Equal([2]string{"0", "-19999999999999999999.99998"}, s.totals()[totalKey{"KRW", ports.AccountPointExpense}])
	s.Equal([2]string{"-19999999999999999999.99998", "0"}, s.totals()[totalKey{"KRW", clearing}])
}

// balanced requires that wallets and accounts together are zero.
func (s *storeTest) balanced() {
	s.t.Helper()
	totals, err := s.Totals(s.t.Context())
	s.NoError(err)
	var sum decimal.Decimal
	for _, total := range totals {
		sum = sum.Add(total.Balance).Add(total.Point)
	}
	s.True(sum.IsZero(), "sum is %s", sum)
}

func totalMoment(s *storeTest) {
	unit := opened("w")
	s.committed(unit)
	next := func() ports.Unit {
		unit = after(unit, recharged("1", ""))
		return unit
	}
	s.whileWriting(next, func() string {
		totals, err := s.Totals(s.t.Context())
		var sum decimal.Decimal
		for _, total := range totals {
			sum = sum.Add(total.Balance).Add(total.Point)
		}
		if err != nil || !sum.IsZero() {
			return fmt.Sprintf("wallets and accounts sum up to %s, %v", sum, err)
		}
		return ""
	})
	s.balanced()
}

// totalMoves books moves on entries with a counterparty and without, several of them on one
// account, and on the counterparty's own.
func totalMoves(s *storeTest) {
	first := opened("w")
	moves := []ports.Move{
		{Account: ports.AccountPayable, Amount: amount("-20")},
		{Account: ports.AccountFee, Amount: amount("1.5")},
		{Account: ports.AccountFee, Amount: amount("0.25")},
		{Account: clearing, Amount: amount("18.25")},
	}
	withMoves := recharged("100", "")
	withMoves.Moves = moves
	s.committed(first, after(first, withMoves, ports.Entry{Type: ports.EntryWithdrawEnd, Moves: moves}))
	s.Equal(map[totalKey][2]string{
		{"KRW", ports.AccountWallets}: {"100", "0"},
		{"KRW", clearing}:             {"-63.5", "0"},
		{"KRW", ports.AccountPayable}: {"-40", "0"},
		{"KRW", ports.AccountFee}:     {"3.5", "0"},
	}, s.totals())
}

func totalStatuses(s *storeTest) {
	for _, status := range []ports.WalletStatus{ports.WalletActive, ports.WalletFrozen, ports.WalletClosed} {
		unit := opened(string(status))
		wallet := &unit.Wallets[0]
		wallet.Status, wallet.Balance, wallet.BalanceHeld = status, amount("100"), amount("40")
		wallet.Point, wallet.PointHeld, wallet.Lots = amount("30"), amount("10"), []ports.PointLot{lot("30", "10", at(5))}
		s.committed(unit)
	}
	s.Equal(map[totalKey][2]string{{"KRW", ports.AccountWallets}: {"300", "90"}}, s.totals())
}

// totalTransfers moves money between wallets: no moment has another sum.
func totalTransfers(s *storeTest) {
	next := s.transfers()
	funded := opened("funded")
	s.committed(funded, after(funded, recharged("100", "")))
	s.whileWriting(next, func() string {
		totals, err := s.Totals(s.t.Context())
		found := make(map[ports.Account]string)
		for _, total := range totals {
			if !total.Balance.IsZero() || !total.Point.IsZero() {
				found[total.Account] = total.Balance.String()
			}
		}
		if err != nil || len(found) != 2 || found[ports.AccountWallets] != "100" || found[clearing] != "-100" {
			return fmt.Sprintf("%v, %v", found, err)
		}
		return ""
	})
}

func totalPointsMoves(s *storeTest) {
	first := opened("w")
	entry := ports.Entry{
		Type: ports.EntryGrant, PointAmount: amount("3"), Counterparty: ports.AccountPointExpense,
		Moves: []ports.Move{{Account: ports.AccountFee, Amount: amount("1")}, {Account: clearing, Amount: amount("-1")}},
	}
	s.committed(first, after(first, entry))
	s.Equal(map[totalKey][2]string{
		{"KRW", ports.AccountWallets}:      {"0", "3"},
		{"KRW", ports.AccountPointExpense}: {"0", "-3"},
		{"KRW", ports.AccountFee}:          {"1", "0"},
		{"KRW", clearing}:                  {"-1", "0"},
	}, s.totals())
}
