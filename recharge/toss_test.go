package recharge_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/shopspring/decimal"
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

// tossShop is a host with a simulated shop, over real HTTP.
type tossShop struct {
	t     *testing.T
	name  string
	clock *crashtest.Clock
	sim   *tosstest.Simulator
	url   string
	card  *tosstest.Card
	store ports.Store
	log   *crashtest.Log
}

func newTossShop(t *testing.T, name string) *tossShop {
	t.Helper()
	clock := crashtest.NewClock()
	s := &tossShop{t: t, name: name, clock: clock, sim: tosstest.New(tosstest.Config{Clock: clock, Seed: 1}), store: memory.New()}
	server := httptest.NewServer(s.sim)
	t.Cleanup(server.Close)
	s.url, s.card = server.URL, s.sim.NewCard(tosstest.CardConfig{})
	s.log = new(crashtest.Log)
	_, wallets := s.process(crashtest.Immortal())
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
	require.NoError(t, err)
	return s
}

// mortal is the network of a process: what is dead sends nothing and hears nothing.
type mortal struct {
	life *crashtest.Life
	next http.RoundTripper
}

func (m mortal) RoundTrip(request *http.Request) (response *http.Response, err error) {
	if !m.life.Do(func() { response, err = m.next.RoundTrip(request) }) { //nolint:bodyclose // the caller closes it
		if response != nil {
			_ = response.Body.Close()
		}
		return nil, crashtest.ErrDead
	}
	return response, err
}

// process is a process of the host. Each has clients of its own.
func (s *tossShop) process(life *crashtest.Life) (*recharge.Service, *ledger.Ledger) {
	s.t.Helper()
	key, err := toss.NewSecretKey(s.sim.Shop().SecretKey)
	require.NoError(s.t, err)
	transport := &http.Transport{DisableKeepAlives: true}
	client, err := toss.New(key, toss.Config{BaseURL: s.url, HTTPClient: &http.Client{Transport: mortal{life, transport}}, Clock: s.clock})
	require.NoError(s.t, err)
	cards, err1 := toss.NewBillingCharger(client, "main", toss.BillingConfig{Card: func(context.Context, string) (toss.BillingKey, error) {
		return toss.NewBillingKey(s.card.BillingKey(), s.card.CustomerKey()), nil
	}})
	windows, err2 := toss.NewWindowCharger(client, "main", toss.WindowConfig{})
	accounts, err3 := toss.NewAccountCharger(client, "main", toss.AccountConfig{
		Customer: func(context.Context, ports.ChargeOrder) (string, error) { return "홍길동", nil },
	})
	require.NoError(s.t, errors.Join(err1, err2, err3))
	store := crashtest.Store{Store: s.store, Life: life}
	wallets, err := ledger.New(store, ledger.Config{Clock: s.clock})
	require.NoError(s.t, err)
	service, err := recharge.New(store, wallets, recharge.Config{Clock: s.clock, Logger: slog.New(slog.NewTextHandler(s.log, nil))}, cards, windows, accounts)
	require.NoError(s.t, err)
	return service, wallets
}

const (
	viaCards    = "billing@toss:main"
	viaWindows  = "window@toss:main"
	viaAccounts = "account@toss:main"
)

func byCard() recharge.Request {
	return recharge.Request{WalletID: "w", Key: "k", Charger: viaCards, PaymentMethod: "card-1", Amount: won(30_000)}
}

// tossCell is what the provider does in a cell of a matrix.
type tossCell struct {
	fault    tosstest.Fault
	scenario tosstest.Scenario
}

func tossCells(refusal string) map[string]tossCell {
	on := func(kind tosstest.Kind, status int, code string) tossCell {
		return tossCell{fault: tosstest.Fault{Method: http.MethodPost, Kind: kind, Status: status, Code: code, Delay: 3 * time.Minute}}
	}
	return map[string]tossCell{
		"approves":                      {},
		"declines":                      {scenario: tosstest.Scenario{Code: refusal}},
		"fails after the effect":        {scenario: tosstest.Scenario{Code: "FAILED_INTERNAL_SYSTEM_PROCESSING", Executed: true}},
		"approves and drops the answer": on(tosstest.CloseAfter, 0, ""),
		"drops the request":             on(tosstest.CloseBefore, 0, ""),
		"executes minutes later":        on(tosstest.Late, 0, ""),
		"502 before the effect":         on(tosstest.StatusBefore, http.StatusBadGateway, ""),
		"502 after the effect":          on(tosstest.StatusAfter, http.StatusBadGateway, ""),
		"says that it works on it":      on(tosstest.StatusAfter, http.StatusConflict, "IDEMPOTENT_REQUEST_PROCESSING"),
		"names another amount":          on(tosstest.WrongAmount, 0, ""),
	}
}

