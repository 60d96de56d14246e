package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/internal/sqltest"
	"github.com/jigap/jigap/adapters/sqlite"
	"github.com/jigap/jigap/ledger"
)

// The benchmarks compare the library with two baselines on a file like its own, in the same run: "single" is
// one hand-written transaction for each operation, "hundred" one for each hundred operations. Both keep a
// balance and append an entry with a unique key, over one connection with prepared statements, and nothing
// else: no lots, no chain of hashes, no check that a replay is the same request. Quote ratios: the machine is
// never quiet.

const benchWallets = 10_000

// bench is a file with the library's tables, and one with those of the baselines.
type bench struct {
	ledger       *ledger.Ledger
	mu           sync.Mutex // of the connection of the baselines
	conn         *sql.Conn
	take, append *sql.Stmt
	ids          []string
	keys         atomic.Int64
}

func newBench(b *testing.B) *bench {
	b.Helper()
	s := &bench{ids: make([]string, benchWallets)}
	store, err := sqlite.Open(b.Context(), b.TempDir()+"/ours.db", sqlite.Config{})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	require.NoError(b, store.Migrate(b.Context()))
	s.ledger, err = ledger.New(store, ledger.Config{})
	require.NoError(b, err)
	s.baseline(b)
	for i := range s.ids {
		s.ids[i] = "wallet-" + strconv.Itoa(i)
	}
	var next atomic.Int64
	var running sync.WaitGroup
	for range 256 {
		running.Go(func() {
			for i := next.Add(1) - 1; i < benchWallets; i = next.Add(1) - 1 {
				_, err := s.ledger.Open(b.Context(), ledger.OpenRequest{WalletID: s.ids[i], Currency: "KRW"})
				if err == nil {
					_, err = s.ledger.Credit(b.Context(), ledger.CreditRequest{WalletID: s.ids[i], Key: "first", Amount: decimal.NewFromInt(100_000_000)})
				}
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
	return s
}

func (s *bench) baseline(b *testing.B) {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+b.TempDir()+"/baseline.db?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-65536)")
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	s.conn, err = db.Conn(b.Context())
	require.NoError(b, err)
	_, err = s.conn.ExecContext(b.Context(), `
		CREATE TABLE wallets (id TEXT PRIMARY KEY, balance INTEGER NOT NULL, seq INTEGER NOT NULL);
		CREATE TABLE entries (wallet_id TEXT, seq INTEGER, key TEXT, amount INTEGER, old INTEGER, new INTEGER, at INTEGER,
			PRIMARY KEY (wallet_id, seq), UNIQUE (wallet_id, key)) WITHOUT ROWID;
		WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
		INSERT INTO wallets SELECT 'wallet-' || i, 100000000, 1 FROM n`)
	require.NoError(b, err)
	s.take, err = s.conn.PrepareContext(b.Context(), "UPDATE wallets SET balance = balance - ?2, seq = seq + 1 WHERE id = ?1 AND balance >= ?2 RETURNING seq, balance")
	require.NoError(b, err)
	s.append, err = s.conn.PrepareContext(b.Context(), "INSERT INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6, unixepoch())")
	require.NoError(b, err)
}

// BenchmarkDeduct takes 1 from wallets, from so many goroutines.
func BenchmarkDeduct(b *testing.B) {
	s := newBench(b)
	ways := map[string]func(context.Context, func() string, int) error{"ledger": s.deduct, "single": s.deducts, "hundred": s.deducts}
	for _, spread := range []string{"random", "hot"} {
		for _, workers := range []int{1, 8, 64, 512} {
			for _, way := range []string{"single", "ledger", "hundred"} {
				each := 1
				if way == "hundred" {
					each = 100
				}
				b.Run(fmt.Sprintf("%s/%d/%s", spread, workers, way), func(b *testing.B) {
					sqltest.Share(b, workers, each, func(ctx context.Context) error { return ways[way](ctx, s.picker(spread), each) })
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

func (s *bench) deduct(ctx context.Context, pick func() string, _ int) error {
	_, err := s.ledger.Deduct(ctx, ledger.DeductRequest{WalletID: pick(), Key: s.key(), Amount: decimal.NewFromInt(1)})
	return err
}

// deducts takes 1 from so many wallets, in one transaction.
func (s *bench) deducts(ctx context.Context, pick func() string, n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for range n {
		id, seq, balance := pick(), 0, 0
		if err := s.take.QueryRowContext(ctx, id, 1).Scan(&seq, &balance); err != nil {
			return err
		}
		if _, err := s.append.ExecContext(ctx, id, seq, s.key(), -1, balance+1, balance); err != nil {
			return err
		}
	}
	_, err := s.conn.ExecContext(ctx, "COMMIT")
	return err
}
