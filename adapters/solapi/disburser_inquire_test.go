package solapi_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

// Whichever of the questions of an inquiry fails, the inquiry must not conclude.
func TestDisburser_Inquire_half_a_look(t *testing.T) {
	t.Parallel()
	for skip := range 4 {
		synctest.Test(t, func(t *testing.T) {
			w := setup(t)
			w.sim.Inject(onPost(solapitest.CloseBefore))
			order, _ := w.disburse(solapi.DisburserConfig{})
			w.sim.Inject(solapitest.Fault{Method: http.MethodGet, Kind: solapitest.StatusBefore, Status: 403, Code: "Forbidden", Skip: skip})
			answer := w.inquirePayout(solapi.DisburserConfig{}, &order, time.Hour)
			w.Equal(unknown, answer.Outcome, "question %d", skip)
			w.Empty(answer.Review)
			w.Equal(notSent, w.inquirePayout(solapi.DisburserConfig{}, &order, 0).Outcome, "question %d", skip)
		})
	}
}

// Another account's books say nothing of a withdrawal.
func TestDisburser_Inquire_another_account(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]solapitest.Fault{
		"taken, and the answer lost": onPost(solapitest.CloseAfter),
		"not taken":                  onPost(solapitest.CloseBefore),
		"refused":                    refused(402, "New"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.sim.Inject(fault)
			order, _ := w.disburse(solapi.DisburserConfig{})
			right, other := w.client, w.sim.NewAccount(solapitest.AccountConfig{ID: "214727", Balance: won(10_130)})
			w.client = w.newClient(other.NewKey(solapitest.RoleOwner))
			for _, after := range []time.Duration{time.Minute, time.Hour} {
				answer := w.inquirePayout(solapi.DisburserConfig{}, &order, after)
				w.Equal(unknown, answer.Outcome)
				w.Contains(answer.Review, "another account")
			}
			w.client = right
			answer := w.inquirePayout(solapi.DisburserConfig{}, &order, 0)
			w.NotEqual(unknown, answer.Outcome, "%+v", answer)
			w.Empty(answer.Review)
		})
	}
}

// The answer to a withdrawal is booked as the provider gives it.
func TestDisburser_Disburse_answers(t *testing.T) {
	t.Parallel()
	config := solapi.DisburserConfig{Statuses: map[string]ports.Outcome{"COMPLETE": approved, "REJECT": declined}}
	cases := []struct {
		name    string
		body    string
		outcome ports.Outcome
		fee     int64
		review  bool
	}{
		{"another fee than was quoted", `{"withdrawId":"1","amount":8900,"fee":1100,"totalAmount":10000,"status":"PENDING"}`, pending, 1_100, false},
		{"figures as texts", `{"withdrawId":"1","amount":"9000","fee":"1000","totalAmount":"10000","status":"PENDING"}`, pending, 1_000, false},
		{"a status that is not in the map", `{"withdrawId":"1","amount":9000,"fee":1000,"totalAmount":10000,"status":"HELD"}`, pending, 1_000, true},
		{"a status that says paid", `{"withdrawId":"1","amount":9000,"fee":1000,"totalAmount":10000,"status":"COMPLETE"}`, approved, 1_000, false},
		{"a rejection, not believed at once", `{"withdrawId":"1","amount":9000,"fee":1000,"totalAmount":10000,"status":"REJECT"}`, pending, 1_000, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.sim.Inject(solapitest.Fault{Method: http.MethodPost, Kind: solapitest.StatusBefore, Status: 200, Body: tc.body})
			_, answer := w.disburse(config)
			w.Equal(tc.outcome, answer.Outcome)
			w.Equal(tc.review, answer.Review != "")
			requireDecimal(t, tc.fee, answer.Fee.Decimal)
			requireDecimal(t, 10_000-tc.fee, answer.Net.Decimal)
		})
	}
}

