package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jigap/jigap/ports"
)

// readsMax is how often a read is sent that the server refuses because of another
// transaction: 40001 and 40P01, which a default isolation of SERIALIZABLE brings.
const readsMax = 12

// read sends a query and collects its rows. It bounds the time, and sends again what
// the server refused because of another transaction: but not within a transaction of
// the host, which such a refusal has ended.
func read[T any](ctx context.Context, r *reader, sql string, scan pgx.RowToFunc[T], args ...any) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	if r.ready != nil {
		if err := r.ready(ctx); err != nil {
			return nil, err
		}
	}
	var broken error // a row that is not as it must be
	scanned := func(row pgx.CollectableRow) (value T, err error) {
		value, err = scan(row)
		broken = err
		return value, err
	}
	for tries := 1; ; tries++ {
		rows, err := r.db.Query(ctx, sql, args...)
		if err == nil {
			var list []T
			if list, err = pgx.CollectRows(rows, scanned); err == nil {
				return list, nil
			}
		}
		if broken != nil {
			return nil, fmt.Errorf("%w: %w", ports.ErrUnreadable, broken)
		}
		if noTime(err) {
			return nil, fmt.Errorf("%w: the time of creation of an operation: %w", ports.ErrUnreadable, err)
		}
		if r.ready == nil || !serialization(err) || tries >= readsMax || !pause(ctx, tries) {
			return nil, unavailable(err)
		}
	}
}

// noTime reports whether the server could not read the time in a record: see whereCreated.
func noTime(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (refused.Code == "22007" || refused.Code == "22008")
}

func serialization(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (refused.Code == "40001" || refused.Code == "40P01")
}
