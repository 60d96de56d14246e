package recharge_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
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

// rewritten is a proxy before the simulator that changes what it answers to questions.
func (s *tossShop) rewritten(change func(body string) string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		s.sim.ServeHTTP(recorder, r)
		body := recorder.Body.String()
		if r.Method == http.MethodGet {
			body = change(body)
		}
		for name, values := range recorder.Header() {
			if name != "Content-Length" {
				w.Header()[name] = values
			}
		}
		w.WriteHeader(recorder.Code)
		_, _ = io.Copy(w, bytes.NewBufferString(body))
	}))
	s.t.Cleanup(server.Close)
	s.url = server.URL
}

var alarms = regexp.MustCompile(`level=ERROR[^\n]*alarm`)

// refunding is a process whose accounts can be given back.
func (s *tossShop) refunding() (*recharge.Service, *ledger.Ledger) {
	key, err := toss.NewSecretKey(s.sim.Shop().SecretKey)
	require.NoError(s.t, err)
	client, err := toss.New(key, toss.Config{BaseURL: s.url, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, Clock: s.clock})
	require.NoError(s.t, err)
	account := toss.RefundAccount{Bank: "88", Number: "110123456789", Holder: "홍길동"}
	accounts, err := toss.NewAccountCharger(client, "main", toss.AccountConfig{
		Customer:      func(context.Context, ports.ChargeOrder) (string, error) { return "홍길동", nil },
		RefundAccount: func(context.Context, ports.CancelOrder) (toss.RefundAccount, error) { return account, nil },
	})
	require.NoError(s.t, err)
	wallets, err := ledger.New(s.store, ledger.Config{Clock: s.clock})
	require.NoError(s.t, err)
	service, err := recharge.New(s.store, wallets, recharge.Config{Clock: s.clock, Logger: slog.New(slog.NewTextHandler(s.log, nil))}, accounts)
	require.NoError(s.t, err)
	return service, wallets
}

// The notification of the deposit error comes after the second deposit, or never.
func TestService_Toss_second_deposit_when_the_error_was_never_heard(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "second deposit")
	service, wallets := s.process(crashtest.Immortal())
	op, order, notified := s.deposited(service)
	require.True(t, s.sim.DepositError(order))
	_, err := service.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("the bank says that the transfer had failed")})
	require.NoError(t, err)
	_, err = service.Reverse(t.Context(), ports.Act{ID: op.ID, By: kim("the transfer had failed")})
	require.NoError(t, err)
	s.clock.Advance(time.Hour)
	require.True(t, s.sim.Deposit(order), "the customer pays again")
	for range 3 { // the deposit error's, and two of the second deposit
		op = notified()
	}
	ordertest.RequireBalance(t, wallets, 0)
	require.Equal(t, ports.RechargeDisputed, op.Status, "the provider holds %s, and the wallet 0", s.sim.Books().Payments[0].Balance)
}

// A status of CANCELED disputes a credited charge, whatever the balance and approvedAt say.
func TestService_Toss_canceled_charge_with_a_balance(t *testing.T) {
	t.Parallel()
	for name, request := range map[string]recharge.Request{
		"a card": byCard(), "a virtual account": {WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTossShop(t, name)
			service, _ := s.process(crashtest.Immortal())
			op, err := service.Recharge(t.Context(), request)
			require.NoError(t, err)
			if op.Open {
				require.True(t, s.sim.Deposit(s.sim.Books().Payments[0].OrderID))
				op, err = service.InquireNow(t.Context(), aboutToss(op))
				require.NoError(t, err)
			}
			require.Equal(t, ports.RechargeApproved, op.Status)
			s.rewritten(func(body string) string { return strings.Replace(body, `"status":"DONE"`, `"status":"CANCELED"`, 1) })
			other, _ := s.process(crashtest.Immortal())
			op, err = other.InquireNow(t.Context(), aboutToss(op))
			require.NoError(t, err)
			require.Equal(t, ports.RechargeDisputed, op.Status, "the provider says CANCELED: cancelled in full")
			require.Equal(t, ports.OutcomeDeclined, op.Answer.Outcome)
		})
	}
}

