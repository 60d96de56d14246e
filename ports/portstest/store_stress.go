package portstest

import (
	"fmt"
	"math/rand/v2"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

func stressScenarios() []scenario {
	return []scenario{
		{"many writers over few wallets lose nothing", saysSafe, stress},
		{"many writers over few wallets lose nothing, in two runs at once", saysSafe, stress},
	}
}

// stressWriter commits random units until so many are through, and adds up what it
// booked.
type stressWriter struct {
	test   *storeTest
	random *rand.Rand
	name   string
	booked map[string]decimal.Decimal
	failed ports.Fate
}

const stressWallets = 4

func stress(s *storeTest) {
	names := ids("w", stressWallets)
	for _, id := range names {
		s.committed(opened(id))
	}
	writers := make([]*stressWriter, 8)
	calls := make([]func(), len(writers))
	for i := range writers {
		writer := &stressWriter{
			test: s, random: rand.New(rand.NewPCG(7, uint64(i))), name: fmt.Sprint(i), booked: make(map[string]decimal.Decimal),
		}
		writers[i] = writer
		calls[i] = func() { writer.run(names) }
	}
	s.together(calls...)
	entries := 0
	for _, id := range names {
		var want decimal.Decimal
		for _, writer := range writers {
			s.Equal(ports.Fate{}, writer.failed, "a fate that no race explains: %s", fateText(writer.failed))
			want = want.Add(writer.booked[id])
		}
		s.Equal(want.String(), s.wallet(id).Balance.String())
		entries += s.checkChain(id)
	}
	feed, _ := s.follow("", entries, 64)
	s.inOrder(make(map[string]int64), feed)
	s.Empty(s.findOperations(ports.OperationFilter{Open: true}))
}

// checkChain requires that a history has no gap and ends in the wallet's state.
func (s *storeTest) checkChain(id string) int {
	s.t.Helper()
	history, wallet := s.history(id), s.wallet(id)
	var balance decimal.Decimal
	var hash ports.Hash
	for i := range history {
		s.Equal(int64(i)+1, history[i].Seq)
		s.Equal(balance.String(), history[i].OldBalance.String())
		s.Equal(hash, history[i].PrevHash)
		balance, hash = history[i].NewBalance, history[i].Hash
	}
	s.Equal(wallet.Hash, hash)
	s.Equal(wallet.Seq, int64(len(history)))
	s.Equal(wallet.Balance.String(), balance.String())
	return len(history)
}

func (w *stressWriter) run(names []string) {
	for done := 0; done < 25; {
		wallets, err := w.test.Wallets(w.test.t.Context(), names)
		if err != nil {
			w.failed.Err = err
			return
		}
		if len(wallets) != len(names) {
			w.failed.Err = fmt.Errorf("%d of %d wallets were read", len(wallets), len(names))
			return
		}
		units := w.units(wallets, done)
		for i, fate := range w.test.Commit(w.test.t.Context(), units) {
			switch fate.Status { //nolint:exhaustive // all others fail the test
			case ports.FateCommitted:
				done++
				w.note(units[i])
			case ports.FateConflict, ports.FateLaneTaken, ports.FateOperationConflict, ports.FateBusy:
			default:
				w.failed = fate
				return
			}
		}
	}
}

// units makes a few random units: on one wallet, on two, and with an operation that
// opens and closes in a lane that all share.
func (w *stressWriter) units(wallets []ports.Wallet, done int) []ports.Unit {
	w.random.Shuffle(len(wallets), func(i, j int) { wallets[i], wallets[j] = wallets[j], wallets[i] })
	key := fmt.Sprintf("%s-%d-%d", w.name, done, w.random.Int64())
	units := []ports.Unit{
		booked(wallets[0], recharged(fmt.Sprint(1+w.random.IntN(9)), key), deducted("1", "")),
		merged(booked(wallets[1], deducted("0.5", key)), booked(wallets[2], recharged("0.5", key))),
	}
	if w.random.IntN(3) == 0 {
		op := hold(key, wallets[3].ID, "shared lane")
		units = append(units, with(booked(wallets[3], recharged("2", "")), op), only(ended(op)))
	}
	return units
}

func (w *stressWriter) note(unit ports.Unit) {
	for i := range unit.Entries {
		entry := &unit.Entries[i]
		w.booked[entry.WalletID] = w.booked[entry.WalletID].Add(entry.BalanceAmount)
	}
}
