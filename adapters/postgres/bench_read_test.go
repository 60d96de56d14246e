package postgres_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports"
)

// row is what a hand-written history keeps of an entry.
type row struct {
	WalletID         string
	Seq              int64
	Key              *string
	Amount, Old, New decimal.Decimal
	At               time.Time
}

const pageSize = 100

// BenchmarkRead reads pages of 100: the newest of a wallet with a thousand entries, and
// the change feed. Each has a hand-written query as its baseline for as many rows of seven columns;
// an entry has 22.
func BenchmarkRead(b *testing.B) {
	s := newBench(b)
	hot := s.ids[0]
	_, err := s.pool.Exec(b.Context(), s.in(`
		INSERT INTO jigap.b_entries SELECT $1, i, 'old-' || i, -1, 1000 - i, 999 - i, now() FROM generate_series(1, 1000) i`), hot)
	require.NoError(b, err)
	_, err = s.pool.Exec(b.Context(), s.in(`
		INSERT INTO jigap.b_entries SELECT id, 1, 'first', -1, 1, 0, now() FROM jigap.b_wallets WHERE id <> $1`), hot)
	require.NoError(b, err)
	for range 1000 {
		require.NoError(b, s.deduct(b.Context(), hot))
	}
	_, err = s.pool.Exec(b.Context(), s.in(`VACUUM ANALYZE jigap.b_entries, jigap.entries`), pgx.QueryExecModeSimpleProtocol)
	require.NoError(b, err)
	query := func(b *testing.B, text string, args ...any) []row {
		b.Helper()
		rows, err := s.pool.Query(b.Context(), s.in(text), args...)
		require.NoError(b, err)
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
		require.NoError(b, err)
		require.Len(b, found, pageSize)
		return found
	}
	const columns = "SELECT wallet_id, seq, key, amount, old, new, at FROM jigap.b_entries "
	b.Run("history/hand-written", func(b *testing.B) {
		for b.Loop() {
			query(b, columns+"WHERE wallet_id = $1 ORDER BY seq DESC LIMIT 100", hot)
		}
	})
	b.Run("history/ledger", func(b *testing.B) {
		for b.Loop() {
			page, err := s.ledger.History(b.Context(), ports.EntryFilter{WalletID: hot, Descending: true, Limit: pageSize})
			require.NoError(b, err)
			require.Len(b, page.Entries, pageSize)
		}
	})
	b.Run("feed/hand-written", func(b *testing.B) {
		var last row
		for b.Loop() {
			page := query(b, columns+"WHERE (wallet_id, seq) > ($1, $2) ORDER BY wallet_id, seq LIMIT 100", last.WalletID, last.Seq)
			last = page[len(page)-1]
			if last.WalletID > s.ids[len(s.ids)/2] {
				last = row{}
			}
		}
	})
	b.Run("feed/ledger", func(b *testing.B) {
		cursor, read := "", 0
		for b.Loop() {
			page, err := s.ledger.Feed(b.Context(), cursor, pageSize)
			require.NoError(b, err)
			require.Len(b, page, pageSize)
			cursor = page[len(page)-1].Cursor
			if read += len(page); read > benchWallets {
				cursor, read = "", 0
			}
		}
	})
}

// BenchmarkSweep finds the 100 of 1,000,000 wallets that are low, and shows the plan;
// the baseline reads as many wallets by their ids.
func BenchmarkSweep(b *testing.B) {
	url := postgrestest.NewServer(b, "shared_buffers=1GB", "max_wal_size=16GB", "checkpoint_timeout=1h", "fsync=off").URL()
	l := &large{last: new(lastQuery)}
	l.connect(b, url)
	schema := postgrestest.Schema(b, l.pool)
	var err error
	l.store, err = postgres.New(l.pool, postgres.Config{Schema: schema})
	require.NoError(b, err)
	require.NoError(b, l.store.Migrate(b.Context()))
	l.run(b, schema, `
		INSERT INTO jigap.wallets (version, seq, feed, opened_at, booked_at, open_operations, scale, due, id, currency, status,
			balance, balance_held, point, point_held, watch_below, hash)
		SELECT 1, 1, 1, now(), now(), 0, 0, i % 10000 = 0, 'wallet-' || i, 'KRW', 'active',
			CASE WHEN i % 10000 = 0 THEN 500 ELSE 50000 END, 0, 0, 0, 1000, sha256(i::text::bytea)
		FROM generate_series(1, 1000000) i`)
	l.run(b, schema, "VACUUM ANALYZE jigap.wallets")
	var ids []string
	b.Run("low", func(b *testing.B) {
		for b.Loop() {
			low, err := l.store.FindWallets(b.Context(), ports.WalletFilter{Due: true, Limit: 1000})
			require.NoError(b, err)
			require.Len(b, low, 100)
			ids = ids[:0]
			for i := range low {
				ids = append(ids, low[i].ID)
			}
		}
		b.Log(l.plan(b))
	})
	b.Run("by id", func(b *testing.B) {
		ids = slices.Sorted(slices.Values(ids))
		for b.Loop() {
			found, err := l.store.Wallets(b.Context(), ids)
			require.NoError(b, err)
			require.Len(b, found, 100)
		}
	})
}