// A repeated notification about the payment of a window that expired changes nothing.
func TestService_Toss_window_expires_after_a_person_approved(t *testing.T) {
	t.Parallel()
	for name, ref := range map[string]string{"without an id": "", "by another payment": "desk-1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTossShop(t, name)
			service, _ := s.process(crashtest.Immortal())
			op, err := service.Begin(t.Context(), recharge.BeginRequest{WalletID: "w", Key: "k", Charger: viaWindows, Amount: won(30_000)})
			require.NoError(t, err)
			s.sim.Authenticate(s.sim.OpenWindow(op.Shown[toss.ShownOrderID], won(30_000), tosstest.MethodCard))
			_, err = service.Approve(t.Context(), recharge.ApproveRequest{ID: op.ID, By: kim("paid at the desk"), ProviderRef: ref})
			require.NoError(t, err)
			s.clock.Advance(31 * time.Minute)
			first, err := service.InquireNow(t.Context(), aboutToss(op)) // EXPIRED
			require.NoError(t, err)
			for range 5 { // the same notification again
				op, err = service.InquireNow(t.Context(), aboutToss(op))
				require.NoError(t, err)
			}
			require.Equal(t, first.Version, op.Version, "%s: %s", op.Status, op.Why)
		})
	}
}

// A repeated notification about a closed account changes nothing.
func TestService_Toss_account_is_closed_after_a_person_approved_by_another_payment(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "closed")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)})
	require.NoError(t, err)
	_, err = service.Approve(t.Context(), recharge.ApproveRequest{ID: op.ID, By: kim("came by a plain transfer"), ProviderRef: "bank row 7"})
	require.NoError(t, err)
	require.True(t, s.sim.CancelOutside(s.sim.Books().Payments[0].Key, won(30_000)))
	first, err := service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	for range 5 { // PAYMENT_STATUS_CHANGED and DEPOSIT_CALLBACK, and their repetitions
		op, err = service.InquireNow(t.Context(), aboutToss(op))
		require.NoError(t, err)
	}
	require.Equal(t, first.Version, op.Version, "%s: %s", op.Status, op.Why)
}

// A deposit error that a person has settled raises no alarm.
func TestService_Toss_no_alarms_about_a_reversed_deposit(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "alarms")
	service, _ := s.process(crashtest.Immortal())
	op, order, notified := s.deposited(service)
	require.True(t, s.sim.DepositError(order))
	require.Equal(t, ports.RechargeDisputed, notified().Status)
	_, err := service.Reverse(t.Context(), ports.Act{ID: op.ID, By: kim("the transfer had failed")})
	require.NoError(t, err)
	before := len(alarms.FindAllString(s.log.String(), -1))
	require.True(t, s.sim.CancelOutside(s.sim.Books().Payments[0].Key, won(30_000)), "the account is closed in the console, as docs/toss.md says")
	for range 5 {
		require.Equal(t, ports.RechargeReversed, notified().Status)
	}
	after := len(alarms.FindAllString(s.log.String(), -1))
	require.Equal(t, before, after, "alarms about what is settled")
}

// Money that came to a declined recharge and was given back raises no alarm.
func TestService_Toss_no_alarms_about_money_that_was_given_back(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "given back")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)})
	require.NoError(t, err)
	_, err = service.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("gave up")})
	require.NoError(t, err)
	require.True(t, s.sim.Deposit(s.sim.Books().Payments[0].OrderID))
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, op.Status)
	require.True(t, s.sim.CancelOutside(s.sim.Books().Payments[0].Key, won(30_000)))
	_, err = service.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("given back")})
	require.NoError(t, err)
	before := len(alarms.FindAllString(s.log.String(), -1))
	for range 3 {
		_, err = service.InquireNow(t.Context(), aboutToss(op))
		require.NoError(t, err)
	}
	require.Len(t, alarms.FindAllString(s.log.String(), -1), before)
}

// A person credits what others left of a charge. The rest can be cancelled, and raises no alarm then.
func TestService_Toss_charge_that_a_person_approved_over_another_amount(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "amount")
	service, _ := s.process(crashtest.Immortal())
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.StatusAfter, Status: 400, Code: "PROVIDER_ERROR"})
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	require.Equal(t, ports.RechargeUnknown, op.Status)
	require.True(t, s.sim.CancelOutside(s.sim.Books().Payments[0].Key, won(10_000)))
	request := recharge.ApproveRequest{ID: op.ID, By: kim("20000 is left"), ProviderRef: s.sim.Books().Payments[0].Key}
	request.Amount.Decimal, request.Amount.Valid = won(20_000), true
	op, err = service.Approve(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status)
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	t.Log(op.Status, op.Why)
	cancel, err := service.Cancel(t.Context(), ports.Act{ID: op.ID, By: kim("asked for")})
	require.NoError(t, err)
	s.rest(service)
	cancel, err = service.Cancellation(t.Context(), cancel.ID)
	require.NoError(t, err)
	require.Equal(t, ports.CancellationApproved, cancel.Status)
	op = get(t, service, op.ID)
	require.Equal(t, ports.RechargeReversed, op.Status)
	before := len(alarms.FindAllString(s.log.String(), -1))
	for range 3 {
		_, err = service.InquireNow(t.Context(), aboutToss(op))
		require.NoError(t, err)
	}
	require.Len(t, alarms.FindAllString(s.log.String(), -1), before, s.log.String())
}

