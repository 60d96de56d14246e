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

// TxStore is a [ports.Store] inside a transaction of the host: what it commits is
// written when the host commits, together with the host's own rows, or not at all.
// Make one with [Store.WithTx].
//
// Like the transaction it is for one goroutine.
type TxStore struct {
	reader
	tx pgx.Tx
}

// WithTx returns a store bound to tx, which stays the host's to commit or roll back.
//
//	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
//		wallets, err := ledger.New(store.WithTx(tx), ledger.Config{})
//		…
//	})
//
// The wallets and operations that a unit changes stay locked until tx ends: first
// the wallets of a commit in order of id, then its operations in order of id. A host
// that also locks rows of its own does so always before, or always behind.
func (s *Store) WithTx(tx pgx.Tx) *TxStore {
	return &TxStore{reader: reader{db: tx, sql: s.sql}, tx: tx}
}

// LockWallets implements [ports.BoundStore].
func (s *TxStore) LockWallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	return s.wallets(ctx, s.sql.lockWallets, ids)
}

// Commit implements [ports.Committer] within the host's transaction. FateCommitted
// means that the unit is written if the host commits. A unit that is refused leaves
// the transaction usable.
//
// With FateFailed, Err may be a [pgconn.PgError] that says that the transaction must
// be begun again: a serialization failure (40001) or a deadlock (40P01). When the
// connection is lost the transaction is, and nothing was written: unlike that of
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
		case verdict == perUnit && len(b.units) > 1:
			first, second := b.split()
			s.write(ctx, first)
			s.write(ctx, second)
			return
		case verdict != collided || fatal(err) || b.tries >= collisionsMax:
			b.giveUp(ctx, err)
			return
		}
	}
}

// fatal reports whether a collision ends the transaction, and not only the savepoint.
func fatal(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code != "23505"
}

// send sends the statement of a batch between a savepoint and its release, in one
// round trip, and goes back to the savepoint when the server refuses it.
func (s *TxStore) send(ctx context.Context, b *batch) (refusals []refusal, err error) {
	request, err := b.request(s.sql)
	if err != nil {
		return nil, err
	}
	var pipeline pgx.Batch
	pipeline.Queue("SAVEPOINT jigap_commit")
	pipeline.Queue(request.sql, request.args...).Query(func(rows pgx.Rows) error {
		refusals, err = request.read(rows)
		return err
	})
	pipeline.Queue("RELEASE SAVEPOINT jigap_commit")
	if err = s.tx.SendBatch(ctx, &pipeline).Close(); err == nil || errors.Is(err, errUnexplained) { // the server had no complaint
		return refusals, err
	}
	if _, back := s.tx.Exec(ctx, "ROLLBACK TO SAVEPOINT jigap_commit"); back != nil {
		return nil, &unsentError{fmt.Errorf("%w; %w", err, back)}
	}
	return nil, err
}
