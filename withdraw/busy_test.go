package withdraw_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// keptWallet is a store of which a transaction of the host keeps the wallet for a while.
type keptWallet struct {
	ports.Store
	kept atomic.Bool
}

func (s *keptWallet) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := make([]ports.Fate, len(units))
	for i := range units {
		if s.kept.Load() && len(units[i].Wallets) > 0 {
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
	store *keptWallet
}

func (f forgetful) Disburse(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	f.store.kept.Store(true)
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
		w.store, w.disburser = store, forgetful{b, store}
		s, _ := w.process(t, crashtest.Immortal())
		_, err := s.Request(t.Context(), payOut("k"))
		require.NoError(t, err)
		ops, err := s.List(t.Context(), withdraw.Filter{Open: true})
		require.NoError(t, err)
		require.Len(t, ops, 1)
		require.Equal(t, ports.WithdrawalReview, ops[0].Status)
		require.Contains(t, ops[0].Why, "approved, but cannot be booked")
		require.Equal(t, ports.OutcomeApproved, ops[0].Answer.Outcome)
	})
}
