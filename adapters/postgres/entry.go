package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
	"github.com/jigap/jigap/ports"
)

const entryColumns = "e.wallet_id, e.seq, e.type, e.currency, " +
	"e.balance_amount, e.point_amount, e.old_balance, e.new_balance, e.old_point, e.new_point, e.balance_held_amount, e.point_held_amount, " +
	"e.lots, e.counterparty, e.moves, e.peer_wallet_id, e.peer_seq, e.operation_id, e.refers_to, e.refunded, e.new_scale, " +
	"e.key, e.digest, e.reference, e.memo, e.metadata, e.who, e.occurred_at, e.booked_at, e.prev_hash, e.hash"

const entriesByKeyStatement = "SELECT DISTINCT ON (e.wallet_id, e.seq) " + entryColumns + `
FROM (SELECT $1::text[] AS wallets, $2::text[] AS keys OFFSET 0) p, unnest(p.wallets, p.keys) AS k(wallet_id, key)
JOIN jigap.entries e ON e.wallet_id = k.wallet_id AND e.key = k.key`

// EntriesByKey implements [ports.EntryReader].
func (r *reader) EntriesByKey(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
	wallets, names := make([]string, len(keys)), make([]string, len(keys))
	for i, key := range keys {
		wallets[i], names[i] = key.WalletID, key.Key
	}
	if err := sqlrow.CheckText("Key", slices.Concat(wallets, names)...); err != nil {
		return nil, err
	}
	return r.entries(ctx, r.sql.entriesByKey, wallets, names)
}

const lastReferringStatement = "SELECT " + entryColumns + `
FROM (SELECT DISTINCT k.wallet_id, k.seq FROM (SELECT $1::text[] AS wallets, $2::bigint[] AS seqs OFFSET 0) p, unnest(p.wallets, p.seqs) AS k(wallet_id, seq)) k
CROSS JOIN LATERAL (
	SELECT * FROM jigap.entries r WHERE r.wallet_id = k.wallet_id AND r.refers_to = k.seq AND r.type = $3 ORDER BY r.seq DESC LIMIT 1
) e`

// LastReferring implements [ports.EntryReader].
func (r *reader) LastReferring(ctx context.Context, entryType ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
	wallets, seqs := make([]string, len(to)), make([]int64, len(to))
	for i, ref := range to {
		wallets[i], seqs[i] = ref.WalletID, ref.Seq
	}
	if err := sqlrow.CheckText("WalletID", wallets...); err != nil {
		return nil, err
	}
	return r.entries(ctx, r.sql.lastReferring, wallets, seqs, string(entryType))
}

// Entries implements [ports.EntryReader]. Bounds of time are turned into bounds of
// Seq, which rises with time in one wallet.
func (r *reader) Entries(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
	err := ports.Join(sqlrow.CheckLimit(filter.Limit), sqlrow.CheckText("WalletID", filter.WalletID), sqlrow.CheckText("Reference", filter.Reference),
		sqlrow.CheckText("OperationID", filter.OperationID), sqlrow.CheckText("Types", textsOf(filter.Types)...),
		sqlrow.CheckTime("From", filter.From), sqlrow.CheckTime("Until", filter.Until))
	if err != nil {
		return nil, err
	}
	q := r.sql.query("SELECT " + entryColumns + " FROM jigap.entries e")
	q.where("e.wallet_id = $?", filter.WalletID)
	if !filter.From.IsZero() {
		q.where("e.seq > ("+r.sql.in(bookedBefore)+")", filter.WalletID, ceiling(filter.From), filter.WalletID)
	}
	if !filter.Until.IsZero() {
		q.where("e.seq <= ("+r.sql.in(bookedBefore)+")", filter.WalletID, ceiling(filter.Until), filter.WalletID)
	}
	if len(filter.Types) > 0 {
		q.where("e.type = ANY($?)", textsOf(filter.Types))
	}
	if filter.Reference != "" {
		q.where("e.reference = $?", filter.Reference)
	}
	if filter.OperationID != "" {
		q.where("e.operation_id = $?", filter.OperationID)
	}
	if filter.RefersTo != 0 {
		q.where("e.refers_to = $?", filter.RefersTo)
	}
	q.where("e.seq > $?", filter.AfterSeq)
	if filter.BeforeSeq != 0 {
		q.where("e.seq < $?", filter.BeforeSeq)
	}
	order := "ORDER BY e.seq LIMIT $?"
	if filter.Descending {
		order = "ORDER BY e.seq DESC LIMIT $?"
	}
	q.tail(order, filter.Limit)
	return r.entries(ctx, q.text(), q.args...)
}

