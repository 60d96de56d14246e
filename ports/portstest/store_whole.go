package portstest

import (
	"fmt"
	"sync"
	"time"

	"github.com/jigap/jigap/ports"
)

// whileWriting lets one writer write for a while, unit after unit, and readers read. A read
// returns what is wrong with what it saw, or nothing.
func (s *storeTest) whileWriting(next func() ports.Unit, read func() string) {
	s.t.Helper()
	end := time.Now().Add(raceTime)
	var mu sync.Mutex
	var wrong []string
	var refused []ports.Fate
	done := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(wrong) > 0 || len(refused) > 0 || !time.Now().Before(end)
	}
	writer := func() {
		for !done() {
			if fate := single(s.commitUnlessBusy([]ports.Unit{next()})); fate.Status != ports.FateCommitted {
				mu.Lock()
				refused = append(refused, fate)
				mu.Unlock()
			}
		}
	}
	reader := func() {
		for reads := 0; reads == 0 || !done(); reads++ {
			if saw := read(); saw != "" {
				mu.Lock()
				wrong = append(wrong, saw)
				mu.Unlock()
			}
		}
	}
	s.together(writer, reader, reader)
	for _, fate := range refused {
		s.status(fate, ports.FateCommitted)
	}
	s.Empty(wrong, "seen while the writer wrote")
}

// transfers opens wallets a and b and returns what makes units that move money from a to b.
// In each unit both wallets get the same version.
func (s *storeTest) transfers() func() ports.Unit {
	s.t.Helper()
	a, b := opened("a"), opened("b")
	s.committed(a, b)
	return func() ports.Unit {
		a, b = after(a, transferred("-1")), after(b, transferred("1"))
		return merged(a, b)
	}
}

// transferred is an entry of a transfer between two wallets.
func transferred(cash string) ports.Entry {
	return ports.Entry{Type: ports.EntryTransferOut, BalanceAmount: amount(cash), Counterparty: ports.AccountTransfer}
}

// raceReadWallet writes a wallet all of whose figures tell its version.
func raceReadWallet(s *storeTest) {
	unit := lotted("w", lot("1", "0", at(1)))
	s.committed(unit)
	next := func() ports.Unit {
		unit = after(unit, recharged("1", ""))
		unit.Wallets[0].Lots = []ports.PointLot{lot(fmt.Sprint(unit.Wallets[0].Version), "0", at(int(unit.Wallets[0].Version)))}
		return unit
	}
	s.whileWriting(next, func() string {
		wallets, err := s.Wallets(s.t.Context(), []string{"w"})
		if err != nil || len(wallets) != 1 {
			return fmt.Sprintf("%d wallets, %v", len(wallets), err)
		}
		w := &wallets[0]
		lots := len(w.Lots) == 1 && w.Lots[0].Amount.IntPart() == w.Version && w.Lots[0].ExpiresAt.Equal(at(int(w.Version)))
		if !lots || w.Balance.IntPart() != w.Version-1 || w.Seq != w.Version || !w.BookedAt.Equal(at(int(w.Seq))) {
			return fmt.Sprintf("version %d with balance %s, seq %d, booked at %s and lots %v", w.Version, w.Balance, w.Seq, w.BookedAt, w.Lots)
		}
		return ""
	})
}

func wrongPair(wallets []ports.Wallet, err error) string {
	switch {
	case err != nil || len(wallets) != 2:
		return fmt.Sprintf("%d wallets, %v", len(wallets), err)
	case wallets[0].Version != wallets[1].Version || !wallets[0].Balance.Add(wallets[1].Balance).IsZero():
		return fmt.Sprintf("versions %d and %d, balances %s and %s", wallets[0].Version, wallets[1].Version, wallets[0].Balance, wallets[1].Balance)
	}
	return ""
}

func raceReadWallets(s *storeTest) {
	s.whileWriting(s.transfers(), func() string { return wrongPair(s.Wallets(s.t.Context(), []string{"a", "b"})) })
}

