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

// payoutRow is one condition under which a withdrawal is sent, as chargeRow is.
type payoutRow struct {
	name  string
	fault solapitest.Fault

	answer    ports.Outcome
	likely    ports.Outcome
	permanent bool
	alarm     bool

	soon     ports.Outcome
	later    ports.Outcome // when soon is unknown
	review   bool          // the last inquiry asks for a person
	executed int           // withdrawals in the provider's books
}

var payoutRows = []payoutRow{
	{name: "no byte written", fault: onPost(solapitest.Refused), answer: notSent},
	{name: "200 PENDING", answer: pending, soon: pending, executed: 1},
	{name: "200 without withdrawId", fault: onPost(solapitest.NullID), answer: unknown, likely: approved, soon: pending, executed: 1},
	{name: "200 SUCCESS and nothing else", fault: solapitest.Fault{Method: "POST", Kind: solapitest.Raw, Status: 200, Body: `{"status":"SUCCESS"}`}, answer: unknown, likely: approved, soon: pending, executed: 1},
	{name: "200 SUCCESS and nothing else, not executed", fault: solapitest.Fault{Method: "POST", Kind: solapitest.StatusBefore, Status: 200, Body: `{"status":"SUCCESS"}`}, answer: unknown, likely: approved, later: unknown, review: true},
	{name: "200 with wrong sums", fault: onPost(solapitest.WrongSums), answer: unknown, likely: approved, alarm: true, soon: pending, executed: 1},
	{name: "200 cut off", fault: onPost(solapitest.Truncate), answer: unknown, soon: pending, executed: 1},
	{name: "200 that is no JSON", fault: onPost(solapitest.Garbage), answer: unknown, soon: pending, executed: 1},
	{name: "200 too large", fault: onPost(solapitest.Huge), answer: unknown, soon: pending, executed: 1},
	{name: "200 with an error code and success", fault: says(200, withdrawn+`,"errorCode":"Refused"}`), answer: unknown, alarm: true, soon: pending, executed: 1},
	{name: "200 with an error code alone, not executed", fault: solapitest.Fault{Method: "POST", Kind: solapitest.StatusBefore, Status: 200, Body: `{"errorCode":"Refused"}`}, answer: unknown, alarm: true, later: notSent},
	{name: "200 with a name twice", fault: says(200, withdrawn+`,"totalAmount":10000}`), answer: unknown, soon: pending, executed: 1},
	{name: "a refusal that names a withdrawal", fault: says(400, `{"errorCode":"ValidationError","withdrawId":"15722846318643842634568732773001"}`), answer: unknown, alarm: true, soon: pending, executed: 1},
	{name: "202", fault: solapitest.Fault{Method: "POST", Kind: solapitest.Raw, Status: 202, Body: "{}"}, answer: unknown, soon: pending, executed: 1},
	{name: "302", fault: refused(302, "Moved"), answer: unknown, alarm: true, later: notSent},
	{name: "400 ValidationError", fault: refused(400, "ValidationError"), answer: fault},
	{name: "400 with a code not known", fault: refused(400, "SomethingNew"), answer: unknown, likely: declined, soon: declined},
	{name: "400 without JSON", fault: refused(400, ""), answer: unknown, later: notSent},
	{name: "402", fault: refused(402, "BalanceInsufficient"), answer: unknown, likely: declined, soon: declined},
	{name: "403 Forbidden with money", fault: refused(403, "Forbidden"), answer: unknown, likely: fault, permanent: true, soon: fault},
	{name: "403 Forbidden, but executed", fault: executed(403, "Forbidden"), answer: unknown, likely: fault, permanent: true, soon: pending, executed: 1},
	{name: "403 with another code", fault: refused(403, "NotAllowedIP"), answer: unknown, likely: fault, permanent: true, soon: fault},
	{name: "401 Unauthorized", fault: refused(401, "Unauthorized"), answer: fault, permanent: true, alarm: true},
	{name: "403 InvalidAPIKey", fault: refused(403, "InvalidAPIKey"), answer: fault, permanent: true, alarm: true},
	{name: "403 SignatureDoesNotMatch", fault: refused(403, "SignatureDoesNotMatch"), answer: fault, permanent: true, alarm: true},
	{name: "403 RequestTimeTooSkewed with a clock that is right", fault: refused(403, "RequestTimeTooSkewed"), answer: fault, permanent: true, alarm: true},
	{name: "403 DuplicatedSignature, executed", fault: executed(403, "DuplicatedSignature"), answer: unknown, alarm: true, soon: pending, executed: 1},
	{name: "403 DuplicatedSignature, not executed", fault: refused(403, "DuplicatedSignature"), answer: unknown, alarm: true, later: notSent},
	{name: "404 with a code", fault: refused(404, "ResourceNotFound"), answer: unknown, likely: declined, permanent: true, soon: declined},
	{name: "404 without JSON", fault: refused(404, ""), answer: unknown, likely: fault, permanent: true, alarm: true, soon: fault},
	{name: "405", fault: refused(405, ""), answer: unknown, likely: fault, permanent: true, alarm: true, soon: fault},
	{name: "415", fault: refused(415, ""), answer: unknown, likely: fault, permanent: true, alarm: true, soon: fault},
	{name: "408", fault: executed(408, ""), answer: unknown, soon: pending, executed: 1},
	{name: "409", fault: refused(409, "Conflict"), answer: unknown, likely: notSent, soon: notSent},
	{name: "425", fault: refused(425, ""), answer: unknown, later: notSent},
	{name: "429", fault: refused(429, ""), answer: unknown, likely: notSent, soon: notSent},
	{name: "other 4xx with a code", fault: refused(422, "SomethingNew"), answer: unknown, likely: declined, soon: declined},
	{name: "other 4xx without a code", fault: refused(418, ""), answer: unknown, later: notSent},
	{name: "500 before the effect", fault: refused(500, ""), answer: unknown, later: notSent},
	{name: "500 after the effect", fault: executed(500, "ValidationError"), answer: unknown, soon: pending, executed: 1},
	{name: "503 after the effect", fault: executed(503, ""), answer: unknown, soon: pending, executed: 1},
	{name: "connection closed before the effect", fault: onPost(solapitest.CloseBefore), answer: unknown, later: notSent},
	{name: "connection closed after the effect", fault: onPost(solapitest.CloseAfter), answer: unknown, soon: pending, executed: 1},
	{name: "deadline before the effect", fault: slow(solapitest.DelayBefore), answer: unknown, later: notSent},
	{name: "deadline after the effect", fault: slow(solapitest.DelayAfter), answer: unknown, soon: pending, executed: 1},
	{name: "executed ten minutes after the connection closed", fault: solapitest.Fault{Method: "POST", Kind: solapitest.Late, Delay: 10 * time.Minute}, answer: unknown, later: pending, executed: 1},
}

