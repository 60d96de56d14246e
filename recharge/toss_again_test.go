package recharge_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// A notification that comes again about a charge which was taken back in the console, and which a person reversed, changes nothing.
func TestService_Toss_take_back_that_a_person_reversed(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "taken back")
	service, wallets := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	require.True(t, s.sim.CancelOutside(s.sim.Books().Payments[0].Key, won(30_000)))
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, op.Status)
	op, err = service.Reverse(t.Context(), ports.Act{ID: op.ID, By: kim("taken back in the console")})
	require.NoError(t, err)
	ordertest.RequireBalance(t, wallets, 0)
	op, err = service.InquireNow(t.Context(), aboutToss(op)) // the same notification again
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReversed, op.Status, "the provider holds %s; why: %s; acts %v", s.sim.Books().Payments[0].Balance, op.Why, recharge.Acts(op))
}

// The notification about our own cancellation disputes no charge that a person had approved.
func TestService_Toss_own_cancellation_of_a_charge_that_a_person_approved(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "person")
	service, wallets := s.process(crashtest.Immortal())
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseAfter})
	s.sim.HideFor(48 * time.Hour)
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseAfter, Times: -1})
	s.rest(service)
	op = get(t, service, op.ID)
	require.Equal(t, ports.RechargeReview, op.Status)
	op, err = service.Approve(t.Context(), recharge.ApproveRequest{ID: op.ID, By: kim("seen in the console"), ProviderRef: s.sim.Books().Payments[0].Key})
	require.NoError(t, err)
	s.sim.Heal()
	s.sim.HideFor(0)
	cancel, err := service.Cancel(t.Context(), ports.Act{ID: op.ID, By: kim("asked for")})
	require.NoError(t, err)
	require.Equal(t, ports.CancellationApproved, cancel.Status)
	ordertest.RequireBalance(t, wallets, 0)
	op, err = service.InquireNow(t.Context(), aboutToss(op)) // PAYMENT_STATUS_CHANGED of our own cancellation
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReversed, op.Status, "the provider holds %s; why: %s", s.sim.Books().Payments[0].Balance, op.Why)
}

// deposited has a virtual account issued and paid into. notified works on a notification about it.
func (s *tossShop) deposited(service *recharge.Service) (op *ports.Recharge, order string, notified func() *ports.Recharge) {
	s.t.Helper()
	op, err := service.Recharge(s.t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)})
	require.NoError(s.t, err)
	notified = func() *ports.Recharge {
		s.t.Helper()
		op, err := service.InquireNow(s.t.Context(), aboutToss(op))
		require.NoError(s.t, err)
		return op
	}
	order = s.sim.Books().Payments[0].OrderID
	require.True(s.t, s.sim.Deposit(order))
	require.Equal(s.t, ports.RechargeApproved, notified().Status)
	return op, order, notified
}

// A person reverses before the notification of the deposit error comes. A second deposit disputes the recharge.
func TestService_Toss_second_deposit_after_a_reversal(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "second deposit")
	service, wallets := s.process(crashtest.Immortal())
	op, order, notified := s.deposited(service)
	require.True(t, s.sim.DepositError(order))
	_, err := service.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("the bank says that the transfer had failed")})
	require.NoError(t, err)
	_, err = service.Reverse(t.Context(), ports.Act{ID: op.ID, By: kim("the transfer had failed")})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReversed, notified().Status, "the deposit error is known")
	require.True(t, s.sim.Deposit(order), "the customer pays again")
	require.Equal(t, ports.RechargeDisputed, notified().Status, "the provider has the money")
	ordertest.RequireBalance(t, wallets, 0)
}

// A question about a disputed charge that our cancellation took back finds what our records say.
func TestService_Toss_dispute_about_a_charge_that_we_took_back(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "disputed")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	_, err = service.Cancel(t.Context(), ports.Act{ID: op.ID, By: kim("asked for")})
	require.NoError(t, err)
	op, err = service.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("the customer says that nothing came")})
	require.NoError(t, err)
	before := op.Why
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.NotContains(t, s.log.String(), "more of the charge was taken back than our records say")
	require.Equal(t, before, op.Why)
}

