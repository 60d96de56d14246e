package postgres

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
)

// The rows of a batch travel by column: each column is one parameter, an array. A
// column in which every row is null travels as null and costs nothing.

// column is one column of a batch: its name in the table, what it is, and its
// values. A kind that ends in "?" may be null.
type column struct {
	name   string
	kind   string
	values interface {
		empty() bool // no row has a value
		arg() any    // gives all values away: the host's tracer may keep them
		first() any  // a copy of the value of the first row
		reset()      // forgets all rows
	}
	group group
}

// group says which units have values in a column.
type group int

const (
	always  group = 0         // all
	points  group = 1 << iota // those of wallets with points
	extras                    // those that hold, refer to something, or carry more than a key
	records                   // those with an operation
	groups  = points | extras | records
)

// of returns the columns of the groups in mask, and those that are always there.
func (mask group) of(columns []column) []column {
	var list []column
	for _, c := range columns {
		if c.group&mask == c.group {
			list = append(list, c)
		}
	}
	return list
}

// used returns the groups in whose columns there are values.
func used(columns []column) (mask group) {
	for _, c := range columns {
		if !c.values.empty() {
			mask |= c.group
		}
	}
	return mask
}

// blank returns what a column holds that does not travel.
func (c column) blank() string {
	if strings.HasSuffix(c.kind, "?") {
		return "NULL"
	}
	return "0"
}

// arrayType returns the type of the parameter.
func (c column) arrayType() string { return c.paramType() + "[]" }

// paramType is arrayType for a row that travels alone.
func (c column) paramType() string {
	return strings.Replace(strings.TrimSuffix(c.kind, "?"), "json", "text", 1)
}

// value returns the expression for the value of a row that travelled as given: what
// was blank or zero becomes null where that is meant, and the reverse.
func (c column) value(given string) string {
	switch c.kind {
	case "bigint", "numeric":
		return "coalesce(" + given + ", 0)"
	case "boolean":
		return "coalesce(" + given + ", false)"
	case "bigint?":
		return "NULLIF(" + given + ", 0)"
	case "text?":
		return "NULLIF(" + given + ", '')"
	case "json?":
		return "NULLIF(" + given + ", '')::json"
	}
	return given
}

// rowsOf returns a query that yields the rows of a batch, whose parameters begin at
// first. OFFSET 0 hides the length of the arrays from the planner, and LIMIT, which
// limits nothing, has it expect one row: so the plan is the same for one row and for
// thousands, and made of look-ups by index.
func rowsOf(columns []column, first int) string {
	var values, params, arrays, names []string
	for i, c := range columns {
		values = append(values, c.value(c.name)+" AS "+c.name)
		params = append(params, fmt.Sprintf("$%d::%s AS a%d", first+i, c.arrayType(), i))
		arrays = append(arrays, fmt.Sprintf("p.a%d", i))
		names = append(names, c.name)
	}
	return "SELECT " + strings.Join(values, ", ") +
		"\nFROM (SELECT " + strings.Join(params, ", ") + bounded + " OFFSET 0) p," +
		"\nunnest(" + strings.Join(arrays, ", ") + ") AS t(" + strings.Join(names, ", ") + ") LIMIT (SELECT NULL::bigint)"
}

// namesOf returns the names of the columns that the table has, each after prefix.
func namesOf(columns []column, prefix string) string {
	var names []string
	for _, c := range columns {
		if c.name != "unit" && c.name != "base" && c.name != "base_hash" {
			names = append(names, prefix+c.name)
		}
	}
	return strings.Join(names, ", ")
}

func args(columns ...column) []any { return groups.appendArgs(nil, columns) }

// appendArgs appends the values of all rows, of the columns of the groups in mask.
func (mask group) appendArgs(list []any, columns []column) []any {
	list = slices.Grow(list, len(columns))
	for _, c := range columns {
		if c.group&mask == c.group {
			list = append(list, c.values.arg())
		}
	}
	return list
}

// firsts returns the values of the first row, of the columns of the groups in mask.
func (mask group) firsts(columns []column) []any {
	list := make([]any, 0, len(columns))
	for _, c := range columns {
		if c.group&mask == c.group {
			list = append(list, c.values.first())
		}
	}
	return list
}

// list is a column of values of one kind. Blanks that come before the first value are
// only counted, so that a column without values costs nothing.
type list[T any] struct {
	values []T
	blanks int
	size   int // how many values were given away last
}

func (l *list[T]) add(value T, blank bool) {
	if blank && l.empty() {
		l.blanks++
		return
	}
	if l.values == nil {
		l.values = make([]T, 0, max(l.size, l.blanks+1))
	}
	for ; l.blanks > 0; l.blanks-- {
		var none T
		l.values = append(l.values, none)
	}
	l.values = append(l.values, value)
}

func (l *list[T]) empty() bool { return len(l.values) == 0 }

func (l *list[T]) arg() any {
	if l.empty() {
		return nil
	}
	given := l.values
	l.values, l.size = nil, len(given)
	return given
}

func (l *list[T]) first() any {
	if l.empty() {
		return nil
	}
	return l.values[0]
}

func (l *list[T]) reset() {
	clear(l.values)
	l.values, l.blanks = l.values[:0], 0
}

// texts is a column of text. Blank may stand for null.
type texts struct{ list[string] }

func (c *texts) add(text string) { c.list.add(text, text == "") }

// integers is a column of integers. Zero may stand for null.
type integers struct{ list[int64] }

func (c *integers) add(n int64) { c.list.add(n, n == 0) }

// flags is a column of booleans.
type flags struct{ list[bool] }

func (c *flags) add(flag bool) { c.list.add(flag, !flag) }

// byteStrings is a column of bytes; nil is null.
type byteStrings struct{ list[[]byte] }

func (c *byteStrings) add(value []byte) { c.list.add(value, value == nil) }

// times is a column of timestamps. The zero time stands for null.
type times struct{ list[pgtype.Timestamptz] }

func (c *times) add(t time.Time) {
	c.list.add(pgtype.Timestamptz{Time: t, Valid: !t.IsZero()}, t.IsZero())
}

// amounts is a column of numerics. It travels as the text of an array.
type amounts struct {
	text   []byte
	blanks int
}

func (c *amounts) add(amount decimal.Decimal) {
	for ; c.blanks > 0; c.blanks-- {
		c.text = append(c.text, ",NULL"...)
	}
	c.text = sqlrow.AppendAmount(append(c.text, ','), amount)
}

func (c *amounts) addNull() {
	if c.empty() {
		c.blanks++
		return
	}
	c.text = append(c.text, ",NULL"...)
}

// addChange adds an amount of which zero is written as null.
func (c *amounts) addChange(amount decimal.Decimal) {
	if amount.IsZero() {
		c.addNull()
		return
	}
	c.add(amount)
}

func (c *amounts) addOptional(amount decimal.NullDecimal) {
	if !amount.Valid {
		c.addNull()
		return
	}
	c.add(amount.Decimal)
}

func (c *amounts) empty() bool { return len(c.text) == 0 }

func (c *amounts) arg() any {
	if c.empty() {
		return nil
	}
	return "{" + string(c.text[1:]) + "}"
}

func (c *amounts) first() any {
	if c.empty() {
		return nil
	}
	return string(c.text[1:])
}

func (c *amounts) reset() { *c = amounts{text: c.text[:0]} }
