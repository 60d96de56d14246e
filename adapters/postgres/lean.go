package postgres

import (
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/jigap/jigap/ports"
)

// leanRows are the units of a batch in which each changes one wallet that exists, by
// one entry or more, and begins or advances at most one operation of that wallet that
// asks for no lane: nearly all there are. A row is a wallet with its last entry and
// the operation; the entries before it, if any, are more.
type leanRows struct {
	wallet    walletRows
	last      entryRows
	operation operationRows
	more      entryRows

	columns []column // of a row: see listed
	before  []column // of more
	all     []column // of the four
}

func newLeanRows() *leanRows {
	r := new(leanRows)
	r.columns, r.before = r.listed(), r.more.columns()
	r.all = slices.Concat(r.wallet.columns(), r.last.columns(), r.operation.columns(), r.before)
	return r
}

// reset forgets all rows and keeps their memory.
func (r *leanRows) reset() {
	for _, c := range r.all {
		c.values.reset()
	}
}

// leanForms are the statements for lean rows that need the same columns.
type leanForms struct {
	one     string // one row, which begins an operation if it has one
	advance string // one row, which advances an operation
	many    string // any number of rows
	more    string // rows and the entries that come before theirs
}

// lean reports whether the batch fits leanRows.
func (b *batch) lean() bool {
	return !slices.ContainsFunc(b.units, func(unit *ports.Unit) bool { return !leanUnit(unit) })
}

func leanUnit(unit *ports.Unit) bool {
	return len(unit.Wallets) == 1 && len(unit.Entries) > 0 && unit.Wallets[0].Version > 1 &&
		agree(&unit.Wallets[0], &unit.Entries[len(unit.Entries)-1]) && leanOperations(unit)
}

func leanOperations(unit *ports.Unit) bool {
	switch len(unit.Operations) {
	case 0:
		return true
	case 1:
		head := unit.Operations[0].Head()
		return head.WalletID == unit.Wallets[0].ID && (!head.Open || head.Lane == "")
	}
	return false
}

// agree reports whether the wallet's state is the one that its last entry left, so
// that what both say travels once.
func agree(w *ports.Wallet, e *ports.Entry) bool {
	return w.Hash == e.Hash && w.Currency == e.Currency && w.BookedAt.Equal(e.BookedAt) &&
		w.Balance.Equal(e.NewBalance) && w.Point.Equal(e.NewPoint)
}

// shared names the columns of an entry that a row has from its wallet. In the row,
// columns of both tables that are not shared must differ in name.
func shared(name string) bool {
	switch name {
	case "unit", "wallet_id", "seq", "currency", "booked_at", "hash", "new_balance", "new_point":
		return true
	}
	return false
}

// listed lists the columns of a row. Entries that come before the last decide with it
// which groups travel.
func (r *leanRows) listed() []column {
	columns := r.wallet.columns()
	for _, c := range r.last.columns() {
		if shared(c.name) {
			continue
		}
		if c.name == "lots" {
			c.name = "lot_changes"
		}
		columns = append(columns, c)
	}
	return append(columns, r.operationColumns()...)
}

// operationColumns lists the columns of a row that are its operation's, under the
// names that they have in the row.
func (r *leanRows) operationColumns() []column {
	var columns []column
	for _, c := range r.operation.columns() {
		if c.name != "unit" && c.name != "wallet_id" {
			c.name, c.group = "op_"+c.name, records
			columns = append(columns, c)
		}
	}
	return columns
}

func (r *leanRows) add(unit int, u *ports.Unit) error {
	last := len(u.Entries) - 1
	r.wallet.add(unit, len(u.Entries), &u.Entries[0].PrevHash, &u.Wallets[0])
	r.last.add(unit, &u.Entries[last])
	for i := range u.Entries[:last] {
		r.more.add(unit, &u.Entries[i])
	}
	if len(u.Operations) == 0 {
		r.operation.addNone(unit)
		return nil
	}
	return r.operation.add(unit, u.Operations[0])
}

// leanRequest returns the batch as it is sent: with the columns that it needs.
func (b *batch) leanRequest(sql *statements) (request, error) {
	rows := sql.rows.Get().(*leanRows) //nolint:errcheck,forcetypeassert // the pool makes them
	done := func() {
		rows.reset()
		sql.rows.Put(rows)
	}
	for i, unit := range b.units {
		if err := rows.add(i+1, unit); err != nil {
			done()
			return request{}, err
		}
	}
	mask := used(rows.columns) | used(rows.before)
	forms := &sql.lean[mask/points]
	switch {
	case !rows.more.unit.empty():
		return request{forms.more, mask.appendArgs(mask.appendArgs(nil, rows.columns), rows.before), b.leanRefusals, done}, nil
	case len(b.units) > 1 || b.explain:
		return request{forms.many, mask.appendArgs(nil, rows.columns), b.leanRefusals, done}, nil
	}
	text := forms.one
	if version := rows.operation.version; !version.empty() && version.values[0] > 1 {
		text = forms.advance
	}
	return request{text, mask.firsts(rows.columns[1:]), readOne, done}, nil
}

