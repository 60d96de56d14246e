package recharge_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// hostOfSOLAPI is a host of a simulated SOLAPI account.
func hostOfSOLAPI(t *testing.T) (w *world, sim *solapitest.Simulator, request func(key string) recharge.Request) {
	t.Helper()
	clock := crashtest.NewClock()
	sim = solapitest.New(solapitest.Config{Clock: clock, Seed: 1})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	account := sim.NewAccount(solapitest.AccountConfig{Balance: decimal.NewFromInt(5_000)})
	key := account.NewKey(solapitest.RoleOwner)
	client, err := solapi.New(solapi.NewCredentials(key.APIKey, key.Secret), solapi.Config{
		BaseURL: server.URL, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, Clock: clock,
	})
	require.NoError(t, err)
	charger, err := solapi.NewCharger(client, "main")
	require.NoError(t, err)
	w = &world{store: memory.New(), clock: clock, charger: charger}
	card := account.AddCard(solapitest.Card{})
	return w, sim, func(key string) recharge.Request {
		return recharge.Request{WalletID: "w", Key: key, Charger: charger.Name(), Amount: won(10_000), PaymentMethod: card}
	}
}

func aboutIt(op *ports.Recharge) ports.Notice {
	return ports.Notice{Provider: op.Charger, OperationID: op.ID}
}

// Two recharges of one amount, both approved: looking at the first changes nothing.
func TestService_Notice_SOLAPI_two_recharges_of_one_amount(t *testing.T) {
	t.Parallel()
	w, _, request := hostOfSOLAPI(t)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	first, err := s.Recharge(t.Context(), request("k1"))
	require.NoError(t, err)
	w.rest(t, s)
	require.Equal(t, ports.RechargeApproved, get(t, s, first.ID).Status)
	w.clock.Advance(time.Hour)
	second, err := s.Recharge(t.Context(), request("k2"))
	require.NoError(t, err)
	w.rest(t, s)
	require.Equal(t, ports.RechargeApproved, get(t, s, second.ID).Status)
	ordertest.RequireBalance(t, wallets, 20_000)
	looked, err := s.InquireNow(t.Context(), aboutIt(first))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, looked.Status, looked.Why)
}

// A recharge is declined, and the customer charges the same amount again an hour later.
func TestService_Notice_SOLAPI_declined_and_charged_again(t *testing.T) {
	t.Parallel()
	w, sim, request := hostOfSOLAPI(t)
	sim.Inject(solapitest.Fault{Method: http.MethodPost, Kind: solapitest.StatusBefore, Status: http.StatusPaymentRequired, Code: "BalanceInsufficient"})
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	first, err := s.Recharge(t.Context(), request("k1"))
	require.NoError(t, err)
	w.rest(t, s)
	first = get(t, s, first.ID)
	require.False(t, first.Open)
	require.NotEqual(t, ports.RechargeApproved, first.Status)
	w.clock.Advance(6 * time.Hour)
	second, err := s.Recharge(t.Context(), request("k2"))
	require.NoError(t, err)
	w.rest(t, s)
	require.Equal(t, ports.RechargeApproved, get(t, s, second.ID).Status)
	looked, err := s.InquireNow(t.Context(), aboutIt(first))
	require.NoError(t, err)
	require.Equal(t, first.Status, looked.Status, looked.Why)
}

func hostOfKona(t *testing.T) (w *world, sim *konatest.Simulator, member *konatest.Member, request func(key string) recharge.Request) {
	t.Helper()
	clock := crashtest.NewClock()
	sim = konatest.New(konatest.Config{Clock: clock, Seed: 1, Keys: konaKeys()})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	member = sim.NewMember(konatest.MemberConfig{Bank: won(1_000_000)})
	charger := konaCharger(t, sim, member, server.URL, clock)
	w = &world{store: memory.New(), clock: clock, charger: charger}
	return w, sim, member, func(key string) recharge.Request {
		return recharge.Request{
			WalletID: "w", Key: key, Charger: charger.Name(), Amount: won(30_000),
			PaymentMethod: kona.Method{UserID: kona.UserID(member.UserID()), PAR: member.PAR()}.String(),
		}
	}
}

