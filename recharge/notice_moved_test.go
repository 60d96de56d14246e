package recharge_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// movedPayment is a payment of 30,000 that was credited to w by mistake, reversed, and credited to v then: by an
// order of v that never arrived, and that a person approved.
func movedPayment(t *testing.T, s *tossShop, service *recharge.Service, ordered int64) (first, right *ports.Recharge, key string) {
	t.Helper()
	first, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, first.Status)
	mustReverse(t, service, first.ID)
	key = s.sim.Books().Payments[0].Key
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseBefore})
	request := byCard()
	request.WalletID, request.Key, request.Amount = "v", "k 2", won(ordered)
	right, err = service.Recharge(t.Context(), request)
	require.NoError(t, err)
	require.True(t, right.Open)
	right, err = service.Approve(t.Context(), recharge.ApproveRequest{
		ID: right.ID, By: kim("the customer of v paid 30,000, under the order of w"), Amount: decimal.NewNullDecimal(won(30_000)), ProviderRef: key,
	})
	require.NoError(t, err)
	require.True(t, right.Credited.Equal(won(30_000)))
	return first, right, key
}

// Nothing was given back of this payment of 30,000, and all of it is credited, to an order over 50,000.
func TestService_Notice_holder_that_was_ordered_over_more_hides_a_take_back(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "moved more")
	service, wallets := s.process(crashtest.Immortal())
	openWallets(t, wallets, "v")
	first, right, key := movedPayment(t, s, service, 50_000)
	require.True(t, s.sim.CancelOutside(key, won(20_000))) // in the console
	for range 3 {
		_, err := service.InquireNow(t.Context(), aboutToss(first))
		require.NoError(t, err)
	}
	right = get(t, service, right.ID)
	require.Equal(t, ports.RechargeDisputed, right.Status, "the provider holds %s, v has %s", s.sim.Books().Payments[0].Balance, balanceOf(t, wallets, "v"))
}

// The provider holds 20,000 of 30,000, and a person credited these 20,000: nothing contradicts that.
func TestService_Notice_holder_that_was_credited_for_the_rest_is_disputed_for_ever(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "moved less")
	service, wallets := s.process(crashtest.Immortal())
	openWallets(t, wallets, "v")
	first, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	mustReverse(t, service, first.ID)
	key := s.sim.Books().Payments[0].Key
	require.True(t, s.sim.CancelOutside(key, won(10_000)))
	request := byHand("by hand", key)
	request.Charger, request.WalletID, request.Amount = viaCards, "v", won(20_000) // the rest
	right, err := service.Credit(t.Context(), request)
	require.NoError(t, err)
	disputes := 0
	for range 3 {
		_, err = service.InquireNow(t.Context(), aboutToss(first))
		require.NoError(t, err)
		if get(t, service, right.ID).Status == ports.RechargeDisputed {
			disputes++
			_, err = service.Keep(t.Context(), recharge.KeepRequest{ID: right.ID, By: kim("20,000 is there, and 20,000 is credited")})
			require.NoError(t, err)
		}
	}
	require.Zero(t, disputes, "the provider holds %s, v has %s", s.sim.Books().Payments[0].Balance, balanceOf(t, wallets, "v"))
}

// A notice about an order whose payment another recharge has, while a cancellation of that one is open, is
// followed when the cancellation has ended.
func TestService_Notice_take_back_while_a_cancellation_of_the_holder_is_open(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	says := saysOf(ports.OutcomeUnknown, "")
	w.charger = stuck{cancelable{b, func() ports.ChargeAnswer { return says }}}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "v")
	first := mustRecharge(t, s, "k")
	mustReverse(t, s, first.ID)
	b.does = dropsBefore
	request := topUp("k 2")
	request.WalletID = "v"
	second, err := s.Recharge(t.Context(), request)
	require.NoError(t, err)
	_, err = s.Approve(t.Context(), recharge.ApproveRequest{ID: second.ID, By: kim("the payment is of this one"), ProviderRef: first.ProviderRef})
	require.NoError(t, err)
	cancel, err := s.Cancel(t.Context(), ports.Act{ID: second.ID, By: kim("asked for")})
	require.NoError(t, err)
	require.True(t, cancel.Open)
	says = saysOf(ports.OutcomeDeclined, first.ProviderRef) // others took it back
	_, err = s.InquireNow(t.Context(), aboutIt(first))      // the one notification
	require.NoError(t, err)
	workDays(t, w.clock, s, 2) // longer than ReviewAfter
	require.Equal(t, ports.RechargeApproved, get(t, s, second.ID).Status, "what the provider says could be the cancellation's effect")
	_, err = s.DeclineCancel(t.Context(), ports.Act{ID: cancel.ID, By: kim("the provider refused it")})
	require.NoError(t, err)
	workDays(t, w.clock, s, 1)
	second = get(t, s, second.ID)
	require.Equal(t, ports.RechargeDisputed, second.Status, "v has %s, and the provider nothing", balanceOf(t, wallets, "v"))
}