// bookedBefore yields the number of the last entry of a wallet that was booked
// before a time, or zero. It halves the history until it has it: about twenty
// look-ups in a history of a million entries, and no index on time is needed.
const bookedBefore = `
WITH RECURSIVE halves AS (
	SELECT 0::bigint AS low, coalesce((SELECT max(h.seq) FROM jigap.entries h WHERE h.wallet_id = $?), 0) AS high, $?::timestamptz AS bound
	UNION ALL
	SELECT CASE WHEN early THEN middle ELSE low END, CASE WHEN early THEN high ELSE middle - 1 END, bound
	FROM (
		SELECT low, high, bound, (low + high + 1) / 2 AS middle,
			(SELECT m.booked_at < bound FROM jigap.entries m WHERE m.wallet_id = $? AND m.seq = (low + high + 1) / 2) AS early
		FROM halves WHERE low < high
	) step
)
SELECT low FROM halves WHERE low = high`

// ceiling returns the first whole microsecond that is not before t.
func ceiling(t time.Time) time.Time {
	floor := ports.Instant(t)
	if floor.Before(t) {
		return floor.Add(time.Microsecond)
	}
	return floor
}

func textsOf[T ~string](list []T) []string {
	texts := make([]string, len(list))
	for i, value := range list {
		texts[i] = string(value)
	}
	return texts
}

func (r *reader) entries(ctx context.Context, sql string, args ...any) ([]ports.Entry, error) {
	entries, err := read(ctx, r, sql, scanEntry, args...)
	if err != nil {
		return nil, fmt.Errorf("read entries: %w", err)
	}
	return entries, nil
}

func scanEntry(row pgx.CollectableRow) (ports.Entry, error) {
	var e ports.Entry
	var raw rawEntry
	targets := []any{
		&e.WalletID, &e.Seq, &e.Type, &e.Currency,
		amount{&e.BalanceAmount},
		amount{&e.PointAmount},
		amount{&e.OldBalance},
		amount{&e.NewBalance},
		amount{&e.OldPoint},
		amount{&e.NewPoint},
		amount{&e.BalanceHeldAmount},
		amount{&e.PointHeldAmount},
		&raw.lots,
		text{(*string)(&e.Counterparty)},
		&raw.moves,
		text{&e.PeerWalletID},
		integer{&e.PeerSeq},
		text{&e.OperationID},
		integer{&e.RefersTo},
		amount{&e.Refunded},
		integer{&raw.newScale},
		text{&e.Key},
		&raw.digest,
		text{&e.Reference},
		text{&e.Memo},
		&raw.metadata,
		text{&e.Who},
		&e.OccurredAt, &e.BookedAt, &raw.prevHash, &raw.hash,
	}
	if err := row.Scan(targets...); err != nil {
		return ports.Entry{}, err
	}
	e.OccurredAt, e.BookedAt = e.OccurredAt.UTC(), e.BookedAt.UTC()
	return e, raw.into(&e)
}

// setHash sets a hash to what a column holds, which must have its length.
func setHash(hash *ports.Hash, data []byte) error {
	if len(data) != len(hash) {
		return fmt.Errorf("hash of %d bytes: want %d", len(data), len(hash))
	}
	copy(hash[:], data)
	return nil
}

// rawEntry is what of an entry needs work after the scan.
type rawEntry struct {
	lots, moves, metadata, digest, prevHash, hash []byte
	newScale                                      int64
}

func (r *rawEntry) into(e *ports.Entry) error {
	err := ports.Join(setHash(&e.PrevHash, r.prevHash), setHash(&e.Hash, r.hash))
	if r.digest != nil {
		err = ports.Join(err, setHash(&e.Digest, r.digest))
	}
	if err != nil {
		return fmt.Errorf("entry %d of wallet %s: %w", e.Seq, e.WalletID, err)
	}
	e.NewScale = int32(r.newScale) //nolint:gosec // the column is an integer of 4 bytes
	return sqlrow.DecodeLists(e, r.lots, r.moves, r.metadata)
}
