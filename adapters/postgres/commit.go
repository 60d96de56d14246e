package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/jigap/jigap/ports"
)

// Commit implements [ports.Committer]. Units of one call are sent as one statement,
// in one round trip and one transaction; units that touch what an earlier unit of the
// call touches go in a statement of their own after it.
//
// What the server refuses because of another transaction (a serialization failure, a
// deadlock, a race for a new record) is sent again. When the connection is lost after
// a statement was sent, the same units are sent again on another connection: the
// versions in them see to it that they are written once, and what is found in their
// place tells whether it was them. That goes on for about ten seconds, or until ctx
// ends; then the fate is FateUndecided with an error that matches
// [ports.ErrUndecided].
func (s *Store) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := make([]ports.Fate, len(units))
	for _, batch := range plan(units, fates) {
		s.write(ctx, batch)
	}
	return fates
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
		switch {
		case verdict == written:
			s.settle(ctx, b, refusals)
			return
		case verdict == perUnit && len(b.units) > 1:
			first, second := b.split()
			s.write(ctx, first)
			s.write(ctx, second)
			return
		case verdict == unknown && b.doubt == nil:
			b.doubt = err
		}
		if !verdict.again(b) || !pause(ctx, b.tries) {
			b.giveUp(ctx, err)
			return
		}
	}
}

// send sends the statement of a batch once.
func (s *Store) send(ctx context.Context, b *batch) ([]refusal, error) {
	request, err := b.request(s.sql)
	if err != nil {
		return nil, &unsentError{err}
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, &unsentError{err}
	}
	defer conn.Release()
	rows, err := conn.Query(ctx, request.sql, request.args...)
	if err != nil {
		return nil, err
	}
	return request.read(rows)
}

// refusal is a reason against a unit.
type refusal struct {
	unit   int
	reason int
	id     string
	other  *string
}

func readRefusals(rows pgx.Rows) ([]refusal, error) {
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r refusal, err error) {
		return r, row.Scan(&r.unit, &r.reason, &r.id, &r.other)
	})
}

// apply gives each unit of the batch its fate. Refusals of a unit come in order of
// precedence; those behind the first reason against it count no more.
func (b *batch) apply(refusals []refusal) {
	b.finish(ports.FateCommitted, nil)
	decisive := make(map[int]int)
	for _, r := range refusals {
		if reason, refused := decisive[r.unit]; refused && reason != r.reason {
			continue
		}
		decisive[r.unit] = r.reason
		r.addTo(b.fates[r.unit-1])
	}
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

// giveUp gives all units the fate that is left when the last error was err.
func (b *batch) giveUp(ctx context.Context, err error) {
	if ended := ctx.Err(); ended != nil {
		err = fmt.Errorf("%w: %w", ended, err)
	}
	if b.doubt != nil {
		b.finish(ports.FateUndecided, fmt.Errorf("commit: %w: %w", ports.ErrUndecided, err))
		return
	}
	b.finish(ports.FateFailed, fmt.Errorf("commit: %w", err))
}