func raceFindWallets(s *storeTest) {
	s.whileWriting(s.transfers(), func() string { return wrongPair(s.FindWallets(s.t.Context(), ports.WalletFilter{Limit: 10})) })
}

// pairs writes operations a and b, and returns what makes units with a version of each.
func (s *storeTest) pairs() func() ports.Unit {
	s.t.Helper()
	var a, b ports.Operation = hold("a", "w", ""), hold("b", "w", "")
	s.committed(only(a, b))
	return func() ports.Unit {
		a, b = touched(a), touched(b)
		return only(a, b)
	}
}

func wrongOperations(ops []ports.Operation, err error) string {
	switch {
	case err != nil || len(ops) != 2:
		return fmt.Sprintf("%d operations, %v", len(ops), err)
	case ops[0].Head().Version != ops[1].Head().Version:
		return fmt.Sprintf("versions %d and %d", ops[0].Head().Version, ops[1].Head().Version)
	}
	return ""
}

func raceReadOperations(s *storeTest) {
	s.whileWriting(s.pairs(), func() string { return wrongOperations(s.Operations(s.t.Context(), []string{"a", "b"})) })
}

func raceFindOperations(s *storeTest) {
	s.whileWriting(s.pairs(), func() string {
		return wrongOperations(s.FindOperations(s.t.Context(), ports.OperationFilter{WalletID: "w", Limit: 10}))
	})
}

// raceReadEntries writes two entries in each unit.
func raceReadEntries(s *storeTest) {
	unit := opened("w")
	s.committed(unit)
	next := func() ports.Unit {
		unit = after(unit, recharged("1", ""), deducted("1", ""))
		return unit
	}
	s.whileWriting(next, func() string {
		entries, err := s.Entries(s.t.Context(), ports.EntryFilter{WalletID: "w", Limit: 1 << 20})
		if err != nil || len(entries)%2 != 1 {
			return fmt.Sprintf("%d entries, %v", len(entries), err)
		}
		return ""
	})
}

// raceEntriesByKey books in each unit the same key in two wallets.
func raceEntriesByKey(s *storeTest) {
	a, b, n := opened("a"), opened("b"), 0
	s.committed(a, b)
	next := func() ports.Unit {
		key := fmt.Sprint("k", n)
		n++
		a, b = after(a, deducted("1", key)), after(b, recharged("1", key))
		return merged(a, b)
	}
	s.whileWriting(next, func() string {
		wallets, err := s.Wallets(s.t.Context(), []string{"a"})
		if err != nil || len(wallets) != 1 {
			return fmt.Sprintf("%d wallets, %v", len(wallets), err)
		}
		var keys []ports.EntryKey // those that are about to be booked
		for i := range int64(20) {
			key := fmt.Sprint("k", wallets[0].Version-1+i)
			keys = append(keys, ports.EntryKey{WalletID: "a", Key: key}, ports.EntryKey{WalletID: "b", Key: key})
		}
		if found, err := s.EntriesByKey(s.t.Context(), keys); err != nil || len(found)%2 != 0 {
			return fmt.Sprintf("%d entries of units of two, %v", len(found), err)
		}
		return ""
	})
}

func raceLastReferring(s *storeTest) {
	a, b := opened("a"), opened("b")
	s.committed(a, b)
	next := func() ports.Unit {
		sum := fmt.Sprint(a.Wallets[0].Version)
		a, b = after(a, refunded(1, sum)), after(b, refunded(1, sum))
		return merged(a, b)
	}
	s.whileWriting(next, func() string {
		found, err := s.LastReferring(s.t.Context(), ports.EntryRefund, []ports.EntryRef{{WalletID: "a", Seq: 1}, {WalletID: "b", Seq: 1}})
		if err != nil || len(found) == 1 || len(found) == 2 && !found[0].Refunded.Equal(found[1].Refunded) {
			return fmt.Sprintf("%d entries of two moments, %v", len(found), err)
		}
		return ""
	})
}
