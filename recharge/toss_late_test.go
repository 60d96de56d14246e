package recharge_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// A cancellation that a person gave up is executed late. The notification about it has an alarm told.
func TestService_Toss_given_up_cancellation_that_arrives_late(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "late")
	service, wallets := s.process(crashtest.Immortal())
	charge, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	s.sim.Inject(
		tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.Late, Delay: 3 * time.Hour},
		tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.CloseBefore, Times: -1},
	)
	cancel, err := service.CancelPart(t.Context(), recharge.CancelPartRequest{ID: charge.ID, Key: "part", Amount: won(10_000), By: kim("asked for")})
	require.NoError(t, err)
	for range 120 {
		for _, job := range service.Jobs() {
			_, err := job.Step(t.Context(), 100)
			require.NoError(t, err)
		}
		s.clock.Advance(time.Minute)
	}
	cancel, err = service.Cancellation(t.Context(), cancel.ID)
	require.NoError(t, err)
	t.Log(cancel.Status, cancel.Why, cancel.Transmissions)
	cancel, err = service.DeclineCancel(t.Context(), ports.Act{ID: cancel.ID, By: kim("the provider's console shows none")})
	require.NoError(t, err)
	s.sim.Heal()
	s.clock.Advance(2 * time.Hour)
	op, err := service.InquireNow(t.Context(), aboutToss(charge)) // PAYMENT_STATUS_CHANGED
	require.NoError(t, err)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	p := s.sim.Books().Payments[0]
	t.Logf("recharge %s, cancellation %s, payment %s with %s left, wallet %s, log: %s", op.Status, cancel.Status, p.Status, p.Balance, wallet.Balance, s.log)
	require.True(t, op.Status == ports.RechargeDisputed || !p.Balance.LessThan(wallet.Balance) || len(s.log.String()) > 0 && containsAlarm(s.log.String()),
		"the provider holds %s, the wallet has %s, and no person is told", p.Balance, wallet.Balance)
}

func containsAlarm(log string) bool { return strings.Contains(log, " alarm") }

// A notification about a part that we took back, and one about the whole, have no alarm told.
func TestService_Toss_our_own_cancellations_are_no_news(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "our own")
	service, _ := s.process(crashtest.Immortal())
	charge, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	for i, amount := range []int64{10_000, 20_000} {
		_, err = service.CancelPart(t.Context(), recharge.CancelPartRequest{ID: charge.ID, Key: fmt.Sprint("part-", i), Amount: won(amount), By: kim("asked for")})
		require.NoError(t, err)
		before := get(t, service, charge.ID)
		_, err := service.InquireNow(t.Context(), aboutToss(charge))
		require.NoError(t, err)
		require.Equal(t, before, get(t, service, charge.ID))
	}
	require.Equal(t, ports.RechargeReversed, get(t, service, charge.ID).Status)
	require.NotContains(t, s.log.String(), " alarm")
}
