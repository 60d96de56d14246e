package recharge_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/mock/gomock"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portsmock"
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

// TestService_Recharge_wallet_is_locked has the provider answer while a transaction of the
// host keeps the wallet for longer than the ledger waits, and the provider know the order no
// more afterwards. The answer is kept, and a person books it.
func TestService_Recharge_wallet_is_locked(t *testing.T) {
	t.Parallel()
	for name, outcome := range map[string]ports.Outcome{"approved": ports.OutcomeApproved, "declined": ports.OutcomeDeclined} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, _ := newWorld(t, approves)
				store := &keptWallet{Store: w.store}
				w.store = store
				charger := portsmock.NewMockCharger(gomock.NewController(t))
				charger.EXPECT().Name().Return("bank").AnyTimes()
				charger.EXPECT().Lane(gomock.Any()).Return("lane").AnyTimes()
				charger.EXPECT().Prepare(gomock.Any(), gomock.Any()).Return(nil, nil).AnyTimes()
				charger.EXPECT().Charge(gomock.Any(), gomock.Any()).DoAndReturn(func(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
					store.kept.Store(true)
					return ports.ChargeAnswer{
						Answer: ports.Answer{Outcome: outcome, ProviderRef: "tx-1", Code: "0000"},
						Amount: decimal.NewNullDecimal(won(10_000)),
					}
				})
				w.charger = charger
				s, _ := w.process(t, crashtest.Immortal(), nil)
				_, err := s.Recharge(t.Context(), topUp("k"))
				require.NoError(t, err)
				ops, err := s.List(t.Context(), reviews())
				require.NoError(t, err)
				require.Len(t, ops, 1)
				require.Contains(t, ops[0].Why, outcome.String()+", but cannot be booked")
				require.Equal(t, "tx-1", ops[0].ProviderRef)
				require.Equal(t, outcome, ops[0].Answer.Outcome)
			})
		})
	}
}

// TestService_Recharge_record_is_locked has the provider answer while the wallet and the
// record stay locked. Recharge ends with ErrBusy, and the record stays open for an inquiry.
func TestService_Recharge_record_is_locked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, _ := newWorld(t, approves)
		store := &keptWallet{Store: w.store}
		w.store = store
		charger := portsmock.NewMockCharger(gomock.NewController(t))
		charger.EXPECT().Name().Return("bank").AnyTimes()
		charger.EXPECT().Lane(gomock.Any()).Return("lane").AnyTimes()
		charger.EXPECT().Prepare(gomock.Any(), gomock.Any()).Return(nil, nil).AnyTimes()
		charger.EXPECT().Charge(gomock.Any(), gomock.Any()).DoAndReturn(func(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
			store.records.Store(true)
			time.AfterFunc(time.Hour, func() { store.records.Store(false) })
			return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx-1"}, Amount: decimal.NewNullDecimal(won(10_000))}
		})
		w.charger = charger
		s, _ := w.process(t, crashtest.Immortal(), nil)
		start := time.Now()
		op, err := s.Recharge(t.Context(), topUp("k"))
		require.ErrorIs(t, err, ports.ErrBusy)
		require.Less(t, time.Since(start), 5*time.Minute)
		require.True(t, op.Open)
	})
}

// miscounted is a store whose wallet counts no open operation, as after a restore of some
// tables only. It counts how often records are read, and fails in the end.
type miscounted struct {
	ports.Store
	wrong atomic.Bool
	reads atomic.Int64
}

func (s *miscounted) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	wallets, err := s.Store.Wallets(ctx, ids)
	for i := range wallets {
		if s.wrong.Load() {
			wallets[i].OpenOperations = 0
		}
	}
	return wallets, err
}

func (s *miscounted) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	if s.reads.Add(1) > 10_000 {
		return nil, errors.New("enough")
	}
	return s.Store.Operations(ctx, ids)
}

// TestService_Jobs_wallet_miscounts has the booking of an answer be a conflict each time,
// while the record stays as it is. The step ends.
func TestService_Jobs_wallet_miscounts(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pendsApproves)
	store := &miscounted{Store: w.store}
	w.store = store
	s, _ := w.process(t, crashtest.Immortal(), nil)
	_, err := s.Recharge(t.Context(), topUp("k"))
	require.NoError(t, err)
	store.wrong.Store(true)
	s, _ = w.process(t, crashtest.Immortal(), nil) // remembers no wallet
	store.reads.Store(0)
	w.clock.Advance(time.Hour)
	var problems []error
	for _, job := range s.Jobs() {
		_, err := job.Step(t.Context(), 100)
		problems = append(problems, err)
	}
	require.ErrorIs(t, errors.Join(problems...), ports.ErrConflict)
	require.Less(t, store.reads.Load(), int64(100))
}
