package toss_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// refused is what a code means as the answer to the only transmission of an order. A refusal that is
// to be confirmed is unknown, and likely what it says.
type refused struct {
	code      string
	status    int // that is documented; 0: none is
	outcome   ports.Outcome
	likely    ports.Outcome
	next      bool
	permanent bool
	alarm     bool
}

// each returns the same row for several codes.
func each(row refused, codes ...string) []refused {
	rows := make([]refused, 0, len(codes))
	for _, code := range codes {
		row.code = code
		rows = append(rows, row)
	}
	return rows
}

// codesOfAll are the rows that the tables of all calls have in common.
func codesOfAll() []refused {
	return slices.Concat(
		each(refused{status: 400, likely: fault, permanent: true, alarm: true}, "INVALID_API_KEY"),
		each(refused{status: 401, likely: fault, permanent: true, alarm: true}, "UNAUTHORIZED_KEY"),
		each(refused{status: 403, likely: fault, permanent: true, alarm: true},
			"INCORRECT_BASIC_AUTH_FORMAT", "NOT_SUPPORTED_WIDGET_KEY", "INSECURE_KEY_USAGE", "FORBIDDEN_REQUEST"),
		each(refused{status: 404, likely: fault, permanent: true, alarm: true}, "NOT_FOUND_MERCHANT", "NOT_FOUND_HTTP_METHOD", "NOT_FOUND"),
		each(refused{outcome: fault, permanent: true, alarm: true},
			"API_VERSION_UPDATE_NEEDED", "USER_ACCOUNT_ON_HOLD", "NOT_REGISTERED_BUSINESS", "INVALID_UNREGISTERED_SUBMALL", "NOT_FOUND_TERMINAL_ID"),
		each(refused{status: 400, outcome: fault, permanent: true, alarm: true},
			"INVALID_REQUEST", "BELOW_MINIMUM_AMOUNT", "INVALID_IDEMPOTENCY_KEY", "INVALID_TEST_CODE"),
		each(refused{status: 409, outcome: pending}, codeInFlight),
		each(refused{status: 403}, "FORBIDDEN_CONSECUTIVE_REQUEST"),
		each(refused{status: 400}, "PROVIDER_ERROR", "CARD_PROCESSING_ERROR", "ALREADY_PROCESSED_PAYMENT", "ALREADY_PROCESSING_REQUEST"),
		each(refused{status: 500},
			"FAILED_INTERNAL_SYSTEM_PROCESSING", "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", "FAILED_DB_PROCESSING", "FAILED_CARD_COMPANY_RESPONSE",
			"FAILED_BILLING_AUTO_CANCEL", "FAILED_METHOD_HANDLING", "FAILED_HASH_DATA_CREATION", "COMMON_ERROR", "UNKNOWN_ERROR", "UNKNOWN_PAYMENT_ERROR"),
	)
}

const codeInFlight = "IDEMPOTENT_REQUEST_PROCESSING"

// without returns rows but those of some codes.
func without(rows []refused, codes ...string) []refused {
	return slices.DeleteFunc(rows, func(row refused) bool { return slices.Contains(codes, row.code) })
}

// statuses returns the documented status of a row, 400 where none is documented, and another one.
func (r refused) statuses() map[string]int {
	documented, odd := r.status, http.StatusInternalServerError
	if documented == 0 {
		documented = http.StatusBadRequest
	}
	if documented == odd {
		odd = http.StatusBadRequest
	}
	return map[string]int{"as documented": documented, "with another status": odd}
}

// with is what a row says when the code comes with a status. With another one than is documented, a
// refusal must be confirmed.
func (r refused) with(status int) refused {
	if odd := r.status != status && (r.status != 0 || status >= 500); odd && r.outcome.Final() {
		r.likely, r.outcome = r.outcome, unknown
	}
	return r
}