// A part that others took back is reversed, and a further part is cancelled.
func TestService_Toss_part_that_others_took_back(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "from now on")
	service, wallets := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	require.True(t, s.sim.CancelOutside(s.sim.Books().Payments[0].Key, won(10_000)))
	_, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	_, err = service.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("a part was taken back in the console")})
	require.NoError(t, err)
	_, err = service.ReversePart(t.Context(), recharge.ReversePartRequest{ID: op.ID, ByOthers: true, Amount: won(10_000), By: kim("taken back in the console")})
	require.NoError(t, err)
	ordertest.RequireBalance(t, wallets, 20_000)
	cancel, err := service.CancelPart(t.Context(), recharge.CancelPartRequest{ID: op.ID, Key: "part", Amount: won(5_000), By: kim("asked for")})
	require.NoError(t, err)
	s.rest(service)
	cancel, err = service.Cancellation(t.Context(), cancel.ID)
	require.NoError(t, err)
	require.Equal(t, ports.CancellationApproved, cancel.Status, "%s %s", cancel.Answer.Code, cancel.Why)
}

// A repeated answer about a second payment changes nothing.
func TestService_InquireNow_tells_a_second_payment_once(t *testing.T) {
	t.Parallel()
	cards := alone("cards", ordertest.Always(approved("tx 1")), ordertest.Always(approved("tx 2")))
	s, _ := branches(t, memory.New(), cards)
	op, err := s.Recharge(t.Context(), at("cards", "w"))
	require.NoError(t, err)
	about := ports.Notice{Provider: "cards", OperationID: op.ID}
	first, err := s.InquireNow(t.Context(), about)
	require.NoError(t, err)
	for range 3 {
		op, err = s.InquireNow(t.Context(), about)
		require.NoError(t, err)
	}
	require.Equal(t, first.Version, op.Version, op.Why)
}

// Money of a declined recharge, of which a part was given back, disputes it.
func TestService_Toss_paid_and_given_back_in_part_after_it_was_declined(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "declined")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: viaAccounts, PaymentMethod: "20", Amount: won(30_000)})
	require.NoError(t, err)
	_, err = service.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("gave up")})
	require.NoError(t, err)
	require.True(t, s.sim.Deposit(s.sim.Books().Payments[0].OrderID))
	require.True(t, s.sim.CancelOutside(s.sim.Books().Payments[0].Key, won(10_000)))
	op, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, op.Status, "the provider holds %s of the customer's money", s.sim.Books().Payments[0].Balance)
}

// A payment was credited by mistake, and then by hand to another wallet: taken back in the console, it disputes the second credit.
func TestService_Toss_take_back_of_a_payment_that_another_recharge_has(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "another")
	service, wallets := s.process(crashtest.Immortal())
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
	require.NoError(t, err)
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	mustReverse(t, service, op.ID) // credited to the wrong wallet
	key := s.sim.Books().Payments[0].Key
	request := handAt(viaCards, "v", key)
	request.Amount = won(30_000)
	right, err := service.Credit(t.Context(), request)
	require.NoError(t, err)
	require.True(t, s.sim.CancelOutside(key, won(30_000)))
	_, err = service.InquireNow(t.Context(), aboutToss(op)) // by the orderId, as the notification names it
	require.NoError(t, err)
	_, err = service.InquireNow(t.Context(), ports.Notice{Provider: viaCards, ProviderRef: key})
	require.NoError(t, err)
	right = get(t, service, right.ID)
	require.Equal(t, ports.RechargeDisputed, right.Status, "the provider holds nothing, and v has %s", balanceOf(t, wallets, "v"))
	require.Contains(t, right.Why, "its payment was recharge "+op.ID+"'s before, about which the provider answered declined")
	before := right.Version
	_, err = service.InquireNow(t.Context(), aboutToss(op)) // the same notification again
	require.NoError(t, err)
	require.Equal(t, before, get(t, service, right.ID).Version)
}

