package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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

// The benchmarks compare the library with two baselines on the same server, in the same
// run: "single" is one hand-written statement for each operation, "hundred" one for
// each hundred operations. Both keep a balance and append an entry with a unique key,
// and nothing else: no lots, no chain of hashes, no check that a replay is the same
// request. Quote ratios: the machine is never quiet.

const (
	benchWallets     = 100_000
	benchConnections = 64
)

// bench is a server with the library's tables and those of the baselines.
type bench struct {
	pool            *pgxpool.Pool
	store           *postgres.Store
	ledger          *ledger.Ledger
	url, schema     string
	ids             []string
	single, hundred string
	keys            atomic.Int64
}

func newBench(b *testing.B) *bench {
	b.Helper()
	url := os.Getenv(postgrestest.Environment)
	if url == "" {
		url = postgrestest.NewServer(b, "shared_buffers=512MB", "max_wal_size=8GB", "checkpoint_timeout=30min").URL()
	}
	s := &bench{url: url, pool: postgrestest.PoolOn(b, url, benchConnections), ids: make([]string, benchWallets)}
	s.schema = postgrestest.Schema(b, s.pool)
	var err error
	s.store, err = postgres.New(s.pool, postgres.Config{Schema: s.schema})
	require.NoError(b, err)
	require.NoError(b, s.store.Migrate(b.Context()))
	units := make([]ports.Unit, len(s.ids))
	for i := range s.ids {
		s.ids[i] = "wallet-" + strconv.Itoa(i)
		units[i] = opened(s.ids[i])
	}
	for chunk := range slices.Chunk(units, 1000) {
		for _, fate := range s.store.Commit(b.Context(), chunk) {
			require.Equal(b, ports.FateCommitted, fate.Status, "%v", fate.Err)
		}
	}
	s.warm(b)
	s.baseline(b)
	return s
}

func (s *bench) baseline(b *testing.B) {
	b.Helper()
	_, err := s.pool.Exec(b.Context(), s.in(`
		CREATE TABLE jigap.b_wallets (id text COLLATE "C" PRIMARY KEY, balance numeric NOT NULL, seq bigint NOT NULL)
			WITH (fillfactor = 70);
		CREATE TABLE jigap.b_entries (
			wallet_id text COLLATE "C", seq bigint, key text COLLATE "C", amount numeric, old numeric, new numeric, at timestamptz,
			PRIMARY KEY (wallet_id, seq), UNIQUE (wallet_id, key));
		INSERT INTO jigap.b_wallets SELECT id, 1000000, 1 FROM jigap.wallets;
		ANALYZE`), pgx.QueryExecModeSimpleProtocol)
	require.NoError(b, err)
	_, err = s.pool.Exec(b.Context(), "CHECKPOINT")
	require.NoError(b, err)
	s.single = s.in(`
		WITH w AS (UPDATE jigap.b_wallets SET balance = balance - $2, seq = seq + 1
			WHERE id = $1 AND balance >= $2 RETURNING seq, balance)
		INSERT INTO jigap.b_entries SELECT $1, seq, $3, -$2, balance + $2, balance, now() FROM w`)
	s.hundred = s.in(`
		WITH r AS (SELECT wallet_id, amount, key, row_number() OVER w AS n, sum(amount) OVER w AS taken
			FROM unnest($1::text[], $2::numeric[], $3::text[]) WITH ORDINALITY AS r(wallet_id, amount, key, i)
			WINDOW w AS (PARTITION BY wallet_id ORDER BY i)),
		t AS (SELECT wallet_id, count(*) AS n, sum(amount) AS taken FROM r GROUP BY wallet_id ORDER BY wallet_id),
		l AS (SELECT w.id, w.balance, w.seq, t.n, t.taken FROM t JOIN jigap.b_wallets w ON w.id = t.wallet_id
			WHERE w.balance >= t.taken ORDER BY w.id FOR NO KEY UPDATE OF w),
		u AS (UPDATE jigap.b_wallets w SET balance = w.balance - l.taken, seq = w.seq + l.n FROM l WHERE w.id = l.id)
		INSERT INTO jigap.b_entries
		SELECT r.wallet_id, l.seq + r.n, r.key, -r.amount, l.balance - r.taken + r.amount, l.balance - r.taken, now()
		FROM r JOIN l ON l.id = r.wallet_id`)
}

func (s *bench) in(text string) string {
	return strings.ReplaceAll(text, "jigap.", s.schema+".")
}

// BenchmarkDeduct takes 1 from wallets, from so many goroutines.
func BenchmarkDeduct(b *testing.B) {
	s := newBench(b)
	for _, spread := range []string{"random", "hot"} {
		for _, workers := range []int{1, 8, 64, 512} {
			ways := map[string]func(*testing.B, int, func() string){
				"ledger": s.benchLedger, "single": s.benchSingle, "hundred": s.benchHundred,
			}
			for _, way := range []string{"single", "ledger", "hundred"} {
				b.Run(fmt.Sprintf("%s/%d/%s", spread, workers, way), func(b *testing.B) {
					ways[way](b, workers, s.picker(spread))
				})
			}
		}
	}
}

