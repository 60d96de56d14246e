package postgres

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jigap/jigap/ports"
)

var (
	_ ports.Store   = (*Store)(nil)
	_ ports.Locker  = (*Store)(nil)
	_ ports.Checker = (*Store)(nil)
)

// Config sets up a [Store]. The zero Config works.
type Config struct {
	// Schema is the name of the database schema that holds the tables: a letter
	// or underscore, then letters, digits and underscores, all small, 63 at most.
	// Defaults to "jigap".
	Schema string

	// Timeout bounds the time of each call, waiting for a connection and for locks
	// included. A read that takes longer fails with [ports.ErrUnavailable]; a unit gets
	// [ports.FateBusy] when another transaction kept it out, and
	// [ports.FateUndecided] when the server may have written it and did not say so.
	// Half of it is what one attempt may take; a second one, over another connection, has
	// the rest. A deadline of the caller's context that ends earlier counts as well.
	// CommitLocked may take it twice: to get the lock, and to write. Keep it above the
	// server's deadlock_timeout, or a deadlock in the host's transactions is ErrBusy for both
	// sides. At most one hour. Defaults to five seconds.
	Timeout time.Duration

	// TotalsTimeout bounds Totals, which reads every entry. At most a day. Defaults to ten
	// minutes.
	TotalsTimeout time.Duration
}

// The defaults and bounds of [Config].
const (
	defaultTimeout       = 5 * time.Second
	maxTimeout           = time.Hour
	defaultTotalsTimeout = 10 * time.Minute
	maxTotalsTimeout     = 24 * time.Hour
)

// Store is a [ports.Store] on PostgreSQL. Make one with [New]. It is safe for
// concurrent use, by any number of goroutines and processes.
type Store struct {
	reader
	pool    *pgxpool.Pool
	hasty   *statements   // that wait for no other transaction
	host    *statements   // those for transactions of the host
	waiters chan struct{} // a place for each connection that may wait for a lock
	checked atomic.Bool   // the server was found fit

	numbering atomic.Int32 // how many commits the next numbering of the feed takes up; zero: as many as the first
}

// New returns a store over the host's pool, which stays the host's to close. It
// does no I/O: the first call checks the server, and fails with [ErrServer] if it is
// not fit. The tables must have been made by [Store.Migrate] or by the host's own
// tool.
//
// It returns an error that matches [ports.ErrInvalid] when the pool is nil, the
// schema name is not plain, or the timeout is out of range.
func New(pool *pgxpool.Pool, config Config) (*Store, error) {
	if config.Schema == "" {
		config.Schema = "jigap"
	}
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	if config.TotalsTimeout == 0 {
		config.TotalsTimeout = defaultTotalsTimeout
	}
	var problems []error
	if pool == nil {
		problems = append(problems, ports.Invalid("pool", "is nil"))
	}
	if !schemaName.MatchString(config.Schema) {
		problems = append(problems, ports.Invalid("Schema", "is not a plain name of at most 63 small letters, digits and underscores"))
	}
	if config.Timeout < 0 || config.Timeout > maxTimeout {
		problems = append(problems, ports.Invalid("Timeout", "is not between zero and one hour"))
	}
	if config.TotalsTimeout < 0 || config.TotalsTimeout > maxTotalsTimeout {
		problems = append(problems, ports.Invalid("TotalsTimeout", "is not between zero and a day"))
	}
	if err := ports.Join(problems...); err != nil {
		return nil, fmt.Errorf("new postgres store: %w", err)
	}
	store := &Store{
		reader:  reader{db: pool, sql: newStatements(config.Schema, strings.NewReplacer()), timeout: config.Timeout, totalsTimeout: config.TotalsTimeout},
		pool:    pool,
		hasty:   newStatements(config.Schema, strings.NewReplacer(bounded, boundedHasty, boundedOne, boundedOneHasty)),
		host:    newStatements(config.Schema, strings.NewReplacer(passOver, "", bounded, "", boundedOne, "")),
		waiters: make(chan struct{}, max(0, pool.Config().MaxConns-1)/2),
	}
	store.ready = store.checkServer
	return store, nil
}

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// querier is what a pool, a connection and a transaction have in common.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// reader reads through a pool or a transaction.
type reader struct {
	db      querier
	sql     *statements
	timeout time.Duration
	ready   func(context.Context) error // nil: nothing is to be done before the first call

	totalsTimeout time.Duration
}
