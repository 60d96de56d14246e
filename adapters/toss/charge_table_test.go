package toss_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// cardCodes are refusals of the card, or of the account behind it.
func cardCodes() []refused {
	return slices.Concat(
		each(refused{status: 400, outcome: declined, next: true, permanent: true},
			"INVALID_STOPPED_CARD", "INVALID_CARD_LOST_OR_STOLEN", "INVALID_CARD_EXPIRATION", "INVALID_CARD_NUMBER", "INVALID_REJECT_CARD",
			"NOT_SUPPORTED_CARD_TYPE", "NOT_REGISTERED_CARD_COMPANY", "ALREADY_REMOVED_BILLING_KEY"),
		each(refused{status: 403, outcome: declined, next: true}, "REJECT_CARD_PAYMENT", "REJECT_ACCOUNT_PAYMENT", "EXCEED_MAX_ONE_DAY_AMOUNT"),
		each(refused{status: 403, outcome: declined, next: true, permanent: true}, "REJECT_CARD_COMPANY", "EXCEED_MAX_AUTH_COUNT", "FDS_ERROR"),
		each(refused{status: 400, outcome: declined, next: true},
			"EXCEED_MAX_AMOUNT", "EXCEED_MAX_PAYMENT_AMOUNT", "EXCEED_MAX_DAILY_PAYMENT_COUNT", "EXCEED_MAX_ONE_DAY_WITHDRAW_AMOUNT",
			"EXCEED_MAX_ONE_TIME_WITHDRAW_AMOUNT", "EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT", "EXCEEDS_TRANSFER_AMOUNT_MAXIMUM"),
	)
}

var instalmentCodes = []string{
	"INVALID_CARD_INSTALLMENT_PLAN", "NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT", "NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN",
}

// chargeCodes are what a charge of a billing key is refused with.
func chargeCodes() []refused {
	return slices.Concat(codesOfAll(), cardCodes(),
		each(refused{status: 404, outcome: declined, next: true, permanent: true}, "NOT_FOUND_BILLING"),
		each(refused{status: 400, likely: declined, next: true}, "INVALID_BILL_KEY_REQUEST"),
		each(refused{status: 400, outcome: fault, permanent: true, alarm: true}, append(slices.Clone(instalmentCodes), "NOT_MATCHES_CUSTOMER_KEY", "NOT_SUPPORTED_METHOD")...),
		each(refused{status: 400, alarm: true}, "DUPLICATED_ORDER_ID"),
		each(refused{status: 400, likely: declined, next: true}, "NOT_AVAILABLE_PAYMENT"),
		each(refused{status: 403, likely: declined, next: true}, "NOT_AVAILABLE_BANK"),
		each(refused{likely: declined, next: true}, "MAINTAINED_METHOD"),
	)
}

// billed is an order to charge a card.
func billed(w *world) (ports.Charger, ports.ChargeOrder) {
	charger := w.billing()
	return charger, w.prepared(charger, w.newOrder("card-1"))
}

func charges(w *world) string { return w.card.BillingKey() }

func TestBillingCharger_Charge_codes(t *testing.T) {
	t.Parallel()
	tabled{rows: chargeCodes(), order: billed, pays: true}.run(t)
}

func TestBillingCharger_Charge_strange_answers(t *testing.T) {
	t.Parallel()
	tabled{order: billed}.runStrange(t)
}

// Only the transmission that is the first speaks for the order. A refusal of a later one is confirmed.
func TestBillingCharger_Charge_refuses_a_later_transmission(t *testing.T) {
	t.Parallel()
	for _, row := range chargeCodes() {
		t.Run(row.code, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			charger, order := billed(w)
			order.Transmissions = 2
			w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.StatusBefore, Status: row.statuses()["as documented"], Code: row.code})
			answer := w.send(charger, &order)
			w.False(answer.Outcome.Final(), "%+v", answer)
			if row.outcome == fault || row.outcome == declined {
				w.Equal(row.outcome, answer.Likely)
			}
			w.Equal(row.code, answer.Code)
		})
	}
}

// A refusal with a status of 500 need not be the answer that is kept under the idempotency key: a copy
// of the order that is still on its way may be executed. It says nothing of an order that was sent
// again.
func TestBillingCharger_Charge_refuses_a_later_transmission_with_an_error_of_the_provider(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charger, order := billed(w)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.Late, Delay: 4 * time.Minute})
	w.send(charger, &order)
	w.True(w.inquire(charger, &order).Resend)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.StatusBefore, Status: 500, Code: "REJECT_CARD_PAYMENT"})
	answer := w.resend(charger, &order)
	w.Equal(unknown, answer.Outcome)
	w.Equal(unknown, answer.Likely)
	w.clock.Advance(4 * time.Minute)
	w.Equal(approved, w.inquire(charger, &order).Outcome)
	w.Equal(1, w.executions(order))
}