// sharedBank is a bank that takes back parts, and whose questions about charges a test answers.
type sharedBank struct {
	*bank
	says func(order ports.ChargeOrder) ports.ChargeAnswer
}

func (sharedBank) CheckPart(ports.CancelOrder) error { return nil }
func (h sharedBank) Inquire(_ context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	return h.says(order)
}

// Our own cancellation of a part is executed while the provider is asked: the answer is about the record of
// before, and disputes nothing.
func TestService_Notice_our_cancellation_of_the_holder_while_the_provider_is_asked(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	var hook func()
	w.charger = sharedBank{b, func(order ports.ChargeOrder) ports.ChargeAnswer {
		if do := hook; do != nil {
			hook = nil
			do()
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.canceled.GreaterThan(order.GivenBack) { // as adapters/toss does
			return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Contradicts: true, Review: "a part was taken back", ProviderRef: order.Last.ProviderRef}}
		}
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: order.Last.ProviderRef}}
	}}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	other, _ := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "v")
	first := mustRecharge(t, s, "k")
	mustReverse(t, s, first.ID)
	b.does = dropsBefore
	request := topUp("k 2")
	request.WalletID = "v"
	second, err := s.Recharge(t.Context(), request)
	require.NoError(t, err)
	_, err = s.Approve(t.Context(), recharge.ApproveRequest{ID: second.ID, By: kim("the payment is of this one"), ProviderRef: first.ProviderRef})
	require.NoError(t, err)
	b.does = approves
	hook = func() {
		cancel, err := other.CancelPart(t.Context(), recharge.CancelPartRequest{ID: second.ID, Key: "part", Amount: won(4_000), By: kim("asked for")})
		require.NoError(t, err)
		require.Equal(t, ports.CancellationApproved, cancel.Status)
	}
	_, err = s.InquireNow(t.Context(), aboutIt(first))
	require.NoError(t, err)
	w.rest(t, s)
	second = get(t, s, second.ID)
	require.Equal(t, ports.RechargeApproved, second.Status, second.Why)
}

// A notice that names the payment only is about the order for which the provider named it, not about the
// newest that a person approved for it.
func TestService_Notice_notice_by_the_payment_that_another_order_was_approved_for(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "moved digest")
	_, wallets := s.process(crashtest.Immortal())
	openWallets(t, wallets, "v")
	service, _ := s.processWith(t, new(oddIDs))
	handler := s.notices(service)
	_, right, key := movedPayment(t, s, service, 30_000)
	require.True(t, s.sim.CancelOutside(key, won(30_000)))
	for range 24 * 60 {
		s.sim.DeliverTo(handler)
		s.clock.Advance(time.Minute)
		_, err := service.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	right = get(t, service, right.ID)
	require.True(t, right.Status == ports.RechargeDisputed || len(alarms.FindAllString(s.log.String(), -1)) > 0,
		"the provider holds %s, v has %s", s.sim.Books().Payments[0].Balance, balanceOf(t, wallets, "v"))
}

// A refusal names no payment. It is about the payment that the provider named for the order, however often it
// comes: see Keep.
func TestService_Notice_take_back_that_names_no_payment_is_heard_before_the_holder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"told, and kept", "credited after it was heard"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			says := approved("tx 1")
			s, wallets := branches(t, memory.New(), alone("cards", ordertest.Always(approved("tx 1")), func() ports.ChargeAnswer { return says }))
			op, err := s.Recharge(t.Context(), at("cards", "w"))
			require.NoError(t, err)
			mustReverse(t, s, op.ID)
			var right *ports.Recharge
			credit := func() {
				right, err = s.Credit(t.Context(), handAt("cards", "v", "tx 1"))
				require.NoError(t, err)
			}
			if name == "told, and kept" {
				credit()
			}
			says = saysOf(ports.OutcomeDeclined, "")
			_, err = s.InquireNow(t.Context(), aboutIt(op))
			require.NoError(t, err)
			if name == "told, and kept" {
				require.Equal(t, ports.RechargeDisputed, get(t, s, right.ID).Status)
				_, err = s.Keep(t.Context(), recharge.KeepRequest{ID: right.ID, By: kim("by mistake")})
				require.NoError(t, err)
			} else {
				credit() // by a person who does not know
			}
			for range 3 {
				_, err = s.InquireNow(t.Context(), aboutIt(op))
				require.NoError(t, err)
			}
			right = get(t, s, right.ID)
			require.Equal(t, ports.RechargeDisputed, right.Status, "the payment is gone, v has %s", balanceOf(t, wallets, "v"))
		})
	}
}

