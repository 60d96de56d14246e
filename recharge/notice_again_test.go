package recharge_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

func failedQuestion() ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Failed: true}}
}

// workDays lets a worker work for some days.
func workDays(t *testing.T, clock *crashtest.Clock, s *recharge.Service, days int) {
	t.Helper()
	for range days * 24 * 12 {
		clock.Advance(5 * time.Minute)
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
}

// A notice whose question fails while the worker is still being answered about an EARLIER notice is dropped:
// remember says "it waits already", and the worker's stale answer forgets it.
func TestService_Notice_notice_while_the_worker_is_being_answered(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"the worker", "another notice"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			store, clock := memory.New(), crashtest.NewClock()
			var inquire func() ports.ChargeAnswer
			w := &world{store: store, clock: clock, charger: alone("bank", ordertest.Always(approved("tx 1")), func() ports.ChargeAnswer { return inquire() })}
			one, wallets := w.process(t, crashtest.Immortal(), nil)
			two, _ := w.process(t, crashtest.Immortal(), nil)
			openWallets(t, wallets, "w")
			op := mustRecharge(t, one, "k")
			inquire = failedQuestion
			op, err := one.InquireNow(t.Context(), aboutIt(op)) // the first notice: the provider is down
			require.NoError(t, err)
			require.NotZero(t, op.NoticedAt)
			nested := false
			inquire = func() ports.ChargeAnswer {
				if nested { // the second notice's question
					return failedQuestion()
				}
				nested = true
				answer := approved("tx 1") // as it was when the first question arrived
				// now the provider takes the charge back, and notifies: the question fails, and the host answers 200
				noticed, err := two.InquireNow(t.Context(), aboutIt(op))
				require.NoError(t, err)
				require.NotZero(t, noticed.NoticedAt, "the notice is kept")
				return answer
			}
			if by == "the worker" {
				clock.Advance(10 * time.Minute)
				_, err = one.Follow(t.Context(), 10)
			} else {
				_, err = one.InquireNow(t.Context(), aboutIt(op))
			}
			require.NoError(t, err)
			require.True(t, nested)
			inquire = func() ports.ChargeAnswer { return saysOf(ports.OutcomeDeclined, "tx 1") } // the truth, from now on
			workDays(t, clock, one, 3)
			op = get(t, one, op.ID)
			require.Equal(t, ports.RechargeDisputed, op.Status, "the charge was taken back, and the notice of it is gone: NoticedAt %s, DueAt %s", op.NoticedAt, op.DueAt)
		})
	}
}

// inquireOpen forgets a notice that came, and failed, after its own question was asked.
func TestService_Notice_notice_after_an_open_recharge_ended(t *testing.T) {
	t.Parallel()
	store, clock := memory.New(), crashtest.NewClock()
	var inquire func() ports.ChargeAnswer
	w := &world{store: store, clock: clock, charger: alone("bank", func() ports.ChargeAnswer { return ports.ChargeAnswer{} }, func() ports.ChargeAnswer { return inquire() })}
	one, wallets := w.process(t, crashtest.Immortal(), nil)
	two, _ := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	op := mustRecharge(t, one, "k")
	require.Equal(t, ports.RechargeUnknown, op.Status)
	step := 0
	inquire = func() ports.ChargeAnswer {
		if step++; step > 1 {
			return failedQuestion()
		}
		// asked: nothing is known yet. Before that arrives, a person declines, and then the payment arrives with a notice whose question fails.
		_, err := two.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("nothing was found")})
		require.NoError(t, err)
		noticed, err := two.InquireNow(t.Context(), aboutIt(op))
		require.NoError(t, err)
		require.NotZero(t, noticed.NoticedAt, "the notice is kept, and the host answers 200")
		return ports.ChargeAnswer{}
	}
	_, err := one.InquireNow(t.Context(), aboutIt(op)) // another look
	require.NoError(t, err)
	require.Equal(t, 2, step)
	inquire = func() ports.ChargeAnswer { return approved("tx 1") }
	workDays(t, clock, one, 3)
	op = get(t, one, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status, "the provider has the money, the wallet has %s; NoticedAt %s, DueAt %s", balanceOf(t, wallets, "w"), op.NoticedAt, op.DueAt)
}

