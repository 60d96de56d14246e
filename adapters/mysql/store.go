package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/jigap/jigap/adapters/internal/sqlcommit"
	"github.com/jigap/jigap/ports"
)

var (
	_ ports.Store      = (*Store)(nil)
	_ ports.Locker     = (*Store)(nil)
	_ ports.Checker    = (*Store)(nil)
	_ ports.BoundStore = (*TxStore)(nil)
)

// ErrServer is matched by errors that say that a server, or its database, is not fit for the store: it is too old,
// its tables are missing or of another engine, or a newer version of this package made them.
var ErrServer = errors.New("server is not fit for the store")

// Config sets up a [Store]. The zero Config works.
type Config struct {
	// Timeout bounds the time of each call, waiting for a connection and for locks included. A read that takes
	// longer fails with [ports.ErrUnavailable]; a unit gets [ports.FateBusy] when another transaction kept it out,
	// and [ports.FateUndecided] when the server did not say whether it was written. CommitLocked may take it
	// twice. At most one hour. Defaults to five seconds.
	Timeout time.Duration

	// TotalsTimeout bounds Totals and CheckFeed, which read every entry. At most a day. Defaults to ten
	// minutes.
	TotalsTimeout time.Duration

	// Connections is how many connections the store opens at most. At most 10,000. Defaults to 16.
	Connections int
}

// The defaults and bounds of [Config].
const (
	defaultTimeout       = 5 * time.Second
	maxTimeout           = time.Hour
	defaultTotalsTimeout = 10 * time.Minute
	maxTotalsTimeout     = 24 * time.Hour
	defaultConnections   = 16
	maxConnections       = 10_000
)

// Store is a [ports.Store] on MySQL or MariaDB. Make one with [Open]. It is safe for concurrent use, by any number of
// goroutines and processes.
type Store struct {
	*store
	db *sql.DB
}

// store and txStore have the methods that all stores on SQL share.
type (
	store   = sqlcommit.Store
	txStore = sqlcommit.TxStore
)

// Open connects to the server and database that a data source name of github.com/go-sql-driver/mysql names, such as
// "user:password@tcp(localhost:3306)/wallets?tls=true", and checks them. The tables must have been made by
// [Store.Migrate]. The caller ends the store with [Store.Close].
//
// Open returns an error that matches [ports.ErrInvalid] when the name cannot be read or names no database, or the
// configuration is out of range; one that matches [ErrServer] when the server is not fit; and one that matches
// [ports.ErrUnavailable] when it cannot be reached. No error has the password.
func Open(ctx context.Context, name string, config Config) (*Store, error) {
	return open(ctx, name, config, func(c driver.Connector) driver.Connector { return c })
}

func open(ctx context.Context, name string, config Config, through func(driver.Connector) driver.Connector) (*Store, error) {
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	if config.TotalsTimeout == 0 {
		config.TotalsTimeout = defaultTotalsTimeout
	}
	if config.Connections == 0 {
		config.Connections = defaultConnections
	}
	source, err := mysql.ParseDSN(name)
	switch {
	case err != nil:
		err = ports.Invalid("name", "is no data source name: want user:password@tcp(host:port)/database")
	case source.DBName == "":
		err = ports.Invalid("name", "names no database")
	}
	if err := ports.Join(err, check(&config)); err != nil {
		return nil, fmt.Errorf("open mysql store: %w", err)
	}
	source.InterpolateParams = true // a statement takes one round trip
	source.ParseTime, source.MultiStatements, source.RejectReadOnly, source.ClientFoundRows = false, false, false, false
	source.MaxAllowedPacket = 0       // as much as the server takes
	for name := range source.Params { // the character set decides how parameters are written
		if strings.HasPrefix(name, "character_set") || strings.HasPrefix(name, "collation") || name == "charset" {
			delete(source.Params, name)
		}
	}
	if err := source.Apply(mysql.Charset("utf8mb4", "utf8mb4_bin")); err != nil {
		return nil, fmt.Errorf("open mysql store: %w", ports.Invalid("name", "cannot be used to connect"))
	}
	source.Logger = silent{} // errors are returned
	if source.Timeout == 0 {
		source.Timeout = config.Timeout
	}
	connector, err := mysql.NewConnector(source)
	if err != nil {
		return nil, fmt.Errorf("open mysql store: %w", ports.Invalid("name", "cannot be used to connect"))
	}
	db := sql.OpenDB(through(prepared{connector}))
	db.SetMaxOpenConns(config.Connections)
	db.SetMaxIdleConns(config.Connections)
	db.SetConnMaxIdleTime(time.Minute)
	dialect := sqlcommit.Dialect{
		Prefix: "jigap_", Lock: " FOR UPDATE", LockNow: " FOR UPDATE NOWAIT", Savepoints: true, Alive: alive, Waiters: (config.Connections - 1) / 2, Rows: rows, Upserted: 2,
		Tuples: func(list string) string { return list },
		Index:  func(name string) string { return " FORCE INDEX (jigap_" + name + ")" },
		Upsert: upsert,
	}
	s := &Store{store: sqlcommit.New(&engine{db, config.Timeout}, dialect, config.Timeout, config.TotalsTimeout), db: db}
	checking, cancel := context.WithTimeout(ctx, config.Timeout)
	defer cancel()
	if err := s.checkServer(checking); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open mysql store: %w", err)
	}
	return s, nil
}

