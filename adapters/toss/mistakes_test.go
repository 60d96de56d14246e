package toss_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// sent is a request as it left the client.
type sent struct {
	method, path, key, authorization, contentType, acceptLanguage string
	body                                                          string
}

// recorder keeps what is sent to a simulator.
type recorder struct {
	next http.RoundTripper
	mu   sync.Mutex
	sent []sent
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		body, _ = io.ReadAll(request.Body)
		request.Body = io.NopCloser(bytes.NewReader(body))
	}
	r.mu.Lock()
	r.sent = append(r.sent, sent{
		request.Method, request.URL.EscapedPath(), request.Header.Get("Idempotency-Key"), request.Header.Get("Authorization"),
		request.Header.Get("Content-Type"), request.Header.Get("Accept-Language"), string(body),
	})
	r.mu.Unlock()
	return r.next.RoundTrip(request)
}

// posts returns the requests that may have moved money, oldest first.
func (r *recorder) posts() []sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	var posts []sent
	for _, one := range r.sent {
		if one.method == http.MethodPost {
			posts = append(posts, one)
		}
	}
	return posts
}

// recorded is a world whose requests are kept.
func recorded(t *testing.T) (*world, *recorder) {
	t.Helper()
	w := setup(t)
	r := &recorder{next: w.sim.Transport()}
	w.client = w.newClient(w.sim.Shop().SecretKey, toss.Config{HTTPClient: &http.Client{Transport: r}})
	return w, r
}

// TestMistakes shows of each mistake that clients of the provider were seen to make that the adapter
// does not make it.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for name, scenario := range map[string]func(t *testing.T){
		"1 the colon is missing":                                        mistakeColon,
		"2 an amount is a text":                                         mistakeText,
		"3 a customerKey stands for the billingKey in the path":         mistakePath,
		"3 the status of HTTP is not looked at":                         mistakeStatus,
		"4 no key, or another one for each try":                         mistakeKeys,
		"5 one key for all confirmations":                               mistakeConstantKey,
		"6 an orderId with the clock in it":                             mistakeClock,
		"7 a time-out of 10 seconds, booked as failed":                  mistakeTimeout,
		"8 every refusal is booked as failed":                           mistakeProcessed,
		"9 PROVIDER_ERROR is taken for a decline":                       mistakeProvider,
		"10 a status of 200 is taken for approved":                      mistakeOK,
		"11 a virtual account is credited when it is issued":            mistakeWaiting,
		"12 the body of a notification is believed":                     mistakeBelieved,
		"12 a signature is expected of notifications that have none":    mistakeSignature,
		"13 paymentKey and eventType are expected of a deposit":         mistakeDeposit,
		"14 CANCELED is the only sign of a full cancel":                 mistakeCanceled,
		"15 a refused request is corrected and sent under the same key": mistakeCorrected,
		"16 an order is sent again after 15 days":                       mistakeLate,
		"17 a zone, and a limit of 10000, in a list":                    mistakeList,
		"20 a billing key is logged":                                    mistakeLogged,
		"21 the amount is compared with what the browser said":          mistakeBrowser,
		"22 a status that does not exist":                               mistakeInvented,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario(t)
		})
	}
}

func mistakeColon(t *testing.T) {
	t.Helper()
	w, r := recorded(t)
	charger, order := billed(w)
	w.send(charger, &order)
	w.inquire(charger, &order)
	w.Len(r.sent, 2)
	for _, one := range r.sent {
		plain, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(one.authorization, "Basic "))
		w.NoError(err)
		w.Equal(w.sim.Shop().SecretKey+":", string(plain))
		w.Empty(one.acceptLanguage)
	}
	w.Equal("application/json", r.sent[0].contentType)
	w.Empty(r.sent[1].key, "a question needs no key")
}

