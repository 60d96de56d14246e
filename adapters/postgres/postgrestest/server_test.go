package postgrestest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres/postgrestest"
)

// TestServer_backup_and_point_in_time: with what was committed up to there, and on a
// server of its own from there on.
func TestServer_backup_and_point_in_time(t *testing.T) {
	t.Parallel()
	server := postgrestest.NewServer(t, "fsync=off")
	pool := postgrestest.PoolOn(t, server.URL(), 1)
	run := func(statement string) {
		_, err := pool.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	run("CREATE TABLE kept (n int)")
	backup := server.NewBackup(t, "fsync=off", "recovery_target_name=here")
	run("INSERT INTO kept VALUES (1)")
	run("SELECT pg_create_restore_point('here')")
	run("INSERT INTO kept VALUES (2)")
	server.Crash()
	backup.Start(t)
	conn, err := pgx.Connect(t.Context(), backup.URL())
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	require.Eventually(t, func() bool {
		_, err := conn.Exec(t.Context(), "INSERT INTO kept VALUES (3)")
		return err == nil
	}, 20*time.Second, 10*time.Millisecond, "it is writable once it has arrived")
	rows, err := conn.Query(t.Context(), "SELECT n FROM kept ORDER BY n")
	require.NoError(t, err)
	kept, err := pgx.CollectRows(rows, pgx.RowTo[int])
	require.NoError(t, err)
	require.Equal(t, []int{1, 3}, kept)
}

// TestServer_folder_without_binaries: a wrong name is a mistake, not a reason to skip.
func TestServer_folder_without_binaries(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	said, err := without(t, postgrestest.BinariesEnvironment+"="+folder)
	require.Error(t, err)
	require.Contains(t, said, "--- FAIL: TestServer_of_its_own")
	require.Contains(t, said, "JIGAP_TEST_POSTGRES_BIN: "+folder+" has no programs postgres and initdb")
}

// verdict is a test that notes why it was given up.
type verdict struct {
	testing.TB
	said string
}

func (v *verdict) Fatalf(format string, args ...any) {
	v.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (v *verdict) Skipf(format string, args ...any) { v.Fatalf(format, args...) }

// TestTool_version: an older one does not know the server.
func TestTool_version(t *testing.T) {
	server := postgrestest.NewServer(t)
	least := server.Version(t)
	for version, fits := range map[int]bool{least - 1: false, least: true, least + 1: true} {
		folder := t.TempDir()
		program := fmt.Sprintf("#!/bin/sh\necho 'pg_tool (PostgreSQL) %d.3 (Debian 99)'\n", version)
		require.NoError(t, os.WriteFile(filepath.Join(folder, "pg_tool"), []byte(program), 0o755))
		t.Setenv("PATH", folder+":/usr/bin:/bin")
		tb := &verdict{TB: t}
		var found string
		done := make(chan struct{})
		go func() {
			defer close(done)
			found = server.Tool(tb, "pg_tool")
		}()
		<-done
		if fits {
			require.Equal(t, filepath.Join(folder, "pg_tool"), found)
			continue
		}
		require.Empty(t, found)
		require.Contains(t, tb.said, fmt.Sprintf("pg_tool of PostgreSQL %d or later is not installed", least))
	}
}
