package toss_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/ports"
)

// plainKey is a billing key that nothing recognises by its form.
const plainKey = "bk-1a2b3c-4d5e6f-7a8b9c-0d1e2f-3a4b5c"

// scriptedAnswer is a transport that answers what a function says.
type scriptedAnswer func(r *http.Request) (status int, header http.Header, body string)

func (f scriptedAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	status, header, body := f(r)
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// wordsWorld is a world in which everything is answered in the same way, with a charger of plainKey.
func wordsWorld(t *testing.T, status int, header http.Header, body string) (*world, *toss.BillingCharger) {
	t.Helper()
	w := setup(t)
	w.client = w.newClient(fuzzKey, toss.Config{HTTPClient: &http.Client{Transport: scriptedAnswer(func(*http.Request) (int, http.Header, string) {
		return status, header, body
	})}})
	charger, err := toss.NewBillingCharger(w.client, "main", toss.BillingConfig{Card: func(context.Context, string) (toss.BillingKey, error) {
		return toss.NewBillingKey(plainKey, customerKey), nil
	}})
	w.NoError(err)
	return w, charger
}

// failedPayment is a payment of the order jgb-words whose failure has a message.
func failedPayment(message string) string {
	return `{"version":"2024-06-01","paymentKey":"pk","type":"BILLING","orderId":"jgb-words","currency":"KRW","totalAmount":30000,"balanceAmount":30000,` +
		`"status":"ABORTED","failure":{"code":"REJECT_CARD_PAYMENT","message":"` + message + `"}}`
}

func wordsOrder(w *world) ports.ChargeOrder {
	order := w.newOrder("card-1")
	order.OperationID = "words"
	return order
}

// Nothing of a billing key is shown, whatever it looks like and wherever the provider repeats it.
func TestBillingCharger_shows_no_billing_key_of_any_form(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		trace  string
		body   string
		code   string
	}{
		"in the failure of a payment": {200, "", failedPayment("no approval for " + plainKey), "REJECT_CARD_PAYMENT"},
		"in the words of a refusal":   {400, "", `{"code":"REJECT_CARD_PAYMENT","message":"` + plainKey + `"}`, "REJECT_CARD_PAYMENT"},
		"in the trace id":             {400, plainKey, `{"code":"REJECT_CARD_PAYMENT","message":"m"}`, "REJECT_CARD_PAYMENT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, charger := wordsWorld(t, row.status, http.Header{"X-Tosspayments-Trace-Id": {row.trace}}, row.body)
			order := w.prepared(charger, wordsOrder(w))
			sent := w.send(charger, &order)
			w.Equal(row.code, sent.Code)
			w.NotContains(fmt.Sprintf("%+v", sent), "4d5e6f-7a8b9c")
			asked := w.inquire(charger, &order)
			w.Equal(row.code, asked.Code)
			w.NotContains(fmt.Sprintf("%+v", asked), "4d5e6f-7a8b9c")
			order = w.prepared(charger, wordsOrder(w)) // of which no answer was read
			w.NotContains(fmt.Sprintf("%+v", w.inquire(charger, &order)), "4d5e6f-7a8b9c")
		})
	}
}