func mistakeText(t *testing.T) {
	t.Helper()
	w, r := recorded(t)
	for _, of := range []func(w *world) (ports.Charger, ports.ChargeOrder){billed, agreed, issued} {
		charger, order := of(w)
		w.send(charger, &order)
	}
	charge := w.charged()
	order := w.cancellation(w.billing(), charge, 10_000, 30_000)
	w.cancel(w.billing(), &order)
	amounts := 0
	for _, post := range r.posts() {
		decoder := json.NewDecoder(strings.NewReader(post.body))
		decoder.UseNumber()
		var body map[string]any
		w.NoError(decoder.Decode(&body))
		for _, name := range []string{"amount", "cancelAmount", "refundableAmount"} {
			if value, has := body[name]; has {
				amounts++
				w.IsType(json.Number(""), value, name)
				w.Regexp(`^[1-9][0-9]*$`, value)
			}
		}
	}
	w.Equal(6, amounts)
}

func mistakePath(t *testing.T) {
	t.Helper()
	w, r := recorded(t)
	w.Equal(approved, w.charged().Last.Outcome)
	post := r.posts()[0]
	w.Equal("/v1/billing/"+w.card.BillingKey(), strings.ReplaceAll(post.path, "%3D", "="))
	w.Contains(post.body, `"customerKey":"`+w.card.CustomerKey()+`"`)
	w.NotContains(post.body, w.card.BillingKey())
}

func mistakeStatus(t *testing.T) {
	t.Helper()
	w := setup(t)
	charger, order := billed(w)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.Raw, Status: 500, Body: paidBody(order)})
	w.Equal(unknown, w.send(charger, &order).Outcome, "a payment with a status of 500")
}

// paidBody is a payment that fits an order of a billing key.
func paidBody(order ports.ChargeOrder) string {
	return `{"version":"2024-06-01","paymentKey":"tpk","type":"BILLING","orderId":"jgb-` + order.OperationID +
		`","currency":"KRW","totalAmount":30000,"balanceAmount":30000,"status":"DONE","approvedAt":"2026-03-16T12:00:02+09:00"}`
}

func mistakeKeys(t *testing.T) {
	t.Helper()
	for _, of := range []func(w *world) (ports.Charger, ports.ChargeOrder){billed, agreed, issued} {
		w, r := recorded(t)
		charger, order := of(w)
		w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseBefore, Times: 2})
		w.send(charger, &order)
		w.clock.Advance(time.Minute)
		w.resend(charger, &order)
		w.resend(charger, &order)
		posts := r.posts()
		w.Len(posts, 3)
		w.NotEmpty(posts[0].key)
		w.LessOrEqual(len(posts[0].key), 300)
		w.Equal(posts[0], posts[1], "the same bytes, to the same address, under the same key")
		w.Equal(posts[0], posts[2])
	}
	w, r := recorded(t)
	charge := w.charged()
	order := w.cancellation(w.billing(), charge, 10_000, 30_000)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseAfter})
	w.cancel(w.billing(), &order)
	order.Transmissions++
	w.cancel(w.billing(), &order)
	posts := r.posts()
	w.Equal(posts[1], posts[2])
	w.NotEqual(posts[0].key, posts[1].key, "a cancellation has a key of its own")
}

func mistakeConstantKey(t *testing.T) {
	t.Helper()
	w, r := recorded(t)
	for _, of := range []func(w *world) (ports.Charger, ports.ChargeOrder){billed, billed, agreed, agreed, issued, issued} {
		charger, order := of(w)
		w.send(charger, &order)
	}
	again := w.newOrder("") // the customer pays twice in windows of one order
	for range 2 {
		evidence, refusal := w.windows().PrepareConfirm(t.Context(), again, w.pay(again, again.Amount, tosstest.MethodCard))
		w.Nil(refusal)
		again.Evidence, again.SentAt, again.Transmissions = evidence, w.clock.Now(), 1
		w.windows().Charge(t.Context(), again)
	}
	keys := map[string]bool{}
	for _, post := range r.posts() {
		w.False(keys[post.key], "two payments have the key %s", post.key)
		keys[post.key] = true
	}
	w.Len(keys, 8)
}

