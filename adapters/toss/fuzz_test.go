package toss_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// canned answers every request in the same way.
type canned struct {
	status int
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		Status: http.StatusText(c.status), StatusCode: c.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(c.body)), ContentLength: -1, Request: r,
	}, nil
}

const (
	fuzzKey     = "test_sk_jigapExampleKey0000000000"
	fuzzPayment = "tpk_jg_0042"
	fuzzToken   = "paymentKey=" + fuzzPayment + "&orderId=jgw-fuzz&amount=30000"
)

func fuzzClient(t *testing.T, status int, body string) *toss.Client {
	t.Helper()
	key, err := toss.NewSecretKey(fuzzKey)
	require.NoError(t, err)
	client, err := toss.New(key, toss.Config{HTTPClient: &http.Client{Transport: canned{status, body}}, Clock: tosstest.NewClock(start)})
	require.NoError(t, err)
	return client
}

// fuzzed are the adapters of a provider that answers everything in the same way.
type fuzzed struct {
	*world
	billing  *toss.BillingCharger
	windows  *toss.WindowCharger
	accounts *toss.AccountCharger
}

func fuzzWorld(t *testing.T, status int, body string) *fuzzed {
	t.Helper()
	w := &world{Assertions: require.New(t), t: t, clock: tosstest.NewClock(start), sim: tosstest.New(tosstest.Config{Seed: 1})}
	w.cards = map[string]*tosstest.Card{"card-1": w.sim.NewCard(tosstest.CardConfig{})}
	w.client = fuzzClient(t, status, body)
	return &fuzzed{w, w.billing(), w.windows(), w.accounts()}
}

// orders returns an order of each adapter, as if it had been sent.
func (f *fuzzed) orders() map[string]fuzzOrder {
	order := ports.ChargeOrder{
		OperationID: "fuzz", Amount: won(30_000), Currency: "KRW", RequestedAt: start, SentAt: start, Transmissions: 1,
	}
	made := map[string]fuzzOrder{}
	for id, charger := range map[string]ports.Charger{"jgb-fuzz": f.billing, "jgw-fuzz": f.windows, "jga-fuzz": f.accounts} {
		o := order
		switch charger {
		case f.billing:
			o.PaymentMethod = "card-1"
		case f.accounts:
			o.PaymentMethod = "20"
		}
		evidence, refusal := charger.Prepare(f.t.Context(), o)
		if charger == f.windows {
			offline := fuzzWorldOffline(f.t)
			evidence, refusal = offline.PrepareConfirm(f.t.Context(), o, fuzzToken)
		}
		f.Nil(refusal)
		o.Evidence = evidence
		made[id] = fuzzOrder{charger, o}
	}
	return made
}

type fuzzOrder struct {
	charger ports.Charger
	order   ports.ChargeOrder
}

// fuzzWorldOffline returns windows whose provider answers no question.
func fuzzWorldOffline(t *testing.T) *toss.WindowCharger {
	t.Helper()
	charger, err := toss.NewWindowCharger(fuzzClient(t, http.StatusTooManyRequests, ""), "main", toss.WindowConfig{})
	require.NoError(t, err)
	return charger
}

// object is an answer as a reader sees it that shares nothing with the adapter.
type object map[string]any

// readObject reads an object, and returns nil for any other text.
func readObject(text string) object {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var read object
	if decoder.Decode(&read) != nil {
		return nil
	}
	return read
}

// fits reports whether a field is there, in whatever case its name is written, with a value that
// fits.
func (o object) fits(name string, fit func(value any) bool) bool {
	for key, value := range o {
		if strings.EqualFold(key, name) && fit(value) {
			return true
		}
	}
	return false
}

func (o object) is(name, text string) bool {
	return o.fits(name, func(value any) bool { return value == text })
}

