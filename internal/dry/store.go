package dry

import (
	"context"
	"maps"
	"math"
	"slices"

	"github.com/jigap/jigap/ports"
)

// Store is a [ports.Store] over another, for one [Run]. What is committed to it has the fate that the
// other would give it, and is kept and not written. Wallets, Operations and FindOperations show it
// from then on; FindOperations finds no operation that is not in the other store. All other reads are
// those of the other store. It locks nothing, and is for one goroutine.
type Store struct {
	ports.Store
	seen   map[string]state // wallets, as they were first read
	outrun bool             // a wallet is not as it was first read

	wallets    map[string]ports.Wallet // that are kept, as are the following
	operations map[string]ports.Operation
	booked     []ports.Entry
}

func newStore(over ports.Store) *Store {
	return &Store{
		Store: over, seen: make(map[string]state),
		wallets: make(map[string]ports.Wallet), operations: make(map[string]ports.Operation),
	}
}

// Booked returns the entries that are kept, in the order in which they were booked. They are the
// caller's from then on.
func (s *Store) Booked() []ports.Entry { return s.booked }

// Wallets implements [ports.WalletReader].
func (s *Store) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	found, err := s.Store.Wallets(ctx, ids)
	if err != nil {
		return nil, err
	}
	s.see(ids, found)
	kept := make(map[string]ports.Wallet)
	for i := range found {
		kept[found[i].ID] = found[i]
	}
	for _, id := range ids {
		if wallet, is := s.wallets[id]; is {
			kept[id] = wallet.Clone()
		}
	}
	return slices.Collect(maps.Values(kept)), nil
}

// Operations implements [ports.OperationReader].
func (s *Store) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	found, err := s.Store.Operations(ctx, ids)
	if err != nil {
		return nil, err
	}
	kept := make(map[string]ports.Operation)
	for _, op := range found {
		kept[op.Head().ID] = op
	}
	for _, id := range ids {
		if op := s.operations[id]; op != nil {
			kept[id] = op.Clone()
		}
	}
	return slices.Collect(maps.Values(kept)), nil
}

// FindOperations implements [ports.OperationReader].
func (s *Store) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	limit := filter.Limit
	if limit > 0 { // those that have ended here are left out
		filter.Limit += min(len(s.operations), math.MaxInt-limit)
	}
	found, err := s.Store.FindOperations(ctx, filter)
	if err != nil {
		return nil, err
	}
	selected := make([]ports.Operation, 0, len(found))
	for _, op := range found {
		if kept := s.operations[op.Head().ID]; kept != nil {
			op = kept.Clone()
		}
		if op.Head().Open || !filter.Open {
			selected = append(selected, op)
		}
	}
	return selected[:min(limit, len(selected))], nil
}

// Commit implements [ports.Committer]. It writes nothing.
func (s *Store) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := make([]ports.Fate, len(units))
	for i := range units {
		if fates[i] = s.judge(ctx, &units[i]); fates[i].Status == ports.FateCommitted {
			s.keep(&units[i])
		}
	}
	return fates
}

// keep keeps a copy of the unit, whose records are its writer's.
func (s *Store) keep(unit *ports.Unit) {
	for i := range unit.Wallets {
		s.wallets[unit.Wallets[i].ID] = unit.Wallets[i].Clone()
	}
	for i := range unit.Entries {
		s.booked = append(s.booked, unit.Entries[i].Clone())
	}
	for _, op := range unit.Operations {
		s.operations[op.Head().ID] = op.Clone()
	}
}

// judge returns the fate of a unit. Its wallets are current, or the whole run counts for nothing.
func (s *Store) judge(ctx context.Context, unit *ports.Unit) ports.Fate {
	for _, refuse := range [...]func(context.Context, *ports.Unit) (ports.Fate, error){s.takenKeys, s.staleOperations, s.takenLane} {
		fate, err := refuse(ctx, unit)
		if err != nil {
			return ports.Fate{Status: ports.FateFailed, Err: err}
		}
		if fate.Status != ports.FateCommitted {
			return fate
		}
	}
	return ports.Fate{Status: ports.FateCommitted}
}

// takenKeys refuses keys that were used before.
func (s *Store) takenKeys(ctx context.Context, unit *ports.Unit) (ports.Fate, error) {
	fate := ports.Fate{Status: ports.FateCommitted}
	var keys []ports.EntryKey
	for i := range unit.Entries {
		if entry := &unit.Entries[i]; entry.Key != "" {
			keys = append(keys, ports.EntryKey{WalletID: entry.WalletID, Key: entry.Key})
		}
	}
	if len(keys) == 0 {
		return fate, nil
	}
	used, err := s.EntriesByKey(ctx, keys)
	for i := range used {
		fate.Status = ports.FateKeyTaken
		fate.Keys = append(fate.Keys, ports.EntryKey{WalletID: used[i].WalletID, Key: used[i].Key})
	}
	return fate, err
}

// staleOperations refuses operations that are not at the version below.
func (s *Store) staleOperations(ctx context.Context, unit *ports.Unit) (ports.Fate, error) {
	fate := ports.Fate{Status: ports.FateCommitted}
	if len(unit.Operations) == 0 {
		return fate, nil
	}
	below := make(map[string]int64, len(unit.Operations))
	for _, op := range unit.Operations {
		below[op.Head().ID] = 0
	}
	found, err := s.Operations(ctx, slices.Sorted(maps.Keys(below)))
	for _, op := range found {
		below[op.Head().ID] = op.Head().Version
	}
	for _, op := range unit.Operations {
		if head := op.Head(); head.Version != below[head.ID]+1 {
			fate.Status = ports.FateOperationConflict
			fate.IDs = append(fate.IDs, head.ID)
		}
	}
	return fate, err
}

// takenLane refuses an operation whose lane an open one has. No unit of a run takes a lane that it frees.
func (s *Store) takenLane(ctx context.Context, unit *ports.Unit) (ports.Fate, error) {
	for _, op := range unit.Operations {
		head := op.Head()
		if !head.Open || head.Lane == "" {
			continue
		}
		found, err := s.FindOperations(ctx, ports.OperationFilter{Lane: head.Lane, Open: true, Limit: 1})
		if err != nil {
			return ports.Fate{}, err
		}
		if len(found) > 0 && found[0].Head().ID != head.ID {
			return ports.Fate{Status: ports.FateLaneTaken, IDs: []string{head.ID, found[0].Head().ID}}, nil
		}
	}
	return ports.Fate{Status: ports.FateCommitted}, nil
}