// Our own cancellation took the charge back: looking at the recharge changes nothing.
func TestService_Notice_Kona_our_own_cancellation(t *testing.T) {
	t.Parallel()
	w, _, _, request := hostOfKona(t)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	op, err := s.Recharge(t.Context(), request("k1"))
	require.NoError(t, err)
	w.rest(t, s)
	require.Equal(t, ports.RechargeApproved, get(t, s, op.ID).Status)
	w.clock.Advance(time.Hour)
	_, err = s.Cancel(t.Context(), ports.Act{ID: op.ID, By: kim("asked for")})
	require.NoError(t, err)
	w.rest(t, s)
	require.Equal(t, ports.RechargeReversed, get(t, s, op.ID).Status)
	looked, err := s.InquireNow(t.Context(), aboutIt(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReversed, looked.Status, looked.Why)
}

// What others took back, a person reversed: looking again undoes nothing.
func TestService_Notice_Kona_reversed_after_others_took_it_back(t *testing.T) {
	t.Parallel()
	w, sim, _, request := hostOfKona(t)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	op, err := s.Recharge(t.Context(), request("k1"))
	require.NoError(t, err)
	w.rest(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeApproved, op.Status)
	require.True(t, sim.CancelOutside(op.ProviderRef))
	looked, err := s.InquireNow(t.Context(), aboutIt(op))
	require.NoError(t, err)
	t.Log(looked.Status, looked.Why)
	if looked.Status != ports.RechargeDisputed {
		_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("the console shows that it was taken back")})
		require.NoError(t, err)
	}
	_, err = s.Reverse(t.Context(), ports.Act{ID: op.ID, By: kim("taken back")})
	require.NoError(t, err)
	disputes := 0
	for range 5 {
		looked, err = s.InquireNow(t.Context(), aboutIt(op))
		require.NoError(t, err)
		if looked.Status == ports.RechargeDisputed {
			disputes++
			_, err = s.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("it was taken back, as I said")})
			require.NoError(t, err)
		}
	}
	require.Zero(t, disputes, looked.Why)
}

// The process died before it sent anything, and the customer's page has the recharge looked at: no Charger is asked about what was never sent.
func TestService_Notice_never_sent(t *testing.T) {
	t.Parallel()
	w, _, request := hostOfSOLAPI(t)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	for _, life := range crashtest.Lives(5) {
		dying, _ := w.process(t, life.Life(), nil)
		r := request("k " + life.Name)
		if _, err := dying.Recharge(t.Context(), r); err != nil {
			t.Log(life.Name, err)
		}
		w.clock.Advance(10 * time.Minute)
		var op *ports.Recharge
		list, err := s.List(t.Context(), recharge.Listing{Limit: 100})
		require.NoError(t, err)
		for _, o := range list {
			if o.Key == r.Key {
				op = o
			}
		}
		if op == nil || !op.Open || op.Transmissions > 0 {
			continue
		}
		op, err = s.InquireNow(t.Context(), aboutIt(op))
		require.NoError(t, err)
		require.Equal(t, ports.RechargeFailed, op.Status)
		t.Log(life.Name, op.Status, op.DueAt)
		v := op.Version
		w.rest(t, s)
		op = get(t, s, op.ID)
		require.Equal(t, ports.RechargeFailed, op.Status, "%s: version %d, then %d: %s", life.Name, v, op.Version, op.Why)
		require.Equal(t, v, op.Version)
	}
}

// A recharge was approved by mistake for the payment of another order, and reversed; that its own order was declined says nothing of the other.
func TestService_Notice_own_order_declined_says_nothing_of_the_payment_of_another(t *testing.T) {
	t.Parallel()
	clock := crashtest.NewClock()
	store := memory.New()
	answers := []ports.ChargeAnswer{{Answer: ports.Answer{Outcome: ports.OutcomeUnknown}}, approved("tx 9")}
	sent := 0
	says := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown}}
	charger := alone("cards", func() ports.ChargeAnswer { sent++; return answers[sent-1] }, func() ports.ChargeAnswer { return says })
	wallets, err := ledger.New(store, ledger.Config{Clock: clock})
	require.NoError(t, err)
	openWallets(t, wallets, "w", "v")
	s, err := recharge.New(store, wallets, recharge.Config{Clock: clock}, charger)
	require.NoError(t, err)
	a, err := s.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "a", Charger: "cards", PaymentMethod: "card", Amount: won(10_000)})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeUnknown, a.Status)
	_, err = s.Approve(t.Context(), recharge.ApproveRequest{ID: a.ID, By: kim("seen"), ProviderRef: "tx 9"}) // the wrong row
	require.NoError(t, err)
	b, err := s.Recharge(t.Context(), recharge.Request{WalletID: "v", Key: "b", Charger: "cards", PaymentMethod: "card 2", Amount: won(10_000)})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReview, b.Status, b.Why)
	mustReverse(t, s, a.ID)
	_, err = s.Approve(t.Context(), recharge.ApproveRequest{ID: b.ID, By: kim("it is b's"), ProviderRef: "tx 9"})
	require.NoError(t, err)
	says = ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Code: "LIMIT"}} // of a's own order: no payment
	_, err = s.InquireNow(t.Context(), aboutIt(a))
	require.NoError(t, err)
	b = get(t, s, b.ID)
	require.Equal(t, ports.RechargeApproved, b.Status, b.Why)
}

