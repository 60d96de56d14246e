package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
	"github.com/jigap/jigap/ports"
)

// turn is how long one attempt of CommitLocked waits in the server's queue for the lock
// of its wallet. Then it makes room for others, so that a wallet that stays locked does
// not keep all connections.
const turn = 250 * time.Millisecond

// poll is the pause between attempts that do not wait.
const poll = 20 * time.Millisecond

// CommitLocked implements [ports.Locker], in a transaction of its own. At most half of
// the pool's connections wait for locks at a time; other callers look again every few
// milliseconds. With a pool of one or two connections none waits.
func (s *Store) CommitLocked(ctx context.Context, walletID string, decide func(ports.Store) []ports.Unit) ([]ports.Fate, error) {
	if err := sqlrow.CheckText("WalletID", walletID); err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := s.ready(waiting); err != nil {
		return nil, fmt.Errorf("lock wallet: %w", err)
	}
	for broken := 0; ; {
		fates, got, err := s.tryLocked(ctx, waiting, walletID, decide)
		verdict := judge(err)
		if verdict == unknown || verdict == unsent { // nothing was decided, so nothing is lost
			broken++
		}
		switch {
		case got:
			return fates, nil
		case waiting.Err() == nil && (broken >= makingMax || verdict == perUnit):
			return nil, fmt.Errorf("lock wallet: %w", unavailable(err))
		case waiting.Err() == nil && pauseFor(waiting, poll):
		case isUnavailable(err) && !errors.Is(err, context.DeadlineExceeded):
			return nil, fmt.Errorf("lock wallet: %w", unavailable(err))
		default:
			if ctx.Err() != nil {
				return nil, fmt.Errorf("lock wallet: %w: %w", ports.ErrBusy, ctx.Err())
			}
			return nil, fmt.Errorf("lock wallet: %w", ports.ErrBusy)
		}
	}
}

// tryLocked waits one turn for the wallet, no longer than waiting. It reports whether it
// got it: then the fates are those of the units, which have the time of a call anew.
// Otherwise nothing was written.
func (s *Store) tryLocked(ctx, waiting context.Context, walletID string, decide func(ports.Store) []ports.Unit) (fates []ports.Fate, got bool, err error) {
	waits := false
	select {
	case s.waiters <- struct{}{}:
		waits = true
		defer func() { <-s.waiters }()
	default:
	}
	tx, err := s.pool.BeginTx(waiting, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
	if err != nil {
		return nil, false, err
	}
	defer func() { // also when decide panics
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout/2)
		defer cancel()
		_ = tx.Rollback(ending) // does nothing after a commit
	}()
	if free, err := s.lock(waiting, tx, walletID, waits); err != nil || !free {
		return nil, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	bound := s.WithTx(tx)
	bound.sql, bound.own = s.sql, true
	units := decide(bound)
	fates = bound.Commit(ctx, units)
	if err := tx.Commit(ctx); err != nil {
		s.afterCommit(ctx, units, fates, err)
	}
	return fates, true, nil
}

// lock takes the row of the wallet, and reports whether it is free for the transaction:
// it also is when there is no such wallet.
func (s *Store) lock(ctx context.Context, tx pgx.Tx, walletID string, waits bool) (free bool, err error) {
	how := passOver
	if waits {
		how = ""
	}
	var locked, exists bool
	var pipeline pgx.Batch
	pipeline.Queue("SELECT set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true)",
		fmt.Sprint(turn.Milliseconds()), s.idle())
	pipeline.Queue(s.sql.in("SELECT true FROM jigap.wallets WHERE id = $1 FOR NO KEY UPDATE"+how), walletID).QueryRow(func(row pgx.Row) error {
		if err := row.Scan(&locked); !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		return nil
	})
	pipeline.Queue(s.sql.in("SELECT EXISTS (SELECT FROM jigap.wallets WHERE id = $1)"), walletID).QueryRow(func(row pgx.Row) error {
		return row.Scan(&exists)
	})
	if err := tx.SendBatch(ctx, &pipeline).Close(); err != nil {
		return false, err
	}
	return locked || !exists, nil
}

// idle is how long the server keeps a transaction of the store's own whose client says
// nothing, in milliseconds: a machine that vanishes must not keep its locks.
func (s *Store) idle() string { return fmt.Sprint(2 * s.timeout.Milliseconds()) }

// afterCommit finds out what became of units after a COMMIT did not succeed. All are sent
// again, as by Commit, since the refusal of one may rest on another: then either the first
// write is found in their place, or they are written or refused now.
func (s *Store) afterCommit(ctx context.Context, units []ports.Unit, fates []ports.Fate, err error) {
	refused := judgeCommit(err) == collided || errors.Is(err, pgx.ErrTxCommitRollback)
	if refused {
		for i := range fates {
			fates[i] = ports.Fate{Status: ports.FateBusy, IDs: sqlrow.IDs(&units[i]), Err: err}
		}
		return
	}
	clear(fates)
	s.writeAll(ctx, units, fates, err)
}
