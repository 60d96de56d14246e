package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/ports"
)

const inMemory = "memory"

// openStore opens a store with nothing in it, and returns what removes it.
func openStore(ctx context.Context, where string) (ports.Store, func(), error) {
	if where == inMemory {
		return memory.New(), func() {}, nil
	}
	pool, err := pgxpool.New(ctx, where)
	if err != nil {
		return nil, nil, err
	}
	schema := "jigap_quickstart_" + strings.ToLower(rand.Text()[:12])
	store, err := postgres.New(pool, postgres.Config{Schema: schema})
	if err == nil {
		err = store.Migrate(ctx)
	}
	if err != nil {
		pool.Close()
		return nil, nil, fmt.Errorf("open the store: %w", err)
	}
	return store, func() {
		_, _ = pool.Exec(context.WithoutCancel(ctx), "DROP SCHEMA IF EXISTS "+schema+" CASCADE")
		pool.Close()
	}, nil
}