// The same where the charge was disputed while its cancellation was open.
func TestService_Toss_own_cancellation_of_a_disputed_charge(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "disputed")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.CloseAfter})
	_, err = service.Cancel(t.Context(), ports.Act{ID: op.ID, By: kim("asked for")})
	require.NoError(t, err)
	_, err = service.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("the customer complains")})
	require.NoError(t, err)
	s.rest(service)
	op = get(t, service, op.ID)
	before := op.Status
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.Equal(t, before, op.Status)
	require.NotContains(t, s.log.String(), "more of the charge was taken back than our records say")
}

// The pauses between transmissions count from the last one: an hour of questions that failed does not use them up.
func TestService_Toss_transmissions_after_questions_failed(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "burst")
	service, _ := s.process(crashtest.Immortal())
	s.sim.Inject(
		tosstest.Fault{Method: http.MethodPost, Kind: tosstest.StatusBefore, Status: 502},
		tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 503, Times: -1},
	)
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	step := func(seconds int) {
		for range seconds {
			for _, job := range service.Jobs() {
				_, err := job.Step(t.Context(), 100)
				require.NoError(t, err)
			}
			if op = get(t, service, op.ID); !op.Open || op.Status == ports.RechargeReview {
				return
			}
			s.clock.Advance(time.Second)
		}
	}
	for range 60 {
		s.clock.Advance(time.Minute)
		step(1)
	}
	s.sim.Heal() // questions are answered again; orders fail for one more minute
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.StatusBefore, Status: 500, Code: "FAILED_INTERNAL_SYSTEM_PROCESSING", Times: -1})
	var second, fifth time.Time
	for end := s.clock.Now().Add(time.Hour); fifth.IsZero() && s.clock.Now().Before(end); {
		step(1)
		if op.Transmissions >= 2 && second.IsZero() {
			second = s.clock.Now()
		}
		if op.Transmissions >= 5 {
			fifth = s.clock.Now()
		}
		s.clock.Advance(time.Second)
	}
	t.Logf("the second to the fifth transmission took %s", fifth.Sub(second))
	s.sim.Heal() // all is well a minute after
	s.clock.Advance(time.Minute)
	for range 3000 {
		step(1)
	}
	op = get(t, service, op.ID)
	require.GreaterOrEqual(t, fifth.Sub(second), 2*time.Minute)
}

// The provider says that it works on the confirmation. The next question comes within two minutes.
func TestService_Toss_confirmation_that_is_being_worked_on(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "working")
	service, wallets := s.process(crashtest.Immortal())
	op, err := service.Begin(t.Context(), recharge.BeginRequest{WalletID: "w", Key: "k", Charger: viaWindows, Amount: won(30_000)})
	require.NoError(t, err)
	query := s.sim.Authenticate(s.sim.OpenWindow(op.Shown[toss.ShownOrderID], won(30_000), tosstest.MethodCard))
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.StatusBefore, Status: 400, Code: "ALREADY_PROCESSING_REQUEST"})
	op, err = service.Confirm(t.Context(), recharge.ConfirmRequest{ID: op.ID, Token: query, Amount: won(30_000)})
	require.NoError(t, err)
	s.clock.Advance(10 * time.Second)
	_, err = service.Follow(t.Context(), 10)
	require.NoError(t, err)
	op = get(t, service, op.ID)
	require.LessOrEqual(t, op.DueAt.Sub(s.clock.Now()), 2*time.Minute, "the next question")
	_ = wallets
}

// hooked has something done before each question about the payment of an order is answered.
func (s *tossShop) hooked(hook func()) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/payments/orders/") && hook != nil {
			do := hook
			hook = nil
			do()
		}
		s.sim.ServeHTTP(w, r)
	}))
	s.t.Cleanup(server.Close)
	s.url = server.URL
}

