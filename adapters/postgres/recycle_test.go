package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports"
)

// recycler lends empty stores, of which many were used by earlier scenarios: making the tables
// and the connections takes longer than most scenarios.
type recycler struct {
	t     *testing.T // whose end drops the schemas
	build func(t *testing.T) used

	mu   sync.Mutex
	free []used
}

// used is a store that was used and is empty again. Its pool may delete rows.
type used struct {
	store  *postgres.Store
	pool   *pgxpool.Pool
	schema string
}

// newRecycler returns a recycler of stores on pools of their own.
func newRecycler(t *testing.T) *recycler {
	t.Helper()
	return &recycler{t: t, build: func(t *testing.T) used {
		t.Helper()
		return onPool(t, postgrestest.Pool(t, 8))
	}}
}

// onPool makes a store on a pool.
func onPool(t *testing.T, pool *pgxpool.Pool) used {
	t.Helper()
	schema := postgrestest.Schema(t, pool)
	store, err := postgres.New(pool, postgres.Config{Schema: schema})
	require.NoError(t, err)
	require.NoError(t, store.Migrate(t.Context()))
	return used{store, pool, schema}
}

// lend returns an empty store.
func (r *recycler) lend(t *testing.T) ports.Store {
	t.Helper()
	return r.borrow(t).store
}

// borrow returns an empty store with its pool.
func (r *recycler) borrow(t *testing.T) used {
	t.Helper()
	lent, found := r.take()
	if !found {
		lent = r.build(r.t)
	}
	if !strings.Contains(t.Name(), "/contexts/") { // where the server may still write what was given up
		t.Cleanup(func() { r.give(t, lent) })
	}
	return lent
}

func (r *recycler) take() (used, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.free) == 0 {
		return used{}, false
	}
	last := len(r.free) - 1
	lent := r.free[last]
	r.free = r.free[:last]
	return lent, true
}

// give empties a store and keeps it for others.
func (r *recycler) give(t *testing.T, lent used) {
	t.Helper()
	const tables = "DELETE FROM %[1]s.wallets; DELETE FROM %[1]s.entries; DELETE FROM %[1]s.operations; " +
		"DELETE FROM %[1]s.feed_pending; DELETE FROM %[1]s.feed; UPDATE %[1]s.feed_head SET last = 0"
	if _, err := lent.pool.Exec(context.Background(), fmt.Sprintf(tables, lent.schema)); err != nil {
		t.Errorf("empty the tables: %v", err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free = append(r.free, lent)
}
