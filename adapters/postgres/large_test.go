package postgres_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports"
)

// lastQuery keeps the last statement of a pool, so that its plan can be shown.
type lastQuery struct {
	mu   sync.Mutex
	sql  string
	args []any
}

// TraceQueryStart implements [pgx.QueryTracer].
func (q *lastQuery) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sql, q.args = data.SQL, data.Args
	return ctx
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (q *lastQuery) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// large is a store with many entries: a tenth in one wallet, the rest in 10,000.
type large struct {
	store   *postgres.Store
	pool    *pgxpool.Pool
	last    *lastQuery
	entries int
}

// fillSQL makes entries like those of deducts, 300 to a position in the feed, one
// second apart, wallets, and an operation for each tenth entry.
const fillSQL = `
INSERT INTO jigap.entries (seq, feed, occurred_at, booked_at, wallet_id, type, currency, balance_amount, old_balance, new_balance,
	counterparty, key, digest, prev_hash, hash, reference)
SELECT row_number() OVER (PARTITION BY w ORDER BY i), 1 + i / 300, at, at, 'wallet-' || w, 'deduct', 'KRW', -1, 100000000 - i, 99999999 - i,
	'revenue:usage', 'order-2026-' || lpad(i::text, 12, '0'), sha256(i::text::bytea), sha256((i - 1)::text::bytea), sha256((i + 1)::text::bytea),
	CASE WHEN i %% 100 = 0 THEN 'invoice-' || i END
FROM (SELECT i, CASE WHEN i %% 10 = 0 THEN 0 ELSE 1 + (i::bigint * 7919) %% 10000 END AS w, '2026-01-01'::timestamptz + i * interval '1 second' AS at
	FROM generate_series(%d, %d) i) s;`

const finishSQL = `
INSERT INTO jigap.wallets (version, seq, feed, opened_at, booked_at, next_expiry, open_operations, scale, due, id, currency, status,
	balance, balance_held, point, point_held, hash)
SELECT max(seq), max(seq), max(feed), min(booked_at), max(booked_at),
	CASE WHEN random() < 0.1 THEN '2026-01-01'::timestamptz + random() * interval '100 days' END, 0, 0, random() < 0.01,
	wallet_id, 'KRW', 'active', 1000, 0, 0, 0, sha256(wallet_id::bytea)
FROM jigap.entries GROUP BY wallet_id;
INSERT INTO jigap.operations (version, due_at, open, id, kind, wallet_id, status, provider_ref, body)
SELECT 1, CASE WHEN i %% 1000 = 0 THEN '2026-01-01'::timestamptz + i * interval '1 second' END, i %% 1000 = 0, 'operation-' || i, 'recharge',
	'wallet-' || i %% 10000, 'approved', 'provider-' || i, '{"Kind":"recharge"}'
FROM generate_series(1, %d) i;`

func newLarge(b *testing.B) *large {
	b.Helper()
	l := &large{entries: 200_000, last: new(lastQuery)}
	if text := os.Getenv("JIGAP_BENCH_ENTRIES"); text != "" {
		var err error
		l.entries, err = strconv.Atoi(text)
		require.NoError(b, err)
	}
	url := os.Getenv(postgrestest.Environment)
	if url == "" {
		url = postgrestest.NewServer(b, "shared_buffers=1GB", "max_wal_size=16GB", "checkpoint_timeout=1h", "fsync=off").URL()
	}
	l.connect(b, url)
	schema := postgrestest.Schema(b, l.pool)
	var err error
	l.store, err = postgres.New(l.pool, postgres.Config{Schema: schema})
	require.NoError(b, err)
	require.NoError(b, l.store.Migrate(b.Context()))
	l.run(b, schema, fmt.Sprintf(fillSQL, 1, l.entries))
	l.run(b, schema, fmt.Sprintf(finishSQL, l.entries/10))
	l.run(b, schema, "VACUUM ANALYZE jigap.entries, jigap.wallets, jigap.operations")
	require.NoError(b, l.store.Migrate(b.Context())) // moves the feed beyond the positions made here
	var heap, indexes int64
	require.NoError(b, l.pool.QueryRow(b.Context(), strings.ReplaceAll(
		"SELECT pg_table_size('jigap.entries'), pg_indexes_size('jigap.entries')", "jigap.", schema+".")).Scan(&heap, &indexes))
	b.Logf("%d entries: %.0f bytes each in the table, %.0f in its indexes",
		l.entries, float64(heap)/float64(l.entries), float64(indexes)/float64(l.entries))
	return l
}

