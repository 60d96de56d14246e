package mysql_test

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/internal/sqltest"
	"github.com/jigap/jigap/adapters/mysql"
	"github.com/jigap/jigap/adapters/mysql/mysqltest"
	"github.com/jigap/jigap/ports"
)

// TestStore_Commit_of_many_locked_units: 150 locked wallets keep no unit of a free one back.
func TestStore_Commit_of_many_locked_units(t *testing.T) {
	t.Parallel()
	const locked, free = 150, 10
	h := newHost(t, mysql.Config{})
	var first, next []ports.Unit
	var ids []string
	for i := range locked + free {
		ids = append(ids, fmt.Sprintf("w%03d", i))
		first = append(first, sqltest.Opened(ids[i]))
		next = append(next, sqltest.Deducted(first[i], "key"))
	}
	sqltest.Commit(t, h, first...)
	_, err := h.WithTx(h.begin(t)).LockWallets(t.Context(), ids[:locked])
	require.NoError(t, err)
	for i, fate := range h.Commit(t.Context(), next) {
		if i >= locked { // these are not locked
			require.Equal(t, ports.FateCommitted, fate.Status, "%d: %v %v", i, fate.IDs, fate.Err)
		}
	}
}

// TestTxStore_wait_that_takes_too_long: a wait that takes too long is busy, and leaves the transaction of the host as it is.
func TestTxStore_wait_that_takes_too_long(t *testing.T) {
	t.Parallel()
	for name, does := range map[string]func(*testing.T, *mysql.TxStore, ports.Unit){
		"Commit": func(t *testing.T, bound *mysql.TxStore, w ports.Unit) {
			t.Helper()
			fate := bound.Commit(t.Context(), []ports.Unit{sqltest.Deducted(w, "key")})[0]
			require.Equal(t, ports.FateBusy, fate.Status, "%v", fate.Err)
			require.Equal(t, []string{"w"}, fate.IDs)
		},
		"LockWallets": func(t *testing.T, bound *mysql.TxStore, _ ports.Unit) {
			t.Helper()
			_, err := bound.LockWallets(t.Context(), []string{"w"})
			require.ErrorIs(t, err, ports.ErrBusy)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, mysql.Config{Timeout: 2500 * time.Millisecond})
			w := sqltest.Opened("w")
			sqltest.Commit(t, h, w)
			_, err := h.WithTx(h.begin(t)).LockWallets(t.Context(), []string{"w"})
			require.NoError(t, err)
			tx := h.begin(t)
			_, err = tx.ExecContext(t.Context(), "INSERT INTO orders VALUES ('order')")
			require.NoError(t, err)
			does(t, h.WithTx(tx), w)
			require.NoError(t, tx.Commit(), "the host may do without the wallet")
		})
	}
}

// TestTxStore_Commit_of_a_locked_and_a_free_unit: in a transaction of the host, too, a locked unit keeps no other back.
func TestTxStore_Commit_of_a_locked_and_a_free_unit(t *testing.T) {
	t.Parallel()
	h := newHost(t, mysql.Config{Timeout: 2500 * time.Millisecond})
	w, x := sqltest.Opened("w"), sqltest.Opened("x")
	sqltest.Commit(t, h, w, x)
	_, err := h.WithTx(h.begin(t)).LockWallets(t.Context(), []string{"w"})
	require.NoError(t, err)
	fates := h.WithTx(h.begin(t)).Commit(t.Context(), []ports.Unit{sqltest.Deducted(w, "k"), sqltest.Deducted(x, "k")})
	require.Equal(t, ports.FateCommitted, fates[1].Status, "%v", fates[1].Err)
}

// TestTxStore_LockWallets_after_a_deadlock: a deadlock in a statement of the host ends the transaction: LockWallets says so.
func TestTxStore_LockWallets_after_a_deadlock(t *testing.T) {
	t.Parallel()
	h := newHost(t, patient)
	sqltest.Commit(t, h, sqltest.Opened("w"))
	h.exec(t, "INSERT INTO orders VALUES ('a'), ('b')")
	one, other := h.begin(t), h.begin(t)
	lock := func(tx *sql.Tx, id string) error {
		_, err := tx.ExecContext(context.Background(), "SELECT * FROM orders WHERE id = '"+id+"' FOR UPDATE")
		return err
	}
	require.NoError(t, lock(one, "a"))
	require.NoError(t, lock(other, "b"))
	done := make(chan error, 1)
	go func() { done <- lock(one, "b") }()
	victim := one
	if lock(other, "a") != nil {
		victim = other
		require.NoError(t, <-done)
	} else {
		require.Error(t, <-done)
	}
	_, err := h.WithTx(victim).LockWallets(t.Context(), []string{"w"})
	_, free := h.DB().ExecContext(t.Context(), "SELECT id FROM jigap_wallets WHERE id = 'w' FOR UPDATE NOWAIT")
	require.ErrorIs(t, err, mysql.ErrBeginAgain, "another transaction may lock the wallet: %t", free == nil)
}