// The same of a recharge in review with an earlier notice: the answer "approved" is in flight when it is taken back.
func TestService_Notice_notice_while_one_in_review_is_being_answered(t *testing.T) {
	t.Parallel()
	store, clock := memory.New(), crashtest.NewClock()
	inquire := func() ports.ChargeAnswer { return cannotTell("nothing is found") }
	w := &world{store: store, clock: clock, charger: alone("bank", func() ports.ChargeAnswer { return ports.ChargeAnswer{} }, func() ports.ChargeAnswer { return inquire() })}
	one, wallets := w.process(t, crashtest.Immortal(), nil)
	two, _ := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	op := mustRecharge(t, one, "k")
	clock.Advance(time.Hour)
	_, err := one.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReview, get(t, one, op.ID).Status)
	inquire = failedQuestion
	op, err = one.InquireNow(t.Context(), aboutIt(op)) // the first notice
	require.NoError(t, err)
	require.NotZero(t, op.NoticedAt)
	step := 0
	inquire = func() ports.ChargeAnswer {
		if step++; step > 1 {
			return failedQuestion()
		}
		_, err := two.InquireNow(t.Context(), aboutIt(op)) // taken back since
		require.NoError(t, err)
		return approved("tx 1")
	}
	op, err = one.InquireNow(t.Context(), aboutIt(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status)
	inquire = func() ports.ChargeAnswer { return saysOf(ports.OutcomeDeclined, "tx 1") }
	workDays(t, clock, one, 3)
	op = get(t, one, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status, "the provider has nothing, the wallet has %s; NoticedAt %s, DueAt %s", balanceOf(t, wallets, "w"), op.NoticedAt, op.DueAt)
}

// slowLog is a log that does something at a line of level Error.
type slowLog struct {
	slog.Handler
	do func()
}

func (l slowLog) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		l.do()
	}
	return l.Handler.Handle(ctx, r)
}

// The answer that came too late is dropped, but counts as an answer: the notice is not remembered.
func TestService_Notice_answer_that_comes_too_late(t *testing.T) {
	t.Parallel()
	store, clock := memory.New(), crashtest.NewClock()
	release, returned := make(chan struct{}), make(chan struct{})
	var hang atomic.Bool
	hang.Store(true)
	charger := alone("bank", ordertest.Always(approved("tx 1")), func() ports.ChargeAnswer {
		if hang.Load() {
			<-release
			defer close(returned)
		}
		return saysOf(ports.OutcomeDeclined, "tx 1")
	})
	wallets := ordertest.Ledger(t, store, clock)
	openWallets(t, wallets, "w")
	var once atomic.Bool
	handler := slowLog{slog.DiscardHandler, func() {
		if once.CompareAndSwap(false, true) {
			close(release)
			<-returned // the line is written slowly, and the answer arrives
		}
	}}
	s, err := recharge.New(store, wallets, recharge.Config{Clock: clock, Timeout: 50 * time.Millisecond, Logger: slog.New(loud{handler})}, charger)
	require.NoError(t, err)
	op := mustRecharge(t, s, "k")
	require.Equal(t, ports.RechargeApproved, op.Status)
	op, err = s.InquireNow(t.Context(), aboutIt(op))
	require.NoError(t, err)
	require.True(t, once.Load(), "a line of level Error")
	hang.Store(false)
	workDays(t, clock, s, 3)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status, "the answer was dropped: NoticedAt %s", op.NoticedAt)
}

// A Charger that does not answer in time has answered nothing: the notice about an open recharge is kept.
func TestService_Notice_open_recharge_whose_question_is_not_answered(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	clock, store := crashtest.NewClock(), memory.New()
	charger := alone("bank", ordertest.Always(saysOf(ports.OutcomePending, "tx 1")), func() ports.ChargeAnswer {
		<-release
		return approved("tx 1")
	})
	wallets := ordertest.Ledger(t, store, clock)
	openWallets(t, wallets, "w")
	s, err := recharge.New(store, wallets, recharge.Config{Clock: clock, Timeout: 50 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)}, charger)
	require.NoError(t, err)
	op := mustRecharge(t, s, "k")
	require.True(t, op.Open)
	_, err = s.InquireNow(t.Context(), aboutIt(op))
	require.NoError(t, err)
	require.Equal(t, clock.Now(), get(t, s, op.ID).NoticedAt)
}

