package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// storeWith returns a store on a schema that exists, through connections with these
// settings of the server.
func storeWith(t *testing.T, schema string, timeout time.Duration, settings map[string]string) *postgres.Store {
	t.Helper()
	config, err := pgxpool.ParseConfig(postgrestest.URL(t))
	require.NoError(t, err)
	for name, value := range settings {
		config.ConnConfig.RuntimeParams[name] = value
	}
	config.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	store, err := postgres.New(pool, postgres.Config{Schema: schema, Timeout: timeout})
	require.NoError(t, err)
	return store
}

// begin begins a transaction that is rolled back at the end of the test if it is open.
func (h *host) begin(t *testing.T) pgx.Tx {
	t.Helper()
	tx, err := h.pool.Begin(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx
}

// TestStore_Commit_is_independent has one unit of a call that cannot be written now or
// ever. The others are written.
func TestStore_Commit_is_independent(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	fine := []ports.Unit{deducted(opened("b"), "k"), opened("fresh"), operations(hold("fine", "own lane"))}
	for name, c := range map[string]struct {
		outside func(t *testing.T, h *host)
		unit    ports.Unit
		fate    ports.FateStatus
	}{
		"a row is locked": {func(t *testing.T, h *host) {
			t.Helper()
			_, err := h.begin(t).Exec(t.Context(), "SELECT FROM "+h.schema+".wallets WHERE id = 'a' FOR UPDATE")
			require.NoError(t, err)
		}, deducted(opened("a"), "k"), ports.FateBusy},
		"an operation is locked": {func(t *testing.T, h *host) {
			t.Helper()
			_, err := h.begin(t).Exec(t.Context(), "SELECT FROM "+h.schema+".operations WHERE id = 'o' FOR UPDATE")
			require.NoError(t, err)
		}, with(deducted(opened("a"), "k"), ended(hold("o", ""))), ports.FateBusy},
		"a new wallet is made elsewhere": {func(t *testing.T, h *host) {
			t.Helper()
			commit(t, h.store.WithTx(h.begin(t)), opened("x"))
		}, opened("x"), ports.FateBusy},
		"a lane is taken elsewhere": {func(t *testing.T, h *host) {
			t.Helper()
			commit(t, h.store.WithTx(h.begin(t)), operations(hold("p", "lane")))
		}, operations(hold("q", "lane")), ports.FateBusy},
		"a history goes on behind its wallet": {func(t *testing.T, h *host) {
			t.Helper()
			_, err := h.pool.Exec(t.Context(), fmt.Sprintf(`INSERT INTO %[1]s.entries SELECT (e).* FROM (
				SELECT jsonb_populate_record(e, '{"seq": 2}') AS e FROM %[1]s.entries e WHERE wallet_id = 'a') e`, h.schema))
			require.NoError(t, err)
		}, deducted(opened("a"), "k"), ports.FateFailed},
		"a trigger of the host refuses it": {func(t *testing.T, h *host) {
			t.Helper()
			_, err := h.pool.Exec(t.Context(), fmt.Sprintf(`
				CREATE FUNCTION %[1]s.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$;
				CREATE TRIGGER refuse BEFORE INSERT ON %[1]s.entries FOR EACH ROW WHEN (NEW.wallet_id = 'a') EXECUTE FUNCTION %[1]s.refuse()`,
				h.schema), pgx.QueryExecModeSimpleProtocol)
			require.NoError(t, err)
		}, deducted(opened("a"), "k"), ports.FateFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, setting := range []string{"", "lock_timeout", "statement_timeout"} {
				h := newHost(t)
				commit(t, h.store, opened("a"), opened("b"), operations(hold("o", "")))
				c.outside(t, h)
				settings := map[string]string{}
				if setting != "" {
					settings[setting] = "3s"
				}
				store := storeWith(t, h.schema, 0, settings)
				fates := store.Commit(t.Context(), append([]ports.Unit{c.unit}, fine...))
				require.Equal(t, c.fate, fates[0].Status, "%v %v", fates[0].IDs, fates[0].Err)
				for i, fate := range fates[1:] {
					require.Equal(t, ports.FateCommitted, fate.Status, "%v %v", fate.IDs, fate.Err)
					h.requireWhole(t, fine[i])
				}
			}
		})
	}
}

