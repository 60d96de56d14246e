package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports"
)

// TestFeed reads the feed over what happens to a server: failovers, restores, copies,
// and transactions that stay open. Readers do what ports.CursorError says.
func TestFeed(t *testing.T) {
	t.Parallel()
	postgrestest.Shared(t) // without it the test is skipped, and not its subtests alone
	t.Run("survives asynchronous failover", feedSurvivesAsynchronousFailover)
	t.Run("survives point-in-time recovery", feedSurvivesPointInTimeRecovery)
	t.Run("survives dump and restore", feedSurvivesDumpAndRestore)
	t.Run("survives a copy of each table", feedSurvivesACopyOfEachTable)
	t.Run("survives a logical replica", feedSurvivesALogicalReplica)
	t.Run("is not held by an idle transaction", feedIsNotHeldByAnIdleTransaction)
	t.Run("is held by a host's transaction for its entries only", feedIsHeldByAHostsTransactionForItsEntriesOnly)
	t.Run("is held by a prepared transaction for its entries only", feedIsHeldByAPreparedTransactionForItsEntriesOnly)
	t.Run("passes over a prepared transaction that is rolled back", feedPassesOverAPreparedTransactionThatIsRolledBack)
}

// identity is what a reader knows an entry by.
type identity struct {
	walletID string
	seq      int64
	hash     [32]byte
}

func identityOf(entry ports.Entry) identity {
	return identity{walletID: entry.WalletID, seq: entry.Seq, hash: entry.Hash}
}

// subscriber reads from cursor to cursor and acts on each entry once. It keeps its
// cursors, so that it can go back.
type subscriber struct {
	name    string
	cursors []string         // cursors[0] is the beginning, cursors[i] is behind read[i-1]
	read    []identity       // in the order of the feed
	acted   map[identity]int // how often it acted on an entry
	again   bool             // it has gone back, and passes over entries that it knows
}

func newSubscriber(name string) *subscriber {
	return &subscriber{name: name, cursors: []string{""}, acted: make(map[identity]int)}
}

func (s *subscriber) cursor() string { return s.cursors[len(s.cursors)-1] }

// follow reads to the end of the feed.
func (s *subscriber) follow(ctx context.Context, store ports.EntryReader) error {
	for {
		page, err := store.Feed(ctx, s.cursor(), 4)
		if err != nil || len(page.Entries) == 0 {
			return err
		}
		for i, entry := range page.Entries {
			known := identityOf(entry)
			if !s.again || s.acted[known] == 0 {
				s.acted[known]++
			}
			s.read = append(s.read, known)
			s.cursors = append(s.cursors, page.Cursors[i])
		}
	}
}

// goBack takes the last cursor that is still good, and returns how many entries it
// gave up.
func (s *subscriber) goBack(t *testing.T, store ports.EntryReader) int {
	t.Helper()
	given := len(s.read)
	s.again = true
	for {
		_, err := store.Feed(t.Context(), s.cursor(), 1)
		if err == nil {
			return given - len(s.read)
		}
		requireLost(t, err)
		require.NotEmpty(t, s.read, "the beginning is always good")
		s.cursors, s.read = s.cursors[:len(s.cursors)-1], s.read[:len(s.read)-1]
	}
}

// requireLost requires the error that a cursor behind lost entries yields.
func requireLost(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, ports.ErrCursor)
	var lost *ports.CursorError
	require.ErrorAs(t, err, &lost)
}

// allEntries returns every entry of a store, read from its wallets.
func allEntries(t *testing.T, store ports.Store) []identity {
	t.Helper()
	wallets, err := store.FindWallets(t.Context(), ports.WalletFilter{Limit: 1000})
	require.NoError(t, err)
	var all []identity
	for _, wallet := range wallets {
		entries, err := store.Entries(t.Context(), ports.EntryFilter{WalletID: wallet.ID, Limit: 1000})
		require.NoError(t, err)
		require.Len(t, entries, int(wallet.Seq))
		for _, entry := range entries {
			all = append(all, identityOf(entry))
		}
	}
	return all
}

