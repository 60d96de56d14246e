package postgres_test

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// txPerCall commits each call in a transaction of the host, and begins it again when
// the server says so.
type txPerCall struct {
	*postgres.Store
	pool    *pgxpool.Pool
	options pgx.TxOptions
}

func (s *txPerCall) Commit(ctx context.Context, units []ports.Unit) (fates []ports.Fate) {
	for {
		err := pgx.BeginTxFunc(ctx, s.pool, s.options, func(tx pgx.Tx) error {
			fates = s.WithTx(tx).Commit(ctx, units)
			for _, fate := range fates {
				if s.beginAgain(fate.Err) {
					return fate.Err
				}
			}
			return nil
		})
		if err == nil || !s.beginAgain(err) {
			return undecided(fates, units, errors.Join(err, ctx.Err()), err == nil)
		}
	}
}

// undecided returns the fates as they are when the transaction was committed.
func undecided(fates []ports.Fate, units []ports.Unit, err error, committed bool) []ports.Fate {
	if committed {
		return fates
	}
	fates = make([]ports.Fate, len(units))
	for i := range fates {
		fates[i] = ports.Fate{Status: ports.FateUndecided, Err: err}
	}
	return fates
}

// beginAgain reports whether the transaction is to be begun again. A unique violation
// is left over only where the snapshot of the transaction hides its cause.
func (s *txPerCall) beginAgain(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (refused.Code == "40001" || refused.Code == "40P01" ||
		refused.Code == "23505" && s.options.IsoLevel == pgx.Serializable)
}

// TestTxStore runs the whole suite of stores through transactions of a host.
func TestTxStore(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	for _, level := range []pgx.TxIsoLevel{pgx.ReadCommitted, pgx.Serializable} {
		t.Run(string(level), func(t *testing.T) {
			t.Parallel()
			stores := newRecycler(t)
			portstest.TestStore(t, func(t *testing.T) ports.Store {
				t.Helper()
				lent := stores.borrow(t)
				return &txPerCall{Store: lent.store, pool: lent.pool, options: pgx.TxOptions{IsoLevel: level}}
			})
		})
	}
}

// host is a host with a table of orders in the database of the store.
type host struct {
	pool   *pgxpool.Pool
	store  *postgres.Store
	schema string
}

func newHost(t *testing.T) *host {
	t.Helper()
	pool := postgrestest.Pool(t, 8)
	h := &host{pool: pool, schema: postgrestest.Schema(t, pool)}
	var err error
	h.store, err = postgres.New(pool, postgres.Config{Schema: h.schema})
	require.NoError(t, err)
	require.NoError(t, h.store.Migrate(t.Context()))
	_, err = pool.Exec(t.Context(), "CREATE TABLE "+h.schema+".orders (id text PRIMARY KEY)")
	require.NoError(t, err)
	return h
}

func (h *host) order(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "INSERT INTO "+h.schema+".orders VALUES ('order')")
	return err
}

func (h *host) ordered(t *testing.T) bool {
	t.Helper()
	var found bool
	require.NoError(t, h.pool.QueryRow(t.Context(), "SELECT count(*) = 1 FROM "+h.schema+".orders").Scan(&found))
	return found
}

func TestTxStore_commits_order_and_debit_together(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	first := opened("w")
	commit(t, h.store, first)
	require.NoError(t, pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		bound := h.store.WithTx(tx)
		require.NoError(t, h.order(t.Context(), tx))
		commit(t, bound, deducted(first, "key"))
		require.Equal(t, int64(2), wallet(t, bound, "w").Version, "its own reads see it")
		require.Equal(t, int64(1), wallet(t, h.store, "w").Version, "no other transaction sees it")
		return nil
	}))
	require.True(t, h.ordered(t))
	require.True(t, keyed(t, h.store, "w", "key"))
}

func TestTxStore_rolls_back_order_and_debit_together(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	first := opened("w")
	commit(t, h.store, first)
	change := errors.New("the customer changed her mind")
	err := pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		require.NoError(t, h.order(t.Context(), tx))
		unit := deducted(first, "key")
		unit.Operations = []ports.Operation{hold("o", "lane")}
		commit(t, h.store.WithTx(tx), unit)
		return change
	})
	require.ErrorIs(t, err, change)
	require.False(t, h.ordered(t))
	require.False(t, keyed(t, h.store, "w", "key"))
	unit := deducted(first, "key") // neither key nor lane nor version is used up
	unit.Operations = []ports.Operation{hold("p", "lane")}
	commit(t, h.store, unit)
}

