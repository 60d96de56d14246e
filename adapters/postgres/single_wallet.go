package postgres

import (
	"fmt"
	"slices"
	"strings"

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

// given returns what names the parameter of a column of a row that travels alone.
func (r *leanRows) given(mask group) func(name string) string {
	values := make(map[string]string)
	for i, c := range mask.of(r.columns)[1:] { // without the number of the unit
		values[c.name] = c.value(fmt.Sprintf("$%d::%s", i+1, c.paramType()))
	}
	return func(name string) string { return values[name] }
}

// leanStatement does for lean rows, which come in order of wallet id, what
// commitStatement does for all: see there. It carries the columns of the groups in
// mask, and with more entries that come before the last ones. It returns the numbers of
// the units whose wallets were current and, of those, of the ones with a gap, with taken
// keys, and with an operation that is not as expected.
func leanStatement(mask group, more bool) string {
	rows := newLeanRows()
	entries, columns := mask.of(rows.last.columns()), mask.of(rows.columns)
	var sql strings.Builder
	write := func(parts ...string) {
		for _, part := range parts {
			sql.WriteString(part)
		}
		sql.WriteByte('\n')
	}
	ready, halted := "NOT c.gap AND NOT c.taken", "NULL::bigint[]"
	moreTaken := "NULL::bigint[], NULL::text[]"
	write("WITH current AS MATERIALIZED (\nSELECT r.*, w.clock AS reached, w.seq <> r.base AS gap,")
	write("(SELECT true FROM jigap.entries e WHERE e.wallet_id = r.id AND e.key = r.key) IS NOT NULL AS taken")
	if mask&records != 0 {
		write(", op_version = 1 AND (SELECT true FROM jigap.operations o WHERE o.id = r.op_id) IS NOT NULL AS there")
	}
	write("FROM (", rowsOf(columns, 1), ") r CROSS JOIN LATERAL (")
	write("SELECT clock, seq FROM jigap.wallets w WHERE w.id = r.id AND w.version = r.version - 1 AND w.hash = r.base_hash")
	write("FOR NO KEY UPDATE", passOver, ") w),")
	if mask&records != 0 {
		write(leanFoundSQL)
		unfit := "c.there OR c.op_version > 1 AND c.unit NOT IN (SELECT unit FROM found)"
		ready += " AND NOT (" + unfit + ")"
		halted = "array_agg(unit) FILTER (WHERE " + unfit + ")"
	}
	if more {
		write("more AS MATERIALIZED (SELECT m.*,")
		write("(SELECT true FROM jigap.entries e WHERE e.wallet_id = m.wallet_id AND e.key = m.key) IS NOT NULL AS taken")
		write("FROM (", rowsOf(mask.of(rows.before), 1+len(columns)), ") m),")
		ready += " AND c.unit NOT IN (SELECT unit FROM more WHERE taken)"
		moreTaken = "(SELECT array_agg(unit ORDER BY unit, key) FROM more WHERE taken), (SELECT array_agg(key ORDER BY unit, key) FROM more WHERE taken)"
	}
	write("fit AS MATERIALIZED (SELECT c.* FROM current c WHERE ", ready, "),")
	write("clock AS MATERIALIZED (SELECT 1 + max(reached) AS tick FROM current),")
	write("updated AS (UPDATE jigap.wallets w SET clock = (SELECT tick FROM clock), ", assignments(rows.wallet.columns(), ofCurrent, mask))
	write("FROM fit c WHERE w.id = c.id AND w.version = c.version - 1 RETURNING 1),")
	if mask&records != 0 {
		write("advanced AS (UPDATE jigap.operations o SET ", assignments(rows.operation.columns(), ofOperation(ofCurrent), mask))
		write("FROM fit c WHERE c.op_version > 1 AND o.id = c.op_id AND o.version = c.op_version - 1 RETURNING 1),")
		write("begun AS (", beginOperation(rows, ofCurrent), " FROM fit c WHERE c.op_version = 1 ORDER BY c.op_id RETURNING 1),")
	}
	write("booked AS (INSERT INTO jigap.entries (", namesOf(entries, ""), ")")
	write("SELECT ", fromLeanRow(entries, ofCurrent), " FROM fit c RETURNING 1),")
	if more {
		write("booked_more AS (INSERT INTO jigap.entries (", namesOf(entries, ""), ")")
		write("SELECT ", namesOf(entries, "m."), " FROM more m WHERE m.unit IN (SELECT unit FROM fit) RETURNING 1),")
	}
	write("noted AS (INSERT INTO jigap.feed_pending (clock, wallets, firsts, lasts)")
	write("SELECT (SELECT tick FROM clock), array_agg(c.id), array_agg(c.base + 1), array_agg(c.seq) FROM fit c HAVING count(*) > 0 RETURNING 1)")
	write("SELECT array_agg(unit), array_agg(unit) FILTER (WHERE gap), array_agg(unit) FILTER (WHERE taken), ", halted, ", ", moreTaken, ",")
	write("1 / ", leanAllWritten(mask, more), "::int FROM current c")
	return sql.String()
}

// leanAllWritten is true when each part wrote as many rows as the units that are fit
// have.
func leanAllWritten(mask group, more bool) string {
	condition := "updated = fit AND booked = fit AND noted = least(1, fit)"
	counts := []string{"updated", "booked", "noted", "fit"}
	if mask&records != 0 {
		condition += " AND advanced + begun = (SELECT count(*) FROM fit WHERE op_version > 0)"
		counts = append(counts, "advanced", "begun")
	}
	if more {
		condition += " AND booked_more = (SELECT count(*) FROM more WHERE unit IN (SELECT unit FROM fit))"
		counts = append(counts, "booked_more")
	}
	for i, part := range counts {
		counts[i] = "(SELECT count(*) FROM " + part + ") AS " + part
	}
	return "(SELECT " + condition + " FROM (SELECT " + strings.Join(counts, ", ") + ") n)"
}

// The operations that are at the version that was computed from, locked in order of id
// behind the wallets.
const leanFoundSQL = `found AS MATERIALIZED (
	SELECT c.unit FROM (SELECT unit, op_id, op_version FROM current WHERE op_version > 1 ORDER BY op_id) c
	CROSS JOIN LATERAL (
		SELECT FROM jigap.operations o WHERE o.id = c.op_id AND o.version = c.op_version - 1
		FOR NO KEY UPDATE` + passOver + `
	) o
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
