package postgres

import "strings"

// The statement that commits a batch, in one round trip and one transaction:
//
//   - wallet_rows, entry_rows and operation_rows are the batch.
//   - current are the wallets that are at the version that was computed from, locked
//     in order of id, so that batches cannot deadlock. The version is compared with
//     the row in the statement's snapshot, and again with the row once it is locked.
//     So a wallet in current has not changed since the snapshot, and since every entry
//     raises its wallet's version, the snapshot shows all its entries: the look-up of
//     keys cannot race. Rows that another transaction has locked are passed over.
//   - refused holds the reasons against units.
//   - The other parts write all units that have none.
//   - The answer divides by zero, which undoes everything, unless as many rows were
//     written as the units have. A trigger, a rule or a policy that the host puts on
//     a table can keep a row; a unit must never be half written.
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

// passOver makes a statement pass over rows that another transaction has locked. It
// does not stand in the statements for the host's own transaction, which wait.
const passOver = " SKIP LOCKED"

// bounded limits how long a statement waits for a lock, in milliseconds: that of a
// record that another transaction makes and has not committed. It holds until the
// statement's transaction ends. It does not stand in the statements for the host's
// own transaction, whose settings are the host's.
const bounded = ", set_config('lock_timeout', '50', true)"

// boundedOne is bounded for a call of one unit, which may also wait for rows.
const boundedOne = "\nAND set_config('lock_timeout', '10', true) IS NOT NULL"

// boundedHasty and boundedOneHasty take their places behind a call that has waited
// already.
const (
	boundedHasty    = ", set_config('lock_timeout', '1', true)"
	boundedOneHasty = "\nAND set_config('lock_timeout', '1', true) IS NOT NULL"
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
	write(currentSQL)
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
	write("SELECT unit, reason, id, other, 1 FROM refused\nUNION ALL SELECT 0, 0, '', NULL, 1 / (", allWritten(operations), ")::int")
	write("ORDER BY 1, 2")
	return sql.String()
}

const currentSQL = `
current AS MATERIALIZED (
	SELECT r.unit, r.base, r.id, w.seq, w.clock
	FROM (SELECT * FROM wallet_rows WHERE version > 1 ORDER BY id) r CROSS JOIN LATERAL (
		SELECT seq, clock FROM jigap.wallets w WHERE w.id = r.id AND w.version = r.version - 1 AND w.hash = r.base_hash
		FOR NO KEY UPDATE` + passOver + `
	) w
),
clock AS MATERIALIZED (SELECT 1 + coalesce(max(clock), 0) AS tick FROM current),
`

// The condition on current lets the wallets be locked first.
const currentOperationsSQL = `
current_operations AS MATERIALIZED (
	SELECT r.id
	FROM (SELECT * FROM operation_rows WHERE version > 1 AND (SELECT count(*) FROM current) >= 0 ORDER BY id) r CROSS JOIN LATERAL (
		SELECT FROM jigap.operations o WHERE o.id = r.id AND o.version = r.version - 1
		FOR NO KEY UPDATE` + passOver + `
	) o
),`

const refusedSQL = `
	SELECT unit, 1 AS reason, id, NULL AS other FROM wallet_rows
	WHERE version <> 1 AND id NOT IN (SELECT id FROM current)
	UNION ALL
	SELECT r.unit, 1, r.id, NULL FROM wallet_rows r
	WHERE r.version = 1 AND (SELECT true FROM jigap.wallets w WHERE w.id = r.id) IS NOT NULL
	UNION ALL
	SELECT unit, 2, id, NULL FROM current WHERE seq <> base
	UNION ALL
	SELECT unit, 2, id, NULL FROM wallet_rows WHERE version = 1 AND base <> 0
	UNION ALL
	SELECT r.unit, 3, r.wallet_id, r.key FROM entry_rows r
	WHERE (SELECT true FROM jigap.entries e WHERE e.wallet_id = r.wallet_id AND e.key = r.key) IS NOT NULL`

