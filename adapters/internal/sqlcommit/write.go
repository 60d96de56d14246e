package sqlcommit

import (
	"context"
	"maps"
	"slices"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
)

// write writes what was decided: wallets, operations, entries, and the note for the feed. Each record is
// written once, however many units changed it.
func (s *state) write(ctx context.Context, r *Reader, q Querier) error {
	var clock int64
	for _, id := range s.written {
		clock = max(clock, s.wallets[id].clock+1)
	}
	if err := s.writeWallets(ctx, q, slices.Sorted(slices.Values(s.written)), clock); err != nil {
		return err
	}
	if err := s.writeOperations(ctx, q); err != nil {
		return err
	}
	columns := list(entryColumns)
	err := powers(s.entries, max(1, s.dialect.Rows), func(run [][]any) error {
		statement := s.dialect.in("INSERT INTO $entries (" + columns + ") VALUES " + marks(len(run), len(entryColumns)))
		changed, err := q.Exec(ctx, statement, slices.Concat(run...)...)
		if err == nil && changed != int64(len(run)) {
			err = errChanged
		}
		return err
	})
	if err != nil || len(s.runs.Wallets) == 0 {
		return err
	}
	return r.note(ctx, q, clock, joined(&s.runs))
}

// joined joins runs that follow each other in one wallet, which are in order.
func joined(runs *sqlrow.Runs) *sqlrow.Runs {
	var all sqlrow.Runs
	at := make(map[string]int, len(runs.Wallets))
	for i, wallet := range runs.Wallets {
		if n, ok := at[wallet]; ok {
			all.Lasts[n] = runs.Lasts[i]
			continue
		}
		at[wallet] = len(all.Wallets)
		all.Add(sqlrow.Run{Wallet: wallet, First: runs.Firsts[i], Last: runs.Lasts[i]})
	}
	return &all
}

// writeWallets writes wallets: those that are there with one statement for several, where the engine has one.
func (s *state) writeWallets(ctx context.Context, q Querier, ids []string, clock int64) error {
	var there [][]any
	for _, id := range ids {
		w := s.wallets[id]
		if w.is && s.dialect.Upsert != nil {
			there = append(there, append(slices.Clone(w.values), clock))
			continue
		}
		if err := s.writeWallet(ctx, q, w, clock); err != nil {
			return err
		}
	}
	columns := append(slices.Clone(walletColumns), "clock")
	return powers(there, max(1, s.dialect.Rows), func(run [][]any) error {
		statement := s.dialect.in("INSERT INTO $wallets (" + list(columns) + ") VALUES " + marks(len(run), len(columns)) + s.dialect.Upsert(columns[1:]))
		changed, err := q.Exec(ctx, statement, slices.Concat(run...)...)
		if err == nil && changed != s.dialect.Upserted*int64(len(run)) {
			err = errChanged
		}
		return err
	})
}

func (s *state) writeWallet(ctx context.Context, q Querier, w *walletState, clock int64) error {
	if !w.is {
		statement := s.dialect.in("INSERT INTO $wallets (" + list(walletColumns) + ", clock) VALUES " + marks(1, len(walletColumns)+1))
		return one(q.Exec(ctx, statement, append(slices.Clone(w.values), clock)...))
	}
	statement := s.dialect.in("UPDATE $wallets SET " + settings(walletColumns) + ", clock = ? WHERE id = ?")
	return one(q.Exec(ctx, statement, append(slices.Clone(w.values[1:]), clock, w.values[0])...))
}

// settings returns the assignments of an UPDATE of all columns but the first.
func settings(columns []string) string {
	text := ""
	for i, column := range columns[1:] {
		if i > 0 {
			text += ", "
		}
		text += column + " = ?"
	}
	return text
}

// writeOperations writes the operations. Those that leave a lane leave it before others take it: the
// engine admits one open operation for each lane.
func (s *state) writeOperations(ctx context.Context, q Querier) error {
	ids := slices.Sorted(maps.Keys(s.operations))
	ids = slices.DeleteFunc(ids, func(id string) bool { return s.operations[id].values == nil })
	for _, id := range ids {
		if o := s.operations[id]; o.storedLane != "" && o.storedLane != o.lane {
			if err := one(q.Exec(ctx, s.dialect.in("UPDATE $operations SET open_lane = NULL WHERE id = ?"), id)); err != nil {
				return err
			}
		}
	}
	for _, id := range ids {
		o := s.operations[id]
		var err error
		if o.is {
			err = one(q.Exec(ctx, s.dialect.in("UPDATE $operations SET "+settings(operationColumns)+" WHERE id = ?"), append(slices.Clone(o.values[1:]), id)...))
		} else {
			err = one(q.Exec(ctx, s.dialect.in("INSERT INTO $operations ("+list(operationColumns)+") VALUES "+marks(1, len(operationColumns))), o.values...))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