// TestTxStore_LockWallets_with_innodb_rollback_on_timeout: a lock wait that times out ends the whole transaction where the server is set so: LockWallets says so.
func TestTxStore_LockWallets_with_innodb_rollback_on_timeout(t *testing.T) {
	t.Parallel()
	server := mysqltest.NewServer(t, "--innodb-rollback-on-timeout=ON", "--innodb-flush-log-at-trx-commit=0")
	h := host{mysqltest.Open(t, mysqltest.DatabaseOn(t, server.Name("")), patient)}
	h.exec(t, "CREATE TABLE orders (id VARBINARY(100) PRIMARY KEY) ENGINE=InnoDB")
	sqltest.Commit(t, h, sqltest.Opened("w"))
	holder := h.begin(t)
	_, err := h.WithTx(holder).LockWallets(t.Context(), []string{"w"})
	require.NoError(t, err)
	tx := h.begin(t)
	_, err = tx.ExecContext(t.Context(), "INSERT INTO orders VALUES ('order')")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		_, err := h.WithTx(tx).LockWallets(context.Background(), []string{"w"})
		done <- err
	}()
	dirty, err := h.DB().BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelReadUncommitted})
	require.NoError(t, err)
	for rows := 1; rows > 0; { // until the server has rolled back
		require.NoError(t, dirty.QueryRowContext(t.Context(), "SELECT count(*) FROM orders").Scan(&rows))
	}
	require.NoError(t, dirty.Rollback())
	require.NoError(t, holder.Rollback())
	if err := <-done; err != nil {
		require.ErrorIs(t, err, mysql.ErrBeginAgain)
		return
	}
	_, free := h.DB().ExecContext(t.Context(), "SELECT id FROM jigap_wallets WHERE id = 'w' FOR UPDATE NOWAIT")
	require.NoError(t, tx.Commit())
	var orders int
	require.NoError(t, h.DB().QueryRowContext(t.Context(), "SELECT count(*) FROM orders").Scan(&orders))
	require.Equal(t, 1, orders, "LockWallets and COMMIT returned nil; another transaction could lock the wallet: %t", free == nil)
}

// TestOpen_character_set_of_the_server: a server may ignore the character set of the handshake. Texts come back all the same, and a memo never becomes SQL.
func TestOpen_character_set_of_the_server(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T, charset string) host {
		t.Helper()
		server := mysqltest.NewServer(t, "--character-set-server="+charset, "--skip-character-set-client-handshake", "--innodb-flush-log-at-trx-commit=0")
		return host{mysqltest.Open(t, mysqltest.DatabaseOn(t, server.Name("")), patient)}
	}
	t.Run("utf8mb3: a memo is refused", func(t *testing.T) {
		t.Parallel()
		unit := sqltest.Opened("w")
		unit.Entries[0].Memo = "😀"
		sqltest.Commit(t, open(t, "utf8mb3"), unit)
	})
	t.Run("latin1: a memo is stored as other text", func(t *testing.T) {
		t.Parallel()
		h, unit := open(t, "latin1"), sqltest.Opened("w")
		unit.Entries[0].Memo = "한"
		sqltest.Commit(t, h, unit)
		var stored string
		require.NoError(t, h.DB().QueryRowContext(t.Context(), "SELECT hex(memo) FROM jigap_entries").Scan(&stored))
		require.Equal(t, "ED959C", stored, "utf8mb4")
	})
	t.Run("gbk: a memo is carried out as SQL", func(t *testing.T) {
		t.Parallel()
		h, unit := open(t, "gbk"), sqltest.Opened("w")
		unit.Entries[0].Digest, unit.Entries[0].Hash = ports.Hash{}, ports.Hash(bytes.Repeat([]byte("A"), 32))
		unit.Wallets[0].Hash = unit.Entries[0].Hash
		unit.Entries[0].Memo = "한', NULL, 0x6D616C6C6F7279, 1, 1, REPEAT(0, 32), REPEAT(0x41, 32)) -- "
		sqltest.Commit(t, h, unit)
		entries, err := h.Entries(t.Context(), ports.EntryFilter{WalletID: "w", Limit: 1})
		require.NoError(t, err)
		require.Empty(t, entries[0].Who)
	})
}

