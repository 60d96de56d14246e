package toss_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// scripted is a client of a server that answers what a function says.
func (w *world) scripted(answer func(r *http.Request, body string) (int, any)) *toss.Client {
	w.t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		status, said := answer(r, string(body))
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		if text, is := said.(string); is {
			_, _ = io.WriteString(rw, text)
			return
		}
		_ = json.NewEncoder(rw).Encode(said)
	}))
	w.t.Cleanup(server.Close)
	return w.newClient(w.sim.Shop().SecretKey, toss.Config{BaseURL: server.URL, HTTPClient: &http.Client{}})
}

// fieldsOf is an object of JSON.
type fieldsOf = map[string]any

// paid is a payment as the provider shows it.
func paid(orderID, kind, status string, with fieldsOf) fieldsOf {
	p := fieldsOf{
		"version": "2024-06-01", "paymentKey": "pk_1", "type": kind, "orderId": orderID, "mId": "m", "currency": "KRW",
		"totalAmount": 30000, "balanceAmount": 30000, "status": status, "requestedAt": "2026-03-16T12:00:00+09:00", "approvedAt": nil,
	}
	for name, value := range with {
		p[name] = value
	}
	return p
}

func (w *world) billingOf(client *toss.Client) *toss.BillingCharger {
	w.t.Helper()
	charger, err := toss.NewBillingCharger(client, "main", toss.BillingConfig{Card: w.lookUp})
	w.NoError(err)
	return charger
}

func (w *world) accountsOf(client *toss.Client) *toss.AccountCharger {
	w.t.Helper()
	charger, err := toss.NewAccountCharger(client, "main", toss.AccountConfig{Customer: customer, RefundAccount: refundAccount})
	w.NoError(err)
	return charger
}

// The provider refuses once to close an account, and repeats the refusal under its key: another key is used an hour later.
func TestAccountCharger_Inquire_closes_an_account_after_a_refusal(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charger, order := issued(w)
	w.Equal(pending, w.send(charger, &order).Outcome)
	w.clock.Advance(7*24*time.Hour + time.Minute)
	w.sim.Next("/cancel", tosstest.Scenario{Code: "NOT_AVAILABLE_BANK"}) // the bank's hours: once, and never again
	w.Equal(unknown, w.inquire(charger, &order).Outcome)
	for range 3 * 24 { // three days, an hour apart
		w.clock.Advance(time.Hour)
		if w.inquire(charger, &order).Outcome == declined {
			return
		}
	}
	w.Fail("the account is not closed after three days of questions", "%+v; deposit taken: %v", order.Last, w.sim.Deposit("jga-"+order.OperationID))
}

// The closing of an account meets a deposit, and gives it back: nothing is approved.
func TestAccountCharger_Inquire_a_deposit_that_the_closing_gave_back(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := ""
	account := fieldsOf{"accountNumber": "X123", "bankCode": "20", "customerName": "홍길동", "dueDate": "2026-03-16T12:30:00+09:00", "expired": true}
	charger := w.accountsOf(w.scripted(func(r *http.Request, body string) (int, any) {
		if r.Method == http.MethodGet {
			return 200, paid(id, "NORMAL", "WAITING_FOR_DEPOSIT", fieldsOf{"virtualAccount": account})
		}
		var sent struct{ CancelReason string }
		_ = json.Unmarshal([]byte(body), &sent)
		return 200, paid(id, "NORMAL", "CANCELED", fieldsOf{
			"virtualAccount": account, "approvedAt": "2026-03-16T12:31:00+09:00", "balanceAmount": 0, "cancels": []fieldsOf{{
				"cancelAmount": 30000, "cancelReason": sent.CancelReason, "refundableAmount": 0, "canceledAt": "2026-03-16T12:31:01+09:00",
				"transactionKey": "TX2", "cancelStatus": "DONE",
			}},
		})
	}))
	order := w.prepared(charger, w.newOrder("20"))
	id = "jga-" + order.OperationID
	w.clock.Advance(time.Hour)
	order.Last = ports.ChargeAnswer{Answer: ports.Answer{Outcome: pending, ProviderRef: "pk_1"}}
	answer := w.inquire(charger, &order)
	w.NotEqual(approved, answer.Outcome, "nothing is left of the payment: %+v", answer)
}

// A record names the payment of another order: it is not taken back.
func TestCanceler_PrepareCancel_the_payment_of_another_order(t *testing.T) {
	t.Parallel()
	w := setup(t)
	victim := w.charged()
	typed := w.newOrder("card-1") // approved by a person, with the paymentKey of another order
	typed.Transmissions, typed.SentAt = 1, w.clock.Now()
	typed.Last = ports.ChargeAnswer{Answer: ports.Answer{Outcome: unknown, ProviderRef: victim.Last.ProviderRef}}
	order := ports.CancelOrder{CancelID: "cancel-x", Charge: typed, Amount: won(30_000), Left: won(30_000), RequestedAt: w.clock.Now()}
	canceler := w.billing()
	evidence, refusal := canceler.PrepareCancel(t.Context(), order)
	if refusal != nil {
		return
	}
	order.Evidence, order.SentAt, order.Transmissions = evidence, w.clock.Now(), 1
	answer := canceler.Cancel(t.Context(), order)
	w.Equal(int64(0), w.givenBack(victim), "the payment of %s was given back for %s: %+v", victim.OperationID, typed.OperationID, answer)
}