type loud struct{ slowLog }

func (loud) Enabled(context.Context, slog.Level) bool { return true }
func (h loud) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		h.do()
	}
	return nil
}
func (h loud) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h loud) WithGroup(string) slog.Handler      { return h }

// What was heard about a mistake before its payment was credited to another is never told of the other.
func TestService_Notice_taken_back_before_another_is_credited(t *testing.T) {
	t.Parallel()
	says := approved("tx 1")
	s, wallets := branches(t, memory.New(), alone("cards", ordertest.Always(approved("tx 1")), func() ports.ChargeAnswer { return says }))
	op, err := s.Recharge(t.Context(), at("cards", "w"))
	require.NoError(t, err)
	mustReverse(t, s, op.ID) // credited to the wrong wallet
	says = saysOf(ports.OutcomeDeclined, "tx 1")
	_, err = s.InquireNow(t.Context(), aboutIt(op)) // taken back: there is no credit
	require.NoError(t, err)
	right, err := s.Credit(t.Context(), handAt("cards", "v", "tx 1")) // by a person who does not know
	require.NoError(t, err)
	for range 3 { // the provider repeats its notification
		_, err = s.InquireNow(t.Context(), aboutIt(op))
		require.NoError(t, err)
	}
	right = get(t, s, right.ID)
	require.Equal(t, ports.RechargeDisputed, right.Status, "the payment is gone, v has %s", balanceOf(t, wallets, "v"))
}

// An answer that contradicts a credit which a person kept disputes it again, also one that was given before.
func TestService_Notice_holder_that_a_person_kept(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(t *testing.T, s *recharge.Service, id string){
		"told, and kept": nil,
		"disputed for another reason when it was told": func(t *testing.T, s *recharge.Service, id string) {
			t.Helper()
			_, err := s.Dispute(t.Context(), ports.Act{ID: id, By: kim("the customer complains about the bonus")})
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			says := approved("tx 1")
			s, wallets := branches(t, memory.New(), alone("cards", ordertest.Always(approved("tx 1")), func() ports.ChargeAnswer { return says }))
			op, err := s.Recharge(t.Context(), at("cards", "w"))
			require.NoError(t, err)
			mustReverse(t, s, op.ID)
			right, err := s.Credit(t.Context(), handAt("cards", "v", "tx 1"))
			require.NoError(t, err)
			if between != nil {
				between(t, s, right.ID)
			}
			says = saysOf(ports.OutcomeDeclined, "tx 1")
			_, err = s.InquireNow(t.Context(), aboutIt(op))
			require.NoError(t, err)
			right = get(t, s, right.ID)
			require.Equal(t, ports.RechargeDisputed, right.Status)
			_, err = s.Keep(t.Context(), recharge.KeepRequest{ID: right.ID, By: kim("the bonus was right")})
			require.NoError(t, err)
			for range 3 {
				_, err = s.InquireNow(t.Context(), aboutIt(op))
				require.NoError(t, err)
			}
			right = get(t, s, right.ID)
			require.Equal(t, ports.RechargeDisputed, right.Status, "the payment is gone, v has %s", balanceOf(t, wallets, "v"))
		})
	}
}

// The holder has a cancellation under way when the provider says that others took the payment back; the cancellation is refused.
func TestService_Notice_holder_whose_cancellation_was_refused(t *testing.T) {
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
	_, err = s.InquireNow(t.Context(), aboutIt(first))
	require.NoError(t, err)
	_, err = s.DeclineCancel(t.Context(), ports.Act{ID: cancel.ID, By: kim("the provider refused it")})
	require.NoError(t, err)
	for range 3 {
		_, err = s.InquireNow(t.Context(), aboutIt(first))
		require.NoError(t, err)
	}
	workDays(t, w.clock, s, 2)
	second = get(t, s, second.ID)
	require.Equal(t, ports.RechargeDisputed, second.Status, "v has %s, and the provider nothing", balanceOf(t, wallets, "v"))
}

