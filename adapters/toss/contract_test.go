package toss_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// TestContract has a scenario for each thing that a client of the provider must get right. Each looks
// at the provider's books in the end: nothing is executed twice.
func TestContract(t *testing.T) {
	t.Parallel()
	for name, scenario := range map[string]func(t *testing.T){
		"T1 vectors": vectors,
		"T2 a charge is approved, and each field altered in turn makes it unknown with an alarm": alteredFields,
		"T3 every code by the test header":                                                     testCodes,
		"T4 the answer is lost after the commit, then the order is resent":                     lostAfter,
		"T5 the answer is lost before the commit, then the order is resent":                    lostBefore,
		"T6 lost, and the inquiry finds nothing for 90 seconds, and no resend is wanted":       noResendWanted,
		"T7 three conflicts, then the answer":                                                  conflicts,
		"T8 a resend with another body, API key or billing key, or after 14 days":              changedResends,
		"T9 two charges with one key":                                                          oneKey,
		"T10 DUPLICATED_ORDER_ID of our own, of our own cancelled, of others":                  duplicated,
		"T11 an error after the commit that is kept under the key":                             keptErrors,
		"T12 confirm: a tampered amount, a reload, 11 minutes late, key rotation":              confirmations,
		"T13 a virtual account: issue, deposit, deposit error, late deposit, false secret":     deposits,
		"T14 partial cancels: lost and resent, two equal ones, a part and the rest":            partialCancels,
		"T15 a cancel with a stale refundableAmount":                                           staleBalance,
		"T16 connect refused, reset, time-out, context cancelled before and after":             transports,
		"T17 redirect, a page with 200, a huge body, half a won, dollars":                      oddAnswers,
		"T18 webhooks: duplicate, out of order, unknown event, slow handler":                   notifications,
		"T19 reconciliation: cancel row, amount-0 row, foreign row, page border, repeated key": reconciliation,
		"T21 logs and errors show no secret":                                                   quietLogs,
		"T22 a live key with a test code, and a widget key for billing, are refused locally":   refusedLocally,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario(t)
		})
	}
}

// headerOf returns the Authorization header that a client with a key sends.
func headerOf(t *testing.T, secret string) (authorization string) {
	t.Helper()
	w := setupWith(t, tosstest.Config{Seed: 1, SecretKey: secret})
	w.sim.OnRequest(func(r *http.Request) { authorization = r.Header.Get("Authorization") })
	_, err := w.client.PaymentByOrder(t.Context(), "nothing")
	w.Error(err)
	return authorization
}

func vectors(t *testing.T) {
	t.Helper()
	require.Equal(t, "Basic dGVzdF9za19qaWdhcEV4YW1wbGVLZXkwMDAwMDAwMDAwOg==", headerOf(t, "test_sk_jigapExampleKey0000000000"))
	require.Equal(t, "Basic bGl2ZV9nc2tfamlnYXBFeGFtcGxlS2V5MDAwMDAwMDAwMDo=", headerOf(t, "live_gsk_jigapExampleKey0000000000"))
	_, err := toss.NewSecretKey("\ufefftest_sk_jigapExampleKey0000000000")
	require.ErrorIs(t, err, ports.ErrInvalid, "a byte order mark")
	w := setupWith(t, tosstest.Config{Seed: 1, SecretKey: "test_sk_jigapExampleKey0000000000"})
	for header, status := range map[string]int{
		"Basic dGVzdF9za19qaWdhcEV4YW1wbGVLZXkwMDAwMDAwMDAw":         403, // without the colon
		"Basic 77u/dGVzdF9za19qaWdhcEV4YW1wbGVLZXkwMDAwMDAwMDAwOg==": 400, // with a byte order mark
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://toss.test/v1/payments/orders/nothing", http.NoBody)
		w.NoError(err)
		request.Header.Set("Authorization", header)
		answer, err := w.sim.Transport().RoundTrip(request)
		w.NoError(err)
		w.NoError(answer.Body.Close())
		w.Equal(status, answer.StatusCode)
	}
	for _, row := range [][3]int64{{11000, 0, 1000}, {5000, 0, 455}, {5000, 1500, 318}, {10001, 0, 909}, {100, 0, 9}} {
		w.True(tosstest.Vat(won(row[0]), won(row[1])).Equal(won(row[2])))
	}
}

