package toss_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// confirmCodes are what the confirmation of a window's payment is refused with.
func confirmCodes() []refused {
	return slices.Concat(without(codesOfAll(), "FORBIDDEN_REQUEST"), cardCodes(),
		each(refused{status: 403, likely: fault, permanent: true, alarm: true}, "FORBIDDEN_REQUEST"),
		each(refused{status: 400, outcome: declined}, instalmentCodes...),
		each(refused{status: 400, outcome: declined},
			"RESTRICTED_TRANSFER_ACCOUNT", "INVALID_ACCOUNT_INFO_RE_REGISTER", "NOT_ALLOWED_POINT_USE", "NOT_AVAILABLE_PAYMENT", "EXCEED_MAX_CARD_INSTALLMENT_PLAN"),
		each(refused{status: 403, outcome: declined}, "INVALID_PASSWORD", "REJECT_TOSSPAY_INVALID_ACCOUNT", "NOT_AVAILABLE_BANK"),
		each(refused{status: 404, likely: declined}, "NOT_FOUND_PAYMENT_SESSION"),
		each(refused{status: 404, alarm: true}, "NOT_FOUND_PAYMENT"),
		each(refused{status: 400, likely: declined}, "INVALID_AUTHORIZE_AUTH"),
		each(refused{status: 400}, "UNAPPROVED_ORDER_ID"),
		each(refused{status: 400, alarm: true}, "DUPLICATED_ORDER_ID"),
		each(refused{status: 400, outcome: fault, permanent: true, alarm: true}, "NOT_SUPPORTED_METHOD"),
		each(refused{likely: declined, next: true}, "MAINTAINED_METHOD"),
	)
}

// agreed is an order that the customer agreed to in a window, by card.
func agreed(w *world) (ports.Charger, ports.ChargeOrder) {
	return w.windows(), w.confirmable(tosstest.MethodCard)
}

func TestWindowCharger_Charge_codes(t *testing.T) {
	t.Parallel()
	tabled{path: "/confirm", rows: confirmCodes(), order: agreed, pays: true, spoils: "ALREADY_PROCESSING_REQUEST"}.run(t)
}

func TestWindowCharger_Charge_strange_answers(t *testing.T) {
	t.Parallel()
	tabled{path: "/confirm", order: agreed}.runStrange(t)
}

// A confirmation that was refused, or lost, and a payment that waits for one: the customer's time runs
// out before the order is declined, and an approval that comes meanwhile is seen.
func TestWindowCharger_Inquire_waits_for_the_end_of_the_customers_time(t *testing.T) {
	t.Parallel()
	for _, row := range confirmCodes() {
		if row.outcome.Final() {
			continue
		}
		t.Run(row.code, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			charger, order := agreed(w)
			w.sim.Usually("/confirm", tosstest.Scenario{Code: row.code, Status: row.statuses()["as documented"]})
			w.send(charger, &order)
			sent := order.SentAt
			for !order.Last.Outcome.Final() {
				w.clock.Advance(max(order.Last.InquireAfter, time.Second))
				if order.Last.Resend {
					w.resend(charger, &order)
					continue
				}
				w.inquire(charger, &order)
				w.Less(w.clock.Now().Sub(sent), 20*time.Minute)
			}
			w.Equal(declined, order.Last.Outcome)
			w.GreaterOrEqual(w.clock.Now().Sub(sent), 10*time.Minute)
			w.Zero(w.executions(order))
		})
	}
}

// A token that is not that of the order is refused, and nothing is confirmed.
func TestWindowCharger_PrepareConfirm_refuses(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]func(w *world, order ports.ChargeOrder, token string) string{
		"another amount": func(w *world, order ports.ChargeOrder, _ string) string {
			return w.pay(order, won(100), tosstest.MethodCard)
		},
		"another order": func(w *world, _ ports.ChargeOrder, _ string) string {
			return w.pay(w.newOrder(""), won(30_000), tosstest.MethodCard)
		},
		"another amount in the text alone": func(_ *world, _ ports.ChargeOrder, token string) string { return token + "0" },
		"an amount twice":                  func(_ *world, _ ports.ChargeOrder, token string) string { return token + "&amount=30000" },
		"another payment's key": func(w *world, order ports.ChargeOrder, _ string) string {
			other := w.sim.OpenWindow("another-order", won(30_000), tosstest.MethodCard)
			w.sim.Authenticate(other)
			return "paymentKey=" + other + "&amount=30000&orderId=jgw-" + order.OperationID
		},
		"a payment that is not there": func(_ *world, order ports.ChargeOrder, _ string) string {
			return "paymentKey=nothing&amount=30000&orderId=jgw-" + order.OperationID
		},
		"a payment that the customer did not agree to": func(w *world, order ports.ChargeOrder, _ string) string {
			return "amount=30000&orderId=jgw-" + order.OperationID + "&paymentKey=" + w.sim.OpenWindow("jgw-"+order.OperationID, won(30_000), tosstest.MethodCard)
		},
		"a payment that has expired": func(w *world, _ ports.ChargeOrder, token string) string {
			w.clock.Advance(11 * time.Minute)
			return token
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			order := w.newOrder("")
			token := tamper(w, order, w.pay(order, order.Amount, tosstest.MethodCard))
			posts := countPosts(w)
			evidence, refusal := w.windows().PrepareConfirm(t.Context(), order, token)
			w.NotNil(refusal)
			w.Equal(declined, refusal.Outcome)
			w.Empty(evidence)
			w.Zero(posts.Load())
			w.Zero(w.executed())
		})
	}
}

// A virtual account that a customer chose in the window is closed once its time has passed.
// A customer's browser may open the window with another amount: no such payment is ever confirmed, and the
// order awaits its customer as before.
func TestWindowCharger_Inquire_awaits_despite_a_window_of_another_amount(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(w *world, key string){
		"that is open":       func(*world, string) {},
		"that was agreed to": func(w *world, key string) { w.NotEmpty(w.sim.Authenticate(key)) },
		"whose time is over": func(w *world, _ string) { w.clock.Advance(31 * time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			charger, order := w.windows(), w.newOrder("")
			leave(w, w.sim.OpenWindow("jgw-"+order.OperationID, won(29_000), tosstest.MethodCard))
			answer := w.inquire(charger, &order)
			w.Equal(pending, answer.Outcome)
			w.Empty(answer.Review + answer.Alarm)
		})
	}
}

func TestWindowCharger_Inquire_closes_an_account_whose_time_has_passed(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charger, order := w.windows(), w.confirmable(tosstest.MethodAccount)
	w.Equal(pending, w.send(charger, &order).Outcome)
	w.NotNil(order.Last.Await)
	w.clock.Advance(8 * 24 * time.Hour)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/cancel", Kind: tosstest.CloseBefore})
	w.Equal(unknown, w.inquire(charger, &order).Outcome, "the account is not closed yet")
	w.Equal(declined, w.inquire(charger, &order).Outcome)
	w.False(w.sim.Deposit("jgw-"+order.OperationID), "no money can come late")
	w.Zero(w.executions(order))
}
