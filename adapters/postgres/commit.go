package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jigap/jigap/ports"
)

// Commit implements [ports.Committer]. Units of one call are sent as one statement,
// in one round trip and one transaction; units that touch what an earlier unit of the
// call touches go in a statement of their own after it. A row that another transaction
// has locked holds back its own unit only, which gets [ports.FateBusy] after a few
// milliseconds.
//
// What the server refuses because of another transaction (a serialization failure, a
// deadlock, a race for a new record) is sent again. When the connection is lost after
// a statement was sent, the same units are sent again on another connection: the
// versions in them see to it that they are written once, and the records that are
// found in their place tell whether they were written. That goes on until
// [Config.Timeout] or ctx ends; then the fate is FateUndecided with an error that
// matches [ports.ErrUndecided].
func (s *Store) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := make([]ports.Fate, len(units))
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := s.ready(ctx); err != nil {
		for i := range fates {
			fates[i] = ports.Fate{Status: ports.FateFailed, Err: fmt.Errorf("commit: %w", err)}
		}
		return fates
	}
	s.writeAll(ctx, units, fates, nil)
	return fates
}

// writeAll writes the units of a call, batch behind batch. An earlier try of all of them
// may be in doubt.
func (s *Store) writeAll(ctx context.Context, units []ports.Unit, fates []ports.Fate, doubt error) {
	for _, batch := range plan(units, fates) {
		if doubt != nil {
			batch.doubted(doubt)
		}
		s.write(ctx, batch)
	}
}

// write sends a batch until the fates of its units are known or nothing more can be
// learnt.
func (s *Store) write(ctx context.Context, b *batch) {
	for {
		refusals, err := s.send(ctx, b)
		b.tries++
		if errors.Is(err, errUnexplained) {
			b.explain = true
			continue
		}
		verdict := judge(err)
		if verdict == unknown {
			b.doubted(err)
		}
		switch {
		case verdict == written:
			s.conclude(ctx, b, refusals)
			return
		case verdict.divides(b, err):
			for _, part := range b.split() {
				part.hasty = part.hasty || verdict == locked
				s.write(ctx, part)
			}
			return
		case verdict == locked && b.doubt == nil:
			b.finish(ports.FateBusy, fmt.Errorf("commit: %w: %w", ports.ErrBusy, err))
			return
		}
		if !verdict.again(b, err) || !pause(ctx, b.tries) {
			s.giveUp(ctx, b, err)
			return
		}
	}
}

// send sends the statement of a batch once.
func (s *Store) send(ctx context.Context, b *batch) ([]refusal, error) {
	sql := s.sql
	if b.hasty {
		sql = s.hasty
	}
	request, err := b.request(sql)
	if err != nil {
		return nil, &unsentError{err}
	}
	defer request.done()
	ctx, cancel := context.WithTimeout(ctx, s.timeout/2)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, &unsentError{unavailable(err)}
	}
	defer conn.Release()
	rows, err := conn.Query(ctx, request.sql, request.args...)
	if err != nil {
		return nil, err
	}
	return request.read(rows)
}

// conclude gives the units of a batch their fates after a try went through. Units whose
// rows another transaction has locked are tried again for a few milliseconds, apart.
func (s *Store) conclude(ctx context.Context, b *batch, refusals []refusal) {
	b.apply(refusals)
	s.tellBusy(ctx, b)
	s.recall(ctx, b)
	busy := b.busy()
	if busy == nil {
		return
	}
	if (busy.doubt != nil || busy.passes < passesMax) && pauseFor(ctx, passPause<<min(busy.passes, 8)) {
		busy.passes++
		s.write(ctx, busy)
		return
	}
	if busy.doubt != nil {
		s.giveUp(ctx, busy, ports.ErrBusy)
	}
}

// The patience of conclude with rows that are locked.
const (
	passesMax = 3
	passPause = time.Millisecond
)

// refusal is a reason against a unit.
type refusal struct {
	unit   int
	reason int
	id     string
	other  *string
}

func readRefusals(rows pgx.Rows) ([]refusal, error) {
	refusals, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r refusal, err error) {
		return r, row.Scan(&r.unit, &r.reason, &r.id, &r.other, nil)
	})
	if err != nil {
		return nil, err
	}
	return refusals[1:], nil // the first row is there for what it computes
}

func (r *refusal) addTo(fate *ports.Fate) {
	switch r.reason {
	case reasonWallet:
		fate.Status = ports.FateConflict
		fate.IDs = append(fate.IDs, r.id)
	case reasonKey:
		fate.Status = ports.FateKeyTaken
		fate.Keys = append(fate.Keys, ports.EntryKey{WalletID: r.id, Key: *r.other})
	case reasonOperation:
		fate.Status = ports.FateOperationConflict
		fate.IDs = append(fate.IDs, r.id)
	case reasonLane:
		fate.Status = ports.FateLaneTaken
		fate.IDs = []string{r.id, *r.other}
	default:
		fate.Status = ports.FateFailed
		fate.Err = ports.Invalid("Unit", "does not continue the history of wallet %s", r.id)
	}
}

// giveUp gives all units the fate that is left when the last error was err. When every
// try was answered, nothing of them can arrive later: then a look tells.
func (s *Store) giveUp(ctx context.Context, b *batch, err error) {
	if ended := ctx.Err(); ended != nil {
		err = fmt.Errorf("%w: %w: %w", ports.ErrUnavailable, ended, err)
	}
	for i, fate := range b.fates {
		*fate = ports.Fate{Status: ports.FateFailed, Err: fmt.Errorf("commit: %w", explained(err))}
		if b.doubt == nil {
			continue
		}
		found, final, looked := s.find(ctx, b.units[i])
		switch {
		case looked == nil && found:
			*fate = s.confirmed(ctx, b.units[i])
		case looked != nil || b.lost && !final:
			*fate = ports.Fate{Status: ports.FateUndecided, Err: fmt.Errorf("commit: %w: %w", ports.ErrUndecided, err)}
		}
	}
}