func alteredFields(t *testing.T) {
	t.Helper()
	w := setup(t)
	charger, order := billed(w)
	w.Equal(approved, w.send(charger, &order).Outcome)
	w.Equal(1, w.executions(order))
	for _, kind := range []tosstest.Kind{tosstest.WrongAmount, tosstest.WrongOrder, tosstest.WrongType, tosstest.Dollars, tosstest.Fraction} {
		w := setup(t)
		charger, order := billed(w)
		w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: kind})
		answer := w.send(charger, &order)
		w.Equal(unknown, answer.Outcome)
		w.NotEmpty(answer.Alarm)
		w.Equal(approved, w.inquire(charger, &order).Outcome)
		w.Equal(1, w.executions(order))
	}
}

func testCodes(t *testing.T) {
	t.Helper()
	for call, of := range map[string]tabled{
		"charge": {rows: chargeCodes(), order: billed}, "confirm": {rows: confirmCodes(), order: agreed},
	} {
		rows := map[string]refused{}
		for _, row := range of.rows {
			rows[row.code] = row
		}
		for _, code := range tosstest.Codes() {
			w := setup(t)
			w.client = w.newClient(w.sim.Shop().SecretKey, toss.Config{TestCode: code})
			charger, order := of.order(w)
			answer := w.send(charger, &order)
			row := rows[code] // a code that is not listed for the call is unknown
			row.code = code
			row.require(t, answer)
			w.Zero(w.executed(), call)
		}
	}
}

func lostAfter(t *testing.T) {
	t.Helper()
	lostAnswer(t, tosstest.CloseAfter)
}

func lostBefore(t *testing.T) {
	t.Helper()
	lostAnswer(t, tosstest.CloseBefore)
}

func lostAnswer(t *testing.T, kind tosstest.Kind) {
	t.Helper()
	for _, of := range []func(w *world) (ports.Charger, ports.ChargeOrder){billed, agreed} {
		w := setup(t)
		charger, order := of(w)
		w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: kind})
		w.Equal(unknown, w.send(charger, &order).Outcome)
		w.sim.Hide(true)
		answer := w.inquire(charger, &order)
		w.Equal(unknown, answer.Outcome)
		w.True(answer.Resend)
		w.Equal(approved, w.resend(charger, &order).Outcome)
		w.Equal(1, w.executions(order))
	}
}

func noResendWanted(t *testing.T) {
	t.Helper()
	t.Run("it was executed", func(t *testing.T) {
		w := setup(t)
		charger, order := billed(w)
		w.sim.HideFor(90 * time.Second)
		w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseAfter})
		w.send(charger, &order)
		for w.clock.Now().Before(order.SentAt.Add(90 * time.Second)) {
			answer := w.inquire(charger, &order)
			w.Equal(unknown, answer.Outcome)
			w.Empty(answer.Review)
			w.clock.Advance(10 * time.Second)
		}
		w.Equal(approved, w.inquire(charger, &order).Outcome)
		w.Equal(1, w.executions(order))
	})
	t.Run("it was not executed and cannot be resent", func(t *testing.T) {
		w := setup(t)
		charger, order := billed(w)
		w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseBefore})
		w.send(charger, &order)
		delete(w.cards, "card-1") // the customer's card is gone
		for w.clock.Now().Before(order.SentAt.Add(10 * time.Minute)) {
			answer := w.inquire(charger, &order)
			w.Equal(unknown, answer.Outcome)
			w.Empty(answer.Review)
			w.False(answer.Resend)
			w.clock.Advance(max(answer.InquireAfter, time.Second))
		}
		w.NotEmpty(w.inquire(charger, &order).Review, "a person decides")
		w.Equal(unknown, order.Last.Outcome, "absence alone declines nothing")
		w.Zero(w.executions(order))
	})
}

func conflicts(t *testing.T) {
	t.Helper()
	w := setup(t)
	charger, order := billed(w)
	w.sim.Next("", tosstest.Scenario{Busy: time.Minute})
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseAfter})
	w.Equal(unknown, w.send(charger, &order).Outcome)
	w.sim.Hide(true)
	for range 3 {
		w.True(w.inquire(charger, &order).Resend)
		answer := w.resend(charger, &order)
		w.Equal(pending, answer.Outcome)
		w.Equal(codeInFlight, answer.Code)
		w.clock.Advance(25 * time.Second)
	}
	w.clock.Advance(2 * time.Minute)
	w.True(w.inquire(charger, &order).Resend)
	w.Equal(approved, w.resend(charger, &order).Outcome)
	w.Equal(1, w.executions(order))
}