// Others take back a part, and then a further part, before a person has decided about the first: the second is told as well.
func TestService_Notice_Toss_second_part_by_others(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "parts")
	service, wallets := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	key := s.sim.Books().Payments[0].Key
	require.True(t, s.sim.CancelOutside(key, won(10_000)))
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, op.Status)
	require.True(t, s.sim.CancelOutside(key, won(5_000)))
	second, err := service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.Greater(t, second.Version, op.Version, "the second part is news: %s", second.Why)
	_, err = service.ReversePart(t.Context(), recharge.ReversePartRequest{ID: op.ID, ByOthers: true, Amount: won(15_000), By: kim("the console shows both")})
	require.NoError(t, err)
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status, op.Why)
	ordertest.RequireBalance(t, wallets, 15_000)
}

// A person settled what others took back of a payment that another recharge has: further looks dispute it again and again.
func TestService_Notice_Toss_part_of_a_holder_that_a_person_settled(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "holder")
	service, wallets := s.process(crashtest.Immortal())
	openWallets(t, wallets, "v")
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	mustReverse(t, service, op.ID)
	key := s.sim.Books().Payments[0].Key
	request := byHand("by hand", key)
	request.Charger, request.WalletID, request.Amount = viaCards, "v", won(30_000)
	right, err := service.Credit(t.Context(), request)
	require.NoError(t, err)
	require.True(t, s.sim.CancelOutside(key, won(10_000)))
	_, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, get(t, service, right.ID).Status)
	_, err = service.ReversePart(t.Context(), recharge.ReversePartRequest{ID: right.ID, ByOthers: true, Amount: won(10_000), By: kim("the console shows a part")})
	require.NoError(t, err)
	_, err = service.InquireNow(t.Context(), aboutToss(op)) // the notification again
	require.NoError(t, err)
	right = get(t, service, right.ID)
	require.Equal(t, ports.RechargeApproved, right.Status, "the provider holds %s, v has %s: %s", s.sim.Books().Payments[0].Balance, balanceOf(t, wallets, "v"), right.Why)
}

// The charge was cancelled in Kona's console before we heard of it; a person declined the recharge. All is as it should be.
func TestService_Notice_Kona_declined_because_others_cancelled(t *testing.T) {
	t.Parallel()
	w, sim, _, request := hostOfKona(t)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	sim.Inject(konatest.Fault{Path: "/no-hce", Kind: konatest.CloseAfter})
	op, err := s.Recharge(t.Context(), request("k1"))
	require.NoError(t, err)
	require.Len(t, sim.Books().Transactions, 1)
	number := sim.Books().Transactions[0].Number
	require.True(t, sim.CancelOutside(number))
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeReview, op.Status, op.Why)
	_, err = s.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("charged, and cancelled in the console: the customer has the money")})
	require.NoError(t, err)
	disputes := 0
	for range 3 {
		op, err = s.InquireNow(t.Context(), aboutIt(op))
		require.NoError(t, err)
		if op.Status == ports.RechargeDisputed {
			disputes++
			t.Log(op.Why)
			_, err = s.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("as I said")})
			require.NoError(t, err)
		}
	}
	require.Zero(t, disputes)
}