// leanStatement does for lean rows what commitStatement does for all: see there. It
// carries the columns of the groups in mask, and with more entries that come before
// the last ones. It returns the numbers of the units whose wallets were current and, of
// those, of the ones with a gap, with taken keys, and with an operation that is not as
// expected.
func leanStatement(mask group, more bool) string {
	rows := newLeanRows()
	wallets, entries, columns := rows.wallet.columns(), mask.of(rows.last.columns()), mask.of(rows.columns)
	var sql strings.Builder
	write := func(parts ...string) {
		for _, part := range parts {
			sql.WriteString(part)
		}
		sql.WriteByte('\n')
	}
	answer := []string{"array_agg(unit)", "array_agg(unit) FILTER (WHERE gap)", "array_agg(unit) FILTER (WHERE taken)"}
	write("WITH rows AS MATERIALIZED (", rowsOf(columns, 1), "),")
	write("current AS MATERIALIZED (\nSELECT r.*, w.clock AS reached, w.seq <> r.base AS gap,")
	write("EXISTS (SELECT FROM jigap.entries e WHERE e.wallet_id = r.id AND e.key = r.key) AS taken")
	write("FROM rows r JOIN jigap.wallets w ON w.id = r.id AND w.version = r.version - 1 AND w.hash = r.base_hash")
	write("ORDER BY w.id FOR NO KEY UPDATE OF w", passOver, "),")
	ready := "NOT c.gap AND NOT c.taken"
	if mask&records != 0 {
		write(leanOperationsSQL)
		ready += " AND c.unit NOT IN (SELECT unit FROM halted)"
		answer = append(answer, "(SELECT array_agg(unit) FROM halted)")
	} else {
		answer = append(answer, "NULL::bigint[]")
	}
	if more {
		write("more AS MATERIALIZED (", rowsOf(mask.of(rows.before), 1+len(columns)), "),")
		write("more_taken AS MATERIALIZED (SELECT m.unit, m.key FROM more m")
		write("JOIN jigap.entries e ON e.wallet_id = m.wallet_id AND e.key = m.key),")
		ready += " AND c.unit NOT IN (SELECT unit FROM more_taken)"
		answer = append(answer, "(SELECT array_agg(unit ORDER BY unit, key) FROM more_taken)", "(SELECT array_agg(key ORDER BY unit, key) FROM more_taken)")
	} else {
		answer = append(answer, "NULL::bigint[]", "NULL::text[]")
	}
	write("clock AS MATERIALIZED (SELECT 1 + coalesce(max(reached), 0) AS tick FROM current),")
	write("updated AS (UPDATE jigap.wallets w SET clock = clock.tick, ", assignments(wallets, ofCurrent, mask))
	write("FROM current c, clock WHERE w.id = c.id AND w.version = c.version - 1 AND ", ready, " RETURNING 1),")
	if mask&records != 0 {
		write("advanced AS (UPDATE jigap.operations o SET ", assignments(rows.operation.columns(), ofOperation(ofCurrent), mask))
		write("FROM current c WHERE c.op_version > 1 AND o.id = c.op_id AND o.version = c.op_version - 1 AND ", ready, " RETURNING 1),")
		write("begun AS (", beginOperation(rows, ofCurrent), " FROM current c WHERE c.op_version = 1 AND ", ready, " ORDER BY c.op_id RETURNING 1),")
	}
	write("booked AS (INSERT INTO jigap.entries (", namesOf(entries, ""), ")")
	write("SELECT ", fromLeanRow(entries, ofCurrent), " FROM current c WHERE ", ready, " RETURNING 1),")
	if more {
		write("booked_more AS (INSERT INTO jigap.entries (", namesOf(entries, ""), ")")
		write("SELECT ", namesOf(entries, "m."), " FROM more m")
		write("WHERE m.unit IN (SELECT c.unit FROM current c WHERE ", ready, ") RETURNING 1),")
	}
	write("noted AS (INSERT INTO jigap.feed_pending (clock, wallets, firsts, lasts)")
	write("SELECT clock.tick, array_agg(c.id), array_agg(c.base + 1), array_agg(c.seq) FROM current c, clock")
	write("WHERE ", ready, " GROUP BY clock.tick RETURNING 1)")
	write("SELECT ", strings.Join(answer, ", "), ", 1 / (", leanAllWritten(mask, more, ready), ")::int FROM current c")
	return sql.String()
}

