package mysql_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/internal/sqltest"
	"github.com/jigap/jigap/adapters/mysql"
	"github.com/jigap/jigap/adapters/mysql/mysqltest"
	"github.com/jigap/jigap/ledger"
)

// The benchmarks compare the library with two baselines on the same server, in the same run: "single" is one
// hand-written transaction for each operation, sent in one round trip, "hundred" one for each hundred operations. Both
// keep a balance and append an entry with a unique key, and nothing else: no lots, no chain of hashes, no check that a
// replay is the same request. Quote ratios: the machine is never quiet.

const (
	benchWallets     = 10_000
	benchConnections = 64
)

// bench is a server with the library's tables and those of the baselines.
type bench struct {
	ledger *ledger.Ledger
	db     *sql.DB // of the baselines: several statements travel together
	ids    []string
	keys   atomic.Int64
}

func newBench(b *testing.B) *bench {
	b.Helper()
	server := mysqltest.NewServer(b, "--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=512M")
	name := mysqltest.DatabaseOn(b, server.Name(""))
	s := &bench{ids: make([]string, benchWallets)}
	store := mysqltest.Open(b, name, mysql.Config{Connections: benchConnections})
	var err error
	s.ledger, err = ledger.New(store, ledger.Config{})
	require.NoError(b, err)
	for i := range s.ids {
		s.ids[i] = fmt.Sprintf("wallet-%05d", i)
	}
	s.baseline(b, name)
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

func (s *bench) baseline(b *testing.B, name string) {
	b.Helper()
	var err error
	s.db, err = sql.Open("mysql", name+"?multiStatements=true&interpolateParams=true")
	require.NoError(b, err)
	b.Cleanup(func() { _ = s.db.Close() })
	s.db.SetMaxOpenConns(benchConnections)
	s.db.SetMaxIdleConns(benchConnections)
	_, err = s.db.ExecContext(b.Context(), `
		CREATE TABLE b_wallets (id VARBINARY(64) PRIMARY KEY, balance DECIMAL(20) NOT NULL, seq BIGINT NOT NULL) ENGINE=InnoDB;
		CREATE TABLE b_entries (wallet_id VARBINARY(64), seq BIGINT, key_text VARBINARY(64), amount DECIMAL(20), old DECIMAL(20), new DECIMAL(20), at TIMESTAMP(6),
			PRIMARY KEY (wallet_id, seq), UNIQUE KEY (wallet_id, key_text)) ENGINE=InnoDB`)
	require.NoError(b, err)
	for chunk := range slices.Chunk(s.ids, 1000) {
		_, err := s.db.ExecContext(b.Context(), "INSERT INTO b_wallets VALUES ('"+strings.Join(chunk, "', 100000000, 1), ('")+"', 100000000, 1)")
		require.NoError(b, err)
	}
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
				b.Run(spread+"/"+strconv.Itoa(workers)+"/"+way, func(b *testing.B) {
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

// deducts takes 1 from so many wallets, in one transaction that is sent at once. Wallets come in order of id, so that
// transactions do not deadlock.
func (s *bench) deducts(ctx context.Context, pick func() string, n int) error {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = pick()
	}
	slices.Sort(ids)
	var text strings.Builder
	args := make([]any, 0, 4*n)
	text.WriteString("START TRANSACTION;")
	for _, id := range ids {
		text.WriteString("UPDATE b_wallets SET balance = balance - 1, seq = seq + 1 WHERE id = ? AND balance >= 1;" +
			"INSERT INTO b_entries SELECT ?, seq, ?, -1, balance + 1, balance, now(6) FROM b_wallets WHERE id = ?;")
		args = append(args, id, id, s.key(), id)
	}
	text.WriteString("COMMIT")
	_, err := s.db.ExecContext(ctx, text.String(), args...)
	return err
}
