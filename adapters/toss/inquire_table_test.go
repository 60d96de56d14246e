package toss_test

import (
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// inquireCodes are what a question is refused with. None of them says anything of an order.
func inquireCodes() []refused {
	return slices.Concat(codesOfAll(),
		each(refused{status: 404}, "NOT_FOUND_PAYMENT"),
		each(refused{status: 400}, "NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN_BELOW_AMOUNT"),
	)
}

// countPosts counts the requests from now on that may move money.
func countPosts(w *world) *atomic.Int64 {
	var posts atomic.Int64
	w.sim.OnRequest(func(r *http.Request) {
		if r.Method != http.MethodGet {
			posts.Add(1)
		}
	})
	return &posts
}

// A question that is refused leaves the order as it was, whatever the answer before it.
func TestCharger_Inquire_codes(t *testing.T) {
	t.Parallel()
	for _, row := range without(inquireCodes(), "NOT_FOUND_PAYMENT") {
		for name, status := range row.statuses() {
			for _, last := range []ports.ChargeAnswer{
				{Answer: ports.Answer{Outcome: unknown}},
				{Answer: ports.Answer{Outcome: pending}},
				{Answer: ports.Answer{Outcome: unknown, Likely: declined, Code: "INVALID_BILL_KEY_REQUEST", Permanent: true}, NextMethod: true},
				{Answer: ports.Answer{Outcome: unknown, Likely: fault, Code: "UNAUTHORIZED_KEY"}},
			} {
				if status >= http.StatusInternalServerError && last.Code != "INVALID_BILL_KEY_REQUEST" {
					continue // such a question is repeated, which takes a while
				}
				t.Run(row.code+" "+name+" after "+last.Outcome.String()+" "+last.Code, func(t *testing.T) {
					t.Parallel()
					w := setup(t)
					charger, order := billed(w)
					charger.Charge(t.Context(), order)
					order.Last = last
					w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: tosstest.StatusBefore, Status: status, Code: row.code, Times: 2})
					posts := countPosts(w)
					answer := w.inquire(charger, &order)
					w.Equal(unknown, answer.Outcome, "which the core takes for pending where it was")
					w.Equal(last.Likely, answer.Likely)
					w.Equal(last.Code, answer.Code)
					w.Equal(last.Permanent, answer.Permanent)
					w.Equal(last.NextMethod, answer.NextMethod)
					w.Equal(row.alarm, answer.Alarm != "", answer.Alarm)
					w.False(answer.Resend, "a question that failed proves nothing")
					w.Zero(posts.Load())
					w.sim.Heal()
					w.Equal(approved, w.inquire(charger, &order).Outcome)
				})
			}
		}
	}
}

// A question that finds nothing with a code that only sounds like it leaves the order as it was.
func TestCharger_Inquire_finds_nothing(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault tosstest.Fault
		alarm bool
	}{
		"404 NOT_FOUND":              {tosstest.Fault{Kind: tosstest.StatusBefore, Status: 404, Code: "NOT_FOUND"}, true},
		"404 with a new code":        {tosstest.Fault{Kind: tosstest.StatusBefore, Status: 404, Code: "NOT_FOUND_TODAY"}, false},
		"404 that is a page":         {tosstest.Fault{Kind: tosstest.StatusBefore, Status: 404}, true},
		"400 NOT_FOUND_PAYMENT":      {tosstest.Fault{Kind: tosstest.StatusBefore, Status: 400, Code: "NOT_FOUND_PAYMENT"}, false},
		"200 with the code":          {tosstest.Fault{Kind: tosstest.StatusBefore, Status: 200, Code: "NOT_FOUND_PAYMENT"}, false},
		"200 that is an empty page":  {tosstest.Fault{Kind: tosstest.StatusBefore, Status: 200, Body: " "}, false},
		"200 that is null":           {tosstest.Fault{Kind: tosstest.StatusBefore, Status: 200, Body: "null"}, false},
		"the connection is refused":  {tosstest.Fault{Kind: tosstest.Refused, Times: 2}, false},
		"the answer is cut":          {tosstest.Fault{Kind: tosstest.Truncate, Times: 2}, false},
		"the provider is overloaded": {tosstest.Fault{Kind: tosstest.StatusBefore, Status: 429}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			charger, order := billed(w)
			row.fault.Method = http.MethodGet
			w.sim.Inject(row.fault)
			order.Last = ports.ChargeAnswer{Answer: ports.Answer{Outcome: unknown, Likely: declined, Code: "MAINTAINED_METHOD"}}
			w.clock.Advance(time.Minute)
			answer := w.inquire(charger, &order)
			w.Equal(unknown, answer.Outcome)
			w.Equal(declined, answer.Likely)
			w.False(answer.Resend)
			w.Equal(row.alarm, answer.Alarm != "", answer.Alarm)
		})
	}
}