// picker returns what picks the wallet of the next operation.
func (s *bench) picker(spread string) func() string {
	if spread == "hot" {
		return func() string { return s.ids[0] }
	}
	return func() string { return s.ids[rand.IntN(len(s.ids))] }
}

func (s *bench) key() string { return fmt.Sprintf("order-2026-%012d", s.keys.Add(1)) }

func (s *bench) benchLedger(b *testing.B, workers int, pick func() string) {
	b.Helper()
	share(b, workers, 1, func(ctx context.Context) error { return s.deduct(ctx, pick()) })
}

// warm makes a ledger that has seen every wallet, as it has after a while.
func (s *bench) warm(b *testing.B) {
	b.Helper()
	var err error
	s.ledger, err = ledger.New(s.store, ledger.Config{})
	require.NoError(b, err)
	var next atomic.Int64
	var running sync.WaitGroup
	for range 512 {
		running.Go(func() {
			for i := next.Add(1) - 1; i < benchWallets; i = next.Add(1) - 1 {
				if err := s.deduct(b.Context(), s.ids[i]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
}

func (s *bench) deduct(ctx context.Context, id string) error {
	_, err := s.ledger.Deduct(ctx, ledger.DeductRequest{WalletID: id, Key: s.key(), Amount: decimal.NewFromInt(1)})
	return err
}

func (s *bench) benchSingle(b *testing.B, workers int, pick func() string) {
	b.Helper()
	one := decimal.NewFromInt(1)
	share(b, workers, 1, func(ctx context.Context) error {
		_, err := s.pool.Exec(ctx, s.single, pick(), one.String(), s.key())
		return err
	})
}

func (s *bench) benchHundred(b *testing.B, workers int, pick func() string) {
	b.Helper()
	share(b, workers, 100, func(ctx context.Context) error {
		ids, amounts, keys := make([]string, 100), make([]string, 100), make([]string, 100)
		for i := range ids {
			ids[i], amounts[i], keys[i] = pick(), "1", s.key()
		}
		_, err := s.pool.Exec(ctx, s.hundred, ids, amounts, keys)
		return err
	})
}

// share lets workers share b.N operations, of which each call does so many, and
// reports the rate and the latencies of calls.
func share(b *testing.B, workers, each int, call func(ctx context.Context) error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	took := make([][]time.Duration, workers)
	failures := make([]error, workers)
	var running sync.WaitGroup
	b.ResetTimer()
	for worker := range workers {
		running.Go(func() {
			for left.Add(-int64(each)) > -int64(each) && failures[worker] == nil {
				start := time.Now()
				failures[worker] = call(b.Context())
				took[worker] = append(took[worker], time.Since(start))
			}
		})
	}
	running.Wait()
	b.StopTimer()
	for _, err := range failures {
		require.NoError(b, err)
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	b.ReportMetric(float64(len(all)*each)/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-us")
}

// BenchmarkProcesses takes 1 from one wallet, from 512 goroutines in four processes.
func BenchmarkProcesses(b *testing.B) {
	s := newBench(b)
	b.Run("single", func(b *testing.B) { s.benchSingle(b, 512, s.picker("hot")) })
	b.Run("ledger", func(b *testing.B) {
		const processes, workers = 4, 128
		calls := max(1, b.N/processes/workers)
		writers := make([]*process, processes)
		b.ResetTimer()
		for i := range writers {
			writers[i] = startWriter(b, orders{
				URL: s.url, Schema: s.schema, Name: fmt.Sprint(b.N, i), Wallets: s.ids[:1], Workers: workers, Calls: calls, Quiet: true,
			})
		}
		for _, writer := range writers {
			require.Empty(b, writer.wait(), "calls that failed")
		}
		b.StopTimer()
		b.ReportMetric(float64(calls*processes*workers)/b.Elapsed().Seconds(), "ops/s")
	})
}

// BenchmarkCommit commits calls of so many units, one after the other: what a unit
// costs beyond the round trip.
func BenchmarkCommit(b *testing.B) {
	s := newBench(b)
	for _, size := range []int{1, 32, 320} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			ids := s.ids[len(s.ids)-size:]
			wallets, err := s.store.Wallets(b.Context(), ids)
			require.NoError(b, err)
			units := make([]ports.Unit, size)
			for i := range units {
				units[i] = ports.Unit{Wallets: wallets[i : i+1]}
			}
			for b.Loop() {
				for i := range units {
					units[i] = deducted(units[i], s.key())
				}
				for _, fate := range s.store.Commit(b.Context(), units) {
					if fate.Status != ports.FateCommitted {
						b.Fatal(fate)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*size), "us/unit")
		})
	}
}
