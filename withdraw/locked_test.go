package withdraw_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// TestService_Request_locked/wallet_for_27_seconds: the ledger waits five seconds for a
// wallet, and an answer is booked again five times. The sixth booking gets through.
//
// TestService_Request_locked/wallet_for_32_seconds: the sixth booking fails as well, and the
// answer is left to a person.
//
// TestService_Request_locked/record_for_an_hour: the call ends at the eleventh attempt, the last six of
// which try to write the record alone.
func TestService_Request_locked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		wallet, record time.Duration
		status         ports.WithdrawalStatus
		ends           time.Duration
	}{
		"wallet_for_27_seconds": {27 * time.Second, 0, ports.WithdrawalCompleted, 0},
		"wallet_for_32_seconds": {32 * time.Second, 0, ports.WithdrawalReview, 30 * time.Second},
		"record_for_an_hour":    {time.Hour, time.Hour, ports.WithdrawalSending, 84 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, b := newWorld(t, paysAtOnce, 0)
				store := &keptWallet{Store: w.store}
				w.store = store
				w.disburser = forgetful{b, func() {
					store.kept.Store(true)
					store.records.Store(tc.record > 0)
					time.AfterFunc(tc.wallet, func() { store.kept.Store(false) })
					time.AfterFunc(tc.record, func() { store.records.Store(false) })
				}}
				s, _ := w.process(t, crashtest.Immortal())
				began := time.Now()
				op, err := s.Request(t.Context(), payOut("k"))
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
