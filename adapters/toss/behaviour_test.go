package toss_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// A customer may pay with the provider's own wallet in a window, and nowhere else.
func TestCharger_Inquire_payment_by_the_providers_wallet(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		order   func(w *world) (ports.Charger, ports.ChargeOrder)
		prefix  string
		outcome ports.Outcome
	}{
		"a window is paid":         {agreed, "jgw-", approved},
		"a billing key is not":     {billed, "jgb-", unknown},
		"a virtual account is not": {issued, "jga-", unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			charger, order := row.order(w)
			body := fmt.Sprintf(`{"version":"2024-06-01","paymentKey":"tpk","type":"BRANDPAY","orderId":"%s%s","currency":"KRW","totalAmount":30000,`+
				`"balanceAmount":30000,"status":"DONE","approvedAt":"2026-03-16T12:00:02+09:00"}`, row.prefix, order.OperationID)
			w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 200, Body: body})
			answer := w.inquire(charger, &order)
			w.Equal(row.outcome, answer.Outcome, "%+v", answer)
			w.Equal(row.outcome != approved, answer.Alarm != "", answer.Alarm)
		})
	}
}

// The orderId of an order that was sent once and refused as a duplicate belongs to the other payment. One
// that was sent several times may have been executed all the same, and a person decides.
func TestCharger_Inquire_duplicate_of_a_payment_of_another_order(t *testing.T) {
	t.Parallel()
	for transmissions, outcome := range map[int]ports.Outcome{1: fault, 2: unknown, 5: unknown} {
		t.Run(fmt.Sprintf("after %d transmissions", transmissions), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			charger, order := billed(w)
			w.Equal(approved, w.send(charger, &order).Outcome)
			order.Transmissions = transmissions
			order.Last = ports.ChargeAnswer{Answer: ports.Answer{Outcome: unknown, Code: "DUPLICATED_ORDER_ID"}}
			w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.WrongAmount})
			answer := w.inquire(charger, &order)
			w.Equal(outcome, answer.Outcome, "%+v", answer)
			w.NotEmpty(answer.Alarm)
			w.Equal(outcome == unknown, answer.Review != "")
		})
	}
}

// A transaction of the order is found although the provider's clock differs by most of an hour.
func TestBillingCharger_Inquire_finds_a_transaction_that_is_dated_by_another_clock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-50 * time.Minute, 0, 50 * time.Minute} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.theirs.by.Store(int64(skew))
			charger, order := billed(w)
			w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseAfter})
			w.Equal(unknown, w.send(charger, &order).Outcome)
			w.cards["card-1"] = w.sim.NewCard(tosstest.CardConfig{}) // it cannot be sent again
			w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Path: "/jgb-" + order.OperationID, Kind: tosstest.StatusBefore, Status: 404, Code: "NOT_FOUND_PAYMENT", Times: -1})
			w.clock.Advance(11 * time.Minute)
			w.Empty(w.inquire(charger, &order).Review)
			w.clock.Advance(2 * time.Minute)
			answer := w.inquire(charger, &order)
			w.Equal(unknown, answer.Outcome)
			w.NotEmpty(answer.Alarm, "the provider lists the transaction: %+v", answer)
			w.NotEmpty(answer.Review)
		})
	}
}

// A payout is listed under the day on which it is paid: the next business day, after a holiday say.
func TestDisburser_Inquire_finds_a_payout_of_another_day(t *testing.T) {
	t.Parallel()
	for name, days := range map[string]int{"the day before": -1, "today": 0, "the next business day": 4} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setupPayouts(t, tosstest.Config{})
			order := w.newPayout()
			order.SentAt, order.Transmissions = w.clock.Now(), 1
			day := w.clock.Now().In(time.FixedZone("KST", 9*60*60)).AddDate(0, 0, days).Format(time.DateOnly)
			d := w.at(serve(t, func(r *http.Request) string {
				query := r.URL.Query()
				if day < query.Get("payoutDateGte") || day > query.Get("payoutDateLte") {
					return list("", `"hasNext":false`)
				}
				return list(listed(order, "FPA_1", "COMPLETED"), `"hasNext":false`)
			}))
			answer := w.ask(d, &order)
			w.Equal(approved, answer.Outcome, "%+v", answer)
			w.Equal("FPA_1", answer.ProviderRef)
		})
	}
}