// within fails the test when call does not return in the time that tests wait.
func within[T any](t *testing.T, call func() T) T {
	t.Helper()
	result := make(chan T, 1)
	go func() { result <- call() }()
	select {
	case got := <-result:
		return got
	case <-time.After(patience):
		require.Fail(t, "the call has no bound")
		panic("unreachable")
	}
}

// TestStore_bounds_its_calls has a server that does not answer any more, a pool without
// a free connection, and a server that is gone.
func TestStore_bounds_its_calls(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	const bound = 1500 * time.Millisecond
	reads := func(store ports.Store) map[string]error {
		_, wallets := store.Wallets(context.Background(), []string{"w"})
		_, entries := store.Entries(context.Background(), ports.EntryFilter{WalletID: "w", Limit: 1})
		_, operations := store.FindOperations(context.Background(), ports.OperationFilter{Limit: 1})
		_, feed := store.Feed(context.Background(), "", 1)
		_, locked := store.(ports.Locker).CommitLocked(context.Background(), "w", func(ports.Store) []ports.Unit { panic("not locked") })
		return map[string]error{"wallets": wallets, "entries": entries, "operations": operations, "feed": feed, "locked": locked}
	}
	t.Run("server does not answer", func(t *testing.T) {
		t.Parallel()
		f := newFaulty(t, 4)
		unit := f.prepared(t)
		store := f.bounded(t, bound)
		commit(t, store, deducted(unit, "warm again"))
		f.proxy.setDeaf(true)
		fate := within(t, func() ports.Fate {
			return store.Commit(context.Background(), []ports.Unit{deducted(deducted(unit, "warm again"), "k")})[0]
		})
		require.Contains(t, []ports.FateStatus{ports.FateUndecided, ports.FateFailed}, fate.Status)
		require.ErrorIs(t, fate.Err, ports.ErrUnavailable)
		for name, err := range within(t, func() map[string]error { return reads(store) }) {
			require.True(t, errors.Is(err, ports.ErrUnavailable) || errors.Is(err, ports.ErrBusy), "%s: %v", name, err)
		}
		f.proxy.setDeaf(false)
		f.proxy.cut()
	})
	t.Run("pool has no connection left", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		commit(t, h.store, opened("w"))
		pool := postgrestest.Pool(t, 1)
		store, err := postgres.New(pool, postgres.Config{Schema: h.schema, Timeout: bound})
		require.NoError(t, err)
		commit(t, store, opened("other"))
		conn, err := pool.Acquire(t.Context())
		require.NoError(t, err)
		fate := within(t, func() ports.Fate {
			return store.Commit(context.Background(), []ports.Unit{deducted(opened("w"), "k")})[0]
		})
		require.Equal(t, ports.FateFailed, fate.Status)
		require.ErrorIs(t, fate.Err, ports.ErrUnavailable)
		for name, err := range within(t, func() map[string]error { return reads(store) }) {
			require.True(t, errors.Is(err, ports.ErrUnavailable) || errors.Is(err, ports.ErrBusy), "%s: %v", name, err)
		}
		conn.Release()
		commit(t, store, deducted(opened("w"), "k"))
	})
	t.Run("table is locked by a migration of the host", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		commit(t, h.store, opened("w"))
		tx := h.begin(t)
		_, err := tx.Exec(t.Context(), "LOCK TABLE "+h.schema+".wallets")
		require.NoError(t, err)
		store := storeWith(t, h.schema, bound, nil)
		fate := within(t, func() ports.Fate {
			return store.Commit(context.Background(), []ports.Unit{deducted(opened("w"), "k")})[0]
		})
		require.Equal(t, ports.FateUndecided, fate.Status)
		require.NoError(t, tx.Rollback(t.Context()))
		require.Eventually(t, func() bool {
			fate := h.store.Commit(t.Context(), []ports.Unit{deducted(opened("w"), "k")})[0]
			return fate.Status == ports.FateCommitted || fate.Status == ports.FateConflict
		}, patience, tick)
		require.True(t, keyed(t, h.store, "w", "k"))
	})
	t.Run("a wallet stays locked", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		commit(t, h.store, opened("w"))
		_, err := h.begin(t).Exec(t.Context(), "SELECT FROM "+h.schema+".wallets FOR UPDATE")
		require.NoError(t, err)
		store := storeWith(t, h.schema, bound, nil)
		err = within(t, func() error {
			_, err := store.CommitLocked(context.Background(), "w", func(ports.Store) []ports.Unit { panic("not locked") })
			return err
		})
		require.ErrorIs(t, err, ports.ErrBusy)
		tx, err := h.pool.Begin(t.Context())
		require.NoError(t, err)
		err = within(t, func() error {
			_, err := store.WithTx(tx).LockWallets(context.Background(), []string{"w"})
			return err
		})
		require.ErrorIs(t, err, ports.ErrBusy)
		fate := within(t, func() ports.Fate {
			return store.WithTx(tx).Commit(context.Background(), []ports.Unit{deducted(opened("w"), "k")})[0]
		})
		require.Equal(t, ports.FateBusy, fate.Status)
		commit(t, store.WithTx(tx), opened("usable")) // the transaction still is
		var setting string
		require.NoError(t, tx.QueryRow(t.Context(), "SHOW lock_timeout").Scan(&setting))
		require.Equal(t, "0", setting, "the settings of the host's transaction are its own")
		require.NoError(t, tx.Commit(t.Context()))
	})
}