func isWon(amount int64) func(value any) bool {
	return func(value any) bool {
		number, isNumber := value.(json.Number)
		if !isNumber {
			return false
		}
		got, err := decimal.NewFromString(number.String())
		return err == nil && got.Equal(won(amount))
	}
}

func isTime(value any) bool {
	text, _ := value.(string)
	_, zoned := time.Parse(time.RFC3339, text)
	_, local := time.Parse("2006-01-02T15:04:05", text)
	return zoned == nil || local == nil
}

func isText(value any) bool { text, isText := value.(string); return isText && text != "" }

// isPaid reports whether an answer proves that an order was paid.
func (o object) isPaid(orderID string) bool {
	billing := strings.HasPrefix(orderID, "jgb")
	return o.is("orderId", orderID) && o.fits("totalAmount", isWon(30_000)) && o.is("currency", "KRW") && o.fits("paymentKey", isText) &&
		o.fits("approvedAt", isTime) && (o.is("type", "BILLING") == billing) && (billing || o.is("type", "NORMAL") || o.is("type", "BRANDPAY")) &&
		(o.is("status", "DONE") || o.is("status", "CANCELED") || o.is("status", "PARTIAL_CANCELED"))
}

// requireShown checks what every answer must be, whatever the provider wrote.
func requireShown(t *testing.T, answer ports.ChargeAnswer) {
	t.Helper()
	require.True(t, answer.Outcome.Known())
	require.NoError(t, ports.CheckProviderRef("ProviderRef", answer.ProviderRef))
	require.NoError(t, ports.CheckText("Message", answer.Message, 2000))
	require.NoError(t, ports.CheckText("Code", answer.Code, 100))
	require.NotContains(t, fmt.Sprintf("%+v", answer), fuzzKey)
	if answer.Amount.Valid {
		require.True(t, ports.WithinLimit(answer.Amount.Decimal))
	}
	if answer.Outcome.Final() {
		require.Zero(t, answer.InquireAfter)
		require.Equal(t, unknown, answer.Likely)
		require.False(t, answer.Resend)
		require.Empty(t, answer.Review)
	}
	if answer.Outcome == approved {
		require.NotEmpty(t, answer.ProviderRef)
	}
}

// paymentSeeds are payments of the three adapters in all statuses, and answers that are nearly such.
func paymentSeeds() []string {
	seeds := []string{``, `null`, `[]`, `{}`, "\x00\xff{", `{"status":"DONE"}`}
	for _, id := range []string{"jgb-fuzz", "jgw-fuzz", "jga-fuzz", "other-fuzz"} {
		for _, status := range []string{"DONE", "READY", "IN_PROGRESS", "WAITING_FOR_DEPOSIT", "CANCELED", "PARTIAL_CANCELED", "ABORTED", "EXPIRED", "ODD"} {
			kind := map[bool]string{true: "BILLING", false: "NORMAL"}[id == "jgb-fuzz"]
			good := fmt.Sprintf(`{"version":"2024-06-01","paymentKey":%q,"type":%q,"orderId":%q,"currency":"KRW","totalAmount":30000,"balanceAmount":30000,"status":%q,`+
				`"approvedAt":"2026-03-16T12:00:02+09:00","lastTransactionKey":"TX","cancels":null,"failure":{"code":"REJECT_CARD_PAYMENT","message":"m"},`+
				`"virtualAccount":{"accountNumber":"X1","bankCode":"20","dueDate":"2026-03-23T12:00:00+09:00","expired":false}}`, fuzzPayment, kind, id, status)
			seeds = append(seeds, good)
		}
	}
	good := seeds[6]
	for _, change := range [][2]string{
		{`30000,"balance`, `30000.0,"balance`},
		{`30000,"balance`, `3e4,"balance`},
		{`30000,"balance`, `"30000","balance`},
		{`30000,"balance`, `30000.5,"balance`},
		{`30000,"balance`, `1e999,"balance`},
		{`30000,"balanceAmount":30000`, `300,"balanceAmount":300`},
		{`"KRW"`, `"USD"`},
		{`"KRW"`, `null`},
		{`"orderId"`, `"ORDERID"`},
		{`"status"`, `"ſtatus"`},
		{`"status":"DONE"`, `"status":"ABORTED","ſtatus":"DONE"`},
		{`"status":"DONE"`, `"status":"DONE","Status":"ABORTED"`},
		{`"cancels":null`, `"cancels":[{"cancelAmount":30000,"cancelReason":"jgc-x","cancelStatus":"DONE"}]`},
		{`"balanceAmount":30000`, `"balanceAmount":0`},
		{`"2026-03-16T12:00:02+09:00"`, `"2026-03-16T12:00:02"`},
		{`"2026-03-16T12:00:02+09:00"`, `null`},
		{`"2026-03-16T12:00:02+09:00"`, `5`},
		{fuzzPayment, strings.Repeat("k", 300)},
		{fuzzPayment, "a b\\u0000"},
		{`}`, ``},
	} {
		seeds = append(seeds, strings.Replace(good, change[0], change[1], 1))
	}
	closed := `{"paymentKey":"0","type":"BILLING","orderId":"jgb-fuzz","currency":"KRW","totalAmount":30000,"balanceAmount":0,"status":"CANCELED","virtualAccount":{}}`
	return append(seeds, closed) // a card has no account that the provider closes
}