// Neither the key nor the header that is made of it is shown, whatever they look like.
func TestSecretKey_is_hidden_in_both_forms(t *testing.T) {
	t.Parallel()
	key, err := toss.NewSecretKey(fuzzKey)
	require.NoError(t, err)
	header := base64.StdEncoding.EncodeToString([]byte(fuzzKey + ":"))
	require.Equal(t, "key …, Basic ….", toss.Hide(key, "key "+fuzzKey+", Basic "+header+"."))
}

// A provider that is overloaded is left alone for a minute, whatever code it gives: the order may have
// been executed.
func TestCharger_waits_a_minute_for_a_provider_that_is_overloaded(t *testing.T) {
	t.Parallel()
	overloaded := func(method, code string) tosstest.Fault {
		return tosstest.Fault{Method: method, Kind: tosstest.StatusBefore, Status: 429, Code: code}
	}
	for _, code := range []string{"REJECT_CARD_PAYMENT", "NOT_FOUND_BILLING", "UNAUTHORIZED_KEY", "FORBIDDEN_CONSECUTIVE_REQUEST", "PROVIDER_ERROR", "CODE_OF_TOMORROW"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			charger, order := billed(w)
			w.sim.Inject(overloaded(http.MethodPost, code))
			answer := w.send(charger, &order)
			w.Equal(unknown, answer.Outcome)
			w.Equal(unknown, answer.Likely)
			w.GreaterOrEqual(answer.InquireAfter, time.Minute)
			w.clock.Advance(answer.InquireAfter)
			w.sim.Inject(overloaded(http.MethodGet, code))
			answer = w.inquire(charger, &order)
			w.Equal(unknown, answer.Outcome)
			w.False(answer.Resend)
			w.GreaterOrEqual(answer.InquireAfter, time.Minute)
		})
	}
}

// A payment that the provider shows as waiting to be confirmed may be approved until 15 minutes after
// the confirmation: it is declined then, and not before.
func TestWindowCharger_Inquire_declines_after_a_quarter_of_an_hour(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charger, order := agreed(w)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseBefore})
	w.send(charger, &order)
	w.clock.Advance(10*time.Minute + time.Second)
	for !order.Last.Outcome.Final() {
		w.theirs.by.Store(int64(order.SentAt.Add(time.Minute).Sub(w.clock.Now()))) // the provider goes on showing IN_PROGRESS
		w.inquire(charger, &order)
		w.Empty(order.Last.Review)
		w.clock.Advance(time.Minute + time.Second)
		w.Less(w.clock.Now().Sub(order.SentAt), 20*time.Minute)
	}
	w.Equal(declined, order.Last.Outcome)
	w.GreaterOrEqual(w.clock.Now().Sub(order.SentAt), 16*time.Minute, "the clock is a minute further than at the last question")
	w.Zero(w.executions(order))
}

// A change of a cancellation is about the order of the payment.
func TestShop_ReadWebhook_CANCEL_STATUS_CHANGED(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, event := range []string{"CANCEL_STATUS_CHANGED", "PAYMENT_STATUS_CHANGED"} {
		body := `{"eventType":"` + event + `","createdAt":"2026-03-16T12:05:00.000000","data":{"orderId":"jgb-operation-1","paymentKey":"tpk","status":"DONE"}}`
		notices, err := w.windows().ReadWebhook(t.Context(), ports.Webhook{Body: []byte(body)})
		w.NoError(err)
		w.Equal([]ports.Notice{{Provider: "billing@toss:main", OperationID: "operation-1", ProviderRef: "tpk"}}, notices, event)
	}
}

