package postgres_test

import (
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports"
)

func TestMigrateTogetherAndAgain(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t, 8)
	store, err := postgres.New(pool, postgres.Config{Schema: postgrestest.Schema(t, pool)})
	require.NoError(t, err)
	problems := make([]error, 8)
	var running sync.WaitGroup
	for i := range problems {
		running.Go(func() { problems[i] = store.Migrate(t.Context()) })
	}
	running.Wait()
	for _, err := range problems {
		require.NoError(t, err)
	}
	commit(t, store, opened("w"))
	require.NoError(t, store.Migrate(t.Context()))
	require.Equal(t, int64(1), wallet(t, store, "w").Version)
}

// TestMigrateAfterAToolOfTheHosts runs the files as another tool would.
func TestMigrateAfterAToolOfTheHosts(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t, 2)
	schema := postgrestest.Schema(t, pool)
	_, err := pool.Exec(t.Context(), "CREATE SCHEMA "+schema)
	require.NoError(t, err)
	files, err := fs.Glob(postgres.Migrations, "migrations/*.sql")
	require.NoError(t, err)
	for _, file := range files {
		text, err := postgres.Migrations.ReadFile(file)
		require.NoError(t, err)
		_, err = pool.Exec(t.Context(), strings.ReplaceAll(string(text), "jigap.", schema+"."), pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err)
	}
	store, err := postgres.New(pool, postgres.Config{Schema: schema})
	require.NoError(t, err)
	commit(t, store, opened("w"))
	require.NoError(t, store.Migrate(t.Context()))
	var ran int
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM "+schema+".migrations").Scan(&ran))
	require.Len(t, files, ran, "each file records itself, once")
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	_, err := postgres.New(nil, postgres.Config{})
	require.ErrorIs(t, err, ports.ErrInvalid)
	pool := postgrestest.Pool(t, 1)
	for _, name := range []string{"Jigap", "a-b", `x"; DROP`, "1st", "schema.table"} {
		_, err = postgres.New(pool, postgres.Config{Schema: name})
		require.ErrorIs(t, err, ports.ErrInvalid, name)
	}
}

func TestCommitRefusesUnitsThatBreakTheRules(t *testing.T) {
	t.Parallel()
	store := postgrestest.Store(t)
	first := opened("w")
	commit(t, store, first)
	gap := deducted(deducted(first, "a"), "b")
	gap.Wallets[0].Version--
	inner := deducted(first, "a")
	inner.Entries = append(inner.Entries, deducted(deducted(inner, ""), "c").Entries...)
	stray := deducted(first, "a")
	stray.Wallets = nil
	twice := deducted(first, "a")
	twice.Wallets = append(twice.Wallets, twice.Wallets...)
	binary := deducted(first, "a")
	binary.Entries[0].Memo = "zero byte: \x00"
	fates := store.Commit(t.Context(), []ports.Unit{gap, inner, stray, twice, binary})
	for i, fate := range fates {
		require.Equal(t, ports.FateFailed, fate.Status, "unit %d", i)
		if i < 4 {
			require.ErrorIs(t, fate.Err, ports.ErrInvalid, "unit %d", i)
		}
	}
	require.Equal(t, int64(1), wallet(t, store, "w").Version)
	fates = store.Commit(t.Context(), []ports.Unit{opened("x"), binary, deducted(first, "fine"), opened("y")})
	require.Equal(t, ports.FateFailed, fates[1].Status)
	for _, i := range []int{0, 2, 3} {
		require.Equal(t, ports.FateCommitted, fates[i].Status, "one unit that the server refuses holds back no other")
	}
	require.Equal(t, int64(1), wallet(t, store, "y").Version)
}
