package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports/portstest"
)

// TestStore_behind_a_pooler runs the suite through pgbouncer in transaction mode, with the
// settings of the pool that docs/postgres.md names.
func TestStore_behind_a_pooler(t *testing.T) {
	t.Parallel()
	postgrestest.Pooler(t) // without it the test is skipped, and not its subtests alone
	server := postgrestest.Shared(t)
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeExec, pgx.QueryExecModeCacheDescribe} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			url := server.NewPooler(t, 5)
			stores := &recycler{t: t, build: func(t *testing.T) used {
				t.Helper()
				config, err := pgxpool.ParseConfig(url)
				require.NoError(t, err)
				config.MaxConns = 4
				config.ConnConfig.DefaultQueryExecMode = mode
				pool, err := pgxpool.NewWithConfig(context.Background(), config)
				require.NoError(t, err)
				t.Cleanup(pool.Close)
				return onPool(t, pool)
			}}
			portstest.TestStore(t, stores.lend)
		})
	}
}
