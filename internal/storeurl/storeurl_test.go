package storeurl_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/internal/storeurl"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

func TestOpen(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(t *testing.T) string{
		"memory":   func(*testing.T) string { return "memory:" },
		"sqlite":   func(t *testing.T) string { t.Helper(); return "sqlite:" + filepath.Join(t.TempDir(), "w.db") },
		"postgres": func(t *testing.T) string { t.Helper(); return postgrestest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			where := url(t)
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

func TestOpen_refuses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "sqlite:", "sqlite::memory:", "mongodb://localhost", "postgres:database", "/var/wallets.db"} {
		_, err := storeurl.Open(t.Context(), url, storeurl.Config{})
		require.ErrorIs(t, err, ports.ErrInvalid, url)
	}
	_, err := storeurl.Open(t.Context(), "postgres://me:open%20sesame@localhost:notaport/d", storeurl.Config{})
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.NotContains(t, err.Error(), "sesame")
}