// FuzzPayments feeds any answer to a question about an order of each adapter. Only a payment that
// fits in everything approves it, and only a payment of the order that has ended declines it.
func FuzzPayments(f *testing.F) {
	for _, body := range paymentSeeds() {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		world, shown := fuzzWorld(t, http.StatusOK, body), readObject(body)
		for id, o := range world.orders() {
			for _, last := range []ports.Outcome{unknown, approved, pending} {
				o.order.Last = ports.ChargeAnswer{Answer: ports.Answer{Outcome: last}}
				answer := o.charger.Inquire(t.Context(), o.order)
				requireShown(t, answer)
				switch answer.Outcome {
				case approved:
					require.True(t, shown.isPaid(id), id)
				case declined:
					require.True(t, shown.is("orderId", id))
					ended := shown.is("status", "ABORTED") || shown.is("status", "EXPIRED")
					closed := shown.is("status", "CANCELED") || shown.is("status", "WAITING_FOR_DEPOSIT")
					taken := last == approved && (shown.is("status", "CANCELED") || shown.is("status", "PARTIAL_CANCELED") || shown.is("status", "DONE"))
					require.True(t, ended || taken || closed && id != "jgb-fuzz")
				case notSent, fault:
					require.Fail(t, "a payment settled an order so", answer)
				case unknown, pending:
				}
			}
		}
	})
}