// A request without the billing key cannot remove it from the provider's words, and keeps none.
func TestClient_keeps_no_words_where_the_billing_key_is_not_known(t *testing.T) {
	t.Parallel()
	refusal := `{"code":"FORBIDDEN_REQUEST","message":"no access to ` + plainKey + `"}`
	for name, call := range map[string]func(c *toss.Client) error{
		"a question by the orderId":    func(c *toss.Client) error { return second(c.PaymentByOrder(t.Context(), "jgb-words")) },
		"a question by the paymentKey": func(c *toss.Client) error { return second(c.Payment(t.Context(), "pk")) },
		"a cancellation": func(c *toss.Client) error {
			return second(c.Cancel(t.Context(), toss.CancelRequest{PaymentKey: "pk", Reason: "r", Amount: won(1), Refundable: won(1), Key: "k"}))
		},
		"the issue of a billing key": func(c *toss.Client) error { return second(c.IssueBillingKey(t.Context(), "auth", customerKey)) },
		"a list of transactions": func(c *toss.Client) error {
			for _, err := range c.Transactions(t.Context(), start, start) {
				return err
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := wordsWorld(t, 403, http.Header{"X-Tosspayments-Trace-Id": {"0123456789abcdef0123456789abcdef"}}, refusal)
			err := call(w.client)
			var failed *toss.Error
			w.ErrorAs(err, &failed)
			w.Equal("FORBIDDEN_REQUEST", failed.Code)
			w.Empty(failed.Message)
			w.Equal("0123456789abcdef0123456789abcdef", failed.TraceID)
			w.NotContains(err.Error(), "4d5e6f-7a8b9c")
		})
	}
	t.Run("the failure of a payment that is asked for", func(t *testing.T) {
		t.Parallel()
		w, _ := wordsWorld(t, 200, nil, failedPayment("no approval for "+plainKey))
		payment, err := w.client.PaymentByOrder(t.Context(), "jgb-words")
		w.NoError(err)
		w.Equal(toss.Failure{Code: "REJECT_CARD_PAYMENT"}, payment.Failure)
	})
}

// A charge knows its billing key, and keeps the other words.
func TestBillingCharger_Charge_keeps_the_words_of_the_provider(t *testing.T) {
	t.Parallel()
	w, charger := wordsWorld(t, 200, nil, failedPayment("no approval for "+plainKey+" today"))
	order := w.prepared(charger, wordsOrder(w))
	w.Equal("no approval for … today", w.send(charger, &order).Message)
}

// The trace id is kept for the provider's support, if it has the form of one.
func TestError_TraceID(t *testing.T) {
	t.Parallel()
	for id, kept := range map[string]string{
		"0123456789abcdef":                      "0123456789abcdef",
		"0123456789ABCDEF0123456789abcdef":      "0123456789ABCDEF0123456789abcdef",
		"6d0f2c1e-9a53-4c0e-8f44-1b7a2f6c9d10":  "6d0f2c1e-9a53-4c0e-8f44-1b7a2f6c9d10",
		"0123456789abcdef,fedcba9876543210":     "0123456789abcdef",
		"":                                      "",
		"9410001234567890":                      "", // may be the number of a card
		"0123456789abcde":                       "",
		"0123456789abcdef0123456789abcdef0":     "",
		"0123456789abcdeg":                      "",
		"bk-1a2b3c":                             "",
		"6d0f2c1e-9a53-4c0e-8f44-1b7a2f6c9d1g":  "",
		"6d0f2c1e-9a534c0e-8f44-1b7a2f6c9d10":   "",
		"0123456789abcdef 0123456789abcdef":     "",
		"see 0123456789abcdef":                  "",
		"6d0f2c1e-9a53-4c0e-8f44-1b7a2f6c9d10.": "",
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			w, _ := wordsWorld(t, 403, http.Header{"X-Tosspayments-Trace-Id": {id}}, `{"code":"FORBIDDEN_REQUEST","message":"m"}`)
			var failed *toss.Error
			w.ErrorAs(second(w.client.Payment(t.Context(), "pk")), &failed)
			w.Equal(kept, failed.TraceID)
		})
	}
	t.Run("a secret of the request in the form of one", func(t *testing.T) {
		t.Parallel()
		const secret = "0123456789abcdef0123456789abcdef"
		w, _ := wordsWorld(t, 403, http.Header{"X-Tosspayments-Trace-Id": {secret}}, `{"code":"FORBIDDEN_REQUEST","message":"m"}`)
		err := second(w.client.Charge(t.Context(), toss.ChargeRequest{
			BillingKey: toss.NewBillingKey(secret, customerKey), OrderID: "jgb-words", OrderName: "n", Amount: won(1000), Key: "k",
		}))
		var failed *toss.Error
		w.ErrorAs(err, &failed)
		w.Empty(failed.TraceID)
	})
}
