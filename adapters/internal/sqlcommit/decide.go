package sqlcommit

import (
	"context"
	"slices"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
	"github.com/jigap/jigap/ports"
)

// state is what is stored of everything that some units name, and what of them is to be written. Units are
// decided one after another: each sees the others that go before it as if they were stored.
type state struct {
	dialect    *Dialect
	lock       string // ends a SELECT whose rows are locked
	wallets    map[string]*walletState
	operations map[string]*operationState
	lanes      map[string]string // to the id of the open operation that has it
	keys       map[ports.EntryKey]bool

	entries [][]any // to be written
	runs    sqlrow.Runs
	written []string // wallets and operations, in the order in which they are written first
}

// walletState is a wallet as it is stored, or will be. Version 0: it is not there.
type walletState struct {
	version, seq, clock int64
	hash                ports.Hash
	broken              error
	values              []any // to be written; nil: nothing is
	is                  bool  // whether there is a row
}

// operationState is an operation as it is stored, or will be.
type operationState struct {
	version    int64
	lane       string // that it has: blank when it is not open
	broken     error
	values     []any
	is         bool
	storedLane string // that its row has
}

// load locks and reads what units name: wallets, operations, lanes, keys, each in order.
func load(ctx context.Context, d *Dialect, lock string, q Querier, units []*unitRows) (*state, error) {
	s := &state{
		dialect: d, lock: lock, wallets: make(map[string]*walletState), operations: make(map[string]*operationState),
		lanes: make(map[string]string), keys: make(map[ports.EntryKey]bool),
	}
	var wallets, operations, lanes []string
	var keys []ports.EntryKey
	for _, u := range units {
		for i := range u.wallets {
			wallets = append(wallets, u.wallets[i].id)
		}
		for i := range u.operations {
			operations = append(operations, u.operations[i].id)
			if lane := u.operations[i].lane; lane != "" {
				lanes = append(lanes, lane)
			}
		}
		keys = append(keys, u.keys...)
	}
	for _, step := range []func() error{
		func() error { return s.loadWallets(ctx, q, sorted(wallets)) },
		func() error { return s.loadOperations(ctx, q, sorted(operations)) },
		func() error { return s.loadLanes(ctx, q, sorted(lanes)) },
		func() error { return s.loadKeys(ctx, q, distinct(keys)) },
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func sorted(texts []string) []string {
	texts = distinct(texts)
	slices.Sort(texts)
	return texts
}

func (s *state) loadWallets(ctx context.Context, q Querier, ids []string) error {
	for _, id := range ids {
		s.wallets[id] = new(walletState)
	}
	return chunks(ids, listMax, func(run []string) error {
		statement := s.dialect.in("SELECT id, version, seq, clock, hash FROM $wallets WHERE id IN (" + marks(len(run), 1) + ") ORDER BY id" + s.lock)
		return each(ctx, q, statement, anys(run), func(rows Rows) error {
			var id string
			w := walletState{is: true}
			w.broken = unreadable(rows.Scan(textTo[string]{&id}, numberTo[int64]{&w.version}, numberTo[int64]{&w.seq}, numberTo[int64]{&w.clock}, hashTo{&w.hash}))
			if s.wallets[id] == nil {
				return w.broken
			}
			*s.wallets[id] = w
			return nil
		})
	})
}

func (s *state) loadOperations(ctx context.Context, q Querier, ids []string) error {
	for _, id := range ids {
		s.operations[id] = new(operationState)
	}
	return chunks(ids, listMax, func(run []string) error {
		statement := s.dialect.in("SELECT id, version, open_lane FROM $operations WHERE id IN (" + marks(len(run), 1) + ") ORDER BY id" + s.lock)
		return each(ctx, q, statement, anys(run), func(rows Rows) error {
			var id string
			o := operationState{is: true}
			o.broken = unreadable(rows.Scan(textTo[string]{&id}, numberTo[int64]{&o.version}, textTo[string]{&o.lane}))
			if s.operations[id] == nil {
				return o.broken
			}
			o.storedLane = o.lane
			*s.operations[id] = o
			if o.lane != "" {
				s.lanes[o.lane] = id
			}
			return nil
		})
	})
}

func (s *state) loadLanes(ctx context.Context, q Querier, lanes []string) error {
	return chunks(lanes, listMax, func(run []string) error {
		statement := s.dialect.in("SELECT open_lane, id FROM $operations WHERE open_lane IN (" + marks(len(run), 1) + ") ORDER BY open_lane" + s.lock)
		return each(ctx, q, statement, anys(run), func(rows Rows) error {
			var lane, id string
			err := rows.Scan(textTo[string]{&lane}, textTo[string]{&id})
			s.lanes[lane] = id
			return unreadable(err)
		})
	})
}

func (s *state) loadKeys(ctx context.Context, q Querier, keys []ports.EntryKey) error {
	return chunks(keys, listMax, func(run []ports.EntryKey) error {
		args := make([]any, 0, 2*len(run))
		for _, key := range run {
			args = append(args, key.WalletID, key.Key)
		}
		statement := s.dialect.in("SELECT wallet_id, key_text FROM $entries WHERE (wallet_id, key_text) IN (" + s.dialect.Tuples(marks(len(run), 2)) + ")")
		return each(ctx, q, statement, args, func(rows Rows) error {
			var key ports.EntryKey
			err := rows.Scan(textTo[string]{&key.WalletID}, textTo[string]{&key.Key})
			s.keys[key] = true
			return unreadable(err)
		})
	})
}

// decide returns the fate that a unit has if what is to be written is written. A unit that is not refused is
// to be written from then on.
func (s *state) decide(u *unitRows) ports.Fate {
	if fate, refused := s.refuse(u); refused {
		return fate
	}
	for i := range u.wallets {
		w := &u.wallets[i]
		now := s.wallets[w.id]
		if now.values == nil {
			s.written = append(s.written, w.id)
		}
		now.version, now.seq, now.hash, now.values = w.version, w.last, w.hash, w.values
		if w.last > w.base {
			s.runs.Add(sqlrow.Run{Wallet: w.id, First: w.base + 1, Last: w.last})
		}
	}
	s.entries = append(s.entries, u.entries...)
	for _, key := range u.keys {
		s.keys[key] = true
	}
	for i := range u.operations { // all leave their lanes before one takes another
		if now := s.operations[u.operations[i].id]; now.lane != "" && s.lanes[now.lane] == u.operations[i].id {
			delete(s.lanes, now.lane)
		}
	}
	for i := range u.operations {
		o := &u.operations[i]
		now := s.operations[o.id]
		now.version, now.lane, now.values = o.version, o.lane, o.values
		if o.lane != "" {
			s.lanes[o.lane] = o.id
		}
	}
	return ports.Fate{Status: ports.FateCommitted}
}

func (s *state) refuse(u *unitRows) (fate ports.Fate, refused bool) {
	for i := range u.wallets {
		w := &u.wallets[i]
		now := s.wallets[w.id]
		if now.broken != nil {
			return failed(now.broken), true
		}
		if now.version != w.version-1 || now.version > 0 && now.hash != w.baseHash {
			fate.Status, fate.IDs = ports.FateConflict, append(fate.IDs, w.id)
		}
	}
	if fate.IDs != nil {
		return fate, true
	}
	for i := range u.wallets {
		w := &u.wallets[i]
		if now := s.wallets[w.id]; now.seq != w.base {
			return failed(ports.Invalid("Unit", "has wallet %s behind entry %d where its history ends at %d", w.id, w.base, now.seq)), true
		}
	}
	for _, key := range u.keys {
		if s.keys[key] {
			fate.Status, fate.Keys = ports.FateKeyTaken, append(fate.Keys, key)
		}
	}
	if fate.Keys != nil {
		return fate, true
	}
	for i := range u.operations {
		o := &u.operations[i]
		now := s.operations[o.id]
		if now.broken != nil {
			return failed(now.broken), true
		}
		if now.version != o.version-1 {
			fate.Status, fate.IDs = ports.FateOperationConflict, append(fate.IDs, o.id)
		}
	}
	if fate.IDs != nil {
		return fate, true
	}
	if ids := s.laneTaken(u); ids != nil {
		return ports.Fate{Status: ports.FateLaneTaken, IDs: ids}, true
	}
	return fate, false
}

func failed(err error) ports.Fate { return ports.Fate{Status: ports.FateFailed, Err: err} }

// laneTaken returns the id of an operation of the unit whose lane is taken, and of the one that has it, or
// nil. A lane that the unit frees is free: see [ports.Unit].
func (s *state) laneTaken(u *unitRows) []string {
	for i := range u.operations {
		o := &u.operations[i]
		if o.lane == "" {
			continue
		}
		for j := range i {
			if u.operations[j].lane == o.lane {
				return []string{o.id, u.operations[j].id}
			}
		}
		if holder := s.lanes[o.lane]; holder != "" && holder != o.id && !leaves(u, holder, o) {
			return []string{o.id, holder}
		}
	}
	return nil
}

// leaves reports whether the unit takes the operation with the id out of the lane that another asks for.
// One that stays open leaves its lane to a new operation only.
func leaves(u *unitRows, id string, asks *operationRow) bool {
	for i := range u.operations {
		if o := &u.operations[i]; o.id == id {
			return o.ends || asks.version == 1 && o.lane != asks.lane
		}
	}
	return false
}
