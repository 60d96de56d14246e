package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Migrations holds the files that make the tables, in the order of their names,
// which begin with the version. They are plain SQL, written for the schema "jigap",
// which must exist; a host may run them with a tool of its own. Each records itself in
// the table migrations, and none is ever changed once it was released.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// migrationLock is the key of the advisory lock under which migrations run.
const migrationLock = 0x6a69676170 // "jigap"

// Migrate brings the tables to the state that this version of the package needs:
// it creates the schema when it is missing and runs the files that have not run,
// all in one transaction. Processes that start together wait for each other. When
// nothing is to be done it changes nothing.
//
// It also finds out whether the database was restored from a dump into a younger
// cluster, and then moves the change feed on, so that no entry is skipped.
func (s *Store) Migrate(ctx context.Context) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
			return err
		}
		if err := s.migrate(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, s.sql.in(moveFeedStatement))
		return err
	})
	if err != nil {
		return fmt.Errorf("migrate schema %s: %w", s.sql.schema, err)
	}
	return nil
}

func (s *Store) migrate(ctx context.Context, tx pgx.Tx) error {
	version, err := s.version(ctx, tx)
	if err != nil {
		return err
	}
	files, err := fs.Glob(Migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	for _, file := range files {
		number, err := strconv.Atoi(strings.TrimPrefix(file, "migrations/")[:4])
		if err != nil {
			return err
		}
		if number <= version {
			continue
		}
		if err := s.run(ctx, tx, file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

// version returns the number of the last migration that ran. It makes the schema when
// it is missing.
func (s *Store) version(ctx context.Context, tx pgx.Tx) (int, error) {
	var exists bool
	err := tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", s.sql.in("jigap.migrations")).Scan(&exists)
	if err != nil {
		return 0, err
	}
	if !exists {
		_, err = tx.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{s.sql.schema}.Sanitize())
		return 0, err
	}
	var version int
	err = tx.QueryRow(ctx, s.sql.in("SELECT coalesce(max(version), 0) FROM jigap.migrations")).Scan(&version)
	return version, err
}

func (s *Store) run(ctx context.Context, tx pgx.Tx, file string) error {
	text, err := Migrations.ReadFile(file)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, s.sql.in(string(text)), pgx.QueryExecModeSimpleProtocol)
	return err
}

// moveFeedStatement raises the offset of feed positions above every position in
// use. That is needed after the transaction ids of the cluster began anew.
const moveFeedStatement = `
UPDATE jigap.settings SET feed_offset = used.last - pg_current_xact_id()::text::bigint + 1
FROM (SELECT coalesce(max(feed), 0) AS last FROM jigap.entries) used
WHERE used.last > feed_offset + pg_current_xact_id()::text::bigint`
