package mysql

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"github.com/jigap/jigap/ports"
)

// Migrations holds the files that make the tables, in the order of their names, which begin with the version. They are
// plain SQL; a host may run them with a tool of its own. Each command ends with a semicolon at the end of a line, and
// may run again. The last command of each file records it in the table jigap_migrations. No file is ever changed once
// it was released.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// newest is the number of the last file of [Migrations].
const newest = 1

// Migrate brings the tables to the state that this version of the package needs: it runs the files that have not run,
// one command per call. Processes that start together wait for each other, up to [Config.Timeout]; the whole takes at
// most [Config.TotalsTimeout]. A program that ends
// between two commands leaves the rest to the next call: DDL is no part of a transaction here.
//
// It returns an error that matches [ErrServer] when the tables are those of a newer version of this package, or are not
// as this version needs them.
func (s *Store) Migrate(ctx context.Context) error {
	if err := s.migrate(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

func (s *Store) migrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.TotalsTimeout())
	defer cancel()
	opening, opened := context.WithTimeout(ctx, 2*s.Timeout())
	defer opened()
	conn, err := s.db.Conn(opening)
	if err != nil {
		return fmt.Errorf("%w: %w", ports.ErrUnavailable, err)
	}
	defer func() { _ = conn.Close() }()
	var locked sql.NullInt64
	if err := conn.QueryRowContext(opening, "SELECT GET_LOCK('jigap migrations', ?)", int64(max(1, s.Timeout().Seconds()))).Scan(&locked); err != nil {
		return err
	}
	if locked.Int64 != 1 {
		return fmt.Errorf("%w: another process migrates", ports.ErrBusy)
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Timeout())
		defer cancel()
		_, _ = conn.ExecContext(ending, "DO RELEASE_LOCK('jigap migrations')")
	}()
	files, err := fs.Glob(Migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	version, err := versionIn(opening, conn)
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
			if _, err := conn.ExecContext(ctx, command); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	return complete(ctx, conn)
}

// rowQuerier is what pools and connections have in common.
type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// versionIn returns the number of the last migration that ran.
func versionIn(ctx context.Context, db rowQuerier) (version int, err error) {
	var tables int
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'jigap_migrations'").Scan(&tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	if err := db.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM jigap_migrations").Scan(&version); err != nil {
		return 0, err
	}
	if version > newest {
		return 0, fmt.Errorf("%w: its tables are those of version %d of the schema, and this program knows %d", ErrServer, version, newest)
	}
	return version, nil
}

// tables are the tables that the store needs, each with its columns that are compared bytewise.
var tables = [...][]string{ //nolint:gochecknoglobals // a constant
	{"jigap_wallets", "id", "status"},
	{"jigap_entries", "wallet_id", "key_text", "type", "reference", "operation_id"},
	{"jigap_operations", "id", "wallet_id", "open_lane", "lane", "kind", "status", "provider", "reference", "provider_ref"},
	{"jigap_feed_pending", "id"},
	{"jigap_feed", "id"},
	{"jigap_feed_head"},
}

// complete makes sure that the tables are as this version needs them: another tool may have made them, or have changed
// their engine.
func complete(ctx context.Context, db rowQuerier) error {
	for _, table := range tables {
		var engine sql.NullString
		err := db.QueryRowContext(ctx, "SELECT max(engine) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?", table[0]).Scan(&engine)
		switch {
		case err != nil:
			return err
		case !engine.Valid:
			return fmt.Errorf("%w: the tables are recorded as made, and %s is missing", ErrServer, table[0])
		case engine.String != "InnoDB":
			return fmt.Errorf("%w: the engine of %s is %s: want InnoDB", ErrServer, table[0], engine.String)
		}
		for _, column := range table[1:] {
			var kind sql.NullString
			err = db.QueryRowContext(ctx, "SELECT max(data_type) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? AND column_name = ?", table[0], column).Scan(&kind)
			switch {
			case err != nil:
				return err
			case kind.String != "varbinary":
				return fmt.Errorf("%w: column %s of %s is %q: want varbinary, which is compared bytewise", ErrServer, column, table[0], kind.String)
			}
		}
	}
	return nil
}

// serverVersion finds the first two numbers of a version, and whether it is MariaDB's. MariaDB may begin with 5.5.5-,
// for the sake of old clients.
var serverVersion = regexp.MustCompile(`^(?:5\.5\.5-)?(\d+)\.(\d+)`)

// checkServer makes sure that the server is fit.
func (s *Store) checkServer(ctx context.Context) error {
	var version string
	if err := s.db.QueryRowContext(ctx, "SELECT version()").Scan(&version); err != nil {
		return fmt.Errorf("%w: %w", ports.ErrUnavailable, err)
	}
	if err := fault(version); err != nil {
		return err
	}
	made, err := versionIn(ctx, s.db)
	if err != nil || made == 0 {
		return err
	}
	return complete(ctx, s.db)
}

func fault(version string) error {
	found := serverVersion.FindStringSubmatch(version)
	if found == nil {
		return fmt.Errorf("%w: its version is %q", ErrServer, version)
	}
	major, _ := strconv.Atoi(found[1])
	minor, _ := strconv.Atoi(found[2])
	name, oldest := "MySQL", [2]int{8, 0}
	if strings.Contains(version, "MariaDB") {
		name, oldest = "MariaDB", [2]int{10, 6}
	}
	if major < oldest[0] || major == oldest[0] && minor < oldest[1] {
		return fmt.Errorf("%w: it is %s %d.%d: want %d.%d or later", ErrServer, name, major, minor, oldest[0], oldest[1])
	}
	return nil
}