// TestStore_CommitLocked_leaves_connections: callers that wait for locked wallets leave connections to others.
func TestStore_CommitLocked_leaves_connections(t *testing.T) {
	t.Parallel()
	const n = 400
	name := mysqltest.Database(t)
	other := mysqltest.Open(t, name, patient)
	var units []ports.Unit
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprint("w", i))
		units = append(units, sqltest.Opened(ids[i]))
	}
	sqltest.Commit(t, other, units...)
	tx, err := other.DB().BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = other.WithTx(tx).LockWallets(t.Context(), ids)
	require.NoError(t, err)
	store := mysqltest.Open(t, name, mysql.Config{Timeout: 4 * time.Second, Connections: 4})
	stop, done := make(chan struct{}), make(chan struct{}, n)
	for _, id := range ids {
		go func() {
			defer func() { done <- struct{}{} }()
			for {
				_, _ = store.CommitLocked(context.Background(), id, func(ports.Store) []ports.Unit { return nil })
				select {
				case <-stop:
					return
				default:
				}
			}
		}()
	}
	for stats := store.DB().Stats(); stats.InUse < 4 || stats.WaitCount < n-4; stats = store.DB().Stats() {
	}
	fate := store.Commit(t.Context(), []ports.Unit{sqltest.Opened("free")})[0]
	close(stop)
	require.NoError(t, tx.Rollback())
	for range n {
		<-done
	}
	require.Equal(t, ports.FateCommitted, fate.Status, "%v %v", fate.IDs, fate.Err)
}

// TestStore_Commit_of_large_units: units that are longer together than the server takes are written all the same.
func TestStore_Commit_of_large_units(t *testing.T) {
	t.Parallel()
	h := newHost(t, patient)
	units := []ports.Unit{sqltest.Opened("small")}
	for i := range 16 {
		units = append(units, sqltest.Opened(fmt.Sprint("w", i)))
		units[i+1].Entries[0].Memo = strings.Repeat("m", 3<<20)
	}
	fates := h.Commit(t.Context(), units)
	for i := range fates {
		if fates[i].Status != ports.FateCommitted {
			sqltest.Commit(t, h, units[i]) // alone it is written
		}
	}
	require.Equal(t, ports.FateCommitted, fates[0].Status, "%v", fates[0].Err)
}

// hookedConnector runs a function before the first query that has a text, in it or as a parameter.
type hookedConnector struct {
	driver.Connector
	text string
	once *sync.Once
	do   func()
}

func (h hookedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := h.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return hookedConn{conn.(sqltest.WholeConn), h}, nil
}

type hookedConn struct {
	sqltest.WholeConn
	hook hookedConnector
}

func (c hookedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	named := strings.Contains(text, c.hook.text)
	for _, arg := range args {
		named = named || arg.Value == c.hook.text
	}
	if named {
		c.hook.once.Do(c.hook.do)
	}
	return c.WholeConn.QueryContext(ctx, text, args)
}