// TestStore_bounds runs the suite of stores that stall, on a proxy that can stop.
func TestStore_bounds(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	portstest.TestStoreBounds(t, portstest.StoreBounds{
		Bound: patience,
		New: func(t *testing.T) portstest.StalledStore {
			t.Helper()
			f := newFaulty(t, 4)
			store := f.bounded(t, time.Second)
			t.Cleanup(f.proxy.resume)
			_, err := store.Wallets(t.Context(), []string{"w"}) // connects
			require.NoError(t, err)
			return portstest.StalledStore{Store: store, Stall: f.proxy.stall, Resume: f.proxy.resume}
		},
	})
}

// bounded returns a store behind the proxy with a bound of its own.
func (f *faulty) bounded(t *testing.T, bound time.Duration) *postgres.Store {
	t.Helper()
	config, err := pgxpool.ParseConfig(strings.Replace(postgrestest.URL(t), fmt.Sprint(f.server), fmt.Sprint(f.proxy.port()), 1))
	require.NoError(t, err)
	config.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	store, err := postgres.New(pool, postgres.Config{Schema: f.schema, Timeout: bound, TotalsTimeout: bound})
	require.NoError(t, err)
	return store
}

// TestStore_Commit_lane_in_doubt delays a statement that asks for a lane which another
// operation has. Commit must not say that the lane is taken: the lane can be free by the
// time the statement arrives.
func TestStore_Commit_lane_in_doubt(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, 2)
	f.prepared(t)
	holder := hold("holder", "lane")
	commit(t, f.direct, operations(holder))
	commit(t, f.store, operations(hold("warm", "another")))
	f.proxy.strike(late, nil)
	fate := f.store.Commit(t.Context(), []ports.Unit{operations(hold("q", "lane"))})[0]
	require.Equal(t, ports.FateUndecided, fate.Status, "%v", fate.IDs)
	require.ErrorIs(t, fate.Err, ports.ErrUndecided)
}

