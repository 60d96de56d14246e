package withdraw_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// keptWallet is a store of which a transaction of the host keeps the wallet for a while.
type keptWallet struct {
	ports.Store
	kept    atomic.Bool
	records atomic.Bool // it keeps the records of operations as well
}

func (s *keptWallet) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := make([]ports.Fate, len(units))
	for i := range units {
		if s.records.Load() {
			fates[i] = ports.Fate{Status: ports.FateBusy}
		} else if s.kept.Load() && len(units[i].Wallets) > 0 {
			fates[i] = ports.Fate{Status: ports.FateBusy, IDs: []string{units[i].Wallets[0].ID}}
		} else {
			fates[i] = s.Store.Commit(ctx, units[i:i+1])[0]
		}
	}
	return fates
}

// forgetful is a bank that answers an order, and knows nothing of it when asked again.
type forgetful struct {
	*bank
	locks func() // runs before each order
}

func (f forgetful) Disburse(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	f.locks()
	return f.bank.Disburse(ctx, order)
}

func (f forgetful) Inquire(context.Context, ports.PayoutOrder) ports.PayoutAnswer {
	return ports.PayoutAnswer{}
}

// TestService_Request_wallet_is_locked has the provider pay, and say so while a transaction
// of the host keeps the wallet for longer than the ledger waits. The answer is kept, and a
// person books it.
func TestService_Request_wallet_is_locked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, paysAtOnce, 0)
		store := &keptWallet{Store: w.store}
		w.store, w.disburser = store, forgetful{b, func() { store.kept.Store(true) }}
		s, _ := w.process(t, crashtest.Immortal())
		_, err := s.Request(t.Context(), payOut("k"))
		require.NoError(t, err)
		ops, err := s.List(t.Context(), withdraw.Listing{Open: true})
		require.NoError(t, err)
		require.Len(t, ops, 1)
		require.Equal(t, ports.WithdrawalReview, ops[0].Status)
		require.Contains(t, ops[0].Why, "approved, but cannot be booked")
		require.Equal(t, ports.OutcomeApproved, ops[0].Answer.Outcome)
	})
}

// TestService_Request_record_is_locked has the provider pay while the wallet and the record
// stay locked. Request ends with ErrBusy, and the record stays open for an inquiry.
func TestService_Request_record_is_locked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, paysAtOnce, 0)
		store := &keptWallet{Store: w.store}
		w.store, w.disburser = store, forgetful{b, func() {
			store.records.Store(true)
			time.AfterFunc(time.Hour, func() { store.records.Store(false) })
		}}
		s, _ := w.process(t, crashtest.Immortal())
		start := time.Now()
		_, err := s.Request(t.Context(), payOut("k"))
		require.ErrorIs(t, err, ports.ErrBusy)
		require.Less(t, time.Since(start), 5*time.Minute)
		store.records.Store(false)
		ops, err := s.List(t.Context(), withdraw.Listing{Open: true})
		require.NoError(t, err)
		require.Len(t, ops, 1)
	})
}
