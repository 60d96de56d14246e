package tosstest_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

func TestSimulator_confirm(t *testing.T) {
	t.Parallel()
	t.Run("approves what the customer authenticated", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		key := b.OpenWindow("order-1", won(11000), tosstest.MethodCard)
		require.Equal(t, "READY", b.get("/v1/payments/" + key).fields["status"])
		query, err := url.ParseQuery(b.Authenticate(key))
		require.NoError(t, err)
		require.Equal(t, url.Values{"paymentKey": {key}, "orderId": {"order-1"}, "amount": {"11000"}}, query)
		require.Equal(t, "IN_PROGRESS", b.get("/v1/payments/orders/order-1").fields["status"])
		require.Empty(t, b.Authenticate(key), "once")
		require.Zero(t, b.Executions("order-1"))
		got := b.passed(b.confirm(key, "order-1", 11000))
		require.Equal(t, "DONE", got.fields["status"])
		require.Equal(t, "NORMAL", got.fields["type"])
		require.NotNil(t, got.fields["card"])
		require.NotNil(t, got.fields["lastTransactionKey"])
		require.Equal(t, 1, b.Executions("order-1"))
		b.refused(400, "ALREADY_PROCESSED_PAYMENT", b.confirm(key, "order-1", 11000))
		require.Equal(t, 1, b.Executions("order-1"))
	})
	t.Run("takes the widget key", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		b.key = b.Shop().WidgetKey
		key := b.authenticated("order-1", 11000, tosstest.MethodCard)
		b.passed(b.confirm(key, "order-1", 11000))
		b.passed(b.cancel(key, 1000, nil))
	})
	t.Run("an authenticated payment expires after 10 minutes", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		early := b.authenticated("order-1", 1000, tosstest.MethodCard)
		late := b.authenticated("order-2", 1000, tosstest.MethodCard)
		b.clock.Advance(10*time.Minute - time.Second)
		b.passed(b.confirm(early, "order-1", 1000))
		b.clock.Advance(time.Second)
		b.refused(404, "NOT_FOUND_PAYMENT_SESSION", b.confirm(late, "order-2", 1000))
		got := b.passed(b.get("/v1/payments/" + late))
		require.Equal(t, "EXPIRED", got.fields["status"])
		require.Equal(t, "EXPIRED_PAYMENT", got.fields["failure"].(object)["code"])
	})
	t.Run("a window expires after 30 minutes", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		early := b.OpenWindow("order-1", won(1000), tosstest.MethodCard)
		late := b.OpenWindow("order-2", won(1000), tosstest.MethodCard)
		b.clock.Advance(30*time.Minute - time.Second)
		require.NotEmpty(t, b.Authenticate(early))
		b.clock.Advance(time.Second)
		require.Empty(t, b.Authenticate(late))
		require.Equal(t, "EXPIRED", b.get("/v1/payments/" + late).fields["status"])
		b.passed(b.confirm(early, "order-1", 1000))
		require.Empty(t, b.Authenticate("no such payment"))
	})
	t.Run("a declined confirmation is on record", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		key := b.authenticated("order-1", 1000, tosstest.MethodCard)
		b.Next("/confirm", tosstest.Scenario{Code: "REJECT_CARD_COMPANY", Recorded: true})
		b.refused(403, "REJECT_CARD_COMPANY", b.confirm(key, "order-1", 1000))
		require.Equal(t, "ABORTED", b.get("/v1/payments/" + key).fields["status"])
		b.refused(404, "NOT_FOUND_PAYMENT_SESSION", b.confirm(key, "order-1", 1000))
	})
	t.Run("one order is approved once, by whichever window", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		one, two := b.authenticated("order-1", 1000, tosstest.MethodCard), b.authenticated("order-1", 1000, tosstest.MethodCard)
		b.passed(b.confirm(one, "order-1", 1000))
		b.refused(400, "DUPLICATED_ORDER_ID", b.confirm(two, "order-1", 1000))
		require.Equal(t, one, b.get("/v1/payments/orders/order-1").fields["paymentKey"], "the inquiry finds the approved one")
	})
	t.Run("a virtual account waits for its deposit", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		key := b.authenticated("order-1", 11000, tosstest.MethodAccount)
		got := b.passed(b.confirm(key, "order-1", 11000))
		require.Equal(t, "WAITING_FOR_DEPOSIT", got.fields["status"])
		require.NotEmpty(t, got.fields["secret"])
		require.Equal(t, "2026-03-20T12:00:00+09:00", got.fields["virtualAccount"].(object)["dueDate"])
		require.Nil(t, got.fields["approvedAt"])
		b.refused(400, "ALREADY_PROCESSED_PAYMENT", b.confirm(key, "order-1", 11000))
		require.True(t, b.Deposit("order-1"))
		require.Equal(t, "DONE", b.get("/v1/payments/" + key).fields["status"])
	})
}

func TestSimulator_confirm_refusals(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		method tosstest.Method
		amount int64
		change object
		status int
		code   string
	}{
		{"another amount", tosstest.MethodCard, 1000, object{"amount": 100}, 403, "FORBIDDEN_REQUEST"},
		{"another orderId", tosstest.MethodCard, 1000, object{"orderId": "order-2"}, 403, "FORBIDDEN_REQUEST"},
		{"amount as text", tosstest.MethodCard, 1000, object{"amount": "1000"}, 400, "INVALID_REQUEST"},
		{"no amount", tosstest.MethodCard, 1000, object{"amount": nil}, 400, "INVALID_REQUEST"},
		{"no paymentKey", tosstest.MethodCard, 1000, object{"paymentKey": nil}, 400, "INVALID_REQUEST"},
		{"unknown paymentKey", tosstest.MethodCard, 1000, object{"paymentKey": "other"}, 404, "NOT_FOUND_PAYMENT"},
		{"below the minimum of cards", tosstest.MethodCard, 99, nil, 400, "BELOW_MINIMUM_AMOUNT"},
		{"the minimum of cards", tosstest.MethodCard, 100, nil, 200, ""},
		{"below the minimum of accounts", tosstest.MethodAccount, 199, nil, 400, "BELOW_MINIMUM_AMOUNT"},
		{"the minimum of transfers", tosstest.MethodTransfer, 200, nil, 200, ""},
		{"above the maximum of transfers", tosstest.MethodTransfer, 10_000_001, nil, 400, "EXCEEDS_TRANSFER_AMOUNT_MAXIMUM"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, tosstest.Config{})
			key := b.authenticated("order-1", tc.amount, tc.method)
			got := b.post("/v1/payments/confirm", with(object{"paymentKey": key, "orderId": "order-1", "amount": tc.amount}, tc.change))
			b.refused(tc.status, tc.code, got)
			require.Equal(t, map[bool]int{true: 1}[tc.status == 200], b.Executions("order-1"))
		})
	}
	t.Run("a payment that is not authenticated", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		b.refused(404, "NOT_FOUND_PAYMENT_SESSION", b.confirm(b.OpenWindow("order-1", won(1000), tosstest.MethodCard), "order-1", 1000))
	})
	t.Run("a billing payment", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		key := b.passed(b.charge(b.NewCard(tosstest.CardConfig{}), "order-1", 1000)).fields["paymentKey"].(string)
		b.refused(404, "NOT_FOUND_PAYMENT", b.confirm(key, "order-1", 1000))
	})
}