// requireCaughtUp lets readers follow until they have read as many entries as there
// are. Then each has read every entry of the store once, those of a wallet in order,
// and has acted on it once.
func requireCaughtUp(t *testing.T, store ports.Store, subscribers ...*subscriber) {
	t.Helper()
	all := allEntries(t, store)
	for _, s := range subscribers {
		var err error
		require.Eventually(t, func() bool {
			err = s.follow(t.Context(), store)
			return err != nil || len(s.read) >= len(all)
		}, patience, tick, "%s has not seen all entries", s.name)
		require.NoError(t, err, s.name)
		require.ElementsMatch(t, all, s.read, "%s sees each entry once", s.name)
		seqs := make(map[string]int64)
		for _, entry := range s.read {
			require.Equal(t, seqs[entry.walletID]+1, entry.seq, "%s sees the entries of %s in order", s.name, entry.walletID)
			seqs[entry.walletID]++
			require.Equal(t, 1, s.acted[entry], "%s acts once on each entry", s.name)
		}
	}
}

// scene is a server with a store, and a wallet "w" that is written to throughout.
type scene struct {
	server *postgrestest.Server
	pool   *pgxpool.Pool
	store  *postgres.Store
}

func newScene(t *testing.T, server *postgrestest.Server) *scene {
	t.Helper()
	s := &scene{server: server, pool: postgrestest.PoolOn(t, server.URL(), 4)}
	var err error
	s.store, err = postgres.New(s.pool, postgres.Config{})
	require.NoError(t, err)
	return s
}

// primary starts a server with a store that has a few entries.
func primary(t *testing.T, settings ...string) *scene {
	t.Helper()
	s := newScene(t, postgrestest.NewServer(t, append(settings, "fsync=off")...))
	require.NoError(t, s.store.Migrate(t.Context()))
	commit(t, s.store, opened("w"))
	s.write(t, "first", 4)
	return s
}

// write commits n times: it opens wallets, and books on wallet "w" in between.
func (s *scene) write(t *testing.T, name string, n int) {
	t.Helper()
	for i := range n {
		key := fmt.Sprintf("%s-%d", name, i)
		if i%2 == 0 {
			commit(t, s.store, opened(key))
		} else {
			commit(t, s.store, booked(wallet(t, s.store, "w"), one, key))
		}
	}
}

var one = opened("").Wallets[0].Balance

// begin begins a transaction. The end of the test rolls it back if it is still open.
func begin(t *testing.T, pool *pgxpool.Pool, level pgx.TxIsoLevel) pgx.Tx {
	t.Helper()
	tx, err := pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: level})
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx
}

func (s *scene) run(t *testing.T, statement string) {
	t.Helper()
	_, err := s.pool.Exec(t.Context(), statement)
	require.NoError(t, err)
}

// caughtUp lets readers read everything.
func (s *scene) caughtUp(t *testing.T, subscribers ...*subscriber) {
	t.Helper()
	requireCaughtUp(t, s.store, subscribers...)
}

// awaitWritable waits until the server takes writes, and then runs Migrate.
func (s *scene) awaitWritable(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		var reading bool
		err := s.pool.QueryRow(t.Context(), "SELECT pg_is_in_recovery()").Scan(&reading)
		return err == nil && !reading
	}, patience, tick)
	require.NoError(t, s.store.Migrate(t.Context()))
}

// requireAllGoOn checks readers on a server that has lost entries: steady, who had read
// none of them; between, whose entries are there although the feed may not know that
// they were read; and ahead, who had read so many that are gone.
func (s *scene) requireAllGoOn(t *testing.T, steady, between, ahead *subscriber, lost int) {
	t.Helper()
	for i, more := range []int{0, lost - 5, 5, 5} { // fewer than were lost, as many, more
		s.write(t, fmt.Sprint("new", i), more)
		s.caughtUp(t, newSubscriber("a new reader"), steady)
		for _, limit := range []int{1, 100} {
			_, err := s.store.Feed(t.Context(), ahead.cursor(), limit)
			requireLost(t, err)
		}
	}
	between.goBack(t, s.store)
	require.GreaterOrEqual(t, ahead.goBack(t, s.store), lost)
	s.caughtUp(t, between, ahead)
	s.write(t, "last", 3)
	s.caughtUp(t, steady, between, ahead)
}