// A body that cannot be read is no answer of the provider.
func TestService_Notice_Kona_answer_that_cannot_be_read(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]struct {
		status int
		body   string
		header string
	}{
		"a page of a proxy with 200": {http.StatusOK, "<html>please log in</html>", "text/html"},
		"a 200 that breaks off":      {http.StatusOK, `{"response":{"code":`, "application/json"},
		"a redirect":                 {http.StatusFound, "", "text/html"},
		"a 404 of a gateway":         {http.StatusNotFound, "no backend", "text/plain"},
		"a 425":                      {http.StatusTooEarly, "", "text/plain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, sim, member, request := hostOfKona(t)
			var broken atomic.Bool
			server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if broken.Load() {
					rw.Header().Set("Content-Type", body.header)
					rw.WriteHeader(body.status)
					_, _ = rw.Write([]byte(body.body))
					return
				}
				sim.ServeHTTP(rw, r)
			}))
			t.Cleanup(server.Close)
			w.charger = konaCharger(t, sim, member, server.URL, w.clock)
			s, wallets := w.process(t, crashtest.Immortal(), nil)
			openWallets(t, wallets, "w")
			op, err := s.Recharge(t.Context(), request("k1"))
			require.NoError(t, err)
			w.rest(t, s)
			op = get(t, s, op.ID)
			require.Equal(t, ports.RechargeApproved, op.Status)
			require.True(t, sim.CancelOutside(op.ProviderRef))
			broken.Store(true)
			noticed, err := s.InquireNow(t.Context(), aboutIt(op))
			require.NoError(t, err)
			require.NotZero(t, noticed.NoticedAt)
			broken.Store(false) // one minute later
			workDays(t, w.clock, s, 2)
			op = get(t, s, op.ID)
			require.Equal(t, ports.RechargeDisputed, op.Status, "the charge is cancelled, the wallet has %s", balanceOf(t, wallets, "w"))
		})
	}
}

// A notice that names the payment, which a person credited by hand to another wallet after a mistake.
func TestService_Notice_notice_by_the_payment_that_was_credited_by_hand(t *testing.T) {
	t.Parallel()
	says := approved("tx 1")
	s, wallets := branches(t, memory.New(), alone("cards", ordertest.Always(approved("tx 1")), func() ports.ChargeAnswer { return says }))
	op, err := s.Recharge(t.Context(), at("cards", "w"))
	require.NoError(t, err)
	mustReverse(t, s, op.ID)
	right, err := s.Credit(t.Context(), handAt("cards", "v", "tx 1"))
	require.NoError(t, err)
	says = saysOf(ports.OutcomeDeclined, "tx 1")
	got, err := s.InquireNow(t.Context(), ports.Notice{Provider: "cards", ProviderRef: "tx 1"})
	require.NoError(t, err)
	require.Equal(t, op.ID, got.ID)
	right = get(t, s, right.ID)
	require.Equal(t, ports.RechargeDisputed, right.Status, "the payment is gone, v has %s, and the provider was not asked", balanceOf(t, wallets, "v"))
}

// A mistake that was disputed and declined: others take a part of the payment back, which another has by now.
func TestService_Notice_Toss_part_of_a_mistake_that_was_declined(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "declined mistake")
	service, wallets := s.process(crashtest.Immortal())
	openWallets(t, wallets, "v")
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	mustReverse(t, service, op.ID)
	key := s.sim.Books().Payments[0].Key
	request := byHand("by hand", key)
	request.Charger, request.WalletID, request.Amount = viaCards, "v", won(30_000)
	right, err := service.Credit(t.Context(), request)
	require.NoError(t, err)
	_, err = service.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("the customer complains")})
	require.NoError(t, err)
	_, err = service.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("it was a mistake all the same")})
	require.NoError(t, err)
	require.True(t, s.sim.CancelOutside(key, won(10_000)))
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	right = get(t, service, right.ID)
	require.Equal(t, ports.RechargeDisputed, right.Status)
	require.Equal(t, ports.RechargeReversed, op.Status, "the payment is the other's: %s", op.Why)
}

// Kona does not know the sequenceId (any more) of a charge that it approved: that proves nothing.
func TestService_Notice_Kona_no_such_sequence_of_an_approved_charge(t *testing.T) {
	t.Parallel()
	w, sim, _, request := hostOfKona(t)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "w")
	op, err := s.Recharge(t.Context(), request("k1"))
	require.NoError(t, err)
	w.rest(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeApproved, op.Status)
	w.clock.Advance(400 * 24 * time.Hour)
	sim.Inject(konatest.Fault{Path: "/result/inquiry", Kind: konatest.StatusBefore, Status: 400, Code: konatest.CodeNoSequence})
	op, err = s.InquireNow(t.Context(), aboutIt(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status, op.Why)
}

type oddIDs struct{ n atomic.Int64 }

