// Package storeurl opens the store that a URL names, for commands and examples: "memory:" keeps everything in
// memory, "sqlite:wallets.db" in one file of SQLite, "postgres://…" in a PostgreSQL database, and "mysql://…" in one of
// MySQL or MariaDB.
package storeurl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	driver "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/mysql"
	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/sqlite"
	"github.com/jigap/jigap/ports"
)

// Usage says which URLs there are.
const Usage = "memory:, sqlite:<file>, postgres://<user>@<host>/<database> or mysql://<user>@<host>/<database>"

// Config sets up what is opened.
type Config struct {
	Schema string // of the tables in PostgreSQL; blank: the default of its store
}

// Opened is a store that was opened.
type Opened struct {
	Store ports.Store
	// Migrate brings its tables to the state that this version needs. It does nothing in memory.
	Migrate func(ctx context.Context) error
	// Close ends the store, and the connections that Open made.
	Close func() error
}

// Open opens the store that a URL names. It returns an error that matches [ports.ErrInvalid] for a URL that
// names none.
func Open(ctx context.Context, where string, config Config) (*Opened, error) {
	scheme, rest, _ := strings.Cut(where, ":")
	switch {
	case where == "memory" || where == "memory:":
		return &Opened{memory.New(), func(context.Context) error { return nil }, func() error { return nil }}, nil
	case scheme == "sqlite" && rest != "":
		store, err := sqlite.Open(ctx, rest, sqlite.Config{})
		if err != nil {
			return nil, err
		}
		return &Opened{store, store.Migrate, store.Close}, nil
	case (scheme == "postgres" || scheme == "postgresql") && strings.HasPrefix(rest, "//"):
		return openPostgres(ctx, where, config)
	case scheme == "mysql" && strings.HasPrefix(rest, "//"):
		return openMySQL(ctx, where)
	}
	return nil, fmt.Errorf("open store: %w", ports.Invalid("store", "names no store: want %s", Usage))
}

// openMySQL opens the database that a URL names. What follows a question mark is of the driver.
func openMySQL(ctx context.Context, text string) (*Opened, error) {
	place, err := url.Parse(text)
	if err != nil || place.Hostname() == "" {
		return nil, fmt.Errorf("open store: %w", ports.Invalid("store", "is no URL of a MySQL database"))
	}
	password, _ := place.User.Password()
	name := driver.NewConfig()
	name.User, name.Passwd, name.Net, name.DBName = place.User.Username(), password, "tcp", strings.TrimPrefix(place.Path, "/")
	name.Addr = net.JoinHostPort(place.Hostname(), cmp.Or(place.Port(), "3306"))
	whole := name.FormatDSN()
	if place.RawQuery != "" {
		whole += map[bool]string{true: "&", false: "?"}[strings.Contains(whole, "?")] + place.RawQuery
	}
	store, err := mysql.Open(ctx, whole, mysql.Config{})
	if err != nil {
		return nil, err
	}
	return &Opened{store, store.Migrate, store.Close}, nil
}

func openPostgres(ctx context.Context, where string, config Config) (*Opened, error) {
	pool, err := pgxpool.New(ctx, where)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", errors.Join(ports.Invalid("store", "is no URL of a PostgreSQL database"), err))
	}
	store, err := postgres.New(pool, postgres.Config{Schema: config.Schema})
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &Opened{store, store.Migrate, func() error { pool.Close(); return nil }}, nil
}
