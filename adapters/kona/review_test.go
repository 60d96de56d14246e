package kona_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestCharger_Inquire_stays_pending, when the service's ReviewAfter or the end of
// the next Korean day comes, whichever is first; then no inquiry follows.
func TestCharger_Inquire_stays_pending(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		config recharge.Config
		goes   time.Duration // after it was sent, at noon
		why    string
	}{
		"by default":                       {recharge.Config{}, 24 * time.Hour, "still pending after 24h0m0s"},
		"the host leaves it the whole day": {recharge.Config{ReviewAfter: 72 * time.Hour}, 36 * time.Hour, "by the end of the next day"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.member.Next(konatest.Scenario{Pending: true})
			store := memory.New()
			wallets, err := ledger.New(store, ledger.Config{Clock: w.clock})
			w.NoError(err)
			tc.config.Clock = w.clock
			service, err := recharge.New(store, wallets, tc.config, w.charger())
			w.NoError(err)
			_, err = wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
			w.NoError(err)
			op, err := service.Recharge(t.Context(), recharge.Request{
				WalletID: "w", Key: "k", Charger: "kona:main", PaymentMethod: w.method().String(), Amount: won(30_000),
			})
			w.NoError(err)
			w.Equal(ports.RechargePending, op.Status)
			for op.Status == ports.RechargePending {
				w.clock.Advance(time.Minute)
				for _, job := range service.Jobs() {
					_, err = job.Step(t.Context(), 10)
					w.NoError(err)
				}
				op, err = service.Get(t.Context(), op.ID)
				w.NoError(err)
			}
			w.Equal(ports.RechargeReview, op.Status)
			require.Contains(t, op.Why, tc.why)
			w.InDelta(tc.goes, op.UpdatedAt.Sub(start), float64(time.Hour))
			asked := w.sim.Requests()
			w.clock.Advance(48 * time.Hour)
			_, err = service.Jobs()[0].Step(t.Context(), 10)
			w.NoError(err)
			w.Equal(asked, w.sim.Requests())
		})
	}
}
