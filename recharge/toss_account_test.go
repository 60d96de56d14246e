package recharge_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// Money came two minutes before the deadline, no notification arrived, and the question at the deadline fails.
func TestService_Toss_deposit_is_credited_although_a_question_failed(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "deposit")
	service, wallets := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)})
	require.NoError(t, err)
	s.clock.Advance(7*24*time.Hour - 2*time.Minute)
	_, err = service.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeAwaiting, get(t, service, op.ID).Status)
	require.True(t, s.sim.Deposit(s.sim.Books().Payments[0].OrderID))
	s.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 429})
	s.clock.Advance(2 * time.Minute)
	for range 3 * 24 * 12 {
		for _, job := range service.Jobs() {
			_, err := job.Step(t.Context(), 100)
			require.NoError(t, err)
		}
		s.clock.Advance(5 * time.Minute)
	}
	t.Log(get(t, service, op.ID).Status, s.sim.Books().Payments[0].Status)
	ordertest.RequireBalance(t, wallets, 30_000)
}

// A question about a virtual account fails. The next one is asked soon, and not at the deadline.
func TestService_Toss_deposit_is_looked_for_after_a_question_that_failed(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "questions")
	service, wallets := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)})
	require.NoError(t, err)
	s.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 500, Times: 2})
	s.clock.Advance(10 * time.Minute)
	_, err = service.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.True(t, s.sim.Deposit(s.sim.Books().Payments[0].OrderID)) // and no notification arrives
	for range 24 * 6 {
		s.clock.Advance(10 * time.Minute)
		for _, job := range service.Jobs() {
			_, err := job.Step(t.Context(), 100)
			require.NoError(t, err)
		}
	}
	op = get(t, service, op.ID)
	t.Logf("a day later it is %s, and the next question is at %s", op.Status, op.DueAt)
	ordertest.RequireBalance(t, wallets, 30_000)
}

// The bank takes a deposit back that a person had approved: the recharge is disputed.
func TestService_Toss_deposit_error_after_a_person_approved(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "person")
	service, wallets := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)})
	require.NoError(t, err)
	order := s.sim.Books().Payments[0].OrderID
	require.True(t, s.sim.Deposit(order))
	s.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 503, Times: -1})
	op, err = service.Approve(t.Context(), recharge.ApproveRequest{ID: op.ID, By: kim("seen in the console")})
	if err != nil {
		t.Skip(err)
	}
	s.sim.Heal()
	require.Equal(t, ports.RechargeApproved, op.Status)
	ordertest.RequireBalance(t, wallets, 30_000)
	require.True(t, s.sim.DepositError(order))
	t.Logf("%+v", op.Answer)
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	t.Log(op.Status, op.Why)
	require.Equal(t, ports.RechargeDisputed, op.Status)
}

// A charge that a person approved is taken back in the provider's console: the recharge is disputed.
func TestService_Toss_taken_back_after_a_person_approved(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "taken back")
	service, _ := s.process(crashtest.Immortal())
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseAfter})
	s.sim.HideFor(48 * time.Hour)
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseAfter, Times: -1})
	s.rest(service)
	op = get(t, service, op.ID)
	require.Equal(t, ports.RechargeReview, op.Status)
	key := s.sim.Books().Payments[0].Key
	op, err = service.Approve(t.Context(), recharge.ApproveRequest{ID: op.ID, By: kim("seen in the console"), ProviderRef: key})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status)
	s.sim.Heal()
	s.sim.HideFor(0)
	require.True(t, s.sim.CancelOutside(key, won(30_000)))
	t.Logf("%+v", op.Answer.Answer)
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	t.Log(op.Status, op.Why)
	require.Equal(t, ports.RechargeDisputed, op.Status)
}
