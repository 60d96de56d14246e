// Package dry runs operations and writes nothing: a preview is a dry run. The rules are those of
// the operation itself, which runs over a [Store] that keeps what it is to write.
package dry

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jigap/jigap/ports"
)

// maxRuns bounds how often a run begins anew because a wallet was written meanwhile.
const maxRuns = 100

// Run calls run with a [Store] over another and returns what it returns. If a wallet that the run
// read was written meanwhile, the run counts for nothing and begins anew: what is returned is of one
// state of the wallets. A run that is outrun again and again is [ports.ErrConflict]. An error of run
// is returned as it is.
func Run[T any](ctx context.Context, over ports.Store, run func(*Store) (T, error)) (T, error) {
	var none T
	for range maxRuns {
		store := newStore(over)
		result, err := run(store)
		current, readErr := store.current(ctx)
		switch {
		case err == nil && readErr != nil:
			return none, readErr
		case current || readErr != nil:
			return result, err
		}
	}
	return none, fmt.Errorf("%w: others were faster again and again", ports.ErrConflict)
}

// state names the state of a wallet; zero: the store does not have it.
type state struct {
	version int64
	hash    ports.Hash
}

// see notes the states of wallets that were read: the first, and whether a later one differs.
func (s *Store) see(ids []string, found []ports.Wallet) {
	now := make(map[string]state, len(found))
	for i := range found {
		now[found[i].ID] = state{found[i].Version, found[i].Hash}
	}
	for _, id := range ids {
		if first, seen := s.seen[id]; !seen {
			s.seen[id] = now[id]
		} else if first != now[id] {
			s.outrun = true
		}
	}
}

// current reports whether the wallets that were read are still as they were read first.
func (s *Store) current(ctx context.Context) (bool, error) {
	if len(s.seen) == 0 || s.outrun {
		return !s.outrun, nil
	}
	ids := slices.Sorted(maps.Keys(s.seen))
	found, err := s.Store.Wallets(ctx, ids)
	if err != nil {
		return false, fmt.Errorf("read wallets again: %w", err)
	}
	s.see(ids, found)
	return !s.outrun, nil
}
