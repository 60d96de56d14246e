package toss_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// payoutRow is one condition under which a payout is sent.
type payoutRow struct {
	name     string
	scenario *tosstest.Scenario
	fault    *tosstest.Fault

	answer    ports.Outcome
	likely    ports.Outcome
	permanent bool
	alarm     bool

	soon    ports.Outcome // what a question finds ten seconds later
	resend  bool          // the order is sent again then
	later   ports.Outcome // what questions find after half an hour
	review  bool          // the last of them has a Review
	settled ports.Outcome // what they find once the bank has paid
	moved   int           // payouts in the provider's books
}

// refusedPayout is a refusal of the provider's, which is kept under the idempotency key.
func refusedPayout(code string, status int) *tosstest.Scenario {
	return &tosstest.Scenario{Code: code, Status: status}
}

// instead answers a request with a body, as if it had been executed.
func instead(status int, body string) *tosstest.Fault {
	return &tosstest.Fault{Method: http.MethodPost, Path: "/payouts", Kind: tosstest.StatusBefore, Status: status, Body: body}
}

func payoutAnswer(kind tosstest.Kind) payoutRow {
	return payoutRow{fault: onPayout(kind), answer: unknown, alarm: true, soon: pending, settled: approved, moved: 1}
}

func (r payoutRow) named(name string) payoutRow {
	r.name = name
	return r
}

func payoutRows() []payoutRow {
	lost := payoutRow{answer: unknown, soon: unknown, resend: true, settled: approved, moved: 1}
	unlisted := payoutRow{answer: unknown, alarm: true, soon: unknown, later: unknown, review: true}
	rows := []payoutRow{
		{name: "200 REQUESTED or IN_PROGRESS", answer: pending, soon: pending, settled: approved, moved: 1},
		payoutAnswer(tosstest.WrongAmount).named("200 over another amount"),
		payoutAnswer(tosstest.Fraction).named("200 over a fraction of a won"),
		payoutAnswer(tosstest.Dollars).named("200 in another currency"),
		payoutAnswer(tosstest.WrongOrder).named("200 about another refPayoutId"),
		payoutAnswer(tosstest.EmptyObject).named("200 with nothing in it"),
		{name: "200 with a status that is not listed", fault: onPayout(tosstest.OddStatus), answer: unknown, soon: pending, settled: approved, moved: 1},
		{name: "200 with further fields", fault: onPayout(tosstest.ExtraFields), answer: pending, soon: pending, settled: approved, moved: 1},
		{name: "200 that cannot be decrypted", fault: onPayout(tosstest.BadSeal), answer: unknown, soon: pending, settled: approved, moved: 1},
		{name: "200 cut off", fault: onPayout(tosstest.Truncate), answer: unknown, soon: pending, settled: approved, moved: 1},
		{name: "answer lost", fault: onPayout(tosstest.CloseAfter), answer: unknown, soon: pending, settled: approved, moved: 1},
		{name: "5xx after the effect", fault: &tosstest.Fault{Method: http.MethodPost, Path: "/payouts", Kind: tosstest.StatusAfter, Status: 500, Code: "COMMON_ERROR"}, answer: unknown, soon: pending, settled: approved, moved: 1},
		{name: "no byte written", fault: onPayout(tosstest.Refused), answer: notSent},
		{name: "FORBIDDEN_SELLER_PAYOUT", scenario: refusedPayout("FORBIDDEN_SELLER_PAYOUT", 403), answer: declined, permanent: true},
		{name: "NOT_ENOUGH_AMOUNT", scenario: refusedPayout("NOT_ENOUGH_AMOUNT", 400), answer: declined},
		{name: "INVALID_PAYABLE_DATE", scenario: refusedPayout("INVALID_PAYABLE_DATE", 400), answer: declined},
		{name: "NOT_ALLOWED_HOLIDAY", scenario: refusedPayout("NOT_ALLOWED_HOLIDAY", 403), answer: declined},
		{name: "UNAUTHORIZED_KEY", scenario: refusedPayout("UNAUTHORIZED_KEY", 401), answer: unknown, likely: fault, permanent: true, alarm: true, soon: fault},
		{name: "IDEMPOTENT_REQUEST_PROCESSING", scenario: refusedPayout("IDEMPOTENT_REQUEST_PROCESSING", 409), answer: pending, soon: unknown, resend: true, settled: approved, moved: 1},
		{name: "FORBIDDEN_CONSECUTIVE_REQUEST", fault: &tosstest.Fault{Method: http.MethodPost, Path: "/payouts", Kind: tosstest.StatusBefore, Status: 403, Code: "FORBIDDEN_CONSECUTIVE_REQUEST"}, answer: unknown, soon: unknown, resend: true, settled: approved, moved: 1},
		{name: "a plain success that is not about a payout", fault: instead(200, `{"entityType":"seller","entityBody":{"items":[]}}`), answer: unknown, alarm: true, soon: unknown, resend: true, settled: approved, moved: 1},
	}
	for _, code := range []string{
		"NOT_MATCH_PAYEE_NAME", "ACCOUNT_OWNER_CHECK_FAILED", "PAYOUT_NOT_FOUND", "INVALID_REQUEST", "SIM_DUPLICATED_REF_PAYOUT_ID", "CODE_OF_TOMORROW",
		"PROVIDER_ERROR", "ALREADY_PROCESSED_PAYMENT", "USER_ACCOUNT_ON_HOLD",
	} {
		row := unlisted.named("400 " + code)
		row.scenario = refusedPayout(code, 400)
		rows = append(rows, row)
	}
	executed := payoutRow{name: "400 with a code that is not listed, executed", answer: unknown, alarm: true, soon: pending, settled: approved, moved: 1}
	executed.scenario = &tosstest.Scenario{Code: "CODE_OF_TOMORROW", Status: 400, Executed: true}
	rows = append(rows, executed)
	for name, broken := range map[string]*tosstest.Fault{
		"lost before the effect": onPayout(tosstest.CloseBefore), "502 HTML": instead(502, "<html>"), "404 HTML": instead(404, "<html>"), "429": instead(429, ""),
		"500 without effect": {Method: http.MethodPost, Path: "/payouts", Kind: tosstest.StatusBefore, Status: 500, Code: "COMMON_ERROR"},
		"202":                instead(202, "{}"),
		"429 with a code":    {Method: http.MethodPost, Path: "/payouts", Kind: tosstest.StatusBefore, Status: 429, Code: "CODE_OF_TOMORROW"},
		"409 with a code":    {Method: http.MethodPost, Path: "/payouts", Kind: tosstest.StatusBefore, Status: 409, Code: "CODE_OF_TOMORROW"},
	} {
		row := lost.named(name)
		row.fault = broken
		rows = append(rows, row)
	}
	return rows
}