// The cancellation ends after InquireNow looked at it, and before the notice is kept: the provider is asked at
// once, and not after ReviewAfter.
func TestService_Notice_cancellation_ends_while_the_notice_is_kept(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	says := saysOf(ports.OutcomeUnknown, "")
	w.charger = stuck{cancelable{b, func() ports.ChargeAnswer { return says }}}
	two, _ := w.process(t, crashtest.Immortal(), nil)
	var hook func()
	w.store = onCommit{w.store, &hook}
	one, wallets := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, two, "k")
	b.does = dropsBefore
	cancel, err := two.Cancel(t.Context(), ports.Act{ID: op.ID, By: kim("asked for")})
	require.NoError(t, err)
	require.True(t, cancel.Open)
	says = saysOf(ports.OutcomeDeclined, op.ProviderRef) // others took it back, and the provider notifies
	hook = func() {
		_, err := two.DeclineCancel(t.Context(), ports.Act{ID: cancel.ID, By: kim("the provider refused it")})
		require.NoError(t, err)
	}
	_, err = one.InquireNow(t.Context(), aboutIt(op))
	require.NoError(t, err)
	require.Nil(t, hook)
	for range 12 * 12 { // half a day
		w.clock.Advance(5 * time.Minute)
		_, err = two.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	op = get(t, two, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status, "half a day later the wallet has %s, the provider nothing, and it is asked at %s (it is %s)", balanceOf(t, wallets, "w"), op.DueAt, w.clock.Now())
}

// A process of an earlier version drops the id of a notice when it writes the record. The next notice is
// another one all the same.
func TestService_Notice_id_of_a_notice_that_an_earlier_version_dropped(t *testing.T) {
	t.Parallel()
	store, clock := memory.New(), crashtest.NewClock()
	inquire := failedQuestion
	w := &world{store: store, clock: clock, charger: alone("bank", func() ports.ChargeAnswer { return ports.ChargeAnswer{} }, func() ports.ChargeAnswer { return inquire() })}
	one, wallets := w.process(t, crashtest.Immortal(), nil)
	two, _ := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	op := mustRecharge(t, one, "k")
	op, err := one.InquireNow(t.Context(), aboutIt(op)) // the first notice: the provider is down
	require.NoError(t, err)
	require.NotEmpty(t, op.NoticeID)
	step := 0
	inquire = func() ports.ChargeAnswer {
		if step++; step > 1 {
			return failedQuestion()
		}
		clock.Advance(time.Second)
		_, err := two.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("nothing was found")})
		require.NoError(t, err)
		next := get(t, two, op.ID)
		next.Version++
		next.NoticeID = "" // as a process of the version before writes a decision
		require.Equal(t, ports.FateCommitted, store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{next}}})[0].Status)
		noticed, err := two.InquireNow(t.Context(), aboutIt(op)) // it was paid now; the question fails, and the host answers 200
		require.NoError(t, err)
		require.NotZero(t, noticed.NoticedAt)
		return ports.ChargeAnswer{}
	}
	_, err = one.InquireNow(t.Context(), aboutIt(op))
	require.NoError(t, err)
	require.Equal(t, 2, step)
	inquire = func() ports.ChargeAnswer { return approved("tx 1") }
	workDays(t, clock, one, 3)
	op = get(t, one, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status, "the provider has the money, the wallet has %s; NoticedAt %s", balanceOf(t, wallets, "w"), op.NoticedAt)
}

