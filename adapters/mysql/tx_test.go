package mysql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/internal/sqltest"
	"github.com/jigap/jigap/adapters/mysql"
	"github.com/jigap/jigap/adapters/mysql/mysqltest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// txPerCall commits each call in a transaction of the host, and begins it again when the server says so.
type txPerCall struct{ *mysql.Store }

func (s txPerCall) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	for {
		fates, err := s.commit(ctx, units)
		if errors.Is(err, mysql.ErrBeginAgain) {
			continue
		}
		if err != nil {
			for i := range fates {
				fates[i] = ports.Fate{Status: ports.FateUndecided, Err: errors.Join(err, ctx.Err())}
			}
		}
		return fates
	}
}

func (s txPerCall) commit(ctx context.Context, units []ports.Unit) ([]ports.Fate, error) {
	tx, err := s.DB().BeginTx(ctx, nil)
	if err != nil {
		return make([]ports.Fate, len(units)), err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	fates := s.WithTx(tx).Commit(ctx, units)
	for _, fate := range fates {
		if errors.Is(fate.Err, mysql.ErrBeginAgain) {
			return fates, fate.Err
		}
	}
	return fates, tx.Commit()
}

// TestTxStore runs the whole suite of stores through transactions of a host.
func TestTxStore(t *testing.T) {
	t.Parallel()
	mysqltest.Name(t)
	portstest.TestStore(t, func(t *testing.T) ports.Store {
		t.Helper()
		return txPerCall{mysqltest.Store(t, patient)}
	})
}

// host is a host with a table of orders in the database of the store.
type host struct{ *mysql.Store }

func newHost(t *testing.T, config mysql.Config) host {
	t.Helper()
	h := host{mysqltest.Store(t, config)}
	h.exec(t, "CREATE TABLE orders (id VARBINARY(100) PRIMARY KEY) ENGINE=InnoDB")
	return h
}

func (h host) exec(t *testing.T, text string) {
	t.Helper()
	_, err := h.DB().ExecContext(t.Context(), text)
	require.NoError(t, err)
}

func (h host) begin(t *testing.T) *sql.Tx {
	t.Helper()
	tx, err := h.DB().BeginTx(t.Context(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

func TestTxStore_Commit(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*sql.Tx) error{"committed with the host's rows": (*sql.Tx).Commit, "rolled back with the host's rows": (*sql.Tx).Rollback} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, patient)
			first := sqltest.Opened("w")
			sqltest.Commit(t, h, first)
			tx := h.begin(t)
			bound := h.WithTx(tx)
			_, err := tx.ExecContext(t.Context(), "INSERT INTO orders VALUES ('order')")
			require.NoError(t, err)
			sqltest.Commit(t, bound, sqltest.Deducted(first, "key"))
			require.Equal(t, int64(2), sqltest.Wallet(t, bound, "w").Version, "its own reads see it")
			require.Equal(t, int64(1), sqltest.Wallet(t, h, "w").Version, "no other transaction sees it")
			require.NoError(t, end(tx))
			var orders int
			require.NoError(t, h.DB().QueryRowContext(t.Context(), "SELECT count(*) FROM orders").Scan(&orders))
			require.Equal(t, orders == 1, sqltest.Keyed(t, h, "w", "key"))
		})
	}
}

// TestStore_Commit_is_independent: a wallet that another transaction has locked keeps its own unit back, and no other.
func TestStore_Commit_is_independent(t *testing.T) {
	t.Parallel()
	h := newHost(t, mysql.Config{Timeout: 20 * time.Second})
	var first, next []ports.Unit
	for i := range 50 {
		first = append(first, sqltest.Opened(fmt.Sprint("w", i)))
	}
	sqltest.Commit(t, h, first...)
	for i := range first {
		next = append(next, sqltest.Deducted(first[i], "key"))
	}
	tx := h.begin(t)
	locked, err := h.WithTx(tx).LockWallets(t.Context(), []string{"w7", "w31"})
	require.NoError(t, err)
	require.Len(t, locked, 2)
	fates := h.Commit(t.Context(), next)
	for i, fate := range fates {
		if i != 7 && i != 31 {
			require.Equal(t, ports.FateCommitted, fate.Status, "%d: %v", i, fate.Err)
			continue
		}
		require.Equal(t, ports.FateBusy, fate.Status)
		require.Equal(t, []string{fmt.Sprint("w", i)}, fate.IDs)
		require.ErrorIs(t, fate.Err, ports.ErrBusy)
	}
	_, err = h.WithTx(h.begin(t)).LockWallets(t.Context(), []string{"w8"})
	require.NoError(t, err, "another wallet is free")
	require.NoError(t, tx.Rollback())
	sqltest.Commit(t, h, next[7], next[31])
}

