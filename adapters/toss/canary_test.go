package toss_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/ports"
)

// What must never be shown. The servers below answer with all of it.
const (
	canaryKey     = "test_sk_CaNaRyKeY0000000000000000XyZ9"
	canaryBilling = "B1llCaNaRy/0000000000000000000000000001="
	canaryAuth    = "bln_AuThCaNaRy0000000000000001"
	canaryCard    = "4012888888881881"
	canaryAccount = "11022233344455"
	canarySecret  = "ps_SeCrEtCaNaRy00000001"
	canaryHolder  = "Hong-Canary" // the customer's name, which errors need not hold
)

func canaryTexts() []string {
	basic := base64.StdEncoding.EncodeToString([]byte(canaryKey + ":"))
	return []string{
		canaryKey, strings.TrimPrefix(canaryKey, "test_sk_"), basic, strings.TrimRight(basic, "="), canaryBilling, strings.TrimSuffix(canaryBilling, "="),
		url.PathEscape(canaryBilling), canaryAuth, strings.TrimPrefix(canaryAuth, "bln_"), canaryCard, "4012 8888 8888 1881", "4012-8888-8888-1881", canaryAccount, canarySecret,
	}
}

func requireNoCanary(t *testing.T, text string) {
	t.Helper()
	for _, canary := range canaryTexts() {
		require.NotContains(t, text, canary)
	}
}

// requireQuiet writes a value in every way that people log values.
func requireQuiet(t *testing.T, value any) {
	t.Helper()
	requireNoCanary(t, fmt.Sprintf("%v %+v %#v %s %q %d", value, value, value, value, value, value))
	requireNoCanary(t, fmt.Sprintf("%v %+v %#v %s", []any{value}, struct{ V any }{value}, struct{ V any }{value}, map[string]any{"v": value}))
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", value)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", value)
	requireNoCanary(t, log.String())
	if data, err := json.Marshal(value); err == nil {
		requireNoCanary(t, string(data))
	}
}

// leaks are answers that echo all of it, wherever an answer has a text.
func leaks(t *testing.T) map[string]http.HandlerFunc {
	t.Helper()
	leak := strings.Join(canaryTexts(), " ")
	write := func(status int, body any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Tosspayments-Trace-Id", canaryCard)
			w.WriteHeader(status)
			data, err := json.Marshal(body)
			if err == nil {
				_, _ = w.Write(data)
			}
			_, _ = r.Body.Read(nil)
		}
	}
	payment := map[string]any{
		"version": leak, "paymentKey": "tpk", "type": "BILLING", "orderId": "jgb-canary", "currency": "KRW", "totalAmount": 30000, "balanceAmount": 30000,
		"status": "ABORTED", "approvedAt": nil, "failure": map[string]any{"code": canaryKey, "message": leak}, "secret": canarySecret,
		"card": map[string]any{"number": canaryCard}, "virtualAccount": map[string]any{"refundReceiveAccount": map[string]any{"accountNumber": canaryAccount}},
	}
	spoilt := map[string]any{
		"paymentKey": "tpk", "type": leak, "orderId": leak, "currency": leak, "totalAmount": 1, "balanceAmount": 1, "status": leak,
		"cancels": []any{map[string]any{"cancelAmount": 1, "cancelReason": leak, "cancelStatus": leak}},
	}
	return map[string]http.HandlerFunc{
		"a refusal":              write(http.StatusBadRequest, map[string]any{"code": "REJECT_CARD_PAYMENT", "message": leak}),
		"a refusal of the key":   write(http.StatusUnauthorized, map[string]any{"code": canaryKey, "message": leak}),
		"a refusal as a code":    write(http.StatusForbidden, map[string]any{"code": strings.ToUpper(strings.ReplaceAll(canaryAuth, "-", "_")), "message": leak}),
		"a refusal of version 2": write(http.StatusInternalServerError, map[string]any{"error": map[string]any{"code": canaryBilling, "message": leak}}),
		"a payment that failed":  write(http.StatusOK, payment),
		"a payment of others":    write(http.StatusOK, spoilt),
		"a billing key":          write(http.StatusOK, map[string]any{"billingKey": canaryBilling, "customerKey": leak, "card": map[string]any{"number": canaryCard}}),
		"a list":                 write(http.StatusOK, []any{map[string]any{"transactionKey": leak, "orderId": leak, "amount": leak}}),
		"a page":                 func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<html>"+leak) },
		"a malformed status line": func(w http.ResponseWriter, _ *http.Request) {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = fmt.Fprintf(connection, "HTTP/1.1 %s\r\n\r\n", leak)
				_ = connection.Close()
			}
		},
	}
}