// withdrawn is an answer that proves itself, without its last brace.
const withdrawn = `{"withdrawId":"15722846318643842634568732773001","amount":9000,"fee":1000,"totalAmount":10000,"status":"PENDING"`

func TestDisburser_Disburse_every_condition(t *testing.T) {
	t.Parallel()
	for _, row := range payoutRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { row.check(t) })
		})
	}
}

func (row payoutRow) check(t *testing.T) {
	t.Helper()
	w := setup(t)
	w.sim.Inject(row.fault)
	order, answer := w.disburse(solapi.DisburserConfig{})
	w.Equal(row.answer, answer.Outcome, "%+v", answer)
	w.Equal(row.likely, answer.Likely, "likely")
	w.Equal(row.permanent, answer.Permanent, "permanent")
	w.Equal(row.alarm, answer.Alarm != "", "alarm")
	w.Empty(answer.Review)
	if !answer.Outcome.Final() {
		answer = row.inquire(w, &order)
	}
	books := w.account.Books()
	w.Len(books.Withdrawals, row.executed)
	w.Equal(row.executed == 1, answer.Outcome == pending)
	if answer.Outcome == pending {
		w.Equal(books.Withdrawals[0].WithdrawID, answer.ProviderRef)
		requireDecimal(t, 10_000, answer.Total.Decimal)
		requireDecimal(t, 1_000, answer.Fee.Decimal)
		requireDecimal(t, 9_000, answer.Net.Decimal)
		w.Equal("PENDING", answer.Status)
	}
}

func (row payoutRow) inquire(w *world, order *ports.PayoutOrder) ports.PayoutAnswer {
	w.t.Helper()
	config := solapi.DisburserConfig{}
	answer := w.inquirePayout(config, order, max(order.Last.InquireAfter, 5*time.Second))
	w.Equal(row.soon, answer.Outcome, "soon: %+v", answer)
	w.Empty(answer.Review)
	if answer.Outcome != unknown {
		return answer
	}
	answer = w.inquirePayout(config, order, 29*time.Minute)
	if row.later != pending {
		w.Equal(unknown, answer.Outcome, "within the quiet period: %+v", answer)
		answer = w.inquirePayout(config, order, time.Minute)
	}
	w.Equal(row.later, answer.Outcome, "later: %+v", answer)
	w.Equal(row.review, answer.Review != "", "review: %+v", answer)
	return answer
}

