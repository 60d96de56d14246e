package postgres_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
)

// holdStatements are hand-written: one that reserves and one that takes what is
// reserved, for one wallet or for a list.
type holdStatements struct{ hold, capture string }

func (s *bench) holdBaseline(b *testing.B) (single, hundred holdStatements) {
	b.Helper()
	_, err := s.pool.Exec(b.Context(), s.in(`
		ALTER TABLE jigap.b_wallets ADD held numeric NOT NULL DEFAULT 0;
		CREATE TABLE jigap.b_holds (id text COLLATE "C" PRIMARY KEY, wallet_id text COLLATE "C", amount numeric, open boolean)
			WITH (fillfactor = 70);
		CHECKPOINT`), pgx.QueryExecModeSimpleProtocol)
	require.NoError(b, err)
	single = holdStatements{
		hold: s.in(`
		WITH w AS (UPDATE jigap.b_wallets SET held = held + $2 WHERE id = $1 AND balance - held >= $2 RETURNING id)
		INSERT INTO jigap.b_holds SELECT $3, id, $2, true FROM w`),
		capture: s.in(`
		WITH h AS (UPDATE jigap.b_holds SET open = false WHERE id = $1 AND open RETURNING wallet_id, amount),
		w AS (UPDATE jigap.b_wallets w SET held = w.held - h.amount, balance = w.balance - h.amount, seq = w.seq + 1
			FROM h WHERE w.id = h.wallet_id RETURNING w.id, w.seq, w.balance, h.amount)
		INSERT INTO jigap.b_entries SELECT id, seq, $1, -amount, balance + amount, balance, now() FROM w`),
	}
	hundred = holdStatements{
		hold: s.in(`
		WITH r AS (SELECT * FROM unnest($1::text[], $2::text[]) AS r(wallet_id, id)),
		t AS (SELECT wallet_id, count(*) AS n FROM r GROUP BY wallet_id),
		l AS (SELECT w.id, t.n FROM t JOIN jigap.b_wallets w ON w.id = t.wallet_id
			WHERE w.balance - w.held >= t.n ORDER BY w.id FOR NO KEY UPDATE OF w),
		u AS (UPDATE jigap.b_wallets w SET held = w.held + l.n FROM l WHERE w.id = l.id)
		INSERT INTO jigap.b_holds SELECT r.id, r.wallet_id, 1, true FROM r JOIN l ON l.id = r.wallet_id`),
		capture: s.in(`
		WITH h AS (SELECT id, wallet_id, row_number() OVER (PARTITION BY wallet_id ORDER BY id) AS n
			FROM jigap.b_holds WHERE id = ANY($1::text[]) AND open),
		t AS (SELECT wallet_id, count(*) AS n FROM h GROUP BY wallet_id),
		l AS (SELECT w.id, w.balance, w.seq, t.n FROM t JOIN jigap.b_wallets w ON w.id = t.wallet_id ORDER BY w.id FOR NO KEY UPDATE OF w),
		c AS (UPDATE jigap.b_holds b SET open = false FROM h WHERE b.id = h.id),
		u AS (UPDATE jigap.b_wallets w SET held = w.held - l.n, balance = w.balance - l.n, seq = w.seq + l.n FROM l WHERE w.id = l.id)
		INSERT INTO jigap.b_entries SELECT h.wallet_id, l.seq + h.n, h.id, -1, l.balance - h.n + 1, l.balance - h.n, now()
		FROM h JOIN l ON l.id = h.wallet_id`),
	}
	return single, hundred
}

// BenchmarkHoldCapture reserves 1 on random wallets and spends it: two round trips an
// operation.
func BenchmarkHoldCapture(b *testing.B) {
	s := newBench(b)
	single, hundred := s.holdBaseline(b)
	pick, one := s.picker("random"), decimal.NewFromInt(1)
	ways := []struct {
		name string
		each int
		call func(ctx context.Context) error
	}{
		{"single", 1, func(ctx context.Context) error {
			id := s.key()
			if _, err := s.pool.Exec(ctx, single.hold, pick(), one.String(), id); err != nil {
				return err
			}
			_, err := s.pool.Exec(ctx, single.capture, id)
			return err
		}},
		{"ledger", 1, func(ctx context.Context) error {
			held, err := s.ledger.Hold(ctx, ledger.HoldRequest{WalletID: pick(), Key: s.key(), Amount: one})
			if err != nil {
				return err
			}
			_, err = s.ledger.Capture(ctx, ledger.CaptureRequest{HoldID: held.Hold.ID, Key: s.key(), All: true, Final: true})
			return err
		}},
		{"hundred", 100, func(ctx context.Context) error {
			wallets, ids := make([]string, 100), make([]string, 100)
			for i := range ids {
				wallets[i], ids[i] = pick(), s.key()
			}
			if _, err := s.pool.Exec(ctx, hundred.hold, wallets, ids); err != nil {
				return err
			}
			_, err := s.pool.Exec(ctx, hundred.capture, ids)
			return err
		}},
	}
	for _, way := range ways { // the tables have rows before they are analyzed: an empty one is read whole
		for range 5000 / way.each {
			require.NoError(b, way.call(b.Context()))
		}
	}
	_, err := s.pool.Exec(b.Context(), "ANALYZE")
	require.NoError(b, err)
	for _, workers := range []int{1, 8, 64, 512} {
		for _, way := range ways {
			b.Run(fmt.Sprintf("%d/%s", workers, way.name), func(b *testing.B) { share(b, workers, way.each, way.call) })
		}
	}
}
