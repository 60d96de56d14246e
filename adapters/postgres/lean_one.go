package postgres

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// leanOneStatement writes one unit of one wallet and one entry, and begins its
// operation if it has one: a call that nobody shares. It is an update that finds
// nothing unless everything is as expected, with what leanStatement does in steps; it
// does not say what was not. The row is materialized so that the planner does not see
// its values and keeps one plan for all.
func leanOneStatement(mask group) string {
	rows := new(leanRows)
	unknown, begun := "", ""
	if mask&records != 0 {
		unknown = "\nAND NOT EXISTS (SELECT FROM jigap.operations o WHERE o.id = c.op_id)"
		begun = ",\nwritten AS (" + beginOperation(rows) + " FROM updated, c RETURNING 1)"
	}
	return "WITH " + leanOneRow(mask, rows) +
		",\nupdated AS (UPDATE jigap.wallets w SET clock = w.clock + 1, " + assignments(rows.wallet.columns(), ofCurrent, mask) +
		"\nFROM c WHERE w.id = c.id AND w.version = c.version - 1 AND w.seq = c.base AND w.hash = c.base_hash" +
		"\nAND NOT EXISTS (SELECT FROM jigap.entries e WHERE e.wallet_id = c.id AND e.key = c.key)" + unknown +
		"\nRETURNING w.clock)" + begun + leanOneEnd(mask, rows)
}

// leanAdvanceStatement does the same for a unit that advances an operation. It locks
// the wallet and the operation, if both are as expected, before it writes either.
func leanAdvanceStatement(mask group) string {
	rows := new(leanRows)
	return "WITH " + leanOneRow(mask, rows) +
		",\nfound AS MATERIALIZED (SELECT 1 FROM c" +
		"\nJOIN jigap.wallets w ON w.id = c.id AND w.version = c.version - 1 AND w.seq = c.base AND w.hash = c.base_hash" +
		"\nJOIN jigap.operations o ON o.id = c.op_id AND o.version = c.op_version - 1" +
		"\nWHERE NOT EXISTS (SELECT FROM jigap.entries e WHERE e.wallet_id = c.id AND e.key = c.key)" +
		"\nFOR NO KEY UPDATE OF w, o)" +
		",\nupdated AS (UPDATE jigap.wallets w SET clock = w.clock + 1, " + assignments(rows.wallet.columns(), ofCurrent, mask) +
		"\nFROM found, c WHERE w.id = c.id AND w.version = c.version - 1" +
		"\nRETURNING w.clock)" +
		",\nwritten AS (UPDATE jigap.operations o SET " + assignments(rows.operation.columns(), ofOperation, mask) +
		"\nFROM found, c WHERE o.id = c.op_id AND o.version = c.op_version - 1 RETURNING 1)" + leanOneEnd(mask, rows)
}

// leanOneEnd appends the entry, notes it for the change feed, and answers how many
// units were written. It divides by zero, which undoes everything, when the wallet was
// written and something else was not.
func leanOneEnd(mask group, rows *leanRows) string {
	entries, written := mask.of(rows.last.columns()), ""
	if mask&records != 0 {
		written = " AND (SELECT count(*) FROM written) = count(*)"
	}
	return ",\nbooked AS (INSERT INTO jigap.entries (" + namesOf(entries, "") + ")" +
		"\nSELECT " + fromLeanRow(entries, ofCurrent) + " FROM updated, c RETURNING 1)" +
		",\nnoted AS (INSERT INTO jigap.feed_pending (clock, wallets, firsts, lasts)" +
		"\nSELECT updated.clock, ARRAY[c.id], ARRAY[c.seq], ARRAY[c.seq] FROM updated, c RETURNING 1)" +
		"\nSELECT count(*), 1 / ((SELECT count(*) FROM booked) = count(*) AND (SELECT count(*) FROM noted) = count(*)" + written +
		")::int FROM updated"
}

// leanOneRow names the one row c.
func leanOneRow(mask group, rows *leanRows) string {
	var values []string
	for i, c := range mask.of(rows.columns())[1:] { // without the number of the unit
		values = append(values, c.value(fmt.Sprintf("$%d::%s", i+1, c.paramType()))+" AS "+c.name)
	}
	return "c AS MATERIALIZED (SELECT " + strings.Join(values, ", ") + boundedOne + ")"
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

func firsts(columns []column) []any {
	list := make([]any, len(columns))
	for i, c := range columns {
		list[i] = c.values.first()
	}
	return list
}
