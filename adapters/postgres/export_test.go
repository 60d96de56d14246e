package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
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

// Form is a statement that writes units: as it is sent outside and inside of a transaction
// of the host, and behind a call that has waited.
type Form struct{ Units, Normal, Host, Hasty string }

// Forms returns the statements that write units, and which units each is for.
func (s *Store) Forms() []Form {
	forms := []Form{
		{"any, without operations", s.sql.commit, s.host.commit, s.hasty.commit},
		{"any", s.sql.commitOperations, s.host.commitOperations, s.hasty.commitOperations},
	}
	for i := range s.sql.lean {
		mask := group(i) * points
		normal, host, hasty := &s.sql.lean[i], &s.host.lean[i], &s.hasty.lean[i]
		columns := ", with columns of: " + mask.names()
		forms = append(forms, Form{"one, of one wallet and one entry" + columns, normal.one, host.one, hasty.one})
		if mask&records != 0 {
			forms = append(forms, Form{"one, of one wallet, one entry and an operation that it advances" + columns, normal.advance, host.advance, hasty.advance})
		}
		forms = append(forms,
			Form{"several, each of one wallet and one entry" + columns, normal.many, host.many, hasty.many},
			Form{"several, each of one wallet and some of several entries" + columns, normal.more, host.more, hasty.more})
	}
	return forms
}

func (mask group) names() string {
	names := []string{"all units"}
	for name, of := range map[string]group{"points": points, "extras": extras, "records": records} {
		if mask&of != 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names[1:])
	return strings.Join(names, ", ")
}

// SendAs writes units that touch different records with a form of the statement: "own" is the
// one that Commit chooses, "several" that for several rows, "all columns" the same with the columns
// of all groups, "any" that for any units, and "any with operations".
func (s *Store) SendAs(ctx context.Context, form string, units []ports.Unit) error {
	fates := make([]ports.Fate, len(units))
	b := plan(units, fates)[0]
	r, err := b.requestAs(s.sql, form)
	if err != nil {
		return err
	}
	defer r.done()
	rows, err := s.pool.Query(ctx, r.sql, r.args...)
	if err != nil {
		return err
	}
	refusals, err := r.read(rows)
	if err == nil && len(refusals) > 0 {
		return fmt.Errorf("refused: %+v", refusals)
	}
	return err
}

func (b *batch) requestAs(sql *statements, form string) (request, error) {
	switch form {
	case "several":
		b.explain = true
	case "all columns":
		rows := newLeanRows()
		for _, i := range b.byWallet() {
			if err := rows.add(i+1, b.units[i]); err != nil {
				return request{}, err
			}
		}
		forms := &sql.lean[groups/points]
		return request{forms.many, groups.appendArgs(nil, rows.columns), b.leanRefusals, func() {}}, nil
	case "any", "any with operations":
		b.operations = b.operations || form != "any"
		list, err := b.args()
		text := sql.commit
		if b.operations {
			text = sql.commitOperations
		}
		return request{text, list, readRefusals, func() {}}, err
	}
	return b.request(sql)
}

// Confirm confirms a unit that was found in its place, as Commit does behind an answer that
// was lost.
func (s *Store) Confirm(ctx context.Context, unit *ports.Unit) error {
	return s.confirmed(ctx, unit).Err
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

// SameWallet tells whether a wallet in doubt is the one that is stored.
func SameWallet(stored, wanted *ports.Wallet) bool { return sqlrow.SameWallet(stored, wanted) }