func changedResends(t *testing.T) {
	t.Helper()
	for name, change := range map[string]func(w *world, order *ports.ChargeOrder){
		"body": func(_ *world, order *ports.ChargeOrder) { order.Amount = won(30_001) },
		"API key": func(w *world, _ *ports.ChargeOrder) {
			w.client = w.newClient(w.sim.RotateKey().SecretKey, toss.Config{})
		},
		"billing key": func(w *world, _ *ports.ChargeOrder) { w.cards["card-1"] = w.cards["card-2"] },
		"address": func(w *world, _ *ports.ChargeOrder) {
			w.client = w.newClient(w.sim.Shop().SecretKey, toss.Config{BaseURL: "https://toss.test/elsewhere"})
		},
		"14 days": func(w *world, _ *ports.ChargeOrder) { w.clock.Advance(14 * 24 * time.Hour) },
	} {
		for _, kind := range []tosstest.Kind{tosstest.CloseBefore, tosstest.CloseAfter} {
			w := setup(t)
			charger, order := billed(w)
			w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: kind})
			w.send(charger, &order)
			asSent := order.Amount
			change(w, &order)
			charger = w.billing()
			posts := countPosts(w)
			w.Equal(unknown, w.resend(charger, &order).Outcome, name)
			order.Amount = asSent
			if name != "body" { // the order as it was may be sent again
				w.False(w.inquire(charger, &order).Resend, name)
			}
			w.Zero(posts.Load(), name)
			w.Equal(map[bool]int{true: 1}[kind == tosstest.CloseAfter], w.executions(order))
		}
	}
}

// rewriting changes requests on their way to a simulator.
type rewriting struct {
	next   http.RoundTripper
	change func(r *http.Request)
}

func (c rewriting) RoundTrip(r *http.Request) (*http.Response, error) {
	changed := r.Clone(r.Context())
	c.change(changed)
	return c.next.RoundTrip(changed)
}

func oneKey(t *testing.T) {
	t.Helper()
	w := setup(t)
	w.client = w.newClient(w.sim.Shop().SecretKey, toss.Config{HTTPClient: &http.Client{Transport: rewriting{
		w.sim.Transport(), func(r *http.Request) { r.Header.Set("Idempotency-Key", "one-for-all") },
	}}})
	charger, first := billed(w)
	w.Equal(approved, w.send(charger, &first).Outcome)
	_, second := billed(w)
	answer := w.send(charger, &second)
	w.Equal(unknown, answer.Outcome)
	w.NotEmpty(answer.Alarm)
	w.Empty(answer.ProviderRef, "the payment is the other order's")
	for range 20 {
		w.clock.Advance(max(second.Last.InquireAfter, time.Minute))
		if second.Last.Resend {
			w.resend(charger, &second)
		} else {
			w.inquire(charger, &second)
		}
		w.Equal(unknown, second.Last.Outcome)
	}
	w.Equal([]int{1, 0}, []int{w.executions(first), w.executions(second)})
}

func duplicated(t *testing.T) {
	t.Helper()
	// begin has the order's first copy executed and forgotten, and the second one refused.
	begin := func(t *testing.T, between func(w *world, key string)) (*world, ports.Charger, ports.ChargeOrder) {
		t.Helper()
		w := setup(t)
		charger, order := billed(w)
		w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseAfter})
		w.send(charger, &order)
		w.sim.Hide(true)
		w.True(w.inquire(charger, &order).Resend)
		w.sim.LoseKeys()
		between(w, w.sim.Books().Payments[0].Key)
		answer := w.resend(charger, &order)
		w.Equal(unknown, answer.Outcome)
		w.Equal("DUPLICATED_ORDER_ID", answer.Code)
		w.sim.Hide(false)
		return w, charger, order
	}
	t.Run("our own that was approved", func(t *testing.T) {
		w, charger, order := begin(t, func(*world, string) {})
		w.Equal(approved, w.inquire(charger, &order).Outcome)
		w.Equal(1, w.executions(order))
	})
	t.Run("our own that was cancelled", func(t *testing.T) {
		w, charger, order := begin(t, func(w *world, key string) { w.True(w.sim.CancelOutside(key, won(30_000))) })
		answer := w.inquire(charger, &order)
		w.Equal(unknown, answer.Outcome)
		w.NotEmpty(answer.Alarm)
		w.NotEmpty(answer.Review)
		w.Equal(1, w.executions(order))
	})
	t.Run("of others", func(t *testing.T) {
		w := setup(t)
		charger, order := billed(w)
		key, err := w.lookUp(t.Context(), "card-2")
		w.NoError(err)
		_, err = w.client.Charge(t.Context(), toss.ChargeRequest{
			BillingKey: key, OrderID: "jgb-" + order.OperationID, OrderName: "another", Amount: won(500), Key: "another",
		})
		w.NoError(err)
		w.NotEmpty(w.send(charger, &order).Alarm)
		answer := w.inquire(charger, &order)
		w.Equal(fault, answer.Outcome)
		w.NotEmpty(answer.Alarm)
		w.Len(w.sim.Books().Payments, 1)
	})
}

