package toss_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// cancelCodes are what a cancellation is refused with.
func cancelCodes() []refused {
	return slices.Concat(without(codesOfAll(), "INVALID_REQUEST"),
		each(refused{status: 400}, "ALREADY_CANCELED_PAYMENT", "ALREADY_REFUND_PAYMENT", "ALREADY_REFUNDING_PAYMENT", "DUPLICATED_REQUEST"),
		each(refused{status: 400, likely: notSent}, "NOT_MATCHES_REFUNDABLE_AMOUNT"),
		each(refused{status: 403, likely: declined}, "NOT_CANCELABLE_AMOUNT", "EXCEED_CANCEL_LIMIT", "NOT_AVAILABLE_BANK"),
		each(refused{status: 400, likely: declined}, "EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT"),
		each(refused{likely: declined}, "INVALID_REFUND_AMOUNT", "EXCEED_MAX_REFUND_AMOUNT"),
		each(refused{status: 403, likely: declined, permanent: true},
			"NOT_CANCELABLE_PAYMENT", "NOT_CANCELABLE_PAYMENT_FOR_DORMANT_USER", "EXCEED_MAX_REFUND_DUE", "NOT_ALLOWED_PARTIAL_REFUND",
			"NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT"),
		each(refused{status: 400, likely: declined, permanent: true}, "REFUND_REJECTED", "FORBIDDEN_BANK_REFUND_REQUEST"),
		each(refused{likely: declined, permanent: true}, "NOT_SUPPORTED_REFUND", "NOT_ALLOWED_REFUND_BANK"),
		each(refused{status: 400, likely: fault, permanent: true, alarm: true},
			"INVALID_REFUND_ACCOUNT_INFO", "INVALID_REFUND_ACCOUNT_NUMBER", "INVALID_BANK", "INVALID_REQUEST"),
		each(refused{status: 404, likely: fault, permanent: true, alarm: true}, "NOT_FOUND_PAYMENT"),
		each(refused{status: 500}, "FAILED_REFUND_PROCESS", "FAILED_METHOD_HANDLING_CANCEL", "FAILED_PARTIAL_REFUND"),
	)
}

// charged is a charge that was approved.
func (w *world) charged() ports.ChargeOrder {
	w.t.Helper()
	charger, order := billed(w)
	w.Equal(approved, w.send(charger, &order).Outcome)
	return order
}

// cancellation is a prepared order to take a part of a charge back, of which so much is left.
func (w *world) cancellation(canceler ports.Canceler, charge ports.ChargeOrder, amount, left int64) ports.CancelOrder {
	w.t.Helper()
	order := ports.CancelOrder{
		CancelID: fmt.Sprintf("cancel-%d", w.made.Add(1)), Charge: charge, Amount: won(amount), Left: won(left), RequestedAt: w.clock.Now(),
	}
	evidence, refusal := canceler.PrepareCancel(w.t.Context(), order)
	w.Nil(refusal)
	order.Evidence, order.SentAt, order.Transmissions = evidence, w.clock.Now(), 1
	return order
}

func (w *world) cancel(canceler ports.Canceler, order *ports.CancelOrder) ports.ChargeAnswer {
	w.t.Helper()
	order.Last = w.stored(canceler.Cancel(w.t.Context(), *order))
	return order.Last
}

func (w *world) inquireCancel(canceler ports.Canceler, order *ports.CancelOrder) ports.ChargeAnswer {
	w.t.Helper()
	order.Inquiries++
	order.Last = w.stored(canceler.InquireCancel(w.t.Context(), *order))
	return order.Last
}

// givenBack is what was taken back of a payment.
func (w *world) givenBack(charge ports.ChargeOrder) int64 {
	w.t.Helper()
	for _, p := range w.sim.Books().Payments {
		if p.Key == charge.Last.ProviderRef {
			return p.Total.Sub(p.Balance).IntPart()
		}
	}
	return 0
}

// TestCanceler_Cancel_codes answers each code with its documented status and with another one. A
// refusal is confirmed by a look at the payment before it is the answer: when that fails, when the
// charge stands, and when the cancellation had been executed.
func TestCanceler_Cancel_codes(t *testing.T) {
	t.Parallel()
	for _, row := range cancelCodes() {
		for name, status := range row.statuses() {
			t.Run(fmt.Sprintf("%s %d %s", row.code, status, name), func(t *testing.T) {
				t.Parallel()
				said := row.with(status)
				t.Run("and the payment cannot be looked at", func(t *testing.T) { refuseCancel(t, said, status, tosstest.StatusBefore, true) })
				t.Run("and the charge stands", func(t *testing.T) { refuseCancel(t, said, status, tosstest.StatusBefore, false) })
				t.Run("and it was executed", func(t *testing.T) { refuseCancel(t, said, status, tosstest.StatusAfter, false) })
			})
		}
	}
}

