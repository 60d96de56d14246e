package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports"
)

// faulty is a store behind a proxy, and the same store without it.
type faulty struct {
	proxy  *proxy
	store  *postgres.Store
	direct *postgres.Store
	schema string
	server int // its port
}

func newFaulty(t *testing.T, connections int) *faulty {
	t.Helper()
	address, err := url.Parse(postgrestest.URL(t))
	require.NoError(t, err)
	port, err := strconv.Atoi(address.Port())
	require.NoError(t, err)
	pool := postgrestest.Pool(t, 4)
	schema := postgrestest.Schema(t, pool)
	f := &faulty{proxy: newProxy(t, port), schema: schema, server: port}
	f.direct, err = postgres.New(pool, postgres.Config{Schema: schema})
	require.NoError(t, err)
	require.NoError(t, f.direct.Migrate(t.Context()))
	address.Host = "127.0.0.1:" + strconv.Itoa(f.proxy.port())
	f.store, err = postgres.New(postgrestest.PoolOn(t, address.String(), connections), postgres.Config{Schema: schema})
	require.NoError(t, err)
	return f
}

// prepared opens wallet w through the proxy, so that the connection knows the
// statement and the next commit is one request.
func (f *faulty) prepared(t *testing.T) ports.Unit {
	t.Helper()
	first := opened("w")
	commit(t, f.store, first)
	second := deducted(first, "warm")
	commit(t, f.store, second)
	return second
}

func TestStore_Commit_looks_up_what_a_lost_connection_left(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	for _, next := range []fault{none, cutBefore, cutMiddle, cutAfter, late, slow} {
		t.Run(faultNames[next], func(t *testing.T) {
			t.Parallel()
			f := newFaulty(t, 1)
			unit := f.prepared(t)
			struck := make(chan struct{})
			f.proxy.strike(next, func() { close(struck) })
			paid := deducted(unit, "key")
			fates := f.store.Commit(t.Context(), []ports.Unit{paid, opened("w"), opened("fresh")})
			require.Equal(t, ports.FateCommitted, fates[0].Status, "%v", fates[0].Err)
			require.Equal(t, ports.FateConflict, fates[1].Status)
			require.Equal(t, ports.FateCommitted, fates[2].Status, "%v", fates[2].Err)
			if next != none && next != slow {
				<-struck
			}
			require.Equal(t, paid.Wallets[0].Version, wallet(t, f.direct, "w").Version)
			require.True(t, keyed(t, f.direct, "w", "key"))
			commit(t, f.store, deducted(paid, "next"))
		})
	}
}

func TestStore_Commit_looks_up_units_without_entries(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	for _, next := range []fault{cutBefore, cutAfter, late} {
		t.Run(faultNames[next], func(t *testing.T) {
			t.Parallel()
			f := newFaulty(t, 1)
			unit := f.prepared(t)
			op := hold("o", "lane")
			commit(t, f.store, ports.Unit{Operations: []ports.Operation{op}})
			claimed := op.Clone()
			claimed.Head().Version, claimed.Head().DueAt = 2, noon
			f.proxy.strike(next, nil)
			commit(t, f.store, ports.Unit{Operations: []ports.Operation{claimed}})
			watched := ports.Unit{Wallets: slices.Clone(unit.Wallets)}
			watched.Wallets[0].Version++
			watched.Wallets[0].OpenOperations = 3
			f.proxy.strike(next, nil)
			commit(t, f.store, watched)
			require.Equal(t, 3, wallet(t, f.direct, "w").OpenOperations)
		})
	}
}

func TestStore_Commit_write_of_a_rival_is_not_its_own(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, 1)
	unit := f.prepared(t)
	f.proxy.strike(cutBefore, func() { f.direct.Commit(context.Background(), []ports.Unit{deducted(unit, "rival")}) })
	fate := f.store.Commit(t.Context(), []ports.Unit{deducted(unit, "mine")})[0]
	require.Equal(t, ports.FateConflict, fate.Status)
	require.Equal(t, []string{"w"}, fate.IDs)
	require.False(t, keyed(t, f.direct, "w", "mine"))
}

