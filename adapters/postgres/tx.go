package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
	"github.com/jigap/jigap/ports"
)

var _ ports.BoundStore = (*TxStore)(nil)

// ErrBeginAgain is matched by errors of calls in the host's transaction that lost against
// another transaction: a serialization failure (40001), a deadlock (40P01), at REPEATABLE
// READ and above a record that another transaction made since this one began (23505),
// and by errors of calls in a transaction that has ended already. The host rolls back and
// runs the whole transaction again, with a limit and a pause. The host's own statements and
// its COMMIT return the errors of pgx: check those for 40001 and 40P01.
var ErrBeginAgain = errors.New("begin the transaction again")

// TxStore is a [ports.Store] inside a transaction of the host: what it commits is
// written when the host commits, together with the host's own rows, or not at all.
// Make one with [Store.WithTx].
//
// Like the transaction it is for one goroutine.
type TxStore struct {
	reader
	tx    pgx.Tx
	store *Store
	own   bool // the transaction is the store's own: it passes over rows that are locked
}

// WithTx returns a store bound to tx, which stays the host's to commit or roll back.
//
//	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
//		wallets, err := ledger.New(store.WithTx(tx), ledger.Config{})
//		…
//	})
//
// A ledger over the returned store locks the wallets of a call before it reads them, in
// order of id, and then the call's operations, in order of id. They stay locked until tx
// ends, and no other transaction can change them before that.
// A host that also locks rows of its own must always do so before the calls, or always after.
//
// Inside the transaction every call must use this store. Through another store a read shows
// the state before the transaction; a write to a wallet that the transaction has not changed
// is committed whatever becomes of the transaction; and a write to a wallet that it has
// changed waits for the transaction, which waits for the call: that fails with
// [ports.ErrBusy] after [Config.Timeout].
func (s *Store) WithTx(tx pgx.Tx) *TxStore {
	return &TxStore{reader: reader{db: tx, sql: s.host, timeout: s.timeout, totalsTimeout: s.totalsTimeout}, tx: tx, store: s}
}

// LockWallets implements [ports.BoundStore]. An error other than [ports.ErrBusy] may have
// ended the transaction; it may match [ErrBeginAgain].
func (s *TxStore) LockWallets(ctx context.Context, ids []string) (wallets []ports.Wallet, err error) {
	if err := sqlrow.CheckText("ID", ids...); err != nil {
		return nil, err
	}
	err = s.guard(ctx, s.until(), s.sql.lockWallets, func(rows pgx.Rows) (err error) {
		wallets, err = pgx.CollectRows(rows, scanWallet)
		return err
	}, ids)
	switch {
	case err == nil:
		return wallets, nil
	case judge(err) == locked:
		return nil, fmt.Errorf("lock wallets: %w: %w", ports.ErrBusy, err)
	}
	return nil, fmt.Errorf("lock wallets: %w", orBeginAgain(err))
}

// Commit implements [ports.Committer] within the host's transaction. FateCommitted
// means that the unit is written if the host commits. A unit that is refused leaves
// the transaction usable, and so does FateBusy: another transaction kept a record of
// the unit for [Config.Timeout], or for the lock_timeout of the host's transaction
// where that is shorter. The bound is that of the call: units behind one that took it
// wait no longer.
//
// With FateFailed, Err may match [ErrBeginAgain]: then the transaction cannot go on. When
// the connection is lost the transaction is, and nothing was written: unlike that of
// [Store.Commit] the fate is never undecided. Whether a COMMIT went through that lost
// its answer, the host finds out as it does for its own rows, or by the key.
func (s *TxStore) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := make([]ports.Fate, len(units))
	until := s.until()
	for _, batch := range plan(units, fates) {
		s.write(ctx, until, batch)
	}
	return fates
}

