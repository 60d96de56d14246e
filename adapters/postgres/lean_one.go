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
	entries := mask.of(rows.last.columns())
	unknown, begun := "", ""
	if mask&records != 0 {
		unknown = "\nAND NOT EXISTS (SELECT FROM jigap.operations o WHERE o.id = c.op_id)"
		begun = ",\nbegun AS (" + beginOperation(rows) + " FROM updated, c)"
	}
	return "WITH " + leanOneRow(mask, rows) +
		",\nupdated AS (UPDATE jigap.wallets w SET feed = greatest(w.feed, feed_offset + pg_current_xact_id()::text::bigint), " +
		assignments(rows.wallet.columns(), ofCurrent, mask) +
		"\nFROM c, jigap.settings WHERE w.id = c.id AND w.version = c.version - 1 AND w.seq = c.base" +
		"\nAND NOT EXISTS (SELECT FROM jigap.entries e WHERE e.wallet_id = c.id AND e.key = c.key)" + unknown +
		"\nRETURNING w.feed)" + begun +
		"\nINSERT INTO jigap.entries (feed, " + namesOf(entries, "") + ")" +
		"\nSELECT updated.feed, " + fromLeanRow(entries, ofCurrent) + " FROM updated, c"
}

// leanAdvanceStatement does the same for a unit that advances an operation. It locks
// the wallet and the operation, if both are as expected, before it writes either.
func leanAdvanceStatement(mask group) string {
	rows := new(leanRows)
	entries := mask.of(rows.last.columns())
	return "WITH " + leanOneRow(mask, rows) +
		",\nfound AS MATERIALIZED (SELECT w.ctid AS wallet, o.ctid AS operation FROM c" +
		"\nJOIN jigap.wallets w ON w.id = c.id AND w.version = c.version - 1 AND w.seq = c.base" +
		"\nJOIN jigap.operations o ON o.id = c.op_id AND o.version = c.op_version - 1" +
		"\nWHERE NOT EXISTS (SELECT FROM jigap.entries e WHERE e.wallet_id = c.id AND e.key = c.key)" +
		"\nFOR NO KEY UPDATE OF w, o)" +
		",\nupdated AS (UPDATE jigap.wallets w SET feed = greatest(w.feed, feed_offset + pg_current_xact_id()::text::bigint), " +
		assignments(rows.wallet.columns(), ofCurrent, mask) +
		"\nFROM found, c, jigap.settings WHERE w.ctid = found.wallet" +
		"\nRETURNING w.feed)" +
		",\nadvanced AS (UPDATE jigap.operations o SET " + assignments(rows.operation.columns(), ofOperation, mask) +
		"\nFROM found, c WHERE o.ctid = found.operation)" +
		"\nINSERT INTO jigap.entries (feed, " + namesOf(entries, "") + ")" +
		"\nSELECT updated.feed, " + fromLeanRow(entries, ofCurrent) + " FROM updated, c"
}

// leanOneRow names the one row c.
func leanOneRow(mask group, rows *leanRows) string {
	var values []string
	for i, c := range mask.of(rows.columns())[1:] { // without the number of the unit
		values = append(values, c.value(fmt.Sprintf("$%d::%s", i+1, c.paramType()))+" AS "+c.name)
	}
	return "c AS MATERIALIZED (SELECT " + strings.Join(values, ", ") + ")"
}

// errUnexplained says that a statement for one row wrote nothing.
var errUnexplained = errors.New("unit was refused without a reason")

// readOne reads the answer to a statement for one row.
func readOne(rows pgx.Rows) ([]refusal, error) {
	rows.Close()
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if rows.CommandTag().RowsAffected() != 1 {
		return nil, errUnexplained
	}
	return nil, nil
}

func firsts(columns []column) []any {
	list := make([]any, len(columns))
	for i, c := range columns {
		list[i] = c.values.first()
	}
	return list
}
