package sqlcommit

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// countingEngine counts the snapshots that it begins, and the statements that it answers with no row.
type countingEngine struct {
	Engine
	snapshots, within, single int
}

func (e *countingEngine) Snapshot(context.Context) (Tx, error) {
	e.snapshots++
	return countingTx{countingQuerier{count: &e.within}}, nil
}

func (e *countingEngine) Reader() Querier { return countingQuerier{count: &e.single} }

type countingQuerier struct {
	Querier
	count *int
}

func (q countingQuerier) Query(context.Context, string, ...any) (Rows, error) {
	*q.count++
	return noRows{}, nil
}

type countingTx struct{ countingQuerier }

func (countingTx) Commit(context.Context) error { return nil }
func (countingTx) Rollback()                    {}

type noRows struct{ Rows }

func (noRows) Next() bool   { return false }
func (noRows) Err() error   { return nil }
func (noRows) Close() error { return nil }

// A list that one statement cannot name is read by several, which see one state of the data.
func TestReader_long_lists(t *testing.T) {
	reads := map[string]func(context.Context, *Store, []string) error{
		"Wallets": func(ctx context.Context, s *Store, ids []string) error {
			_, err := s.Wallets(ctx, ids)
			return err
		},
		"Operations": func(ctx context.Context, s *Store, ids []string) error {
			_, err := s.Operations(ctx, ids)
			return err
		},
		"EntriesByKey": func(ctx context.Context, s *Store, ids []string) error {
			var keys []ports.EntryKey
			for _, id := range ids {
				keys = append(keys, ports.EntryKey{WalletID: "w", Key: id})
			}
			_, err := s.EntriesByKey(ctx, keys)
			return err
		},
	}
	tests := []struct{ ids, snapshots, within, single int }{
		{listMax, 0, 0, 1},
		{listMax + 1, 1, 2, 0},
		{3 * listMax, 1, 3, 0},
	}
	for name, read := range reads {
		for _, test := range tests {
			t.Run(fmt.Sprintf("%s of %d", name, test.ids), func(t *testing.T) {
				engine := new(countingEngine)
				tuples := func(list string) string { return list }
				s := New(engine, Dialect{Tuples: tuples}, time.Minute, time.Minute)
				var ids []string
				for i := range test.ids {
					ids = append(ids, fmt.Sprint(i))
				}
				require.NoError(t, read(t.Context(), s, ids))
				assert.Equal(t, test.snapshots, engine.snapshots, "snapshots")
				assert.Equal(t, test.within, engine.within, "statements within the snapshot")
				assert.Equal(t, test.single, engine.single, "statements of their own")
			})
		}
	}
}
