package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

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

// Statements returns the texts of all statements that write units.
func (s *Store) Statements() []string {
	texts := []string{s.sql.commit, s.sql.commitOperations}
	for _, forms := range s.sql.lean {
		texts = append(texts, forms.one, forms.many, forms.more)
		if forms.advance != "" {
			texts = append(texts, forms.advance)
		}
	}
	return texts
}

// Judge says whether an error means that a statement may have been written.
func Judge(err error) (mayBeWritten bool) { return judge(err) == unknown }

// Tries returns how often a batch is sent when each try ends with err.
func Tries(err error) int {
	b := new(batch)
	for b.tries = 1; judge(err).again(b, err); b.tries++ {
	}
	return b.tries
}

// refusing answers queries with an error of a code so many times, and then with end.
type refusing struct {
	code              string
	failures, queries int
	end               error
}

func (r *refusing) Query(context.Context, string, ...any) (pgx.Rows, error) {
	if r.queries++; r.queries <= r.failures {
		return nil, &pgconn.PgError{Severity: "ERROR", Code: r.code}
	}
	return nil, r.end
}

// ReadAgain reads from a server that refuses so many queries with an error of a code, and
// then answers with end. It returns how many queries were sent, and the error.
func ReadAgain(ctx context.Context, code string, failures int, end error) (queries int, err error) {
	db := &refusing{code: code, failures: failures, end: end}
	r := &reader{db: db, timeout: time.Minute, ready: func(context.Context) error { return nil }}
	_, err = read(ctx, r, "SELECT", pgx.RowTo[int])
	return db.queries, err
}
