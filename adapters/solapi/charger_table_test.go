package solapi_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

// chargeRow is one condition under which a recharge is sent: what the answer must
// be, and what an inquiry after some seconds, and after the quiet period, must find.
type chargeRow struct {
	name  string
	fault solapitest.Fault

	answer    ports.Outcome
	likely    ports.Outcome
	next      bool // another payment method may be tried
	permanent bool
	alarm     bool

	soon     ports.Outcome // an inquiry after some seconds
	later    ports.Outcome // an inquiry after the quiet period, when soon is unknown
	review   bool          // that inquiry asks for a person
	executed int           // charges in the provider's books
}

const (
	unknown  = ports.OutcomeUnknown
	approved = ports.OutcomeApproved
	declined = ports.OutcomeDeclined
	pending  = ports.OutcomePending
	notSent  = ports.OutcomeNotSent
	fault    = ports.OutcomeFault
)

var chargeRows = []chargeRow{
	{name: "no byte written", fault: onPost(solapitest.Refused), answer: notSent},
	{name: "200 that proves itself", answer: approved, executed: 1},
	{name: "200 with an empty object", fault: onPost(solapitest.EmptyObject), answer: unknown, likely: approved, soon: approved, executed: 1},
	{name: "200 with an empty object, and nothing executed", fault: solapitest.Fault{Method: "POST", Kind: solapitest.StatusBefore, Status: 200, Body: "{}"}, answer: unknown, likely: approved, later: unknown, review: true},
	{name: "200 without historyId", fault: onPost(solapitest.NullID), answer: unknown, likely: approved, soon: approved, executed: 1},
	{name: "200 with wrong sums", fault: onPost(solapitest.WrongSums), answer: unknown, likely: approved, alarm: true, soon: approved, executed: 1},
	{name: "200 cut off", fault: onPost(solapitest.Truncate), answer: unknown, soon: approved, executed: 1},
	{name: "200 that is no JSON", fault: onPost(solapitest.Garbage), answer: unknown, soon: approved, executed: 1},
	{name: "200 too large", fault: onPost(solapitest.Huge), answer: unknown, soon: approved, executed: 1},
	{name: "200 with an array", fault: solapitest.Fault{Method: "POST", Kind: solapitest.Raw, Status: 200, Body: "[]"}, answer: unknown, soon: approved, executed: 1},
	{name: "200 with an error code and success", fault: says(200, recharged+`,"errorCode":"Declined"}`), answer: unknown, alarm: true, soon: approved, executed: 1},
	{name: "200 with an error code that is an object", fault: says(200, recharged+`,"errorCode":{}}`), answer: unknown, alarm: true, soon: approved, executed: 1},
	{name: "200 with an error code alone, not executed", fault: solapitest.Fault{Method: "POST", Kind: solapitest.StatusBefore, Status: 200, Body: `{"errorCode":"Declined","errorMessage":"no"}`}, answer: unknown, alarm: true, later: notSent},
	{name: "200 of type DEDUCT", fault: says(200, recharged+`,"type":"DEDUCT"}`), answer: unknown, likely: approved, alarm: true, soon: approved, executed: 1},
	{name: "200 of another account", fault: says(200, recharged+`,"accountId":"19041920726337"}`), answer: unknown, likely: approved, alarm: true, soon: approved, executed: 1},
	{name: "200 with a name twice", fault: says(200, recharged+`,"historyId":"5db728d7aa83954519463ab9"}`), answer: unknown, soon: approved, executed: 1},
	{name: "200 with a name in two cases", fault: says(200, recharged+`,"BALANCEAMOUNT":10000}`), answer: unknown, soon: approved, executed: 1},
	{name: "a refusal that names a row of the history", fault: says(400, `{"errorCode":"InvalidPaymentId","historyId":"5db728d7aa83954519463ab8"}`), answer: unknown, alarm: true, soon: approved, executed: 1},
	{name: "a refusal with two codes", fault: says(400, `{"errorCode":"InvalidPaymentId","errorCode":"Busy"}`), answer: unknown, soon: approved, executed: 1},
	{name: "201", fault: solapitest.Fault{Method: "POST", Kind: solapitest.Raw, Status: 201, Body: "{}"}, answer: unknown, soon: approved, executed: 1},
	{name: "204", fault: solapitest.Fault{Method: "POST", Kind: solapitest.StatusBefore, Status: 204, Body: " "}, answer: unknown, later: notSent},
	{name: "307", fault: refused(307, "Moved"), answer: unknown, alarm: true, later: notSent},
	{name: "400 InvalidPaymentId", fault: refused(400, "InvalidPaymentId"), answer: declined, next: true, permanent: true},
	{name: "404 ResourceNotFound", fault: refused(404, "ResourceNotFound"), answer: unknown, likely: declined, next: true, permanent: true, soon: declined},
	{name: "402 BalanceInsufficient", fault: refused(402, "BalanceInsufficient"), answer: declined, next: true},
	{name: "402 with another code", fault: refused(402, "CardDeclined"), answer: unknown, likely: declined, next: true, soon: declined},
	{name: "402 with another code, but executed", fault: executed(402, "CardDeclined"), answer: unknown, likely: declined, next: true, soon: approved, executed: 1},
	{name: "400 ValidationError", fault: refused(400, "ValidationError"), answer: fault},
	{name: "400 InvalidToken", fault: refused(400, "InvalidToken"), answer: fault, permanent: true, alarm: true},
	{name: "401 Unauthorized", fault: refused(401, "Unauthorized"), answer: fault, permanent: true, alarm: true},
	{name: "403 InvalidAPIKey", fault: refused(403, "InvalidAPIKey"), answer: fault, permanent: true, alarm: true},
	{name: "403 SignatureDoesNotMatch", fault: refused(403, "SignatureDoesNotMatch"), answer: fault, permanent: true, alarm: true},
	{name: "403 RequestTimeTooSkewed with a clock that is right", fault: refused(403, "RequestTimeTooSkewed"), answer: fault, permanent: true, alarm: true},
	{name: "403 DuplicatedSignature, not executed", fault: refused(403, "DuplicatedSignature"), answer: unknown, alarm: true, later: notSent},
	{name: "403 DuplicatedSignature, executed", fault: executed(403, "DuplicatedSignature"), answer: unknown, alarm: true, soon: approved, executed: 1},
	{name: "403 Forbidden", fault: refused(403, "Forbidden"), answer: unknown, likely: fault, permanent: true, soon: fault},
	{name: "403 with another code", fault: refused(403, "NotAllowedIP"), answer: unknown, likely: fault, permanent: true, soon: fault},
	{name: "401 with another code", fault: refused(401, "ScopeMissing"), answer: unknown, likely: fault, permanent: true, soon: fault},
	{name: "403 without JSON", fault: refused(403, ""), answer: unknown, likely: fault, permanent: true, soon: fault},
	{name: "404 without JSON", fault: refused(404, ""), answer: unknown, likely: fault, permanent: true, alarm: true, soon: fault},
	{name: "405", fault: refused(405, ""), answer: unknown, likely: fault, permanent: true, alarm: true, soon: fault},
	{name: "415", fault: refused(415, ""), answer: unknown, likely: fault, permanent: true, alarm: true, soon: fault},
	{name: "408", fault: refused(408, "RequestTimeout"), answer: unknown, later: notSent},
	{name: "425", fault: refused(425, "TooEarly"), answer: unknown, later: notSent},
	{name: "499", fault: executed(499, "ClientClosed"), answer: unknown, soon: approved, executed: 1},
	{name: "409", fault: refused(409, "Conflict"), answer: unknown, likely: notSent, soon: notSent},
	{name: "429", fault: refused(429, "TooManyRequests"), answer: unknown, likely: notSent, soon: notSent},
	{name: "429, but executed", fault: executed(429, ""), answer: unknown, likely: notSent, soon: approved, executed: 1},
	{name: "other 4xx with a code", fault: refused(422, "SomethingNew"), answer: unknown, likely: declined, soon: declined},
	{name: "400 with a code not known", fault: refused(400, "SomethingNew"), answer: unknown, likely: declined, soon: declined},
	{name: "other 4xx without a code", fault: refused(418, ""), answer: unknown, later: notSent},
	{name: "400 without JSON, executed", fault: executed(400, ""), answer: unknown, soon: approved, executed: 1},
	{name: "500 before the effect", fault: refused(500, "InternalError"), answer: unknown, later: notSent},
	{name: "500 after the effect", fault: executed(500, "InternalError"), answer: unknown, soon: approved, executed: 1},
	{name: "500 with the code of a decline", fault: executed(500, "BalanceInsufficient"), answer: unknown, soon: approved, executed: 1},
	{name: "503 before the effect", fault: refused(503, ""), answer: unknown, later: notSent},
	{name: "503 after the effect", fault: executed(503, ""), answer: unknown, soon: approved, executed: 1},
	{name: "connection closed before the effect", fault: onPost(solapitest.CloseBefore), answer: unknown, later: notSent},
	{name: "connection closed after the effect", fault: onPost(solapitest.CloseAfter), answer: unknown, soon: approved, executed: 1},
	{name: "deadline before the effect", fault: slow(solapitest.DelayBefore), answer: unknown, later: notSent},
	{name: "deadline after the effect", fault: slow(solapitest.DelayAfter), answer: unknown, soon: approved, executed: 1},
	{name: "an answer that never ends", fault: onPost(solapitest.Endless), answer: unknown, soon: approved, executed: 1},
	{name: "an answer that drips", fault: solapitest.Fault{Method: "POST", Kind: solapitest.Drip, Delay: time.Second}, answer: unknown, soon: approved, executed: 1},
	{name: "executed ten minutes after the connection closed", fault: solapitest.Fault{Method: "POST", Kind: solapitest.Late, Delay: 10 * time.Minute}, answer: unknown, later: approved, executed: 1},
}

