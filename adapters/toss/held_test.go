package toss_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

// A process that was held up confirms nothing that an inquiry may have declined.
func TestWindowCharger_Charge_that_was_held_up(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charger, order := w.windows(), w.newOrder("")
	key := w.sim.OpenWindow("jgw-"+order.OperationID, order.Amount, tosstest.MethodCard)
	w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: 429}) // Prepare goes without the question
	evidence, refusal := charger.PrepareConfirm(t.Context(), order, "paymentKey="+key+"&orderId=jgw-"+order.OperationID+"&amount=30000")
	w.Nil(refusal)
	order.Evidence, order.SentAt, order.Transmissions = evidence, w.clock.Now(), 1
	held := order // and the process stands still
	w.clock.Advance(15 * time.Minute)
	w.inquire(charger, &order)
	w.clock.Advance(time.Minute)
	w.Equal(declined, w.inquire(charger, &order).Outcome)
	w.NotEmpty(w.sim.Authenticate(key), "the customer agrees")
	answer := charger.Charge(t.Context(), held)
	w.Zero(w.executions(order), "%+v", answer)
}

// What the provider has worked on for more than ten minutes is unknown.
func TestBillingCharger_Charge_a_conflict_of_eleven_minutes(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charger, order := billed(w)
	w.sim.Usually("", tosstest.Scenario{Code: "IDEMPOTENT_REQUEST_PROCESSING"})
	w.Equal(pending, w.send(charger, &order).Outcome)
	w.clock.Advance(11 * time.Minute)
	w.True(w.inquire(charger, &order).Resend)
	w.Equal(unknown, w.resend(charger, &order).Outcome)
}
