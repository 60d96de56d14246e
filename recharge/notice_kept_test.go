package recharge_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

func saysOf(outcome ports.Outcome, ref string) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: outcome, ProviderRef: ref}}
}

// onCommit runs a hook before the first commit that writes a recharge while it is set.
type onCommit struct {
	ports.Store
	hook *func()
}

func (s onCommit) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	if do := *s.hook; do != nil && len(units[0].Operations) > 0 && units[0].Operations[0].Head().Kind == ports.KindRecharge {
		*s.hook = nil
		do()
	}
	return s.Store.Commit(ctx, units)
}

// A notice that is remembered while the answer to an earlier question is being written is not lost.
func TestService_Notice_remembered_between_answer_and_write(t *testing.T) {
	t.Parallel()
	says := approved("tx 1")
	store, clock := memory.New(), crashtest.NewClock()
	charger := alone("bank", func() ports.ChargeAnswer { return approved("tx 1") }, func() ports.ChargeAnswer { return says })
	var hook func()
	process := func(store ports.Store) (*recharge.Service, *ledger.Ledger) {
		wallets, err := ledger.New(store, ledger.Config{Clock: clock})
		require.NoError(t, err)
		s, err := recharge.New(store, wallets, recharge.Config{Clock: clock}, charger)
		require.NoError(t, err)
		return s, wallets
	}
	one, _ := process(onCommit{store, &hook})
	two, wallets := process(store)
	openWallets(t, wallets, "w")
	op := mustRecharge(t, two, "k")
	about := ports.Notice{Provider: "bank", OperationID: op.ID}
	says = saysOf(ports.OutcomeDeclined, "tx 1") // taken back
	op, err := two.InquireNow(t.Context(), about)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, op.Status)
	_, err = two.Keep(t.Context(), recharge.KeepRequest{ID: op.ID, By: kim("the bank promised to pay again")})
	require.NoError(t, err)
	says = approved("tx 1") // paid again
	hook = func() {
		// the answer "approved" is about to be written; now it is taken back once more, and the question of that notice fails
		says = ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Failed: true}}
		noticed, err := two.InquireNow(t.Context(), about)
		require.NoError(t, err)
		require.NotZero(t, noticed.NoticedAt)
		says = saysOf(ports.OutcomeDeclined, "tx 1")
	}
	_, err = one.InquireNow(t.Context(), about)
	t.Log(err)
	require.Nil(t, hook)
	(&world{store: store, clock: clock}).rest(t, two)
	op = get(t, two, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status, "the second notice was remembered, and no question followed it: NoticedAt %s, DueAt %s, last answer %s", op.NoticedAt, op.DueAt, op.Answer.Outcome)
}

// tellHolder is blind once the mistaken recharge was disputed.
func TestService_Notice_take_back_of_a_payment_whose_first_recharge_was_disputed(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(t *testing.T, s *recharge.Service, id string){
		"disputed and declined": func(t *testing.T, s *recharge.Service, id string) {
			t.Helper()
			_, err := s.Dispute(t.Context(), ports.Act{ID: id, By: kim("the customer complains")})
			require.NoError(t, err)
			_, err = s.Decline(t.Context(), ports.Act{ID: id, By: kim("it was a mistake all the same")})
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			says := approved("tx 1")
			s, wallets := branches(t, memory.New(), alone("cards", func() ports.ChargeAnswer { return approved("tx 1") }, func() ports.ChargeAnswer { return says }))
			op, err := s.Recharge(t.Context(), at("cards", "w"))
			require.NoError(t, err)
			mustReverse(t, s, op.ID) // credited to the wrong wallet
			right, err := s.Credit(t.Context(), handAt("cards", "v", "tx 1"))
			require.NoError(t, err)
			between(t, s, op.ID)
			says = saysOf(ports.OutcomeDeclined, "tx 1")
			_, err = s.InquireNow(t.Context(), ports.Notice{Provider: "cards", OperationID: op.ID})
			require.NoError(t, err)
			right = get(t, s, right.ID)
			require.Equal(t, ports.RechargeDisputed, right.Status, "the payment was taken back, v has %s, the first recharge is %s", balanceOf(t, wallets, "v"), get(t, s, op.ID).Status)
		})
	}
}

