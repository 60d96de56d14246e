package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

func (h *host) exec(t *testing.T, sql string) {
	t.Helper()
	_, err := h.pool.Exec(t.Context(), strings.ReplaceAll(sql, "jigap.", h.schema+"."), pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
}

// refuses has a trigger refuse entries whose keys begin with "bad".
func (h *host) refuses(t *testing.T) {
	t.Helper()
	h.exec(t, `CREATE FUNCTION jigap.refuse_bad() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$;
		CREATE TRIGGER refuse_bad BEFORE INSERT ON jigap.entries FOR EACH ROW WHEN (NEW.key LIKE 'bad%') EXECUTE FUNCTION jigap.refuse_bad()`)
}

// TestTxStore_Commit_after_a_broken_transaction has a statement of the host break the transaction after a unit was refused and another was
// written. Nothing brings the transaction back to life without what was reported as committed.
func TestTxStore_Commit_after_a_broken_transaction(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.refuses(t)
	first := opened("w")
	commit(t, h.store, first)
	ctx := t.Context()
	tx := h.begin(t)
	bound := h.store.WithTx(tx)
	require.Equal(t, ports.FateFailed, bound.Commit(ctx, []ports.Unit{deducted(first, "bad")})[0].Status)
	paid := deducted(first, "paid")
	require.Equal(t, ports.FateCommitted, bound.Commit(ctx, []ports.Unit{paid})[0].Status)
	require.NoError(t, h.order(ctx, tx))
	require.Error(t, h.order(ctx, tx)) // a duplicate: the transaction is broken from here on
	fate := bound.Commit(ctx, []ports.Unit{deducted(paid, "next")})[0]
	t.Logf("fate of the unit in the broken transaction: %d %v", fate.Status, fate.Err)
	err := tx.Commit(ctx)
	if err == nil {
		require.True(t, keyed(t, h.store, "w", "paid"), "COMMIT went through, FateCommitted was reported, and the unit is not there")
		require.True(t, h.ordered(t), "COMMIT went through, and the host's row is not there")
	}
}

// TestTxStore_Commit_busy_while_preparing has a table be locked while a statement of another form is prepared. What was reported as
// committed before is there when the host commits.
func TestTxStore_Commit_busy_while_preparing(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.refuses(t)
	first := opened("w")
	commit(t, h.store, first, operations(hold("o", "")))
	ctx := t.Context()
	tx := h.begin(t)
	_, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '200ms'") // as docs/postgres.md allows
	require.NoError(t, err)
	bound := h.store.WithTx(tx)
	require.Equal(t, ports.FateFailed, bound.Commit(ctx, []ports.Unit{deducted(first, "bad")})[0].Status)
	paid := deducted(first, "paid")
	require.Equal(t, ports.FateCommitted, bound.Commit(ctx, []ports.Unit{paid})[0].Status)
	require.NoError(t, h.order(ctx, tx))
	ddl := h.begin(t) // for instance ALTER TABLE … ADD COLUMN by the host's deployment
	_, err = ddl.Exec(ctx, "LOCK TABLE "+h.schema+".operations")
	require.NoError(t, err)
	fate := bound.Commit(ctx, []ports.Unit{operations(ended(hold("o", "")))})[0]
	t.Logf("fate: %d %v", fate.Status, fate.Err)
	require.NoError(t, ddl.Rollback(ctx))
	if fate.Status != ports.FateBusy {
		return
	}
	require.NoError(t, tx.Commit(ctx), "after FateBusy the transaction is usable")
	require.True(t, keyed(t, h.store, "w", "paid"), "FateCommitted was reported, COMMIT went through, and the unit is not there")
	require.True(t, h.ordered(t), "COMMIT went through, and the host's row is not there")
}

// TestStore_Commit_any_code_of_a_trigger has a trigger of the host refuse one wallet, with codes of many classes. The other units
// of the call are written.
func TestStore_Commit_any_code_of_a_trigger(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	for _, code := range []string{"JG001", "42501", "21000", "55000", "XX000", "38000", "0A000"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			commit(t, h.store, opened("a"), opened("b"))
			h.exec(t, `CREATE FUNCTION jigap.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one' USING ERRCODE = '`+code+`'; END $$;
				CREATE TRIGGER refuse BEFORE INSERT ON jigap.entries FOR EACH ROW WHEN (NEW.wallet_id = 'a') EXECUTE FUNCTION jigap.refuse()`)
			start := time.Now()
			fates := h.store.Commit(t.Context(), []ports.Unit{deducted(opened("a"), "k"), deducted(opened("b"), "k"), opened("fresh")})
			t.Logf("%v: a: %d %v; b: %d %v", time.Since(start), fates[0].Status, fates[0].Err, fates[1].Status, fates[1].Err)
			require.Equal(t, ports.FateCommitted, fates[1].Status, "%v", fates[1].Err)
			require.Equal(t, ports.FateCommitted, fates[2].Status, "%v", fates[2].Err)
		})
	}
}

