package postgres

import "strings"

// The statement that commits a batch, in one round trip and one transaction:
//
//   - wallet_rows, entry_rows and operation_rows are the batch.
//   - current are the wallets that are at the version that was computed from, locked
//     in order of id, so that batches cannot deadlock. The version is compared with
//     the row as the statement's snapshot has it, and again, when the lock had to be
//     waited for, with the row as it is then. So whoever is in current has not
//     changed since the snapshot, and since every entry raises its wallet's version,
//     the snapshot shows all its entries: the look-up of keys cannot race.
//   - refused holds the reasons against units.
//   - The other parts write all units that have none.
//
// Two things can still race, and are then refused by a unique index: the making of
// a record, and the taking of a lane. The statement is then sent again.

// Reasons, in the order in which they go before each other.
const (
	reasonWallet    = 1
	reasonGap       = 2
	reasonKey       = 3
	reasonOperation = 4
	reasonLane      = 5
)

func commitStatement(operations bool) string {
	wallets, entries, ops := new(walletRows).columns(), new(entryRows).columns(), new(operationRows).columns()
	var sql strings.Builder
	write := func(parts ...string) {
		for _, part := range parts {
			sql.WriteString(part)
		}
		sql.WriteByte('\n')
	}
	write("WITH wallet_rows AS MATERIALIZED (", rowsOf(wallets, 1), "),")
	write("entry_rows AS MATERIALIZED (", rowsOf(entries, 1+len(wallets)), "),")
	if operations {
		write("operation_rows AS MATERIALIZED (", rowsOf(ops, 1+len(wallets)+len(entries)), "),")
	}
	write(currentSQL, feedSQL)
	if operations {
		write(currentOperationsSQL)
	}
	write("refused AS MATERIALIZED (", refusedSQL)
	if operations {
		write(refusedOperationsSQL)
	}
	write("),", writeWallets(wallets), writeEntries(entries))
	if operations {
		write(writeOperations(ops))
	}
	write("SELECT unit, reason, id, other FROM refused ORDER BY unit, reason")
	return sql.String()
}

const currentSQL = `
current AS MATERIALIZED (
	SELECT r.unit, r.base, w.id, w.seq
	FROM wallet_rows r JOIN jigap.wallets w ON w.id = r.id AND w.version = r.version - 1
	ORDER BY w.id
	FOR NO KEY UPDATE OF w
),
`

const feedSQL = `feed AS MATERIALIZED (
	SELECT feed_offset + pg_current_xact_id()::text::bigint AS position FROM jigap.settings
),`

// The condition on current lets the wallets be locked first.
const currentOperationsSQL = `
current_operations AS MATERIALIZED (
	SELECT o.id
	FROM operation_rows r JOIN jigap.operations o ON o.id = r.id AND o.version = r.version - 1
	WHERE (SELECT count(*) FROM current) >= 0
	ORDER BY o.id
	FOR NO KEY UPDATE OF o
),`

const refusedSQL = `
	SELECT unit, 1 AS reason, id, NULL AS other FROM wallet_rows
	WHERE version <> 1 AND id NOT IN (SELECT id FROM current)
	UNION ALL
	SELECT r.unit, 1, r.id, NULL FROM wallet_rows r JOIN jigap.wallets w ON w.id = r.id WHERE r.version = 1
	UNION ALL
	SELECT unit, 2, id, NULL FROM current WHERE seq <> base
	UNION ALL
	SELECT unit, 2, id, NULL FROM wallet_rows WHERE version = 1 AND base <> 0
	UNION ALL
	SELECT r.unit, 3, r.wallet_id, r.key
	FROM entry_rows r JOIN jigap.entries e ON e.wallet_id = r.wallet_id AND e.key = r.key`

const refusedOperationsSQL = `
	UNION ALL
	SELECT unit, 4, id, NULL FROM operation_rows
	WHERE version <> 1 AND id NOT IN (SELECT id FROM current_operations)
	UNION ALL
	SELECT r.unit, 4, r.id, NULL FROM operation_rows r JOIN jigap.operations o ON o.id = r.id WHERE r.version = 1
	UNION ALL
	SELECT r.unit, 5, r.id, o.id
	FROM operation_rows r JOIN jigap.operations o ON o.lane = r.lane AND o.open AND o.lane IS NOT NULL AND o.id <> r.id
	WHERE r.open AND NOT EXISTS (
		SELECT FROM operation_rows f
		WHERE f.unit = r.unit AND f.id = o.id AND NOT (f.open AND f.lane IS NOT DISTINCT FROM r.lane))
	UNION ALL
	SELECT r.unit, 5, r.id, f.id
	FROM operation_rows r JOIN operation_rows f ON f.unit = r.unit AND f.lane = r.lane AND f.id < r.id
	WHERE r.open AND f.open`

// assignments lists what an update sets: all columns but the id, to the value that
// of names, or to what stands for none where the column is not among the groups that
// travel.
func assignments(columns []column, of func(name string) string, mask group) string {
	var set []string
	for _, c := range columns {
		switch {
		case c.name == "unit", c.name == "base", c.name == "id":
		case c.group&mask == c.group:
			set = append(set, c.name+" = "+of(c.name))
		default:
			set = append(set, c.name+" = "+c.blank())
		}
	}
	return strings.Join(set, ", ")
}

// ofRow names the value of a column in the statement for all units.
func ofRow(name string) string { return "r." + name }

func writeWallets(columns []column) string {
	return `
updated AS (
	UPDATE jigap.wallets w SET feed = greatest(w.feed, feed.position), ` + assignments(columns, ofRow, groups) + `
	FROM wallet_rows r, feed
	WHERE w.id = r.id AND r.version > 1 AND r.unit NOT IN (SELECT unit FROM refused)
),
created AS (
	INSERT INTO jigap.wallets (feed, ` + namesOf(columns, "") + `)
	SELECT feed.position, ` + namesOf(columns, "r.") + ` FROM wallet_rows r, feed
	WHERE r.version = 1 AND r.unit NOT IN (SELECT unit FROM refused)
	ORDER BY r.id
),`
}

// writeEntries gives each entry the position of its commit in the feed, or that of
// the entry before it, whichever is higher. The wallet's row is read as the snapshot
// has it.
func writeEntries(columns []column) string {
	return `
booked AS (
	INSERT INTO jigap.entries (feed, ` + namesOf(columns, "") + `)
	SELECT greatest(w.feed, feed.position), ` + namesOf(columns, "r.") + `
	FROM entry_rows r CROSS JOIN feed LEFT JOIN jigap.wallets w ON w.id = r.wallet_id
	WHERE r.unit NOT IN (SELECT unit FROM refused)
)`
}

// writeOperations frees lanes before it takes them, so that a unit may do both.
func writeOperations(columns []column) string {
	update := `
	UPDATE jigap.operations o SET ` + assignments(columns, ofRow, groups) + `
	FROM operation_rows r
	WHERE o.id = r.id AND r.version > 1 AND r.unit NOT IN (SELECT unit FROM refused)`
	return `,
closed AS (` + update + ` AND NOT r.open
	RETURNING 1
),
advanced AS (` + update + ` AND r.open AND (SELECT count(*) FROM closed) >= 0
	RETURNING 1
),
begun AS (
	INSERT INTO jigap.operations (` + namesOf(columns, "") + `)
	SELECT ` + namesOf(columns, "r.") + ` FROM operation_rows r
	WHERE r.version = 1 AND r.unit NOT IN (SELECT unit FROM refused)
		AND (SELECT count(*) FROM closed) + (SELECT count(*) FROM advanced) >= 0
	ORDER BY r.id
)`
}
