package recharge_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/adapters/webhook"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// flaky is a store that loses the answer to one read.
type flaky struct {
	ports.Store
	fail *bool
}

func (f flaky) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	if *f.fail {
		*f.fail = false
		return nil, errors.New("the connection was reset")
	}
	return f.Store.Operations(ctx, ids)
}

// notices is the handler of a host, as adapters/webhook/doc.go shows it.
func (s *tossShop) notices(service *recharge.Service) http.Handler {
	s.t.Helper()
	key, err := toss.NewSecretKey(s.sim.Shop().SecretKey)
	require.NoError(s.t, err)
	client, err := toss.New(key, toss.Config{BaseURL: s.url, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, Clock: s.clock})
	require.NoError(s.t, err)
	windows, err := toss.NewWindowCharger(client, "main", toss.WindowConfig{})
	require.NoError(s.t, err)
	handler, err := webhook.New(func(ctx context.Context, notice ports.Notice) error {
		_, err := service.InquireNow(ctx, notice)
		return err
	}, webhook.Config{})
	require.NoError(s.t, err)
	return handler.For(windows)
}

// The worker asks again about a charge that had ended when the question which a notification led to failed.
func TestService_Toss_notification_whose_question_fails(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]tosstest.Fault{
		"429":       {Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 429},
		"503":       {Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 503, Times: 2},
		"no answer": {Method: http.MethodGet, Kind: tosstest.CloseBefore, Times: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTossShop(t, name)
			service, _ := s.process(crashtest.Immortal())
			handler := s.notices(service)
			op, err := service.Recharge(t.Context(), byCard())
			require.NoError(t, err)
			require.True(t, s.sim.CancelOutside(s.sim.Books().Payments[0].Key, won(30_000)))
			s.sim.Inject(fault)
			for range 24 * 60 { // the provider repeats for 3 days and 19 hours what was not answered with 200
				s.sim.DeliverTo(handler)
				s.clock.Advance(time.Minute)
				_, err := service.Follow(t.Context(), 10)
				require.NoError(t, err)
			}
			op = get(t, service, op.ID)
			require.Equal(t, ports.RechargeDisputed, op.Status, "the provider holds %s", s.sim.Books().Payments[0].Balance)
		})
	}
}

// The worker asks again about a declined recharge whose customer pays later.
func TestService_Toss_late_deposit_whose_question_fails(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "late")
	service, wallets := s.process(crashtest.Immortal())
	handler := s.notices(service)
	op, err := service.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)})
	require.NoError(t, err)
	_, err = service.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("gave up")})
	require.NoError(t, err)
	require.True(t, s.sim.Deposit(s.sim.Books().Payments[0].OrderID))
	s.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 503, Times: 4})
	for range 24 * 60 {
		s.sim.DeliverTo(handler)
		s.clock.Advance(time.Minute)
		_, err := service.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	op = get(t, service, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status, "the provider holds %s", s.sim.Books().Payments[0].Balance)
	ordertest.RequireBalance(t, wallets, 0)
}

// A notification that comes while a cancellation of ours is open leads to a question about the charge too.
func TestService_Toss_rest_is_taken_back_while_our_part_is_open(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "console")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.CloseAfter})
	cancel, err := service.CancelPart(t.Context(), recharge.CancelPartRequest{ID: op.ID, Key: "part", Amount: won(10_000), By: kim("asked for")})
	require.NoError(t, err)
	require.True(t, cancel.Open)
	require.True(t, s.sim.CancelOutside(s.sim.Books().Payments[0].Key, won(20_000)))
	// the notification of the console's cancellation, the last one that the provider will ever send
	_, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	s.rest(service)
	op = get(t, service, op.ID)
	require.Zero(t, s.sim.Books().Payments[0].Balance.Sign())
	require.Equal(t, ports.RechargeDisputed, op.Status, "the provider holds nothing, %s of the recharge is left in the wallet, alarm: %v",
		op.Left(), strings.Contains(s.log.String(), " alarm"))
}