// What a person decided by ReversePart: the same answer again contradicts what is left.
func TestService_Notice_same_answer_after_ReversePart(t *testing.T) {
	t.Parallel()
	says := approved("tx 1")
	s, wallets := branches(t, memory.New(), alone("cards", func() ports.ChargeAnswer { return approved("tx 1") }, func() ports.ChargeAnswer { return says }))
	op, err := s.Recharge(t.Context(), at("cards", "w"))
	require.NoError(t, err)
	about := ports.Notice{Provider: "cards", OperationID: op.ID}
	says = saysOf(ports.OutcomeDeclined, "tx 1")
	op, err = s.InquireNow(t.Context(), about)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, op.Status)
	op, err = s.ReversePart(t.Context(), recharge.ReversePartRequest{ID: op.ID, ByOthers: true, Amount: won(3_000), By: kim("the console shows a part")})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status)
	op, err = s.InquireNow(t.Context(), about)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, op.Status, "the provider says that nothing is left, and the wallet has %s", balanceOf(t, wallets, "w"))
}

// A person decides about a notice that an earlier version wrote last, also where no process has the Charger.
func TestService_Notice_of_an_earlier_version_without_the_Charger(t *testing.T) {
	t.Parallel()
	w, s, op, _ := deaf(t, memory.New())
	next := get(t, s, op.ID)
	next.Version++
	next.NoticedAt, next.Told = time.Time{}, ""
	require.Equal(t, ports.FateCommitted, w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{next}}})[0].Status)
	w.charger = alone("another", nil, nil)
	s, _ = w.process(t, crashtest.Immortal(), nil)
	before := get(t, s, op.ID).Version
	for range 10 * 24 {
		w.clock.Advance(time.Hour)
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status, "ten days, claimed %d times, due at %s", op.Version-before, op.DueAt)
}

// A question that failed disputes nothing.
func TestService_Notice_failed_question_about_a_declined_recharge(t *testing.T) {
	t.Parallel()
	for name, failed := range map[string]ports.ChargeAnswer{
		"in review":          {Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Review: "the provider has not told the end of the order by the end of the next day"}}, // as kona says
		"that contradicts":   {Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Review: "a part was taken back", Contradicts: true}},
		"with a payment":     {Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "tx 2"}},
		"that names another": {Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 3"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failed.Failed = true
			s, _ := branches(t, memory.New(), alone("cards", func() ports.ChargeAnswer { return saysOf(ports.OutcomeDeclined, "") }, func() ports.ChargeAnswer { return failed }))
			op, err := s.Recharge(t.Context(), at("cards", "w"))
			require.NoError(t, err)
			require.Equal(t, ports.RechargeDeclined, op.Status)
			op, err = s.InquireNow(t.Context(), ports.Notice{Provider: "cards", OperationID: op.ID})
			require.NoError(t, err)
			require.Equal(t, ports.RechargeDeclined, op.Status, op.Why)
		})
	}
}

// A notice about an open recharge whose question failed, which a person ends before the worker asks.
func TestService_Notice_before_a_person_ends_it(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "open")
	service, wallets := s.process(crashtest.Immortal())
	handler := s.notices(service)
	op, err := service.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)})
	require.NoError(t, err)
	require.True(t, s.sim.Deposit(s.sim.Books().Payments[0].OrderID))
	s.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 503, Times: 4})
	s.sim.DeliverTo(handler)
	op = get(t, service, op.ID)
	require.True(t, op.Open)
	_, err = service.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("gave up")})
	require.NoError(t, err)
	for range 24 * 60 {
		s.sim.DeliverTo(handler)
		s.clock.Advance(time.Minute)
		_, err := service.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	op = get(t, service, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status, "the provider holds %s, the wallet has %s", s.sim.Books().Payments[0].Balance, balanceOf(t, wallets, "w"))
}

