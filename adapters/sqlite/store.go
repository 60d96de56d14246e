package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"modernc.org/sqlite"

	"github.com/jigap/jigap/adapters/internal/sqlcommit"
	"github.com/jigap/jigap/ports"
)

var (
	_ ports.Store      = (*Store)(nil)
	_ ports.Locker     = (*Store)(nil)
	_ ports.Checker    = (*Store)(nil)
	_ ports.BoundStore = (*TxStore)(nil)
)

// ErrFile is matched by errors that say that a file is not fit for the store: it is no database of SQLite,
// its tables are missing, or a newer version of this package made them.
var ErrFile = errors.New("file is not fit for the store")

// Synchronous says what a commit waits for.
type Synchronous int

// What a commit waits for.
const (
	// SynchronousFull: a commit waits until the disk says that it has it. What was committed survives a
	// power failure. It is the default.
	SynchronousFull Synchronous = iota
	// SynchronousNormal: what was committed survives the end of the process; a power failure may take the
	// last commits back, whole.
	SynchronousNormal
)

// Config sets up a [Store]. The zero Config works.
type Config struct {
	// Timeout bounds the time of each call, waiting for other writers included. A read that takes longer
	// fails with [ports.ErrUnavailable]; a unit gets [ports.FateBusy] when another transaction kept it out,
	// and [ports.FateUndecided] when the disk did not say that it has it. CommitLocked may take it twice.
	// At most one hour. Defaults to five seconds.
	Timeout time.Duration

	// TotalsTimeout bounds Totals and CheckFeed, which read every entry. At most a day. Defaults to ten
	// minutes.
	TotalsTimeout time.Duration

	// Synchronous says what a commit waits for.
	Synchronous Synchronous
}

// The defaults and bounds of [Config].
const (
	defaultTimeout       = 5 * time.Second
	maxTimeout           = time.Hour
	defaultTotalsTimeout = 10 * time.Minute
	maxTotalsTimeout     = 24 * time.Hour
)

// Store is a [ports.Store] on one file. Make one with [Open]. It is safe for concurrent use by any number
// of goroutines.
type Store struct {
	*store
	engine *engine
	host   *sql.DB
}

// store and txStore have the methods that all stores on SQL share.
type (
	store   = sqlcommit.Store
	txStore = sqlcommit.TxStore
)

// Open opens the file, which is made when it is not there. Its directory must be there, on a disk of this
// machine. The tables must have been made by [Store.Migrate]. The caller ends the store with [Store.Close].
//
// Open returns an error that matches [ports.ErrInvalid] when the path is blank or names no file, or the
// configuration is out of range, and one that matches [ErrFile] when the file is no database, or a newer
// version of this package made its tables.
func Open(ctx context.Context, path string, config Config) (*Store, error) {
	return open(ctx, path, config, func(c driver.Connector) driver.Connector { return c })
}

func open(ctx context.Context, path string, config Config, through func(driver.Connector) driver.Connector) (*Store, error) {
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	if config.TotalsTimeout == 0 {
		config.TotalsTimeout = defaultTotalsTimeout
	}
	if err := check(path, &config); err != nil {
		return nil, fmt.Errorf("open sqlite store: %w", err)
	}
	store, err := connect(path, &config, through)
	if err != nil {
		return nil, fmt.Errorf("open sqlite store %s: %w", path, err)
	}
	err = sqlcommit.Within(ctx, config.Timeout, func(ctx context.Context) error {
		if err := store.look(ctx, path, through); err != nil {
			return err
		}
		_, err := store.version(ctx)
		return err
	})
	if err != nil {
		go store.Close() //nolint:errcheck,contextcheck,gosec // the disk may not answer, whatever became of ctx
		return nil, fmt.Errorf("open sqlite store %s: %w", path, notFit(err))
	}
	return store, nil
}

// look looks at a file that is there before anything sets it up: what is not fit stays as it is.
func (s *Store) look(ctx context.Context, path string, through func(driver.Connector) driver.Connector) error {
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		return nil //nolint:nilerr // it is made, or what opens it says what is wrong
	}
	name, err := nameOf(path)
	if err != nil {
		return err
	}
	db := sql.OpenDB(through(connector{name + "?mode=rw&_pragma=query_only(1)&_pragma=busy_timeout(50)"}))
	defer func() { _ = db.Close() }()
	_, err = versionIn(ctx, db)
	return err
}

// nameOf returns the name of a file as SQLite reads URIs.
func nameOf(path string) (string, error) {
	whole, err := filepath.Abs(path)
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(whole)}).String(), err
}

// notFit marks errors that say that a file is no database.
func notFit(err error) error {
	if verdict(err) == sqlcommit.Damaged {
		return fmt.Errorf("%w: %w", ErrFile, err)
	}
	return err
}

func check(path string, config *Config) error {
	var problems []error
	if path == "" || strings.ContainsRune(path, 0) {
		problems = append(problems, ports.Invalid("path", "is blank or has a zero byte"))
	}
	if strings.HasPrefix(path, ":memory:") || strings.HasPrefix(path, "file:") {
		problems = append(problems, ports.Invalid("path", "is not the path of a file: package memory keeps wallets in memory"))
	}
	if config.Timeout < 0 || config.Timeout > maxTimeout {
		problems = append(problems, ports.Invalid("Timeout", "is not between zero and one hour"))
	}
	if config.TotalsTimeout < 0 || config.TotalsTimeout > maxTotalsTimeout {
		problems = append(problems, ports.Invalid("TotalsTimeout", "is not between zero and a day"))
	}
	if config.Synchronous != SynchronousFull && config.Synchronous != SynchronousNormal {
		problems = append(problems, ports.Invalid("Synchronous", "is neither SynchronousFull nor SynchronousNormal"))
	}
	return ports.Join(problems...)
}

