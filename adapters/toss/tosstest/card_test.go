package tosstest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

func TestSimulator_charge(t *testing.T) {
	t.Parallel()
	t.Run("approves and shows the documented fields", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		got := b.passed(b.charge(card, "order-1", 11000))
		for name, value := range map[string]any{
			"version": "2024-06-01", "type": "BILLING", "orderId": "order-1", "mId": b.Shop().MID, "currency": "KRW", "method": "카드",
			"status": "DONE", "requestedAt": "2026-03-13T12:00:00+09:00", "approvedAt": "2026-03-13T12:00:00+09:00",
			"cancels": nil, "failure": nil, "virtualAccount": nil, "isPartialCancelable": true,
		} {
			require.Contains(t, got.fields, name)
			require.EqualValues(t, value, got.fields[name], name)
		}
		for name, value := range map[string]string{"totalAmount": "11000", "balanceAmount": "11000", "suppliedAmount": "10000", "vat": "1000"} {
			require.Contains(t, got.raw, `"`+name+`":`+value+",")
		}
		require.NotEmpty(t, got.fields["secret"])
		require.Equal(t, card.Number()[:8]+"****"+card.Number()[12:15]+"*", got.fields["card"].(object)["number"])
		require.NotContains(t, got.raw, card.Number())
		requireWon(t, 11000, card.Charged())
		require.Equal(t, 1, b.Executions("order-1"))
		inquired := b.passed(b.get("/v1/payments/orders/order-1"))
		require.Equal(t, got.raw, inquired.raw)
		require.Equal(t, got.raw, b.get("/v1/payments/"+got.fields["paymentKey"].(string)).raw)
	})
	t.Run("counts no tax on what is tax-free", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		got := b.passed(b.post("/v1/billing/"+card.BillingKey(), with(chargeOf(card), object{"amount": 5000, "taxFreeAmount": 1500})))
		for name, value := range map[string]any{"vat": "318", "suppliedAmount": "3182", "taxFreeAmount": "1500", "orderName": "recharge"} {
			require.Equal(t, value, fmt.Sprint(got.fields[name]), name)
		}
	})
	t.Run("takes the billing key raw and encoded, behind any base", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		require.True(t, strings.HasSuffix(card.BillingKey(), "="))
		for i, path := range []string{card.BillingKey(), url.PathEscape(card.BillingKey()), strings.ReplaceAll(card.BillingKey(), "=", "%3D")} {
			b.passed(b.post("/proxy/toss/v1/billing/"+path, with(chargeOf(card), object{"orderId": []string{"order-a", "order-b", "order-c"}[i]})))
		}
	})
	t.Run("refuses an order that is approved or cancelled, and not one that failed", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		b.Next(card.BillingKey(), tosstest.Scenario{Code: "REJECT_CARD_PAYMENT", Recorded: true})
		b.refused(403, "REJECT_CARD_PAYMENT", b.charge(card, "order-1", 1000))
		aborted := b.passed(b.get("/v1/payments/orders/order-1"))
		require.Equal(t, "ABORTED", aborted.fields["status"])
		require.Equal(t, "REJECT_CARD_PAYMENT", aborted.fields["failure"].(object)["code"])
		require.Nil(t, aborted.fields["approvedAt"])
		key := b.passed(b.charge(card, "order-1", 1000)).fields["paymentKey"].(string)
		b.refused(400, "DUPLICATED_ORDER_ID", b.charge(card, "order-1", 1000))
		b.passed(b.cancel(key, 1000, nil))
		b.refused(400, "DUPLICATED_ORDER_ID", b.charge(card, "order-1", 1000))
		require.Equal(t, "CANCELED", b.get("/v1/payments/orders/order-1").fields["status"])
		require.Equal(t, 1, b.Executions("order-1"))
	})
	t.Run("refuses what the card does not have", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{Limit: won(1500)})
		key := b.passed(b.charge(card, "order-1", 1000)).fields["paymentKey"].(string)
		b.refused(403, "REJECT_CARD_PAYMENT", b.charge(card, "order-2", 501))
		b.refused(404, "NOT_FOUND_PAYMENT", b.get("/v1/payments/orders/order-2"))
		b.passed(b.cancel(key, 1, nil))
		b.passed(b.charge(card, "order-3", 501))
		requireWon(t, 1500, card.Charged())
	})
}

// chargeOf is the body of a charge.
func chargeOf(card *tosstest.Card) object {
	return object{"amount": 1000, "customerKey": card.CustomerKey(), "orderId": "order-1", "orderName": "recharge"}
}

