package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/jigap/jigap/adapters/internal/sqlcommit"
)

// Migrations holds the files that make the tables, in the order of their names, which begin with the
// version. They are plain SQL; a host may run them with a tool of its own. Each command ends with a
// semicolon at the end of a line. The last command of each file records it in the table jigap_migrations.
// No file is ever changed once it was released.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Migrate brings the tables to the state that this version of the package needs: it runs the files that have
// not run, all in one transaction. Processes that start together wait for each other, up to
// [Config.Timeout]. When nothing is to be done it changes nothing.
//
// It returns an error that matches [ErrFile] when the tables are those of a newer version of this package.
func (s *Store) Migrate(ctx context.Context) error {
	if err := sqlcommit.Within(ctx, s.Timeout(), s.migrate); err != nil {
		return fmt.Errorf("migrate: %w", notFit(err))
	}
	return nil
}

func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Glob(Migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	if done, err := s.version(ctx); err != nil || done == len(files) {
		return err
	}
	tx, err := s.host.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	version, err := versionIn(ctx, tx)
	if err != nil {
		return err
	}
	for _, file := range files[version:] {
		text, err := Migrations.ReadFile(file)
		if err != nil {
			return err
		}
		for command := range strings.SplitSeq(string(text), ";\n") {
			if strings.TrimSpace(command) == "" {
				continue
			}
			if _, err := tx.ExecContext(ctx, command); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	return tx.Commit()
}

// version returns the number of the last migration that ran.
func (s *Store) version(ctx context.Context) (int, error) { return versionIn(ctx, s.host) }

// rowQuerier is what a database and a transaction have in common.
type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func versionIn(ctx context.Context, db rowQuerier) (version int, err error) {
	var tables int
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'jigap_migrations'").Scan(&tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	if err := db.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM jigap_migrations").Scan(&version); err != nil {
		return 0, err
	}
	if version > newest {
		return 0, fmt.Errorf("%w: its tables are those of version %s of the schema, and this program knows %d", ErrFile, strconv.Itoa(version), newest)
	}
	return version, nil
}

// newest is the number of the last file of [Migrations].
const newest = 1
