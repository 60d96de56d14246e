package storeurl_test

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	driver "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/mysql/mysqltest"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/internal/storeurl"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

func TestMain(m *testing.M) {
	os.Exit(both{m}.run())
}

// both stops the servers of both packages.
type both struct{ *testing.M }

func (b both) run() int {
	defer mysqltest.Stop()
	return postgrestest.Main(b.M)
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(t *testing.T) string{
		"memory":   func(*testing.T) string { return "memory:" },
		"sqlite":   func(t *testing.T) string { t.Helper(); return "sqlite:" + filepath.Join(t.TempDir(), "w.db") },
		"postgres": func(t *testing.T) string { t.Helper(); return postgrestest.URL(t) },
		"mysql":    func(t *testing.T) string { t.Helper(); return mysqlURL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			where := of(t)
			config := storeurl.Config{}
			if name == "postgres" {
				config.Schema = postgrestest.Schema(t, postgrestest.Pool(t, 1))
			}
			opened, err := storeurl.Open(t.Context(), where, config)
			require.NoError(t, err)
			defer func() { require.NoError(t, opened.Close()) }()
			require.NoError(t, opened.Migrate(t.Context()))
			wallets, err := ledger.New(opened.Store, ledger.Config{})
			require.NoError(t, err)
			_, err = wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
			require.NoError(t, err)
			_, checks := opened.Store.(ports.Checker)
			require.Equal(t, name != "memory", checks, "a store keeps its abilities")
		})
	}
}

// mysqlURL returns the URL of a new database.
func mysqlURL(t *testing.T) string {
	t.Helper()
	name, err := driver.ParseDSN(mysqltest.Database(t))
	require.NoError(t, err)
	place := url.URL{Scheme: "mysql", User: url.UserPassword(name.User, name.Passwd), Host: name.Addr, Path: name.DBName, RawQuery: "timeout=10s"}
	return place.String()
}

func TestOpen_refuses(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"", "sqlite:", "sqlite::memory:", "mongodb://localhost", "postgres:database", "/var/wallets.db", "mysql:database", "mysql:///wallets", "mysql://localhost"} {
		_, err := storeurl.Open(t.Context(), where, storeurl.Config{})
		require.ErrorIs(t, err, ports.ErrInvalid, where)
	}
	_, err := storeurl.Open(t.Context(), "postgres://me:open%20sesame@localhost:notaport/d", storeurl.Config{})
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.NotContains(t, err.Error(), "sesame")
	_, err = storeurl.Open(t.Context(), "mysql://me:open%20sesame@127.0.0.1:1/d", storeurl.Config{})
	require.ErrorIs(t, err, ports.ErrUnavailable)
	require.NotContains(t, err.Error(), "sesame")
}