func TestSimulator_charge_form(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change object
		status int
		code   string
	}{
		{"another customer", object{"customerKey": "another"}, 400, "NOT_MATCHES_CUSTOMER_KEY"},
		{"customerKey of 301 characters", object{"customerKey": strings.Repeat("c", 301)}, 500, "FAILED_DB_PROCESSING"},
		{"no customerKey", object{"customerKey": nil}, 400, "INVALID_CUSTOMER_KEY"},
		{"amount as text", object{"amount": "1000"}, 400, "INVALID_REQUEST"},
		{"no amount", object{"amount": nil}, 400, "INVALID_REQUEST"},
		{"fraction of a won", object{"amount": 1000.5}, 400, "INVALID_REQUEST"},
		{"negative", object{"amount": -1000}, 400, "INVALID_REQUEST"},
		{"a trillion", object{"amount": json.Number("1000e9")}, 400, "INVALID_REQUEST"},
		{"a number with an exponent", object{"amount": json.Number("1.1e3")}, 200, ""},
		{"below the minimum", object{"amount": 99}, 400, "BELOW_MINIMUM_AMOUNT"},
		{"the minimum", object{"amount": 100}, 200, ""},
		{"no orderId", object{"orderId": nil}, 400, "INVALID_REQUEST"},
		{"orderId of 65 characters", object{"orderId": strings.Repeat("o", 65)}, 400, "INVALID_REQUEST"},
		{"orderId with a blank", object{"orderId": "order 1"}, 400, "INVALID_REQUEST"},
		{"short orderId", object{"orderId": "71"}, 200, ""},
		{"no orderName", object{"orderName": nil}, 400, "INVALID_REQUEST"},
		{"orderName of 101 characters", object{"orderName": strings.Repeat("가", 101)}, 400, "INVALID_REQUEST"},
		{"orderName of 100 characters", object{"orderName": strings.Repeat("가", 100)}, 200, ""},
		{"tax-free amount above the amount", object{"taxFreeAmount": 1001}, 400, "INVALID_REQUEST"},
		{"tax-free amount as text", object{"taxFreeAmount": "0"}, 400, "INVALID_REQUEST"},
		{"unknown field", object{"more": true}, 200, ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, tosstest.Config{})
			card := b.NewCard(tosstest.CardConfig{})
			got := b.post("/v1/billing/"+card.BillingKey(), with(chargeOf(card), tc.change))
			b.refused(tc.status, tc.code, got)
			require.Len(t, b.Books().Payments, map[bool]int{true: 1, false: 0}[tc.status == 200])
		})
	}
	t.Run("a strict simulator takes the documented orderIds alone", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{Strict: true})
		card := b.NewCard(tosstest.CardConfig{})
		for _, orderID := range []string{"71", "order=1"} {
			b.refused(400, "INVALID_REQUEST", b.charge(card, orderID, 1000))
		}
		b.passed(b.charge(card, "order1", 1000))
	})
	t.Run("a body that is no JSON", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		b.refused(400, "INVALID_REQUEST", b.post("/v1/billing/"+b.NewCard(tosstest.CardConfig{}).BillingKey(), "amount=1000"))
	})
}

func TestSimulator_issue(t *testing.T) {
	t.Parallel()
	const path = "/v1/billing/authorizations/issue"
	t.Run("an authKey is good for one billing key", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		body := with(object{"authKey": b.AuthKey("customer-1"), "customerKey": "customer-1"}, nil)
		got := b.passed(b.post(path, body))
		require.Equal(t, "customer-1", got.fields["customerKey"])
		b.refused(400, "INVALID_BILLING_AUTH", b.post(path, body))
		charged := b.post("/v1/billing/"+got.fields["billingKey"].(string), with(object{
			"amount": 1000, "customerKey": "customer-1", "orderId": "order-1", "orderName": "recharge",
		}, nil))
		b.passed(charged)
		require.Equal(t, got.fields["billingKey"], b.Books().Payments[0].BillingKey)
		require.Equal(t, "customer-1", b.Books().Payments[0].CustomerKey)
	})
	t.Run("refusals", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		auth := b.AuthKey("customer-1")
		b.refused(404, "NOT_FOUND_BILLING", b.post(path, `{"authKey":"made-up","customerKey":"customer-1"}`))
		b.refused(400, "INVALID_REQUEST", b.post(path, `{"customerKey":"customer-1"}`))
		b.refused(400, "INVALID_CUSTOMER_KEY", b.post(path, `{"authKey":"`+auth+`","customerKey":"a b"}`))
		b.refused(400, "NOT_MATCHES_CUSTOMER_KEY", b.post(path, `{"authKey":"`+auth+`","customerKey":"customer-2"}`))
		b.passed(b.post(path, `{"authKey":"`+auth+`","customerKey":"customer-1"}`))
	})
}

func TestSimulator_delete_billing_key(t *testing.T) {
	t.Parallel()
	b := setup(t, tosstest.Config{})
	card := b.NewCard(tosstest.CardConfig{})
	got := b.passed(b.ask(http.MethodDelete, "/v1/billing/"+card.BillingKey(), ""))
	require.Empty(t, got.raw)
	b.refused(400, "ALREADY_REMOVED_BILLING_KEY", b.charge(card, "order-1", 1000))
	b.refused(400, "ALREADY_REMOVED_BILLING_KEY", b.ask(http.MethodDelete, "/v1/billing/"+card.BillingKey(), ""))
	b.refused(404, "NOT_FOUND_BILLING", b.ask(http.MethodDelete, "/v1/billing/other", ""))
	b.refused(404, "NOT_FOUND_BILLING", b.post("/v1/billing/other", with(chargeOf(card), nil)))
	due := b.Due()
	require.Len(t, due, 1)
	require.Contains(t, string(due[0].Body), `"eventType":"BILLING_DELETED"`)
	require.Contains(t, string(due[0].Body), card.BillingKey())
}