// matrix runs a deed in every cell: a process that does it dies at each of its steps, a worker dies
// after it, and then the host does it again. The shop refuses with a code.
func matrix(t *testing.T, refusal string, prepare func(s *tossShop), deed func(s *tossShop, service *recharge.Service) error) {
	t.Helper()
	cells := 0
	for what, cell := range tossCells(refusal) {
		for _, first := range crashtest.Lives(5) {
			for _, second := range crashtest.Lives(1) {
				cells++
				s := newTossShop(t, fmt.Sprintf("%s, dies %s, worker dies %s", what, first.Name, second.Name))
				prepare(s)
				if cell.fault.Kind != tosstest.None {
					s.sim.Inject(cell.fault)
				}
				if cell.scenario != (tosstest.Scenario{}) {
					s.sim.Next("", cell.scenario)
				}
				s.crash(deed, first.Life(), second.Life())
			}
		}
	}
	t.Logf("%d cells", cells)
}

func (s *tossShop) crash(deed func(s *tossShop, service *recharge.Service) error, first, second *crashtest.Life) {
	s.t.Helper()
	service, _ := s.process(first)
	if err := deed(s, service); err != nil && !errors.Is(err, ports.ErrNotFound) {
		require.True(s.t, errors.Is(err, ports.ErrUndecided) || errors.Is(err, recharge.ErrNotConfirmed), "%s: %v", s.name, err)
	}
	s.clock.Advance(5 * time.Minute) // past the lease
	dying, _ := s.process(second)
	for range 3 {
		if _, err := dying.Follow(s.t.Context(), 10); err != nil {
			require.ErrorIs(s.t, err, ports.ErrUndecided, s.name)
		}
		s.clock.Advance(time.Minute)
	}
	last, wallets := s.process(crashtest.Immortal())
	s.rest(last)
	if err := deed(s, last); err != nil {
		require.True(s.t, errors.Is(err, ports.ErrNotOpen) || errors.Is(err, recharge.ErrNotConfirmed), "%s: %v", s.name, err)
	}
	s.rest(last)
	s.agree(wallets)
}

// rest lets a worker run until nothing is open, or for two days.
func (s *tossShop) rest(service *recharge.Service) {
	s.t.Helper()
	(&world{store: s.store, clock: s.clock}).rest(s.t, service)
}

// agree compares the provider's books with ours.
func (s *tossShop) agree(wallets *ledger.Ledger) {
	s.t.Helper()
	held := decimal.Zero
	for _, p := range s.sim.Books().Payments {
		require.LessOrEqual(s.t, p.Executions, 1, "%s: %s", s.name, p.OrderID)
		if p.Executions > 0 {
			held = held.Add(p.Balance)
		}
	}
	wallet, err := wallets.Wallet(s.t.Context(), "w")
	require.NoError(s.t, err)
	require.True(s.t, wallet.Balance.Equal(held), "%s: the wallet has %s, and the provider holds %s", s.name, wallet.Balance, held)
	require.Zero(s.t, wallet.OpenOperations, s.name)
	_, err = wallets.Verify(s.t.Context(), "w")
	require.NoError(s.t, err, s.name)
}

// TestCrashMatrix_Toss is the crash matrix with a billing key over real HTTP: a provider with
// idempotency keys, which is asked and sent the order again.
func TestCrashMatrix_Toss(t *testing.T) {
	t.Parallel()
	matrix(t, "REJECT_CARD_PAYMENT", func(*tossShop) {}, func(s *tossShop, service *recharge.Service) error {
		_, err := service.Recharge(s.t.Context(), byCard())
		return err
	})
}

// TestCrashMatrix_Toss_window confirms what a customer agreed to in a window.
func TestCrashMatrix_Toss_window(t *testing.T) {
	t.Parallel()
	matrix(t, "REJECT_CARD_PAYMENT", func(*tossShop) {}, func(s *tossShop, service *recharge.Service) error {
		op, err := service.Begin(s.t.Context(), recharge.BeginRequest{WalletID: "w", Key: "k", Charger: viaWindows, Amount: won(30_000)})
		if err != nil {
			return err
		}
		query := ""
		if payments := s.sim.Books().Payments; len(payments) > 0 { // the customer returns with the same page
			query = "paymentKey=" + payments[0].Key + "&orderId=" + payments[0].OrderID + "&amount=30000"
		} else {
			query = s.sim.Authenticate(s.sim.OpenWindow(op.Shown[toss.ShownOrderID], won(30_000), tosstest.MethodCard))
		}
		_, err = service.Confirm(s.t.Context(), recharge.ConfirmRequest{ID: op.ID, Token: query, Amount: won(30_000)})
		return err
	})
}

