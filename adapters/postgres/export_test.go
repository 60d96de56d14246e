package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/jigap/jigap/ports"
)

// ExplainFind returns the plan of the statement that a filter makes.
func (s *Store) ExplainFind(ctx context.Context, filter ports.OperationFilter) (string, error) {
	q, err := s.findOperations(filter)
	if err != nil {
		return "", err
	}
	rows, err := s.pool.Query(ctx, "EXPLAIN "+q.text(), q.args...)
	if err != nil {
		return "", err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(lines, "\n"), err
}

// Judge says whether an error means that a statement may have been written.
func Judge(err error) (mayBeWritten bool) { return judge(err) == unknown }
