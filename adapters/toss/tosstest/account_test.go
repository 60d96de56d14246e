package tosstest_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

// accountOrder is the body of the issue of a virtual account.
func accountOrder() object {
	return object{"amount": 11000, "orderId": "order-1", "orderName": "recharge", "customerName": "홍길동", "bank": "20"}
}

// issued is a simulator with a virtual account, and the paymentKey of its payment.
func issued(t *testing.T, config tosstest.Config) (b *bench, key string) {
	t.Helper()
	b = setup(t, config)
	return b, b.passed(b.post("/v1/virtual-accounts", with(accountOrder(), nil))).fields["paymentKey"].(string)
}

func TestSimulator_virtual_account(t *testing.T) {
	t.Parallel()
	t.Run("waits for its deposit", func(t *testing.T) {
		t.Parallel()
		b, key := issued(t, tosstest.Config{})
		got := b.get("/v1/payments/orders/order-1")
		require.Equal(t, "WAITING_FOR_DEPOSIT", got.fields["status"])
		require.NotEmpty(t, got.fields["secret"])
		account := got.fields["virtualAccount"].(object)
		require.Equal(t, "20", account["bankCode"])
		require.Equal(t, "2026-03-20T12:00:00+09:00", account["dueDate"])
		require.Equal(t, false, account["expired"])
		require.Zero(t, b.Executions("order-1"))
		require.True(t, b.Deposit("order-1"))
		require.False(t, b.Deposit("order-1"), "once")
		require.Equal(t, "DONE", b.get("/v1/payments/" + key).fields["status"])
		require.Equal(t, 1, b.Executions("order-1"))
	})
	t.Run("waits on after its due date, and takes a deposit", func(t *testing.T) {
		t.Parallel()
		b, key := issued(t, tosstest.Config{})
		b.clock.Advance(8 * 24 * time.Hour)
		got := b.get("/v1/payments/" + key)
		require.Equal(t, "WAITING_FOR_DEPOSIT", got.fields["status"])
		require.Equal(t, true, got.fields["virtualAccount"].(object)["expired"])
		require.Empty(t, b.Due(), "without a webhook")
		require.True(t, b.Deposit("order-1"))
	})
	t.Run("takes no deposit once it is cancelled", func(t *testing.T) {
		t.Parallel()
		b, key := issued(t, tosstest.Config{})
		b.refused(403, "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT", b.cancel(key, 1000, nil))
		require.Equal(t, "CANCELED", b.passed(b.cancel(key, 11000, nil)).fields["status"])
		require.False(t, b.Deposit("order-1"))
		require.Zero(t, b.Executions("order-1"))
		list := b.get(rows).list
		require.Len(t, list, 2)
		require.Equal(t, json.Number("0"), list[1].(object)["amount"], "no money moved")
	})
	t.Run("a deposit that the bank takes back does not count", func(t *testing.T) {
		t.Parallel()
		b, key := issued(t, tosstest.Config{})
		require.False(t, b.DepositError("order-1"))
		b.Deposit("order-1")
		require.True(t, b.DepositError("order-1"))
		got := b.get("/v1/payments/" + key)
		require.Equal(t, "WAITING_FOR_DEPOSIT", got.fields["status"])
		require.Nil(t, got.fields["approvedAt"])
		require.Zero(t, b.Executions("order-1"))
		require.True(t, b.Deposit("order-1"))
		require.Equal(t, 1, b.Executions("order-1"))
	})
	t.Run("a deposit that the bank takes back is CANCELED with version 1.4", func(t *testing.T) {
		t.Parallel()
		b, key := issued(t, tosstest.Config{Version: "1.4"})
		b.Deposit("order-1")
		b.DepositError("order-1")
		got := b.get("/v1/payments/" + key)
		require.Equal(t, "CANCELED", got.fields["status"])
		require.Equal(t, "1.4", got.fields["version"])
	})
	t.Run("the money goes back to an account", func(t *testing.T) {
		t.Parallel()
		b, key := issued(t, tosstest.Config{})
		b.Deposit("order-1")
		b.refused(400, "INVALID_REFUND_ACCOUNT_INFO", b.cancel(key, 1000, nil))
		b.refused(400, "INVALID_REFUND_ACCOUNT_INFO", b.cancel(key, 1000, object{"refundReceiveAccount": object{"bank": "88", "accountNumber": "1"}}))
		b.refused(400, "INVALID_REFUND_ACCOUNT_NUMBER", b.cancel(key, 1000, object{"refundReceiveAccount": object{"bank": "88", "accountNumber": "1-2", "holderName": "홍길동"}}))
		got := b.passed(b.cancel(key, 1000, object{"refundReceiveAccount": object{"bank": "88", "accountNumber": "12", "holderName": "홍길동"}}))
		require.Equal(t, "PARTIAL_CANCELED", got.fields["status"])
		require.Equal(t, "PENDING", got.fields["virtualAccount"].(object)["refundStatus"])
		require.True(t, b.CancelOutside(key, won(10000)))
	})
	t.Run("an order has one", func(t *testing.T) {
		t.Parallel()
		b, _ := issued(t, tosstest.Config{})
		b.refused(400, "DUPLICATED_ORDER_ID", b.post("/v1/virtual-accounts", with(accountOrder(), nil)))
		b.refused(400, "DUPLICATED_ORDER_ID", b.charge(b.NewCard(tosstest.CardConfig{}), "order-1", 1000))
	})
}

func TestSimulator_virtual_account_form(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change object
		code   string
	}{
		{"amount as text", object{"amount": "11000"}, "INVALID_REQUEST"},
		{"below the minimum", object{"amount": 199}, "BELOW_MINIMUM_AMOUNT"},
		{"no name", object{"customerName": nil}, "INVALID_REQUEST"},
		{"no bank", object{"bank": nil}, "INVALID_BANK"},
		{"hours and a date", object{"validHours": 24, "dueDate": "2026-03-14T12:00:00"}, "INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE"},
		{"too many hours", object{"validHours": 2161}, "EXCEED_MAX_VALID_HOURS"},
		{"most hours", object{"validHours": 2160}, ""},
		{"no hour", object{"validHours": 0}, "INVALID_REQUEST"},
		{"a date too far", object{"dueDate": "2026-06-12T12:00:00"}, "EXCEED_MAX_DUE_DATE"},
		{"a date", object{"dueDate": "2026-06-11T12:00:00"}, ""},
		{"a date that has passed", object{"dueDate": "2026-03-13T12:00:00"}, "INVALID_REQUEST"},
		{"no date", object{"dueDate": "tomorrow"}, "INVALID_REQUEST"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, tosstest.Config{})
			require.Equal(t, tc.code, b.post("/v1/virtual-accounts", with(accountOrder(), tc.change)).code())
			require.Equal(t, tc.code == "", len(b.Books().Payments) == 1)
		})
	}
}

// With version 1.4 the payment becomes CANCELED, which is a change of status (documented).
func TestSimulator_DepositError_of_version_1_4_is_announced(t *testing.T) {
	t.Parallel()
	b, _ := issued(t, tosstest.Config{Version: "1.4"})
	require.True(t, b.Deposit("order-1"))
	for _, n := range b.Due() {
		b.Answered(n.ID, 200)
	}
	require.True(t, b.DepositError("order-1"))
	var told []string
	for _, n := range b.Due() {
		told = append(told, string(n.Body))
	}
	require.Contains(t, strings.Join(told, "\n"), "PAYMENT_STATUS_CHANGED")
}