// TestStore_CommitLocked waits for a wallet that the host has, then decides on what it
// is then.
func TestStore_CommitLocked(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	deduct := func(t *testing.T, key string) func(ports.Store) []ports.Unit {
		t.Helper()
		return func(locked ports.Store) []ports.Unit {
			wallets, err := locked.Wallets(t.Context(), []string{"w"})
			if err != nil || len(wallets) == 0 {
				t.Error(wallets, err)
				return nil
			}
			return []ports.Unit{booked(wallets[0], decimal.NewFromInt(-1), key)}
		}
	}
	for _, connections := range []int{1, 2, 8} {
		t.Run(fmt.Sprintf("waits for its turn, with a pool of %d", connections), func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			first := opened("w")
			commit(t, h.store, first)
			store, err := postgres.New(postgrestest.Pool(t, connections), postgres.Config{Schema: h.schema})
			require.NoError(t, err)
			tx := h.begin(t)
			commit(t, h.store.WithTx(tx), deducted(first, "host"))
			type result struct {
				fates []ports.Fate
				err   error
			}
			got := make(chan result, 1)
			go func() {
				fates, err := store.CommitLocked(context.Background(), "w", deduct(t, "mine"))
				got <- result{fates, err}
			}()
			if connections > 2 {
				h.awaitWaiter(t, tx)
			}
			require.NoError(t, tx.Commit(t.Context()))
			r := <-got
			require.NoError(t, r.err)
			require.Equal(t, ports.FateCommitted, r.fates[0].Status, "%v", r.fates[0].Err)
			require.Equal(t, int64(3), wallet(t, h.store, "w").Version)
			require.True(t, keyed(t, h.store, "w", "mine"))
		})
	}
	t.Run("makes a wallet that does not exist", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		fates, err := h.store.CommitLocked(t.Context(), "new", func(ports.Store) []ports.Unit { return []ports.Unit{opened("new")} })
		require.NoError(t, err)
		require.Equal(t, ports.FateCommitted, fates[0].Status)
	})
	t.Run("writes nothing when decide returns nothing or panics", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		commit(t, h.store, opened("w"))
		fates, err := h.store.CommitLocked(t.Context(), "w", func(ports.Store) []ports.Unit { return nil })
		require.NoError(t, err)
		require.Empty(t, fates)
		require.Panics(t, func() {
			_, _ = h.store.CommitLocked(t.Context(), "w", func(ports.Store) []ports.Unit { panic("a rule") })
		})
		commit(t, h.store, deducted(opened("w"), "the lock is free"))
	})
	t.Run("finds out what became of a COMMIT whose answer is lost", func(t *testing.T) {
		t.Parallel()
		for _, next := range []fault{cutBefore, cutAfter} {
			f := newFaulty(t, 4)
			f.prepared(t)
			fates, err := f.store.CommitLocked(t.Context(), "w", func(locked ports.Store) []ports.Unit {
				units := deduct(t, "mine")(locked)
				f.proxy.strikeOn("commit\x00", next)
				return units
			})
			require.NoError(t, err)
			require.Equal(t, ports.FateCommitted, fates[0].Status, "%v", fates[0].Err)
			require.True(t, keyed(t, f.direct, "w", "mine"))
			require.Equal(t, int64(3), wallet(t, f.direct, "w").Version)
		}
	})
	t.Run("refusals are as those of Commit", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		first := opened("w")
		commit(t, h.store, first, deducted(first, "k"))
		fates, err := h.store.CommitLocked(t.Context(), "w", func(ports.Store) []ports.Unit {
			return []ports.Unit{deducted(first, "stale"), deducted(deducted(first, "k"), "k"), deducted(deducted(first, "k"), "fine")}
		})
		require.NoError(t, err)
		require.Equal(t, ports.FateConflict, fates[0].Status)
		require.Equal(t, ports.FateKeyTaken, fates[1].Status)
		require.Equal(t, ports.FateCommitted, fates[2].Status)
	})
}

// TestStore_reads_at_SERIALIZABLE reads and writes through connections whose default is
// SERIALIZABLE. No serialization failure reaches the caller.
func TestStore_reads_at_SERIALIZABLE(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	store := storeWith(t, h.schema, 0, map[string]string{"default_transaction_isolation": "serializable"})
	commit(t, store, opened("a"), opened("b"))
	failed := make(chan error, 8)
	for worker := range 8 {
		go func() {
			for call := range 15 {
				id := []string{"a", "b"}[(worker+call)%2]
				wallets, err := store.Wallets(context.Background(), []string{"a", "b"})
				if err == nil {
					_, err = store.EntriesByKey(context.Background(), []ports.EntryKey{{WalletID: id, Key: "none"}})
				}
				if err != nil {
					failed <- err
					return
				}
				for i := range wallets {
					if wallets[i].ID == id {
						store.Commit(context.Background(), []ports.Unit{booked(wallets[i], decimal.NewFromInt(-1), fmt.Sprint(worker, call))})
					}
				}
			}
			failed <- nil
		}()
	}
	for range 8 {
		require.NoError(t, <-failed)
	}
}