func TestDisburser_Disburse_forbidden_without_money(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := w.preparedPayout(solapi.DisburserConfig{})
	w.account.Send(won(1_000))
	order.Last = w.disburser(solapi.DisburserConfig{}).Disburse(t.Context(), order)
	w.Equal(unknown, order.Last.Outcome)
	answer := w.inquirePayout(solapi.DisburserConfig{}, &order, time.Minute)
	w.Equal(declined, answer.Outcome)
	w.False(answer.Permanent)
}

func TestDisburser_Disburse_refuses_locally(t *testing.T) {
	t.Parallel()
	cases := map[string]func(order *ports.PayoutOrder){
		"too little":            func(order *ports.PayoutOrder) { order.Total = won(9_999) },
		"too much":              func(order *ports.PayoutOrder) { order.Total = won(10_000_001) },
		"a fraction of a won":   func(order *ports.PayoutOrder) { order.Total = won(100_005).Shift(-1) },
		"a foreign currency":    func(order *ports.PayoutOrder) { order.Currency = "USD" },
		"another bank account":  func(order *ports.PayoutOrder) { order.Destination = ports.Destination{BankCode: "004"} },
		"a sealed bank account": func(order *ports.PayoutOrder) { order.Destination = ports.Destination{Sealed: []byte("x")} },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			order := w.preparedPayout(solapi.DisburserConfig{})
			before := w.sim.Requests()
			spoil(&order)
			disburser := w.disburser(solapi.DisburserConfig{})
			_, refusal := disburser.Prepare(t.Context(), order)
			w.NotNil(refusal)
			w.Equal(fault, refusal.Outcome)
			w.Equal(fault, disburser.Disburse(t.Context(), order).Outcome)
			w.Equal(before, w.sim.Requests())
		})
	}
}

func TestDisburser_Disburse_account_does_not_allow(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		bank   string
		config solapi.DisburserConfig
		change func(w *world)
		code   string
	}{
		{"more than it holds", "0235", solapi.DisburserConfig{}, func(w *world) { w.account.Send(won(200)) }, "balance"},
		{"no bank account", "", solapi.DisburserConfig{}, func(*world) {}, "bankAccount"},
		{"auto-recharge would charge", "0235", solapi.DisburserConfig{}, autoOn, "autoRecharge"},
		{"auto-recharge would charge, but the host allows it", "0235", solapi.DisburserConfig{LowBalance: true}, autoOn, ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := setupWith(t, solapitest.AccountConfig{Balance: won(10_130), Bank: tc.bank})
			tc.change(w)
			before := w.sim.Requests()
			_, refusal := w.disburser(tc.config).Prepare(t.Context(), ports.PayoutOrder{Total: won(10_000), Currency: "KRW"})
			w.Greater(w.sim.Requests(), before)
			w.Empty(w.account.Books().Withdrawals)
			if tc.code == "" {
				w.Nil(refusal)
				return
			}
			w.NotNil(refusal)
			w.Equal(fault, refusal.Outcome)
			w.Equal(tc.code, refusal.Code)
		})
	}
}

func autoOn(w *world) {
	w.NoError(w.client.SetAutoRecharge(w.t.Context(), solapi.AutoRecharge{
		On: true, PaymentIDs: []string{w.card}, MinimumCash: won(200), RechargeTo: won(20_000),
	}))
}

func TestDisburser_Inquire_follows_to_the_end(t *testing.T) {
	t.Parallel()
	config := solapi.DisburserConfig{Statuses: map[string]ports.Outcome{"COMPLETE": approved, "REJECT": declined}}
	cases := []struct {
		name     string
		decision solapitest.Decision
		outcome  ports.Outcome
		review   bool
	}{
		{"paid", solapitest.Decision{Status: "COMPLETE", TransactionID: "T1"}, approved, false},
		{"rejected and given back", solapitest.Decision{Status: "REJECT", GiveBack: true}, declined, false},
		{"rejected and not given back", solapitest.Decision{Status: "REJECT"}, pending, true},
		{"a status that the adapter does not know", solapitest.Decision{Status: "WEIRD", TransactionID: "T1"}, pending, true},
		{"still waiting", solapitest.Decision{Status: "PENDING"}, pending, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			order, answer := w.disburse(config)
			w.Equal(pending, answer.Outcome)
			w.True(w.account.Decide(answer.ProviderRef, tc.decision))
			answer = w.inquirePayout(config, &order, time.Hour)
			w.Equal(tc.outcome, answer.Outcome)
			w.Equal(tc.review, answer.Review != "")
			w.Equal(tc.decision.Status, answer.Status)
			w.Equal(tc.decision.TransactionID, answer.TransactionID)
			w.Equal(tc.decision.TransactionID == "", answer.TransactedAt.IsZero())
			requireDecimal(t, 1_000, answer.Fee.Decimal)
		})
	}
}