// A confirmation that fails at the provider is sent again a few times, and not as long as it could be.
func TestWindowCharger_Inquire_has_a_confirmation_sent_again_few_times(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charger, order := agreed(w)
	w.sim.Usually("/confirm", tosstest.Scenario{Code: "FAILED_INTERNAL_SYSTEM_PROCESSING"})
	w.send(charger, &order)
	for w.clock.Now().Sub(order.SentAt) < 9*time.Minute {
		w.clock.Advance(max(order.Last.InquireAfter, time.Second))
		if order.Last.Resend {
			w.resend(charger, &order)
			continue
		}
		w.inquire(charger, &order)
	}
	w.Greater(order.Transmissions, 1)
	w.LessOrEqual(order.Transmissions, 10)
	w.Zero(w.executions(order))
}

// A refusal of a later transmission of a cancellation says nothing of the first, which may still be on its
// way.
func TestCanceler_Cancel_refuses_a_later_transmission(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"NOT_CANCELABLE_AMOUNT", "NOT_CANCELABLE_PAYMENT", "NOT_MATCHES_REFUNDABLE_AMOUNT", "INVALID_BANK"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			charge, canceler := w.charged(), w.billing()
			order := w.cancellation(canceler, charge, 10_000, 30_000)
			w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.Late, Delay: 4 * time.Minute})
			w.Equal(unknown, w.cancel(canceler, &order).Outcome)
			w.clock.Advance(time.Minute)
			order.Transmissions++
			w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.StatusBefore, Status: 400, Code: code})
			w.False(w.cancel(canceler, &order).Outcome.Final(), "%+v", order.Last)
			w.clock.Advance(time.Minute)
			w.False(w.inquireCancel(canceler, &order).Outcome.Final(), "%+v", order.Last)
			w.clock.Advance(3 * time.Minute)
			w.Equal(approved, w.inquireCancel(canceler, &order).Outcome)
			w.Equal(int64(10_000), w.givenBack(charge))
		})
	}
}

// A cancellation is sent as it was prepared, byte by byte, or not at all.
func TestCanceler_Cancel_sends_what_was_prepared(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(w *world, order *ports.CancelOrder){
		"another amount":       func(_ *world, o *ports.CancelOrder) { o.Amount = won(10_001) },
		"another balance":      func(_ *world, o *ports.CancelOrder) { o.Left = won(30_001) },
		"another cancellation": func(_ *world, o *ports.CancelOrder) { o.CancelID += "-other" },
		"no evidence":          func(_ *world, o *ports.CancelOrder) { o.Evidence = nil },
		"the evidence of another": func(w *world, o *ports.CancelOrder) {
			o.Evidence = w.cancellation(w.billing(), o.Charge, 10_000, 30_000).Evidence
		},
		"another key of the shop": func(w *world, _ *ports.CancelOrder) {
			w.client = w.newClient(w.sim.RotateKey().SecretKey, toss.Config{})
		},
		"another payment": func(_ *world, o *ports.CancelOrder) { o.Charge.Last.ProviderRef += "x" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			charge := w.charged()
			order := w.cancellation(w.billing(), charge, 10_000, 30_000)
			change(w, &order)
			posts := countPosts(w)
			answer := w.cancel(w.billing(), &order)
			w.Equal(notSent, answer.Outcome, "%+v", answer)
			order.Transmissions = 2
			w.Equal(unknown, w.cancel(w.billing(), &order).Outcome, "an earlier transmission may arrive")
			w.Zero(posts.Load())
			w.Zero(w.givenBack(charge))
		})
	}
}

// An order whose card is gone is not sent. That ends the order only if it was never sent before.
func TestBillingCharger_Charge_without_the_card(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charger, order := billed(w)
	never := w.prepared(charger, w.newOrder("card-1"))
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.Late, Delay: time.Minute})
	w.Equal(unknown, w.send(charger, &order).Outcome)
	delete(w.cards, "card-1")
	w.Equal(fault, w.send(charger, &never).Outcome)
	w.Equal(unknown, w.resend(charger, &order).Outcome, "%+v", order.Last)
	w.Equal(unknown, order.Last.Likely)
	w.clock.Advance(time.Minute)
	w.Equal(approved, w.inquire(charger, &order).Outcome)
	w.Equal(1, w.executions(order))
	w.Zero(w.executions(never))
}
