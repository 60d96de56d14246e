package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// errAway is what a store answers that fails.
var errAway = errors.New("store is away")

// storeFault is a way in which a call to the store fails.
type storeFault struct {
	kind string
	unit int // of a commit: which unit it happens to, counted round and round
}

// The ways in which the store fails. A read that fails has no effect either way.
const (
	failsBefore     = "fails before the effect"
	undecidedBefore = "undecided, without effect"
	undecidedAfter  = "undecided, after the effect"
	conflicts       = "conflict without a cause"
)

var storeFaults = []string{failsBefore, undecidedBefore, undecidedAfter, conflicts}

// store is the shared store as one process reaches it: each call waits for its turn,
// may fail, and has no effect once the process is dead.
type store struct {
	ports.Store
	process *process
}

// read makes a call that changes nothing.
func read[T any](ctx context.Context, s *store, what string, call func() (T, error)) (T, error) {
	t := s.process.wait(ctx, what, false)
	var got T
	var err error
	if !s.process.life.Do(func() {
		if t.fault != nil {
			err = errAway
			return
		}
		got, err = call()
	}) {
		return got, crashtest.ErrDead
	}
	return got, err
}

func (s *store) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	found, err := read(ctx, s, "read wallets "+strings.Join(ids, " "), func() ([]ports.Wallet, error) { return s.Store.Wallets(ctx, ids) })
	if err == nil {
		s.process.looked(actorOf(ctx), found)
	}
	return found, err
}

func (s *store) FindWallets(ctx context.Context, f ports.WalletFilter) ([]ports.Wallet, error) {
	return read(ctx, s, "find wallets", func() ([]ports.Wallet, error) { return s.Store.FindWallets(ctx, f) })
}

func (s *store) EntriesByKey(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
	return read(ctx, s, fmt.Sprint("read entries by key ", keys), func() ([]ports.Entry, error) { return s.Store.EntriesByKey(ctx, keys) })
}

func (s *store) Entries(ctx context.Context, f ports.EntryFilter) ([]ports.Entry, error) {
	return read(ctx, s, "read entries of "+f.WalletID, func() ([]ports.Entry, error) { return s.Store.Entries(ctx, f) })
}

func (s *store) Feed(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
	return read(ctx, s, "read feed behind "+cursor, func() (ports.FeedPage, error) { return s.Store.Feed(ctx, cursor, limit) })
}

func (s *store) Totals(ctx context.Context) ([]ports.Total, error) {
	return read(ctx, s, "read totals", func() ([]ports.Total, error) { return s.Store.Totals(ctx) })
}

func (s *store) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	return read(ctx, s, "read operations "+strings.Join(ids, " "), func() ([]ports.Operation, error) { return s.Store.Operations(ctx, ids) })
}

func (s *store) FindOperations(ctx context.Context, f ports.OperationFilter) ([]ports.Operation, error) {
	return read(ctx, s, fmt.Sprintf("find operations %s %s %s", f.Kind, f.WalletID, f.Lane),
		func() ([]ports.Operation, error) { return s.Store.FindOperations(ctx, f) })
}

// Commit has two turns: before the effect, and before its answer is heard.
func (s *store) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	what := describe(units)
	s.process.only(actorOf(ctx), "commits "+what)
	t := s.process.wait(ctx, "commit "+what, true)
	var fates []ports.Fate
	if s.process.life.Do(func() {
		if time.Now().Before(s.process.readOnlyUntil) {
			if recordsOnly(units) {
				s.process.refusedTo(t.actor)
			}
			fates = slices.Repeat([]ports.Fate{{Status: ports.FateFailed, Err: errReadOnly}}, len(units))
			return
		}
		if err := s.process.frozen(t.actor, units); err != nil {
			s.process.world.blame(err)
		}
		fates = s.commit(ctx, units, t.fault)
	}) {
		t.said = told(fates)
		s.process.wait(ctx, "hears of "+what, false)
	}
	if s.process.dead.Load() {
		fates = make([]ports.Fate, len(units))
		for i := range fates {
			fates[i].Err = crashtest.ErrDead
		}
	}
	return fates
}

func (s *store) commit(ctx context.Context, units []ports.Unit, fault *storeFault) []ports.Fate {
	if fault == nil {
		return s.write(ctx, units)
	}
	i := fault.unit % len(units)
	failed := ports.Fate{Err: errAway}
	switch fault.kind {
	case undecidedAfter:
		fates := s.write(ctx, units)
		fates[i] = failed
		return fates
	case failsBefore:
		failed.Status = ports.FateFailed
	case conflicts:
		failed = ports.Fate{Status: ports.FateOperationConflict}
		for _, op := range units[i].Operations {
			failed.IDs = append(failed.IDs, op.Head().ID)
		}
		if len(units[i].Wallets) > 0 {
			failed = ports.Fate{Status: ports.FateConflict, IDs: []string{units[i].Wallets[0].ID}}
		}
	}
	others := slices.Delete(slices.Clone(units), i, i+1)
	return slices.Insert(s.write(ctx, others), i, failed)
}

// write commits under the eyes of the witness.
func (s *store) write(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := s.Store.Commit(ctx, units)
	s.process.world.witness.saw(units, fates)
	return fates
}

func describe(units []ports.Unit) string {
	var text []string
	for _, unit := range units {
		var parts []string
		for i := range unit.Entries {
			e := &unit.Entries[i]
			parts = append(parts, fmt.Sprintf("%s#%d %s %s/%s", e.WalletID, e.Seq, e.Type, e.BalanceAmount, e.PointAmount))
		}
		for _, op := range unit.Operations {
			h := op.Head()
			parts = append(parts, fmt.Sprintf("%s %s v%d %s", h.Kind, h.ID, h.Version, op.StatusText()))
		}
		text = append(text, strings.Join(parts, ", "))
	}
	return "[" + strings.Join(text, "; ") + "]"
}

var fateNames = map[ports.FateStatus]string{
	ports.FateUndecided: "undecided", ports.FateCommitted: "committed", ports.FateConflict: "conflict",
	ports.FateKeyTaken: "key taken", ports.FateOperationConflict: "operation conflict",
	ports.FateLaneTaken: "lane taken", ports.FateFailed: "failed",
}

func told(fates []ports.Fate) string {
	names := make([]string, 0, len(fates))
	for _, fate := range fates {
		names = append(names, fateNames[fate.Status])
	}
	return strings.Join(names, "; ")
}