// recharged is an answer that proves itself, without its last brace.
const recharged = `{"oldBalance":10130,"newBalance":20130,"balanceAmount":10000,"historyId":"5db728d7aa83954519463ab8"`

// says executes an order and answers it with a body.
func says(status int, body string) solapitest.Fault {
	return solapitest.Fault{Method: http.MethodPost, Kind: solapitest.Raw, Status: status, Body: body}
}

func executed(status int, code string) solapitest.Fault {
	return solapitest.Fault{Method: http.MethodPost, Kind: solapitest.StatusAfter, Status: status, Code: code}
}

func slow(kind solapitest.Kind) solapitest.Fault {
	return solapitest.Fault{Method: http.MethodPost, Kind: kind, Delay: 10 * time.Minute}
}

func TestCharger_Charge_every_condition(t *testing.T) {
	t.Parallel()
	for _, row := range chargeRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { row.check(t) })
		})
	}
}

func (row chargeRow) check(t *testing.T) {
	t.Helper()
	w := setup(t)
	w.sim.Inject(row.fault)
	order, answer := w.charge()
	w.Equal(row.answer, answer.Outcome, "%+v", answer)
	w.Equal(row.likely, answer.Likely, "likely")
	w.Equal(row.next, answer.NextMethod, "next method")
	w.Equal(row.permanent, answer.Permanent, "permanent")
	w.Equal(row.alarm, answer.Alarm != "", "alarm")
	w.Empty(answer.Review)
	if !answer.Outcome.Final() {
		w.Positive(answer.InquireAfter)
		answer = row.inquire(w, &order)
	}
	w.Len(w.account.Books().Charges, row.executed)
	if answer.Outcome == approved {
		w.Equal(w.account.Books().Charges[0].HistoryID, answer.ProviderRef)
		requireDecimal(t, 10_000, answer.Amount.Decimal)
		requireDecimal(t, 10_130, answer.OldBalance.Decimal)
		requireDecimal(t, 20_130, answer.NewBalance.Decimal)
	}
	w.Equal(row.next && answer.Outcome == declined, answer.NextMethod && answer.Outcome == declined)
}