// A notification is worked on while a person cancels the charge, and the answer to the cancellation is lost: the recharge ends as reversed, and no person is called.
func TestService_Toss_notification_while_we_cancel(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "race")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	other, _ := s.process(crashtest.Immortal())
	s.hooked(func() {
		s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.CloseAfter})
		_, err := other.Cancel(t.Context(), ports.Act{ID: op.ID, By: kim("asked for")})
		require.NoError(t, err)
	})
	service, _ = s.process(crashtest.Immortal())
	_, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	s.rest(service)
	op = get(t, service, op.ID)
	require.Equal(t, ports.RechargeReversed, op.Status, op.Why)
	require.NotContains(t, s.log.String(), " alarm")
}

// The same with a part whose answer arrives.
func TestService_Toss_notification_while_we_cancel_a_part(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "race")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	other, _ := s.process(crashtest.Immortal())
	s.hooked(func() {
		_, err := other.CancelPart(t.Context(), recharge.CancelPartRequest{ID: op.ID, Key: "part", Amount: won(10_000), By: kim("asked for")})
		require.NoError(t, err)
	})
	service, _ = s.process(crashtest.Immortal())
	_, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.NotContains(t, s.log.String(), " alarm")
}

// A question that finds no payment disputes no charge that a person approved.
func TestService_Toss_absence_of_a_charge_that_a_person_approved(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "absent")
	service, _ := s.process(crashtest.Immortal())
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.StatusAfter, Status: 400, Code: "MAINTAINED_METHOD"})
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	require.Equal(t, ports.RechargeUnknown, op.Status)
	op, err = service.Approve(t.Context(), recharge.ApproveRequest{ID: op.ID, By: kim("seen in the console"), ProviderRef: s.sim.Books().Payments[0].Key})
	require.NoError(t, err)
	s.clock.Advance(time.Hour)
	s.sim.Hide(true)
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status, op.Why)
}

// A deposit error that a person has settled does not hide a second one.
func TestService_Toss_second_deposit_error(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "second error")
	service, _ := s.process(crashtest.Immortal())
	op, order, notified := s.deposited(service)
	require.True(t, s.sim.DepositError(order))
	require.Equal(t, ports.RechargeDisputed, notified().Status)
	require.True(t, s.sim.Deposit(order), "the customer pays again, and no notification comes")
	_, err := service.Keep(t.Context(), recharge.KeepRequest{ID: op.ID, By: kim("paid again, seen in the console")})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, notified().Status)
	before, err := service.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("the customer asks about the bonus")})
	require.NoError(t, err)
	require.True(t, s.sim.DepositError(order))
	after := notified()
	require.NotEqual(t, before.Why, after.Why, "the bank took the money back, and the record is as it was")
}

// Each deposit after a deposit error disputes the recharge, however often that happens.
func TestService_Toss_third_deposit(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "third deposit")
	service, wallets := s.process(crashtest.Immortal())
	op, order, notified := s.deposited(service)
	require.True(t, s.sim.DepositError(order))
	require.Equal(t, ports.RechargeDisputed, notified().Status)
	_, err := service.Reverse(t.Context(), ports.Act{ID: op.ID, By: kim("the transfer had failed")})
	require.NoError(t, err)
	require.True(t, s.sim.Deposit(order))
	require.Equal(t, ports.RechargeDisputed, notified().Status)
	_, err = service.Reinstate(t.Context(), recharge.ReinstateRequest{ID: op.ID, By: kim("paid again")})
	require.NoError(t, err)
	ordertest.RequireBalance(t, wallets, 30_000)
	_, err = service.Reverse(t.Context(), ports.Act{ID: op.ID, By: kim("the second transfer had failed too, said the bank")})
	require.NoError(t, err)
	require.True(t, s.sim.DepositError(order))
	notified()
	require.True(t, s.sim.Deposit(order))
	require.Equal(t, ports.RechargeDisputed, notified().Status, "the provider holds %s, the wallet has 0", s.sim.Books().Payments[0].Balance)
}