// reads runs a hook at the n-th read of operations.
type reads struct {
	ports.Store
	mu   *sync.Mutex
	n    *int
	hook func()
}

func (r reads) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	r.mu.Lock()
	*r.n--
	now := *r.n == 0
	r.mu.Unlock()
	if now {
		r.hook()
	}
	return r.Store.Operations(ctx, ids)
}

// InquireNow waits while the order is being sent; meanwhile it is approved, and a person cancels it.
func TestService_Notice_cancellation_opens_while_InquireNow_waits(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "waits")
	started, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && !strings.Contains(r.URL.Path, "/cancel") {
			once.Do(func() { close(started); <-release })
		}
		s.sim.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	sender, _ := s.process(crashtest.Immortal())
	done := make(chan error, 1)
	go func() { _, err := sender.Recharge(context.WithoutCancel(t.Context()), byCard()); done <- err }()
	<-started
	op := onlyRecharge(t, sender)
	n := 2 // the second look
	good := s.store
	s.store = reads{good, new(sync.Mutex), &n, func() {
		close(release)
		require.NoError(t, <-done)
		s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.CloseAfter})
		cancel, err := sender.Cancel(t.Context(), ports.Act{ID: op.ID, By: kim("asked for")})
		require.NoError(t, err)
		require.True(t, cancel.Open)
	}}
	noticed, _ := s.process(crashtest.Immortal())
	s.store = good
	_, err := noticed.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	s.rest(sender)
	op = get(t, sender, op.ID)
	require.Equal(t, ports.RechargeReversed, op.Status, op.Why)
}

// A question that failed does not take away a payment that a mistake has freed.
func TestService_Notice_deaf_provider_and_a_payment_that_a_mistake_freed(t *testing.T) {
	t.Parallel()
	w, s, op, _ := deaf(t, memory.New())
	mustReverse(t, s, op.ID) // credited to the wrong wallet
	w.clock.Advance(25 * time.Hour)
	w.rest(t, s)
	if get(t, s, op.ID).Status == ports.RechargeDisputed {
		_, err := s.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("it was a mistake all the same")})
		require.NoError(t, err)
	}
	_, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "v")
	request := byHand("k by hand", "tx 1")
	request.WalletID = "v"
	_, err := s.Credit(t.Context(), request)
	require.NoError(t, err)
}

// A person's word stands while the questions fail.
func TestService_Notice_failed_questions_dispute_again_and_again(t *testing.T) {
	t.Parallel()
	failed := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Failed: true, Review: "the provider has not told the end of the order by the end of the next day"}} // as kona says
	w := &world{store: memory.New(), clock: crashtest.NewClock(), charger: alone("bank", func() ports.ChargeAnswer { return saysOf(ports.OutcomeDeclined, "") }, func() ports.ChargeAnswer { return failed })}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	op := mustRecharge(t, s, "k")
	_, err := s.InquireNow(t.Context(), ports.Notice{Provider: "bank", OperationID: op.ID})
	require.NoError(t, err)
	disputes := 0
	for range 12 * 60 {
		if get(t, s, op.ID).Status == ports.RechargeDisputed {
			disputes++
			_, err := s.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("not in the console")})
			require.NoError(t, err)
		}
		w.clock.Advance(time.Minute)
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	require.LessOrEqual(t, disputes, 1, "one notice, and the provider has said nothing")
}

// The answer is kept, so InquireNow returns no conflict.
func TestService_Notice_conflict_when_the_notice_is_forgotten(t *testing.T) {
	t.Parallel()
	w, s, op, heal := deaf(t, memory.New())
	heal(approved("tx 1"))
	var hook func()
	inner := w.store
	other := s
	w.store = onCommit{inner, &hook}
	s, _ = w.process(t, crashtest.Immortal(), nil)
	w.store = inner
	hook = func() {
		_, err := other.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("unsure")})
		require.NoError(t, err)
	}
	_, err := s.InquireNow(t.Context(), ports.Notice{Provider: "bank", OperationID: op.ID})
	require.NoError(t, err)
}

