package portstest

import (
	"context"

	"github.com/jigap/jigap/ports"
)

func contextScenarios() []scenario {
	return []scenario{
		{"reads with an ended context answer its error", saysReadContext, contextReads},
		{"reads whose deadline has passed answer its error", saysReadContext, contextDeadline},
		{"a read whose context ends meanwhile answers its error or what it read", saysReadContext, contextMeanwhile},
		{"a commit with an ended context never claims to be committed", saysUndecided, contextCommit},
		{"the store works on after contexts ended", saysFinal, contextWorksOn},
	}
}

func (s *storeTest) endedContext() context.Context {
	ctx, cancel := context.WithCancel(s.t.Context())
	cancel()
	return ctx
}

func contextReads(s *storeTest) {
	s.committed(opened("w"))
	s.readsFail(s.endedContext(), context.Canceled)
}

func contextDeadline(s *storeTest) {
	s.committed(opened("w"))
	ctx, cancel := context.WithDeadline(s.t.Context(), at(0)) // long ago
	defer cancel()
	s.readsFail(ctx, context.DeadlineExceeded)
}

func contextMeanwhile(s *storeTest) {
	unit := filled(s, 200)
	for range 20 {
		ctx, cancel := context.WithCancel(s.t.Context())
		go cancel() // at some moment during the read
		entries, err := s.Entries(ctx, ports.EntryFilter{WalletID: "w", Limit: 1000})
		if err != nil {
			s.ErrorIs(err, context.Canceled)
			continue
		}
		s.Len(entries, 200)
	}
	s.unchanged(unit)
}

// readsFail requires that every read answers the error of the context.
func (s *storeTest) readsFail(ctx context.Context, want error) {
	s.t.Helper()
	_, err := s.Wallets(ctx, []string{"w"})
	s.ErrorIs(err, want)
	_, err = s.FindWallets(ctx, ports.WalletFilter{Limit: 1})
	s.ErrorIs(err, want)
	_, err = s.EntriesByKey(ctx, []ports.EntryKey{{WalletID: "w", Key: "k"}})
	s.ErrorIs(err, want)
	_, err = s.Entries(ctx, ports.EntryFilter{WalletID: "w", Limit: 1})
	s.ErrorIs(err, want)
	_, err = s.LastReferring(ctx, ports.EntryRefund, []ports.EntryRef{{WalletID: "w", Seq: 1}})
	s.ErrorIs(err, want)
	_, err = s.Feed(ctx, "", 1)
	s.ErrorIs(err, want)
	_, err = s.Totals(ctx)
	s.ErrorIs(err, want)
	_, err = s.Operations(ctx, []string{"o"})
	s.ErrorIs(err, want)
	_, err = s.FindOperations(ctx, ports.OperationFilter{Limit: 1})
	s.ErrorIs(err, want)
}

func contextCommit(s *storeTest) {
	units := []ports.Unit{opened("a"), with(opened("b"), hold("o", "b", "lane")), opened("a")}
	fates := s.Commit(s.endedContext(), units)
	s.Len(fates, len(units))
	for _, fate := range fates {
		s.status(fate, ports.FateFailed, ports.FateUndecided)
		s.ErrorIs(fate.Err, context.Canceled)
	}
	if fates[0].Status == ports.FateFailed && fates[2].Status == ports.FateFailed {
		s.absent("a")
	}
	if fates[1].Status == ports.FateFailed {
		s.absent("b", "o")
	}
}

func contextWorksOn(s *storeTest) {
	unit := opened("w")
	s.committed(unit)
	for range 20 {
		next := after(unit, recharged("1", ""))
		ctx, cancel := context.WithCancel(s.t.Context())
		go cancel() // at some moment during the commit
		fate := single(s.Commit(ctx, []ports.Unit{next}))
		stored := s.wallet("w")
		switch fate.Status { //nolint:exhaustive // no other can come
		case ports.FateCommitted:
			s.Equal(next.Wallets[0].Version, stored.Version)
		case ports.FateFailed:
			s.ErrorIs(fate.Err, context.Canceled)
			s.Equal(unit.Wallets[0].Version, stored.Version)
		case ports.FateUndecided:
			s.ErrorIs(fate.Err, context.Canceled)
			s.committedOrNot(unit, next)
		default:
			s.Fail("another fate is right", "was: %s", fateText(fate))
		}
		stored = s.wallet("w")
		unit = ports.Unit{Wallets: []ports.Wallet{stored}}
	}
	s.Commit(s.endedContext(), []ports.Unit{opened("other")})
	s.committed(after(unit, recharged("1", "")))
	s.readsFail(s.endedContext(), context.Canceled)
	s.Equal(unit.Wallets[0].Version+1, s.wallet("w").Version)
}

// committedOrNot settles a unit whose fate is undecided: written again it either
// commits, or finds itself there already. The transaction whose fate is not known may keep
// the wallet locked for a while after its caller has left.
func (s *storeTest) committedOrNot(base, next ports.Unit) {
	s.t.Helper()
	fate := s.fateOf(next)
	for tries := 0; fate.Status == ports.FateBusy && tries < 10; tries++ {
		fate = s.fateOf(next)
	}
	s.status(fate, ports.FateCommitted, ports.FateConflict)
	s.Equal(base.Wallets[0].Version+1, s.wallet("w").Version)
}