// refuseCancel has a cancellation of a part answered with a code, before or after it is executed.
func refuseCancel(t *testing.T, row refused, status int, kind tosstest.Kind, blind bool) {
	t.Helper()
	if row.outcome.Final() && kind == tosstest.StatusAfter {
		return // a provider that says so and does otherwise cannot be found out
	}
	w := setup(t)
	charge, canceler := w.charged(), w.billing()
	order := w.cancellation(canceler, charge, 10_000, 30_000)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: kind, Status: status, Code: row.code})
	if blind {
		w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 429})
	}
	answer, confirmed := w.cancel(canceler, &order), row.likely != unknown
	w.False(answer.NextMethod)
	switch {
	case kind == tosstest.StatusAfter && confirmed:
		w.Equal(approved, answer.Outcome, "%+v", answer)
		return
	case confirmed && !blind:
		w.Equal(row.likely, answer.Outcome, "%+v", answer)
		w.Equal(row.code, answer.Code)
		w.Equal(row.permanent, answer.Permanent)
		w.Equal(row.alarm, answer.Alarm != "", answer.Alarm)
		w.Zero(w.givenBack(charge))
		return
	}
	row.require(t, answer)
	if row.outcome.Final() {
		return
	}
	w.sim.Heal()
	w.clock.Advance(max(answer.InquireAfter, time.Second))
	answer = w.inquireCancel(canceler, &order)
	switch {
	case kind == tosstest.StatusAfter:
		w.Equal(approved, answer.Outcome)
		w.Equal(int64(10_000), w.givenBack(charge))
	case confirmed:
		w.Equal(row.likely, answer.Outcome)
	default:
		w.Equal(unknown, answer.Outcome)
		w.True(answer.Resend)
	}
}

// What an entry of the payment's cancels means as the answer to a cancellation.
func TestCanceler_Cancel_entries(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		entry, payment string
		outcome        ports.Outcome
		likely         ports.Outcome
		alarm          bool
	}{
		"ours, done":               {`{"cancelAmount":10000,"cancelReason":"jgc-%s","transactionKey":"TX2","cancelStatus":"DONE"}`, "", approved, unknown, false},
		"ours, in progress":        {`{"cancelAmount":10000,"cancelReason":"jgc-%s","transactionKey":"TX2","cancelStatus":"IN_PROGRESS"}`, "", pending, unknown, false},
		"ours, aborted":            {`{"cancelAmount":10000,"cancelReason":"jgc-%s","transactionKey":"TX2","cancelStatus":"ABORTED"}`, "", unknown, unknown, false},
		"ours, of tomorrow":        {`{"cancelAmount":10000,"cancelReason":"jgc-%s","transactionKey":"TX2","cancelStatus":"NEW"}`, "", unknown, unknown, false},
		"ours, of another amount":  {`{"cancelAmount":10001,"cancelReason":"jgc-%s","transactionKey":"TX2","cancelStatus":"DONE"}`, "", unknown, approved, true},
		"ours, without an amount":  {`{"cancelReason":"jgc-%s","transactionKey":"TX2","cancelStatus":"DONE"}`, "", unknown, unknown, false},
		"another one's":            {`{"cancelAmount":10000,"cancelReason":"jgc-x-%s","transactionKey":"TX2","cancelStatus":"DONE"}`, "", unknown, unknown, true},
		"ours, of another payment": {`{"cancelAmount":10000,"cancelReason":"jgc-%s","transactionKey":"TX2","cancelStatus":"DONE"}`, "another", unknown, unknown, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			charge, canceler := w.charged(), w.billing()
			order := w.cancellation(canceler, charge, 10_000, 30_000)
			key := charge.Last.ProviderRef
			if row.payment != "" {
				key = row.payment
			}
			w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.StatusBefore, Status: 200, Body: fmt.Sprintf(
				`{"version":"2024-06-01","paymentKey":%q,"type":"BILLING","orderId":"jgb-%s","currency":"KRW","totalAmount":30000,"balanceAmount":20000,`+
					`"status":"PARTIAL_CANCELED","cancels":[`+row.entry+`]}`, key, charge.OperationID, order.CancelID)})
			answer := w.cancel(canceler, &order)
			w.Equal(row.outcome, answer.Outcome, "%+v", answer)
			w.Equal(row.likely, answer.Likely)
			w.Equal(row.alarm, answer.Alarm != "", answer.Alarm)
		})
	}
}

// A charge that others took back: the cancellation is not ours, and a person is told at once.
func TestCanceler_Cancel_finds_what_others_took_back(t *testing.T) {
	t.Parallel()
	for _, outside := range []int64{30_000, 25_000} {
		w := setup(t)
		charge, canceler := w.charged(), w.billing()
		order := w.cancellation(canceler, charge, 10_000, 30_000)
		require.True(t, w.sim.CancelOutside(charge.Last.ProviderRef, won(outside)))
		w.cancel(canceler, &order)
		answer := w.inquireCancel(canceler, &order)
		w.Equal(unknown, answer.Outcome)
		w.NotEmpty(answer.Alarm)
		w.False(answer.Resend)
		w.clock.Advance(10 * time.Minute)
		w.NotEmpty(w.inquireCancel(canceler, &order).Review)
		w.Equal(outside, w.givenBack(charge))
	}
}
