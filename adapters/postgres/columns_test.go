package postgres_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// widening is a store whose host adds columns of its own to its tables.
type widening struct {
	*postgres.Store
	pool    *pgxpool.Pool
	schema  string
	commits atomic.Int64
}

func newWidening(t *testing.T) *widening {
	t.Helper()
	pool := postgrestest.Pool(t, 8)
	s := &widening{pool: pool, schema: postgrestest.Schema(t, pool)}
	var err error
	s.Store, err = postgres.New(pool, postgres.Config{Schema: s.schema})
	require.NoError(t, err)
	require.NoError(t, s.Migrate(t.Context()))
	return s
}

// add adds columns to every table.
func (s *widening) add(ctx context.Context, columns ...string) error {
	rows, err := s.pool.Query(ctx, "SELECT tablename FROM pg_tables WHERE schemaname = $1", s.schema)
	if err != nil {
		return err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, table := range tables {
		for _, column := range columns {
			statement := fmt.Sprintf("ALTER TABLE %s.%s ADD COLUMN %s", s.schema, table, column)
			if _, err := s.pool.Exec(ctx, statement); err != nil {
				return err
			}
		}
	}
	return nil
}

// hosts are columns as a host may add them.
var hosts = []string{
	"tenant text", "region text DEFAULT 'kr'", "kept boolean NOT NULL DEFAULT false", "added timestamptz NOT NULL DEFAULT clock_timestamp()",
	`"order" json`, "body_length integer GENERATED ALWAYS AS (1) STORED",
}

// TestStore_columns_of_the_host runs the suite of stores on tables that have more
// columns than the store's.
func TestStore_columns_of_the_host(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	stores := &recycler{t: t, build: func(t *testing.T) used {
		t.Helper()
		s := newWidening(t)
		require.NoError(t, s.add(t.Context(), hosts...))
		require.NoError(t, s.Migrate(t.Context()))
		return used{s.Store, s.pool, s.schema}
	}}
	portstest.TestStore(t, stores.lend)
}

// Commit adds a column to every table before each of the first few commits and then,
// while others are under way, now and then.
func (s *widening) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	if n := s.commits.Add(1); n <= int64(len(hosts)) && ctx.Err() == nil {
		if err := s.add(ctx, hosts[n-1]); err != nil && ctx.Err() == nil {
			return undecided(nil, units, fmt.Errorf("add a column: %w", err), false)
		}
	} else if n%100 == 0 && n < 1000 {
		if err := s.add(ctx, fmt.Sprintf("tenant_%d text DEFAULT 'none'", n)); err != nil && ctx.Err() == nil {
			return undecided(nil, units, fmt.Errorf("add a column: %w", err), false)
		}
	}
	return s.Store.Commit(ctx, units)
}

// TestStore_while_the_host_adds_columns: statements that the store has prepared go on.
func TestStore_while_the_host_adds_columns(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	portstest.TestStore(t, func(t *testing.T) ports.Store {
		t.Helper()
		return newWidening(t)
	})
}
