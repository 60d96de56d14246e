package postgres_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

func deduct(ctx context.Context, l *ledger.Ledger, walletID, key string) error {
	_, err := l.Deduct(ctx, ledger.DeductRequest{WalletID: walletID, Key: key, Amount: decimal.NewFromInt(1)})
	return err
}

// openMany opens n wallets with 1,000,000 in each.
func openMany(tb testing.TB, store ports.Store, n int) []string {
	tb.Helper()
	ids, units := make([]string, n), make([]ports.Unit, n)
	for i := range ids {
		ids[i] = fmt.Sprint("w", i)
		units[i] = opened(ids[i])
	}
	for _, fate := range store.Commit(tb.Context(), units) {
		require.Equal(tb, ports.FateCommitted, fate.Status, "%v", fate.Err)
	}
	return ids
}

// TestLedger_with_a_locked_wallet has a transaction of the host keep one wallet of forty.
// Everything about the others is answered meanwhile, with one processor as with many.
func TestLedger_with_a_locked_wallet(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	ids := openMany(t, h.store, 40)
	for _, queues := range []int{1, 4} {
		wallets, err := ledger.New(h.store, ledger.Config{Parallel: queues})
		require.NoError(t, err)
		tx := h.begin(t)
		inside, err := ledger.New(h.store.WithTx(tx), ledger.Config{})
		require.NoError(t, err)
		require.NoError(t, deduct(context.Background(), inside, ids[0], fmt.Sprint("host", queues)))
		locked := make(chan error, 1)
		go func() { locked <- deduct(context.Background(), wallets, ids[0], fmt.Sprint("waits", queues)) }()
		h.awaitWaiter(t, tx)
		var others sync.WaitGroup
		for _, id := range ids[1:] {
			others.Go(func() {
				for call := range 10 {
					if err := deduct(context.Background(), wallets, id, fmt.Sprint(queues, " ", call)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		others.Wait()
		select {
		case err := <-locked:
			require.Fail(t, "the wallet is locked", "%v", err)
		default:
		}
		require.NoError(t, tx.Commit(t.Context()))
		require.NoError(t, <-locked)
	}
	require.True(t, wallet(t, h.store, ids[0]).Balance.Equal(decimal.NewFromInt(1_000_000-4)))
}

// TestLedger_inside_a_host_transaction calls the ledger that is not bound to the
// transaction, about a wallet that the transaction has changed. The call ends, and says
// what is wrong.
func TestLedger_inside_a_host_transaction(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	ids := openMany(t, h.store, 2)
	store := storeWith(t, h.schema, 2*time.Second, nil)
	wallets, err := ledger.New(store, ledger.Config{BusyTimeout: 300 * time.Millisecond})
	require.NoError(t, err)
	require.NoError(t, pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		inside, err := ledger.New(store.WithTx(tx), ledger.Config{})
		require.NoError(t, err)
		require.NoError(t, deduct(context.Background(), inside, ids[0], "inside"))
		err = within(t, func() error { return deduct(context.Background(), wallets, ids[0], "outside") })
		require.ErrorIs(t, err, ports.ErrBusy)
		require.ErrorContains(t, err, "WithTx")
		err = within(t, func() error {
			_, err := wallets.Transfer(context.Background(), ledger.TransferRequest{
				FromID: ids[1], ToID: ids[0], Key: "transfer", Amount: decimal.NewFromInt(1),
			})
			return err
		})
		require.ErrorIs(t, err, ports.ErrBusy)
		require.NoError(t, deduct(context.Background(), wallets, ids[1], "another wallet"))
		return nil
	}))
	require.NoError(t, deduct(context.Background(), wallets, ids[0], "outside"))
}

// rivals are callers on one wallet: some debit it in transactions of the host, with a row
// of the host's, some through the plain ledger.
type rivals struct {
	host, plain []time.Duration // what each call took
}

// compete lets callers of each kind call until one kind has made so many calls.
func compete(tb testing.TB, callers, calls int) rivals {
	tb.Helper()
	pool := postgrestest.Pool(tb, 2*callers+8)
	store, err := postgres.New(pool, postgres.Config{Schema: postgrestest.Schema(tb, pool), Timeout: time.Minute})
	require.NoError(tb, err)
	require.NoError(tb, store.Migrate(tb.Context()))
	openMany(tb, store, 1)
	plain, err := ledger.New(store, ledger.Config{})
	require.NoError(tb, err)
	var both rivals
	var made [2]atomic.Int64
	var mu sync.Mutex
	var running sync.WaitGroup
	run := func(kind int, took *[]time.Duration, call func(key string) error) {
		for caller := range callers {
			running.Go(func() {
				for i := 0; made[0].Load() < int64(calls) || made[1].Load() < int64(calls); i++ {
					start := time.Now()
					if err := call(fmt.Sprint(kind, " ", caller, " ", i)); err != nil {
						tb.Error(err)
						return
					}
					made[kind].Add(1)
					mu.Lock()
					*took = append(*took, time.Since(start))
					mu.Unlock()
				}
			})
		}
	}
	run(0, &both.host, func(key string) error {
		return pgx.BeginFunc(context.Background(), pool, func(tx pgx.Tx) error {
			inside, err := ledger.New(store.WithTx(tx), ledger.Config{})
			if err != nil {
				return err
			}
			return deduct(context.Background(), inside, "w0", key)
		})
	})
	run(1, &both.plain, func(key string) error { return deduct(context.Background(), plain, "w0", key) })
	running.Wait()
	slices.Sort(both.host)
	slices.Sort(both.plain)
	return both
}

// TestLedger_shares_a_wallet_with_host_transactions lets both kinds of callers use one
// wallet until each has made its calls. Neither kind starves the other.
func TestLedger_shares_a_wallet_with_host_transactions(t *testing.T) {
	t.Parallel()
	const callers, calls = 16, 160
	both := compete(t, callers, calls)
	for name, pair := range map[string][2]int{"host": {len(both.host), len(both.plain)}, "plain": {len(both.plain), len(both.host)}} {
		require.Less(t, pair[1], 20*pair[0], "%s callers made %d calls, the others %d", name, pair[0], pair[1])
	}
	t.Logf("calls: %d in transactions of the host, %d plain", len(both.host), len(both.plain))
}

// BenchmarkContention reports the p99 of both kinds of callers on one wallet, and of 39
// wallets while a fortieth is locked.
func BenchmarkContention(b *testing.B) {
	p99 := func(took []time.Duration) float64 { return float64(took[len(took)*99/100].Microseconds()) / 1000 }
	b.Run("host and plain", func(b *testing.B) {
		both := compete(b, 16, max(b.N, 500))
		b.ReportMetric(p99(both.host), "host-p99-ms")
		b.ReportMetric(p99(both.plain), "plain-p99-ms")
		b.ReportMetric(p99(both.host)/p99(both.plain), "host/plain")
	})
	for _, locked := range []bool{false, true} {
		b.Run(fmt.Sprintf("39 wallets, one locked %v", locked), func(b *testing.B) {
			pool := postgrestest.Pool(b, 16)
			store := postgrestest.StoreOn(b, pool)
			ids := openMany(b, store, 40)
			wallets, err := ledger.New(store, ledger.Config{})
			require.NoError(b, err)
			tx, err := pool.Begin(b.Context())
			require.NoError(b, err)
			if locked {
				_, err = store.WithTx(tx).LockWallets(b.Context(), ids[:1])
				require.NoError(b, err)
				for i := range 4 {
					go func() { _ = deduct(context.Background(), wallets, ids[0], fmt.Sprint(i)) }()
				}
			}
			var next atomic.Int64
			share(b, 39, 1, func(ctx context.Context) error {
				n := next.Add(1)
				return deduct(ctx, wallets, ids[1+n%39], fmt.Sprint(n))
			})
			require.NoError(b, tx.Rollback(context.Background()))
		})
	}
}

// BenchmarkOperatorLists reads the lists of what needs a person, among many records that
// have ended: 100,000, or as many as JIGAP_BENCH_OPERATIONS says.
func BenchmarkOperatorLists(b *testing.B) {
	count := 100_000
	if text := os.Getenv("JIGAP_BENCH_OPERATIONS"); text != "" {
		var err error
		count, err = strconv.Atoi(text)
		require.NoError(b, err)
	}
	server := postgrestest.NewServer(b, "fsync=off", "shared_buffers=512MB", "max_wal_size=8GB")
	pool := postgrestest.PoolOn(b, server.URL(), 4)
	store := postgrestest.StoreOn(b, pool)
	var schema string
	require.NoError(b, pool.QueryRow(b.Context(), "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'jigap%'").Scan(&schema))
	_, err := pool.Exec(b.Context(), fmt.Sprintf(`
		INSERT INTO %[1]s.operations (version, open, id, kind, wallet_id, status, body)
		SELECT 1, false, 'o' || lpad(i::text, 10, '0'), (ARRAY['recharge', 'withdrawal', 'hold', 'cancellation'])[1 + i %% 4], 'w' || i %% 100000,
			(ARRAY['approved', 'completed', 'captured', 'declined'])[1 + i %% 4], '{}' FROM generate_series(1, %[2]d) i;
		ANALYZE %[1]s.operations`, schema, count), pgx.QueryExecModeSimpleProtocol)
	require.NoError(b, err)
	for i := range 50 {
		op := hold(fmt.Sprint("review", i), "")
		op.Status, op.Open = ports.HoldStatus(ports.RechargeReview), i%2 == 0
		for _, fate := range store.Commit(b.Context(), []ports.Unit{operations(op)}) {
			require.Equal(b, ports.FateCommitted, fate.Status)
		}
	}
	for name, filter := range map[string]ports.OperationFilter{
		"reviews": {Kind: ports.KindHold, Statuses: ports.Statuses(ports.RechargeReview, ports.RechargeDisputed), Limit: 100},
		"waiting": {Kind: ports.KindWithdrawal, Statuses: ports.Statuses(ports.WithdrawalRequested), Open: true, Limit: 100},
		"stuck": {Kind: ports.KindWithdrawal, Open: true, Limit: 100, Statuses: ports.Statuses(
			ports.WithdrawalApproved, ports.WithdrawalSending, ports.WithdrawalPending, ports.WithdrawalUnknown,
		)},
		"suspended": {Kind: ports.KindPolicy, Statuses: ports.Statuses(ports.PolicySuspended), Limit: 100},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := store.FindOperations(b.Context(), filter); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
