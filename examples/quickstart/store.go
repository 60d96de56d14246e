package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jigap/jigap/internal/storeurl"
	"github.com/jigap/jigap/ports"
)

const inMemory = "memory:"

// openStore opens a store with nothing in it, and returns what closes it. A file of SQLite is new, and stays; a
// schema of PostgreSQL is removed.
func openStore(ctx context.Context, where string) (ports.Store, func(), error) {
	if file, is := strings.CutPrefix(where, "sqlite:"); is {
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fmt.Errorf("open the store: %s is there already: the story begins with a new file", file)
		}
	}
	schema := "jigap_quickstart_" + strings.ToLower(rand.Text()[:12])
	opened, err := storeurl.Open(ctx, where, storeurl.Config{Schema: schema})
	if err != nil {
		return nil, nil, err
	}
	remove := func() {
		if strings.HasPrefix(where, "postgres") {
			drop(context.WithoutCancel(ctx), where, schema)
		}
		_ = opened.Close()
	}
	if err := opened.Migrate(ctx); err != nil {
		remove()
		return nil, nil, fmt.Errorf("open the store: %w", err)
	}
	return opened.Store, remove, nil
}

// drop drops a schema.
func drop(ctx context.Context, url, schema string) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return
	}
	defer pool.Close()
	_, _ = pool.Exec(ctx, "DROP SCHEMA IF EXISTS "+schema+" CASCADE")
}
