package postgres_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports"
)

// released are the files of the schema with the SHA-256 of each. A database that ran a file never
// runs it again: a change goes into a new file, with the next number.
func released() map[string]string {
	return map[string]string{
		"migrations/0001_init.sql":     "8fadcd70a1cf3cb82e8a46a8d40ce08d26561ef1f4749e74c290fbd37708d554",
		"migrations/0002_counters.sql": "88bc161b9e9560d59a49e1ff9359d05a56f3bff0bde8da5c08e3355f4e0c20f9",
	}
}

// TestMigrations_never_change compares the files of the schema with what was released.
func TestMigrations_never_change(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(postgres.Migrations, "migrations/*")
	require.NoError(t, err)
	sums := make(map[string]string, len(files))
	for _, file := range files {
		text, err := fs.ReadFile(postgres.Migrations, file)
		require.NoError(t, err)
		sums[file] = fmt.Sprintf("%x", sha256.Sum256(text))
	}
	require.Equal(t, released(), sums,
		"a file that was released is never changed: add a file with the next number, and list it here")
}

func TestStore_Migrate_together_and_again(t *testing.T) {
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

// TestStore_Migrate_after_a_tool_of_the_host runs the files as another tool would.
func TestStore_Migrate_after_a_tool_of_the_host(t *testing.T) {
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

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	_, err := postgres.New(nil, postgres.Config{})
	require.ErrorIs(t, err, ports.ErrInvalid)
	pool := postgrestest.Pool(t, 1)
	for _, name := range []string{"Jigap", "a-b", `x"; DROP`, "1st", "schema.table"} {
		_, err = postgres.New(pool, postgres.Config{Schema: name})
		require.ErrorIs(t, err, ports.ErrInvalid, name)
	}
}

func TestStore_Commit_refuses_malformed_units(t *testing.T) {
	t.Parallel()
	store := postgrestest.Store(t)
	first := opened("w")
	commit(t, store, first)
	gap := deducted(deducted(first, "a"), "b")
	gap.Wallets[0].Version--
	gap.Entries[0].PrevHash = first.Entries[0].Hash
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

// TestStore_Migrate_isolation migrates from several processes at once whose default
// isolation is not READ COMMITTED.
func TestStore_Migrate_isolation(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"repeatable read", "serializable"} {
		for range 5 {
			schema := postgrestest.Schema(t, postgrestest.Pool(t, 1))
			problems := make([]error, 4)
			var running sync.WaitGroup
			for i := range problems {
				store := storeWith(t, schema, 0, map[string]string{"default_transaction_isolation": level})
				running.Go(func() { problems[i] = store.Migrate(context.Background()) })
			}
			running.Wait()
			require.NoError(t, errors.Join(problems...), level)
		}
	}
}

// TestStore_Migrate_half_run has a tool stop in the middle of a file. Migrate does not take
// that for a file that ran.
func TestStore_Migrate_half_run(t *testing.T) {
	t.Parallel()
	text, err := postgres.Migrations.ReadFile("migrations/0001_init.sql")
	require.NoError(t, err)
	commands := strings.SplitAfter(string(text), ";\n")
	pool := postgrestest.Pool(t, 2)
	for ran := 1; ran < len(commands); ran++ {
		schema := postgrestest.Schema(t, pool)
		_, err = pool.Exec(t.Context(), "CREATE SCHEMA "+schema)
		require.NoError(t, err)
		for _, command := range commands[:ran] {
			if strings.TrimSpace(command) == "" {
				continue
			}
			_, err = pool.Exec(t.Context(), strings.ReplaceAll(command, "jigap.", schema+"."), pgx.QueryExecModeSimpleProtocol)
			require.NoError(t, err)
		}
		store, err := postgres.New(pool, postgres.Config{Schema: schema})
		require.NoError(t, err)
		whole := strings.Contains(strings.Join(commands[:ran], ""), "INTO jigap.migrations")
		require.Equal(t, whole, store.Migrate(t.Context()) == nil, "after %d commands", ran)
	}
}

// TestStore_Migrate_foreign_tables finds tables that are recorded as made and are not what
// this version needs, and tables of a newer version.
func TestStore_Migrate_foreign_tables(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"a table is missing":  "DROP TABLE %s.feed",
		"a column is missing": "ALTER TABLE %s.entries DROP COLUMN who",
		"a row is missing":    "DELETE FROM %s.feed_head",
		"a newer version":     "INSERT INTO %s.migrations (version) VALUES (99)",
	} {
		h := newHost(t)
		_, err := h.pool.Exec(t.Context(), fmt.Sprintf(change, h.schema))
		require.NoError(t, err)
		require.ErrorIs(t, h.store.Migrate(t.Context()), postgres.ErrServer, name)
	}
}