const refusedOperationsSQL = `
	UNION ALL
	SELECT unit, 4, id, NULL FROM operation_rows
	WHERE version <> 1 AND id NOT IN (SELECT id FROM current_operations)
	UNION ALL
	SELECT r.unit, 4, r.id, NULL FROM operation_rows r
	WHERE r.version = 1 AND (SELECT true FROM jigap.operations o WHERE o.id = r.id) IS NOT NULL
	UNION ALL
	SELECT r.unit, 5, r.id, o.id
	FROM operation_rows r CROSS JOIN LATERAL (
		SELECT id FROM jigap.operations o WHERE o.lane = r.lane AND o.open AND o.lane IS NOT NULL AND o.id <> r.id OFFSET 0
	) o
	WHERE r.open AND NOT EXISTS (
		SELECT FROM operation_rows f
		WHERE f.unit = r.unit AND f.id = o.id AND NOT (f.open AND (r.version > 1 OR f.lane IS NOT DISTINCT FROM r.lane)))
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
		case c.name == "unit", c.name == "base", c.name == "base_hash", c.name == "id":
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
	UPDATE jigap.wallets w SET clock = clock.tick, ` + assignments(columns, ofRow, groups) + `
	FROM wallet_rows r, clock
	WHERE w.id = r.id AND w.version = r.version - 1 AND r.version > 1 AND r.unit NOT IN (SELECT unit FROM refused)
	RETURNING 1
),
created AS (
	INSERT INTO jigap.wallets (clock, ` + namesOf(columns, "") + `)
	SELECT clock.tick, ` + namesOf(columns, "r.") + ` FROM wallet_rows r, clock
	WHERE r.version = 1 AND r.unit NOT IN (SELECT unit FROM refused)
	ORDER BY r.id
	RETURNING 1
),`
}

// writeEntries appends the entries and notes them for the change feed.
func writeEntries(columns []column) string {
	return `
booked AS (
	INSERT INTO jigap.entries (` + namesOf(columns, "") + `)
	SELECT ` + namesOf(columns, "r.") + `
	FROM entry_rows r
	WHERE r.unit NOT IN (SELECT unit FROM refused)
	RETURNING 1
),
noted AS (
	INSERT INTO jigap.feed_pending (clock, wallets, firsts, lasts)
	SELECT clock.tick, array_agg(r.id), array_agg(r.base + 1), array_agg(r.seq)
	FROM wallet_rows r, clock
	WHERE r.seq > r.base AND r.unit NOT IN (SELECT unit FROM refused)
	GROUP BY clock.tick
	RETURNING 1
)`
}

// writeOperations frees lanes before it takes them, so that a unit may do both.
func writeOperations(columns []column) string {
	update := `
	UPDATE jigap.operations o SET ` + assignments(columns, ofRow, groups) + `
	FROM operation_rows r
	WHERE o.id = r.id AND o.version = r.version - 1 AND r.version > 1 AND r.unit NOT IN (SELECT unit FROM refused)`
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
	RETURNING 1
)`
}

// allWritten is true when as many rows were written as the units have that were not
// refused.
func allWritten(operations bool) string {
	of := func(rows string) string {
		return "(SELECT count(*) FROM " + rows + " r WHERE r.unit NOT IN (SELECT unit FROM refused))"
	}
	condition := "(SELECT count(*) FROM updated) + (SELECT count(*) FROM created) = " + of("wallet_rows") +
		"\n\tAND (SELECT count(*) FROM booked) = " + of("entry_rows") +
		"\n\tAND ((SELECT count(*) FROM noted) = 1) = EXISTS (SELECT FROM wallet_rows r WHERE r.seq > r.base AND r.unit NOT IN (SELECT unit FROM refused))"
	if operations {
		condition += "\n\tAND (SELECT count(*) FROM closed) + (SELECT count(*) FROM advanced) + (SELECT count(*) FROM begun) = " + of("operation_rows")
	}
	return condition
}