// inquire asks after some seconds, and again after the quiet period.
func (row chargeRow) inquire(w *world, order *ports.ChargeOrder) ports.ChargeAnswer {
	w.t.Helper()
	answer := w.inquire(order, order.Last.InquireAfter)
	w.Equal(row.soon, answer.Outcome, "soon: %+v", answer)
	if answer.Outcome.Final() {
		return answer
	}
	w.Empty(answer.Review, "too soon for a person")
	answer = w.inquire(order, 29*time.Minute)
	if row.later != approved {
		w.Equal(unknown, answer.Outcome, "within the quiet period: %+v", answer)
		answer = w.inquire(order, time.Minute)
	}
	w.Equal(row.later, answer.Outcome, "later: %+v", answer)
	w.Equal(row.review, answer.Review != "", "review: %+v", answer)
	return answer
}

func TestCharger_Charge_refuses_locally(t *testing.T) {
	t.Parallel()
	cases := map[string]func(order *ports.ChargeOrder){
		"nothing":              func(order *ports.ChargeOrder) { order.Amount = won(0) },
		"a negative amount":    func(order *ports.ChargeOrder) { order.Amount = won(-10_000) },
		"a fraction of a won":  func(order *ports.ChargeOrder) { order.Amount = won(10_000).Shift(-5) },
		"no payment method":    func(order *ports.ChargeOrder) { order.PaymentMethod = "" },
		"a foreign currency":   func(order *ports.ChargeOrder) { order.Currency = "USD" },
		"an amount beyond all": func(order *ports.ChargeOrder) { order.Amount = won(1).Shift(18) },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			order := w.prepared()
			before := w.sim.Requests()
			spoil(&order)
			_, refusal := w.charger().Prepare(t.Context(), order)
			w.NotNil(refusal)
			w.Equal(fault, refusal.Outcome)
			w.Equal(fault, w.charger().Charge(t.Context(), order).Outcome)
			w.Equal(before, w.sim.Requests())
		})
	}
}

