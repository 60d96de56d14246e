package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/internal/sqltest"
	"github.com/jigap/jigap/adapters/sqlite"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// txPerCall commits each call in a transaction of the host.
type txPerCall struct{ *sqlite.Store }

func (s txPerCall) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates, err := s.commit(ctx, units)
	if err != nil {
		for i := range fates {
			fates[i] = ports.Fate{Status: ports.FateUndecided, Err: errors.Join(err, ctx.Err())}
		}
	}
	return fates
}

func (s txPerCall) commit(ctx context.Context, units []ports.Unit) ([]ports.Fate, error) {
	tx, err := s.DB().BeginTx(ctx, nil)
	if err != nil {
		return make([]ports.Fate, len(units)), err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	fates := s.WithTx(tx).Commit(ctx, units)
	return fates, tx.Commit()
}

// TestTxStore runs the whole suite of stores through transactions of a host.
func TestTxStore(t *testing.T) {
	t.Parallel()
	portstest.TestStore(t, func(t *testing.T) ports.Store {
		t.Helper()
		return txPerCall{openStore(t, newFile(t), patient)}
	})
}

// host is a host with a table of orders in the file of the store.
type host struct{ *sqlite.Store }

func newHost(t *testing.T, config sqlite.Config) host {
	t.Helper()
	h := host{openStore(t, newFile(t), config)}
	h.exec(t, "CREATE TABLE orders (id TEXT PRIMARY KEY)")
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

func (h host) ordered(t *testing.T) bool {
	t.Helper()
	var orders int
	require.NoError(t, h.DB().QueryRowContext(t.Context(), "SELECT count(*) FROM orders").Scan(&orders))
	return orders == 1
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
			require.Equal(t, h.ordered(t), sqltest.Keyed(t, h, "w", "key"))
		})
	}
}

func TestTxStore_LockWallets(t *testing.T) {
	t.Parallel()
	t.Run("keeps other writers out until the transaction ends", func(t *testing.T) {
		t.Parallel()
		h := newHost(t, sqlite.Config{Timeout: 200 * time.Millisecond})
		first := sqltest.Opened("w")
		sqltest.Commit(t, h, first, sqltest.Opened("v"))
		tx := h.begin(t)
		wallets, err := h.WithTx(tx).LockWallets(t.Context(), []string{"w", "v", "nobody"})
		require.NoError(t, err)
		require.Len(t, wallets, 2)
		fate := h.Commit(t.Context(), []ports.Unit{sqltest.Deducted(first, "key")})[0]
		require.Equal(t, ports.FateBusy, fate.Status)
		require.ErrorIs(t, fate.Err, ports.ErrBusy)
		_, err = h.CommitLocked(t.Context(), "w", func(ports.Store) []ports.Unit { return nil })
		require.ErrorIs(t, err, ports.ErrBusy)
		require.NoError(t, tx.Rollback())
		sqltest.Commit(t, h, sqltest.Deducted(first, "key"))
	})
	t.Run("a transaction that began with a read and lost against a writer", func(t *testing.T) {
		t.Parallel()
		h := newHost(t, patient)
		sqltest.Commit(t, h, sqltest.Opened("w"))
		conn, err := h.DB().Conn(t.Context())
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		tx, err := conn.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true}) // BEGIN without IMMEDIATE
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		bound := h.WithTx(tx)
		sqltest.Wallet(t, bound, "w")
		sqltest.Commit(t, h, sqltest.Opened("v"))
		_, err = bound.LockWallets(t.Context(), []string{"w"})
		require.ErrorIs(t, err, sqlite.ErrBeginAgain)
		fate := bound.Commit(t.Context(), []ports.Unit{sqltest.Opened("x")})[0]
		require.Equal(t, ports.FateFailed, fate.Status)
		require.ErrorIs(t, fate.Err, sqlite.ErrBeginAgain)
	})
}

// A ledger in the host's transaction.
func TestTxStore_ledger(t *testing.T) {
	t.Parallel()
	h := newHost(t, patient)
	wallets, err := ledger.New(h, ledger.Config{})
	require.NoError(t, err)
	_, err = wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
	require.NoError(t, err)
	changed := errors.New("the customer changed her mind")
	buy := func(end error) error {
		tx := h.begin(t)
		bound, err := ledger.New(h.WithTx(tx), ledger.Config{})
		require.NoError(t, err)
		_, err = bound.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "k", Amount: decimal.NewFromInt(5)})
		require.NoError(t, err)
		if end != nil {
			return errors.Join(end, tx.Rollback())
		}
		return tx.Commit()
	}
	require.ErrorIs(t, buy(changed), changed)
	require.NoError(t, buy(nil))
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, "5", wallet.Balance.String())
}