func TestDisburser_Inquire_forgotten_withdrawal(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.sim.Inject(solapitest.Fault{
		Method: http.MethodPost, Kind: solapitest.StatusBefore, Status: 200,
		Body: `{"withdrawId":"gone","amount":9000,"fee":1000,"totalAmount":10000,"status":"PENDING"}`,
	})
	order, _ := w.disburse(solapi.DisburserConfig{})
	answer := w.inquirePayout(solapi.DisburserConfig{}, &order, 29*time.Minute)
	w.Equal(pending, answer.Outcome)
	w.Empty(answer.Review, "it may show up late")
	answer = w.inquirePayout(solapi.DisburserConfig{}, &order, time.Minute)
	w.Equal(pending, answer.Outcome)
	w.NotEmpty(answer.Review)
}

func TestDisburser_Disburse_order_that_was_not_prepared(t *testing.T) {
	t.Parallel()
	w := setup(t)
	disburser := w.disburser(solapi.DisburserConfig{})
	order := w.preparedPayout(solapi.DisburserConfig{})
	w.clock.Advance(2 * time.Minute)
	w.Equal(notSent, disburser.Disburse(t.Context(), order).Outcome, "it waited too long")
	order.Evidence = nil
	w.Equal(fault, disburser.Disburse(t.Context(), order).Outcome)
	w.NotEmpty(disburser.Inquire(t.Context(), order).Review)
	w.Empty(w.account.Books().Withdrawals)
}

// A transfer is classified as a recharge is.
func TestClient_Transfer_conditions(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault   solapitest.Fault
		class   solapi.Class
		confirm bool
	}{
		"no byte written":     {onPost(solapitest.Refused), solapi.ClassNotSent, false},
		"500":                 {refused(500, ""), solapi.ClassUnknown, false},
		"307":                 {refused(307, ""), solapi.ClassUnknown, false},
		"403 Forbidden":       {refused(403, "Forbidden"), solapi.ClassFault, true},
		"400 ValidationError": {refused(400, "ValidationError"), solapi.ClassFault, false},
		"409":                 {refused(409, ""), solapi.ClassNotExecuted, true},
		"429":                 {refused(429, ""), solapi.ClassThrottled, true},
		"422":                 {refused(422, "New"), solapi.ClassDeclined, true},
		"connection closed":   {onPost(solapitest.CloseAfter), solapi.ClassUnknown, false},
		"an object":           {onPost(solapitest.EmptyObject), solapi.ClassUnknown, false},
		"another text":        {solapitest.Fault{Method: "POST", Kind: solapitest.Raw, Status: 200, Body: `"Later"`}, solapi.ClassUnknown, false},
	} {
		w := setup(t)
		w.sim.NewAccount(solapitest.AccountConfig{ID: "214727"})
		w.sim.Inject(tc.fault)
		failed := w.failed(w.client.Transfer(t.Context(), "214727", won(1_000)))
		w.Equal(tc.class, failed.Class, name)
		w.Equal(tc.confirm, failed.Confirm, name)
	}
}

// A withdrawal that the provider dated before the order is not the order, though it
// shows up after it; dates may be off by what the provider's clocks disagree.
func TestDisburser_Inquire_withdrawal_before_the_order(t *testing.T) {
	t.Parallel()
	for before, review := range map[time.Duration]bool{0: false, 2 * time.Second: false, 3 * time.Second: true, 10 * time.Minute: true} {
		t.Run(before.String(), func(t *testing.T) {
			t.Parallel()
			w := setupWith(t, solapitest.AccountConfig{Balance: won(50_000), Bank: "0235235235"})
			other, err := w.client.Withdraw(t.Context(), won(10_000))
			w.NoError(err)
			w.clock.Advance(before)
			order := ports.PayoutOrder{
				Total: won(10_000), Currency: "KRW", SentAt: w.clock.Now(), Transmissions: 1, Evidence: []byte(`{"serverTime":"` +
					w.clock.Now().Format(time.RFC3339) + `","hostTime":"` + w.clock.Now().Format(time.RFC3339) + `","account":"` + w.account.ID() + `"}`),
			}
			answer := w.inquirePayout(solapi.DisburserConfig{}, &order, time.Minute)
			if !review {
				w.Equal(pending, answer.Outcome)
				w.Equal(other.WithdrawID, answer.ProviderRef)
				return
			}
			w.Equal(unknown, answer.Outcome)
			w.Contains(answer.Review, "dated before the order")
			w.Empty(answer.ProviderRef)
		})
	}
}