func TestCharger_Charge_order_that_was_not_prepared(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := w.prepared()
	for _, evidence := range []string{"", "{}", "null", "x"} {
		order.Evidence = []byte(evidence)
		w.Equal(fault, w.charger().Charge(t.Context(), order).Outcome)
		w.NotEmpty(w.charger().Inquire(t.Context(), order).Review)
	}
	w.Empty(w.account.Books().Charges)
}

// An inquiry counts the quiet period from SentAt, so a process that slept between
// writing SentAt and sending must not send any more.
func TestCharger_Charge_order_that_waited(t *testing.T) {
	t.Parallel()
	for _, withSentAt := range []bool{true, false} {
		w := setup(t)
		order := w.prepared()
		w.clock.Advance(time.Minute + time.Second)
		if !withSentAt {
			order.SentAt = time.Time{}
			w.clock.Advance(4 * time.Minute)
		}
		w.Equal(notSent, w.charger().Charge(t.Context(), order).Outcome)
		w.Empty(w.account.Books().Charges)
	}
}

func TestCharger_Charge_context_that_ended(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := w.prepared()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, notSent, w.charger().Charge(ctx, order).Outcome)
	_, refusal := w.charger().Prepare(ctx, order)
	require.Equal(t, notSent, refusal.Outcome)
}

// Our clock jumps back by 20 minutes between Prepare and Charge.
func TestCharger_Charge_wrong_clock(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ours := solapitest.NewClock(start)
	client, err := solapi.New(solapi.NewCredentials(w.key.APIKey, w.key.Secret), solapi.Config{
		HTTPClient: &http.Client{Transport: w.sim.Transport()}, Clock: ours,
	})
	w.NoError(err)
	w.client = client
	order := w.prepared()
	ours.Advance(-20 * time.Minute)
	answer := w.charger().Charge(t.Context(), order)
	w.Equal(notSent, answer.Outcome)
	w.Equal("RequestTimeTooSkewed", answer.Code)
	w.Empty(w.account.Books().Charges)
	w.Equal(approved, w.charger().Charge(t.Context(), order).Outcome, "the clock was corrected")
}