func mistakeClock(t *testing.T) {
	t.Helper()
	ids := map[string]bool{}
	for _, at := range []time.Duration{0, time.Hour, 40 * 24 * time.Hour} {
		w, r := recorded(t)
		w.clock.Advance(at)
		_ = w.charged()
		var body struct{ OrderID string }
		w.NoError(json.Unmarshal([]byte(r.posts()[0].body), &body))
		ids[body.OrderID+" "+r.posts()[0].key] = true
		w.Regexp(`^[A-Za-z0-9_-]{6,64}$`, body.OrderID)
	}
	require.Len(t, ids, 1)
}

func mistakeTimeout(t *testing.T) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := setup(t)
		charger, order := billed(w)
		w.sim.Inject(
			tosstest.Fault{Method: http.MethodPost, Kind: tosstest.DelayAfter, Delay: 59 * time.Second},
			tosstest.Fault{Method: http.MethodPost, Kind: tosstest.DelayAfter, Delay: time.Hour},
		)
		w.Equal(approved, w.send(charger, &order).Outcome, "a call may take 60 seconds")
		charger, order = billed(w)
		w.Equal(unknown, w.send(charger, &order).Outcome)
		w.Equal(approved, w.inquire(charger, &order).Outcome)
		w.Equal(1, w.executions(order))
	})
}

func mistakeProcessed(t *testing.T) {
	t.Helper()
	w := setup(t)
	charger, order := agreed(w)
	w.sim.Next("/confirm", tosstest.Scenario{Code: "ALREADY_PROCESSED_PAYMENT", Executed: true})
	answer := w.send(charger, &order)
	w.Equal(unknown, answer.Outcome)
	w.Equal(unknown, answer.Likely)
	w.Equal(approved, w.inquire(charger, &order).Outcome)
	w.Equal(1, w.executions(order))
}

func mistakeProvider(t *testing.T) {
	t.Helper()
	for _, of := range []func(w *world) (ports.Charger, ports.ChargeOrder){billed, agreed} {
		w := setup(t)
		charger, order := of(w)
		w.sim.Next("", tosstest.Scenario{Code: "PROVIDER_ERROR", Executed: true})
		answer := w.send(charger, &order)
		w.Equal(unknown, answer.Outcome)
		w.Equal(unknown, answer.Likely)
		w.Equal(approved, w.inquire(charger, &order).Outcome)
	}
}

func mistakeOK(t *testing.T) {
	t.Helper()
	for name, change := range map[string][2]string{
		"nothing":        {"}", "}"},
		"no status":      {`"status":"DONE",`, ``},
		"another status": {`"DONE"`, `"READY"`},
		"no amount":      {`"totalAmount":30000,`, ``},
		"another amount": {`"totalAmount":30000`, `"totalAmount":300`},
		"another whole":  {`30000,"balanceAmount":30000`, `300,"balanceAmount":300`},
		"no orderId":     {`"orderId"`, `"orderName"`},
		"another order":  {`"jgb-`, `"jgb-9`},
		"no paymentKey":  {`"paymentKey":"tpk",`, ``},
		"no currency":    {`"currency":"KRW",`, ``},
		"no type":        {`"type":"BILLING",`, ``},
		"no approvedAt":  {`"approvedAt"`, `"requestedAt"`},
	} {
		w := setup(t)
		charger, order := billed(w)
		body := strings.Replace(paidBody(order), change[0], change[1], 1)
		w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.StatusBefore, Status: 200, Body: body})
		want := unknown
		if name == "nothing" {
			want = approved
		}
		w.Equal(want, w.send(charger, &order).Outcome, name)
	}
}