type silent struct{}

// Print implements [mysql.Logger].
func (silent) Print(...any) {}

// rows is how many rows one statement writes.
const rows = 64

// alive returns an error where the server has ended the transaction, after a deadlock: a savepoint lasts in one only.
func alive(ctx context.Context, q sqlcommit.Querier) error {
	_, err := q.Exec(ctx, "SAVEPOINT jigap_alive")
	if err == nil {
		_, err = q.Exec(ctx, "RELEASE SAVEPOINT jigap_alive")
	}
	if err != nil {
		return fmt.Errorf("the server has ended the transaction: %w", err)
	}
	return nil
}

func upsert(columns []string) string {
	sets := make([]string, len(columns))
	for i, column := range columns {
		sets[i] = column + " = VALUES(" + column + ")"
	}
	return " ON DUPLICATE KEY UPDATE " + strings.Join(sets, ", ")
}

func check(config *Config) error {
	var problems []error
	if config.Timeout < 0 || config.Timeout > maxTimeout {
		problems = append(problems, ports.Invalid("Timeout", "is not between zero and one hour"))
	}
	if config.TotalsTimeout < 0 || config.TotalsTimeout > maxTotalsTimeout {
		problems = append(problems, ports.Invalid("TotalsTimeout", "is not between zero and a day"))
	}
	if config.Connections < 0 || config.Connections > maxConnections {
		problems = append(problems, ports.Invalid("Connections", "is not between zero and %d", maxConnections))
	}
	return ports.Join(problems...)
}

// prepared makes connections that are set up for the store, whatever the server's defaults are: utf8mb4, READ COMMITTED,
// strict about values, a lock wait of one second, and UTC.
type prepared struct{ driver.Connector }

var setUp = []string{ //nolint:gochecknoglobals // a constant
	"SET NAMES utf8mb4 COLLATE utf8mb4_bin", // a server may ignore what the client says when it connects
	"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
	"SET SESSION sql_mode = 'STRICT_ALL_TABLES', innodb_lock_wait_timeout = 1, autocommit = 1, completion_type = 0, sql_select_limit = 18446744073709551615, time_zone = '+00:00'",
}

// Connect implements [driver.Connector].
func (p prepared) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, statement := range setUp {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, statement, nil); err != nil { //nolint:forcetypeassert // connections of the driver have it
			_ = conn.Close()
			return nil, err
		}
	}
	return conn, nil
}

// Close closes the connections of the store. Calls that come later fail with [ports.ErrUnavailable].
func (s *Store) Close() error { return s.db.Close() }

// DB returns the connections of the store, for rows of the host's own and for transactions that it shares with the
// store: see [Store.WithTx]. [Store.Close] closes them.
func (s *Store) DB() *sql.DB { return s.db }

// TxStore is a [ports.Store] inside a transaction of the host: what it commits is written when the host commits,
// together with the host's own rows, or not at all. Make one with [Store.WithTx]. Like the transaction it is for one
// goroutine.
type TxStore struct{ *txStore }

// ErrBeginAgain is matched by errors of calls in the host's transaction that lost against another transaction: a
// deadlock. The host rolls back and runs the whole transaction again, with a limit and a pause. The host's own
// statements and its COMMIT return the errors of the driver: check those for 1213.
var ErrBeginAgain = errors.New("begin the transaction again")

// WithTx returns a store bound to tx, which stays the host's to commit or roll back. The transaction must be READ
// COMMITTED, as those of [Store.DB] are, and its connection strict about values.
//
//	tx, err := store.DB().BeginTx(ctx, nil)
//	…
//	wallets, err := ledger.New(store.WithTx(tx), ledger.Config{})
//
// The wallets of a call stay locked until the transaction ends. Inside the transaction every call must use this store.
func (s *Store) WithTx(tx *sql.Tx) *TxStore {
	return &TxStore{s.Bind(querier{tx}, "", ErrBeginAgain)}
}