func feedSurvivesAsynchronousFailover(t *testing.T) {
	t.Parallel()
	old := primary(t)
	standby := old.server.NewStandby(t, "fsync=off")
	steady, between, ahead := newSubscriber("steady"), newSubscriber("between"), newSubscriber("ahead")
	old.caughtUp(t, steady, between, ahead)
	old.write(t, "unread", 5)
	old.replayed(t, standby)
	standby.Stop()
	old.caughtUp(t, between)
	old.write(t, "lost", 20)
	old.caughtUp(t, ahead)
	old.server.Crash()

	standby.Start(t)
	promoted := newScene(t, standby)
	promoted.run(t, "SELECT pg_promote(true)")
	promoted.awaitWritable(t)
	promoted.requireAllGoOn(t, steady, between, ahead, 20)
}

// replayed waits until a standby shows what was written so far.
func (s *scene) replayed(t *testing.T, standby *postgrestest.Server) {
	t.Helper()
	var position string
	require.NoError(t, s.pool.QueryRow(t.Context(), "SELECT pg_current_wal_insert_lsn()::text").Scan(&position))
	pool := postgrestest.PoolOn(t, standby.URL(), 1)
	require.Eventually(t, func() bool {
		var there bool
		err := pool.QueryRow(t.Context(), "SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn", position).Scan(&there)
		return err == nil && there
	}, patience, tick)
}

func feedSurvivesPointInTimeRecovery(t *testing.T) {
	t.Parallel()
	old := primary(t)
	steady, between, ahead := newSubscriber("steady"), newSubscriber("between"), newSubscriber("ahead")
	old.caughtUp(t, steady)
	backup := old.server.NewBackup(t, "fsync=off", "recovery_target_name=here")
	old.write(t, "kept", 5)
	old.caughtUp(t, steady)
	old.write(t, "unread", 5)
	old.run(t, "SELECT pg_create_restore_point('here')")
	old.caughtUp(t, between)
	old.write(t, "lost", 8)
	old.caughtUp(t, ahead)
	old.server.Crash()

	backup.Start(t)
	restored := newScene(t, backup)
	restored.awaitWritable(t)
	restored.requireAllGoOn(t, steady, between, ahead, 8)
}

// feedSurvivesDumpAndRestore restores a dump into a cluster that has seen fewer
// transactions, under a host that writes before it calls Migrate and at the same time.
func feedSurvivesDumpAndRestore(t *testing.T) {
	t.Parallel()
	old, young := primary(t), newScene(t, postgrestest.NewServer(t, "fsync=off"))
	dump, restore := old.server.Tool(t, "pg_dump"), young.server.Tool(t, "psql")
	old.age(t)
	steady, between, ahead := newSubscriber("steady"), newSubscriber("between"), newSubscriber("ahead")
	old.write(t, "old", 5)
	old.caughtUp(t, steady)
	old.write(t, "unread", 5)
	text, err := exec.CommandContext(t.Context(), dump, "-n", "jigap", old.server.URL()).Output()
	require.NoError(t, err)
	old.caughtUp(t, between)
	old.write(t, "lost", 8)
	old.caughtUp(t, ahead)
	old.server.Stop()

	load := exec.CommandContext(t.Context(), restore, "-X", "-q", "-v", "ON_ERROR_STOP=1", young.server.URL())
	load.Stdin = bytes.NewReader(text)
	said, err := load.CombinedOutput()
	require.NoError(t, err, "%s", said)
	young.migrateInTheMidst(t, steady)
	young.requireAllGoOn(t, steady, between, ahead, 8)
}

// age lets the server see transactions.
func (s *scene) age(t *testing.T) {
	t.Helper()
	s.run(t, "DO $$ BEGIN FOR i IN 1..3000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$")
}