// TestCrashMatrix_Toss_part takes a part of a charge back.
func TestCrashMatrix_Toss_part(t *testing.T) {
	t.Parallel()
	matrix(t, "NOT_CANCELABLE_PAYMENT", func(s *tossShop) {
		service, _ := s.process(crashtest.Immortal())
		_, err := service.Recharge(s.t.Context(), byCard())
		require.NoError(s.t, err)
	}, func(s *tossShop, service *recharge.Service) error {
		charge := onlyRecharge(s.t, service)
		_, err := service.CancelPart(s.t.Context(), recharge.CancelPartRequest{
			ID: charge.ID, Key: "part", Amount: won(10_000), By: ports.By{Who: "kim", Why: "asked for"},
		})
		return err
	})
}

// aboutToss is a notification about a recharge.
func aboutToss(op *ports.Recharge) ports.Notice {
	return ports.Notice{Provider: op.Charger, OperationID: op.ID}
}

// TestService_Toss_taken_back: a charge that a person at the provider took back is disputed, and one of
// which a part was taken back is told of.
func TestService_Toss_taken_back(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		part   int64
		status ports.RechargeStatus
	}{"whole": {30_000, ports.RechargeDisputed}, "part": {10_000, ports.RechargeDisputed}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTossShop(t, name)
			service, _ := s.process(crashtest.Immortal())
			op, err := service.Recharge(t.Context(), byCard())
			require.NoError(t, err)
			require.True(t, s.sim.CancelOutside(s.sim.Books().Payments[0].Key, won(tc.part)))
			op, err = service.InquireNow(t.Context(), aboutToss(op))
			require.NoError(t, err)
			require.Equal(t, tc.status, op.Status)
			require.Contains(t, s.log.String(), "more of the charge was taken back than our records say")
		})
	}
}

// TestService_Toss_virtual_account: an account awaits its customer, is credited when the money came,
// and disputed when the bank took the money back.
func TestService_Toss_virtual_account(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "virtual account")
	service, wallets := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeAwaiting, op.Status)
	require.Equal(t, []string{"20", "홍길동"}, []string{op.Shown[toss.ShownBank], op.Shown[toss.ShownHolder]})
	require.NotEmpty(t, op.Shown[toss.ShownNumber])
	s.clock.Advance(time.Hour)
	_, err = service.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeAwaiting, get(t, service, op.ID).Status)

	order := s.sim.Books().Payments[0].OrderID
	require.True(t, s.sim.Deposit(order))
	s.clock.Advance(11 * time.Minute) // no notification came
	_, err = service.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, get(t, service, op.ID).Status)
	ordertest.RequireBalance(t, wallets, 30_000)

	require.True(t, s.sim.DepositError(order))
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, op.Status)
	op, err = service.Reverse(t.Context(), ports.Act{ID: op.ID, By: kim("the transfer had failed")})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReversed, op.Status)
	ordertest.RequireBalance(t, wallets, 0)
}

// TestService_Toss_virtual_account_unpaid: an account whose time has passed is closed, and no money
// comes late.
func TestService_Toss_virtual_account_unpaid(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "unpaid")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)})
	require.NoError(t, err)
	s.clock.Advance(7 * 24 * time.Hour) // to the deadline exactly
	_, err = service.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDeclined, get(t, service, op.ID).Status)
	require.False(t, s.sim.Deposit(s.sim.Books().Payments[0].OrderID), "the account is closed")
}

// TestService_Toss_notified_again: a person has declined an account that is open still, and the customer pays.
// Each further notification changes nothing.
func TestService_Toss_notified_again(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "notified again")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)})
	require.NoError(t, err)
	_, err = service.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("gave up")})
	require.NoError(t, err)
	require.True(t, s.sim.Deposit(s.sim.Books().Payments[0].OrderID))
	first, err := service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, first.Status)
	for range 3 {
		_, err := service.InquireNow(t.Context(), aboutToss(op))
		require.NoError(t, err)
		require.Equal(t, first, get(t, service, op.ID))
	}
}

// TestService_Toss_calls_a_person: an order whose answer was lost, and that cannot be sent again because the
// secret key was replaced, is left to a person after ten minutes, and not after a day.
func TestService_Toss_calls_a_person(t *testing.T) {
	t.Parallel()
	for _, request := range []recharge.Request{byCard(), {WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)}} {
		s := newTossShop(t, request.Charger)
		service, _ := s.process(crashtest.Immortal())
		s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseBefore})
		op, err := service.Recharge(t.Context(), request)
		require.NoError(t, err)
		s.sim.RotateKey()
		service, _ = s.process(crashtest.Immortal())
		began := s.clock.Now()
		s.rest(service)
		op = get(t, service, op.ID)
		require.Equal(t, ports.RechargeReview, op.Status)
		require.Contains(t, op.Why, "the provider shows no payment of the order")
		require.Less(t, s.clock.Now().Sub(began), 20*time.Minute)
	}
}