// FuzzAnswers feeds any answer to a transmission of an order of each adapter. Nothing is approved
// without a payment that fits, and nothing is settled by a refusal that is not in the rules.
func FuzzAnswers(f *testing.F) {
	for i, body := range paymentSeeds() {
		f.Add([]int{200, 201, 302, 400, 500}[i%5], body)
		f.Add(200, body)
		f.Add(200, strings.Replace(body, `"approvedAt":"2026-03-16T12:00:02+09:00",`, "", 1))
	}
	for i, code := range []string{
		"REJECT_CARD_PAYMENT", "PROVIDER_ERROR", "INVALID_REQUEST", "UNAUTHORIZED_KEY", "IDEMPOTENT_REQUEST_PROCESSING", "NEW_CODE", "DUPLICATED_ORDER_ID", "no code",
	} {
		for _, status := range []int{400, 401, 403, 404, 409, 429, 500} {
			f.Add(status, fmt.Sprintf([]string{`{"code":%q,"message":"m"}`, `{"error":{"code":%q}}`, `{"code":%q,"paymentKey":"k"}`}[(i+status)%3], code))
		}
	}
	calls := map[string]map[string]toss.Rule{"jgb-fuzz": toss.Rules("charge"), "jgw-fuzz": toss.Rules("confirm"), "jga-fuzz": toss.Rules("account")}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		world, shown := fuzzWorld(t, status, body), readObject(body)
		for id, o := range world.orders() {
			answer := o.charger.Charge(t.Context(), o.order)
			requireShown(t, answer)
			rule := calls[id][answer.Code]
			switch answer.Outcome {
			case approved:
				require.True(t, status == http.StatusOK && shown.isPaid(id), id)
			case pending:
				waits := status == http.StatusOK && id != "jgb-fuzz" && shown.is("orderId", id)
				require.True(t, waits || status >= 400 && answer.Code == "IDEMPOTENT_REQUEST_PROCESSING")
			case declined, fault:
				require.GreaterOrEqual(t, status, 400)
				require.False(t, rule.Confirm)
				require.Equal(t, map[toss.Class]ports.Outcome{toss.ClassDeclined: declined, toss.ClassFault: fault}[rule.Class], answer.Outcome)
				require.True(t, rule.Status == status || rule.Status == 0 && status < 500)
			case notSent:
				require.Fail(t, "an answer proves that the order was sent", answer)
			case unknown:
			}
		}
	})
}

// fuzzCancel is a cancellation of 10,000 won of a payment of 30,000.
func fuzzCancel() ports.CancelOrder {
	charge := ports.ChargeOrder{OperationID: "fuzz", PaymentMethod: "card-1", Amount: won(30_000), Currency: "KRW", RequestedAt: start, SentAt: start, Transmissions: 1}
	charge.Last = ports.ChargeAnswer{Answer: ports.Answer{Outcome: approved, ProviderRef: fuzzPayment}}
	return ports.CancelOrder{CancelID: "fuzz-1", Charge: charge, Amount: won(10_000), Left: won(30_000), RequestedAt: start, SentAt: start, Transmissions: 1}
}

// canceledIn reports whether an answer shows a cancellation of the order, and with what amount.
func (o object) canceledIn(done bool) bool {
	return o.is("paymentKey", fuzzPayment) && o.fits("cancels", func(value any) bool {
		entries, _ := value.([]any)
		for _, entry := range entries {
			fields, _ := entry.(map[string]any)
			if cancel := object(fields); cancel.is("cancelReason", "jgc-fuzz-1") && (!done || cancel.is("cancelStatus", "DONE")) {
				return true
			}
		}
		return false
	})
}

// FuzzCancellations feeds any answer to a cancellation, and to the questions about it. Only an entry
// of its own that is done approves it.
func FuzzCancellations(f *testing.F) {
	for _, body := range paymentSeeds() {
		f.Add(200, body)
	}
	entry := `"cancels":[{"cancelAmount":10000,"cancelReason":"jgc-fuzz-1","transactionKey":"TX2","canceledAt":"2026-03-16T12:00:02+09:00","cancelStatus":%q}]`
	for _, status := range []string{"DONE", "IN_PROGRESS", "ABORTED"} {
		good := strings.Replace(paymentSeeds()[6], `"cancels":null`, fmt.Sprintf(entry, status), 1)
		f.Add(200, good)
		f.Add(200, strings.Replace(good, `:10000`, `:10001`, 1))
		f.Add(200, strings.Replace(good, `"TX2"`, `" 00"`, 1))
		f.Add(200, strings.Replace(good, `jgc-fuzz-1`, `jgc-fuzz-2`, 1))
		f.Add(200, strings.Replace(good, fuzzPayment, `other`, 1))
	}
	for _, code := range []string{"ALREADY_CANCELED_PAYMENT", "NOT_CANCELABLE_AMOUNT", "NOT_MATCHES_REFUNDABLE_AMOUNT", "NOT_FOUND_PAYMENT", "INVALID_REQUEST", "PROVIDER_ERROR"} {
		f.Add(400, `{"code":"`+code+`"}`)
		f.Add(404, `{"code":"`+code+`"}`)
	}
	const standing = `{"version":"2024-06-01","paymentKey":"` + fuzzPayment + `","type":"BILLING","orderId":"jgb-fuzz","currency":"KRW",` +
		`"totalAmount":30000,"balanceAmount":30000,"status":"DONE","approvedAt":"2026-03-16T12:00:01+09:00"}`
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 499 { // questions are repeated after the others, which takes a while
			return
		}
		world, shown := fuzzWorld(t, status, body), readObject(body)
		order := fuzzCancel()
		evidence, refusal := fuzzWorld(t, http.StatusOK, standing).billing.PrepareCancel(t.Context(), order)
		require.Nil(t, refusal)
		order.Evidence = evidence
		for _, answer := range []ports.ChargeAnswer{world.billing.Cancel(t.Context(), order), world.billing.InquireCancel(t.Context(), order)} {
			requireCancel(t, status, shown, answer)
		}
	})
}