// TestStore_reads_are_sent_again has a server refuse a read because of other transactions.
func TestStore_reads_are_sent_again(t *testing.T) {
	t.Parallel()
	end := errors.New("another error")
	for _, code := range []string{"40001", "40P01"} {
		queries, err := postgres.ReadAgain(t.Context(), code, 3, end)
		require.ErrorIs(t, err, end)
		require.Equal(t, 4, queries)
		queries, err = postgres.ReadAgain(t.Context(), code, 1000, end)
		require.NotErrorIs(t, err, end)
		require.Less(t, queries, 100)
	}
	queries, err := postgres.ReadAgain(t.Context(), "42501", 3, end)
	require.NotErrorIs(t, err, end)
	require.Equal(t, 1, queries, "a refusal that stands")
}

// TestStore_Commit_is_sent_again: what the server refuses because of another transaction is
// sent again, up to twelve times in all. What collides with a record that another made is
// sent up to five times, as the next try sees it. A refusal that stands is sent once.
func TestStore_Commit_is_sent_again(t *testing.T) {
	t.Parallel()
	for code, tries := range map[string]int{"40001": 12, "40P01": 12, "23505": 5, "23514": 1, "42501": 1} {
		require.Equal(t, tries, postgres.Tries(&pgconn.PgError{Severity: "ERROR", Code: code}), code)
	}
}

// TestTxStore_at_REPEATABLE_READ has a record made by another transaction since the
// host's began: the host is told to begin again.
func TestTxStore_at_REPEATABLE_READ(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	tx, err := h.pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	require.NoError(t, err)
	_, err = h.store.WithTx(tx).Wallets(t.Context(), []string{"w"}) // takes the snapshot
	require.NoError(t, err)
	commit(t, h.store, opened("w"))
	fate := h.store.WithTx(tx).Commit(t.Context(), []ports.Unit{opened("w")})[0]
	require.Equal(t, ports.FateFailed, fate.Status)
	require.ErrorIs(t, fate.Err, postgres.ErrBeginAgain)
	require.NoError(t, tx.Rollback(t.Context()))
}

// TestJudge asks of answers to a COMMIT, or to a statement that commits, which ones leave
// open whether it was written.
func TestJudge(t *testing.T) {
	t.Parallel()
	for code, open := range map[string]bool{
		"XX000": true, "08006": true, "08003": true, "08007": true, "40003": true, "53100": true, "58030": true, "57P01": true, "F0000": true,
		"40001": false, "40P01": false, "23505": false, "23514": false, "22P02": false, "42501": false, "25006": false, "55P03": false, "57014": false,
	} {
		require.Equal(t, open, postgres.Judge(&pgconn.PgError{Severity: "ERROR", Code: code}), code)
		require.True(t, postgres.Judge(&pgconn.PgError{Severity: "FATAL", Code: code}), code)
	}
	require.True(t, postgres.Judge(errors.New("connection reset")))
}