// requireRefused compares an answer with a row.
func (r refused) require(t *testing.T, answer ports.ChargeAnswer) {
	t.Helper()
	require.Equal(t, r.outcome, answer.Outcome, "%+v", answer)
	require.Equal(t, r.likely, answer.Likely, "%+v", answer)
	require.Equal(t, r.code, answer.Code)
	require.Equal(t, r.next, answer.NextMethod, "NextMethod")
	require.Equal(t, r.permanent, answer.Permanent, "Permanent")
	require.Equal(t, r.alarm, answer.Alarm != "", "Alarm %q", answer.Alarm)
	require.Equal(t, r.outcome == unknown, answer.InquireAfter > 0, "InquireAfter %v", answer.InquireAfter)
	require.False(t, answer.Resend)
	require.Empty(t, answer.Review)
}

// tabled is a call whose refusals are in a table.
type tabled struct {
	path  string // what the path of its order ends in
	rows  []refused
	order func(w *world) (ports.Charger, ports.ChargeOrder) // prepared
	pays  bool                                              // an order that is executed is approved at once
	// spoils is the code after which the order is not sent again: the key would repeat it.
	spoils string
}

// run answers each code with its documented status and with another one, and asks what became of the
// order: when nothing is found, and when the order had been executed.
func (c tabled) run(t *testing.T) {
	t.Helper()
	for _, row := range c.rows {
		for name, status := range row.statuses() {
			t.Run(fmt.Sprintf("%s %d %s", row.code, status, name), func(t *testing.T) {
				t.Parallel()
				c.before(t, row.with(status), status)
				if !row.with(status).outcome.Final() {
					c.after(t, row.with(status), status)
				}
			})
		}
	}
}

// begin sends an order that is answered with a code.
func (c tabled) begin(t *testing.T, kind tosstest.Kind, row refused, status int) (*world, ports.Charger, ports.ChargeOrder) {
	t.Helper()
	w := setup(t)
	charger, order := c.order(w)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: c.path, Kind: kind, Status: status, Code: row.code})
	row.require(t, w.send(charger, &order))
	return w, charger, order
}

// before has the code answered and nothing executed.
func (c tabled) before(t *testing.T, row refused, status int) {
	t.Helper()
	w, charger, order := c.begin(t, tosstest.StatusBefore, row, status)
	w.Zero(w.executions(order))
	if row.outcome.Final() {
		return
	}
	w.sim.Hide(true) // a window's payment is there before it is confirmed
	w.clock.Advance(max(order.Last.InquireAfter, 0))
	answer := w.inquire(charger, &order)
	w.Equal(row.likely, answer.Outcome, "%+v", answer)
	w.Equal(row.likely == unknown && row.code != c.spoils, answer.Resend)
	if row.likely != unknown {
		w.Equal(row.code, answer.Code)
		w.Equal(row.permanent, answer.Permanent)
		w.Equal(row.next, answer.NextMethod)
	}
	w.Zero(w.executions(order))
}

// after has the order executed and the code answered all the same.
func (c tabled) after(t *testing.T, row refused, status int) {
	t.Helper()
	w, charger, order := c.begin(t, tosstest.StatusAfter, row, status)
	w.clock.Advance(max(order.Last.InquireAfter, 0))
	answer := w.inquire(charger, &order)
	if !c.pays {
		w.Equal(pending, answer.Outcome)
		w.NotNil(answer.Await)
		return
	}
	w.Equal(approved, answer.Outcome, "%+v", answer)
	w.NotEmpty(answer.ProviderRef)
	w.True(answer.Amount.Decimal.Equal(order.Amount))
	w.Equal(1, w.executions(order))
}

// requireComplete requires that the rows are those of the adapter's own table, each with the same
// documented status. A code that the adapter confirms whatever its status may have any.
func requireComplete(t *testing.T, call string, rows []refused) {
	t.Helper()
	rules, seen := toss.Rules(call), map[string]bool{}
	for _, row := range rows {
		require.False(t, seen[row.code], "%s is in the table twice", row.code)
		seen[row.code] = true
		rule, known := rules[row.code]
		require.True(t, known, "the rules do not have %s", row.code)
		if rule.Status != 0 || row.status != 0 && !rule.Confirm && rule.Class != toss.ClassUnknown {
			require.Equal(t, row.status, rule.Status, row.code)
		}
		if documented := tosstest.StatusOf(row.code); documented != 0 {
			require.Equal(t, documented, row.status, row.code)
		}
	}
	for code := range rules {
		require.True(t, seen[code], "no row has %s", code)
	}
}