// TestStore_refuses_an_unfit_server uses a database whose encoding has not every text.
func TestStore_refuses_an_unfit_server(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t, 1)
	name := postgrestest.Schema(t, pool)
	_, err := pool.Exec(t.Context(), "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'EUC_KR' LOCALE 'C'")
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := pool.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
		require.NoError(t, err)
	})
	address, err := url.Parse(postgrestest.URL(t))
	require.NoError(t, err)
	address.Path = "/" + name
	store, err := postgres.New(postgrestest.PoolOn(t, address.String(), 1), postgres.Config{})
	require.NoError(t, err)
	err = store.Migrate(t.Context())
	require.ErrorIs(t, err, postgres.ErrServer)
	require.ErrorContains(t, err, "EUC_KR")
	_, err = store.Wallets(t.Context(), []string{"w"})
	require.ErrorIs(t, err, postgres.ErrServer)
	require.ErrorIs(t, store.Commit(t.Context(), []ports.Unit{opened("w")})[0].Err, postgres.ErrServer)
}

// TestStore_Migrate_functions_of_the_host: with jigap's schema in the search_path, the
// names of its types hide no function.
func TestStore_Migrate_functions_of_the_host(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	commit(t, h.store, opened("a"), opened("b"), opened("c"))
	tx, err := h.pool.Begin(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	_, err = tx.Exec(t.Context(), "SELECT set_config('search_path', $1, true)", h.schema+", public")
	require.NoError(t, err)
	for _, column := range []string{"id", "seq", "scale", "open_operations", "balance", "hash", "1", "DISTINCT id"} {
		var n int
		require.NoError(t, tx.QueryRow(t.Context(), "SELECT count("+column+") FROM wallets").Scan(&n), column)
		require.Equal(t, 3, n, column)
	}
}

// TestStore_Migrate_from_the_first_version makes the tables of the first version, with a wallet, as
// a program of then did. Afterwards that program goes on writing: it leaves alone what it does
// not know.
func TestStore_Migrate_from_the_first_version(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t, 2)
	schema := postgrestest.Schema(t, pool)
	run := func(command string) {
		t.Helper()
		_, err := pool.Exec(t.Context(), strings.ReplaceAll(command, "jigap.", schema+"."), pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err)
	}
	run("CREATE SCHEMA " + schema)
	text, err := postgres.Migrations.ReadFile("migrations/0001_init.sql")
	require.NoError(t, err)
	run(string(text))
	first := opened("w")
	run(fmt.Sprintf(`INSERT INTO jigap.wallets (version, seq, clock, opened_at, booked_at, open_operations, scale, due, id, currency, status,
		balance, balance_held, point, point_held, hash) VALUES (1, 1, 1, now(), now(), 0, 0, false, 'w', 'KRW', 'active', 0, 0, 0, 0, '\x%s')`, first.Wallets[0].Hash))
	store, err := postgres.New(pool, postgres.Config{Schema: schema})
	require.NoError(t, err)
	require.NoError(t, store.Migrate(t.Context()))
	before := wallet(t, store, "w")
	require.True(t, before.Incoming.IsZero())
	require.Zero(t, before.Credited)

	counting := before
	counting.Version++
	counting.Incoming = dec(300)
	counting.Credited = ports.CreditCount{Day: "2026-11-21", DayAmount: dec(5), Month: "2026-11", MonthAmount: dec(7)}
	commit(t, store, ports.Unit{Wallets: []ports.Wallet{counting}})
	run("UPDATE jigap.wallets SET version = version + 1, balance = 10 WHERE id = 'w'")
	after := wallet(t, store, "w")
	require.Equal(t, int64(3), after.Version)
	require.True(t, after.Incoming.Equal(dec(300)), after.Incoming)
	require.Equal(t, counting.Credited, after.Credited)
}
