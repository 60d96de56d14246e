package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// NewStandby makes and starts a server that follows this one, and stops it at the end
// of the test. This one waits for it with each commit once its setting
// synchronous_standby_names says so.
func (s *Server) NewStandby(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	follow := fmt.Sprintf("primary_conninfo=host=127.0.0.1 port=%d user=postgres application_name=standby", s.port)
	standby := s.newCopy(tb, "standby.signal", append(settings, "hot_standby=on", follow))
	standby.Start(tb)
	return standby
}

// NewBackup makes a server of the data that this one has now, and removes it at the end
// of the test. It does not run yet: Start restores the backup and goes on through this
// server's log to its end, or to where settings ("recovery_target_name=…") say. It
// serves readers meanwhile.
func (s *Server) NewBackup(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	fetch := fmt.Sprintf(`restore_command=cp "%s/pg_wal/%%f" "%%p"`, s.folder)
	return s.newCopy(tb, "recovery.signal", append(settings, fetch, "recovery_target_action=promote"))
}

func (s *Server) newCopy(tb testing.TB, signal string, settings []string) *Server {
	tb.Helper()
	backup, err := prepare(s.binaries, settings)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(backup.remove)
	if err := s.copyTo(tb.Context(), backup.folder, signal, s.Version(tb)); err != nil {
		tb.Fatal(fmt.Errorf("copy server: %w", err))
	}
	return backup
}

// copyTo copies the data of the running server, as the manual's chapter "Making a Base
// Backup Using the Low Level API" says. That needs no program of PostgreSQL's, which
// would have to be of this version.
func (s *Server) copyTo(ctx context.Context, folder, signal string, version int) error {
	conn, err := pgx.Connect(ctx, s.URL())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	start, stop := "SELECT pg_backup_start('test', true)", "SELECT labelfile FROM pg_backup_stop(false)"
	if version < 15 {
		start, stop = "SELECT pg_start_backup('test', true, false)", "SELECT labelfile FROM pg_stop_backup(false, false)"
	}
	keep := "SELECT pg_create_physical_replication_slot('test_' || pg_backend_pid(), true, true)" // until the connection ends
	for _, statement := range []string{keep, start} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	if err := copyFiles(s.folder, folder, func(name string) bool {
		return !strings.HasPrefix(name, "postmaster.") && !within(name, "pg_wal") && !within(name, "pg_replslot")
	}); err != nil {
		return err
	}
	var label string
	if err := conn.QueryRow(ctx, stop).Scan(&label); err != nil {
		return err
	}
	if err := copyFiles(s.folder, folder, func(name string) bool { return within(name, "pg_wal") }); err != nil {
		return err
	}
	for name, text := range map[string]string{"backup_label": label, signal: ""} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), give(path)); err != nil {
			return err
		}
	}
	return nil
}

// within reports whether a name is of something in a folder.
func within(name, folder string) bool {
	return strings.HasPrefix(name, folder+string(filepath.Separator))
}

// copyFiles copies what a folder holds and wanted picks, for the server's user. What
// disappears meanwhile is not needed.
func copyFiles(from, to string, wanted func(name string) bool) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(from, path)
		if errors.Is(err, fs.ErrNotExist) || name == "." || err == nil && !wanted(name) {
			return nil
		}
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		if entry.IsDir() {
			return errors.Join(os.MkdirAll(target, 0o700), give(target))
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return errors.Join(err, os.WriteFile(target, data, 0o600), give(target))
	})
}