// The rows of payouts: what is answered at once, what a question finds soon after, and what becomes
// of the order in the end. The money of no order moves twice.
func TestDisburser_rows(t *testing.T) {
	t.Parallel()
	for _, row := range payoutRows() {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := setupPayouts(t, tosstest.Config{})
			row.run(w)
		})
	}
}

func (r payoutRow) run(w *payoutWorld) {
	w.t.Helper()
	if r.scenario != nil {
		w.sim.Next("/payouts", *r.scenario)
	}
	if r.fault != nil {
		w.sim.Inject(*r.fault)
	}
	d := w.disburser()
	order := w.preparedPayout(d)
	answer := w.disburse(d, &order)
	w.Equal(r.answer, answer.Outcome, "%+v", answer)
	w.Equal(r.likely, answer.Likely)
	w.Equal(r.permanent, answer.Permanent)
	w.Equal(r.alarm, answer.Alarm != "", answer.Alarm)
	w.Equal(answer.Outcome == pending && r.scenario == nil, answer.ProviderRef != "" && answer.Outcome == pending)
	if r.answer.Final() {
		w.Equal(r.moved, w.moved(order))
		return
	}
	w.clock.Advance(10 * time.Second)
	answer = w.ask(d, &order)
	w.Equal(r.soon, answer.Outcome, "%+v", answer)
	w.Equal(r.resend, answer.Resend)
	w.Empty(answer.Review)
	if answer.Resend {
		w.Equal(pending, w.again(d, &order).Outcome)
	}
	if r.settled != unknown {
		w.True(w.sim.SettlePayouts(true))
		w.Equal(r.settled, w.ask(d, &order).Outcome)
	}
	if r.review {
		w.waits(d, &order)
	}
	w.Equal(r.moved, w.moved(order))
}

// waits has questions find nothing for ten minutes. Only then a person is asked, and two questions
// before.
func (w *payoutWorld) waits(d ports.Disburser, order *ports.PayoutOrder) {
	w.t.Helper()
	for range 9 {
		w.clock.Advance(time.Minute)
		answer := w.ask(d, order)
		w.Equal(unknown, answer.Outcome)
		w.Empty(answer.Review)
		w.False(answer.Resend)
	}
	w.clock.Advance(time.Minute)
	answer := w.ask(d, order)
	w.Equal(unknown, answer.Outcome)
	w.NotEmpty(answer.Review)
	w.False(answer.Resend)
}

func TestDisburser_Inquire(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(t *testing.T, w *payoutWorld){
		"a payout that fails gives the money back":                  payoutFails,
		"a payout that fails after it was completed is declined":    payoutReturns,
		"a status that is not listed stays open, then a person":     payoutOddStatus,
		"a payout is found among many by its refPayoutId":           payoutAmongMany,
		"a refusal of a second transmission is not final at once":   payoutRefusedAgain,
		"two questions that agree are needed after ten minutes":     payoutTwoQuestions,
		"a payout that the provider named and does not show":        payoutUnshown,
		"an order that was executed twice is left to a person":      payoutTwice,
		"a payout of another amount is left to a person":            payoutForeign,
		"an order that is 14 days old is not sent again":            payoutOld,
		"another secret key sends nothing again":                    payoutOtherKey,
		"a security key that was replaced opens what it sealed":     payoutOldSecurityKey,
		"a security key that is gone sends nothing":                 payoutLostSecurityKey,
		"an answer under a key that holds another order's evidence": payoutForeignEvidence,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, setupPayouts(t, tosstest.Config{}))
		})
	}
}