func keptErrors(t *testing.T) {
	t.Helper()
	for _, code := range []string{"COMMON_ERROR", "FAILED_INTERNAL_SYSTEM_PROCESSING", "PROVIDER_ERROR"} {
		w := setup(t)
		charger, order := billed(w)
		w.sim.Next("", tosstest.Scenario{Code: code, Executed: true})
		w.Equal(unknown, w.send(charger, &order).Outcome)
		w.Equal(approved, w.inquire(charger, &order).Outcome)
		w.Equal(1, w.executions(order))
		_, order = billed(w)
		w.sim.Next("", tosstest.Scenario{Code: code})
		w.send(charger, &order)
		for order.Last.Review == "" {
			w.clock.Advance(max(order.Last.InquireAfter, time.Minute))
			if order.Last.Resend {
				w.Equal(unknown, w.resend(charger, &order).Outcome)
				continue
			}
			w.Equal(unknown, w.inquire(charger, &order).Outcome)
			w.Less(order.Inquiries, 50)
		}
		w.LessOrEqual(order.Transmissions, 5)
		w.Zero(w.executions(order))
	}
}

func confirmations(t *testing.T) {
	t.Helper()
	t.Run("a reload approves once", func(t *testing.T) {
		w := setup(t)
		charger, order := agreed(w)
		w.Equal(approved, w.send(charger, &order).Outcome)
		w.Equal(approved, w.resend(charger, &order).Outcome)
		w.sim.LoseKeys()
		answer := w.resend(charger, &order)
		w.Equal("ALREADY_PROCESSED_PAYMENT", answer.Code)
		w.Equal(unknown, answer.Outcome)
		w.Equal(approved, w.inquire(charger, &order).Outcome)
		w.Equal(1, w.executions(order))
	})
	t.Run("a tampered amount makes no call", func(t *testing.T) {
		w := setup(t)
		order := w.newOrder("")
		requests := w.sim.Requests()
		_, refusal := w.windows().PrepareConfirm(t.Context(), order, w.pay(order, won(100), tosstest.MethodCard))
		w.Equal(declined, refusal.Outcome)
		w.Equal(requests, w.sim.Requests())
	})
	t.Run("11 minutes late is declined", func(t *testing.T) {
		w := setup(t)
		charger, order := agreed(w)
		w.clock.Advance(11 * time.Minute)
		order.SentAt = w.clock.Now()
		answer := w.send(charger, &order)
		w.Equal("NOT_FOUND_PAYMENT_SESSION", answer.Code)
		w.Equal([]ports.Outcome{unknown, declined}, []ports.Outcome{answer.Outcome, answer.Likely})
		w.Equal(declined, w.inquire(charger, &order).Outcome)
		w.Zero(w.executions(order))
	})
	for _, kind := range []tosstest.Kind{tosstest.CloseBefore, tosstest.CloseAfter} {
		t.Run(fmt.Sprint("key rotation within 10 minutes after ", kind), func(t *testing.T) {
			w := setup(t)
			charger, order := agreed(w)
			w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: kind})
			w.send(charger, &order)
			w.client = w.newClient(w.sim.RotateKey().SecretKey, toss.Config{})
			charger = w.windows()
			if kind == tosstest.CloseAfter {
				w.resend(charger, &order) // whatever asks for it
			}
			if answer := w.inquire(charger, &order); answer.Outcome != approved {
				w.True(answer.Resend)
				w.Equal(approved, w.resend(charger, &order).Outcome)
			}
			w.Equal(1, w.executions(order))
		})
	}
}

