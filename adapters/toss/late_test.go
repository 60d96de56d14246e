package toss_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// A question that finds no payment at all does not count as one that shows it unapproved.
func TestWindowCharger_Inquire_counts_questions_that_show_the_payment(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charger, order := w.windows(), w.confirmable(tosstest.MethodCard)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseBefore})
	w.send(charger, &order)
	w.clock.Advance(15*time.Minute + time.Second)
	w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 404, Code: "NOT_FOUND_PAYMENT"})
	w.Equal(unknown, w.inquire(charger, &order).Outcome)
	w.clock.Advance(time.Minute)
	w.theirs.by.Store(int64(-10 * time.Minute)) // the payment is shown as IN_PROGRESS
	answer := w.inquire(charger, &order)
	w.NotEqual(declined, answer.Outcome, "%+v", answer)
}

// The refund is PENDING when the cancellation is answered, and FAILED when the notification comes: a person is told.
func TestAccountCharger_Inquire_a_refund_that_fails_later(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id, reason, refund := "", "", "PENDING"
	charger := w.accountsOf(w.scripted(func(r *http.Request, body string) (int, any) {
		if r.Method == http.MethodPost {
			var sent struct{ CancelReason string }
			_ = json.Unmarshal([]byte(body), &sent)
			reason = sent.CancelReason
		}
		shown := paid(id, "NORMAL", "DONE", fieldsOf{"approvedAt": "2026-03-16T12:31:00+09:00", "virtualAccount": fieldsOf{"accountNumber": "X1", "bankCode": "20", "customerName": "홍길동", "expired": false}})
		if reason != "" {
			shown["status"], shown["balanceAmount"] = "CANCELED", 0
			shown["virtualAccount"] = fieldsOf{"accountNumber": "X1", "bankCode": "20", "customerName": "홍길동", "refundStatus": refund, "expired": false}
			shown["cancels"] = []fieldsOf{{
				"cancelAmount": 30000, "cancelReason": reason, "refundableAmount": 0, "canceledAt": "2026-03-16T12:31:01+09:00", "transactionKey": "TX2", "cancelStatus": "DONE",
			}}
		}
		return 200, shown
	}))
	charge := w.newOrder("20")
	id = "jga-" + charge.OperationID
	charge.Last = ports.ChargeAnswer{Answer: ports.Answer{Outcome: approved, ProviderRef: "pk_1"}}
	order := w.cancellation(charger, charge, 30_000, 30_000)
	if w.cancel(charger, &order).Outcome != approved {
		return
	}
	refund = "FAILED"
	charge.GivenBack, charge.Transmissions, charge.SentAt = won(30_000), 1, w.clock.Now()
	answer := w.inquire(charger, &charge) // the notification
	w.NotEmpty(answer.Alarm+answer.Review, "the wallet was debited, the customer got nothing, and no person is told: %+v", answer)
}

// A key that was revoked does not have each open order asked about every few seconds.
func TestBillingCharger_Inquire_with_a_revoked_key(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charger, order := billed(w)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseBefore})
	w.send(charger, &order)
	w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 401, Code: "UNAUTHORIZED_KEY", Times: -1})
	order.Inquiries = 500
	w.clock.Advance(6 * time.Hour)
	answer := w.inquire(charger, &order)
	w.True(answer.InquireAfter == 0 || answer.InquireAfter >= time.Minute, "after six hours and 500 questions the next is in %s, alarm %q", answer.InquireAfter, answer.Alarm)
}

// The same of a cancellation.
func TestCanceler_InquireCancel_with_a_revoked_key(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charge, canceler := w.charged(), w.billing()
	order := w.cancellation(canceler, charge, 10_000, 30_000)
	order.Last, order.Inquiries = ports.ChargeAnswer{Answer: ports.Answer{Outcome: unknown}}, 500
	w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 401, Code: "UNAUTHORIZED_KEY", Times: -1})
	w.clock.Advance(6 * time.Hour)
	answer := w.inquireCancel(canceler, &order)
	w.True(answer.InquireAfter == 0 || answer.InquireAfter >= time.Minute, "the next question is in %s", answer.InquireAfter)
}

// A process whose clock was six hours ahead sent the order the second time.
func TestBillingCharger_Inquire_after_a_clock_that_was_ahead(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charger, order := billed(w)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseBefore, Times: 2})
	w.send(charger, &order)
	w.resend(charger, &order)
	order.ResentAt = w.clock.Now().Add(6 * time.Hour)
	questions := 0
	for began := w.clock.Now(); w.clock.Now().Sub(began) < 5*time.Hour; {
		answer := w.inquire(charger, &order)
		questions++
		if answer.Resend {
			break
		}
		w.clock.Advance(max(answer.InquireAfter, time.Second))
	}
	w.Less(questions, 10, "questions, and it is not sent again")
}