// What a payment means as the answer to a charge. The payment is that of the order unless the row
// says otherwise.
func TestBillingCharger_Charge_payments(t *testing.T) {
	t.Parallel()
	const (
		at     = `"approvedAt":"2026-03-16T12:00:02+09:00"`
		others = `"cancels":[{"cancelAmount":%d,"cancelReason":"console","cancelStatus":"DONE"}]`
		ours   = `"cancels":[{"cancelAmount":%d,"cancelReason":"jgc-c-1","cancelStatus":"DONE"}]`
	)
	for name, row := range map[string]struct {
		status, rest    string
		balance         int
		outcome, likely ports.Outcome
		alarm           bool
	}{
		"DONE":                    {"DONE", at, 30_000, approved, unknown, false},
		"DONE without approvedAt": {"DONE", `"approvedAt":null`, 30_000, unknown, unknown, false},
		"DONE with an approvedAt that is no time":     {"DONE", `"approvedAt":"soon"`, 30_000, unknown, unknown, false},
		"DONE with less left":                         {"DONE", at, 20_000, unknown, unknown, true},
		"ABORTED":                                     {"ABORTED", `"approvedAt":null`, 30_000, unknown, declined, false},
		"EXPIRED":                                     {"EXPIRED", `"approvedAt":null`, 30_000, unknown, declined, false},
		"READY":                                       {"READY", `"approvedAt":null`, 30_000, unknown, unknown, false},
		"IN_PROGRESS":                                 {"IN_PROGRESS", `"approvedAt":null`, 30_000, unknown, unknown, false},
		"WAITING_FOR_DEPOSIT":                         {"WAITING_FOR_DEPOSIT", `"approvedAt":null`, 30_000, unknown, unknown, false},
		"CANCELED by others":                          {"CANCELED", at + "," + fmt.Sprintf(others, 30_000), 0, unknown, unknown, true},
		"CANCELED without cancels":                    {"CANCELED", at, 0, unknown, unknown, true},
		"CANCELED with all left":                      {"CANCELED", at, 30_000, unknown, unknown, true},
		"PARTIAL_CANCELED by others":                  {"PARTIAL_CANCELED", at + "," + fmt.Sprintf(others, 10_000), 20_000, unknown, unknown, true},
		"PARTIAL_CANCELED with all left":              {"PARTIAL_CANCELED", at, 30_000, unknown, unknown, true},
		"PARTIAL_CANCELED by us":                      {"PARTIAL_CANCELED", at + "," + fmt.Sprintf(ours, 10_000), 20_000, approved, unknown, false},
		"PARTIAL_CANCELED by us and less is left":     {"PARTIAL_CANCELED", at + "," + fmt.Sprintf(ours, 10_000), 10_000, unknown, unknown, true},
		"CANCELED by us":                              {"CANCELED", at + "," + fmt.Sprintf(ours, 30_000), 0, approved, unknown, false},
		"done in lower case":                          {"done", at, 30_000, unknown, unknown, false},
		"SETTLED, a status that the provider has not": {"SETTLED", at, 30_000, unknown, unknown, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			charger, order := billed(w)
			if strings.Contains(row.rest, "jgc-c-1") { // as our records say
				order.GivenBack = won(int64(map[bool]int{true: 30_000, false: 10_000}[row.status == "CANCELED"]))
			}
			w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: charges(w), Kind: tosstest.StatusBefore, Status: 200, Body: fmt.Sprintf(
				`{"version":"2024-06-01","paymentKey":"tpk","type":"BILLING","orderId":"jgb-%s","currency":"KRW","totalAmount":30000,"balanceAmount":%d,"status":%q,%s}`,
				order.OperationID, row.balance, row.status, row.rest)})
			answer := w.send(charger, &order)
			w.Equal(row.outcome, answer.Outcome, "%+v", answer)
			w.Equal(row.likely, answer.Likely)
			w.Equal(row.alarm, answer.Alarm != "", answer.Alarm)
		})
	}
}

// An order that the provider does not take is not sent.
func TestBillingCharger_Prepare_refuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(order *ports.ChargeOrder){
		"an amount below the least":      func(o *ports.ChargeOrder) { o.Amount = won(99) },
		"an amount of a fraction":        func(o *ports.ChargeOrder) { o.Amount = won(30_001).Shift(-1) },
		"an amount that is not positive": func(o *ports.ChargeOrder) { o.Amount = won(-30_000) },
		"an amount without a bound":      func(o *ports.ChargeOrder) { o.Amount = won(1).Shift(17) },
		"another currency":               func(o *ports.ChargeOrder) { o.Currency = "USD" },
		"no card":                        func(o *ports.ChargeOrder) { o.PaymentMethod = "" },
		"a card that is not known":       func(o *ports.ChargeOrder) { o.PaymentMethod = "card-9" },
		"no id":                          func(o *ports.ChargeOrder) { o.OperationID = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			order := w.newOrder("card-1")
			change(&order)
			_, refusal := w.billing().Prepare(t.Context(), order)
			w.NotNil(refusal)
			w.Equal(fault, refusal.Outcome)
			order.Transmissions, order.SentAt = 1, w.clock.Now()
			w.Contains([]ports.Outcome{fault, notSent}, w.billing().Charge(t.Context(), order).Outcome)
			w.Zero(w.sim.Requests())
		})
	}
}