// notified is a charger that reads notifications.
type notified interface {
	ports.Charger
	ports.WebhookReader
}

// notify reads the notifications that are due, and inquires about an order for each that names it.
func (w *world) notify(charger notified, order *ports.ChargeOrder) (notices int) {
	w.t.Helper()
	for _, n := range w.sim.Due() {
		read, err := charger.ReadWebhook(w.t.Context(), ports.Webhook{Header: n.Header, Body: n.Body})
		w.NoError(err)
		for _, notice := range read {
			w.Equal(charger.Name(), notice.Provider)
			w.Equal(order.OperationID, notice.OperationID)
			w.inquire(charger, order)
			notices++
		}
		w.sim.Answered(n.ID, http.StatusOK)
	}
	return notices
}

func deposits(t *testing.T) {
	t.Helper()
	begin := func(t *testing.T) (*world, *toss.AccountCharger, ports.ChargeOrder) {
		t.Helper()
		w := setup(t)
		charger, order := w.accounts(), w.prepared(w.accounts(), w.newOrder("20"))
		w.Equal(pending, w.send(charger, &order).Outcome)
		w.Zero(w.executions(order))
		return w, charger, order
	}
	t.Run("a deposit, and a deposit error", func(t *testing.T) {
		w, charger, order := begin(t)
		w.True(w.sim.Deposit("jga-" + order.OperationID))
		w.Equal(2, w.notify(charger, &order))
		w.Equal(approved, order.Last.Outcome)
		w.Equal(1, w.executions(order))
		w.True(w.sim.DepositError("jga-" + order.OperationID))
		w.Equal(1, w.notify(charger, &order))
		w.Equal(declined, order.Last.Outcome)
		w.NotEmpty(order.Last.Alarm)
		w.Zero(w.executions(order))
	})
	t.Run("a deposit after the time counts only as the provider shows it", func(t *testing.T) {
		w, charger, order := begin(t)
		w.clock.Advance(8 * 24 * time.Hour)
		w.True(w.sim.Deposit("jga-" + order.OperationID))
		w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 429, Times: 2})
		w.Equal(2, w.notify(charger, &order))
		w.Equal(unknown, order.Last.Outcome, "the notification alone approves nothing")
		w.Equal(approved, w.inquire(charger, &order).Outcome)
		w.Equal(1, w.executions(order))
	})
	t.Run("a deposit cannot come once the account is closed", func(t *testing.T) {
		w, charger, order := begin(t)
		w.clock.Advance(8 * 24 * time.Hour)
		w.Equal(declined, w.inquire(charger, &order).Outcome)
		w.False(w.sim.Deposit("jga-" + order.OperationID))
		w.Zero(w.executions(order))
	})
	t.Run("a false secret only has the order inquired about", func(t *testing.T) {
		w, charger, order := begin(t)
		body := `{"createdAt":"2026-03-16T12:05:00.000000","secret":"ps_false","status":"DONE","transactionKey":"TX","orderId":"jga-` + order.OperationID + `"}`
		requests := w.sim.Requests()
		notices, err := charger.ReadWebhook(t.Context(), ports.Webhook{Body: []byte(body)})
		w.NoError(err)
		w.Len(notices, 1)
		w.Equal(requests, w.sim.Requests(), "reading asks nothing")
		w.Equal(pending, w.inquire(charger, &order).Outcome)
		w.Zero(w.executions(order))
		w.sim.Misdeliver(tosstest.FalseSecret)
		w.True(w.sim.Deposit("jga-" + order.OperationID))
		w.NotZero(w.notify(charger, &order))
		w.Equal(approved, order.Last.Outcome, "the provider shows the deposit, whatever the secret")
	})
}