// canaryWorld is a client of a server, and adapters of it.
type canaryWorld struct {
	client   *toss.Client
	billing  *toss.BillingCharger
	windows  *toss.WindowCharger
	accounts *toss.AccountCharger
	log      bytes.Buffer
}

func newCanaryWorld(t *testing.T, handler http.Handler) *canaryWorld {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	key, err := toss.NewSecretKey(canaryKey)
	require.NoError(t, err)
	requireQuiet(t, key)
	requireQuiet(t, &key)
	w := new(canaryWorld)
	w.client, err = toss.New(key, toss.Config{
		BaseURL: server.URL, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, Logger: slog.New(slog.NewJSONHandler(&w.log, nil)),
	})
	require.NoError(t, err)
	refund := func(context.Context, ports.CancelOrder) (toss.RefundAccount, error) {
		return toss.RefundAccount{Bank: "20", Number: canaryAccount, Holder: canaryHolder}, nil
	}
	w.billing, err = toss.NewBillingCharger(w.client, "main", toss.BillingConfig{Card: func(context.Context, string) (toss.BillingKey, error) {
		return toss.NewBillingKey(canaryBilling, customerKey), nil
	}})
	require.NoError(t, err)
	w.windows, err = toss.NewWindowCharger(w.client, "main", toss.WindowConfig{RefundAccount: refund})
	require.NoError(t, err)
	w.accounts, err = toss.NewAccountCharger(w.client, "main", toss.AccountConfig{Customer: customer, RefundAccount: refund})
	require.NoError(t, err)
	return w
}

func TestClient_shows_no_secret(t *testing.T) {
	t.Parallel()
	for name, handler := range leaks(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newCanaryWorld(t, handler)
			for _, value := range []any{w.client, *w.billing, w.billing, w.windows, *w.windows, w.accounts, *w.accounts} {
				requireQuiet(t, value)
			}
			for _, err := range w.failures(t) {
				requireQuiet(t, err)
				requireQuiet(t, errors.Join(err, fmt.Errorf("wrapped: %w", err)))
			}
			w.orders(t)
			w.cancellations(t)
			requireNoCanary(t, w.log.String())
		})
	}
}

// failures calls everything that sends a secret or may get one back.
func (w *canaryWorld) failures(t *testing.T) []error {
	t.Helper()
	card := toss.NewBillingKey(canaryBilling, customerKey)
	account := toss.RefundAccount{Bank: "20", Number: canaryAccount, Holder: canaryHolder}
	var errs []error
	for _, call := range []func(ctx context.Context) error{
		func(ctx context.Context) error {
			billing, err := w.client.IssueBillingKey(ctx, canaryAuth, customerKey)
			requireQuiet(t, billing)
			return err
		},
		func(ctx context.Context) error { return w.client.DeleteBillingKey(ctx, card) },
		func(ctx context.Context) error {
			_, err := w.client.Charge(ctx, toss.ChargeRequest{BillingKey: card, OrderID: "order-1", OrderName: "n", Amount: won(1000), Key: "k"})
			return err
		},
		func(ctx context.Context) error {
			_, err := w.client.Cancel(ctx, toss.CancelRequest{PaymentKey: "tpk", Reason: "r", Amount: won(1), Refundable: won(1), Account: account, Key: "k"})
			return err
		},
		func(ctx context.Context) error {
			for _, err := range w.client.Transactions(ctx, start, start.Add(time.Hour)) {
				return err
			}
			return nil
		},
		func(ctx context.Context) error {
			for _, err := range w.client.Settlements(ctx, start, start.Add(time.Hour), toss.SoldDate) {
				return err
			}
			return nil
		},
		func(ctx context.Context) error {
			_, err := w.client.PaymentByOrder(ctx, "order-1")
			return err
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond) // no time to repeat
		err := call(ctx)
		cancel()
		if err != nil {
			errs = append(errs, err)
		}
	}
	require.NotEmpty(t, errs)
	return errs
}

