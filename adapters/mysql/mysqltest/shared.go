package mysqltest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"

	jigap "github.com/jigap/jigap/adapters/mysql"
)

// Environment is the variable that names a server to use instead of a throwaway one, as a data source name of
// github.com/go-sql-driver/mysql without a database.
const Environment = "JIGAP_TEST_MYSQL"

// The advice for a test that needs a server, or one of its own.
const (
	adviceServer = "neither MariaDB nor MySQL is installed: install Debian's mariadb-server, or name a server in " + Environment
	adviceOwn    = "neither MariaDB nor MySQL is installed: install Debian's mariadb-server; a server in " + Environment +
		" is not enough here, for the test starts and stops servers of its own"
)

// missing skips a test that needs something which is not installed, and fails it where CI is "true".
func missing(tb testing.TB, advice string) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatalf("%s. With CI=true no test is skipped", advice)
	}
	tb.Skipf("%s. Until then this test is skipped", advice)
}

// throwaway is the server that the tests of a test binary share.
var throwaway struct {
	once   sync.Once
	server *Server
	err    error
}

// Main runs the tests and then stops the throwaway server that they shared. A package that uses [Name], [Database] or
// [Store] calls it in its TestMain.
func Main(m *testing.M) int {
	defer Stop()
	return m.Run()
}

// Stop stops the throwaway server, for a TestMain that does not call [Main].
func Stop() {
	if throwaway.server != nil {
		throwaway.server.remove()
	}
}

// Name returns the data source name, without a database, of the server that tests share: the one that the environment
// names, or a throwaway server. That one does not flush to the disk.
func Name(tb testing.TB) string {
	tb.Helper()
	if name := os.Getenv(Environment); name != "" {
		return name
	}
	throwaway.once.Do(func() {
		throwaway.server, throwaway.err = newServer([]string{"--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--sync-frm=0"})
	})
	if throwaway.err != nil {
		tb.Fatal(throwaway.err)
	}
	if throwaway.server == nil {
		missing(tb, adviceServer)
	}
	return throwaway.server.Name("")
}

// Database makes a database on the shared server, which is dropped at the end of the test, and returns its data source
// name.
func Database(tb testing.TB) string {
	tb.Helper()
	return DatabaseOn(tb, Name(tb))
}

// DatabaseOn is [Database] for a server of the caller's choice.
func DatabaseOn(tb testing.TB, name string) string {
	tb.Helper()
	config, err := mysql.ParseDSN(name)
	if err != nil {
		tb.Fatal(err)
	}
	db, err := sql.Open("mysql", name)
	if err != nil {
		tb.Fatal(err)
	}
	config.DBName = "jigap_" + strings.ToLower(rand.Text()[:16])
	if _, err := db.ExecContext(context.Background(), "CREATE DATABASE "+config.DBName); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_, _ = db.ExecContext(context.Background(), "DROP DATABASE "+config.DBName) // the server may be down by then
		_ = db.Close()
	})
	return config.FormatDSN()
}

// Store returns an empty store on the shared server, in a database of its own.
func Store(tb testing.TB, config jigap.Config) *jigap.Store {
	tb.Helper()
	return Open(tb, Database(tb), config)
}

// Open opens a store, makes its tables, and closes it at the end of the test.
func Open(tb testing.TB, name string, config jigap.Config) *jigap.Store {
	tb.Helper()
	store, err := jigap.Open(context.Background(), name, config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = store.Close() })
	if err := store.Migrate(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return store
}

// Address returns where the shared server listens.
func Address(tb testing.TB) string {
	tb.Helper()
	config, err := mysql.ParseDSN(Name(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return config.Addr
}

// Through returns a data source name that leads to the same database through another address.
func Through(tb testing.TB, name, address string) string {
	tb.Helper()
	config, err := mysql.ParseDSN(name)
	if err != nil {
		tb.Fatal(err)
	}
	config.Addr = address
	return config.FormatDSN()
}