func TestRules_have_a_row_each(t *testing.T) {
	t.Parallel()
	for call, rows := range map[string][]refused{
		"charge": chargeCodes(), "confirm": confirmCodes(), "account": accountCodes(), "cancel": cancelCodes(),
		"inquire": inquireCodes(), "issue": issueCodes(), "delete": deleteCodes(),
	} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			requireComplete(t, call, rows)
		})
	}
}

// elsewhere are documented codes that no call of the adapters' rules has: of payouts, of lists, of
// cash receipts, and of the addresses that windows return to. An answer with one is unknown.
func elsewhere() []string {
	return []string{
		"ACCOUNT_OWNER_CHECK_FAILED", "FORBIDDEN_SELLER_PAYOUT", "INVALID_PAYABLE_DATE", "NOT_ALLOWED_HOLIDAY", "NOT_ENOUGH_AMOUNT", "NOT_MATCH_PAYEE_NAME",
		"PAYOUT_NOT_FOUND",
		"EXCEED_MAX_QUERY_LIMIT", "INVALID_DATE", "INVALID_ISO_DATE_FORMAT", "INVALID_PAGING_KEY",
		"DUPLICATED_CASH_RECEIPT", "NTS_ERROR",
		"EXPIRED_PAYMENT", // stands in the failure of a payment
		"PAY_PROCESS_ABORTED", "PAY_PROCESS_CANCELED",
	}
}

func TestRules_have_every_documented_code(t *testing.T) {
	t.Parallel()
	have := map[string]toss.Rule{}
	for _, call := range []string{"charge", "confirm", "account", "cancel", "inquire", "issue", "delete"} {
		maps.Copy(have, toss.Rules(call))
	}
	for _, code := range tosstest.Codes() {
		_, ruled := have[code]
		require.NotEqual(t, slices.Contains(elsewhere(), code), ruled, code)
	}
	for _, code := range elsewhere() {
		require.Contains(t, tosstest.Codes(), code)
	}
}

// The codes of the official table of a call are in the rules of the call.
func TestRules_have_the_official_tables(t *testing.T) {
	t.Parallel()
	for call, codes := range map[string][]string{
		"charge": {
			"INVALID_STOPPED_CARD", "INVALID_REJECT_CARD", "INVALID_CARD_LOST_OR_STOLEN", "INVALID_CARD_EXPIRATION", "INVALID_CARD_NUMBER",
			"INVALID_CARD_INSTALLMENT_PLAN", "INVALID_BILL_KEY_REQUEST", "INVALID_REQUEST", "NOT_SUPPORTED_CARD_TYPE",
			"NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT", "NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN", "NOT_REGISTERED_CARD_COMPANY",
			"NOT_MATCHES_CUSTOMER_KEY", "DUPLICATED_ORDER_ID", "BELOW_MINIMUM_AMOUNT", "UNAUTHORIZED_KEY", "REJECT_CARD_PAYMENT", "REJECT_ACCOUNT_PAYMENT",
			"REJECT_CARD_COMPANY", "EXCEED_MAX_AUTH_COUNT", "INCORRECT_BASIC_AUTH_FORMAT", "FAILED_INTERNAL_SYSTEM_PROCESSING", "FAILED_DB_PROCESSING",
			"FAILED_CARD_COMPANY_RESPONSE", "FAILED_BILLING_AUTO_CANCEL", "COMMON_ERROR",
		},
		"inquire": {
			"NOT_FOUND_PAYMENT", "NOT_FOUND", "FORBIDDEN_CONSECUTIVE_REQUEST", "NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN_BELOW_AMOUNT",
			"INCORRECT_BASIC_AUTH_FORMAT", "FORBIDDEN_REQUEST", "UNAUTHORIZED_KEY",
		},
	} {
		for _, code := range codes {
			require.Contains(t, toss.Rules(call), code, call)
		}
	}
}