func requireCancel(t *testing.T, status int, shown object, answer ports.ChargeAnswer) {
	t.Helper()
	require.NoError(t, ports.CheckProviderRef("ProviderRef", answer.ProviderRef))
	switch answer.Outcome {
	case approved:
		require.True(t, status == http.StatusOK && shown.canceledIn(true))
		require.True(t, answer.Amount.Valid)
	case pending:
		require.True(t, answer.Code == "IDEMPOTENT_REQUEST_PROCESSING" || shown.canceledIn(false))
	case declined, notSent:
		require.Fail(t, "nothing shows that the charge stands", answer)
	case fault:
		require.Equal(t, http.StatusNotFound, status)
	case unknown:
	}
}

// FuzzTokens feeds any token of a window. Only one that names the order, its amount and one payment is
// taken.
func FuzzTokens(f *testing.F) {
	for _, token := range []string{
		fuzzToken, "", "?" + fuzzToken, "paymentType=NORMAL&" + fuzzToken, fuzzToken + "&amount=1", strings.Replace(fuzzToken, "30000", "30000.0", 1),
		strings.Replace(fuzzToken, "30000", "3e4", 1), strings.Replace(fuzzToken, "30000", "%2030000", 1), strings.Replace(fuzzToken, "jgw-", "jgb-", 1),
		strings.Replace(fuzzToken, fuzzPayment, "a%0ab", 1), strings.Replace(fuzzToken, fuzzPayment, "..%2Forders%2Fx", 1), "%zz", "a;b",
		strings.Replace(fuzzToken, "&", "&amp;", 1), strings.Replace(fuzzToken, fuzzPayment, strings.Repeat("k", 201), 1),
	} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		order := ports.ChargeOrder{OperationID: "fuzz", Amount: won(30_000), Currency: "KRW", RequestedAt: start}
		evidence, refusal := fuzzWorldOffline(t).PrepareConfirm(t.Context(), order, token)
		if refusal != nil {
			require.Equal(t, declined, refusal.Outcome)
			require.Empty(t, evidence)
			return
		}
		query, err := url.ParseQuery(token)
		require.NoError(t, err)
		require.Equal(t, []string{"jgw-fuzz"}, query["orderId"])
		require.Len(t, query["amount"], 1)
		require.True(t, isWon(30_000)(json.Number(query.Get("amount"))))
		require.Regexp(t, `^[!-~]{1,200}$`, query.Get("paymentKey"))
		require.Len(t, query["paymentKey"], 1)
	})
}