func (s *TxStore) write(ctx context.Context, until time.Time, b *batch) {
	for {
		refusals, err := s.send(ctx, until, b)
		b.tries++
		if errors.Is(err, errUnexplained) {
			b.explain = true
			continue
		}
		switch verdict := judge(err); {
		case verdict == written:
			b.apply(refusals)
			if s.own {
				s.tellBusy(ctx, b)
			}
			return
		case verdict.divides(b, err) && !fatal(err):
			for _, part := range b.split() {
				s.write(ctx, until, part)
			}
			return
		case verdict == locked:
			b.finish(ports.FateBusy, fmt.Errorf("commit: %w: %w", ports.ErrBusy, err))
			return
		case verdict != collided || fatal(err) || b.tries >= sharedMax:
			b.finish(ports.FateFailed, fmt.Errorf("commit: %w", explained(orBeginAgain(err))))
			return
		}
	}
}

// fatal reports whether an error ends the transaction, and not only the savepoint.
func fatal(err error) bool { return serialization(err) || errors.Is(err, errEnded) }

// errEnded marks an error after which the transaction could not go back to its savepoint.
var errEnded = errors.New("the transaction has ended")

// orBeginAgain marks errors that the host answers by beginning its transaction again.
func orBeginAgain(err error) error {
	var refused *pgconn.PgError
	if !errors.Is(err, errEnded) &&
		(judge(err) != collided || errors.As(err, &refused) && refused.ConstraintName == "entries_pkey") {
		return err
	}
	return fmt.Errorf("%w: %w", ErrBeginAgain, err)
}

// send sends the statement of a batch.
func (s *TxStore) send(ctx context.Context, until time.Time, b *batch) (refusals []refusal, err error) {
	request, err := b.request(s.sql)
	if err != nil {
		return nil, &unsentError{err}
	}
	defer request.done()
	err = s.guard(ctx, until, request.sql, func(rows pgx.Rows) (err error) {
		refusals, err = request.read(rows)
		return err
	}, request.args...)
	return refusals, err
}

// guard sends a statement in one round trip, between a savepoint and its release, and goes
// back to the savepoint when the server refuses it. Meanwhile the transaction waits for
// locks no longer than until; a shorter bound of the host stays.
func (s *TxStore) guard(ctx context.Context, until time.Time, sql string, read func(pgx.Rows) error, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, 2*s.timeout)
	defer cancel()
	var local error // of what the server answered: it had no complaint
	var pipeline pgx.Batch
	pipeline.Queue("SAVEPOINT jigap_unit")
	pipeline.Queue(boundLocks, max(1, time.Until(until).Milliseconds())) //nolint:forbidigo // a bound on waiting
	pipeline.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		err := read(rows)
		if rows.Err() == nil {
			local, err = err, nil
		}
		return err
	})
	pipeline.Queue(unboundLocks)
	pipeline.Queue("RELEASE SAVEPOINT jigap_unit")
	err := s.tx.SendBatch(ctx, &pipeline).Close()
	if err == nil {
		return local
	}
	if _, back := s.tx.Exec(ctx, "ROLLBACK TO SAVEPOINT jigap_unit; RELEASE SAVEPOINT jigap_unit", pgx.QueryExecModeSimpleProtocol); back != nil {
		return &unsentError{fmt.Errorf("%w: %w; %w", errEnded, err, back)}
	}
	return err
}

// until is when a call that begins now stops waiting for locks.
func (s *TxStore) until() time.Time { return time.Now().Add(s.timeout) } //nolint:forbidigo // a bound on waiting

// boundLocks sets lock_timeout, unless it is shorter, and keeps what it was;
// unboundLocks sets it to what it was. Both end with the transaction.
const (
	boundLocks = `
SELECT set_config('jigap.lock_timeout', s.setting, true),
	set_config('lock_timeout', CASE WHEN s.setting::bigint BETWEEN 1 AND $1::bigint THEN s.setting ELSE $1::bigint::text END, true)
FROM (SELECT setting FROM pg_settings WHERE name = 'lock_timeout') s`
	unboundLocks = "SELECT set_config('lock_timeout', current_setting('jigap.lock_timeout'), true)"
)