// TestStore_Commit_deferred_constraint has a deferred constraint of the host refuse one wallet at COMMIT. That unit fails, also
// in CommitLocked, and the others are written.
func TestStore_Commit_deferred_constraint(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	commit(t, h.store, opened("a"), opened("b"))
	h.exec(t, `CREATE FUNCTION jigap.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one' USING ERRCODE = '23503'; END $$;
		CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON jigap.entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.wallet_id = 'a') EXECUTE FUNCTION jigap.refuse()`)
	fates := h.store.Commit(t.Context(), []ports.Unit{deducted(opened("a"), "k"), deducted(opened("b"), "k"), opened("fresh")})
	require.Equal(t, ports.FateFailed, fates[0].Status, "%v", fates[0].Err)
	require.Equal(t, ports.FateCommitted, fates[1].Status, "%v", fates[1].Err)
	for _, n := range []string{"one", "two"} {
		fates, err := h.store.CommitLocked(t.Context(), "a", func(ports.Store) []ports.Unit {
			return []ports.Unit{deducted(opened("a"), n)}
		})
		require.NoError(t, err)
		t.Logf("CommitLocked: %d %v", fates[0].Status, fates[0].Err)
		require.Equal(t, ports.FateFailed, fates[0].Status, "%v", fates[0].Err)
	}
}

// TestStore_Commit_many_units_that_wait has many units of a call wait for records that another transaction makes. The others are
// written within the bound of the call.
func TestStore_Commit_many_units_that_wait(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	tx := h.begin(t)
	var made, units []ports.Unit
	for i := range 256 {
		unit := opened(fmt.Sprintf("w%03d", i))
		if i%8 == 0 {
			made = append(made, unit)
		}
		units = append(units, unit)
	}
	commit(t, h.store.WithTx(tx), made...)
	start := time.Now()
	fates := h.store.Commit(t.Context(), units)
	t.Logf("took %v", time.Since(start))
	count := map[ports.FateStatus]int{}
	var sample error
	for i, fate := range fates {
		if i%8 != 0 {
			count[fate.Status]++
			if fate.Status != ports.FateCommitted {
				sample = fate.Err
			}
		}
	}
	t.Logf("fates of the 224 units that nothing holds back: %v; %v", count, sample)
	require.Equal(t, 224, count[ports.FateCommitted])
}

