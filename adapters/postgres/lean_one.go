package postgres

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// leanOneStatement writes one unit of one wallet and one entry: a call that nobody
// shares. It is an update that finds nothing unless everything is as expected, with
// what leanStatement does in steps; it does not say what was not.
func leanOneStatement(mask group) string {
	rows := new(leanRows)
	given := make(map[string]string)
	for i, c := range mask.of(rows.columns())[1:] { // without the number of the unit
		given[c.name] = c.value(fmt.Sprintf("$%d::%s", i+1, c.paramType()))
	}
	of := func(name string) string { return given[name] }
	entries := mask.of(rows.last.columns())
	return "WITH updated AS (UPDATE jigap.wallets w SET feed = greatest(w.feed, feed_offset + pg_current_xact_id()::text::bigint), " +
		assignments(rows.wallet.columns(), of, mask) +
		"\nFROM jigap.settings WHERE w.id = " + of("id") + " AND w.version = " + of("version") + " - 1 AND w.seq = " + of("base") +
		"\nAND NOT EXISTS (SELECT FROM jigap.entries e WHERE e.wallet_id = " + of("id") + " AND e.key = " + of("key") + ")" +
		"\nRETURNING w.feed)" +
		"\nINSERT INTO jigap.entries (feed, " + namesOf(entries, "") + ")" +
		"\nSELECT updated.feed, " + fromLeanRow(entries, of) + " FROM updated"
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