// A virtual account whose due date the provider does not show is not declined while it is open.
func TestService_Toss_account_of_a_window_without_a_due_date(t *testing.T) {
	t.Parallel()
	clock := crashtest.NewClock()
	s := &tossShop{t: t, name: t.Name(), clock: clock, sim: tosstest.New(tosstest.Config{Clock: clock, Seed: 1, HideExpiry: true}), store: memory.New()}
	server := httptest.NewServer(s.sim)
	t.Cleanup(server.Close)
	s.url, s.card, s.log = server.URL, s.sim.NewCard(tosstest.CardConfig{}), new(crashtest.Log)
	service, wallets := s.process(crashtest.Immortal())
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
	require.NoError(t, err)
	op, err := service.Begin(t.Context(), recharge.BeginRequest{WalletID: "w", Key: "k", Charger: viaWindows, Amount: won(30_000)})
	require.NoError(t, err)
	query := s.sim.Authenticate(s.sim.OpenWindow(op.Shown[toss.ShownOrderID], won(30_000), tosstest.MethodAccount))
	op, err = service.Confirm(t.Context(), recharge.ConfirmRequest{ID: op.ID, Token: query, Amount: won(30_000)})
	require.NoError(t, err)
	t.Log(op.Status, op.Shown, op.Deadline)
	for range 60 {
		s.clock.Advance(time.Minute)
		_, err := service.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	op = get(t, service, op.ID)
	require.NotEqual(t, ports.RechargeDeclined, op.Status, "the provider says %s, %d transmissions, why %q, code %q", s.sim.Books().Payments[0].Status, op.Transmissions, op.Why, op.Answer.Code)
	require.True(t, s.sim.Deposit(s.sim.Books().Payments[0].OrderID))
	_, err = service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	ordertest.RequireBalance(t, wallets, 30_000)
}

// A refund of a part that did not reach the customer raises an alarm.
func TestService_Toss_refund_of_a_part_that_fails_later(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]int64{"a part": 10_000} /* "the whole": 30_000 raises its alarm */ {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTossShop(t, name)
			service, _ := s.refunding()
			op, _, _ := s.deposited(service)
			cancel, err := service.CancelPart(t.Context(), recharge.CancelPartRequest{ID: op.ID, Key: "part", Amount: won(part), By: kim("asked for")})
			require.NoError(t, err)
			require.Equal(t, ports.CancellationApproved, cancel.Status)
			s.rewritten(func(body string) string {
				return strings.ReplaceAll(body, `"refundStatus":"PENDING"`, `"refundStatus":"FAILED"`)
			})
			service, _ = s.refunding()
			op, err = service.InquireNow(t.Context(), aboutToss(op))
			require.NoError(t, err)
			told := op.Status == ports.RechargeDisputed || len(alarms.FindAllString(s.log.String(), -1)) > 0
			require.True(t, told, "%s: no person is told that the customer has no money", op.Status)
		})
	}
}

// A reason that a person copied from an earlier dispute hides no answer.
func TestService_Toss_copied_reason_of_a_person(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "copied")
	service, _ := s.process(crashtest.Immortal())
	op, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	require.True(t, s.sim.CancelOutside(s.sim.Books().Payments[0].Key, won(30_000)))
	first, err := service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	_, err = service.Keep(t.Context(), recharge.KeepRequest{ID: op.ID, By: kim("paid in cash")})
	require.NoError(t, err)
	before, err := service.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim(first.Why)}) // copied from the event of the first dispute
	require.NoError(t, err)
	after, err := service.InquireNow(t.Context(), aboutToss(op))
	require.NoError(t, err)
	require.NotEqual(t, before.Why, after.Why)
}

// What was known before a person disputes a recharge is told again: the person who decides must know of it.
func TestService_InquireNow_tells_what_was_known_before_a_dispute(t *testing.T) {
	t.Parallel()
	cards := alone("cards", ordertest.Always(approved("tx 1")), ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "tx 1"}}))
	s, _ := branches(t, memory.New(), cards)
	op, err := s.Recharge(t.Context(), at("cards", "w"))
	require.NoError(t, err)
	about := ports.Notice{Provider: "cards", OperationID: op.ID}
	_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("the bank says so")})
	require.NoError(t, err)
	_, err = s.Reverse(t.Context(), ports.Act{ID: op.ID, By: kim("the bank says so")})
	require.NoError(t, err)
	op, err = s.InquireNow(t.Context(), about)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReversed, op.Status)
	_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("the customer says otherwise")})
	require.NoError(t, err)
	op, err = s.InquireNow(t.Context(), about)
	require.NoError(t, err)
	require.Equal(t, "the customer says otherwise; ended as disputed, then the provider answered declined", op.Why)
}