// A question failed while the account awaited its deposit. The deposit is credited by a later answer: that answers the notice.
func TestService_Notice_Toss_an_old_notice_of_an_open_recharge(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "old")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeAwaiting, op.Status)
	s.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 503, Times: 4})
	_, err = service.InquireNow(t.Context(), aboutToss(op)) // the customer's page, during an outage of seconds
	require.NoError(t, err)
	for range 3 {
		s.clock.Advance(15 * time.Minute)
		_, err = service.Follow(t.Context(), 10) // answered: it awaits the deposit
		require.NoError(t, err)
	}
	require.True(t, s.sim.Deposit(s.sim.Books().Payments[0].OrderID))
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status)
	s.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 503, Times: 100000}) // from now on: the key was replaced, say
	for range 26 {
		s.clock.Advance(time.Hour)
		_, err = service.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	after := get(t, service, op.ID)
	require.Equal(t, ports.RechargeApproved, after.Status, after.Why)
	require.Equal(t, op.Version, after.Version)
}

func oneBranch(t *testing.T, charger ports.Charger) (*recharge.Service, *crashtest.Clock) {
	t.Helper()
	clock, store := crashtest.NewClock(), memory.New()
	wallets, err := ledger.New(store, ledger.Config{Clock: clock})
	require.NoError(t, err)
	openWallets(t, wallets, "w", "v")
	s, err := recharge.New(store, wallets, recharge.Config{Clock: clock}, charger)
	require.NoError(t, err)
	return s, clock
}

func cannotTell(why string) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Review: why}}
}

// The provider cannot tell, so a person decides. That it still cannot tell is no news.
func TestService_Notice_what_a_person_decided_because_the_provider_cannot_tell(t *testing.T) {
	t.Parallel()
	for name, decide := range map[string]func(t *testing.T, s *recharge.Service, id string){
		"approve": func(t *testing.T, s *recharge.Service, id string) {
			t.Helper()
			_, err := s.Approve(t.Context(), recharge.ApproveRequest{ID: id, By: kim("seen in the console"), ProviderRef: "row 1"})
			require.NoError(t, err)
		},
		"decline": func(t *testing.T, s *recharge.Service, id string) {
			t.Helper()
			_, err := s.Decline(t.Context(), ports.Act{ID: id, By: kim("not in the console")})
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, clock := oneBranch(t, alone("cards", func() ports.ChargeAnswer { return ports.ChargeAnswer{} }, func() ports.ChargeAnswer {
				return cannotTell("several new rows of the history could be the order")
			}))
			op, err := s.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "a", Charger: "cards", PaymentMethod: "card", Amount: won(10_000)})
			require.NoError(t, err)
			clock.Advance(time.Hour)
			_, err = s.Follow(t.Context(), 10)
			require.NoError(t, err)
			require.Equal(t, ports.RechargeReview, get(t, s, op.ID).Status)
			decide(t, s, op.ID)
			before := get(t, s, op.ID)
			op, err = s.InquireNow(t.Context(), aboutIt(op))
			require.NoError(t, err)
			require.Equal(t, before.Status, op.Status, op.Why)
		})
	}
}

// A person decides while the worker asks about the open order: what was asked before says nothing about the decision.
func TestService_Notice_a_person_decides_while_the_worker_asks(t *testing.T) {
	t.Parallel()
	var s *recharge.Service
	var id string
	s, clock := oneBranch(t, alone("cards", func() ports.ChargeAnswer { return ports.ChargeAnswer{} }, func() ports.ChargeAnswer {
		if _, err := s.Approve(t.Context(), recharge.ApproveRequest{ID: id, By: kim("seen in the console"), ProviderRef: "row 1"}); err != nil {
			t.Log(err)
		}
		return cannotTell("the provider shows no payment of the order, and it cannot be sent again")
	}))
	op, err := s.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "a", Charger: "cards", PaymentMethod: "card", Amount: won(10_000)})
	require.NoError(t, err)
	id = op.ID
	clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeApproved, op.Status, op.Why)
}