func partialCancels(t *testing.T) {
	t.Helper()
	for _, kind := range []tosstest.Kind{tosstest.CloseAfter, tosstest.CloseBefore} {
		w := setup(t)
		charge, canceler := w.charged(), w.billing()
		order := w.cancellation(canceler, charge, 10_000, 30_000)
		w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: kind})
		w.Equal(unknown, w.cancel(canceler, &order).Outcome)
		order.Transmissions++ // a copy more than an inquiry would ask for
		w.Equal(approved, w.cancel(canceler, &order).Outcome)
		w.Equal(approved, w.inquireCancel(canceler, &order).Outcome)
		w.Equal(int64(10_000), w.givenBack(charge), "one refund")
	}
	w := setup(t)
	charge, canceler := w.charged(), w.billing()
	for left := int64(30_000); left > 10_000; left -= 10_000 {
		order := w.cancellation(canceler, charge, 10_000, left)
		w.Equal(approved, w.cancel(canceler, &order).Outcome)
	}
	w.Equal(int64(20_000), w.givenBack(charge), "two equal parts are two refunds")
	rest := w.cancellation(canceler, charge, 10_000, 10_000)
	w.Equal(approved, w.cancel(canceler, &rest).Outcome)
	payment := w.sim.Books().Payments[0]
	w.Equal(tosstest.PartialCanceled, payment.Status)
	w.True(payment.Balance.IsZero())
	w.Len(payment.Cancels, 3)
	w.Equal(approved, w.inquireCancel(canceler, &rest).Outcome)
	over := w.cancellation(canceler, charge, 1, 1)
	w.NotEqual(approved, w.cancel(canceler, &over).Outcome)
	w.Equal(int64(30_000), w.givenBack(charge))
	charge.GivenBack = won(30_000)
	answer := w.inquire(canceler, &charge)
	w.Equal(declined, answer.Outcome, "nothing is left")
	w.Empty(answer.Alarm, "our records say so")
}

func staleBalance(t *testing.T) {
	t.Helper()
	w := setup(t)
	charge, canceler := w.charged(), w.billing()
	stale := w.cancellation(canceler, charge, 10_000, 20_000) // the record says that less is left
	asked := 0
	w.sim.OnRequest(func(r *http.Request) {
		if r.Method == http.MethodGet {
			asked++
		}
	})
	answer := w.cancel(canceler, &stale)
	w.Equal(notSent, answer.Outcome)
	w.Equal("NOT_MATCHES_REFUNDABLE_AMOUNT", answer.Code)
	w.NotEmpty(answer.Alarm, "more is left than the record says")
	w.Equal(1, asked)
	w.Zero(w.givenBack(charge))
	right := w.cancellation(canceler, charge, 10_000, 30_000)
	w.Equal(approved, w.cancel(canceler, &right).Outcome)
	w.Equal(int64(10_000), w.givenBack(charge))
}

func transports(t *testing.T) {
	t.Helper()
	for name, row := range map[string]struct {
		fault    tosstest.Fault
		outcome  ports.Outcome
		executed int
	}{
		"refused":           {tosstest.Fault{Kind: tosstest.Refused}, notSent, 0},
		"reset before":      {tosstest.Fault{Kind: tosstest.CloseBefore}, unknown, 0},
		"reset after":       {tosstest.Fault{Kind: tosstest.CloseAfter}, unknown, 1},
		"cut":               {tosstest.Fault{Kind: tosstest.Truncate}, unknown, 1},
		"an answer in 60 s": {tosstest.Fault{Kind: tosstest.DelayAfter, Delay: 60 * time.Second}, approved, 1},
		"no answer in 70 s": {tosstest.Fault{Kind: tosstest.DelayAfter, Delay: 70 * time.Second}, unknown, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := setup(t)
			charger, order := billed(w)
			row.fault.Method = http.MethodPost
			w.sim.Inject(row.fault)
			w.Equal(row.outcome, w.send(charger, &order).Outcome, name)
			w.Equal(row.executed, w.executions(order), name)
		})
	}
	w := setup(t)
	charger, order := billed(w)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.Equal(notSent, charger.Charge(ctx, order).Outcome, "cancelled before")
	w.Zero(w.executions(order))
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	w.sim.OnRequest(func(*http.Request) { cancel() })
	w.Equal(unknown, charger.Charge(ctx, order).Outcome, "cancelled after")
	w.LessOrEqual(w.executions(order), 1)
}

