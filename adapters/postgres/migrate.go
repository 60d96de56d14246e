package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Migrations holds the files that make the tables, in the order of their names,
// which begin with the version. They are plain SQL, written for the schema "jigap",
// which must exist; a host may run them with a tool of its own. Each command ends with
// a semicolon at the end of a line. The last command of each file records it in the
// table migrations. No file is ever changed once it was released.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// migrationLock is the key of the advisory lock under which migrations run.
const migrationLock = 0x6a69676170 // "jigap"

// migrationPatience is how long Migrate waits for another process that migrates.
const migrationPatience = 10 * time.Minute

// Migrate brings the tables to the state that this version of the package needs:
// it creates the schema when it is missing and runs the files that have not run,
// all in one transaction, one command per call. Processes that start together wait for
// each other, for up to ten minutes. When nothing is to be done it changes nothing.
//
// It returns an error that matches [ErrServer] when the server is not fit (older than
// 14, another encoding than UTF8, an engine that is not PostgreSQL), when the
// tables are those of a newer version of this package, or when some are missing.
func (s *Store) Migrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, migrationPatience)
	defer cancel()
	options := pgx.TxOptions{IsoLevel: pgx.ReadCommitted} // what the lock waited for must be seen
	err := pgx.BeginTxFunc(ctx, s.pool, options, func(tx pgx.Tx) error {
		if err := checkServer(ctx, tx, s.sql.schema); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
			return err
		}
		return s.migrate(ctx, tx)
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
	if version > len(files) {
		return fmt.Errorf("%w: the tables are those of version %d of the schema, and this program knows %d", ErrServer, version, len(files))
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
	return s.complete(ctx, tx)
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
		return 0, s.makeSchema(ctx, tx)
	}
	var version int
	err = tx.QueryRow(ctx, s.sql.in("SELECT coalesce(max(version), 0) FROM jigap.migrations")).Scan(&version)
	return version, err
}

// makeSchema makes the schema when it is missing. A role that has it need not be allowed to
// make others.
func (s *Store) makeSchema(ctx context.Context, tx pgx.Tx) error {
	name := pgx.Identifier{s.sql.schema}.Sanitize()
	var exists bool
	err := tx.QueryRow(ctx, "SELECT to_regnamespace($1) IS NOT NULL", name).Scan(&exists)
	if err == nil && !exists {
		_, err = tx.Exec(ctx, "CREATE SCHEMA "+name)
	}
	return err
}

func (s *Store) run(ctx context.Context, tx pgx.Tx, file string) error {
	text, err := Migrations.ReadFile(file)
	if err != nil {
		return err
	}
	for command := range strings.SplitSeq(s.sql.in(string(text)), ";\n") {
		if strings.TrimSpace(command) == "" {
			continue
		}
		if _, err := tx.Exec(ctx, command, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
	}
	return nil
}

// tables are the tables that the store needs, and a column of each that tells it from
// one of another version.
var tables = [...][2]string{ //nolint:gochecknoglobals // a constant
	{"wallets", "counters"},
	{"entries", "who"},
	{"operations", "body"},
	{"feed_pending", "clock"},
	{"feed", "wallets"},
	{"feed_head", "last"},
}

// complete makes sure that nothing is missing: a tool may have run half a file.
func (s *Store) complete(ctx context.Context, tx pgx.Tx) error {
	for _, table := range tables {
		var there bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2)`,
			s.sql.in("jigap."+table[0]), table[1]).Scan(&there)
		if err != nil {
			return err
		}
		if !there {
			return fmt.Errorf("%w: the schema is recorded as made, and table %s is missing or not as this version needs it: "+
				"a migration ended halfway, or was that of a version before the first release", ErrServer, table[0])
		}
	}
	var rows int
	if err := tx.QueryRow(ctx, s.sql.in("SELECT count(*) FROM jigap.feed_head")).Scan(&rows); err != nil {
		return err
	}
	if rows != 1 {
		return fmt.Errorf("%w: table feed_head has %d rows, not one", ErrServer, rows)
	}
	return nil
}