func (i *oddIDs) NewID() string { return strings.Repeat("X", 5) + "_" + string(rune('A'+i.n.Add(1))) }

// Toss, where ids of the host do not fit into an orderId: the notification names the payment only.
func TestService_Notice_Toss_notification_that_names_the_payment_only(t *testing.T) {
	t.Parallel()
	for _, mistake := range []bool{false, true} {
		t.Run(map[bool]string{false: "no mistake", true: "after a mistake"}[mistake], func(t *testing.T) {
			t.Parallel()
			namesThePayment(t, mistake)
		})
	}
}

func namesThePayment(t *testing.T, mistake bool) {
	t.Helper()
	s := newTossShop(t, "digest")
	_, wallets := s.process(crashtest.Immortal())
	openWallets(t, wallets, "v")
	service, _ := s.processWith(t, new(oddIDs))
	handler := s.notices(service)
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status, op.Why)
	right, key := op, s.sim.Books().Payments[0].Key
	if mistake {
		mustReverse(t, service, op.ID)
		request := byHand("by hand", key)
		request.Charger, request.WalletID, request.Amount = viaCards, "v", won(30_000)
		right, err = service.Credit(t.Context(), request)
		require.NoError(t, err)
	}
	require.True(t, s.sim.CancelOutside(key, won(30_000)))
	for range 24 * 60 {
		s.sim.DeliverTo(handler)
		s.clock.Advance(time.Minute)
		_, err := service.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	right = get(t, service, right.ID)
	require.True(t, right.Status == ports.RechargeDisputed || len(alarms.FindAllString(s.log.String(), -1)) > 0, "the provider holds %s, v has %s", s.sim.Books().Payments[0].Balance, balanceOf(t, wallets, "v"))
}

// ReversePart ByOthers, reinstated and reversed again: the books stay right.
func TestService_Notice_part_by_others_back_and_forth(t *testing.T) {
	t.Parallel()
	says := approved("tx 1")
	s, wallets := branches(t, memory.New(), alone("cards", ordertest.Always(approved("tx 1")), func() ports.ChargeAnswer { return says }))
	op, err := s.Recharge(t.Context(), at("cards", "w"))
	require.NoError(t, err)
	for range 3 {
		_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("x")})
		require.NoError(t, err)
		op, err = s.ReversePart(t.Context(), recharge.ReversePartRequest{ID: op.ID, ByOthers: true, Amount: won(3_000), By: kim("x")})
		require.NoError(t, err)
		require.Equal(t, int64(7_000), balanceOf(t, wallets, "w").IntPart())
		_, err = s.ReversePart(t.Context(), recharge.ReversePartRequest{ID: op.ID, ByOthers: true, Amount: won(3_000), By: kim("the same click again")})
		require.ErrorIs(t, err, ports.ErrNotOpen)
		part := op.Parts[len(op.Parts)-1]
		_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("x")})
		require.NoError(t, err)
		op, err = s.Reinstate(t.Context(), recharge.ReinstateRequest{ID: op.ID, CancelID: part, By: kim("x")})
		require.NoError(t, err)
		require.Equal(t, int64(10_000), balanceOf(t, wallets, "w").IntPart())
		require.Empty(t, op.Parts)
		_, err = s.InquireNow(t.Context(), aboutIt(op))
		require.NoError(t, err)
	}
	require.NoError(t, verify(t, wallets))
}

// A record that a process of an earlier version disputed, without Told: repeated notices settle.
func TestService_Notice_disputed_by_an_earlier_version(t *testing.T) {
	t.Parallel()
	for _, status := range []ports.RechargeStatus{ports.RechargeDisputed, ports.RechargeReversed} {
		says := approved("tx 1")
		store := memory.New()
		s, _ := branches(t, store, alone("cards", ordertest.Always(approved("tx 1")), func() ports.ChargeAnswer { return says }))
		op, err := s.Recharge(t.Context(), at("cards", "w"))
		require.NoError(t, err)
		says = saysOf(ports.OutcomeDeclined, "tx 1")
		_, err = s.InquireNow(t.Context(), aboutIt(op))
		require.NoError(t, err)
		if status == ports.RechargeReversed {
			mustReverse(t, s, op.ID)
		}
		next := get(t, s, op.ID)
		next.Version++
		next.Told, next.NoticedAt = "", time.Time{}
		require.Equal(t, ports.FateCommitted, store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{next}}})[0].Status)
		for range 5 {
			op, err = s.InquireNow(t.Context(), aboutIt(op))
			require.NoError(t, err)
		}
		require.Equal(t, status, op.Status)
		require.LessOrEqual(t, op.Version, next.Version+1, op.Why)
	}
}