// A person settles by ReversePart what a first notification told, while the provider answers a second one: the
// answer does not undo what the person decided.
func TestService_Notice_person_settles_the_holder_while_the_provider_is_asked(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "moved settles")
	service, wallets := s.process(crashtest.Immortal())
	other := service
	openWallets(t, wallets, "v")
	first, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	mustReverse(t, service, first.ID)
	key := s.sim.Books().Payments[0].Key
	request := byHand("by hand", key)
	request.Charger, request.WalletID, request.Amount = viaCards, "v", won(30_000)
	right, err := service.Credit(t.Context(), request)
	require.NoError(t, err)
	require.True(t, s.sim.CancelOutside(key, won(10_000)))
	_, err = service.InquireNow(t.Context(), aboutToss(first))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, get(t, service, right.ID).Status)
	s.hooked(func() {
		_, err := other.ReversePart(t.Context(), recharge.ReversePartRequest{ID: right.ID, ByOthers: true, Amount: won(10_000), By: kim("the console shows a part")})
		require.NoError(t, err)
	})
	service, _ = s.process(crashtest.Immortal())
	_, err = service.InquireNow(t.Context(), aboutToss(first)) // the notification again
	require.NoError(t, err)
	right = get(t, service, right.ID)
	require.Equal(t, ports.RechargeApproved, right.Status, "the provider holds %s, v has %s: %s", s.sim.Books().Payments[0].Balance, balanceOf(t, wallets, "v"), right.Why)
}

// The recharge was in review when the provider was asked. It had ended, and was given back in part by us, when
// the answer came.
func TestService_Notice_our_cancellation_of_what_was_open_when_the_provider_was_asked(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "moved open")
	service, wallets := s.process(crashtest.Immortal())
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseAfter})
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	require.True(t, op.Open)
	other := service
	s.hooked(func() {
		_, err := other.Approve(t.Context(), recharge.ApproveRequest{ID: op.ID, By: kim("it is in the console"), ProviderRef: s.sim.Books().Payments[0].Key})
		require.NoError(t, err)
		cancel, err := other.CancelPart(t.Context(), recharge.CancelPartRequest{ID: op.ID, Key: "part", Amount: won(10_000), By: kim("the customer asked for it")})
		require.NoError(t, err)
		require.Equal(t, ports.CancellationApproved, cancel.Status)
	})
	service, _ = s.process(crashtest.Immortal())
	_, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	op = get(t, other, op.ID)
	require.Equal(t, ports.RechargeApproved, op.Status, "the provider holds %s, w has %s: %s", s.sim.Books().Payments[0].Balance, balanceOf(t, wallets, "w"), op.Why)
}

// A person declines a pending order and credits its payment by hand to another wallet. When the payment is
// taken back, the recharge that has it is told.
func TestService_Notice_payment_of_an_order_that_a_person_declined(t *testing.T) {
	t.Parallel()
	says := pending("tx 1")
	s, wallets := branches(t, memory.New(), alone("cards", ordertest.Always(pending("tx 1")), func() ports.ChargeAnswer { return says }))
	op, err := s.Recharge(t.Context(), at("cards", "w"))
	require.NoError(t, err)
	require.Equal(t, ports.RechargePending, op.Status)
	_, err = s.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("it was ordered for the wrong wallet: credited to v by hand")})
	require.NoError(t, err)
	right, err := s.Credit(t.Context(), handAt("cards", "v", "tx 1"))
	require.NoError(t, err)
	says = saysOf(ports.OutcomeDeclined, "tx 1")
	for range 3 {
		_, err = s.InquireNow(t.Context(), aboutIt(op))
		require.NoError(t, err)
	}
	right = get(t, s, right.ID)
	require.Equal(t, ports.RechargeDisputed, right.Status, "the payment is gone, v has %s", balanceOf(t, wallets, "v"))
}

// The provider was heard at the twentieth hour, and a notice came while it answered. Five hours later nothing
// has waited for ReviewAfter.
func TestService_Notice_time_of_a_notice_that_came_while_the_one_before_was_answered(t *testing.T) {
	t.Parallel()
	store, clock := memory.New(), crashtest.NewClock()
	inquire := failedQuestion
	w := &world{store: store, clock: clock, charger: alone("bank", ordertest.Always(approved("tx 1")), func() ports.ChargeAnswer { return inquire() })}
	one, wallets := w.process(t, crashtest.Immortal(), nil)
	two, _ := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	op := mustRecharge(t, one, "k")
	_, err := one.InquireNow(t.Context(), aboutIt(op))
	require.NoError(t, err)
	hours := func(n int) {
		for range n * 12 {
			clock.Advance(5 * time.Minute)
			_, err := one.Follow(t.Context(), 10)
			require.NoError(t, err)
		}
	}
	hours(20)
	var heard time.Time
	inquire = func() ports.ChargeAnswer {
		inquire = failedQuestion
		_, err := two.InquireNow(t.Context(), aboutIt(op))
		require.NoError(t, err)
		heard = clock.Now()
		return approved("tx 1")
	}
	hours(5)
	op = get(t, one, op.ID)
	require.NotZero(t, heard)
	require.Equal(t, ports.RechargeApproved, op.Status, "the provider was heard %s ago: %s", clock.Now().Sub(heard), op.Why)
}

