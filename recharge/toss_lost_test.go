package recharge_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

type behind struct {
	ports.Clock
	by time.Duration
}

func (b behind) Now() time.Time { return b.Clock.Now().Add(-b.by) }

// slowShop is a tossShop whose provider's clock is behind.
func slowShop(t *testing.T, by time.Duration) *tossShop {
	t.Helper()
	clock := crashtest.NewClock()
	s := &tossShop{t: t, name: t.Name(), clock: clock, sim: tosstest.New(tosstest.Config{Clock: behind{clock, by}, Seed: 1}), store: memory.New()}
	server := httptest.NewServer(s.sim)
	t.Cleanup(server.Close)
	s.url, s.card, s.log = server.URL, s.sim.NewCard(tosstest.CardConfig{}), new(crashtest.Log)
	_, wallets := s.process(crashtest.Immortal())
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
	require.NoError(t, err)
	return s
}

// docs/toss.md: "Money does not come after the deadline: ... the inquiry closes it by a cancellation".
// account_charger.go: "The order is declined only if the provider says that it is closed: until then money may come".
func closesItsAccount(t *testing.T, s *tossShop) {
	t.Helper()
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)})
	require.NoError(t, err)
	s.clock.Advance(7 * 24 * time.Hour)
	s.rest(service)
	for range 3 * 24 * 12 { // three more days of a worker
		for _, job := range service.Jobs() {
			_, err := job.Step(t.Context(), 100)
			require.NoError(t, err)
		}
		s.clock.Advance(5 * time.Minute)
	}
	order := s.sim.Books().Payments[0]
	t.Logf("recharge is %s, payment at the provider is %s, log: %s", get(t, service, op.ID).Status, order.Status, s.log)
	deposited := s.sim.Deposit(order.OrderID)
	require.False(t, deposited, "the account takes money after its recharge ended as %s, and no more questions are asked", get(t, service, op.ID).Status)
}

// The closing of an account fails once. It is closed later, and no money comes late.
func TestService_Toss_account_that_could_not_be_closed_once(t *testing.T) {
	t.Parallel()
	s := slowShop(t, 0)
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.StatusBefore, Status: 502})
	closesItsAccount(t, s)
}

// At our deadline the provider's clock is behind. The account is closed all the same.
func TestService_Toss_account_with_a_clock_five_seconds_behind(t *testing.T) {
	t.Parallel()
	closesItsAccount(t, slowShop(t, 5*time.Second))
}

// The provider is down for a short while. The order is sent again when it is back, and no person is called.
func TestService_Toss_short_outage_leaves_an_order_to_the_machine(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "outage")
	service, wallets := s.process(crashtest.Immortal())
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.StatusBefore, Status: 502, Times: 5})
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	began := s.clock.Now()
	var sent time.Time
	for range 60 * 30 {
		for _, job := range service.Jobs() {
			_, err := job.Step(t.Context(), 100)
			require.NoError(t, err)
		}
		op = get(t, service, op.ID)
		if op.Transmissions == 5 && sent.IsZero() {
			sent = s.clock.Now()
			t.Logf("five transmissions within %s", sent.Sub(began))
		}
		if !op.Open || op.Status == ports.RechargeReview {
			break
		}
		s.clock.Advance(time.Second)
	}
	t.Logf("%d transmissions, %d inquiries, last answer %+v", op.Transmissions, op.Inquiries, op.Answer)
	require.Equal(t, ports.RechargeApproved, op.Status, "after %s: %s", s.clock.Now().Sub(began), op.Why)
	ordertest.RequireBalance(t, wallets, 30_000)
}

// steps lets a worker run until the recharge ends or is left to a person, for 25 hours at most.
func (s *tossShop) steps(service *recharge.Service, id string) (*ports.Recharge, time.Duration) {
	s.t.Helper()
	var op *ports.Recharge
	for range 60 * 25 {
		for _, job := range service.Jobs() {
			_, err := job.Step(s.t.Context(), 100)
			require.NoError(s.t, err)
		}
		if op = get(s.t, service, id); !op.Open || op.Status == ports.RechargeReview {
			break
		}
		s.clock.Advance(time.Minute)
	}
	age := s.clock.Now().Sub(op.CreatedAt)
	s.t.Logf("%s after %s: %q, %q, %d transmissions", op.Status, age, op.Why, op.Answer.Message, op.Transmissions)
	return op, age
}

// An order whose answer was lost, and whose card has another billing key since, is left to a person soon.
func TestService_Toss_lost_answer_and_another_card(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "lost")
	service, _ := s.process(crashtest.Immortal())
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseBefore})
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	s.card = s.sim.NewCard(tosstest.CardConfig{}) // the customer's new card
	_, age := s.steps(service, op.ID)
	require.Less(t, age, time.Hour)
}

// A confirmation was lost, and the provider shows the payment as not approved: it is declined after a quarter of an hour.
func TestService_Toss_lost_confirmation_is_declined_after_a_quarter(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "window")
	s.sim = tosstest.New(tosstest.Config{Clock: tosstest.NewClock(s.clock.Now()), Seed: 1}) // shows the payment as IN_PROGRESS
	server := httptest.NewServer(s.sim)
	t.Cleanup(server.Close)
	s.url = server.URL
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Begin(t.Context(), recharge.BeginRequest{WalletID: "w", Key: "k", Charger: viaWindows, Amount: won(30_000)})
	require.NoError(t, err)
	query := s.sim.Authenticate(s.sim.OpenWindow(op.Shown[toss.ShownOrderID], won(30_000), tosstest.MethodCard))
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseBefore, Times: -1})
	op, err = service.Confirm(t.Context(), recharge.ConfirmRequest{ID: op.ID, Token: query, Amount: won(30_000)})
	require.NoError(t, err)
	op, age := s.steps(service, op.ID)
	require.Less(t, age, time.Hour)
	require.Equal(t, ports.RechargeDeclined, op.Status)
}
