package postgres

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
	"github.com/jigap/jigap/ports"
)

// recall finds out, when an earlier try may have been written, whether units that were
// refused for what is stored in their place were written by that try. A refusal is final
// only if nothing of that try can still be written: the place is taken by something else,
// or every try was answered.
func (s *Store) recall(ctx context.Context, b *batch) {
	if b.doubt == nil {
		return
	}
	for i, fate := range b.fates {
		switch fate.Status { //nolint:exhaustive // the others are final, or tried again
		case ports.FateConflict, ports.FateOperationConflict, ports.FateLaneTaken:
		default:
			continue
		}
		found, final, err := s.find(ctx, b.units[i])
		switch {
		case err == nil && found:
			*fate = s.confirmed(ctx, b.units[i])
		case err == nil && (final || !b.lost):
		default:
			*fate = ports.Fate{Status: ports.FateUndecided, Err: fmt.Errorf("commit: %w: %w", ports.ErrUndecided, ports.Join(err, b.doubt))}
		}
	}
}

// tellBusy turns a conflict about records that are at the version that the unit was
// computed from into FateBusy: the statement passed over them because another
// transaction has locked them.
func (r *reader) tellBusy(ctx context.Context, b *batch) {
	wallets, operations := b.refused(ports.FateConflict), b.refused(ports.FateOperationConflict)
	if len(wallets)+len(operations) == 0 {
		return
	}
	walletStates, err := r.states(ctx, "SELECT id, version, encode(hash, 'hex') FROM jigap.wallets WHERE id = ANY($1)", wallets)
	operationStates, operationsErr := r.states(ctx, "SELECT id, version, '' FROM jigap.operations WHERE id = ANY($1)", operations)
	if err != nil || operationsErr != nil {
		return // they stay conflicts, which is what the statement said
	}
	for i, fate := range b.fates {
		switch fate.Status { //nolint:exhaustive // the others name nothing that can be locked
		case ports.FateConflict:
			orBusy(fate, walletStates, baseStates(b.units[i]))
		case ports.FateOperationConflict:
			orBusy(fate, operationStates, baseStates(b.units[i]))
		}
	}
}

// state names a state of a record: its version, and a wallet's hash.
type state struct {
	version int64
	hash    string
}

// orBusy keeps in a conflict the records that are not in the state that the unit was
// computed from. When all are, it is no conflict.
func orBusy(fate *ports.Fate, stored, base map[string]state) {
	changed := slices.DeleteFunc(slices.Clone(fate.IDs), func(id string) bool { return stored[id] == base[id] })
	if len(changed) > 0 {
		fate.IDs = changed
		return
	}
	*fate = ports.Fate{Status: ports.FateBusy, IDs: fate.IDs, Err: fmt.Errorf("commit: %w", ports.ErrBusy)}
}

// baseStates returns the states that the records of a unit were computed from. A record that
// is new has none.
func baseStates(unit *ports.Unit) map[string]state {
	states := make(map[string]state, len(unit.Wallets)+len(unit.Operations))
	for i := range unit.Wallets {
		if w := &unit.Wallets[i]; w.Version > 1 {
			_, base := sqlrow.Base(unit, w)
			states[w.ID] = state{w.Version - 1, hex.EncodeToString(base[:])}
		}
	}
	for _, op := range unit.Operations {
		if head := op.Head(); head.Version > 1 {
			states[head.ID] = state{head.Version - 1, ""}
		}
	}
	return states
}

// states reads the states that records have now.
func (r *reader) states(ctx context.Context, sql string, ids []string) (map[string]state, error) {
	states := make(map[string]state, len(ids))
	if len(ids) == 0 {
		return states, nil
	}
	type named struct {
		id string
		state
	}
	list, err := read(ctx, r, r.sql.in(sql), func(row pgx.CollectableRow) (n named, err error) {
		return n, row.Scan(&n.id, &n.version, &n.hash)
	}, ids)
	for _, n := range list {
		states[n.id] = n.state
	}
	return states, err
}

// confirmed returns the fate of a unit that was found in its place. A server that waits for
// a standby shows a transaction as committed when that wait was cut short, although no
// standby has it. So another transaction is committed behind it, on the same row: when that
// is confirmed, both are.
func (s *Store) confirmed(ctx context.Context, unit *ports.Unit) ports.Fate {
	table, id := "jigap.wallets", ""
	if len(unit.Wallets) > 0 {
		id = unit.Wallets[0].ID
	} else {
		table, id = "jigap.operations", unit.Operations[0].Head().ID
	}
	_, err := s.pool.Exec(ctx, s.sql.in("SELECT FROM "+table+" WHERE id = $1 FOR KEY SHARE"), id)
	if err != nil {
		return ports.Fate{Status: ports.FateUndecided, Err: fmt.Errorf("commit: %w: it is stored, and not confirmed: %w", ports.ErrUndecided, err)}
	}
	return ports.Fate{Status: ports.FateCommitted}
}

// find reports whether the unit is what is stored in its place, and, if it is not, whether
// that is final: something else has the place. A unit with entries is known for ever by the
// hash of the last of them; others only until the next write, after which the answer is
// an error.
func (s *Store) find(ctx context.Context, unit *ports.Unit) (found, final bool, err error) {
	if len(unit.Entries) > 0 {
		last := &unit.Entries[len(unit.Entries)-1]
		entries, err := s.Entries(ctx, ports.EntryFilter{
			WalletID: last.WalletID, AfterSeq: last.Seq - 1, BeforeSeq: last.Seq + 1, Limit: 1,
		})
		if err != nil || len(entries) == 0 {
			return false, false, err
		}
		return entries[0].Hash == last.Hash && entries[0].Key == last.Key, true, nil
	}
	found, final = true, false
	for _, op := range unit.Operations {
		is, taken, err := s.findOperation(ctx, op)
		if err != nil {
			return false, false, err
		}
		found, final = found && is, final || taken && !is
	}
	for i := range unit.Wallets {
		is, taken, err := s.findWallet(ctx, &unit.Wallets[i])
		if err != nil {
			return false, false, err
		}
		found, final = found && is, final || taken && !is
	}
	return found, final, nil
}

// findOperation reports whether the record is stored as it was to be written, and whether
// its version is taken.
func (s *Store) findOperation(ctx context.Context, op ports.Operation) (is, taken bool, err error) {
	stored, err := s.Operations(ctx, []string{op.Head().ID})
	if err != nil || len(stored) == 0 || stored[0].Head().Version < op.Head().Version {
		return false, false, err
	}
	if stored[0].Head().Version > op.Head().Version {
		return false, true, fmt.Errorf("operation %s was written again since", op.Head().ID)
	}
	was, err := sqlrow.EncodeOperation(stored[0])
	if err != nil {
		return false, true, err
	}
	wanted, err := sqlrow.EncodeOperation(op)
	return was == wanted, true, err
}

// findWallet does the same for a wallet.
func (s *Store) findWallet(ctx context.Context, wallet *ports.Wallet) (is, taken bool, err error) {
	stored, err := s.Wallets(ctx, []string{wallet.ID})
	if err != nil || len(stored) == 0 || stored[0].Version < wallet.Version {
		return false, false, err
	}
	if stored[0].Version > wallet.Version {
		return false, true, fmt.Errorf("wallet %s was written again since", wallet.ID)
	}
	return sqlrow.SameWallet(&stored[0], wallet), true, nil
}