func oddAnswers(t *testing.T) {
	t.Helper()
	for name, fault := range map[string]tosstest.Fault{
		"redirect":   {Kind: tosstest.StatusBefore, Status: 307, Header: http.Header{"Location": {"https://toss.test/v1/elsewhere"}}},
		"page":       {Kind: tosstest.StatusAfter, Status: 200},
		"huge":       {Kind: tosstest.Huge},
		"half a won": {Kind: tosstest.Fraction},
		"dollars":    {Kind: tosstest.Dollars},
	} {
		w := setup(t)
		charger, order := billed(w)
		fault.Method = http.MethodPost
		w.sim.Inject(fault)
		requests := w.sim.Requests()
		w.Equal(unknown, w.send(charger, &order).Outcome, name)
		w.Equal(requests+1, w.sim.Requests(), "%s: nothing is followed or repeated", name)
		answer := w.inquire(charger, &order)
		w.True(answer.Resend || answer.Outcome == approved, name)
		if answer.Resend {
			w.Equal(approved, w.resend(charger, &order).Outcome)
		}
		w.Equal(1, w.executions(order))
		w.False(w.sim.Overread())
	}
}

func notifications(t *testing.T) {
	t.Helper()
	for _, mischief := range []tosstest.Mischief{tosstest.Doubled, tosstest.Reordered, tosstest.Late} {
		w := setup(t)
		charger, order := w.windows(), w.confirmable(tosstest.MethodCard)
		w.sim.Misdeliver(mischief)
		w.send(charger, &order)
		w.True(w.sim.CancelOutside(order.Last.ProviderRef, won(10_000)))
		w.clock.Advance(2 * time.Hour)
		w.GreaterOrEqual(w.notify(charger, &order), 2)
		w.NotEmpty(order.Last.Review, "the last look counts, and not the order of the notifications")
		w.Equal(1, w.executions(order))
	}
	t.Run("a slow handler is told again", func(t *testing.T) {
		w := setup(t)
		charger, order := w.windows(), w.confirmable(tosstest.MethodCard)
		w.send(charger, &order)
		first := w.sim.Due()
		w.Len(first, 1)
		w.Empty(w.sim.Due())
		w.clock.Advance(time.Minute)
		w.Equal(1, w.notify(charger, &order))
		w.Equal(approved, order.Last.Outcome)
		w.Equal(1, w.executions(order))
	})
	t.Run("an unknown event names no order", func(t *testing.T) {
		w := setup(t)
		for _, body := range []string{
			`{"eventType":"EVENT_OF_TOMORROW","data":{"orderId":"jgb-x","paymentKey":"k"}}`, `{"eventType":"BILLING_DELETED","data":{"billingKey":"b","reason":null}}`,
			`{"eventType":"METHOD_UPDATED","data":{}}`, `{"eventType":"PAYMENT_STATUS_CHANGED","data":{"orderId":"of-others","paymentKey":"k"}}`,
		} {
			notices, err := w.windows().ReadWebhook(t.Context(), ports.Webhook{Body: []byte(body)})
			w.NoError(err)
			w.Empty(notices)
		}
	})
}

func reconciliation(t *testing.T) {
	t.Helper()
	w := setup(t)
	charge, canceler := w.charged(), w.billing()
	order := w.cancellation(canceler, charge, 10_000, 30_000)
	w.Equal(approved, w.cancel(canceler, &order).Outcome)
	_, waiting := issued(w)
	w.Equal(pending, w.send(w.accounts(), &waiting).Outcome)
	const foreign = 1_100
	for range foreign {
		w.sim.ChargeOutside(w.card, won(500))
	}
	requests := w.sim.Requests()
	rows := map[string]toss.Transaction{}
	for row, err := range w.client.Transactions(t.Context(), start.Add(-time.Hour), start.Add(time.Hour)) {
		w.NoError(err)
		w.NotContains(rows, row.Key)
		rows[row.Key] = row
	}
	w.Len(rows, foreign+3, "no row is lost at the border of a page")
	w.Equal(4, w.sim.Requests()-requests, "three pages, and a question that finds nothing")
	payment, err := w.client.Payment(t.Context(), charge.Last.ProviderRef)
	w.NoError(err)
	w.True(rows[payment.TransactionKey].Amount.Equal(won(10_000)), "the last change of the payment is its cancellation")
	w.Equal("jgb-"+charge.OperationID, rows[order.Last.ProviderRef].OrderID, "a cancellation is joined by its transactionKey")
	byOrder := map[string][]toss.Transaction{}
	for _, row := range rows {
		byOrder[row.OrderID] = append(byOrder[row.OrderID], row)
	}
	w.Len(byOrder["jgb-"+charge.OperationID], 2)
	w.Len(byOrder["jga-"+waiting.OperationID], 1)
	w.True(byOrder["jga-"+waiting.OperationID][0].Amount.IsZero(), "the issue of an account is a row of amount 0")
	others := 0
	for id := range byOrder {
		if !strings.HasPrefix(id, "jg") {
			others++
		}
	}
	w.Equal(foreign, others, "rows of others are shown as they are")
	repeatedRows(t)
}