// Kona has no code for "no such sequence" that this host knows: it answers a question about a declined charge with it.
func TestService_Notice_Kona_without_Codes(t *testing.T) {
	t.Parallel()
	w, sim, member, request := hostOfKona(t)
	p := sim.Project()
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	client, err := kona.New(
		kona.NewCredentials(p.ASPID, p.AccessKey, p.Secret, kona.CryptoKey{ID: p.KeyID, Server: p.Server, Client: p.Client}),
		kona.Config{BaseURL: server.URL, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, Clock: w.clock},
	)
	require.NoError(t, err)
	w.charger, err = kona.NewCharger(client, "main", kona.ChargerConfig{MerchantID: p.MerchantID, Card: func(context.Context, kona.Method) (kona.Card, error) {
		number, expiry := member.Card()
		return kona.Card{Number: number, Expiry: expiry}, nil
	}})
	require.NoError(t, err)
	member.Next(konatest.Scenario{Code: "007_004"})
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	op, err := s.Recharge(t.Context(), request("k1"))
	require.NoError(t, err)
	w.rest(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeDeclined, op.Status)
	_, err = s.InquireNow(t.Context(), aboutIt(op))
	require.NoError(t, err)
	asked := 0
	for range 30 * 60 {
		w.clock.Advance(time.Minute)
		n, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
		asked += n
	}
	after := get(t, s, op.ID)
	require.Equal(t, op.Status, after.Status, "asked %d times: %s", asked, after.Why)
	require.Zero(t, asked)
}

// While a cancellation is open, notices that say nothing new change the record once.
func TestService_Notice_notices_while_a_cancellation_is_open(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "open")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.CloseAfter})
	cancel, err := service.Cancel(t.Context(), ports.Act{ID: op.ID, By: kim("asked for")})
	require.NoError(t, err)
	require.True(t, cancel.Open)
	s.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 503, Times: 1000})
	before := get(t, service, op.ID)
	for range 10 {
		_, err = service.InquireNow(t.Context(), aboutToss(op))
		require.NoError(t, err)
	}
	after := get(t, service, op.ID)
	require.LessOrEqual(t, after.Version, before.Version+1)
}

// A person decides after ReviewAfter, also while the host asks every few minutes.
func TestService_Notice_host_that_polls_keeps_the_notice_from_the_person(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "polls")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	s.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: http.StatusUnauthorized, Code: "UNAUTHORIZED_KEY", Times: -1}) // our key is refused from now on
	for range 3 * 24 * 20 {
		_, err := service.InquireNow(t.Context(), aboutToss(op))
		require.NoError(t, err)
		s.clock.Advance(3 * time.Minute)
		_, err = service.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	op = get(t, service, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status)
}

// Many notices at once about a recharge that has ended, while the provider is down.
func TestService_Notice_many_notices_at_once_while_the_provider_is_down(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "many")
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			asked.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		s.sim.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status)
	_, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	each := asked.Swap(0)
	const many = 20
	errs := make([]error, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			time.Sleep(time.Duration(i) * 10 * time.Millisecond)
			_, errs[i] = service.InquireNow(t.Context(), aboutToss(op))
		})
	}
	wg.Wait()
	failed := 0
	for _, err := range errs {
		if err != nil {
			failed++
			t.Log(err)
		}
	}
	t.Log("questions", asked.Load(), "each", each, "failed", failed, "version", op.Version, get(t, service, op.ID).Version)
	require.Zero(t, failed)
	require.LessOrEqual(t, asked.Load(), 2*many*each)
}

// A provider that cannot tell takes away no payment that a mistake has freed.
func TestService_Notice_a_payment_that_a_mistake_freed(t *testing.T) {
	t.Parallel()
	s, _ := oneBranch(t, alone("cards", func() ports.ChargeAnswer { return approved("tx 1") }, func() ports.ChargeAnswer {
		return cannotTell("the history contradicts the answer to the order")
	}))
	op, err := s.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "a", Charger: "cards", PaymentMethod: "card", Amount: won(10_000)})
	require.NoError(t, err)
	mustReverse(t, s, op.ID) // credited to the wrong wallet
	_, err = s.InquireNow(t.Context(), aboutIt(op))
	require.NoError(t, err)
	request := byHand("by hand", "tx 1")
	request.Charger, request.WalletID = "cards", "v"
	_, err = s.Credit(t.Context(), request)
	require.NoError(t, err)
}

// A payment was credited by mistake, then by hand to another wallet. Others take a part back: the recharge that has the payment is disputed, not the one that a person has settled.
func TestService_Notice_part_taken_back_of_a_payment_that_another_recharge_has(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "part")
	service, wallets := s.process(crashtest.Immortal())
	openWallets(t, wallets, "v")
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	mustReverse(t, service, op.ID) // credited to the wrong wallet
	key := s.sim.Books().Payments[0].Key
	request := byHand("by hand", key)
	request.Charger, request.WalletID, request.Amount = viaCards, "v", won(30_000)
	right, err := service.Credit(t.Context(), request)
	require.NoError(t, err)
	require.True(t, s.sim.CancelOutside(key, won(10_000)))
	op, err = service.InquireNow(t.Context(), aboutToss(op)) // by the orderId, as the notification names it
	require.NoError(t, err)
	t.Log(get(t, service, right.ID).Status, op.Status, op.Why)
	require.Equal(t, ports.RechargeReversed, op.Status, op.Why)
}