func mistakeWaiting(t *testing.T) {
	t.Helper()
	w := setup(t)
	for _, begin := range []func() (ports.Charger, ports.ChargeOrder){
		func() (ports.Charger, ports.ChargeOrder) { return issued(w) },
		func() (ports.Charger, ports.ChargeOrder) { return w.windows(), w.confirmable(tosstest.MethodAccount) },
	} {
		charger, order := begin()
		w.Equal(pending, w.send(charger, &order).Outcome)
		w.Equal(pending, w.inquire(charger, &order).Outcome)
		w.NotNil(order.Last.Await)
		w.False(order.Last.Amount.Valid)
		w.Zero(w.executions(order))
	}
}

func mistakeBelieved(t *testing.T) {
	t.Helper()
	w := setup(t)
	charger, order := w.windows(), w.confirmable(tosstest.MethodCard)
	body := `{"eventType":"PAYMENT_STATUS_CHANGED","createdAt":"2026-03-16T12:00:00.000000","data":` +
		strings.NewReplacer("jgb-", "jgw-", "BILLING", "NORMAL").Replace(paidBody(order)) + `}`
	notices, err := charger.ReadWebhook(t.Context(), ports.Webhook{Body: []byte(body)})
	w.NoError(err)
	w.Len(notices, 1)
	w.Equal(ports.Notice{Provider: charger.Name(), OperationID: order.OperationID, ProviderRef: "tpk"}, notices[0], "a notice holds no status and no amount")
	w.NotEqual(approved, w.inquire(charger, &order).Outcome)
	w.Zero(w.executed())
}

func mistakeSignature(t *testing.T) {
	t.Helper()
	w := setup(t)
	charger, order := w.windows(), w.confirmable(tosstest.MethodCard)
	w.send(charger, &order)
	due := w.sim.Due()
	w.Len(due, 1)
	w.Empty(due[0].Header.Get("Tosspayments-Webhook-Signature"))
	notices, err := charger.ReadWebhook(t.Context(), ports.Webhook{Header: due[0].Header, Body: due[0].Body})
	w.NoError(err)
	w.Len(notices, 1)
}

func mistakeDeposit(t *testing.T) {
	t.Helper()
	w := setup(t)
	charger := w.accounts()
	_, order := issued(w)
	w.send(charger, &order)
	w.True(w.sim.Deposit("jga-" + order.OperationID))
	for _, n := range w.sim.Due() {
		if bytes.Contains(n.Body, []byte("eventType")) {
			continue
		}
		w.NotContains(string(n.Body), "paymentKey")
		notices, err := charger.ReadWebhook(t.Context(), ports.Webhook{Body: n.Body})
		w.NoError(err)
		w.Equal([]ports.Notice{{Provider: charger.Name(), OperationID: order.OperationID}}, notices)
		return
	}
	w.Fail("there is no notification of the deposit")
}

func mistakeCanceled(t *testing.T) {
	t.Helper()
	w := setup(t)
	charge, canceler := w.charged(), w.billing()
	for _, part := range [][2]int64{{10_000, 30_000}, {20_000, 20_000}} {
		order := w.cancellation(canceler, charge, part[0], part[1])
		w.Equal(approved, w.cancel(canceler, &order).Outcome)
	}
	payment := w.sim.Books().Payments[0]
	w.Equal(tosstest.PartialCanceled, payment.Status)
	w.Equal(int64(30_000), w.givenBack(charge))
}

func mistakeCorrected(t *testing.T) {
	t.Helper()
	w, r := recorded(t)
	charger, order := billed(w)
	w.sim.Next("", tosstest.Scenario{Code: "INVALID_REQUEST"})
	w.Equal(fault, w.send(charger, &order).Outcome)
	order.Amount = won(20_000)
	w.NotEqual(approved, w.resend(charger, &order).Outcome)
	w.Len(r.posts(), 1, "a corrected order is another one")
	w.Equal(approved, w.charged().Last.Outcome)
	w.NotEqual(r.posts()[0].key, r.posts()[1].key)
}