type toldWindow struct {
	window
	says *atomic.Pointer[ports.ChargeAnswer]
}

func (h toldWindow) Inquire(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	return *h.says.Load()
}

// Many processes look at an expired recharge that was paid: it is credited once.
func TestService_Notice_expired_and_paid_is_credited_once(t *testing.T) {
	t.Parallel()
	w, b, _, wallets, op := windowWorld(t, approves)
	answer := pending("")
	var says atomic.Pointer[ports.ChargeAnswer]
	says.Store(&answer)
	w.charger = toldWindow{window{b}, &says}
	s, _ := w.process(t, crashtest.Immortal(), nil)
	w.rest(t, s)
	require.Equal(t, ports.RechargeExpired, get(t, s, op.ID).Status)
	failed := failedQuestion()
	says.Store(&failed)
	_, err := s.InquireNow(t.Context(), aboutIt(op))
	require.NoError(t, err)
	paidLate := approved("tx 1")
	says.Store(&paidLate)
	w.clock.Advance(10 * time.Minute)
	var wg sync.WaitGroup
	for i := range 8 {
		other, _ := w.process(t, crashtest.Immortal(), nil)
		wg.Go(func() {
			var err error
			if i%2 == 0 {
				_, err = other.InquireNow(t.Context(), aboutIt(op))
			} else {
				_, err = other.Follow(t.Context(), 10)
			}
			if err != nil {
				t.Log(err)
			}
		})
	}
	wg.Wait()
	w.rest(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeApproved, op.Status, op.Why)
	ordertest.RequireBalance(t, wallets, 10_000)
	require.Zero(t, op.NoticedAt)
}

// The worker never has a record due again at once.
func TestService_Notice_no_busy_loop(t *testing.T) {
	t.Parallel()
	for _, strip := range []bool{false, true} {
		w, s, op, _ := deaf(t, memory.New())
		if strip { // as a process of an earlier version leaves it
			next := get(t, s, op.ID)
			next.Version++
			next.NoticedAt, next.Told = time.Time{}, ""
			require.Equal(t, ports.FateCommitted, w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{next}}})[0].Status)
		}
		for range 26 * 60 {
			w.clock.Advance(time.Minute)
			n := 0
			for range 5 {
				did, err := s.Follow(t.Context(), 10)
				require.NoError(t, err)
				n += did
			}
			require.LessOrEqual(t, n, 1)
		}
		require.Equal(t, ports.RechargeDisputed, get(t, s, op.ID).Status)
	}
}

func (s *tossShop) processWith(t *testing.T, ids ports.IDs) (*recharge.Service, *ledger.Ledger) {
	t.Helper()
	key, err := toss.NewSecretKey(s.sim.Shop().SecretKey)
	require.NoError(t, err)
	client, err := toss.New(key, toss.Config{BaseURL: s.url, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, Clock: s.clock})
	require.NoError(t, err)
	cards, err := toss.NewBillingCharger(client, "main", toss.BillingConfig{Card: func(context.Context, string) (toss.BillingKey, error) {
		return toss.NewBillingKey(s.card.BillingKey(), s.card.CustomerKey()), nil
	}})
	require.NoError(t, err)
	wallets, err := ledger.New(s.store, ledger.Config{Clock: s.clock})
	require.NoError(t, err)
	service, err := recharge.New(s.store, wallets, recharge.Config{Clock: s.clock, IDs: ids, Logger: slog.New(slog.NewTextHandler(s.log, nil))}, cards)
	require.NoError(t, err)
	return service, wallets
}