// A pause that is as long as a lease, three times Config.Timeout, is no lease: InquireNow asks at once.
func TestService_Notice_pause_that_looks_like_a_lease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		store, clock := memory.New(), crashtest.NewClock()
		wallets, err := ledger.New(store, ledger.Config{Clock: clock})
		require.NoError(t, err)
		openWallets(t, wallets, "w")
		unsure := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, InquireAfter: time.Minute}}
		s, err := recharge.New(store, wallets, recharge.Config{Clock: clock, Timeout: 20 * time.Second}, alone("bank", ordertest.Always(unsure), counted(&asked, func() ports.ChargeAnswer { return approved("tx 1") })))
		require.NoError(t, err)
		op := mustRecharge(t, s, "k")
		require.Equal(t, ports.RechargeUnknown, op.Status)
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		op, err = s.InquireNow(ctx, aboutIt(op))
		require.NoError(t, err, "asked %d times", asked)
		require.Equal(t, ports.RechargeApproved, op.Status)
	})
}

// The same where the recharge was reversed as a mistake.
func TestService_Notice_notice_about_a_mistake_that_came_while_the_one_before_was_answered(t *testing.T) {
	t.Parallel()
	store, clock := memory.New(), crashtest.NewClock()
	inquire := failedQuestion
	w := &world{store: store, clock: clock, charger: alone("bank", ordertest.Always(approved("tx 1")), func() ports.ChargeAnswer { return inquire() })}
	one, wallets := w.process(t, crashtest.Immortal(), nil)
	two, _ := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w", "v")
	op := mustRecharge(t, one, "k")
	mustReverse(t, one, op.ID)
	right, err := one.Credit(t.Context(), handAt("bank", "v", "tx 1"))
	require.NoError(t, err)
	_, err = one.InquireNow(t.Context(), aboutIt(op))
	require.NoError(t, err)
	hours := func(n int) {
		for range n * 12 {
			clock.Advance(5 * time.Minute)
			_, err := one.Follow(t.Context(), 10)
			require.NoError(t, err)
		}
	}
	hours(20)
	inquire = func() ports.ChargeAnswer {
		inquire = failedQuestion
		_, err := two.InquireNow(t.Context(), aboutIt(op)) // taken back now; the question fails
		require.NoError(t, err)
		return approved("tx 1") // as it was when the worker's question arrived
	}
	hours(5)
	inquire = func() ports.ChargeAnswer { return saysOf(ports.OutcomeDeclined, "tx 1") }
	hours(48)
	right = get(t, one, right.ID)
	require.Equal(t, ports.RechargeDisputed, right.Status, "the payment is gone, v has %s", balanceOf(t, wallets, "v"))
}

// A notice comes while a cancellation is open and the worker's question is under way. The cancellation was
// refused when the worker's answer comes: the answer does not end the notice.
func TestService_Notice_notice_while_a_cancellation_is_open_and_the_worker_asks(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	inquire := func() ports.ChargeAnswer { return ports.ChargeAnswer{} }
	w.charger = stuck{cancelable{b, func() ports.ChargeAnswer { return inquire() }}}
	one, wallets := w.process(t, crashtest.Immortal(), nil)
	two, _ := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, one, "k")
	back := saysOf(ports.OutcomeDeclined, op.ProviderRef)
	inquire = func() ports.ChargeAnswer { return back }
	op, err := one.InquireNow(t.Context(), aboutIt(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, op.Status)
	_, err = one.Keep(t.Context(), recharge.KeepRequest{ID: op.ID, By: kim("the bank promised to pay again")})
	require.NoError(t, err)
	inquire = failedQuestion
	_, err = one.InquireNow(t.Context(), aboutIt(op)) // the first notice: paid again, and the question fails
	require.NoError(t, err)
	w.clock.Advance(10 * time.Minute)
	b.does = dropsBefore
	asked := false
	inquire = func() ports.ChargeAnswer { // the worker's question
		asked = true
		answer := approved(op.ProviderRef) // as the bank had it when the question arrived
		cancel, err := two.Cancel(t.Context(), ports.Act{ID: op.ID, By: kim("asked for")})
		require.NoError(t, err)
		require.True(t, cancel.Open)
		inquire = func() ports.ChargeAnswer { return back } // taken back once more, with a notice
		_, err = two.InquireNow(t.Context(), aboutIt(op))
		require.NoError(t, err)
		_, err = two.DeclineCancel(t.Context(), ports.Act{ID: cancel.ID, By: kim("the bank refused it")})
		require.NoError(t, err)
		return answer
	}
	_, err = one.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.True(t, asked)
	workDays(t, w.clock, one, 3)
	op = get(t, one, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status, "the bank has nothing, w has %s; NoticedAt %s", balanceOf(t, wallets, "w"), op.NoticedAt)
}

