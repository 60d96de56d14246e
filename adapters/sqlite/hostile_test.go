package sqlite_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/internal/sqltest"
	"github.com/jigap/jigap/adapters/sqlite"
	"github.com/jigap/jigap/ports"
)

// meeting lets transactions that read go on when so many of them have begun.
type meeting struct {
	driver.Connector
	missing sync.WaitGroup
}

func (m *meeting) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := m.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return meetingConn{conn.(sqltest.WholeConn), m}, nil
}

type meetingConn struct {
	sqltest.WholeConn
	meeting *meeting
}

func (c meetingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.WholeConn.ExecContext(ctx, text, args)
	if text == "BEGIN" {
		c.meeting.missing.Done()
		c.meeting.missing.Wait()
	}
	return result, err
}

// TestStore_reads_at_once: as many reads as there are connections begin together, and none waits for another.
func TestStore_reads_at_once(t *testing.T) {
	t.Parallel()
	const reads = 4
	m := new(meeting)
	store, err := sqlite.OpenThrough(t.Context(), newFile(t), patient, func(c driver.Connector) driver.Connector { m.Connector = c; return m })
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	require.NoError(t, store.Migrate(t.Context()))
	sqltest.Commit(t, store, sqltest.Opened("w"))
	m.missing.Add(reads)
	errs := make(chan error)
	for range reads {
		go func() { _, err := store.Totals(t.Context()); errs <- err }()
	}
	for range reads {
		require.NoError(t, <-errs)
	}
}

// TestTxStore_transaction_that_SQLite_ended: a trigger that rolls back, a full disk and a write that takes too long end
// the whole transaction of the host. Nothing is written on its connection after that, by any store bound to it.
func TestTxStore_transaction_that_SQLite_ended(t *testing.T) {
	t.Parallel()
	for name, does := range map[string]string{
		"by a trigger":         "CREATE TRIGGER refuses BEFORE INSERT ON jigap_entries WHEN NEW.key_text = 'bad' BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
		"because of a timeout": "CREATE TRIGGER slow AFTER INSERT ON jigap_entries WHEN NEW.key_text = 'bad' BEGIN INSERT INTO orders SELECT 'slow' WHERE (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 100000000000) SELECT count(*) FROM c) < 0; END",
		"by a full disk":       "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, sqlite.Config{Timeout: time.Second})
			first, other := sqltest.Opened("w"), sqltest.Opened("v")
			sqltest.Commit(t, h, first, other)
			if does != "" {
				h.exec(t, does)
			}
			tx := h.begin(t)
			_, err := tx.ExecContext(t.Context(), "INSERT INTO orders VALUES ('order')")
			require.NoError(t, err)
			bad := sqltest.Deducted(first, "bad")
			if does == "" {
				_, err = tx.ExecContext(t.Context(), "PRAGMA max_page_count = 1") // as many as there are
				require.NoError(t, err)
				bad.Entries[0].Memo = strings.Repeat("x", 1_000_000)
			}
			bound := h.WithTx(tx)
			fates := bound.Commit(t.Context(), []ports.Unit{sqltest.Opened("new"), bad, sqltest.Deducted(other, "good")})
			for _, fate := range fates {
				require.Equal(t, ports.FateFailed, fate.Status)
				require.ErrorIs(t, fate.Err, sqlite.ErrBeginAgain)
			}
			_, err = tx.ExecContext(t.Context(), "PRAGMA max_page_count = 1000000")
			require.NoError(t, err)
			for _, again := range []*sqlite.TxStore{bound, h.WithTx(tx)} {
				fate := again.Commit(t.Context(), []ports.Unit{sqltest.Deducted(other, "again")})[0]
				require.ErrorIs(t, fate.Err, sqlite.ErrBeginAgain)
			}
			_, err = bound.LockWallets(t.Context(), []string{"w"})
			require.ErrorIs(t, err, sqlite.ErrBeginAgain)
			_ = tx.Rollback()
			require.False(t, h.ordered(t))
			for _, key := range []string{"good", "again"} {
				require.False(t, sqltest.Keyed(t, h, "v", key))
			}
			sqltest.Commit(t, h, sqltest.Deducted(other, "the host began again"))
		})
	}
}

// TestStore_Commit_after_another_opening: a unit that was computed from another opening of a wallet is refused, also
// where the wallet is opened in the same call.
func TestStore_Commit_after_another_opening(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	another := sqltest.Booked(ports.Wallet{ID: "w", Currency: "KRW", Status: ports.WalletActive, OpenedAt: sqltest.Noon}, sqltest.Won(7), "")
	fates := store.Commit(t.Context(), []ports.Unit{sqltest.Opened("w"), sqltest.Deducted(another, "key")})
	require.Equal(t, ports.FateCommitted, fates[0].Status)
	require.Equal(t, ports.FateConflict, fates[1].Status)
}

// TestStore_CommitLocked_after_a_read_that_was_left: the call does not wait for its own transaction.
func TestStore_CommitLocked_after_a_read_that_was_left(t *testing.T) {
	t.Parallel()
	store, g := openGated(t, newFile(t), patient)
	first := sqltest.Opened("w")
	sqltest.Commit(t, store, first)
	fates, err := store.CommitLocked(t.Context(), "w", func(locked ports.Store) []ports.Unit {
		ctx, cancel := context.WithCancel(t.Context())
		g.Stall()
		go cancel()
		_, err := locked.Wallets(ctx, []string{"w"})
		require.ErrorIs(t, err, context.Canceled)
		g.Resume()
		return []ports.Unit{sqltest.Deducted(first, "key")}
	})
	require.NoError(t, err)
	require.Equal(t, ports.FateCommitted, fates[0].Status, "%v", fates[0].Err)
}

