package recharge_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// lockingBank is a bank that lets something happen before it charges.
type lockingBank struct {
	*bank
	lock func()
}

func (b lockingBank) Charge(ctx context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	b.lock()
	return b.bank.Charge(ctx, o)
}

// TestService_Recharge_locked/wallet_for_27_seconds: the ledger waits five seconds for a
// wallet, and an answer is booked again five times. The sixth booking gets through.
//
// TestService_Recharge_locked/wallet_for_32_seconds: the sixth booking fails as well, and the
// answer is left to a person.
//
// TestService_Recharge_locked/record_for_an_hour: the call ends at the eleventh attempt, the last six of
// which try to write the record alone.
func TestService_Recharge_locked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		wallet, record time.Duration
		status         ports.RechargeStatus
		ends           time.Duration
	}{
		"wallet_for_27_seconds": {27 * time.Second, 0, ports.RechargeApproved, 0},
		"wallet_for_32_seconds": {32 * time.Second, 0, ports.RechargeReview, 30 * time.Second},
		"record_for_an_hour":    {time.Hour, time.Hour, ports.RechargeSending, 84 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, b := newWorld(t, approves)
				store := &keptWallet{Store: w.store}
				w.store = store
				w.charger = lockingBank{b, func() {
					store.kept.Store(true)
					store.records.Store(tc.record > 0)
					time.AfterFunc(tc.wallet, func() { store.kept.Store(false) })
					time.AfterFunc(tc.record, func() { store.records.Store(false) })
				}}
				s, _ := w.process(t, crashtest.Immortal(), nil)
				began := time.Now()
				op, err := s.Recharge(t.Context(), topUp("k"))
				if tc.record > 0 {
					require.ErrorIs(t, err, ports.ErrBusy)
				} else {
					require.NoError(t, err)
				}
				require.Equal(t, tc.status, op.Status)
				if tc.ends > 0 {
					require.InDelta(t, tc.ends, time.Since(began), float64(3*time.Second))
				}
			})
		})
	}
}
