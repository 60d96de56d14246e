package postgres

import (
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/shopspring/decimal"
)

// The rows of a batch travel by column: each column is one parameter, an array. A
// column in which every row is null travels as null and costs nothing.

// column is one column of a batch: its name in the table, what it is, and its
// values. A kind that ends in "?" may be null.
type column struct {
	name   string
	kind   string
	values interface{ arg() any }
}

// arrayType returns the type of the parameter.
func (c column) arrayType() string {
	return strings.Replace(strings.TrimSuffix(c.kind, "?"), "json", "text", 1) + "[]"
}

// value returns the expression that gives the value of a row: what travelled as
// blank or zero becomes null where that is meant, and the reverse.
func (c column) value() string {
	switch c.kind {
	case "bigint", "numeric":
		return "coalesce(" + c.name + ", 0)"
	case "bigint?":
		return "NULLIF(" + c.name + ", 0)"
	case "text?":
		return "NULLIF(" + c.name + ", '')"
	case "json?":
		return "NULLIF(" + c.name + ", '')::json"
	}
	return c.name
}

// rowsOf returns a query that yields the rows of a batch, whose parameters begin at
// first. OFFSET 0 hides the length of the arrays from the planner, so that the plan
// is the same for one row and for thousands: look-ups by index.
func rowsOf(columns []column, first int) string {
	var values, params, arrays, names []string
	for i, c := range columns {
		values = append(values, c.value()+" AS "+c.name)
		params = append(params, fmt.Sprintf("$%d::%s AS a%d", first+i, c.arrayType(), i))
		arrays = append(arrays, fmt.Sprintf("p.a%d", i))
		names = append(names, c.name)
	}
	return "SELECT " + strings.Join(values, ", ") +
		"\nFROM (SELECT " + strings.Join(params, ", ") + " OFFSET 0) p," +
		"\nunnest(" + strings.Join(arrays, ", ") + ") AS t(" + strings.Join(names, ", ") + ")"
}

// namesOf returns the names of the columns that the table has, each after prefix.
func namesOf(columns []column, prefix string) string {
	var names []string
	for _, c := range columns {
		if c.name != "unit" && c.name != "base" {
			names = append(names, prefix+c.name)
		}
	}
	return strings.Join(names, ", ")
}

func args(columns ...column) []any {
	list := make([]any, len(columns))
	for i, c := range columns {
		list[i] = c.values.arg()
	}
	return list
}

// texts is a column of text. Blank may stand for null.
type texts struct {
	values []string
	set    bool
}

func (c *texts) add(text string) {
	c.values = append(c.values, text)
	c.set = c.set || text != ""
}

func (c *texts) arg() any {
	if !c.set {
		return nil
	}
	return c.values
}

// integers is a column of integers. Zero may stand for null.
type integers struct {
	values []int64
	set    bool
}

func (c *integers) add(n int64) {
	c.values = append(c.values, n)
	c.set = c.set || n != 0
}

func (c *integers) arg() any {
	if !c.set {
		return nil
	}
	return c.values
}

// flags is a column of booleans.
type flags struct{ values []bool }

func (c *flags) add(flag bool) { c.values = append(c.values, flag) }

func (c *flags) arg() any { return c.values }

// byteStrings is a column of bytes; nil is null.
type byteStrings struct {
	values [][]byte
	set    bool
}

func (c *byteStrings) add(value []byte) {
	c.values = append(c.values, value)
	c.set = c.set || value != nil
}

func (c *byteStrings) arg() any {
	if !c.set {
		return nil
	}
	return c.values
}

// amounts is a column of numerics. It travels as the text of an array.
type amounts struct {
	text []byte
	set  bool
}

func (c *amounts) add(amount decimal.Decimal) {
	c.text = appendAmount(append(c.text, ','), amount)
	c.set = true
}

func (c *amounts) addNull() { c.text = append(c.text, ",NULL"...) }

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

func (c *amounts) arg() any {
	if !c.set {
		return nil
	}
	return "{" + string(c.text[1:]) + "}"
}

// times is a column of timestamps. The zero time stands for null.
type times struct {
	values []pgtype.Timestamptz
	set    bool
}

func (c *times) add(t time.Time) {
	c.values = append(c.values, pgtype.Timestamptz{Time: t, Valid: !t.IsZero()})
	c.set = c.set || !t.IsZero()
}

func (c *times) arg() any {
	if !c.set {
		return nil
	}
	return c.values
}
