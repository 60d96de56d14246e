package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jigap/jigap/ports"
)

var _ ports.Store = (*Store)(nil)

// Config sets up a [Store]. The zero Config works.
type Config struct {
	// Schema is the name of the database schema that holds the tables: a letter
	// or underscore, then letters, digits and underscores, all small, 63 at most.
	// Defaults to "jigap".
	Schema string
}

// Store is a [ports.Store] on PostgreSQL. Make one with [New]. It is safe for
// concurrent use, by any number of goroutines and processes.
type Store struct {
	reader
	pool *pgxpool.Pool
}

// New returns a store over the host's pool, which stays the host's to close. It
// does no I/O. The tables must have been made by [Store.Migrate] or by the host's
// own tool.
//
// It returns an error that matches [ports.ErrInvalid] when the pool is nil or the
// schema name is not plain.
func New(pool *pgxpool.Pool, config Config) (*Store, error) {
	if config.Schema == "" {
		config.Schema = "jigap"
	}
	var problems []error
	if pool == nil {
		problems = append(problems, ports.Invalid("pool", "is nil"))
	}
	if !schemaName.MatchString(config.Schema) {
		problems = append(problems, ports.Invalid("Schema", "is not a plain name of at most 63 small letters, digits and underscores"))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("new postgres store: %w", err)
	}
	return &Store{reader: reader{db: pool, sql: newStatements(config.Schema)}, pool: pool}, nil
}

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// querier is what a pool, a connection and a transaction have in common.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// reader reads through a pool or a transaction.
type reader struct {
	db  querier
	sql *statements
}

// statements are the texts of all statements, with the schema's name in them.
type statements struct {
	schema           string
	lean             []leanForms // units of one wallet, by the groups of columns that they need
	commit           string      // all other units without operations
	commitOperations string      // units with operations
	wallets          string
	lockWallets      string
	entriesByKey     string
	lastReferring    string
	feed             string
	totals           string
	operations       string
}

func newStatements(schema string) *statements {
	s := &statements{schema: schema}
	for mask := always; mask <= groups; mask += points {
		forms := leanForms{one: s.in(leanOneStatement(mask)), many: s.in(leanStatement(mask, false)), more: s.in(leanStatement(mask, true))}
		if mask&records != 0 {
			forms.advance = s.in(leanAdvanceStatement(mask))
		}
		s.lean = append(s.lean, forms)
	}
	s.commit = s.in(commitStatement(false))
	s.commitOperations = s.in(commitStatement(true))
	s.wallets = s.in("SELECT " + walletColumns + " FROM jigap.wallets WHERE id = ANY($1)")
	s.lockWallets = s.wallets + " ORDER BY id FOR NO KEY UPDATE"
	s.entriesByKey = s.in(entriesByKeyStatement)
	s.lastReferring = s.in(lastReferringStatement)
	s.feed = s.in(feedStatement)
	s.totals = s.in(totalsStatement)
	s.operations = s.in("SELECT kind, body FROM jigap.operations WHERE id = ANY($1)")
	return s
}

// in puts the schema's name in place of the one that texts are written with.
func (s *statements) in(text string) string {
	return strings.ReplaceAll(text, "jigap.", `"`+s.schema+`".`)
}