func connect(path string, config *Config, through func(driver.Connector) driver.Connector) (*Store, error) {
	name, err := nameOf(path)
	if err != nil {
		return nil, err
	}
	pragmas := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"journal_mode(WAL)", "synchronous(FULL)", "fullfsync(1)", "checkpoint_fullfsync(1)", "trusted_schema(0)", "cache_size(-65536)", "wal_autocheckpoint(4000)",
	}}
	if config.Synchronous == SynchronousNormal {
		pragmas["_pragma"][1] = "synchronous(NORMAL)"
	}
	pool := func(wait time.Duration, more ...string) *sql.DB {
		values := url.Values{"_txlock": pragmas["_txlock"]}
		values["_pragma"] = append(append(values["_pragma"], pragmas["_pragma"]...), append(more, fmt.Sprintf("busy_timeout(%d)", wait.Milliseconds()))...)
		return sql.OpenDB(through(connector{name + "?" + values.Encode()}))
	}
	e := newEngine(pool(0), pool(busyTurn, "query_only(1)"), max(4, runtime.GOMAXPROCS(0)))
	dialect := sqlcommit.Dialect{Prefix: "jigap_", Tuples: func(list string) string { return "VALUES " + list }, Index: func(name string) string { return " INDEXED BY jigap_" + name }, Savepoints: true, Alive: alive}
	return &Store{store: sqlcommit.New(e, dialect, config.Timeout, config.TotalsTimeout), engine: e, host: pool(config.Timeout)}, nil
}

// busyTurn is how long the driver waits for a lock before the store looks whether its time is over.
const busyTurn = 50 * time.Millisecond

// connector makes connections of the driver.
type connector struct{ name string }

// Connect implements [driver.Connector].
func (c connector) Connect(context.Context) (driver.Conn, error) {
	return new(sqlite.Driver).Open(c.name)
}

// Driver implements [driver.Connector].
func (c connector) Driver() driver.Driver { return new(sqlite.Driver) }

// Close ends the store: it waits for what is being written, at most [Config.Timeout], and closes the file.
// Calls that come later fail with [ports.ErrUnavailable]. To close a store twice does nothing.
func (s *Store) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.Timeout())
	defer cancel()
	return ports.Join(s.engine.close(ctx), s.host.Close())
}

// DB returns the host's connections to the same file, for rows of its own and for transactions that it
// shares with the store: see [Store.WithTx]. Transactions begin with BEGIN IMMEDIATE. The store closes them.
func (s *Store) DB() *sql.DB { return s.host }

// TxStore is a [ports.Store] inside a transaction of the host: what it commits is written when the host
// commits, together with the host's own rows, or not at all. Make one with [Store.WithTx]. Like the
// transaction it is for one goroutine.
type TxStore struct{ *txStore }

// ErrBeginAgain is matched by errors of calls in a transaction of the host that cannot go on: SQLite has ended it as a
// whole, because of a full disk, of a trigger that rolls back, or of a write that took longer than Config.Timeout; or it began as a reader, and others wrote before its
// first write. The host rolls back and runs the whole transaction again. Transactions of [Store.DB] begin as
// writers, but for those that are read-only.
var ErrBeginAgain = errors.New("begin the transaction again")

// WithTx returns a store bound to tx, which stays the host's to commit or roll back.
//
//	tx, err := store.DB().BeginTx(ctx, nil)
//	…
//	wallets, err := ledger.New(store.WithTx(tx), ledger.Config{})
//
// The file has one writer at a time: until the transaction ends, every other write waits, and is
// [ports.FateBusy] after [Config.Timeout]. Inside the transaction every call must use this store.
func (s *Store) WithTx(tx *sql.Tx) *TxStore {
	return &TxStore{s.Bind(hosted{tx}, lockAll, ErrBeginAgain)}
}

// alive returns an error where SQLite has ended the transaction: BEGIN is refused in one. A savepoint would begin
// another, and its release would commit that.
func alive(ctx context.Context, q sqlcommit.Querier) error {
	if _, err := q.Exec(ctx, "BEGIN"); err != nil {
		return nil //nolint:nilerr // it is the right answer
	}
	_, err := q.Exec(ctx, "ROLLBACK")
	return ports.Join(errors.New("SQLite has ended the transaction"), err)
}

// lockAll takes the lock of the writer, and changes nothing.
const lockAll = "DELETE FROM $feed_pending WHERE clock < 0"

// hosted is a transaction of the host.
type hosted struct{ tx *sql.Tx }

// Query implements [sqlcommit.Querier].
func (h hosted) Query(ctx context.Context, text string, args ...any) (sqlcommit.Rows, error) {
	rows, err := h.tx.QueryContext(ctx, text, args...)
	return orError(rows, explained(err))
}

// Exec implements [sqlcommit.Querier]. SQLite undoes the whole transaction of a write that is interrupted: that is
// seen when the savepoint is gone.
func (h hosted) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	return changed(h.tx.ExecContext(ctx, text, args...))
}