// The same with the adapter for Kona: the provider is down, two days after a charge was declined.
func TestService_Notice_Kona_is_down(t *testing.T) {
	t.Parallel()
	clock := crashtest.NewClock()
	sim := konatest.New(konatest.Config{Clock: clock, Seed: 1, Keys: konaKeys()})
	server := httptest.NewServer(sim)
	defer server.Close()
	member := sim.NewMember(konatest.MemberConfig{Bank: won(1_000_000)})
	charger := konaCharger(t, sim, member, server.URL, clock)
	member.Next(konatest.Scenario{Code: "007_004"})
	w := &world{store: memory.New(), clock: clock, charger: charger}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	op, err := s.Recharge(t.Context(), recharge.Request{
		WalletID: "w", Key: "k", Charger: charger.Name(), Amount: won(30_000),
		PaymentMethod: kona.Method{UserID: kona.UserID(member.UserID()), PAR: member.PAR()}.String(),
	})
	require.NoError(t, err)
	w.rest(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeDeclined, op.Status)
	clock.Advance(3 * 24 * time.Hour)
	server.Close() // the network is down
	op, err = s.InquireNow(t.Context(), ports.Notice{Provider: charger.Name(), OperationID: op.ID})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDeclined, op.Status, op.Why)
}

var refundStatus = regexp.MustCompile(`"refundStatus":"[A-Z_]*"`)

// Money of a declined recharge was to be given back, and did not reach the customer.
func TestService_Notice_Toss_refund_of_a_declined_recharge_is_lost(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "lost")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)})
	require.NoError(t, err)
	_, err = service.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("gave up")})
	require.NoError(t, err)
	require.True(t, s.sim.Deposit(s.sim.Books().Payments[0].OrderID))
	require.True(t, s.sim.CancelOutside(s.sim.Books().Payments[0].Key, won(30_000)))
	s.rewritten(func(body string) string { return refundStatus.ReplaceAllString(body, `"refundStatus":"FAILED"`) })
	service, _ = s.process(crashtest.Immortal())
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	told := op.Status == ports.RechargeDisputed || len(alarms.FindAllString(s.log.String(), -1)) > 0
	require.True(t, told, "%s: the refund failed, neither the wallet nor the customer has the money, and no person is told", op.Status)
}

// cancelable is a bank whose questions about charges a test answers.
type cancelable struct {
	*bank
	says func() ports.ChargeAnswer
}

func (c cancelable) Inquire(context.Context, ports.ChargeOrder) ports.ChargeAnswer { return c.says() }

// What our own cancellation takes back does not dispute the recharge that has the payment.
func TestService_Notice_our_cancellation_of_a_payment_that_another_recharge_had(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	says := saysOf(ports.OutcomeUnknown, "")
	w.charger = cancelable{b, func() ports.ChargeAnswer { return says }}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "v")
	first := mustRecharge(t, s, "k")
	mustReverse(t, s, first.ID) // it was the other order's
	b.does = dropsBefore
	request := topUp("k 2")
	request.WalletID = "v"
	second, err := s.Recharge(t.Context(), request)
	require.NoError(t, err)
	_, err = s.Approve(t.Context(), recharge.ApproveRequest{ID: second.ID, By: kim("the payment is of this one"), ProviderRef: first.ProviderRef})
	require.NoError(t, err)
	b.does = dropsAfter
	cancel, err := s.Cancel(t.Context(), ports.Act{ID: second.ID, By: kim("asked for")})
	require.NoError(t, err)
	require.True(t, cancel.Open)
	says = saysOf(ports.OutcomeDeclined, first.ProviderRef)
	_, err = s.InquireNow(t.Context(), ports.Notice{Provider: "bank", OperationID: first.ID})
	require.NoError(t, err)
	w.rest(t, s)
	second = get(t, s, second.ID)
	require.Equal(t, ports.RechargeReversed, second.Status, second.Why)
}