// TestStore_CommitLocked: a caller that waits for a wallet gets it when the transaction ends that has it.
func TestStore_CommitLocked(t *testing.T) {
	t.Parallel()
	h := newHost(t, mysql.Config{Timeout: 30 * time.Second})
	first := sqltest.Opened("w")
	sqltest.Commit(t, h, first)
	tx := h.begin(t)
	_, err := h.WithTx(tx).LockWallets(t.Context(), []string{"w"})
	require.NoError(t, err)
	done := make(chan []ports.Fate, 1)
	go func() {
		fates, err := h.CommitLocked(context.Background(), "w", func(locked ports.Store) []ports.Unit {
			wallets, err := locked.Wallets(context.Background(), []string{"w"})
			if err != nil || len(wallets) != 1 {
				return nil
			}
			return []ports.Unit{sqltest.Booked(wallets[0], sqltest.Won(-2), "locked")}
		})
		if err != nil {
			fates = []ports.Fate{{Err: err}}
		}
		done <- fates
	}()
	sqltest.Commit(t, h.WithTx(tx), sqltest.Deducted(first, "host"))
	require.NoError(t, tx.Commit())
	fates := <-done
	require.Len(t, fates, 1)
	require.Equal(t, ports.FateCommitted, fates[0].Status, "%v", fates[0].Err)
	require.Equal(t, int64(3), sqltest.Wallet(t, h, "w").Version)
	busy := mysqltest.Open(t, mysqltest.Database(t), mysql.Config{Timeout: 300 * time.Millisecond})
	sqltest.Commit(t, busy, first)
	tx, err = busy.DB().BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = busy.WithTx(tx).LockWallets(t.Context(), []string{"w"})
	require.NoError(t, err)
	_, err = busy.CommitLocked(t.Context(), "w", func(ports.Store) []ports.Unit { return nil })
	require.ErrorIs(t, err, ports.ErrBusy)
}

// TestTxStore_deadlock: two transactions of the host lock two wallets in opposite orders. The server ends one of them
// as a whole: nothing more is written on its connection, where each statement would be a transaction of its own.
func TestTxStore_deadlock(t *testing.T) {
	t.Parallel()
	h := newHost(t, patient)
	a, b := sqltest.Opened("a"), sqltest.Opened("b")
	sqltest.Commit(t, h, a, b)
	one, other := h.begin(t), h.begin(t)
	bounds := []*mysql.TxStore{h.WithTx(one), h.WithTx(other)}
	sqltest.Commit(t, bounds[0], sqltest.Deducted(a, "one"))
	sqltest.Commit(t, bounds[1], sqltest.Deducted(b, "other"))
	done := make(chan ports.Fate, 1)
	go func() { done <- bounds[0].Commit(context.Background(), []ports.Unit{sqltest.Deducted(b, "one")})[0] }()
	fates := []ports.Fate{1: bounds[1].Commit(t.Context(), []ports.Unit{sqltest.Deducted(a, "other")})[0]}
	fates[0] = <-done
	victims := 0
	for i, tx := range []*sql.Tx{one, other} {
		if !errors.Is(fates[i].Err, mysql.ErrBeginAgain) {
			continue
		}
		victims++
		fate := bounds[i].Commit(t.Context(), []ports.Unit{sqltest.Opened("late")})[0]
		require.ErrorIs(t, fate.Err, mysql.ErrBeginAgain)
		_, err := bounds[i].LockWallets(t.Context(), []string{"a"})
		require.ErrorIs(t, err, mysql.ErrBeginAgain)
		require.NoError(t, tx.Rollback())
	}
	require.Equal(t, 1, victims, "%+v", fates)
	wallets, err := h.Wallets(t.Context(), []string{"late"})
	require.NoError(t, err)
	require.Empty(t, wallets)
}

func TestJudge(t *testing.T) {
	t.Parallel()
	const refused, again, locked, duplicate, unavailable = 0, 1, 2, 3, 4
	for code, want := range map[uint16]struct {
		verdict int
		unknown bool // at COMMIT
	}{
		1213: {again, false}, 9007: {again, false}, 8002: {again, false}, 8022: {again, false}, 8028: {again, false},
		1205: {locked, false}, 3572: {locked, true}, 1062: {duplicate, true},
		1040: {unavailable, true}, 1053: {unavailable, true}, 1290: {unavailable, true}, 1792: {unavailable, true}, 1836: {unavailable, true},
		1317: {unavailable, true}, 1927: {unavailable, true}, 1969: {unavailable, true}, 3024: {unavailable, true},
		1406: {refused, true}, 1264: {refused, true}, 1644: {refused, true}, 1180: {refused, true},
	} {
		verdict, unknown := mysql.Judge(&driver.MySQLError{Number: code})
		require.Equal(t, want.verdict, verdict, code)
		require.Equal(t, want.unknown, unknown, code)
	}
	for _, err := range []error{driver.ErrInvalidConn, errors.New("read tcp: connection reset by peer")} {
		verdict, unknown := mysql.Judge(err)
		require.Equal(t, unavailable, verdict)
		require.True(t, unknown)
	}
}