// migrateInTheMidst writes before Migrate, while it runs, and in a transaction that is
// open throughout. A reader follows all along.
func (s *scene) migrateInTheMidst(t *testing.T, steady *subscriber) {
	t.Helper()
	s.write(t, "before", 4)
	require.NoError(t, steady.follow(t.Context(), s.store))
	tx := begin(t, s.pool, pgx.ReadCommitted)
	commit(t, s.store.WithTx(tx), opened("alongside"))
	done := make(chan error, 1)
	go func() { done <- s.store.Migrate(t.Context()) }()
	s.write(t, "while", 4)
	require.NoError(t, steady.follow(t.Context(), s.store))
	require.NoError(t, <-done, "Migrate has nothing to wait for")
	s.write(t, "after", 4)
	require.NoError(t, steady.follow(t.Context(), s.store))
	require.NoError(t, tx.Commit(t.Context()))
	s.caughtUp(t, steady, newSubscriber("a new reader"))
}

// feedSurvivesACopyOfEachTable moves the rows by COPY, as tools for other versions and
// other services do.
func feedSurvivesACopyOfEachTable(t *testing.T) {
	t.Parallel()
	old, young := primary(t), newScene(t, postgrestest.NewServer(t, "fsync=off"))
	old.age(t)
	steady, between, ahead := newSubscriber("steady"), newSubscriber("between"), newSubscriber("ahead")
	old.write(t, "old", 5)
	old.caughtUp(t, steady)
	old.write(t, "unread", 5)
	young.emptied(t)
	for _, table := range young.tables(t) {
		young.copyTable(t, old, table)
	}
	old.caughtUp(t, between)
	old.write(t, "lost", 8)
	old.caughtUp(t, ahead)
	old.server.Stop()
	young.migrateInTheMidst(t, steady)
	young.requireAllGoOn(t, steady, between, ahead, 8)
}

// tables returns the names of the store's tables.
func (s *scene) tables(t *testing.T) []string {
	t.Helper()
	rows, err := s.pool.Query(t.Context(), "SELECT 'jigap.' || tablename FROM pg_tables WHERE schemaname = 'jigap' ORDER BY 1")
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return tables
}

// emptied makes the store's tables, without a row.
func (s *scene) emptied(t *testing.T) {
	t.Helper()
	require.NoError(t, s.store.Migrate(t.Context()))
	s.run(t, "TRUNCATE "+strings.Join(s.tables(t), ", "))
}

func (s *scene) copyTable(t *testing.T, from *scene, table string) {
	t.Helper()
	var rows bytes.Buffer
	require.NoError(t, from.pool.AcquireFunc(t.Context(), func(conn *pgxpool.Conn) error {
		_, err := conn.Conn().PgConn().CopyTo(t.Context(), &rows, "COPY "+table+" TO STDOUT")
		return err
	}))
	require.NoError(t, pgx.BeginFunc(t.Context(), s.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "SET LOCAL session_replication_role = 'replica'") // in any order of tables
		_, problem := tx.Conn().PgConn().CopyFrom(t.Context(), &rows, "COPY "+table+" FROM STDIN")
		return errors.Join(err, problem)
	}))
}

// feedSurvivesALogicalReplica moves to a server that had subscribed to all tables while
// they were written to.
func feedSurvivesALogicalReplica(t *testing.T) {
	t.Parallel()
	old, young := primary(t, "wal_level=logical"), newScene(t, postgrestest.NewServer(t, "fsync=off"))
	old.age(t)
	steady, between := newSubscriber("steady"), newSubscriber("between")
	old.caughtUp(t, steady)
	young.emptied(t)
	old.run(t, "CREATE PUBLICATION moving FOR ALL TABLES")
	young.run(t, fmt.Sprintf("CREATE SUBSCRIPTION moving CONNECTION 'host=127.0.0.1 port=%d user=postgres dbname=postgres' PUBLICATION moving",
		old.server.Port()))
	old.write(t, "alongside", 10)
	old.caughtUp(t, steady)
	old.write(t, "unread", 5)
	old.delivered(t, young)
	old.caughtUp(t, between)
	old.delivered(t, young)
	young.run(t, "DROP SUBSCRIPTION moving")
	old.server.Stop()
	young.migrateInTheMidst(t, steady)
	young.caughtUp(t, between)
}

