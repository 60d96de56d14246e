package postgres

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// leanOneStatement writes one unit of one wallet and one entry: a call that nobody
// shares. It is an update that finds nothing unless everything is as expected, with
// what leanStatement does in steps; it does not say what was not. The row is
// materialized so that the planner does not see its values and keeps one plan for all.
func leanOneStatement(mask group) string {
	rows := new(leanRows)
	var values []string
	for i, c := range mask.of(rows.columns())[1:] { // without the number of the unit
		values = append(values, c.value(fmt.Sprintf("$%d::%s", i+1, c.paramType()))+" AS "+c.name)
	}
	entries := mask.of(rows.last.columns())
	return "WITH r AS MATERIALIZED (SELECT " + strings.Join(values, ", ") + ")," +
		"\nupdated AS (UPDATE jigap.wallets w SET feed = greatest(w.feed, feed_offset + pg_current_xact_id()::text::bigint), " +
		assignments(rows.wallet.columns(), ofRow, mask) +
		"\nFROM r, jigap.settings WHERE w.id = r.id AND w.version = r.version - 1 AND w.seq = r.base" +
		"\nAND NOT EXISTS (SELECT FROM jigap.entries e WHERE e.wallet_id = r.id AND e.key = r.key)" +
		"\nRETURNING w.feed)" +
		"\nINSERT INTO jigap.entries (feed, " + namesOf(entries, "") + ")" +
		"\nSELECT updated.feed, " + fromLeanRow(entries, ofRow) + " FROM updated, r"
}

// errUnexplained says that leanOneStatement wrote nothing.
var errUnexplained = errors.New("unit was refused without a reason")

// readOne reads the answer to leanOneStatement.
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