func TestStore_Commit_undecided(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, 1)
	f.prepared(t)
	op := hold("o", "")
	commit(t, f.store, ports.Unit{Operations: []ports.Operation{op}})
	next := op.Clone()
	next.Head().Version = 2
	last := op.Clone()
	last.Head().Version = 3
	f.proxy.strike(cutAfter, func() { // written, then written again by another process, before the answer could be looked for
		f.direct.Commit(context.Background(), []ports.Unit{{Operations: []ports.Operation{last}}})
	})
	fate := f.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{next}}})[0]
	require.Equal(t, ports.FateUndecided, fate.Status)
	require.ErrorIs(t, fate.Err, ports.ErrUndecided)
}

func TestStore_Commit_undecided_when_the_context_ends(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, 2) // the driver takes its time to give up the connection
	unit := f.prepared(t)
	f.proxy.strike(halfOpen, nil)
	ctx, cancel := context.WithTimeout(t.Context(), lateness)
	defer cancel()
	paid := deducted(unit, "key")
	fate := f.store.Commit(ctx, []ports.Unit{paid})[0]
	require.Equal(t, ports.FateUndecided, fate.Status)
	require.ErrorIs(t, fate.Err, ports.ErrUndecided)
	require.ErrorIs(t, fate.Err, context.DeadlineExceeded)
	require.False(t, keyed(t, f.direct, "w", "key")) // its key tells
	commit(t, f.store, paid)
	f.proxy.cut()
}

func TestStore_Commit_failed_when_nothing_left(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, 1)
	unit := f.prepared(t)
	f.proxy.setDown(true)
	fate := f.store.Commit(t.Context(), []ports.Unit{opened("new")})[0]
	require.Contains(t, []ports.FateStatus{ports.FateFailed, ports.FateUndecided}, fate.Status)
	fate = f.store.Commit(t.Context(), []ports.Unit{opened("new")})[0] // now the pool knows
	require.Equal(t, ports.FateFailed, fate.Status)
	f.proxy.setDown(false)
	commit(t, f.store, deducted(unit, "key"), opened("new"))
}

func TestStore_Commit_looks_up_when_the_server_is_back(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, 2)
	unit := f.prepared(t)
	f.proxy.strike(cutAfter, func() {
		f.proxy.setDown(true)
		time.AfterFunc(2*lateness, func() { f.proxy.setDown(false) })
	})
	paid := deducted(unit, "key")
	commit(t, f.store, paid)
	require.Equal(t, paid.Wallets[0].Version, wallet(t, f.direct, "w").Version)
}

// TestStore_Commit_random_faults lets writers append to wallets of their own through a
// proxy that strikes at random, and compares what they were told with what is there.
func TestStore_Commit_random_faults(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, 4)
	stop := make(chan struct{})
	var striking, writing sync.WaitGroup
	striking.Go(func() {
		random := rand.New(rand.NewPCG(3, 5))
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				f.proxy.strike([]fault{cutBefore, cutMiddle, cutAfter, late, slow}[random.IntN(5)], nil)
			}
		}
	})
	told := make([]map[string]ports.FateStatus, 6)
	for writer := range told {
		writing.Go(func() { told[writer] = f.write(t.Context(), fmt.Sprint(writer), 50) })
	}
	writing.Wait()
	close(stop)
	striking.Wait()
	<-time.After(3 * lateness) // requests that are still late
	for writer, fates := range told {
		id := fmt.Sprint(writer)
		for key, status := range fates {
			switch status { //nolint:exhaustive // others say that nothing was written
			case ports.FateCommitted:
				require.True(t, keyed(t, f.direct, id, key), "lost %s/%s", id, key)
			case ports.FateUndecided:
			default:
				require.False(t, keyed(t, f.direct, id, key), "%s/%s was reported as %d and is there", id, key, status)
			}
		}
	}
}

// write commits n deducts and returns what it was told of each key.
func (f *faulty) write(ctx context.Context, id string, n int) map[string]ports.FateStatus {
	told := make(map[string]ports.FateStatus)
	for i := range n {
		wallets, err := f.direct.Wallets(ctx, []string{id})
		if err != nil {
			return told
		}
		unit := opened(id)
		if len(wallets) == 1 {
			unit = booked(wallets[0], unit.Wallets[0].Balance, fmt.Sprint(i))
		} else {
			unit.Entries[0].Key = fmt.Sprint(i)
		}
		told[fmt.Sprint(i)] = f.store.Commit(ctx, []ports.Unit{unit})[0].Status
	}
	return told
}
