package sqlcommit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
	"github.com/jigap/jigap/ports"
)

// listMax is how many rows one statement names at most.
const listMax = 128

// in writes the names of tables out: in a statement of this package they begin with a $.
func (d *Dialect) in(statement string) string { return strings.ReplaceAll(statement, "$", d.Prefix) }

// marks returns n groups of place holders of a width, such as "(?, ?), (?, ?)". A group of one has no brackets.
func marks(n, width int) string {
	group := "?"
	if width > 1 {
		group = "(" + strings.Repeat("?, ", width-1) + "?)"
	}
	return strings.Repeat(group+", ", n-1) + group
}

// most is how many rows one statement that reads names at most. In a transaction where each statement sees a state of
// its own, one statement reads all.
func (r *Reader) most() int {
	if r.tx != nil && r.dialect.Lock != "" {
		return 1 << 20
	}
	return listMax
}

// chunks calls do with runs of the values, each of a length that is a power of two, up to most: so
// there are few different statements, which engines and drivers keep prepared. The last value is repeated
// as often as it takes.
func chunks[T any](values []T, most int, do func(run []T) error) error {
	for len(values) > 0 {
		n := min(len(values), most)
		run := slices.Clone(values[:n])
		size := 1
		for size < n {
			size *= 2
		}
		for len(run) < size {
			run = append(run, run[n-1])
		}
		if err := do(run); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// powers calls do with runs of the values whose lengths are powers of two, up to a longest one.
func powers[T any](values []T, longest int, do func(run []T) error) error {
	for len(values) > 0 {
		size := 1
		for 2*size <= min(len(values), longest) {
			size *= 2
		}
		if err := do(values[:size]); err != nil {
			return err
		}
		values = values[size:]
	}
	return nil
}

// each sends a query, and calls scan for each row.
func each(ctx context.Context, q Querier, statement string, args []any, scan func(Rows) error) error {
	rows, err := q.Query(ctx, statement, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := scan(rows); err != nil {
			_ = rows.Close()
			return err
		}
	}
	return ports.Join(rows.Err(), rows.Close())
}

// Columns that may be null hold nil for a blank or zero value.

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func numberOrNull(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// timeOrNull returns a time in microseconds since 1970.
func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

func amountOf(amount decimal.Decimal) any { return string(sqlrow.AppendAmount(nil, amount)) }

func amountOrNull(amount decimal.Decimal) any {
	if amount.IsZero() {
		return nil
	}
	return amountOf(amount)
}

func optionalAmount(amount decimal.NullDecimal) any {
	if !amount.Valid {
		return nil
	}
	return amountOf(amount.Decimal)
}

func digestOrNull(hash ports.Hash) any {
	if hash == (ports.Hash{}) {
		return nil
	}
	return hash[:]
}

// The targets of Scan accept what the columns of all engines yield, and refuse everything else.

type textTo[T ~string] struct{ to *T }

// Scan implements [database/sql.Scanner].
func (t textTo[T]) Scan(value any) error {
	switch value := value.(type) {
	case nil:
		*t.to = ""
	case string:
		*t.to = T(value)
	case []byte:
		*t.to = T(value)
	default:
		return fmt.Errorf("a column of text has a %T", value)
	}
	return nil
}

type numberTo[T ~int64 | ~int32 | ~int] struct{ to *T }

// Scan implements [database/sql.Scanner].
func (t numberTo[T]) Scan(value any) error {
	var number int64
	switch value := value.(type) {
	case nil:
	case int64:
		number = value
	default:
		return fmt.Errorf("a column of numbers has a %T", value)
	}
	if *t.to = T(number); int64(*t.to) != number {
		return fmt.Errorf("%d is out of range", number)
	}
	return nil
}

type flagTo struct{ to *bool }

// Scan implements [database/sql.Scanner].
func (t flagTo) Scan(value any) error {
	number, ok := value.(int64)
	if *t.to = number == 1; !ok || number != 0 && number != 1 {
		return fmt.Errorf("a column of flags has %v", value)
	}
	return nil
}

type timeTo struct{ to *time.Time }

// Scan implements [database/sql.Scanner].
func (t timeTo) Scan(value any) error {
	switch value := value.(type) {
	case nil:
		*t.to = time.Time{}
	case int64:
		*t.to = time.UnixMicro(value).UTC()
	default:
		return fmt.Errorf("a column of times has a %T", value)
	}
	return nil
}

type amountTo struct{ to *decimal.Decimal }

// Scan implements [database/sql.Scanner].
func (t amountTo) Scan(value any) (err error) {
	var text string
	if err := (textTo[string]{&text}).Scan(value); err != nil {
		return err
	}
	if text == "" {
		*t.to = decimal.Decimal{}
		return nil
	}
	if len(text) > amountMax || strings.ContainsAny(text, "eE") {
		return fmt.Errorf("an amount of %d characters is not one that the store writes", len(text))
	}
	*t.to, err = decimal.NewFromString(text)
	return err
}

// amountMax bounds the length of an amount that is read: a longer one is not of this store.
const amountMax = 2*digitsMax + 4

type optionalTo struct{ to *decimal.NullDecimal }

// Scan implements [database/sql.Scanner].
func (t optionalTo) Scan(value any) error {
	t.to.Valid = value != nil
	return amountTo{&t.to.Decimal}.Scan(value)
}

type hashTo struct{ to *ports.Hash }

// Scan implements [database/sql.Scanner].
func (t hashTo) Scan(value any) error {
	data, ok := value.([]byte)
	if !ok || len(data) != len(t.to) {
		return fmt.Errorf("a hash of %d bytes: want %d", len(data), len(t.to))
	}
	copy(t.to[:], data)
	return nil
}

type digestTo struct{ to *ports.Hash }

// Scan implements [database/sql.Scanner].
func (t digestTo) Scan(value any) error {
	if value == nil {
		*t.to = ports.Hash{}
		return nil
	}
	return hashTo(t).Scan(value)
}