// delivered waits until a subscriber has every row that was written so far.
func (s *scene) delivered(t *testing.T, to *scene) {
	t.Helper()
	var position string
	require.NoError(t, s.pool.QueryRow(t.Context(), "SELECT pg_current_wal_insert_lsn()::text").Scan(&position))
	require.Eventually(t, func() bool {
		var ready, there bool
		err := to.pool.QueryRow(t.Context(), "SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel").Scan(&ready)
		problem := s.pool.QueryRow(t.Context(),
			"SELECT count(*) > 0 FROM pg_stat_replication WHERE application_name = 'moving' AND replay_lsn >= $1::text::pg_lsn", position).Scan(&there)
		return err == nil && problem == nil && ready && there
	}, patience, tick)
}

// feedIsNotHeldByAnIdleTransaction leaves transactions open that have nothing to do
// with the store, as a forgotten session or a long report does.
func feedIsNotHeldByAnIdleTransaction(t *testing.T) {
	t.Parallel()
	s := primary(t)
	s.run(t, "CREATE DATABASE other")
	s.run(t, "CREATE TABLE notes (text text)")
	other := strings.Replace(s.server.URL(), "/postgres?", "/other?", 1)
	reader := newSubscriber("reader")
	s.caughtUp(t, reader)
	for _, idle := range []struct {
		name, url, statement string
		level                pgx.TxIsoLevel
	}{
		{"in another database", other, "SELECT pg_current_xact_id()", pgx.ReadCommitted},
		{"in another database, with a snapshot", other, "SELECT count(*) FROM pg_class", pgx.RepeatableRead},
		{"in this one, with a snapshot", s.server.URL(), "SELECT count(*) FROM jigap.entries", pgx.RepeatableRead},
		{"in this one, with a row written elsewhere", s.server.URL(), "INSERT INTO notes VALUES ('mine')", pgx.ReadCommitted},
		{"in this one, serializable", s.server.URL(), "INSERT INTO notes SELECT count(*) FROM jigap.wallets", pgx.Serializable},
	} {
		t.Run(idle.name, func(t *testing.T) {
			tx := begin(t, postgrestest.PoolOn(t, idle.url, 1), idle.level)
			_, err := tx.Exec(t.Context(), idle.statement)
			require.NoError(t, err)
			s.write(t, idle.name, 4)
			s.caughtUp(t, reader, newSubscriber("a new reader"))
		})
	}
}

func feedIsHeldByAHostsTransactionForItsEntriesOnly(t *testing.T) {
	t.Parallel()
	s := primary(t)
	tx := begin(t, s.pool, pgx.ReadCommitted)
	commit(t, s.store.WithTx(tx), opened("mine"), deducted(opened("mine"), "key"))
	reader := newSubscriber("reader")
	s.write(t, "others", 6)
	s.caughtUp(t, reader) // allEntries has not seen the open ones either
	require.NoError(t, tx.Commit(t.Context()))
	s.write(t, "later", 2)
	s.caughtUp(t, reader, newSubscriber("a new reader"))
}

// prepared leaves a prepared transaction with entries of wallet "mine".
func prepared(t *testing.T) *scene {
	t.Helper()
	s := primary(t, "max_prepared_transactions=5")
	require.NoError(t, s.pool.AcquireFunc(t.Context(), func(conn *pgxpool.Conn) error {
		tx, err := conn.Begin(t.Context())
		require.NoError(t, err)
		commit(t, s.store.WithTx(tx), opened("mine"), deducted(opened("mine"), "key"))
		_, err = tx.Exec(t.Context(), "PREPARE TRANSACTION 'mine'")
		return err
	}))
	return s
}

func feedIsHeldByAPreparedTransactionForItsEntriesOnly(t *testing.T) {
	t.Parallel()
	s := prepared(t)
	reader := newSubscriber("reader")
	s.write(t, "others", 6)
	s.caughtUp(t, reader)
	s.run(t, "COMMIT PREPARED 'mine'")
	s.write(t, "later", 2)
	s.caughtUp(t, reader, newSubscriber("a new reader"))
}

func feedPassesOverAPreparedTransactionThatIsRolledBack(t *testing.T) {
	t.Parallel()
	s := prepared(t)
	reader := newSubscriber("reader")
	s.write(t, "others", 6)
	s.caughtUp(t, reader)
	s.run(t, "ROLLBACK PREPARED 'mine'")
	commit(t, s.store, opened("mine"))
	s.caughtUp(t, reader, newSubscriber("a new reader"))
}
