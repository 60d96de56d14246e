package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5"
)

// leanOneStatement writes one unit of one wallet and one entry, and begins its
// operation if it has one: a call with no other units. It is an update that finds
// nothing unless everything is as expected, with what leanStatement does in steps; it
// does not say what was not.
func leanOneStatement(mask group) string {
	rows := newLeanRows()
	of := rows.given(mask)
	unknown, begun := "", ""
	if mask&records != 0 {
		unknown = "\nAND NOT EXISTS (SELECT FROM jigap.operations o WHERE o.id = " + of("op_id") + ")"
		begun = ",\nwritten AS (" + beginOperation(rows, of) + " FROM updated RETURNING 1)"
	}
	return "WITH updated AS (" + leanOneUpdate(rows, mask, of) + boundedOne +
		"\nAND w.seq = " + of("base") + " AND w.hash = " + of("base_hash") +
		"\nAND NOT EXISTS (SELECT FROM jigap.entries e WHERE e.wallet_id = " + of("id") + " AND e.key = " + of("key") + ")" + unknown +
		"\nRETURNING w.clock)" + begun + leanOneEnd(rows, mask, of)
}

// leanAdvanceStatement does the same for a unit that advances an operation. It locks
// the wallet and the operation, if both are as expected, before it writes either.
func leanAdvanceStatement(mask group) string {
	rows := newLeanRows()
	of := rows.given(mask)
	return "WITH found AS MATERIALIZED (SELECT 1 FROM jigap.wallets w, jigap.operations o" +
		"\nWHERE w.id = " + of("id") + " AND w.version = " + of("version") + " - 1 AND w.seq = " + of("base") + " AND w.hash = " + of("base_hash") +
		boundedOne +
		"\nAND o.id = " + of("op_id") + " AND o.version = " + of("op_version") + " - 1" +
		"\nAND NOT EXISTS (SELECT FROM jigap.entries e WHERE e.wallet_id = " + of("id") + " AND e.key = " + of("key") + ")" +
		"\nFOR NO KEY UPDATE OF w, o)" +
		",\nupdated AS (" + leanOneUpdate(rows, mask, of) + " AND EXISTS (SELECT FROM found)" +
		"\nRETURNING w.clock)" +
		",\nwritten AS (UPDATE jigap.operations o SET " + assignments(rows.operation.columns(), ofOperation(of), mask) +
		"\nWHERE o.id = " + of("op_id") + " AND o.version = " + of("op_version") + " - 1 AND EXISTS (SELECT FROM found) RETURNING 1)" + leanOneEnd(rows, mask, of)
}

// leanOneUpdate updates the wallet if it is at the version that the unit was computed
// from.
func leanOneUpdate(rows *leanRows, mask group, of func(name string) string) string {
	return "UPDATE jigap.wallets w SET clock = w.clock + 1, " + assignments(rows.wallet.columns(), of, mask) +
		"\nWHERE w.id = " + of("id") + " AND w.version = " + of("version") + " - 1"
}

// leanOneEnd appends the entry, notes it for the change feed, and answers how many
// units were written. It divides by zero, which undoes everything, when the wallet was
// written and something else was not.
func leanOneEnd(rows *leanRows, mask group, of func(name string) string) string {
	entries, written := mask.of(rows.last.columns()), ""
	if mask&records != 0 {
		written = " AND (SELECT count(*) FROM written) = count(*)"
	}
	return ",\nbooked AS (INSERT INTO jigap.entries (" + namesOf(entries, "") + ")" +
		"\nSELECT " + fromLeanRow(entries, of) + " FROM updated RETURNING 1)" +
		",\nnoted AS (INSERT INTO jigap.feed_pending (clock, wallets, firsts, lasts)" +
		"\nSELECT updated.clock, ARRAY[" + of("id") + "], ARRAY[" + of("seq") + "], ARRAY[" + of("seq") + "] FROM updated RETURNING 1)" +
		"\nSELECT count(*), 1 / ((SELECT count(*) FROM booked) = count(*) AND (SELECT count(*) FROM noted) = count(*)" + written +
		")::int FROM updated"
}

// errUnexplained says that a statement for one row wrote nothing.
var errUnexplained = errors.New("unit was refused without a reason")

// readOne reads the answer to a statement for one row.
func readOne(rows pgx.Rows) ([]refusal, error) {
	written, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (n int, err error) {
		return n, row.Scan(&n, nil)
	})
	if err == nil && written != 1 {
		err = errUnexplained
	}
	return nil, err
}