// Reverse, too, is a decision.
func TestService_Notice_same_answer_after_Reverse(t *testing.T) {
	t.Parallel()
	says := approved("tx 2")
	s, _ := branches(t, memory.New(), alone("cards", func() ports.ChargeAnswer { return approved("tx 1") }, func() ports.ChargeAnswer { return says }))
	op, err := s.Recharge(t.Context(), at("cards", "w"))
	require.NoError(t, err)
	about := ports.Notice{Provider: "cards", OperationID: op.ID}
	op, err = s.InquireNow(t.Context(), about)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, op.Status)
	mustReverse(t, s, op.ID)
	op, err = s.InquireNow(t.Context(), about)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, op.Status, "the provider still says that it has tx 2, the wallet has nothing")
}

// A notice while the recharge is in review: the worker does not ask about it.
func TestService_Notice_about_a_recharge_in_review(t *testing.T) {
	t.Parallel()
	failed := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Failed: true}}
	says := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Review: "nothing is found"}}
	w := &world{store: memory.New(), clock: crashtest.NewClock(), charger: alone("bank", func() ports.ChargeAnswer { return ports.ChargeAnswer{} }, func() ports.ChargeAnswer { return says })}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	op := mustRecharge(t, s, "k")
	w.rest(t, s)
	require.Equal(t, ports.RechargeReview, get(t, s, op.ID).Status)
	says = failed
	op, err := s.InquireNow(t.Context(), ports.Notice{Provider: "bank", OperationID: op.ID})
	require.NoError(t, err)
	t.Log(op.Status, op.DueAt, op.NoticedAt)
	_, err = s.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("nothing was found this morning")})
	require.NoError(t, err)
	says = approved("tx 1")
	for range 24 * 60 {
		w.clock.Advance(time.Minute)
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status, "a notice came, its question failed, and no process asked again: the provider has the money")
}

// The provider's refusal of the first order names no payment.
func TestService_Notice_take_back_that_names_no_payment(t *testing.T) {
	t.Parallel()
	says := approved("tx 1")
	s, wallets := branches(t, memory.New(), alone("cards", func() ports.ChargeAnswer { return approved("tx 1") }, func() ports.ChargeAnswer { return says }))
	op, err := s.Recharge(t.Context(), at("cards", "w"))
	require.NoError(t, err)
	mustReverse(t, s, op.ID) // credited to the wrong wallet
	right, err := s.Credit(t.Context(), handAt("cards", "v", "tx 1"))
	require.NoError(t, err)
	says = saysOf(ports.OutcomeDeclined, "")
	_, err = s.InquireNow(t.Context(), ports.Notice{Provider: "cards", OperationID: op.ID})
	require.NoError(t, err)
	right = get(t, s, right.ID)
	require.Equal(t, ports.RechargeDisputed, right.Status, "the payment was taken back, v has %s", balanceOf(t, wallets, "v"))
}