func mistakeLate(t *testing.T) {
	t.Helper()
	w, r := recorded(t)
	charge := w.charged()
	cancellation := w.cancellation(w.billing(), charge, 10_000, 30_000)
	charger, order := billed(w)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseBefore, Times: 2})
	w.send(charger, &order)
	w.cancel(w.billing(), &cancellation)
	w.clock.Advance(14*24*time.Hour - time.Minute)
	w.True(w.inquire(charger, &order).Resend)
	w.True(w.inquireCancel(w.billing(), &cancellation).Resend)
	w.clock.Advance(time.Minute)
	w.False(w.inquire(charger, &order).Resend)
	w.False(w.inquireCancel(w.billing(), &cancellation).Resend)
	before := len(r.posts())
	w.Equal(unknown, w.resend(charger, &order).Outcome)
	cancellation.Transmissions++
	w.Equal(unknown, w.cancel(w.billing(), &cancellation).Outcome)
	w.Len(r.posts(), before)
	w.Zero(w.executions(order))
}

func mistakeList(t *testing.T) {
	t.Helper()
	asked := ""
	client, err := toss.New(keyOf(t, fuzzKey), toss.Config{HTTPClient: &http.Client{Transport: answering(func(r *http.Request) (int, string) {
		asked = r.URL.Query().Get("startDate") + " " + r.URL.Query().Get("endDate") + " " + r.URL.Query().Get("limit")
		return 200, "[]"
	})}})
	require.NoError(t, err)
	for row, err := range client.Transactions(t.Context(), start, start.Add(time.Hour)) {
		require.Fail(t, "there are no rows", "%+v %v", row, err)
	}
	require.Equal(t, "2026-03-16T12:00:00 2026-03-16T13:00:00 500", asked, "Korean time, and no zone")
}

func keyOf(t *testing.T, secret string) toss.SecretKey {
	t.Helper()
	key, err := toss.NewSecretKey(secret)
	require.NoError(t, err)
	return key
}

func mistakeLogged(t *testing.T) {
	t.Helper()
	w := setup(t)
	charger, order := billed(w)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.StatusBefore, Status: 400, Body: `{"code":"NEW_CODE","message":"no key ` + w.card.BillingKey() + `"}`})
	answer := w.send(charger, &order)
	w.Equal("NEW_CODE", answer.Code)
	data, err := json.Marshal([]any{answer, string(order.Evidence)})
	w.NoError(err)
	for _, secret := range []string{w.card.BillingKey(), strings.TrimSuffix(w.card.BillingKey(), "="), w.sim.Shop().SecretKey} {
		w.NotContains(string(data), secret)
	}
}

func mistakeBrowser(t *testing.T) {
	t.Helper()
	w := setup(t)
	order := w.newOrder("")
	token := w.pay(order, won(100), tosstest.MethodCard) // the window was opened with another amount
	_, refusal := w.windows().PrepareConfirm(t.Context(), order, token)
	w.Equal(declined, refusal.Outcome)
	_, refusal = w.windows().PrepareConfirm(t.Context(), order, strings.Replace(token, "amount=100&", "amount=30000&", 1))
	w.Equal(declined, refusal.Outcome, "the provider knows the amount of its payment")
	w.Zero(w.executed())
}

func mistakeInvented(t *testing.T) {
	t.Helper()
	for _, status := range []string{"SETTLED", "KYC_SUBMITTED", "APPROVED", "COMPLETED", "done"} {
		w := setup(t)
		charger, order := billed(w)
		body := strings.Replace(paidBody(order), `"DONE"`, `"`+status+`"`, 1)
		w.sim.Inject(tosstest.Fault{Kind: tosstest.StatusBefore, Status: 200, Body: body, Times: 2})
		w.Equal(unknown, w.send(charger, &order).Outcome)
		w.Equal(unknown, w.inquire(charger, &order).Outcome)
	}
}
