package toss_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// lostForGood is an order whose answer was lost, and that cannot be sent again: the secret key is another
// one since.
func lostForGood(w *world, kind tosstest.Kind) (ports.Charger, ports.ChargeOrder) {
	charger := w.billing()
	order := w.prepared(charger, w.newOrder("card-1"))
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: kind})
	w.Equal(unknown, w.send(charger, &order).Outcome)
	w.client = w.newClient(w.sim.RotateKey().SecretKey, toss.Config{})
	return w.billing(), order
}

// A person is called when two questions, a minute apart, have found nothing, ten minutes after the order
// was sent at the earliest.
func TestBillingCharger_Inquire_calls_a_person(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charger, order := lostForGood(w, tosstest.CloseBefore)
	w.clock.Advance(12 * time.Minute)
	first := w.inquire(charger, &order)
	w.Equal([]any{unknown, "", false}, []any{first.Outcome, first.Review, first.Resend})
	w.clock.Advance(59 * time.Second)
	w.Empty(w.inquire(charger, &order).Review, "it is less than a minute since the first question")
	w.clock.Advance(time.Second)
	last := w.inquire(charger, &order)
	w.Equal(unknown, last.Outcome)
	w.Equal("the provider shows no payment of the order, and it cannot be sent again", last.Review)
}

// Before that the transactions are looked at: one of the order says that it was executed.
func TestBillingCharger_Inquire_looks_at_the_transactions(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charger, order := lostForGood(w, tosstest.CloseAfter)
	w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Path: "jgb-" + order.OperationID, Kind: tosstest.StatusBefore, Status: 404, Code: "NOT_FOUND_PAYMENT", Times: -1})
	w.clock.Advance(12 * time.Minute)
	w.inquire(charger, &order)
	w.clock.Advance(time.Minute)
	answer := w.inquire(charger, &order)
	w.Equal(unknown, answer.Outcome)
	w.Equal("the provider lists a transaction of the order and shows no payment", answer.Review)
	w.NotEmpty(answer.Alarm)
}

// A token of another order, or of another amount, is refused also while the provider cannot be asked.
func TestWindowCharger_PrepareConfirm_compares_without_the_provider(t *testing.T) {
	t.Parallel()
	w := setup(t)
	first, second := w.newOrder(""), w.newOrder("")
	others, less := w.pay(second, second.Amount, tosstest.MethodCard), w.pay(first, won(1_000), tosstest.MethodCard)
	w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 500, Times: -1})
	for _, token := range []string{others, less} {
		_, refusal := w.windows().PrepareConfirm(t.Context(), first, token)
		w.NotNil(refusal)
		w.Equal(declined, refusal.Outcome)
	}
	_, refusal := w.windows().PrepareConfirm(t.Context(), second, others)
	w.Nil(refusal, "its own token")
}

// A billing key of letters alone looks like a word. The network's error quotes the address that has it.
func TestClient_Charge_shows_no_billing_key(t *testing.T) {
	t.Parallel()
	const key = "AbcdefghijklmnopqrstuvwX"
	w := setup(t)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseAfter})
	_, err := w.client.Charge(t.Context(), toss.ChargeRequest{
		BillingKey: toss.NewBillingKey(key, w.card.CustomerKey()), OrderID: "order-1", OrderName: "지갑 충전", Amount: won(1_000), Key: "key-1",
	})
	w.Error(err)
	w.NotContains(err.Error(), key)
	err = w.client.DeleteBillingKey(t.Context(), toss.NewBillingKey(key, w.card.CustomerKey()))
	w.Error(err)
	w.NotContains(err.Error(), key)
}

// While the host cannot look the card up, an order whose answer was lost stays unknown: it is not left to a
// person, and is sent again when the card is found.
func TestBillingCharger_Inquire_waits_for_the_host(t *testing.T) {
	t.Parallel()
	w := setup(t)
	down := false
	charger, err := toss.NewBillingCharger(w.client, "main", toss.BillingConfig{Card: func(ctx context.Context, method string) (toss.BillingKey, error) {
		if down {
			return toss.BillingKey{}, errors.New("the database is down")
		}
		return w.lookUp(ctx, method)
	}})
	w.NoError(err)
	order := w.prepared(charger, w.newOrder("card-1"))
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseBefore})
	w.send(charger, &order)
	down = true
	for range 5 {
		w.clock.Advance(6 * time.Minute)
		answer := w.inquire(charger, &order)
		w.Equal([]any{unknown, "", false}, []any{answer.Outcome, answer.Review, answer.Resend})
	}
	down = false
	w.True(w.inquire(charger, &order).Resend)
	w.Equal(approved, w.resend(charger, &order).Outcome)
	w.Equal(1, w.executions(order))
}

// Before a payment is confirmed a question that fails says nothing: neither that the customer has not paid,
// nor that the money came. An order of which the provider shows nothing waits for its customer.
func TestWindowCharger_Inquire_before_the_confirmation(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := w.newOrder("")
	w.Equal(pending, w.inquire(w.windows(), &order).Outcome)
	w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 429})
	w.Equal(unknown, w.inquire(w.windows(), &order).Outcome)
}
