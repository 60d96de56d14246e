package withdraw_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// slowStore is a store whose nth read of wallets takes until released.
type slowStore struct {
	ports.Store
	slow     int64
	reads    atomic.Int64
	released chan struct{}
}

func (s *slowStore) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	if s.reads.Add(1) == s.slow {
		<-s.released
	}
	return s.Store.Wallets(ctx, ids)
}

// TestService_Request_caller_leaves_while_it_is_booked: the caller's context ends while the ledger
// books the request. The call returns what was booked, as the same key does.
func TestService_Request_caller_leaves_while_it_is_booked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, _ := newWorld(t, pays, 1)
		store := &slowStore{Store: w.store, slow: 2, released: make(chan struct{})} // the service reads it first, then the ledger
		wallets, err := ledger.New(store, ledger.Config{Clock: w.clock, Parallel: 1})
		require.NoError(t, err)
		service, err := withdraw.New(store, wallets, withdraw.Config{Clock: w.clock}, withdraw.Route{
			Disburser: w.disburser, Schedule: withdraw.FeeSchedule(solapi.FeeSchedule()), Approvals: 1,
		})
		require.NoError(t, err)
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := service.Request(ctx, payOut("k"))
			left <- err
		}()
		synctest.Wait() // the ledger reads the wallet
		leave()
		synctest.Wait()
		close(store.released)
		require.NoError(t, <-left)
		entry, err := wallets.EntryByKey(t.Context(), "w", "k")
		require.NoError(t, err)
		op := mustRequest(t, service, "k")
		require.Equal(t, entry.OperationID, op.ID)
		require.Equal(t, entry.Seq, op.EntrySeq, "the record names its entry")
	})
}