// A failed question that repeats "pending" is no word that the customer has not paid: the recharge is asked about
// with the normal pauses, and not at its deadline.
func TestService_Notice_notice_of_a_deposit_whose_question_fails_as_pending(t *testing.T) {
	t.Parallel()
	store, clock := memory.New(), crashtest.NewClock()
	failed := pending("tx 1")
	failed.Failed = true
	says := failed
	sends := func() ports.ChargeAnswer {
		answer := pending("tx 1")
		answer.Await = &ports.Await{Until: clock.Now().Add(7 * 24 * time.Hour), Shown: map[string]string{"number": "1"}}
		return answer
	}
	w := &world{store: store, clock: clock, charger: alone("bank", sends, func() ports.ChargeAnswer { return says })}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	op := mustRecharge(t, s, "k")
	require.Equal(t, ports.RechargeAwaiting, op.Status)
	op, err := s.InquireNow(t.Context(), aboutIt(op)) // the customer has paid: 429
	require.NoError(t, err)
	require.NotZero(t, op.NoticedAt)
	says = approved("tx 1")
	workDays(t, clock, s, 1)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeApproved, op.Status, "a day after the deposit w has %s, and the bank is asked at %s (it is %s)", balanceOf(t, wallets, "w"), op.DueAt, clock.Now())
}

// A notice about a mistake whose provider is never heard disputes the recharge that has the payment: its
// money is at stake.
func TestService_Notice_deaf_provider_and_a_payment_that_another_recharge_has(t *testing.T) {
	t.Parallel()
	w := &world{store: memory.New(), clock: crashtest.NewClock(), charger: alone("bank", ordertest.Always(approved("tx 1")), failedQuestion)}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w", "v")
	op := mustRecharge(t, s, "k")
	mustReverse(t, s, op.ID)
	right, err := s.Credit(t.Context(), handAt("bank", "v", "tx 1"))
	require.NoError(t, err)
	_, err = s.InquireNow(t.Context(), aboutIt(op))
	require.NoError(t, err)
	workDays(t, w.clock, s, 2)
	right, op = get(t, s, right.ID), get(t, s, op.ID)
	require.Equal(t, ports.RechargeDisputed, right.Status)
	require.Contains(t, right.Why, "its payment was recharge "+op.ID+"'s before: a notice about it came, and within 24h0m0s")
	require.Equal(t, ports.RechargeReversed, op.Status)
	require.Zero(t, op.NoticedAt)
}

// A person declined a pending order and credited its payment elsewhere. That the provider approves it is
// known; that it charged another amount is not.
func TestService_Notice_approval_of_a_payment_that_was_credited_elsewhere(t *testing.T) {
	t.Parallel()
	for amount, status := range map[int64]ports.RechargeStatus{5_000: ports.RechargeDeclined, 7_000: ports.RechargeDisputed} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			says := pending("tx 1")
			s, _ := branches(t, memory.New(), alone("cards", ordertest.Always(says), func() ports.ChargeAnswer { return says }))
			op, err := s.Recharge(t.Context(), at("cards", "w"))
			require.NoError(t, err)
			_, err = s.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("ordered for the wrong wallet")})
			require.NoError(t, err)
			right, err := s.Credit(t.Context(), handAt("cards", "v", "tx 1"))
			require.NoError(t, err)
			require.True(t, right.Credited.Equal(won(5_000)))
			says = approved("tx 1")
			says.Amount = decimal.NewNullDecimal(won(amount))
			_, err = s.InquireNow(t.Context(), aboutIt(op))
			require.NoError(t, err)
			require.Equal(t, status, get(t, s, op.ID).Status)
		})
	}
}