func TestTxStore_stays_usable_after_a_refusal(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	first := opened("w")
	second := deducted(first, "key")
	h.refuses(t)
	commit(t, h.store, first, second)
	require.NoError(t, pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		bound := h.store.WithTx(tx)
		unit := deducted(second, "bad")
		fates := bound.Commit(t.Context(), []ports.Unit{deducted(first, "x"), deducted(second, "key"), unit, deducted(second, "fine")})
		require.Equal(t, ports.FateConflict, fates[0].Status)
		require.Equal(t, ports.FateKeyTaken, fates[1].Status)
		require.Equal(t, ports.FateFailed, fates[2].Status)
		require.Equal(t, ports.FateCommitted, fates[3].Status)
		return h.order(t.Context(), tx)
	}))
	require.True(t, h.ordered(t))
	require.True(t, keyed(t, h.store, "w", "fine"))
	require.Equal(t, int64(3), wallet(t, h.store, "w").Version)
}

func TestTxStore_savepoint_takes_the_debit_back(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	first := opened("w")
	commit(t, h.store, first)
	change := errors.New("not this one")
	require.NoError(t, pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		require.NoError(t, h.order(t.Context(), tx))
		err := pgx.BeginFunc(t.Context(), tx, func(inner pgx.Tx) error {
			commit(t, h.store.WithTx(inner), deducted(first, "undone"))
			return change
		})
		require.ErrorIs(t, err, change)
		commit(t, h.store.WithTx(tx), deducted(first, "kept"))
		return nil
	}))
	require.True(t, h.ordered(t))
	require.False(t, keyed(t, h.store, "w", "undone"))
	require.True(t, keyed(t, h.store, "w", "kept"))
}

func TestTxStore_serialization_failure(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	first := opened("w")
	commit(t, h.store, first)
	err := pgx.BeginTxFunc(t.Context(), h.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		bound := h.store.WithTx(tx)
		require.Equal(t, int64(1), wallet(t, bound, "w").Version) // the snapshot is taken
		commit(t, h.store, deducted(first, "rival"))
		fate := bound.Commit(t.Context(), []ports.Unit{deducted(first, "late")})[0]
		require.Equal(t, ports.FateFailed, fate.Status)
		return fate.Err
	})
	var refused *pgconn.PgError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "40001", refused.Code)
	require.False(t, keyed(t, h.store, "w", "late"))
}

func TestTxStore_lost_connection(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	first := opened("w")
	commit(t, h.store, first)
	tx, err := h.pool.Begin(t.Context())
	require.NoError(t, err)
	bound := h.store.WithTx(tx)
	commit(t, bound, deducted(first, "one"))
	require.NoError(t, tx.Conn().PgConn().Conn().Close())
	fate := bound.Commit(t.Context(), []ports.Unit{deducted(deducted(first, "one"), "two")})[0]
	require.Equal(t, ports.FateFailed, fate.Status)
	require.Error(t, tx.Rollback(t.Context()))
	require.Eventually(t, func() bool { // once the server has noticed
		return h.store.Commit(t.Context(), []ports.Unit{deducted(first, "three")})[0].Status == ports.FateCommitted
	}, patience, tick)
}

// TestTxStore_example runs the code of ExampleStore_WithTx, which is also the
// README's: with too little money, with a row that is there already, and as it should be.
func TestTxStore_example(t *testing.T) {
	t.Parallel()
	server, err := url.Parse(postgrestest.URL(t))
	require.NoError(t, err)
	schema := postgrestest.Schema(t, postgrestest.Pool(t, 1))
	query := server.Query()
	query.Set("search_path", schema) // where "orders" is found
	server.RawQuery = query.Encode()
	pool := postgrestest.PoolOn(t, server.String(), 2)
	store, err := postgres.New(pool, postgres.Config{Schema: schema})
	require.NoError(t, err)
	require.NoError(t, store.Migrate(t.Context()))
	h := &host{pool: pool, store: store, schema: schema}
	_, err = pool.Exec(t.Context(), "CREATE TABLE orders (id text PRIMARY KEY)")
	require.NoError(t, err)
	wallets, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	_, err = wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "customer-1", Currency: "KRW"})
	require.NoError(t, err)
	_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "customer-1", Key: "in", Amount: decimal.NewFromInt(2_000)})
	require.NoError(t, err)

	require.ErrorIs(t, placeOrder(t.Context(), pool, store, decimal.NewFromInt(2_001)), ports.ErrInsufficient)
	require.False(t, h.ordered(t))
	_, err = pool.Exec(t.Context(), "INSERT INTO orders VALUES ('order-17')")
	require.NoError(t, err)
	require.ErrorContains(t, placeOrder(t.Context(), pool, store, decimal.NewFromInt(1_800)), "23505", "the row cannot be written")
	_, err = wallets.EntryByKey(t.Context(), "customer-1", "order-17")
	require.ErrorIs(t, err, ports.ErrNotFound, "so there is no debit")
	_, err = pool.Exec(t.Context(), "DELETE FROM orders")
	require.NoError(t, err)
	require.NoError(t, placeOrder(t.Context(), pool, store, decimal.NewFromInt(1_800)))
	require.True(t, h.ordered(t))
	left, err := wallets.Wallet(t.Context(), "customer-1")
	require.NoError(t, err)
	require.True(t, left.Balance.Equal(decimal.NewFromInt(200)))
}