// Two notifications at the same moment, about our part and about the rest, lead to a question about the charge.
func TestService_Toss_two_notifications_at_once(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "two")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.CloseAfter})
	_, err = service.CancelPart(t.Context(), recharge.CancelPartRequest{ID: op.ID, Key: "part", Amount: won(10_000), By: kim("asked for")})
	require.NoError(t, err)
	require.True(t, s.sim.CancelOutside(s.sim.Books().Payments[0].Key, won(20_000)))
	errs := make(chan error, 2)
	for range 2 {
		go func() { _, err := service.InquireNow(t.Context(), aboutToss(op)); errs <- err }()
	}
	require.NoError(t, errors.Join(<-errs, <-errs))
	op = get(t, service, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status)
}

// All notifications come while a cancellation of ours is open: the worker asks about the charge when it has ended.
func TestService_Toss_deposit_error_while_our_part_is_open(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "deposit error")
	service, wallets := s.refunding()
	op, order, notified := s.deposited(service)
	require.True(t, s.sim.DepositError(order))
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.CloseBefore})
	cancel, err := service.CancelPart(t.Context(), recharge.CancelPartRequest{ID: op.ID, Key: "part", Amount: won(10_000), By: kim("asked for")})
	require.NoError(t, err)
	require.True(t, cancel.Open)
	for range 8 { // DEPOSIT_CALLBACK, and each of its 7 repetitions
		notified()
		s.clock.Advance(time.Second)
	}
	s.rest(service)
	cancel, err = service.Cancellation(t.Context(), cancel.ID)
	require.NoError(t, err)
	require.False(t, cancel.Open)
	op = get(t, service, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status, "the cancellation is %s (%s); the provider holds nothing, and the wallet has %s", cancel.Status, cancel.Answer.Code, balanceOf(t, wallets, "w"))
}

// An answer is dropped if the store cannot say whether the recharge changed meanwhile.
func TestService_Toss_look_after_the_question_fails(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "flaky")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	other, _ := s.process(crashtest.Immortal())
	fail := false
	s.hooked(func() {
		s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.CloseAfter})
		_, err := other.Cancel(t.Context(), ports.Act{ID: op.ID, By: kim("asked for")})
		require.NoError(t, err)
		fail = true
	})
	good := s.store
	s.store = flaky{good, &fail}
	service, _ = s.process(crashtest.Immortal())
	_, err = service.InquireNow(t.Context(), aboutToss(op))
	t.Log(err)
	s.store = good
	s.rest(other)
	op = get(t, other, op.ID)
	require.Equal(t, ports.RechargeReversed, op.Status, op.Why)
}

// Notices at the same moment lead to two questions each at most.
func TestService_InquireNow_asks_no_more_than_twice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		cards := alone("cards", ordertest.Always(approved("tx 1")), func() ports.ChargeAnswer {
			asked.Add(1)
			time.Sleep(time.Second) // all are asked before one is answered
			return approved("tx 2")
		})
		s, _ := branches(t, memory.New(), cards)
		op, err := s.Recharge(t.Context(), at("cards", "w"))
		require.NoError(t, err)
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				_, err := s.InquireNow(t.Context(), ports.Notice{Provider: "cards", OperationID: op.ID})
				assert.NoError(t, err)
			})
		}
		wg.Wait()
		require.LessOrEqual(t, asked.Load(), int32(64))
	})
}

// Notifications about a recharge that has ended list no transactions.
func TestService_Toss_notifications_list_no_transactions(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "lists")
	var lists atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/transactions") {
			lists.Add(1)
		}
		s.sim.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	service, _ := s.process(crashtest.Immortal())
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseBefore})
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	s.card = s.sim.NewCard(tosstest.CardConfig{})
	op, _ = s.steps(service, op.ID)
	require.Equal(t, ports.RechargeReview, op.Status)
	_, err = service.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("not in the console")})
	require.NoError(t, err)
	s.clock.Advance(60 * 24 * time.Hour)
	before := lists.Load()
	for range 10 { // false notifications: they are not signed
		_, err = service.InquireNow(t.Context(), aboutToss(op))
		require.NoError(t, err)
	}
	require.Equal(t, before, lists.Load())
}