// A payment that an earlier commit named for a recharge, through a Charger with an @ in its name.
func TestService_Notice_named_claim_of_an_earlier_commit(t *testing.T) {
	t.Parallel()
	cards := alone("cards@shop", func() ports.ChargeAnswer { return approved("tx 2") }, func() ports.ChargeAnswer { return approved("tx 1") })
	old := memory.New()
	s, _ := branches(t, old, cards)
	first, err := s.Recharge(t.Context(), at("cards@shop", "w"))
	require.NoError(t, err)
	first, err = s.InquireNow(t.Context(), ports.Notice{Provider: "cards@shop", OperationID: first.ID})
	require.NoError(t, err)
	require.Equal(t, []string{"tx 1"}, first.Others)
	found, err := old.Operations(t.Context(), []string{ports.NamedID(ports.KindRecharge, "cards@shop", "tx 1")})
	require.NoError(t, err)
	require.Len(t, found, 1)
	claim := found[0].Clone().(*ports.Claim)
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s%d:%s", len("cards@shop"), "cards@shop", len("tx 1"), "tx 1")) // as at 626120e
	claim.ID, claim.Version = "named-"+string(ports.KindRecharge)+"-"+hex.EncodeToString(sum[:16]), 1
	first.Version = 1
	store := memory.New()
	require.Equal(t, ports.FateCommitted, store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{first, claim}}})[0].Status)
	s, wallets := branches(t, store, alone("cards@shop", func() ports.ChargeAnswer { return approved("tx 1") }, nil))
	second, err := s.Recharge(t.Context(), at("cards@shop", "v"))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReview, second.Status, "tx 1 was named for %s, which is %s, and v has %s", first.ID, first.Status, balanceOf(t, wallets, "v"))
}

// Kona's charge is cancelled in its console: a person who looks is told.
func TestService_Notice_Kona_charge_is_cancelled_by_others(t *testing.T) {
	t.Parallel()
	clock := crashtest.NewClock()
	sim := konatest.New(konatest.Config{Clock: clock, Seed: 1, Keys: konaKeys()})
	server := httptest.NewServer(sim)
	defer server.Close()
	member := sim.NewMember(konatest.MemberConfig{Bank: won(1_000_000)})
	charger := konaCharger(t, sim, member, server.URL, clock)
	w := &world{store: memory.New(), clock: clock, charger: charger}
	s, wallets, log := w.hostile(t, charger)
	openWallets(t, wallets, "w")
	op, err := s.Recharge(t.Context(), recharge.Request{
		WalletID: "w", Key: "k", Charger: charger.Name(), Amount: won(30_000),
		PaymentMethod: kona.Method{UserID: kona.UserID(member.UserID()), PAR: member.PAR()}.String(),
	})
	require.NoError(t, err)
	w.rest(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeApproved, op.Status)
	clock.Advance(time.Hour)
	require.True(t, sim.CancelOutside(op.ProviderRef))
	op, err = s.InquireNow(t.Context(), ports.Notice{Provider: charger.Name(), OperationID: op.ID})
	require.NoError(t, err)
	told := op.Status == ports.RechargeDisputed || len(alarms.FindAllString(log.String(), -1)) > 0
	require.True(t, told, "%s: the provider gave the money back, the wallet has %s, and no person is told: %s", op.Status, balanceOf(t, wallets, "w"), log.String())
}

// stuck is a bank that never tells what became of a cancellation.
type stuck struct{ cancelable }

func (stuck) InquireCancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{}
}

// The cancellation is open for two days, until a person declines it. The next question about the charge fails,
// and the one after it is answered.
func TestService_Notice_one_failed_question_after_a_long_cancellation(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	asked, fails := 0, 1
	w.charger = stuck{cancelable{b, func() ports.ChargeAnswer {
		if asked++; asked <= fails {
			return ports.ChargeAnswer{Answer: ports.Answer{Failed: true}} // 429
		}
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
	}}}
	s, _ := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	b.does = dropsBefore
	cancel, err := s.Cancel(t.Context(), ports.Act{ID: op.ID, By: kim("asked for")})
	require.NoError(t, err)
	require.True(t, cancel.Open)
	_, err = s.InquireNow(t.Context(), ports.Notice{Provider: "bank", OperationID: op.ID})
	require.NoError(t, err)
	before := get(t, s, op.ID).Version
	for range 48 * 60 {
		w.clock.Advance(time.Minute)
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	t.Logf("%d versions of the recharge in two days, %d questions", get(t, s, op.ID).Version-before, asked)
	require.Zero(t, asked)
	_, err = s.DeclineCancel(t.Context(), ports.Act{ID: cancel.ID, By: kim("it was not executed")})
	require.NoError(t, err)
	w.rest(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeApproved, op.Status, "%d questions: %s", asked, op.Why)
}