// A cancellation of the whole that was given up arrives late. A person reverses the recharge: further notifications change nothing.
func TestService_Toss_given_up_whole_that_arrives_late(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "given up")
	service, wallets := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.Late, Delay: 30 * time.Minute},
		tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.CloseBefore, Times: -1})
	cancel, err := service.Cancel(t.Context(), ports.Act{ID: op.ID, By: kim("asked for")})
	require.NoError(t, err)
	_, err = service.DeclineCancel(t.Context(), ports.Act{ID: cancel.ID, By: kim("the console shows none")})
	require.NoError(t, err)
	s.sim.Heal()
	s.clock.Advance(time.Hour)
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, op.Status)
	op, err = service.Reverse(t.Context(), ports.Act{ID: op.ID, By: kim("given back")})
	require.NoError(t, err)
	ordertest.RequireBalance(t, wallets, 0)
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReversed, op.Status, op.Why)
}

// The customer alters the amount in the browser, and the question before the confirmation fails: no person is called.
func TestService_Toss_payment_of_another_amount_while_the_question_fails(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "another amount")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Begin(t.Context(), recharge.BeginRequest{WalletID: "w", Key: "k", Charger: viaWindows, Amount: won(30_000)})
	require.NoError(t, err)
	query := s.sim.Authenticate(s.sim.OpenWindow(op.Shown[toss.ShownOrderID], won(1_000), tosstest.MethodCard))
	s.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 429})
	_, err = service.Confirm(t.Context(), recharge.ConfirmRequest{ID: op.ID, Token: strings.Replace(query, "amount=1000", "amount=30000", 1), Amount: won(30_000)})
	require.NoError(t, err)
	s.rest(service)
	op = get(t, service, op.ID)
	require.NotEqual(t, ports.RechargeReview, op.Status)
}

// What was taken back in the console, and reversed, cannot be reinstated because of a notification that comes again.
func TestService_Toss_no_credit_without_money(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "taken back")
	service, wallets := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	require.True(t, s.sim.CancelOutside(s.sim.Books().Payments[0].Key, won(30_000)))
	_, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	_, err = service.Reverse(t.Context(), ports.Act{ID: op.ID, By: kim("taken back in the console")})
	require.NoError(t, err)
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	_, err = service.Reinstate(t.Context(), recharge.ReinstateRequest{ID: op.ID, By: kim("the provider approved it")})
	require.ErrorIs(t, err, ports.ErrNotOpen)
	ordertest.RequireBalance(t, wallets, 0)
}

// A person credits a recharge that was paid in another way. No alarm tells of a bank that took a deposit back.
func TestService_Toss_no_deposit_error_without_a_deposit(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "no deposit")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)})
	require.NoError(t, err)
	_, err = service.Approve(t.Context(), recharge.ApproveRequest{ID: op.ID, By: kim("paid at the desk")})
	require.NoError(t, err)
	_, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.NotContains(t, s.log.String(), "the bank took back a payment")
}

// A person keeps the credit of a charge that the provider shows as declined, and another disputes it later: the next
// notification tells that the provider still shows it so.
func TestService_Toss_refusal_after_a_dispute_by_a_person(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "kept")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	require.True(t, s.sim.CancelOutside(s.sim.Books().Payments[0].Key, won(30_000)))
	_, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	_, err = service.Keep(t.Context(), recharge.KeepRequest{ID: op.ID, By: kim("paid in cash")})
	require.NoError(t, err)
	_, err = service.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("the customer says that the shop declined the bonus")})
	require.NoError(t, err)
	for range 3 {
		op, err = service.InquireNow(t.Context(), aboutToss(op))
		require.NoError(t, err)
		require.Equal(t, "the customer says that the shop declined the bonus; ended as disputed, then the provider answered declined", op.Why, "it is told once")
	}
}
