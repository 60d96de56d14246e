package sqlite_test

import (
	"context"
	"database/sql/driver"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/internal/sqltest"
	"github.com/jigap/jigap/adapters/sqlite"
	"github.com/jigap/jigap/ports"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	for name, c := range map[string]struct {
		path   string
		config sqlite.Config
	}{
		"no path":                  {"", sqlite.Config{}},
		"a zero byte":              {"a\x00b", sqlite.Config{}},
		"memory":                   {":memory:", sqlite.Config{}},
		"a URI":                    {"file:x.db?mode=memory", sqlite.Config{}},
		"a negative Timeout":       {file, sqlite.Config{Timeout: -1}},
		"a long Timeout":           {file, sqlite.Config{Timeout: 2 * time.Hour}},
		"a negative TotalsTimeout": {file, sqlite.Config{TotalsTimeout: -1}},
		"a long TotalsTimeout":     {file, sqlite.Config{TotalsTimeout: 48 * time.Hour}},
		"an unknown Synchronous":   {file, sqlite.Config{Synchronous: 7}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sqlite.Open(t.Context(), c.path, c.config)
			require.ErrorIs(t, err, ports.ErrInvalid)
			require.NoFileExists(t, file)
		})
	}
	t.Run("a file that is no database", func(t *testing.T) {
		t.Parallel()
		file := newFile(t)
		text := []byte("Dear customer, this is a letter and no database, and it is longer than a header is.")
		require.NoError(t, os.WriteFile(file, text, 0o600))
		_, err := sqlite.Open(t.Context(), file, sqlite.Config{})
		require.ErrorIs(t, err, sqlite.ErrFile)
		require.ErrorContains(t, err, file)
		after, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, text, after, "nothing was written")
	})
	t.Run("a directory that is not there", func(t *testing.T) {
		t.Parallel()
		_, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "not there", "w.db"), sqlite.Config{})
		require.ErrorContains(t, err, "unable to open database file")
	})
	t.Run("a path with signs of a URI", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "a?b=c&d #%41 지갑.db")
		store := openStore(t, file, patient)
		sqltest.Commit(t, store, sqltest.Opened("w"))
		require.FileExists(t, file)
	})
	t.Run("tables of a newer version", func(t *testing.T) {
		t.Parallel()
		file := newFile(t)
		store := openStore(t, file, patient)
		_, err := store.DB().ExecContext(t.Context(), "INSERT INTO jigap_migrations (version) VALUES (?)", sqlite.Newest+1)
		require.NoError(t, err)
		require.ErrorIs(t, store.Migrate(t.Context()), sqlite.ErrFile)
		_, err = sqlite.Open(t.Context(), file, patient)
		require.ErrorIs(t, err, sqlite.ErrFile)
		require.ErrorContains(t, err, "those of version 2 of the schema, and this program knows 1")
	})
	t.Run("tables that were not made", func(t *testing.T) {
		t.Parallel()
		store, err := sqlite.Open(t.Context(), newFile(t), patient)
		require.NoError(t, err)
		defer func() { require.NoError(t, store.Close()) }()
		_, err = store.Wallets(t.Context(), []string{"w"})
		require.ErrorIs(t, err, ports.ErrUnavailable)
		require.ErrorIs(t, err, sqlite.ErrFile)
		require.ErrorContains(t, err, "run Migrate")
		fate := store.Commit(t.Context(), []ports.Unit{sqltest.Opened("w")})[0]
		require.Equal(t, ports.FateFailed, fate.Status)
		require.ErrorIs(t, fate.Err, sqlite.ErrFile)
	})
}