// leanAllWritten is true when as many rows were written as the units that are ready
// have.
func leanAllWritten(mask group, more bool, ready string) string {
	count := "count(*) FILTER (WHERE " + ready + ")"
	condition := "(SELECT count(*) FROM updated) = " + count + " AND (SELECT count(*) FROM booked) = " + count +
		" AND (SELECT count(*) FROM noted) = least(1, " + count + ")"
	if mask&records != 0 {
		condition += " AND (SELECT count(*) FROM advanced) + (SELECT count(*) FROM begun) = count(*) FILTER (WHERE c.op_version > 0 AND " + ready + ")"
	}
	if more {
		condition += " AND (SELECT count(*) FROM booked_more) = (SELECT count(*) FROM more m WHERE m.unit IN (SELECT c.unit FROM current c WHERE " + ready + "))"
	}
	return condition
}

// The operations that are at the version that was computed from, locked in order of id
// behind the wallets, and the units whose operation is not there, or there already.
const leanOperationsSQL = `found AS MATERIALIZED (
	SELECT c.unit
	FROM current c JOIN jigap.operations o ON o.id = c.op_id AND o.version = c.op_version - 1
	WHERE c.op_version > 1
	ORDER BY o.id
	FOR NO KEY UPDATE OF o` + passOver + `
),
halted AS MATERIALIZED (
	SELECT c.unit FROM current c WHERE c.op_version > 1 AND c.unit NOT IN (SELECT unit FROM found)
	UNION ALL
	SELECT c.unit FROM current c JOIN jigap.operations o ON o.id = c.op_id WHERE c.op_version = 1
),`

// beginOperation inserts the operation of a row; of names the value of a column of the
// row.
func beginOperation(rows *leanRows, of func(name string) string) string {
	columns, value := rows.operation.columns(), ofOperation(of)
	values := make([]string, 0, len(columns))
	for _, c := range columns {
		if c.name != "unit" {
			values = append(values, value(c.name))
		}
	}
	return "INSERT INTO jigap.operations (" + namesOf(columns, "") + ") SELECT " + strings.Join(values, ", ")
}

// ofOperation names the value of an operation's column, as a lean row has it.
func ofOperation(of func(name string) string) func(name string) string {
	return func(name string) string {
		if name == "wallet_id" {
			return of("id")
		}
		return of("op_" + name)
	}
}

// ofCurrent names the value of a row's column.
func ofCurrent(name string) string { return "c." + name }

// fromLeanRow lists an entry's columns as a lean row has them; of names the value of a
// column of the row.
func fromLeanRow(entries []column, of func(name string) string) string {
	var values []string
	for _, c := range entries {
		switch c.name {
		case "unit":
		case "wallet_id":
			values = append(values, of("id"))
		case "new_balance", "new_point":
			values = append(values, "NULLIF("+of(strings.TrimPrefix(c.name, "new_"))+", 0)")
		case "lots":
			values = append(values, of("lot_changes"))
		default:
			values = append(values, of(c.name))
		}
	}
	return strings.Join(values, ", ")
}

// leanRefusals reads the answer to a lean statement.
func (b *batch) leanRefusals(rows pgx.Rows) ([]refusal, error) {
	type answer struct {
		current, gaps, taken, halted, moreTaken []int64
		moreKeys                                []string
	}
	got, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (a answer, err error) {
		return a, row.Scan(&a.current, &a.gaps, &a.taken, &a.halted, &a.moreTaken, &a.moreKeys, nil)
	})
	if err != nil || len(got.current) == len(b.units) && len(got.gaps)+len(got.taken)+len(got.halted)+len(got.moreTaken) == 0 {
		return nil, err
	}
	var refusals []refusal
	add := func(unit int64, reason int, other *string) {
		refusals = append(refusals, refusal{int(unit), reason, b.units[unit-1].Wallets[0].ID, other})
	}
	current := make(map[int64]bool, len(got.current))
	for _, unit := range got.current {
		current[unit] = true
	}
	for i := range b.units {
		if !current[int64(i)+1] {
			add(int64(i)+1, reasonWallet, nil)
		}
	}
	for _, unit := range got.gaps {
		add(unit, reasonGap, nil)
	}
	for _, unit := range got.taken {
		entries := b.units[unit-1].Entries
		add(unit, reasonKey, &entries[len(entries)-1].Key)
	}
	for i, unit := range got.moreTaken {
		if current[unit] {
			add(unit, reasonKey, &got.moreKeys[i])
		}
	}
	for _, unit := range got.halted {
		refusals = append(refusals, refusal{int(unit), reasonOperation, b.units[unit-1].Operations[0].Head().ID, nil})
	}
	return refusals, nil
}