func payoutFails(_ *testing.T, w *payoutWorld) {
	d := w.disburser()
	order := w.preparedPayout(d)
	w.Equal(pending, w.disburse(d, &order).Outcome)
	w.sim.FailLater(order.Last.ProviderRef)
	w.clock.Advance(25 * time.Hour)
	answer := w.ask(d, &order)
	w.Equal(declined, answer.Outcome)
	w.Equal("ACCOUNT_OWNER_CHECK_FAILED", answer.Code)
	w.Empty(answer.Alarm)
	w.False(answer.Net.Valid)
	w.Zero(w.moved(order))
}

// The simulator ends a payout once, so the second end is that of another one.
func payoutReturns(_ *testing.T, w *payoutWorld) {
	d := w.disburser()
	order := w.preparedPayout(d)
	w.disburse(d, &order)
	w.True(w.sim.SettlePayouts(false))
	order.Last.Outcome = approved
	answer := w.ask(d, &order)
	w.Equal(declined, answer.Outcome)
	w.Equal(order.Last.ProviderRef, answer.ProviderRef)
	w.NotEmpty(answer.Alarm)
}

func payoutOddStatus(_ *testing.T, w *payoutWorld) {
	d := w.disburser()
	order := w.preparedPayout(d)
	w.disburse(d, &order)
	for _, status := range []string{"DELETED", "REJECTED"} {
		w.sim.SetStatus(status)
		answer := w.ask(d, &order)
		w.Equal(pending, answer.Outcome)
		w.Equal(status, answer.Status)
		w.Empty(answer.Review)
	}
	w.clock.Advance(10 * time.Minute)
	answer := w.ask(d, &order)
	w.Equal(pending, answer.Outcome)
	w.NotEmpty(answer.Review)
	w.sim.SetStatus("")
	w.True(w.sim.SettlePayouts(true))
	w.Equal(approved, w.ask(d, &order).Outcome)
}

func payoutAmongMany(_ *testing.T, w *payoutWorld) {
	d := w.disburser()
	for range 450 {
		w.sim.PayOutside(w.seller, won(20_000))
	}
	order := w.preparedPayout(d)
	w.sim.Inject(*onPayout(tosstest.CloseAfter))
	w.Equal(unknown, w.disburse(d, &order).Outcome)
	w.sim.PayOutside(w.seller, won(20_000))
	w.True(w.sim.SettlePayouts(true))
	w.clock.Advance(72 * time.Hour)
	answer := w.ask(d, &order)
	w.Equal(approved, answer.Outcome)
	w.Equal(w.sim.Books().Payouts[450].ID, answer.ProviderRef)
	require.Truef(w.t, answer.Net.Decimal.Equal(won(20_000)), "net %s", answer.Net.Decimal)
}

func payoutRefusedAgain(_ *testing.T, w *payoutWorld) {
	d := w.disburser()
	order := w.preparedPayout(d)
	w.sim.Inject(*onPayout(tosstest.CloseBefore))
	w.disburse(d, &order)
	w.sim.SetBalance(won(1))
	w.True(w.ask(d, &order).Resend)
	answer := w.again(d, &order)
	w.Equal(unknown, answer.Outcome)
	w.Equal(declined, answer.Likely)
	w.Equal(unknown, w.ask(d, &order).Outcome, "it was refused just now")
	w.clock.Advance(10 * time.Minute)
	answer = w.ask(d, &order)
	w.Equal(declined, answer.Outcome)
	w.Equal("NOT_ENOUGH_AMOUNT", answer.Code)
	w.Zero(w.moved(order))
}

func payoutTwoQuestions(_ *testing.T, w *payoutWorld) {
	d := w.disburser()
	order := w.preparedPayout(d)
	w.sim.Next("/payouts", *refusedPayout("CODE_OF_TOMORROW", 400))
	w.disburse(d, &order)
	w.clock.Advance(time.Hour)
	w.Empty(w.ask(d, &order).Review, "the first question")
	w.clock.Advance(59 * time.Second)
	w.Empty(w.ask(d, &order).Review, "too soon after the first")
	w.clock.Advance(time.Second)
	w.NotEmpty(w.ask(d, &order).Review)
}

func payoutUnshown(_ *testing.T, w *payoutWorld) {
	d := w.disburser()
	order := w.preparedPayout(d)
	w.Equal(pending, w.disburse(d, &order).Outcome)
	w.sim.Hide(true)
	for range 9 {
		w.clock.Advance(time.Minute)
		answer := w.ask(d, &order)
		w.Equal(pending, answer.Outcome)
		w.False(answer.Resend, "the provider named it")
		w.Empty(answer.Review)
	}
	w.clock.Advance(2 * time.Minute)
	answer := w.ask(d, &order)
	w.Equal(pending, answer.Outcome)
	w.NotEmpty(answer.Review)
	w.sim.Hide(false)
	w.sim.SettlePayouts(true)
	w.Equal(approved, w.ask(d, &order).Outcome)
}