// TestTxStore_reads_are_whole: reads in a transaction see one state, although each statement of it sees one of its own.
func TestTxStore_reads_are_whole(t *testing.T) {
	t.Parallel()
	read := map[string]func(*testing.T, *mysql.Store, func(ports.Store)){
		"of the host": func(t *testing.T, store *mysql.Store, look func(ports.Store)) {
			t.Helper()
			tx, err := store.DB().BeginTx(t.Context(), nil)
			require.NoError(t, err)
			defer func() { _ = tx.Rollback() }()
			look(store.WithTx(tx))
		},
		"of CommitLocked": func(t *testing.T, store *mysql.Store, look func(ports.Store)) {
			t.Helper()
			_, err := store.CommitLocked(t.Context(), "other", func(locked ports.Store) []ports.Unit { look(locked); return nil })
			require.NoError(t, err)
		},
	}
	for name, in := range read {
		open := func(t *testing.T, text string, do func(*mysql.Store), units ...ports.Unit) *mysql.Store {
			t.Helper()
			name := mysqltest.Database(t)
			writer := mysqltest.Open(t, name, patient)
			sqltest.Commit(t, writer, units...)
			store, err := mysql.OpenThrough(t.Context(), name, patient, func(c driver.Connector) driver.Connector {
				return hookedConnector{c, text, new(sync.Once), func() { do(writer) }}
			})
			require.NoError(t, err)
			t.Cleanup(func() { _ = store.Close() })
			return store
		}
		t.Run("Totals in a transaction "+name, func(t *testing.T) {
			t.Parallel()
			w := sqltest.Opened("w")
			store := open(t, "counterparty IS NOT NULL", func(writer *mysql.Store) { sqltest.Commit(t, writer, sqltest.Deducted(w, "key")) }, w)
			in(t, store, func(bound ports.Store) {
				totals, err := bound.Totals(t.Context())
				require.NoError(t, err)
				sum := sqltest.Won(0)
				for _, total := range totals {
					sum = sum.Add(total.Balance)
				}
				require.True(t, sum.IsZero(), "%v", totals)
			})
		})
		t.Run("Wallets in a transaction "+name, func(t *testing.T) {
			t.Parallel()
			a, z := sqltest.Opened("w000"), sqltest.Opened("w199")
			var ids []string
			for i := range 200 {
				ids = append(ids, fmt.Sprintf("w%03d", i))
			}
			one, other := sqltest.Deducted(a, "key"), sqltest.Deducted(z, "key")
			both := ports.Unit{Wallets: append(one.Wallets, other.Wallets...), Entries: append(one.Entries, other.Entries...)}
			store := open(t, "w199", func(writer *mysql.Store) { sqltest.Commit(t, writer, both) }, a, z)
			in(t, store, func(bound ports.Store) {
				wallets, err := bound.Wallets(t.Context(), ids)
				require.NoError(t, err)
				require.Len(t, wallets, 2)
				require.Equal(t, wallets[0].Version, wallets[1].Version, "one unit wrote both")
			})
		})
	}
}

// TestOpen_looks_at_the_tables: open and Migrate refuse tables of another engine, and columns that are not compared bytewise.
func TestOpen_looks_at_the_tables(t *testing.T) {
	t.Parallel()
	const loose = " VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL"
	for does, check := range map[string]func(*testing.T, string, *mysql.Store) error{
		"ALTER TABLE jigap_wallets ENGINE=MyISAM":            opensAgain,
		"ALTER TABLE jigap_wallets MODIFY id" + loose:        opensAgain,
		"ALTER TABLE jigap_operations MODIFY id" + loose:     migratesAgain, // only open_lane is looked at
		"ALTER TABLE jigap_entries MODIFY wallet_id" + loose: migratesAgain, // only key_text is
	} {
		t.Run(does, func(t *testing.T) {
			t.Parallel()
			name := mysqltest.Database(t)
			store := mysqltest.Open(t, name, patient)
			_, err := store.DB().ExecContext(t.Context(), does)
			require.NoError(t, err)
			require.ErrorIs(t, check(t, name, store), mysql.ErrServer)
		})
	}
}

func opensAgain(t *testing.T, name string, _ *mysql.Store) error {
	t.Helper()
	store, err := mysql.Open(t.Context(), name, patient)
	if err == nil {
		_ = store.Close()
	}
	return err
}

func migratesAgain(t *testing.T, _ string, store *mysql.Store) error {
	t.Helper()
	return store.Migrate(t.Context())
}

// TestOpen_defaults_of_the_server: whatever the defaults of the server are.
func TestOpen_defaults_of_the_server(t *testing.T) {
	t.Parallel()
	// ports.Store: "Reads see every unit whose commit was reported before the read began, also one that another handle on
	// the same data wrote." ROLLBACK and COMMIT chain: the connection goes back to the pool within a transaction that is
	// REPEATABLE READ behind a snapshot, and later reads on it see an old state for as long as it lasts.
	t.Run("completion_type=CHAIN: reads are old", func(t *testing.T) {
		t.Parallel()
		server := mysqltest.NewServer(t, "--completion-type=CHAIN", "--innodb-flush-log-at-trx-commit=0")
		name := mysqltest.DatabaseOn(t, server.Name(""))
		writer := mysqltest.Open(t, name, patient)
		w := sqltest.Opened("w")
		sqltest.Commit(t, writer, w)
		reader := mysqltest.Open(t, name, mysql.Config{Timeout: time.Minute, Connections: 1})
		_, err := reader.Totals(t.Context())
		require.NoError(t, err)
		require.Equal(t, int64(1), sqltest.Wallet(t, reader, "w").Version)
		sqltest.Commit(t, writer, sqltest.Deducted(w, "k"))
		require.Equal(t, int64(2), sqltest.Wallet(t, reader, "w").Version)
	})
	// FateConflict: "because a wallet is no longer (or not yet, or already) at the version and hash that the unit was
	// computed from", and Totals: "the sum of all wallets".
	t.Run("sql_select_limit: a fate is not true, and sums lack wallets", func(t *testing.T) {
		t.Parallel()
		server := mysqltest.NewServer(t, "--innodb-flush-log-at-trx-commit=0")
		name := mysqltest.DatabaseOn(t, server.Name(""))
		h := host{mysqltest.Open(t, name, patient)}
		a, b := sqltest.Opened("a"), sqltest.Opened("b")
		sqltest.Commit(t, h, a, b)
		h.exec(t, "SET GLOBAL sql_select_limit = 1")
		sqltest.Commit(t, mysqltest.Open(t, name, patient), sqltest.Deducted(a, "k"), sqltest.Deducted(b, "k"))
	})
}