// TestStore_Close_while_a_call_goes_on: what is left of a call commits nothing more, and Close says that it did not end.
func TestStore_Close_while_a_call_goes_on(t *testing.T) {
	t.Parallel()
	store, g := openGated(t, newFile(t), sqlite.Config{Timeout: 500 * time.Millisecond, TotalsTimeout: 500 * time.Millisecond})
	arrived := g.FailLate()
	fate := store.Commit(t.Context(), []ports.Unit{sqltest.Opened("w")})[0]
	require.Equal(t, ports.FateUndecided, fate.Status)
	require.ErrorIs(t, store.Close(), context.DeadlineExceeded)
	arrived()
	for i := range 50 {
		fate := store.Commit(t.Context(), []ports.Unit{sqltest.Opened(strconv.Itoa(i))})[0]
		require.Equal(t, ports.FateFailed, fate.Status)
		require.ErrorIs(t, fate.Err, ports.ErrUnavailable)
	}
	reading, g := openGated(t, newFile(t), sqlite.Config{Timeout: 500 * time.Millisecond, TotalsTimeout: 500 * time.Millisecond})
	g.Stall()
	_, err := reading.Wallets(t.Context(), []string{"w"})
	require.ErrorIs(t, err, ports.ErrUnavailable)
	require.ErrorIs(t, reading.Close(), context.DeadlineExceeded)
}

// TestStore_Commit_refuses_what_no_column_holds.
func TestStore_Commit_refuses_what_no_column_holds(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	late := sqltest.Opened("late")
	late.Entries[0].Lots = []ports.LotChange{{LotID: 1, Amount: sqltest.Won(5), ExpiresAt: time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -12*60*60))}} // 10000 in UTC
	long := sqltest.Booked(ports.Wallet{ID: "long", Currency: "KRW", Status: ports.WalletActive, OpenedAt: sqltest.Noon}, decimal.New(1, 300), "")
	odd := sqltest.Hold("odd", "")
	odd.Memo = "caf\xe9"
	fine := sqltest.Hold("fine", "")
	fine.Memo = `a \ufffd that was typed, and a true ` + "\ufffd"
	fates := store.Commit(t.Context(), []ports.Unit{late, long, {Operations: []ports.Operation{odd}}, {Operations: []ports.Operation{fine}}})
	for _, fate := range fates[:3] {
		require.Equal(t, ports.FateFailed, fate.Status)
		require.ErrorIs(t, fate.Err, ports.ErrInvalid)
	}
	require.Equal(t, ports.FateCommitted, fates[3].Status)
	found, err := store.Operations(t.Context(), []string{"fine"})
	require.NoError(t, err)
	require.Equal(t, fine.Memo, found[0].(*ports.Hold).Memo)
	_, err = store.FindOperations(t.Context(), ports.OperationFilter{ExceptProviders: make([]string, 1_001), Limit: 1})
	require.ErrorIs(t, err, ports.ErrInvalid)
	_, err = store.FindWallets(t.Context(), ports.WalletFilter{ExpiringBy: late.Entries[0].Lots[0].ExpiresAt, Limit: 1})
	require.ErrorIs(t, err, ports.ErrInvalid)
}

// TestOpen_leaves_a_file_that_is_not_fit: not even its journal mode changes.
func TestOpen_leaves_a_file_that_is_not_fit(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "CREATE TABLE jigap_migrations (version INTEGER PRIMARY KEY) STRICT; INSERT INTO jigap_migrations VALUES (99)")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	_, err = sqlite.Open(t.Context(), file, sqlite.Config{})
	require.ErrorIs(t, err, sqlite.ErrFile)
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

// TestStore_calls_on_a_disk_that_does_not_answer: Open, Migrate and a call with many units in doubt return in time.
func TestStore_calls_on_a_disk_that_does_not_answer(t *testing.T) {
	t.Parallel()
	const patience = 30 * time.Second
	short := sqlite.Config{Timeout: 500 * time.Millisecond}
	within := func(t *testing.T, g *sqltest.Gate, call func()) {
		t.Helper()
		done := make(chan struct{})
		go func() { call(); close(done) }()
		select {
		case <-done:
		case <-time.After(patience):
			t.Error("the call did not return")
			g.Resume()
			<-done
		}
	}
	t.Run("Open", func(t *testing.T) {
		t.Parallel()
		g := new(sqltest.Gate)
		g.Stall()
		t.Cleanup(g.Resume)
		within(t, g, func() {
			_, err := sqlite.OpenThrough(context.Background(), newFile(t), short, g.Through)
			require.Error(t, err)
		})
	})
	t.Run("Migrate", func(t *testing.T) {
		t.Parallel()
		store, g := openGated(t, newFile(t), short)
		g.Stall()
		within(t, g, func() { require.Error(t, store.Migrate(context.Background())) })
	})
	t.Run("Commit, units in doubt", func(t *testing.T) {
		t.Parallel()
		store, g := openGated(t, newFile(t), short)
		units := make([]ports.Unit, 100)
		for i := range units {
			units[i] = sqltest.Opened(strconv.Itoa(i))
		}
		g.FailAfter(1)
		g.StallAfter(2) // the second transaction finds all in their places, and then nothing is read
		within(t, g, func() {
			for _, fate := range store.Commit(context.Background(), units) {
				require.Equal(t, ports.FateUndecided, fate.Status, "%v", fate.Err)
			}
		})
	})
}