// FuzzWebhooks feeds any notification. A notice names an order that the body names.
func FuzzWebhooks(f *testing.F) {
	for _, body := range []string{
		`{"eventType":"PAYMENT_STATUS_CHANGED","createdAt":"2026-03-16T12:00:00.000000","data":{"orderId":"jgw-fuzz","paymentKey":"tpk","status":"DONE"}}`,
		`{"eventType":"CANCEL_STATUS_CHANGED","data":{"orderId":"jgb_` + strings.Repeat("a", 32) + `","paymentKey":"tpk"}}`,
		`{"createdAt":"2026-03-16T12:00:00.000000","secret":"ps","status":"DONE","transactionKey":"TX","orderId":"jga-fuzz"}`,
		`{"eventType":"BILLING_DELETED","data":{"billingKey":"b"}}`, `{"eventType":"payout.changed"}`, `{"eventType":5}`, `[]`, `null`, ``, "\xff",
		`{"eventType":"PAYMENT_STATUS_CHANGED","data":{"orderId":"jgp-fuzz","paymentKey":"tpk"}}`, `{"orderId":"jgw-fuzz"}`,
		`{"eventType":"PAYMENT_STATUS_CHANGED","data":{"orderId":"jgw-fuzz","paymentKey":"a b"}}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		world := fuzzWorld(t, http.StatusTooManyRequests, "")
		notices, err := world.billing.ReadWebhook(t.Context(), ports.Webhook{Body: []byte(body)})
		if err != nil {
			require.ErrorIs(t, err, ports.ErrInvalid)
			require.Empty(t, notices)
		}
		require.LessOrEqual(t, len(notices), 1)
		for _, notice := range notices {
			require.Contains(t, []string{"billing@toss:main", "window@toss:main", "account@toss:main"}, notice.Provider)
			require.NoError(t, ports.CheckProviderRef("ProviderRef", notice.ProviderRef))
			require.True(t, notice.OperationID != "" || notice.ProviderRef != "")
			kinds := map[string]string{"billing@toss:main": "jgb", "window@toss:main": "jgw", "account@toss:main": "jga"}
			names := func(value any) bool {
				text, _ := value.(string)
				return text == kinds[notice.Provider]+"-"+notice.OperationID || strings.HasPrefix(text, kinds[notice.Provider]+"_")
			}
			shown := readObject(body)
			inside := shown.fits("data", func(value any) bool {
				fields, _ := value.(map[string]any)
				return object(fields).fits("orderId", names)
			})
			require.True(t, inside || shown.fits("orderId", names))
		}
	})
}

// FuzzTransactions feeds any list, as every page of it. It ends, and gives no row twice.
func FuzzTransactions(f *testing.F) {
	row := `{"mId":"m","transactionKey":%q,"paymentKey":"p","orderId":"o","status":"DONE","transactionAt":"2026-03-16T12:00:02+09:00","currency":"KRW","amount":%s}`
	for _, amount := range []string{"11000", "0", "-11000", "11000.5", `"11000"`, "null", "1e999", "1E3"} {
		f.Add("[" + fmt.Sprintf(row, "a", amount) + "]")
		f.Add("[" + fmt.Sprintf(row, "a", amount) + "," + fmt.Sprintf(row, "b", "1") + "," + fmt.Sprintf(row, "a", amount) + "]")
	}
	for _, body := range []string{"[]", "{}", "null", "", "[null]", "[{}]", "[[]]", `[{"transactionKey":5}]`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		seen, failed := map[string]bool{}, false
		for row, err := range fuzzClient(t, http.StatusOK, body).Transactions(t.Context(), start, start.Add(time.Hour)) {
			require.False(t, failed, "a row after an error")
			if failed = err != nil; failed {
				require.Empty(t, row.Key)
				continue
			}
			require.False(t, seen[row.Key])
			seen[row.Key] = true
			require.NotEmpty(t, row.OrderID)
			require.True(t, ports.WithinLimit(row.Amount))
		}
		var rows []any
		isEmpty := json.Unmarshal([]byte(body), &rows) == nil && rows != nil && len(rows) == 0
		require.Equal(t, isEmpty, !failed && len(seen) == 0)
	})
}