// TestOpen_character_set_in_the_name: a character set in the data source name does not count.
func TestOpen_character_set_in_the_name(t *testing.T) {
	t.Parallel()
	store, err := mysql.Open(t.Context(), mysqltest.Database(t)+"?charset=utf8&parseTime=True&loc=Local", patient)
	require.NotErrorIs(t, err, ports.ErrUnavailable)
	if err == nil {
		_ = store.Close()
	}
}

// TestStore_Migrate_is_bounded: the network stands still.
func TestStore_Migrate_is_bounded(t *testing.T) {
	t.Parallel()
	proxy := sqltest.NewProxy(t, mysqltest.Address(t))
	store := mysqltest.Open(t, mysqltest.Through(t, mysqltest.Database(t), proxy.Address()), mysql.Config{Timeout: time.Second})
	t.Cleanup(proxy.Resume)
	proxy.Stall()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	require.Error(t, store.Migrate(ctx))
	require.NoError(t, ctx.Err(), "Migrate waited until the context of its caller ended")
}

// TestTxStore_reads_after_a_deadlock: a read in a transaction that is over is an error.
func TestTxStore_reads_after_a_deadlock(t *testing.T) {
	t.Parallel()
	h := newHost(t, patient)
	a, b := sqltest.Opened("a"), sqltest.Opened("b")
	sqltest.Commit(t, h, a, b)
	bounds := []*mysql.TxStore{h.WithTx(h.begin(t)), h.WithTx(h.begin(t))}
	sqltest.Commit(t, bounds[0], sqltest.Deducted(a, "one"))
	sqltest.Commit(t, bounds[1], sqltest.Deducted(b, "other"))
	done := make(chan ports.Fate, 1)
	go func() { done <- bounds[0].Commit(context.Background(), []ports.Unit{sqltest.Deducted(b, "one")})[0] }()
	fates := []ports.Fate{1: bounds[1].Commit(t.Context(), []ports.Unit{sqltest.Deducted(a, "other")})[0]}
	fates[0] = <-done
	for i := range fates {
		if fates[i].Status == ports.FateFailed {
			require.ErrorIs(t, fates[i].Err, mysql.ErrBeginAgain)
			wallets, err := bounds[i].Wallets(t.Context(), []string{"a", "b"})
			require.ErrorIs(t, err, mysql.ErrBeginAgain, "%d wallets", len(wallets))
		}
	}
}

// TestStore_Commit_behind_a_locked_unit: a unit that touches what a unit before it touches waits with it.
func TestStore_Commit_behind_a_locked_unit(t *testing.T) {
	t.Parallel()
	h := newHost(t, patient)
	first := sqltest.Opened("w")
	sqltest.Commit(t, h, first)
	op := sqltest.Hold("o", "lane")
	begins := sqltest.Deducted(first, "key")
	begins.Operations = []ports.Operation{op}
	next := sqltest.Hold("next", "lane")
	units := []ports.Unit{begins, {Operations: []ports.Operation{sqltest.Ended(op)}}, {Operations: []ports.Operation{next}}, sqltest.Opened("free")}
	tx := h.begin(t)
	_, err := h.WithTx(tx).LockWallets(t.Context(), []string{"w"})
	require.NoError(t, err)
	fates := h.Commit(t.Context(), units)
	for _, fate := range fates[:3] {
		require.Equal(t, ports.FateBusy, fate.Status, "%v", fate.Err)
	}
	require.Equal(t, ports.FateCommitted, fates[3].Status)
	require.NoError(t, tx.Rollback())
	sqltest.Commit(t, h, units[:3]...)
}
