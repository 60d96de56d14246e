package postgres

import (
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/jigap/jigap/ports"
)

// leanRows are the units of a batch in which each changes one wallet that exists, by
// one entry or more, and no operation: nearly all there are. A row is a wallet with
// its last entry; the entries before it, if any, are more.
type leanRows struct {
	wallet walletRows
	last   entryRows
	more   entryRows
}

// lean reports whether the batch fits leanRows.
func (b *batch) lean() bool {
	if b.operations {
		return false
	}
	for _, unit := range b.units {
		if len(unit.Wallets) != 1 || len(unit.Entries) == 0 || unit.Wallets[0].Version == 1 ||
			!agree(&unit.Wallets[0], &unit.Entries[len(unit.Entries)-1]) {
			return false
		}
	}
	return true
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

// columns lists the columns of a row. Entries that come before the last decide with
// it which groups travel.
func (r *leanRows) columns() []column {
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
	return columns
}

func (r *leanRows) add(unit int, u *ports.Unit) {
	last := len(u.Entries) - 1
	r.wallet.add(unit, len(u.Entries), &u.Wallets[0])
	r.last.add(unit, &u.Entries[last])
	for i := range u.Entries[:last] {
		r.more.add(unit, &u.Entries[i])
	}
}

// leanRequest returns the batch as it is sent: with the columns that it needs.
func (b *batch) leanRequest(sql *statements) request {
	var rows leanRows
	for i, unit := range b.units {
		rows.add(i+1, unit)
	}
	columns, more := rows.columns(), rows.more.columns()
	mask := used(columns) | used(more)
	if len(b.units) == 1 && rows.more.unit.values == nil && !b.explain {
		return request{sql.leanOne[mask/points], firsts(mask.of(columns)[1:]), readOne}
	}
	list := args(mask.of(columns)...)
	if rows.more.unit.values == nil {
		return request{sql.lean[mask/points], list, b.leanRefusals}
	}
	return request{sql.leanMore[mask/points], append(list, args(mask.of(more)...)...), b.leanRefusals}
}

// leanStatement does for lean rows what commitStatement does for all: see there. It
// carries the columns of the groups in mask, and with more entries that come before
// the last ones. It returns the numbers of the units whose wallets were current and, of those, of the
// ones with a gap and with taken keys.
func leanStatement(mask group, more bool) string {
	rows := new(leanRows)
	wallets, entries, columns := rows.wallet.columns(), mask.of(rows.last.columns()), mask.of(rows.columns())
	var sql strings.Builder
	write := func(parts ...string) {
		for _, part := range parts {
			sql.WriteString(part)
		}
		sql.WriteByte('\n')
	}
	write("WITH rows AS MATERIALIZED (", rowsOf(columns, 1), "),")
	write("current AS MATERIALIZED (\nSELECT r.*, w.ctid AS place, w.feed AS reached, w.seq <> r.base AS gap,")
	write("EXISTS (SELECT FROM jigap.entries e WHERE e.wallet_id = r.id AND e.key = r.key) AS taken")
	write("FROM rows r JOIN jigap.wallets w ON w.id = r.id AND w.version = r.version - 1")
	write("ORDER BY w.id FOR NO KEY UPDATE OF w),\n", feedSQL)
	also, fourth := "", ", NULL::bigint[], NULL::text[]"
	if more {
		write("more AS MATERIALIZED (", rowsOf(mask.of(rows.more.columns()), 1+len(columns)), "),")
		write("more_taken AS MATERIALIZED (SELECT m.unit, m.key FROM more m")
		write("JOIN jigap.entries e ON e.wallet_id = m.wallet_id AND e.key = m.key),")
		also = " AND c.unit NOT IN (SELECT unit FROM more_taken)"
		fourth = ", (SELECT array_agg(unit ORDER BY unit, key) FROM more_taken), (SELECT array_agg(key ORDER BY unit, key) FROM more_taken)"
	}
	write("updated AS (UPDATE jigap.wallets w SET feed = greatest(w.feed, feed.position), ", assignments(wallets, ofCurrent, mask))
	write("FROM current c, feed WHERE w.ctid = c.place AND NOT c.gap AND NOT c.taken", also, "),")
	write("booked AS (INSERT INTO jigap.entries (feed, ", namesOf(entries, ""), ")")
	write("SELECT greatest(c.reached, feed.position), ", fromLeanRow(entries, ofCurrent))
	write("FROM current c, feed WHERE NOT c.gap AND NOT c.taken", also, ")")
	if more {
		write(", booked_more AS (INSERT INTO jigap.entries (feed, ", namesOf(entries, ""), ")")
		write("SELECT greatest(w.feed, feed.position), ", namesOf(entries, "m."))
		write("FROM more m CROSS JOIN feed JOIN jigap.wallets w ON w.id = m.wallet_id")
		write("WHERE m.unit IN (SELECT c.unit FROM current c WHERE NOT c.gap AND NOT c.taken", also, "))")
	}
	write("SELECT array_agg(unit), array_agg(unit) FILTER (WHERE gap), array_agg(unit) FILTER (WHERE taken)", fourth, " FROM current")
	return sql.String()
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
		current, gaps, taken, moreTaken []int64
		moreKeys                        []string
	}
	got, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (a answer, err error) {
		return a, row.Scan(&a.current, &a.gaps, &a.taken, &a.moreTaken, &a.moreKeys)
	})
	if err != nil || len(got.current) == len(b.units) && len(got.gaps)+len(got.taken)+len(got.moreTaken) == 0 {
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
	return refusals, nil
}