// strange are answers without a code that is listed for any call. They are unknown, whatever their
// status.
func strange() map[string]struct {
	fault tosstest.Fault
	alarm bool
} {
	type row = struct {
		fault tosstest.Fault
		alarm bool
	}
	before := func(status int, code, body string) tosstest.Fault {
		return tosstest.Fault{Kind: tosstest.StatusBefore, Status: status, Code: code, Body: body}
	}
	return map[string]row{
		"400 with a new code":                 {before(400, "NEW_CODE_OF_TOMORROW", ""), false},
		"403 with a new code":                 {before(403, "NEW_CODE_OF_TOMORROW", ""), false},
		"404 with a new code":                 {before(404, "NEW_CODE_OF_TOMORROW", ""), false},
		"500 with a new code":                 {before(500, "NEW_CODE_OF_TOMORROW", ""), false},
		"401 with a new code":                 {before(401, "NEW_CODE_OF_TOMORROW", ""), true},
		"405 with a new code":                 {before(405, "NEW_CODE_OF_TOMORROW", ""), true},
		"429 with a code of declining":        {before(429, "REJECT_CARD_PAYMENT", ""), false},
		"302 with a code of declining":        {before(302, "REJECT_CARD_PAYMENT", ""), true},
		"201 with a code of declining":        {before(201, "REJECT_CARD_PAYMENT", ""), false},
		"400 with a code in lower case":       {before(400, "", `{"code":"reject_card_payment"}`), false},
		"400 with a code and a payment":       {before(400, "", `{"code":"REJECT_CARD_PAYMENT","paymentKey":"tpk"}`), false},
		"400 with two codes":                  {before(400, "", `{"code":"PROVIDER_ERROR","code":"REJECT_CARD_PAYMENT"}`), false},
		"400 with a code that is a number":    {before(400, "", `{"code":5}`), false},
		"400 with a code within an array":     {before(400, "", `[{"code":"REJECT_CARD_PAYMENT"}]`), false},
		"200 with a code of declining":        {before(200, "REJECT_CARD_PAYMENT", ""), false},
		"400 that is a page":                  {before(400, "", ""), false},
		"401 that is a page":                  {before(401, "", ""), true},
		"403 that is a page":                  {before(403, "", ""), false},
		"404 that is a page":                  {before(404, "", ""), true},
		"405 that is a page":                  {before(405, "", ""), true},
		"409 that is a page":                  {before(409, "", ""), false},
		"415 that is a page":                  {before(415, "", ""), true},
		"429 that is a page":                  {before(429, "", ""), false},
		"301 that is a page":                  {before(301, "", ""), true},
		"502 that is a page":                  {before(502, "", ""), false},
		"200 that is a page":                  {before(200, "", ""), false},
		"the connection is closed before":     {tosstest.Fault{Kind: tosstest.CloseBefore}, false},
		"the connection is closed after":      {tosstest.Fault{Kind: tosstest.CloseAfter}, false},
		"the answer is cut":                   {tosstest.Fault{Kind: tosstest.Truncate}, false},
		"the answer is not JSON":              {tosstest.Fault{Kind: tosstest.Garbage}, false},
		"the answer is an empty object":       {tosstest.Fault{Kind: tosstest.EmptyObject}, false},
		"the answer is too large":             {tosstest.Fault{Kind: tosstest.Huge}, false},
		"the answer is another order's":       {tosstest.Fault{Kind: tosstest.WrongOrder}, true},
		"the answer is in dollars":            {tosstest.Fault{Kind: tosstest.Dollars}, true},
		"the answer has another type":         {tosstest.Fault{Kind: tosstest.WrongType}, true},
		"the answer has another amount":       {tosstest.Fault{Kind: tosstest.WrongAmount}, true},
		"the answer has a fraction of a won":  {tosstest.Fault{Kind: tosstest.Fraction}, true},
		"the answer has a status of tomorrow": {tosstest.Fault{Kind: tosstest.OddStatus}, false},
	}
}

// runStrange answers an order in every strange way.
func (c tabled) runStrange(t *testing.T) {
	t.Helper()
	for name, row := range strange() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			charger, order := c.order(w)
			row.fault.Method, row.fault.Path = http.MethodPost, c.path
			w.sim.Inject(row.fault)
			answer := w.send(charger, &order)
			w.Equal(unknown, answer.Outcome, "%+v", answer)
			w.Equal(unknown, answer.Likely)
			w.Positive(answer.InquireAfter)
			w.Equal(row.alarm, answer.Alarm != "", "%q", answer.Alarm)
			w.LessOrEqual(w.executions(order), 1)
		})
	}
}