// connect makes a pool that keeps the last statement.
func (l *large) connect(b *testing.B, url string) {
	b.Helper()
	config, err := pgxpool.ParseConfig(url)
	require.NoError(b, err)
	config.ConnConfig.Tracer = l.last
	l.pool, err = pgxpool.NewWithConfig(context.Background(), config)
	require.NoError(b, err)
	b.Cleanup(l.pool.Close)
}

func (l *large) run(b *testing.B, schema, text string) {
	b.Helper()
	_, err := l.pool.Exec(b.Context(), strings.ReplaceAll(text, "jigap.", schema+"."), pgx.QueryExecModeSimpleProtocol)
	require.NoError(b, err)
}

// BenchmarkLarge reads from a store with 200,000 entries, or as many as
// JIGAP_BENCH_ENTRIES says, and shows the plans.
func BenchmarkLarge(b *testing.B) {
	l := newLarge(b)
	ctx := context.Background()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	middle := start.Add(time.Duration(l.entries/2) * time.Second)
	reads := []struct {
		name string
		read func() (int, error)
	}{
		{"history page, newest of a large wallet", l.page(ports.EntryFilter{WalletID: "wallet-0", Descending: true, Limit: 100})},
		{"history page, oldest of a small wallet", l.page(ports.EntryFilter{WalletID: "wallet-77", Limit: 100})},
		{"history page by time", l.page(ports.EntryFilter{WalletID: "wallet-0", From: middle, Limit: 100})},
		{"history by reference", l.page(ports.EntryFilter{WalletID: "wallet-0", Reference: fmt.Sprintf("invoice-%d", l.entries/200*100), Limit: 100})},
		{"balance as of a time, large wallet", l.page(ports.EntryFilter{WalletID: "wallet-0", Until: middle, Descending: true, Limit: 1})},
		{"balance as of a time, small wallet", l.page(ports.EntryFilter{WalletID: "wallet-77", Until: middle, Descending: true, Limit: 1})},
		{"look-up of a key", func() (int, error) {
			return count(l.store.EntriesByKey(ctx, []ports.EntryKey{{WalletID: "wallet-0", Key: fmt.Sprintf("order-2026-%012d", l.entries/2/10*10)}}))
		}},
		{"feed page", func() (int, error) {
			page, err := l.store.Feed(ctx, fmt.Sprintf("%d/1/wallet-0", l.entries/600), 100)
			return len(page.Entries), err
		}},
		{"sweep of lots that expire", func() (int, error) {
			return count(l.store.FindWallets(ctx, ports.WalletFilter{ExpiringBy: start.Add(24 * time.Hour), Limit: 100}))
		}},
		{"sweep of wallets to look at", func() (int, error) {
			return count(l.store.FindWallets(ctx, ports.WalletFilter{Due: true, Limit: 100}))
		}},
		{"sweep of operations that are due", func() (int, error) {
			return count(l.store.FindOperations(ctx, ports.OperationFilter{Kind: ports.KindRecharge, DueBy: middle, Limit: 100}))
		}},
		{"operation by the provider's reference", func() (int, error) {
			return count(l.store.FindOperations(ctx, ports.OperationFilter{ProviderRef: "provider-77", Limit: 2}))
		}},
	}
	for _, r := range reads {
		b.Run(r.name, func(b *testing.B) {
			found, err := r.read()
			require.NoError(b, err)
			require.Positive(b, found)
			b.Log(l.plan(b))
			b.ResetTimer()
			for range b.N {
				if _, err := r.read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func count[T any](list []T, err error) (int, error) { return len(list), err }

func (l *large) page(filter ports.EntryFilter) func() (int, error) {
	return func() (int, error) { return count(l.store.Entries(context.Background(), filter)) }
}

// plan explains the last statement.
func (l *large) plan(b *testing.B) string {
	b.Helper()
	sql, args := l.last.sql, l.last.args
	rows, err := l.pool.Query(b.Context(), "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) "+sql, args...)
	require.NoError(b, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(b, err)
	return "\n" + strings.Join(lines, "\n")
}