// TestOpen_settings: what a commit waits for is what docs/sqlite.md says, on the connection that writes too.
func TestOpen_settings(t *testing.T) {
	t.Parallel()
	for synchronous, want := range map[sqlite.Synchronous]int{sqlite.SynchronousFull: 2, sqlite.SynchronousNormal: 1} {
		l := &listener{texts: make(map[string]bool)}
		store, err := sqlite.OpenThrough(t.Context(), newFile(t), sqlite.Config{Synchronous: synchronous}, func(c driver.Connector) driver.Connector { l.Connector = c; return l })
		require.NoError(t, err)
		require.NoError(t, store.Migrate(t.Context()))
		sqltest.Commit(t, store, sqltest.Opened("w"))
		sqltest.Wallet(t, store, "w")
		require.GreaterOrEqual(t, len(l.conns), 3, "of the host, of the writer, of readers")
		require.NoError(t, store.Close())
		for _, settings := range l.conns {
			require.Equal(t, "wal", settings["journal_mode"])
			require.EqualValues(t, want, settings["synchronous"])
			require.EqualValues(t, 1, settings["fullfsync"])
		}
	}
}

func TestStore_Migrate(t *testing.T) {
	t.Parallel()
	t.Run("changes nothing the second time", func(t *testing.T) {
		t.Parallel()
		store := openStore(t, newFile(t), patient)
		sqltest.Commit(t, store, sqltest.Opened("w"))
		require.NoError(t, store.Migrate(t.Context()))
		sqltest.Wallet(t, store, "w")
	})
	t.Run("runs once when many begin together", func(t *testing.T) {
		t.Parallel()
		file := newFile(t)
		done := make(chan error)
		for range 8 {
			go func() {
				store, err := sqlite.Open(context.Background(), file, patient)
				if err == nil {
					err = store.Migrate(context.Background())
					defer func() { _ = store.Close() }()
				}
				done <- err
			}()
		}
		for range 8 {
			require.NoError(t, <-done)
		}
	})
	t.Run("leaves nothing behind when it fails", func(t *testing.T) {
		t.Parallel()
		store, err := sqlite.Open(t.Context(), newFile(t), patient)
		require.NoError(t, err)
		defer func() { require.NoError(t, store.Close()) }()
		_, err = store.DB().ExecContext(t.Context(), "CREATE TABLE jigap_operations (mine INTEGER)")
		require.NoError(t, err)
		require.ErrorContains(t, store.Migrate(t.Context()), "jigap_operations")
		var tables int
		require.NoError(t, store.DB().QueryRowContext(t.Context(), "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'jigap_%' AND type = 'table'").Scan(&tables))
		require.Equal(t, 1, tables)
	})
}

func TestStore_Close(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	store := openStore(t, file, patient)
	sqltest.Commit(t, store, sqltest.Opened("w"))
	require.NoError(t, store.Close())
	require.NoError(t, store.Close(), "a second time")
	_, err := store.Wallets(t.Context(), []string{"w"})
	require.ErrorIs(t, err, ports.ErrUnavailable)
	fate := store.Commit(t.Context(), []ports.Unit{sqltest.Opened("v")})[0]
	require.Equal(t, ports.FateFailed, fate.Status)
	require.ErrorIs(t, fate.Err, ports.ErrUnavailable)
	_, err = os.Stat(file + "-wal")
	require.ErrorIs(t, err, os.ErrNotExist, "all is in the one file")
	sqltest.Wallet(t, openStore(t, file, patient), "w")
}

// The host may keep tables of its own in the file, and copy it while it is written: docs/sqlite.md.
func TestStore_DB_backup(t *testing.T) {
	t.Parallel()
	store := openStore(t, newFile(t), patient)
	sqltest.Commit(t, store, sqltest.Opened("w"))
	before, err := store.Feed(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, before.Entries, 1)
	copied := newFile(t)
	_, err = store.DB().ExecContext(t.Context(), "VACUUM INTO ?", copied)
	require.NoError(t, err)
	sqltest.Commit(t, store, sqltest.Opened("v"))
	later, err := store.Feed(t.Context(), before.Cursor, 10)
	require.NoError(t, err)
	restored := openStore(t, copied, patient)
	sqltest.Wallet(t, restored, "w")
	page, err := restored.Feed(t.Context(), before.Cursor, 10)
	require.NoError(t, err)
	require.Empty(t, page.Entries)
	_, err = restored.Feed(t.Context(), later.Cursor, 10)
	require.ErrorIs(t, err, ports.ErrCursor, "the copy does not have what was read")
	problems, err := restored.CheckFeed(t.Context())
	require.NoError(t, err)
	require.Empty(t, problems)
}