// deaf is a credited recharge through a Charger whose questions fail until it is healed, and of which a notice came.
func deaf(t *testing.T, store *memory.Store) (w *world, s *recharge.Service, op *ports.Recharge, heal func(answer ports.ChargeAnswer)) {
	t.Helper()
	failed := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Failed: true}}
	var says atomic.Pointer[ports.ChargeAnswer]
	says.Store(&failed)
	w = &world{store: store, clock: crashtest.NewClock(), charger: alone("bank", ordertest.Always(approved("tx 1")), func() ports.ChargeAnswer { return *says.Load() })}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	op = mustRecharge(t, s, "k")
	require.Equal(t, ports.RechargeApproved, op.Status)
	noticed, err := s.InquireNow(t.Context(), ports.Notice{Provider: "bank", OperationID: op.ID})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, noticed.Status)
	require.Equal(t, w.clock.Now(), noticed.NoticedAt)
	require.True(t, noticed.DueAt.After(w.clock.Now()), "a worker asks again")
	return w, s, noticed, func(answer ports.ChargeAnswer) { says.Store(&answer) }
}

// The worker asks about a recharge of which a notice came until the provider answers, with growing pauses.
func TestService_Follow_asks_about_a_notice_again(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]ports.ChargeAnswer{
		"what is known": approved("tx 1"), "a take back": {Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "tx 1"}},
		"nothing of it": {Answer: ports.Answer{Outcome: ports.OutcomeUnknown}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, s, op, heal := deaf(t, memory.New())
			asked := 0
			for range 12 * 60 {
				n, err := s.Follow(t.Context(), 10)
				require.NoError(t, err)
				asked += n
				w.clock.Advance(time.Minute)
			}
			require.Equal(t, ports.RechargeApproved, get(t, s, op.ID).Status)
			require.Less(t, asked, 12*60/4, "about every five minutes in the end")
			heal(answer)
			w.rest(t, s)
			op = get(t, s, op.ID)
			require.Zero(t, op.NoticedAt)
			require.Zero(t, op.DueAt)
			want := ports.RechargeApproved
			if answer.Outcome == ports.OutcomeDeclined {
				want = ports.RechargeDisputed
			}
			require.Equal(t, want, op.Status)
		})
	}
}

// A person decides when the provider has not answered for Config.ReviewAfter, or no process has the Charger.
func TestService_Follow_gives_a_notice_to_a_person(t *testing.T) {
	t.Parallel()
	for _, has := range []bool{true, false} {
		t.Run(fmt.Sprintf("the process has the Charger: %v", has), func(t *testing.T) {
			t.Parallel()
			w, s, op, _ := deaf(t, memory.New())
			if !has {
				w.charger = alone("another", nil, nil)
				s, _ = w.process(t, crashtest.Immortal(), nil)
				w.clock.Advance(24 * time.Hour)
			}
			w.clock.Advance(23 * time.Hour)
			_, err := s.Follow(t.Context(), 10)
			require.NoError(t, err)
			require.Equal(t, has, get(t, s, op.ID).Status == ports.RechargeApproved)
			w.clock.Advance(2 * time.Hour)
			w.rest(t, s)
			op = get(t, s, op.ID)
			require.Equal(t, ports.RechargeDisputed, op.Status)
			require.Equal(t, "a notice about it came, and within 24h0m0s the provider did not say what became of the charge", op.Why)
			require.Zero(t, op.NoticedAt)
			require.Zero(t, op.DueAt)
		})
	}
}

// What a person decides leaves the question open, and a process of an earlier version, which does not keep NoticedAt, too.
func TestService_Follow_keeps_a_notice(t *testing.T) {
	t.Parallel()
	takenBack := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "tx 1"}}
	for name, between := range map[string]func(t *testing.T, w *world, s *recharge.Service, op *ports.Recharge){
		"a person keeps it": func(t *testing.T, _ *world, s *recharge.Service, op *ports.Recharge) {
			t.Helper()
			_, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("unsure")})
			require.NoError(t, err)
			_, err = s.Keep(t.Context(), recharge.KeepRequest{ID: op.ID, By: kim("sure")})
			require.NoError(t, err)
		},
		"an earlier version writes it": func(t *testing.T, w *world, s *recharge.Service, op *ports.Recharge) {
			t.Helper()
			next := get(t, s, op.ID)
			next.Version++
			next.NoticedAt, next.Told = time.Time{}, ""
			require.Equal(t, ports.FateCommitted, w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{next}}})[0].Status)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, s, op, heal := deaf(t, memory.New())
			between(t, w, s, op)
			heal(takenBack)
			w.clock.Advance(time.Minute)
			w.rest(t, s)
			op = get(t, s, op.ID)
			require.Equal(t, ports.RechargeDisputed, op.Status)
			require.Zero(t, op.DueAt)
		})
	}
}