// What a payment means as the answer to a question, for each adapter.
func TestCharger_Inquire_payments(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		order   func(w *world) (ports.Charger, ports.ChargeOrder)
		spoil   func(w *world, order *ports.ChargeOrder)
		outcome ports.Outcome
		code    string
		alarm   bool
		review  bool
	}{
		"a charge that was approved": {order: billed, outcome: approved},
		"another amount":             {order: billed, spoil: spoilt(tosstest.WrongAmount), alarm: true, review: true},
		"another currency":           {order: billed, spoil: spoilt(tosstest.Dollars), alarm: true, review: true},
		"another order":              {order: billed, spoil: spoilt(tosstest.WrongOrder), alarm: true, review: true},
		"another type":               {order: billed, spoil: spoilt(tosstest.WrongType), alarm: true, review: true},
		"a fraction of a won":        {order: billed, spoil: spoilt(tosstest.Fraction), alarm: true, review: true},
		"a status of tomorrow":       {order: billed, spoil: spoilt(tosstest.OddStatus)},
		"fields of tomorrow":         {order: billed, spoil: spoilt(tosstest.ExtraFields), outcome: approved},
		"another version":            {order: billed, spoil: spoilt(tosstest.OtherVersion), outcome: approved},
		"a charge that others took back": {order: billed, alarm: true, review: true, spoil: func(w *world, order *ports.ChargeOrder) {
			w.True(w.sim.CancelOutside(order.Last.ProviderRef, won(30_000)))
		}},
		"a charge that others took a part of": {order: billed, alarm: true, review: true, spoil: func(w *world, order *ports.ChargeOrder) {
			w.True(w.sim.CancelOutside(order.Last.ProviderRef, won(1)))
		}},
		"a payment of a window":                        {order: agreed, outcome: approved},
		"a payment of a window of another type":        {order: agreed, spoil: spoilt(tosstest.WrongType), alarm: true, review: true},
		"a virtual account that waits":                 {order: issued, outcome: pending},
		"a virtual account that waits, of another one": {order: issued, spoil: spoilt(tosstest.WrongOrder), alarm: true, review: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			charger, order := row.order(w)
			w.send(charger, &order)
			if row.spoil != nil {
				row.spoil(w, &order)
			}
			order.Last = ports.ChargeAnswer{}
			answer := w.inquire(charger, &order)
			w.Equal(row.outcome, answer.Outcome, "%+v", answer)
			w.Equal(row.code, answer.Code)
			w.Equal(row.alarm, answer.Alarm != "", answer.Alarm)
			w.Equal(row.review, answer.Review != "", answer.Review)
			w.False(answer.Resend)
		})
	}
}

func spoilt(kind tosstest.Kind) func(w *world, order *ports.ChargeOrder) {
	return func(w *world, _ *ports.ChargeOrder) { w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Kind: kind}) }
}

// A refused charge that left a payment is declined with the code of its failure.
func TestBillingCharger_Inquire_reads_a_payment_that_failed(t *testing.T) {
	t.Parallel()
	for _, row := range cardCodes() {
		t.Run(row.code, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			charger, order := billed(w)
			w.sim.Next("", tosstest.Scenario{Code: row.code, Recorded: true})
			w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseAfter})
			w.Equal(unknown, w.send(charger, &order).Outcome)
			answer := w.inquire(charger, &order)
			w.Equal(declined, answer.Outcome)
			w.Equal(row.code, answer.Code)
			w.Equal(row.next, answer.NextMethod)
			w.Equal(row.permanent, answer.Permanent)
			w.Zero(w.executions(order))
		})
	}
}
