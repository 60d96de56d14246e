package recharge_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// slowStore is a store whose second read of wallets takes until released: the service reads
// first, then the ledger.
type slowStore struct {
	ports.Store
	reads    atomic.Int64
	released chan struct{}
}

func (s *slowStore) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	if s.reads.Add(1) == 2 {
		<-s.released
	}
	return s.Store.Wallets(ctx, ids)
}

// TestService_caller_leaves_while_it_is_booked: the caller's context ends while the ledger books what
// it asked for. The call returns what was booked, with what the ledger filled in, as the same key does.
func TestService_caller_leaves_while_it_is_booked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		ask   func(context.Context, *recharge.Service) (*ports.Recharge, error)
		check func(t *testing.T, op *ports.Recharge, entry *ports.Entry)
	}{
		"Recharge": {
			func(ctx context.Context, s *recharge.Service) (*ports.Recharge, error) {
				return s.Recharge(ctx, bonusOf("k", 500))
			},
			func(t *testing.T, op *ports.Recharge, _ *ports.Entry) {
				t.Helper()
				require.True(t, op.Announced.Equal(won(10_000)), op.Announced)
				require.True(t, op.Bonus.Announced.Equal(won(500)), op.Bonus.Announced)
				require.NotZero(t, op.Bonus.Seq)
			},
		},
		"Credit": {
			func(ctx context.Context, s *recharge.Service) (*ports.Recharge, error) {
				return s.Credit(ctx, byHand("k", "row 1"))
			},
			func(t *testing.T, op *ports.Recharge, entry *ports.Entry) {
				t.Helper()
				require.Equal(t, entry.Seq, op.EntrySeq, "the record names its entry")
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, b := newWorld(t, approves)
				store := &slowStore{Store: w.store, released: make(chan struct{})}
				wallets, err := ledger.New(store, ledger.Config{Clock: w.clock, Parallel: 1, Limits: ledger.SameLimits(ledger.Limits{Balance: most(10_000), Point: most(500)})})
				require.NoError(t, err)
				service, err := recharge.New(store, wallets, recharge.Config{Clock: w.clock}, b)
				require.NoError(t, err)
				ctx, leave := context.WithCancel(t.Context())
				left := make(chan error)
				go func() {
					_, err := tc.ask(ctx, service)
					left <- err
				}()
				synctest.Wait() // the ledger reads the wallet
				leave()
				synctest.Wait()
				close(store.released)
				require.NoError(t, <-left)
				entry, err := wallets.EntryByKey(t.Context(), "w", "k")
				require.NoError(t, err)
				op, err := tc.ask(t.Context(), service)
				require.NoError(t, err)
				require.Equal(t, entry.OperationID, op.ID)
				tc.check(t, op, &entry)
			})
		})
	}
}