// repeatedRows has each page begin with the last row of the page before.
func repeatedRows(t *testing.T) {
	t.Helper()
	row := func(key string) string {
		return `{"transactionKey":"` + key + `","orderId":"o","amount":1,"currency":"KRW"}`
	}
	pages := map[string]string{"": row("a") + "," + row("b"), "b": row("b") + "," + row("c"), "c": row("c")}
	key, err := toss.NewSecretKey(fuzzKey)
	require.NoError(t, err)
	client, err := toss.New(key, toss.Config{HTTPClient: &http.Client{Transport: answering(func(r *http.Request) (int, string) {
		require.NotContains(t, r.URL.RawQuery, "Z&")
		return 200, "[" + pages[r.URL.Query().Get("startingAfter")] + "]"
	})}})
	require.NoError(t, err)
	var keys []string
	var ended error
	for row, err := range client.Transactions(t.Context(), start, start) {
		if ended = err; err == nil {
			keys = append(keys, row.Key)
		}
	}
	require.Equal(t, []string{"a", "b", "c"}, keys, "none twice")
	require.Error(t, ended, "the same page again is no end of the list")
}

// answering is a provider that is a function.
type answering func(r *http.Request) (status int, body string)

func (f answering) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := f(r)
	return canned{status, body}.RoundTrip(r)
}

func quietLogs(t *testing.T) {
	t.Helper()
	var log bytes.Buffer
	h := inMemory(t)
	h.client = h.newClient(h.sim.Shop().SecretKey, toss.Config{Version: "2022-11-16", Logger: slog.New(slog.NewTextHandler(&log, nil))})
	secrets := h.Secrets()
	for _, fault := range []tosstest.Kind{tosstest.None, tosstest.CloseAfter, tosstest.Garbage, tosstest.OtherVersion, tosstest.Refused} {
		for _, of := range []func(w *world) (ports.Charger, ports.ChargeOrder){billed, agreed, issued} {
			charger, order := of(h.world)
			h.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: fault})
			answer := h.send(charger, &order)
			h.inquire(charger, &order)
			data, err := json.Marshal([]any{order, answer})
			h.NoError(err)
			_, err = fmt.Fprintf(&log, "%s %+v %s %v", data, order, order.Evidence, charger)
			h.NoError(err)
		}
	}
	for _, secret := range secrets {
		h.NotContains(log.String(), secret)
	}
	h.Contains(log.String(), "version", "the version is logged")
}

func refusedLocally(t *testing.T) {
	t.Helper()
	live, err := toss.NewSecretKey("live_sk_jigapExampleKey0000000000")
	require.NoError(t, err)
	_, err = toss.New(live, toss.Config{TestCode: "REJECT_CARD_PAYMENT"})
	require.ErrorIs(t, err, ports.ErrInvalid)
	w := setup(t)
	widget := w.newClient(w.sim.Shop().WidgetKey, toss.Config{})
	_, err = toss.NewBillingCharger(widget, "main", toss.BillingConfig{Card: w.lookUp})
	w.ErrorIs(err, ports.ErrInvalid)
	_, err = toss.NewAccountCharger(widget, "main", toss.AccountConfig{Customer: customer})
	w.ErrorIs(err, ports.ErrInvalid)
	key, err := w.lookUp(t.Context(), "card-1")
	w.NoError(err)
	_, err = widget.Charge(t.Context(), toss.ChargeRequest{BillingKey: key, OrderID: "order-1", OrderName: "n", Amount: won(1000), Key: "k"})
	w.ErrorIs(err, ports.ErrInvalid)
	_, err = widget.IssueBillingKey(t.Context(), "auth", customerKey)
	w.ErrorIs(err, ports.ErrInvalid)
	w.ErrorIs(widget.DeleteBillingKey(t.Context(), key), ports.ErrInvalid)
	w.Zero(w.sim.Requests())
	_, err = toss.NewWindowCharger(widget, "main", toss.WindowConfig{})
	w.NoError(err)
}