// orders drives an order of each adapter.
func (w *canaryWorld) orders(t *testing.T) {
	t.Helper()
	for method, charger := range map[string]ports.Charger{"card-1": w.billing, "": w.windows, "20": w.accounts} {
		order := ports.ChargeOrder{OperationID: "canary", PaymentMethod: method, Amount: won(30_000), Currency: "KRW", RequestedAt: start, SentAt: start, Transmissions: 1}
		evidence, refusal := charger.Prepare(t.Context(), order)
		requireQuiet(t, refusal)
		requireNoCanary(t, string(evidence))
		order.Evidence = evidence
		order.Last = charger.Charge(t.Context(), order)
		require.NotEqual(t, approved, order.Last.Outcome)
		requireQuiet(t, order.Last)
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
		requireQuiet(t, charger.Inquire(ctx, order))
		cancel()
	}
	_, refusal := w.windows.PrepareConfirm(t.Context(), ports.ChargeOrder{OperationID: "canary", Amount: won(30_000), Currency: "KRW"},
		"paymentKey="+canaryAuth+"&orderId=x&amount=1")
	requireQuiet(t, refusal)
}

// cancellations takes back a charge of each adapter.
func (w *canaryWorld) cancellations(t *testing.T) {
	t.Helper()
	for _, canceler := range []ports.Canceler{w.billing, w.accounts, w.windows} {
		charge := ports.ChargeOrder{OperationID: "canary", Amount: won(30_000), Currency: "KRW", RequestedAt: start}
		charge.Last.Outcome, charge.Last.ProviderRef = approved, "tpk"
		order := ports.CancelOrder{CancelID: "c", Charge: charge, Amount: won(1), Left: won(30_000), RequestedAt: start, SentAt: start, Transmissions: 1}
		evidence, refusal := canceler.PrepareCancel(t.Context(), order)
		requireQuiet(t, refusal)
		requireNoCanary(t, string(evidence))
		order.Evidence = evidence
		requireQuiet(t, canceler.Cancel(t.Context(), order))
	}
}

// Every exported type that holds a secret, or what may be one, shows nothing of it in any form.
func TestTypes_show_no_secret(t *testing.T) {
	t.Parallel()
	card := toss.NewBillingKey(canaryBilling, customerKey)
	account := toss.RefundAccount{Bank: "20", Number: canaryAccount, Holder: canaryHolder}
	billing := toss.Billing{Key: card, Method: "카드", Masked: "…1881"}
	for _, value := range []any{
		card, &card, account, &account, toss.Hidden(canaryAccount), billing, &billing,
		toss.ChargeRequest{BillingKey: card},
		&toss.ChargeRequest{BillingKey: card},
		toss.CancelRequest{Account: account},
		&toss.CancelRequest{Account: account},
		struct{ Deep []toss.RefundAccount }{[]toss.RefundAccount{account}},
	} {
		requireQuiet(t, value)
	}
	require.Equal(t, canaryBilling, card.Reveal())
	_, err := toss.NewSecretKey(strings.TrimPrefix(canaryKey, "test_"))
	require.Error(t, err)
	requireQuiet(t, err)
	_, err = fuzzClient(t, 200, "").IssueBillingKey(t.Context(), canaryAuth+" ", canaryCard)
	require.Error(t, err)
	requireQuiet(t, toss.CheckCustomerKey(canaryCard+" "))
	client := fuzzClient(t, 200, "")
	_, err = client.Charge(t.Context(), toss.ChargeRequest{BillingKey: toss.NewBillingKey(canaryBilling+" ", ""), OrderID: "", Key: canarySecret + " "})
	require.Error(t, err)
	requireQuiet(t, err)
	_, err = client.Cancel(t.Context(), toss.CancelRequest{PaymentKey: "p", Account: toss.RefundAccount{Bank: canaryAccount, Number: canaryAccount + "x"}})
	require.Error(t, err)
	requireQuiet(t, err)
}

// A card's number is masked whatever the provider left of it.
func TestClient_IssueBillingKey_masks_the_number_of_a_card(t *testing.T) {
	t.Parallel()
	body := `{"billingKey":` + fmt.Sprintf("%q", canaryBilling) + `,"customerKey":"` + customerKey + `","card":{"number":"` + canaryCard + `","issuerCode":"41"}}`
	billing, err := fuzzClient(t, 200, body).IssueBillingKey(t.Context(), canaryAuth, customerKey)
	require.NoError(t, err)
	requireQuiet(t, billing)
	require.Equal(t, "…1881", billing.Masked)
	require.Equal(t, canaryBilling, billing.Key.Reveal())
}