// A cancellation that was aborted, or is on its way, took nothing back.
func TestBillingCharger_Inquire_a_cancellation_without_effect(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"ABORTED", "IN_PROGRESS"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			id := ""
			charger := w.billingOf(w.scripted(func(*http.Request, string) (int, any) {
				return 200, paid(id, "BILLING", "DONE", fieldsOf{"approvedAt": "2026-03-16T12:00:01+09:00", "cancels": []fieldsOf{{
					"cancelAmount": 10000, "cancelReason": "jgc-cancel-1", "refundableAmount": 30000, "canceledAt": "2026-03-16T12:01:00+09:00",
					"transactionKey": "TX2", "cancelStatus": status,
				}}})
			}))
			order := w.prepared(charger, w.newOrder("card-1"))
			id = "jgb-" + order.OperationID
			order.Last = ports.ChargeAnswer{Answer: ports.Answer{Outcome: approved, ProviderRef: "pk_1"}, Amount: amountOf(30_000)}
			answer := w.inquire(charger, &order)
			w.Equal(approved, answer.Outcome, "%+v", answer)
			w.Empty(answer.Alarm)
		})
	}
}

// There are too many transactions to look through: a person is called all the same.
func TestBillingCharger_Inquire_in_a_busy_shop(t *testing.T) {
	t.Parallel()
	w := setup(t)
	rows, pages := 0, 0
	client := w.scripted(func(r *http.Request, _ string) (int, any) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/transactions"):
			pages++
			var page []fieldsOf
			for range 500 {
				rows++
				page = append(page, fieldsOf{"transactionKey": fmt.Sprintf("TX%d", rows), "paymentKey": "p", "orderId": fmt.Sprintf("other-%d", rows), "currency": "KRW", "amount": 1000, "status": "DONE"})
			}
			if rows%25_000 == 0 { // the end of the list
				return 200, page
			}
			return 200, page
		case r.Method == http.MethodGet:
			return 404, fieldsOf{"code": "NOT_FOUND_PAYMENT", "message": "-"}
		}
		return 502, "<html>"
	})
	charger := w.billingOf(client)
	order := w.prepared(charger, w.newOrder("card-1"))
	w.send(charger, &order)
	order.Last.Code = "PROVIDER_ERROR"                       // so that the core keeps what is said
	w.cards["card-1"] = w.sim.NewCard(tosstest.CardConfig{}) // the customer's new card
	w.clock.Advance(15 * 24 * time.Hour)
	for range 5 {
		w.clock.Advance(2 * time.Minute)
		if w.inquire(charger, &order).Review != "" {
			return
		}
	}
	w.Fail("no person is ever asked", "%d pages were read, last answer %+v", pages, order.Last)
}

// The pauses between questions are the core's, which grow.
func TestBillingCharger_Inquire_leaves_pauses_to_the_core(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := ""
	charger := w.billingOf(w.scripted(func(*http.Request, string) (int, any) { return 200, paid(id, "BILLING", "IN_PROGRESS", nil) }))
	order := w.prepared(charger, w.newOrder("card-1"))
	id = "jgb-" + order.OperationID
	order.Inquiries = 500
	w.clock.Advance(6 * time.Hour)
	answer := w.inquire(charger, &order)
	w.True(answer.InquireAfter == 0 || answer.InquireAfter >= time.Minute, "after six hours and 500 questions the next is in %s", answer.InquireAfter)
}

// The pauses between questions about a cancellation grow.
func TestCanceler_InquireCancel_leaves_pauses_to_the_core(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charge, canceler := w.charged(), w.billing()
	order := w.cancellation(canceler, charge, 10_000, 30_000)
	order.Last, order.Inquiries = ports.ChargeAnswer{Answer: ports.Answer{Outcome: unknown}}, 500
	w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 503, Times: -1})
	w.clock.Advance(6 * time.Hour)
	answer := w.inquireCancel(canceler, &order)
	w.True(answer.InquireAfter == 0 || answer.InquireAfter >= time.Minute, "after six hours of an outage the next question is in %s", answer.InquireAfter)
}

// Others took a part back. The cancellation was not executed, and an alarm is told.
func TestCanceler_Cancel_with_less_left_than_the_record_says(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charge, canceler := w.charged(), w.billing()
	w.True(w.sim.CancelOutside(charge.Last.ProviderRef, won(5_000)))
	order := w.cancellation(canceler, charge, 10_000, 30_000)
	answer := w.cancel(canceler, &order)
	w.Equal(notSent, answer.Outcome, "%+v", answer)
	w.Empty(answer.Review)
}

// One question after the quarter of an hour declines nothing, also where an earlier one found no payment.
func TestWindowCharger_Inquire_declines_after_two_questions(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charger, order := w.windows(), w.confirmable(tosstest.MethodCard)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseBefore})
	w.send(charger, &order)
	w.clock.Advance(10*time.Minute + time.Second)
	w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 404, Code: "NOT_FOUND_PAYMENT"})
	w.Equal(unknown, w.inquire(charger, &order).Outcome)
	w.clock.Advance(5 * time.Minute)
	w.theirs.by.Store(int64(-6 * time.Minute)) // the payment is shown as IN_PROGRESS
	answer := w.inquire(charger, &order)
	w.NotEqual(declined, answer.Outcome, "the first question that shows the payment: %+v", answer)
}

// A payment that is not shown is left to a person after a quarter of an hour, and not before.
func TestWindowCharger_Inquire_calls_no_person_before_the_quarter(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charger, order := w.windows(), w.confirmable(tosstest.MethodCard)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseAfter})
	w.send(charger, &order)
	w.sim.Hide(true)
	w.clock.Advance(10 * time.Minute)
	w.inquire(charger, &order)
	w.clock.Advance(2 * time.Minute)
	answer := w.inquire(charger, &order)
	w.Empty(answer.Review, "12 minutes after the confirmation")
}
