package postgres_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"regexp"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports/portstest"
)

// grants is the block that docs/postgres.md gives under "The role that serves".
func grants(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/postgres.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)\n## The role that serves\n[^#]*?```sql\n(.*?)```").FindSubmatch(text)
	require.NotNil(t, block, "docs/postgres.md has a section with a block of SQL")
	return string(block[1])
}

// serving is a role on the throwaway server, where roles can be made.
type serving struct {
	admin *pgxpool.Pool
	role  string
	url   string // the server's, for the role
}

// newServing makes a role that may log in, and no more. It drops it at the end of the test.
func newServing(t *testing.T) *serving {
	t.Helper()
	address, err := url.Parse(postgrestest.Shared(t).URL())
	require.NoError(t, err)
	var random [8]byte
	_, _ = rand.Read(random[:])
	s := &serving{admin: postgrestest.PoolOn(t, address.String(), 4), role: "jigap_role_" + hex.EncodeToString(random[:])}
	_, err = s.admin.Exec(t.Context(), "CREATE ROLE "+s.role+" LOGIN")
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := s.admin.Exec(context.Background(), "DROP OWNED BY "+s.role+"; DROP ROLE "+s.role)
		require.NoError(t, err)
	})
	address.User = url.User(s.role)
	s.url = address.String()
	return s
}

// store returns a store in a schema of the administrator's, through a pool of the role.
func (s *serving) store(t *testing.T, grants string) (store *postgres.Store, pool *pgxpool.Pool, schema string) {
	t.Helper()
	schema = postgrestest.Schema(t, s.admin)
	owner, err := postgres.New(s.admin, postgres.Config{Schema: schema})
	require.NoError(t, err)
	require.NoError(t, owner.Migrate(t.Context()))
	grants = regexp.MustCompile(`\bjigap\b`).ReplaceAllString(grants, schema)
	_, err = s.admin.Exec(t.Context(), regexp.MustCompile(`\bapp\b`).ReplaceAllString(grants, s.role))
	require.NoError(t, err)
	pool = postgrestest.PoolOn(t, s.url, 4)
	store, err = postgres.New(pool, postgres.Config{Schema: schema})
	require.NoError(t, err)
	return store, pool, schema
}

// TestGrants_are_enough runs the suite of stores as the role that serves.
func TestGrants_are_enough(t *testing.T) {
	t.Parallel()
	block, s := grants(t), newServing(t)
	stores := &recycler{t: t, build: func(t *testing.T) used {
		t.Helper()
		store, _, schema := s.store(t, block)
		return used{store, s.admin, schema}
	}}
	portstest.TestStore(t, stores.lend)
}

// TestGrants_are_no_more: the role that serves takes nothing back that was booked.
func TestGrants_are_no_more(t *testing.T) {
	t.Parallel()
	store, pool, schema := newServing(t).store(t, grants(t))
	commit(t, store, opened("w"))
	for _, statement := range []string{
		"UPDATE jigap.entries SET memo = 'other'", "DELETE FROM jigap.entries", "TRUNCATE jigap.entries",
		"DELETE FROM jigap.wallets", "DELETE FROM jigap.operations", "ALTER TABLE jigap.entries ADD COLUMN mine text",
		"UPDATE jigap.feed SET first = first", "DELETE FROM jigap.feed", "CREATE TABLE jigap.mine (n int)", "INSERT INTO jigap.migrations (version) VALUES (99)",
	} {
		_, err := pool.Exec(t.Context(), regexp.MustCompile(`\bjigap\b`).ReplaceAllString(statement, schema))
		var refused *pgconn.PgError
		require.ErrorAs(t, err, &refused, statement)
		require.Equal(t, "42501", refused.Code, statement)
	}
}
