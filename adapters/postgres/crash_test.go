package postgres_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports"
)

// TestCrashes kills writers and the server's processes at random moments; the machine goes
// on. It does ten rounds, or as many as JIGAP_TEST_CRASHES says.
func TestCrashes(t *testing.T) {
	t.Parallel()
	rounds := 10
	if text := os.Getenv("JIGAP_TEST_CRASHES"); text != "" {
		asked, err := strconv.Atoi(text)
		require.NoError(t, err)
		rounds = asked
	}
	server := postgrestest.NewServer(t) // fsync and synchronous_commit are on, as docs/postgres.md asks for
	store, err := postgres.New(postgrestest.PoolOn(t, server.URL(), 4), postgres.Config{})
	require.NoError(t, err)
	require.NoError(t, store.Migrate(t.Context()))
	ids := openWallets(t, store, 6)
	calls := make(map[string]call)
	started := 0
	writers := make([]*process, 3)
	start := func(i int) {
		started++
		writers[i] = startWriter(t, orders{
			URL: server.URL(), Name: fmt.Sprint(started), Wallets: ids, Workers: 6, Lane: "lane",
		})
	}
	for i := range writers {
		start(i)
	}
	random := rand.New(rand.NewPCG(11, 12))
	work := func(i int) { // every round, and the time after the last, has a writer book something
		writers[i].booked.Await(t, writers[i].booked.Count()+20+random.IntN(80))
	}
	for round := range rounds {
		victim := random.IntN(len(writers))
		work(victim)
		if round%2 == 0 {
			server.Crash()
			server.Start(t)
			continue
		}
		maps.Copy(calls, writers[victim].kill())
		start(victim)
	}
	for i, writer := range writers {
		work(i)
		maps.Copy(calls, writer.kill())
	}
	booked := audit(t, store, ids, calls)
	requireLinear(t, ids, recalled(t, store, calls))
	requireLanesRecover(t, store)
	t.Logf("%d rounds: %d calls, %d acknowledged", rounds, len(calls), booked)
}

// requireLanesRecover ends what dead writers left open, and takes the lane.
func requireLanesRecover(t *testing.T, store ports.Store) {
	t.Helper()
	open, err := store.FindOperations(t.Context(), ports.OperationFilter{Open: true, Limit: 100})
	require.NoError(t, err)
	require.LessOrEqual(t, len(open), 1, "one lane admits one open operation")
	for _, op := range open {
		commit(t, store, ports.Unit{Operations: []ports.Operation{ended(op)}})
	}
	commit(t, store, ports.Unit{Operations: []ports.Operation{hold("after the crash", "lane")}})
}

// TestFailover kills a primary that waits until its standby has flushed each commit to disk
// (synchronous_commit is on), promotes the standby, and sends the pool there.
func TestFailover(t *testing.T) {
	t.Parallel()
	primary := postgrestest.NewServer(t, "wal_level=replica", "max_wal_senders=4", "synchronous_commit=on")
	standby := primary.NewStandby(t)
	pool := postgrestest.PoolOn(t, primary.URL(), 4)
	_, err := pool.Exec(t.Context(), "ALTER SYSTEM SET synchronous_standby_names = 'standby'")
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), "SELECT pg_reload_conf()")
	require.NoError(t, err)
	store, err := postgres.New(pool, postgres.Config{})
	require.NoError(t, err)
	require.NoError(t, store.Migrate(t.Context()))
	ids := openWallets(t, store, 4)
	both := fmt.Sprintf("postgres://postgres@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable&target_session_attrs=read-write",
		primary.Port(), standby.Port())
	writer := startWriter(t, orders{URL: both, Name: "a", Wallets: ids, Workers: 8})
	writer.booked.Await(t, 100)
	primary.Crash()
	<-time.After(50 * time.Millisecond)
	after := postgrestest.PoolOn(t, standby.URL(), 4)
	_, err = after.Exec(t.Context(), "SELECT pg_promote()")
	require.NoError(t, err)
	promotion := time.Now()
	writer.booked.Await(t, writer.booked.Count()+100)
	calls := writer.kill()
	promoted, err := postgres.New(after, postgres.Config{})
	require.NoError(t, err)
	booked := audit(t, promoted, ids, calls)
	late := 0
	for _, c := range calls {
		if c.Result == "booked" && c.Returned > promotion.UnixNano() {
			late++
		}
	}
	require.Positive(t, late, "the pool must have reached the promoted standby")
	requireLinear(t, ids, recalled(t, promoted, calls))
	t.Logf("%d calls, %d acknowledged, %d of them after the failover", len(calls), booked, late)
}