// TestStore_CommitLocked_refusal_of_an_undone_unit has a unit be refused because of another one of the same transaction, whose COMMIT is
// lost, and a rival write. The refusal does not stay.
func TestStore_CommitLocked_refusal_of_an_undone_unit(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, 4)
	second := f.prepared(t)
	pool := postgrestest.Pool(t, 1)
	one := deducted(second, "k")
	fates, err := f.store.CommitLocked(t.Context(), "w", func(ports.Store) []ports.Unit {
		f.proxy.mu.Lock()
		f.proxy.next, f.proxy.on = cutBefore, "commit\x00"
		f.proxy.onFault = func() { // the server rolls back, and a rival writes before the store asks again
			f.proxy.stall()
			defer f.proxy.resume()
			for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
				_, err := pool.Exec(context.Background(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
					WHERE pid IN (SELECT pid FROM pg_locks WHERE relation = $1::regclass AND granted)`, f.schema+".wallets")
				if err != nil {
					t.Error(err)
					return
				}
				if f.direct.Commit(context.Background(), []ports.Unit{deducted(second, "rival")})[0].Status == ports.FateCommitted {
					return
				}
			}
			t.Error("the rival did not get in")
		}
		f.proxy.mu.Unlock()
		return []ports.Unit{one, deducted(one, "k")}
	})
	require.NoError(t, err)
	t.Logf("%d, %d", fates[0].Status, fates[1].Status)
	require.Equal(t, ports.FateConflict, fates[0].Status)
	require.NotEqual(t, ports.FateKeyTaken, fates[1].Status, "no entry had that key")
}

// TestStore_Commit_lots_beyond_the_year_9999 has a lot expire at a time that no record can have. The unit is refused.
func TestStore_Commit_lots_beyond_the_year_9999(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	unit := opened("w")
	lot := ports.PointLot{ID: 1, Amount: decimal.NewFromInt(5), ExpiresAt: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}
	unit.Wallets[0].Point, unit.Wallets[0].Lots = lot.Amount, []ports.PointLot{lot}
	unit.Entries[0].PointAmount, unit.Entries[0].NewPoint = lot.Amount, lot.Amount
	unit.Entries[0].Lots = []ports.LotChange{{LotID: 1, Amount: lot.Amount, ExpiresAt: lot.ExpiresAt}}
	fate := h.store.Commit(t.Context(), []ports.Unit{unit})[0]
	t.Logf("%d %v", fate.Status, fate.Err)
	if fate.Status == ports.FateCommitted {
		require.Len(t, wallet(t, h.store, "w").Lots, 1, "reported as committed")
	}
}

// TestStore_Commit_text_in_JSON has text in metadata and moves that JSON would change without a word. The unit is refused.
func TestStore_Commit_text_in_JSON(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	for name, text := range map[string]string{"invalid UTF-8": "a\xffb", "NUL": "a\x00b"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			unit := opened("w")
			unit.Entries[0].Metadata = map[string]string{"k": text}
			unit.Entries[0].Moves = []ports.Move{{Account: ports.Account(text), Amount: decimal.NewFromInt(1)}, {Account: "x", Amount: decimal.NewFromInt(-1)}}
			fate := h.store.Commit(t.Context(), []ports.Unit{unit})[0]
			if fate.Status == ports.FateFailed {
				return
			}
			entries, err := h.store.Entries(t.Context(), ports.EntryFilter{WalletID: "w", Limit: 1})
			require.NoError(t, err)
			_, err = h.store.Totals(t.Context())
			require.NoError(t, err, "totals")
			require.Equal(t, text, entries[0].Metadata["k"])
		})
	}
}

// TestFeed_pending_rows_that_stay has a trigger of the host keep pending rows from being deleted. No entry is numbered twice.
func TestFeed_pending_rows_that_stay(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	commit(t, h.store, opened("w"))
	h.exec(t, `CREATE FUNCTION jigap.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
		CREATE TRIGGER keep BEFORE DELETE ON jigap.feed_pending FOR EACH ROW EXECUTE FUNCTION jigap.keep()`)
	seen, cursor := 0, ""
	for range 5 {
		page, err := h.store.Feed(t.Context(), cursor, 10)
		if err != nil {
			return // fails loudly
		}
		cursor = page.Cursor
		seen += len(page.Entries)
	}
	require.Equal(t, 1, seen, "entries seen by one reader that goes from cursor to cursor")
}

// TestFeed_lost_block deletes the last block of the feed. The reader before it gets an error, and no empty page.
func TestFeed_lost_block(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	commit(t, h.store, opened("w"))
	page, err := h.store.Feed(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, page.Entries, 1)
	commit(t, h.store, opened("v"))
	_, err = h.store.Feed(t.Context(), page.Cursor, 10)
	require.NoError(t, err)
	h.exec(t, "DELETE FROM jigap.feed WHERE last = 2") // restored in part; a copy of the head alone
	next, err := h.store.Feed(t.Context(), page.Cursor, 10)
	require.Error(t, err, "feed_head says that there are 2 entries; the reader at 1 gets a page of %d", len(next.Entries))
}

// TestStore_Commit_division_by_zero_in_a_trigger has a trigger of the host divide by zero. The error is not the one of a row that was not
// written.
func TestStore_Commit_division_by_zero_in_a_trigger(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	commit(t, h.store, opened("w"))
	h.exec(t, `CREATE FUNCTION jigap.ratio() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM 1 / (NEW.seq - NEW.seq); RETURN NEW; END $$;
		CREATE TRIGGER ratio BEFORE INSERT ON jigap.entries FOR EACH ROW EXECUTE FUNCTION jigap.ratio()`)
	fate := h.store.Commit(t.Context(), []ports.Unit{deducted(opened("w"), "k")})[0]
	require.Equal(t, ports.FateFailed, fate.Status)
	require.NotContains(t, fate.Err.Error(), "a row of the unit was not written")
}

// holder is a proxy that acts on requests that hold a text.
type holder struct {
	listener net.Listener
	server   string
	mu       sync.Mutex
	acts     []act
	release  chan struct{}
}

// act: hold closes the client and gives the request to the server when released, drop
// gives it to the server at once, cut never.
type act struct{ text, how string }

func newHolder(t *testing.T, port string) *holder {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	h := &holder{listener: listener, server: "127.0.0.1:" + port, release: make(chan struct{})}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", h.server) //nolint:noctx // ends with the test
			if err != nil {
				_ = client.Close()
				continue
			}
			t.Cleanup(func() { _, _ = client.Close(), server.Close() })
			go h.requests(client, server)
			go func() { _, _ = io.Copy(client, server) }()
		}
	}()
	return h
}

func (h *holder) arm(acts ...act) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.acts = acts
}

func (h *holder) take(piece []byte) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.acts) == 0 || !bytes.Contains(piece, []byte(h.acts[0].text)) {
		return ""
	}
	how := h.acts[0].how
	h.acts = h.acts[1:]
	return how
}

func (h *holder) requests(client, server net.Conn) {
	buf := make([]byte, 1<<20)
	for {
		n, err := client.Read(buf)
		if err != nil {
			_ = server.Close()
			return
		}
		switch h.take(buf[:n]) {
		case "hold":
			_ = client.Close()
			<-h.release
			_, _ = server.Write(buf[:n])
			return
		case "drop":
			_, _ = server.Write(buf[:n])
			_ = client.Close()
			return
		case "cut":
			_ = client.Close()
			_ = server.Close()
			return
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

// held returns a host, and a store of it behind a holder.
func held(t *testing.T, timeout time.Duration) (*host, *holder, *postgres.Store) {
	t.Helper()
	h := newHost(t)
	address, err := url.Parse(postgrestest.URL(t))
	require.NoError(t, err)
	p := newHolder(t, address.Port())
	address.Host = p.listener.Addr().String()
	store, err := postgres.New(postgrestest.PoolOn(t, address.String(), 4), postgres.Config{Schema: h.schema, Timeout: timeout})
	require.NoError(t, err)
	return h, p, store
}

// TestStore_CommitLocked_late_COMMIT has the COMMIT of two units arrive late. No unit has a final fate before it does.
func TestStore_CommitLocked_late_COMMIT(t *testing.T) {
	t.Parallel()
	h, p, store := held(t, 40*time.Second)
	first := opened("w")
	commit(t, store, first)
	fates, err := store.CommitLocked(t.Context(), "w", func(ports.Store) []ports.Unit {
		p.arm(act{"commit\x00", "hold"})
		one := deducted(first, "one")
		return []ports.Unit{one, deducted(one, "two")}
	})
	require.NoError(t, err)
	t.Logf("%d %v, %d %v", fates[0].Status, fates[0].Err, fates[1].Status, fates[1].Err)
	require.False(t, keyed(t, h.store, "w", "two"))
	close(p.release) // the COMMIT arrives
	require.Eventually(t, func() bool { return wallet(t, h.store, "w").Version > 1 }, patience, tick)
	if keyed(t, h.store, "w", "two") {
		require.Contains(t, []ports.FateStatus{ports.FateUndecided, ports.FateCommitted}, fates[1].Status, "it was written")
	}
}

// TestStore_Commit_conflict_in_doubt loses the connection while a statement runs, and that of the look at versions. The unit
// that the statement writes is no conflict.
func TestStore_Commit_conflict_in_doubt(t *testing.T) {
	t.Parallel()
	h, p, store := held(t, 0)
	first, other := opened("w"), opened("v")
	commit(t, store, first, other)
	h.exec(t, `CREATE FUNCTION jigap.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NEW; END $$;
		CREATE TRIGGER slow BEFORE INSERT ON jigap.entries FOR EACH ROW WHEN (NEW.key = 'mine') EXECUTE FUNCTION jigap.slow()`)
	p.arm(act{"mine", "drop"}, act{"SELECT id, version FROM", "cut"})
	fates := store.Commit(t.Context(), []ports.Unit{deducted(first, "mine"), deducted(other, "k")})
	t.Logf("%d %v, %d %v", fates[0].Status, fates[0].Err, fates[1].Status, fates[1].Err)
	require.Eventually(t, func() bool { return wallet(t, h.store, "w").Version > 1 }, patience, tick)
	if keyed(t, h.store, "w", "mine") {
		require.Contains(t, []ports.FateStatus{ports.FateUndecided, ports.FateCommitted}, fates[0].Status, "it was written")
	}
}

// TestStore_Commit_half_of_a_unit_is_found has a rival write the first of two records as the unit was to write it. The unit is not
// taken for written.
func TestStore_Commit_half_of_a_unit_is_found(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, 1)
	f.prepared(t)
	a, b := hold("a", ""), hold("b", "")
	commit(t, f.store, merged(operations(a), operations(b)))
	unit := merged(operations(ended(a)), operations(ended(b)))
	f.proxy.strike(cutBefore, func() { f.direct.Commit(context.Background(), []ports.Unit{operations(ended(a))}) })
	fate := f.store.Commit(t.Context(), []ports.Unit{unit})[0]
	ops, err := f.direct.Operations(t.Context(), []string{"b"})
	require.NoError(t, err)
	t.Logf("%d %v", fate.Status, fate.Err)
	if ops[0].Head().Version == 1 {
		require.NotEqual(t, ports.FateCommitted, fate.Status, "operation b was never written")
	}
}

// TestFeed_numbering_reader_vanishes has the machine of a reader vanish while it numbers. Other readers go on.
func TestFeed_numbering_reader_vanishes(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, 4)
	h := &host{pool: postgrestest.Pool(t, 4), store: f.direct, schema: f.schema}
	store := f.bounded(t, time.Second)
	commit(t, store, opened("w"))
	tx := h.begin(t)
	_, err := tx.Exec(t.Context(), "LOCK TABLE "+f.schema+".feed IN SHARE MODE") // so that it stops behind feed_head
	require.NoError(t, err)
	page := make(chan error, 1)
	go func() { _, err := store.Feed(context.Background(), "", 10); page <- err }()
	h.awaitWaiter(t, tx)
	f.proxy.stall() // from here on nothing of that machine arrives
	t.Cleanup(f.proxy.resume)
	require.NoError(t, tx.Rollback(t.Context()))
	t.Log(<-page)
	require.Eventually(t, func() bool {
		page, err := f.direct.Feed(t.Context(), "", 10)
		if err != nil {
			t.Log(err)
		}
		return err == nil && len(page.Entries) == 1
	}, patience, tick, "the feed stands still")
}

// TestStore_CommitLocked_machine_vanishes has the machine of a process vanish while it has a wallet locked. Others get the wallet.
func TestStore_CommitLocked_machine_vanishes(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, 4)
	store := f.bounded(t, time.Second)
	first := opened("w")
	commit(t, store, first)
	t.Cleanup(f.proxy.resume)
	fates, err := store.CommitLocked(t.Context(), "w", func(ports.Store) []ports.Unit {
		f.proxy.stall()
		return []ports.Unit{deducted(first, "k")}
	})
	t.Log(fates, err)
	require.Eventually(t, func() bool {
		return f.direct.Commit(t.Context(), []ports.Unit{deducted(first, "other")})[0].Status == ports.FateCommitted
	}, patience, tick, "the wallet stays locked")
}

// TestFeed_large_backlog has a million entries wait to be numbered, more than one call can do. The feed gets on.
func TestFeed_large_backlog(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	store := storeWith(t, h.schema, time.Second, nil)
	for i := range 10 {
		commit(t, h.store, opened(fmt.Sprint("w", i)))
	}
	h.exec(t, `INSERT INTO jigap.feed_pending (clock, wallets, firsts, lasts)
		SELECT c, w, array_fill(1::bigint, ARRAY[1024]), array_fill(1::bigint, ARRAY[1024])
		FROM generate_series(2, 991) c, LATERAL (SELECT array_agg('customer-' || c || '-' || i) AS w FROM generate_series(1, 1024) i) w`)
	for range 8 {
		page, err := store.Feed(t.Context(), "", 10)
		if err == nil && len(page.Entries) == 10 {
			return
		}
	}
	require.Fail(t, "the feed stands still")
}

// TestTxStore_Commit_bound has sixteen wallets be locked. The call takes its bound once, and not once for each.
func TestTxStore_Commit_bound(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	var units []ports.Unit
	for _, id := range openMany(t, h.store, 16) {
		units = append(units, deducted(opened(id), "k"))
	}
	_, err := h.begin(t).Exec(t.Context(), "SELECT FROM "+h.schema+".wallets FOR UPDATE")
	require.NoError(t, err)
	const bound = time.Second
	start := time.Now()
	fates := storeWith(t, h.schema, bound, nil).WithTx(h.begin(t)).Commit(t.Context(), units)
	require.Equal(t, ports.FateBusy, fates[0].Status)
	require.Less(t, time.Since(start), 16*bound, "Config.Timeout bounds the time of each call, waiting for locks included")
}

// TestStore_CommitLocked_other_wallets_are_locked commits a unit of the wallet whose lock the call holds, and units of
// other wallets, which another transaction has locked. The first is written, and the others are busy.
func TestStore_CommitLocked_other_wallets_are_locked(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	first := opened("w")
	commit(t, h.store, first)
	units := []ports.Unit{deducted(first, "mine")}
	for _, id := range openMany(t, h.store, 24) {
		units = append(units, deducted(opened(id), "k"))
	}
	_, err := h.begin(t).Exec(t.Context(), "SELECT FROM "+h.schema+".wallets WHERE id <> 'w' FOR UPDATE")
	require.NoError(t, err)
	start := time.Now()
	fates, err := h.store.CommitLocked(t.Context(), "w", func(ports.Store) []ports.Unit { return units })
	require.NoError(t, err)
	t.Logf("%v: %d %v; %d %v; %d %v", time.Since(start), fates[0].Status, fates[0].Err, fates[1].Status, fates[1].Err, fates[24].Status, fates[24].Err)
	require.Equal(t, ports.FateCommitted, fates[0].Status, "%v", fates[0].Err)
}

// TestStore_Commit_lasting_unique_violations has units violate a unique index of the host. The others of the call are written.
func TestStore_Commit_lasting_unique_violations(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	ids := openMany(t, h.store, 64)
	h.exec(t, "CREATE UNIQUE INDEX ON jigap.entries (reference)") // the host's
	taken := deducted(opened(ids[0]), "k")
	taken.Entries[0].Reference = "order-1"
	commit(t, h.store, taken)
	var units []ports.Unit
	for i, id := range ids[1:] {
		unit := deducted(opened(id), "k")
		if i < 6 {
			unit.Entries[0].Reference = "order-1"
		}
		units = append(units, unit)
	}
	start := time.Now()
	fates := h.store.Commit(t.Context(), units)
	count := map[ports.FateStatus]int{}
	for _, fate := range fates[6:] {
		count[fate.Status]++
	}
	t.Logf("%v: %v", time.Since(start), count)
	require.Equal(t, len(fates)-6, count[ports.FateCommitted], "%v", fates[len(fates)-1].Err)
}

// TestStore_Migrate_without_the_right_to_make_schemas has a role that owns the schema, and may make no other, migrate it.
func TestStore_Migrate_without_the_right_to_make_schemas(t *testing.T) {
	t.Parallel()
	s := newServing(t)
	schema := s.role + "_s"
	_, err := s.admin.Exec(t.Context(), "CREATE SCHEMA "+schema+" AUTHORIZATION "+s.role)
	require.NoError(t, err)
	store, err := postgres.New(postgrestest.PoolOn(t, s.url, 2), postgres.Config{Schema: schema})
	require.NoError(t, err)
	require.NoError(t, store.Migrate(t.Context()))
}

// TestStore_CommitLocked_stale_connection cuts a connection that the pool keeps idle. CommitLocked uses another connection.
func TestStore_CommitLocked_stale_connection(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, 1)
	unit := f.prepared(t)
	f.proxy.cut()
	fates, err := f.store.CommitLocked(t.Context(), "w", func(ports.Store) []ports.Unit { return []ports.Unit{deducted(unit, "k")} })
	require.NoError(t, err)
	require.Equal(t, ports.FateCommitted, fates[0].Status)
}

// TestStore_FindWallets_large_limit asks for more wallets than a page has. All of them come.
func TestStore_FindWallets_large_limit(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	openMany(t, h.store, 10_050)
	wallets, err := h.store.FindWallets(t.Context(), ports.WalletFilter{Limit: 20_000})
	require.NoError(t, err)
	require.Len(t, wallets, 10_050, "the first filter.Limit wallets")
}

// TestTxStore_LockWallets_row_that_cannot_be_read has a wallet be unreadable. What was reported as committed before is there when the host
// commits.
func TestTxStore_LockWallets_row_that_cannot_be_read(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.refuses(t)
	first := opened("w")
	commit(t, h.store, first, opened("corrupt"))
	h.exec(t, "UPDATE jigap.wallets SET lots = '5' WHERE id = 'corrupt'")
	ctx := t.Context()
	tx := h.begin(t)
	bound := h.store.WithTx(tx)
	require.Equal(t, ports.FateFailed, bound.Commit(ctx, []ports.Unit{deducted(first, "bad")})[0].Status)
	require.Equal(t, ports.FateCommitted, bound.Commit(ctx, []ports.Unit{deducted(first, "paid")})[0].Status)
	_, err := bound.LockWallets(ctx, []string{"corrupt"})
	require.Error(t, err)
	if tx.Commit(ctx) == nil {
		require.True(t, keyed(t, h.store, "w", "paid"), "FateCommitted was reported, COMMIT went through, and the unit is not there")
	}
}

// TestTxStore_Commit_releases_its_savepoints has units be refused by the server. No savepoint of the store is left.
func TestTxStore_Commit_releases_its_savepoints(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.refuses(t)
	first := opened("w")
	commit(t, h.store, first)
	tx := h.begin(t)
	for i := range 3 {
		require.Equal(t, ports.FateFailed, h.store.WithTx(tx).Commit(t.Context(), []ports.Unit{deducted(first, fmt.Sprint("bad", i))})[0].Status)
	}
	_, err := tx.Exec(t.Context(), "RELEASE SAVEPOINT jigap_unit")
	require.Error(t, err, "no savepoint of the store is left")
}

// TestStore_Commit_unconfirmed_by_a_standby has a server wait for a standby that is away. No commit is reported.
func TestStore_Commit_unconfirmed_by_a_standby(t *testing.T) {
	t.Parallel()
	server := postgrestest.NewServer(t, "fsync=off", "synchronous_standby_names=away")
	open := func(synchronous string) *postgres.Store {
		config, err := pgxpool.ParseConfig(server.URL())
		require.NoError(t, err)
		config.ConnConfig.RuntimeParams["synchronous_commit"] = synchronous
		pool, err := pgxpool.NewWithConfig(t.Context(), config)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		store, err := postgres.New(pool, postgres.Config{Timeout: 2 * time.Second})
		require.NoError(t, err)
		return store
	}
	local := open("local")
	require.NoError(t, local.Migrate(t.Context()))
	store := open("on") // no standby has confirmed anything, ever
	start := time.Now()
	fate := store.Commit(t.Context(), []ports.Unit{opened("w")})[0]
	t.Logf("Commit: %v: %d %v", time.Since(start), fate.Status, fate.Err)
	start = time.Now()
	fates, err := store.CommitLocked(t.Context(), "v", func(ports.Store) []ports.Unit { return []ports.Unit{opened("v")} })
	t.Logf("CommitLocked: %v: %v %v", time.Since(start), fates, err)
	require.NotEqual(t, ports.FateCommitted, fate.Status, "a failover loses it")
	require.NoError(t, err)
	require.NotEqual(t, ports.FateCommitted, fates[0].Status, "a failover loses it")
}

// TestLedger_remembers_a_lost_commit has a failover lose a deduct that a process remembers, and another process bring the wallet
// to the same version. The first process reads the wallet again.
func TestLedger_remembers_a_lost_commit(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	h := newHost(t)
	openMany(t, h.store, 1) // 1,000,000
	a, err := ledger.New(h.store, ledger.Config{})
	require.NoError(t, err)
	require.NoError(t, deduct(ctx, a, "w0", "kept"))
	tables := []string{"wallets", "entries", "feed_pending"}
	for _, table := range tables {
		_, err = h.pool.Exec(ctx, fmt.Sprintf("CREATE TABLE %[1]s.standby_%[2]s AS SELECT * FROM %[1]s.%[2]s", h.schema, table))
		require.NoError(t, err)
	}
	require.NoError(t, deduct(ctx, a, "w0", "lost"))
	for _, table := range tables { // as the promoted standby has them
		_, err = h.pool.Exec(ctx, fmt.Sprintf("DELETE FROM %s.%s", h.schema, table))
		require.NoError(t, err)
		columns := h.texts(t, fmt.Sprintf("SELECT column_name FROM information_schema.columns WHERE table_schema = '%s' AND table_name = '%s' AND is_generated = 'NEVER'", h.schema, table))
		list := ""
		for i, column := range columns {
			if i > 0 {
				list += ", "
			}
			list += column
		}
		_, err = h.pool.Exec(ctx, fmt.Sprintf("INSERT INTO %[1]s.%[2]s (%[3]s) SELECT %[3]s FROM %[1]s.standby_%[2]s", h.schema, table, list))
		require.NoError(t, err)
	}
	b, err := ledger.New(h.store, ledger.Config{})
	require.NoError(t, err)
	_, err = b.Credit(ctx, ledger.CreditRequest{WalletID: "w0", Key: "card", Amount: dec(5_000)})
	require.NoError(t, err)
	require.NoError(t, deduct(ctx, a, "w0", "next"))
	w, err := b.Wallet(ctx, "w0")
	require.NoError(t, err)
	require.Equal(t, "1004998", w.Balance.String(), "1,000,000 + 5,000 - 1 - 1")
}

// TestLedger_bound_after_a_rollback_to_a_savepoint has a host roll back to a savepoint, and another process write. The bound ledger reads the
// wallet again.
func TestLedger_bound_after_a_rollback_to_a_savepoint(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	h := newHost(t)
	openMany(t, h.store, 1) // 1,000,000
	other, err := ledger.New(h.store, ledger.Config{})
	require.NoError(t, err)
	tx := h.begin(t)
	inside, err := ledger.New(h.store.WithTx(tx), ledger.Config{})
	require.NoError(t, err)
	part, err := tx.Begin(ctx) // a savepoint
	require.NoError(t, err)
	_, err = inside.Deduct(ctx, ledger.DeductRequest{WalletID: "w0", Key: "undone", Amount: dec(100)})
	require.NoError(t, err)
	require.NoError(t, part.Rollback(ctx))
	_, err = other.Deduct(ctx, ledger.DeductRequest{WalletID: "w0", Key: "theirs", Amount: dec(5_000)})
	require.NoError(t, err)
	require.NoError(t, deduct(ctx, inside, "w0", "mine"))
	require.NoError(t, tx.Commit(ctx))
	w, err := other.Wallet(ctx, "w0")
	require.NoError(t, err)
	require.Equal(t, "994999", w.Balance.String(), "1,000,000 - 5,000 - 1")
}
