package toss_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/jigap/jigap/ports"
)

// The refund into the customer's bank account failed: nothing is approved, and a person is told.
func TestCanceler_Cancel_a_refund_that_failed(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id, reason := "", ""
	payment := func() fieldsOf {
		return paid(id, "NORMAL", "CANCELED", fieldsOf{
			"approvedAt": "2026-03-16T12:31:00+09:00", "balanceAmount": 0,
			"virtualAccount": fieldsOf{"accountNumber": "X1", "bankCode": "20", "customerName": "홍길동", "refundStatus": "FAILED", "expired": false},
			"cancels": []fieldsOf{{
				"cancelAmount": 30000, "cancelReason": reason, "refundableAmount": 0, "canceledAt": "2026-03-16T12:31:01+09:00",
				"transactionKey": "TX2", "cancelStatus": "DONE",
			}},
		})
	}
	charger := w.accountsOf(w.scripted(func(r *http.Request, body string) (int, any) {
		if r.Method == http.MethodPost {
			var sent struct{ CancelReason string }
			_ = json.Unmarshal([]byte(body), &sent)
			reason = sent.CancelReason
		}
		return 200, payment()
	}))
	charge := w.newOrder("20")
	id = "jga-" + charge.OperationID
	charge.Last = ports.ChargeAnswer{Answer: ports.Answer{Outcome: approved, ProviderRef: "pk_1"}}
	order := w.cancellation(charger, charge, 30_000, 30_000)
	answer := w.cancel(charger, &order)
	w.False(answer.Outcome == approved && answer.Alarm == "", "%+v", answer)
}
