package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jigap/jigap/ports"
)

var _ ports.BoundStore = (*TxStore)(nil)

// ErrBeginAgain is matched by errors that say that the transaction of the host was
// refused because of another one: a serialization failure (40001), a deadlock (40P01),
// or, at REPEATABLE READ and above, a record that another transaction made since this
// one began (23505). The host rolls back and begins the transaction again.
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
}

// WithTx returns a store bound to tx, which stays the host's to commit or roll back.
//
//	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
//		wallets, err := ledger.New(store.WithTx(tx), ledger.Config{})
//		…
//	})
//
// The wallets that a ledger over it changes are locked before they are read, so that
// nobody else can change them, and stay locked until tx ends, as do the operations: the
// wallets of one call in order of id, then its operations in order of id. A host
// that also locks rows of its own does so always before, or always behind.
//
// Inside the transaction, calls about a wallet that it has changed must use this
// store. A call through another store waits for the transaction, which waits for the
// call: it fails with [ports.ErrBusy] after [Config.Timeout].
func (s *Store) WithTx(tx pgx.Tx) *TxStore {
	return &TxStore{reader: reader{db: tx, sql: s.host, timeout: s.timeout, totalsTimeout: s.totalsTimeout}, tx: tx, store: s}
}

// LockWallets implements [ports.BoundStore]. An error other than [ports.ErrBusy] has
// ended the transaction; it may match [ErrBeginAgain].
func (s *TxStore) LockWallets(ctx context.Context, ids []string) (wallets []ports.Wallet, err error) {
	if err := checkText("ID", ids...); err != nil {
		return nil, err
	}
	err = s.guard(ctx, func(pipeline *pgx.Batch) {
		pipeline.Queue(s.sql.lockWallets, ids).Query(func(rows pgx.Rows) (err error) {
			wallets, err = pgx.CollectRows(rows, scanWallet)
			return err
		})
	})
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
// where that is shorter.
//
// With FateFailed, Err may match [ErrBeginAgain]. When the connection is lost the
// transaction is, and nothing was written: unlike that of
// [Store.Commit] the fate is never undecided. Whether a COMMIT went through that lost
// its answer, the host finds out as it does for its own rows, or by the key.
func (s *TxStore) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := make([]ports.Fate, len(units))
	for _, batch := range plan(units, fates) {
		s.write(ctx, batch)
	}
	return fates
}

func (s *TxStore) write(ctx context.Context, b *batch) {
	for {
		refusals, err := s.send(ctx, b)
		b.tries++
		if errors.Is(err, errUnexplained) {
			b.explain = true
			continue
		}
		switch verdict := judge(err); {
		case verdict == written:
			b.apply(refusals)
			return
		case verdict.divides(b) && !fatal(err):
			first, second := b.split()
			s.write(ctx, first)
			s.write(ctx, second)
			return
		case verdict == locked:
			b.finish(ports.FateBusy, fmt.Errorf("commit: %w: %w", ports.ErrBusy, err))
			return
		case verdict != collided || fatal(err) || b.tries >= sharedMax:
			b.giveUp(ctx, orBeginAgain(err))
			return
		}
	}
}

// fatal reports whether a collision ends the transaction, and not only the savepoint.
func fatal(err error) bool { return serialization(err) }

// orBeginAgain marks errors that the host answers by beginning its transaction again.
func orBeginAgain(err error) error {
	var refused *pgconn.PgError
	if judge(err) != collided || errors.As(err, &refused) && refused.ConstraintName == "entries_pkey" {
		return err
	}
	return fmt.Errorf("%w: %w", ErrBeginAgain, err)
}

// send sends the statement of a batch.
func (s *TxStore) send(ctx context.Context, b *batch) (refusals []refusal, err error) {
	request, err := b.request(s.sql)
	if err != nil {
		return nil, &unsentError{err}
	}
	err = s.guard(ctx, func(pipeline *pgx.Batch) {
		pipeline.Queue(request.sql, request.args...).Query(func(rows pgx.Rows) (err error) {
			refusals, err = request.read(rows)
			return err
		})
	})
	return refusals, err
}

// guard sends what queue adds in one round trip, between a savepoint and its release,
// and goes back to the savepoint when the server refuses it. Meanwhile the transaction
// waits for locks no longer than the store's bound; a shorter bound of the host stays.
func (s *TxStore) guard(ctx context.Context, queue func(*pgx.Batch)) error {
	ctx, cancel := context.WithTimeout(ctx, 2*s.timeout)
	defer cancel()
	var pipeline pgx.Batch
	pipeline.Queue("SAVEPOINT jigap_unit")
	pipeline.Queue(boundLocks, s.timeout.Milliseconds())
	queue(&pipeline)
	pipeline.Queue(unboundLocks)
	pipeline.Queue("RELEASE SAVEPOINT jigap_unit")
	err := s.tx.SendBatch(ctx, &pipeline).Close()
	if err == nil || errors.Is(err, errUnexplained) { // the server had no complaint
		return err
	}
	if _, back := s.tx.Exec(ctx, "ROLLBACK TO SAVEPOINT jigap_unit"); back != nil {
		return &unsentError{fmt.Errorf("%w; %w", err, back)}
	}
	return err
}

// boundLocks sets lock_timeout, unless it is shorter, and keeps what it was;
// unboundLocks sets it to what it was. Both end with the transaction.
const (
	boundLocks = `
SELECT set_config('jigap.lock_timeout', s.setting, true),
	set_config('lock_timeout', CASE WHEN s.setting::bigint BETWEEN 1 AND $1::bigint THEN s.setting ELSE $1::bigint::text END, true)
FROM (SELECT setting FROM pg_settings WHERE name = 'lock_timeout') s`
	unboundLocks = "SELECT set_config('lock_timeout', current_setting('jigap.lock_timeout'), true)"
)