// TestStore_FindOperations_plans looks at the plans of the lists for operators, with many
// ended records.
func TestStore_FindOperations_plans(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	_, err := h.pool.Exec(t.Context(), fmt.Sprintf(`INSERT INTO %[1]s.operations (version, open, id, kind, wallet_id, status, body)
		SELECT 1, false, 'o' || lpad(i::text, 8, '0'), (ARRAY['recharge', 'withdrawal', 'policy', 'cancellation'])[1 + i %% 4], 'w' || i %% 1000, 'approved', '{}'
		FROM generate_series(1, 50000) i;
		INSERT INTO %[1]s.operations (version, open, id, kind, wallet_id, status, due_at, body)
		SELECT 1, true, 'h' || lpad(i::text, 8, '0'), 'hold', 'w' || i %% 1000, 'held', now() + i * interval '1 second', '{}'
		FROM generate_series(1, 20000) i; ANALYZE %[1]s.operations`, h.schema), pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	for name, filter := range map[string]ports.OperationFilter{
		"recharges to review":     {Kind: ports.KindRecharge, Statuses: ports.Statuses(ports.RechargeReview, ports.RechargeDisputed), Limit: 100},
		"cancellations to review": {Kind: ports.KindCancellation, Statuses: ports.Statuses(ports.RechargeReview), Open: true, Limit: 100},
		"withdrawals to review":   {Kind: ports.KindWithdrawal, Statuses: ports.Statuses(ports.WithdrawalReview, ports.WithdrawalDisputed), Limit: 100},
		"withdrawals to approve":  {Kind: ports.KindWithdrawal, Statuses: ports.Statuses(ports.WithdrawalRequested), Open: true, Limit: 100},
		"withdrawals under way": {Kind: ports.KindWithdrawal, Open: true, Limit: 100, Statuses: ports.Statuses(
			ports.WithdrawalApproved, ports.WithdrawalSending, ports.WithdrawalPending, ports.WithdrawalUnknown,
		)},
		"suspended policies": {Kind: ports.KindPolicy, Statuses: ports.Statuses(ports.PolicySuspended), Limit: 100},
	} {
		plan, err := h.store.ExplainFind(t.Context(), filter)
		require.NoError(t, err)
		require.Regexp(t, "operations_attention|operations_open", plan, name)
		require.NotContains(t, plan, "Seq Scan", name)
	}
	plan, err := h.store.ExplainFind(t.Context(), ports.OperationFilter{
		Kind: ports.KindHold, WalletID: "w1", Open: true, DueBy: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), Limit: 9,
	})
	require.NoError(t, err)
	require.Contains(t, plan, "operations_wallet_due", "holds of a wallet that have expired")
}

// TestStore_FindOperations_plan_of_a_provider: orders of other providers that are due do not
// slow down the look for those of one.
func TestStore_FindOperations_plan_of_a_provider(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	_, err := h.pool.Exec(t.Context(), fmt.Sprintf(`INSERT INTO %[1]s.operations (version, open, id, kind, wallet_id, status, provider, due_at, body)
		SELECT 1, true, 'o' || lpad(i::text, 8, '0'), 'recharge', 'w' || i %% 1000, 'pending', CASE WHEN i %% 100 = 0 THEN 'mine' ELSE 'foreign' END, '2026-01-01', '{}'
		FROM generate_series(1, 20000) i; ANALYZE %[1]s.operations`, h.schema), pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	plan, err := h.store.ExplainFind(t.Context(), ports.OperationFilter{
		Kind: ports.KindRecharge, Open: true, DueBy: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), Providers: []string{"mine"}, Limit: 100,
	})
	require.NoError(t, err)
	require.Contains(t, plan, "operations_provider")
	require.NotContains(t, plan, "Sort")
}

// TestStore_FindOperations_plan_of_withdrawals_that_wait: the look for them, every second, does
// not read the withdrawals that are under way.
func TestStore_FindOperations_plan_of_withdrawals_that_wait(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	_, err := h.pool.Exec(t.Context(), fmt.Sprintf(`INSERT INTO %[1]s.operations (version, open, id, kind, wallet_id, status, provider, body)
		SELECT 1, true, 'o' || lpad(i::text, 8, '0'), 'withdrawal', 'w' || i %% 1000, 'pending', 'mine', '{}'
		FROM generate_series(1, 20000) i; ANALYZE %[1]s.operations`, h.schema), pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	for name, filter := range map[string]ports.OperationFilter{
		"of one provider":    {Providers: []string{"mine"}},
		"of other providers": {ExceptProviders: []string{"other"}},
	} {
		filter.Kind, filter.Statuses, filter.Open, filter.Limit = ports.KindWithdrawal, ports.Statuses(ports.WithdrawalApproved), true, 100
		plan, err := h.store.ExplainFind(t.Context(), filter)
		require.NoError(t, err)
		require.Contains(t, plan, "operations_waiting", name)
	}
}