func TestDisburser_Inquire_failure_leaves_it_pending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := setup(t)
		order, _ := w.disburse(solapi.DisburserConfig{})
		w.sim.Inject(solapitest.Fault{Method: http.MethodGet, Kind: solapitest.CloseBefore, Times: -1})
		answer := w.inquirePayout(solapi.DisburserConfig{}, &order, time.Hour)
		w.Equal(pending, answer.Outcome)
		w.NotEmpty(answer.ProviderRef)
	})
}

func TestDisburser_Inquire_statuses(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, outcome := range []ports.Outcome{unknown, notSent, fault} {
		_, err := solapi.NewDisburser(w.client, "main", solapi.DisburserConfig{Statuses: map[string]ports.Outcome{"X": outcome}})
		w.ErrorIs(err, ports.ErrInvalid)
	}
}

func TestDisburser_Inquire_leaves_doubt_to_a_person(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		happen func(w *world)
		soon   string
		later  string
	}{
		{"two new withdrawals", func(w *world) {
			for range 2 {
				_, err := w.client.Withdraw(w.t.Context(), won(10_000))
				w.NoError(err)
			}
		}, "several", "several"},
		{"a debit without a withdrawal", func(w *world) { w.account.Send(won(10_000)) }, "", "the history shows the debit"},
		{"a balance that nothing explains", func(w *world) { w.account.Unbook(won(10_000)) }, "", "does not explain"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := setupWith(t, solapitest.AccountConfig{Balance: won(50_000), Bank: "0235"})
			w.sim.Inject(onPost(solapitest.CloseBefore))
			order, answer := w.disburse(solapi.DisburserConfig{})
			w.Equal(unknown, answer.Outcome)
			tc.happen(w)
			for _, ask := range []struct {
				after time.Duration
				want  string
			}{{time.Minute, tc.soon}, {30 * time.Minute, tc.later}} {
				answer = w.inquirePayout(solapi.DisburserConfig{}, &order, ask.after)
				w.Equal(unknown, answer.Outcome)
				w.Equal(ask.want == "", answer.Review == "")
				w.Contains(answer.Review, ask.want)
			}
		})
	}
}

// TestDisburser_Inquire_withdrawal_after_the_order: a lost order can be executed for 17 minutes. A
// withdrawal of its total that is dated later is another one, and a person decides.
func TestDisburser_Inquire_withdrawal_after_the_order(t *testing.T) {
	t.Parallel()
	for later, known := range map[time.Duration]bool{16 * time.Minute: true, 18 * time.Minute: false} {
		w := setupWith(t, solapitest.AccountConfig{Balance: won(50_000), Bank: "0235"})
		w.sim.Inject(onPost(solapitest.CloseBefore))
		order, _ := w.disburse(solapi.DisburserConfig{})
		w.clock.Advance(later)
		_, err := w.client.Withdraw(t.Context(), order.Total)
		w.NoError(err)
		answer := w.inquirePayout(solapi.DisburserConfig{}, &order, time.Minute)
		w.Equal(known, answer.Outcome == ports.OutcomePending, "%+v", answer)
		w.Equal(known, answer.Review == "", "%+v", answer)
	}
}

func TestDisburser_Inquire_ignores_earlier_rows(t *testing.T) {
	t.Parallel()
	w := setupWith(t, solapitest.AccountConfig{Balance: won(900_000), Bank: "0235"})
	for range 30 {
		_, err := w.client.Withdraw(t.Context(), won(10_000))
		w.NoError(err)
	}
	w.sim.Inject(onPost(solapitest.CloseBefore))
	order, _ := w.disburse(solapi.DisburserConfig{})
	w.Equal(unknown, w.inquirePayout(solapi.DisburserConfig{}, &order, 20*time.Minute).Outcome)
	w.Equal(notSent, w.inquirePayout(solapi.DisburserConfig{}, &order, 10*time.Minute).Outcome)
}
