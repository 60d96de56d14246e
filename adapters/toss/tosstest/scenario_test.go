package tosstest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

func TestSimulator_Next(t *testing.T) {
	t.Parallel()
	t.Run("a code has its documented status, or 400, or the one of the scenario", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		b.Next("", tosstest.Scenario{Code: "REJECT_CARD_PAYMENT"}, tosstest.Scenario{Code: "MAINTAINED_METHOD"},
			tosstest.Scenario{Code: "OF_TOMORROW"}, tosstest.Scenario{Code: "REJECT_CARD_PAYMENT", Status: 418}, tosstest.Scenario{Status: 503}, tosstest.Scenario{})
		b.refused(403, "REJECT_CARD_PAYMENT", b.charge(card, "order-1", 1000))
		b.refused(400, "MAINTAINED_METHOD", b.charge(card, "order-1", 1000))
		b.refused(400, "OF_TOMORROW", b.charge(card, "order-1", 1000))
		b.refused(418, "REJECT_CARD_PAYMENT", b.charge(card, "order-1", 1000))
		require.Equal(t, "{}", b.charge(card, "order-1", 1000).raw)
		b.refused(404, "NOT_FOUND_PAYMENT", b.get("/v1/payments/orders/order-1"))
		b.passed(b.charge(card, "order-1", 1000))
		require.Equal(t, 1, b.Executions("order-1"))
	})
	t.Run("is for requests whose path fits and that are in order", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		one, two := b.NewCard(tosstest.CardConfig{}), b.NewCard(tosstest.CardConfig{})
		b.Next(two.BillingKey(), tosstest.Scenario{Code: "COMMON_ERROR"})
		b.Next("/cancel", tosstest.Scenario{Code: "PROVIDER_ERROR"})
		b.Next("/virtual-accounts", tosstest.Scenario{Code: "INVALID_BANK"})
		key := b.passed(b.charge(one, "order-1", 1000)).fields["paymentKey"].(string)
		b.refused(400, "BELOW_MINIMUM_AMOUNT", b.charge(two, "order-2", 1))
		b.refused(500, "COMMON_ERROR", b.charge(two, "order-2", 1000))
		b.passed(b.charge(two, "order-2", 1000))
		b.refused(400, "PROVIDER_ERROR", b.cancel(key, 1000, nil))
		b.passed(b.cancel(key, 1000, nil))
		b.refused(400, "INVALID_BANK", b.post("/v1/virtual-accounts", with(accountOrder(), object{"orderId": "order-3"})))
		b.passed(b.post("/v1/virtual-accounts", with(accountOrder(), object{"orderId": "order-3"})))
	})
	t.Run("a refusal is kept under the key", func(t *testing.T) {
		t.Parallel()
		for _, code := range []string{"REJECT_CARD_PAYMENT", "COMMON_ERROR"} {
			b := setup(t, tosstest.Config{})
			card := b.NewCard(tosstest.CardConfig{})
			b.Next("", tosstest.Scenario{Code: code})
			for range 2 {
				require.Equal(t, code, b.charge(card, "order-1", 1000, header, "key").code())
			}
		}
	})
	t.Run("a key that is in use is not spoiled", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		busy := tosstest.Scenario{Code: "IDEMPOTENT_REQUEST_PROCESSING"}
		b.Next("", busy, busy, busy)
		for range 3 {
			b.refused(409, "IDEMPOTENT_REQUEST_PROCESSING", b.charge(card, "order-1", 1000, header, "key"))
		}
		b.passed(b.charge(card, "order-1", 1000, header, "key"))
		require.Equal(t, 1, b.Executions("order-1"))
	})
	t.Run("an error after the effect, kept", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		b.Next("", tosstest.Scenario{Code: "FAILED_INTERNAL_SYSTEM_PROCESSING", Executed: true})
		for range 2 {
			b.refused(500, "FAILED_INTERNAL_SYSTEM_PROCESSING", b.charge(card, "order-1", 1000, header, "key"))
		}
		require.Equal(t, "DONE", b.get("/v1/payments/orders/order-1").fields["status"])
		require.Equal(t, 1, b.Executions("order-1"))
	})
	t.Run("an error after the effect, forgotten", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{Forget: true})
		card := b.NewCard(tosstest.CardConfig{})
		b.Next("", tosstest.Scenario{Code: "COMMON_ERROR", Executed: true}, tosstest.Scenario{Code: "REJECT_CARD_PAYMENT"})
		b.refused(500, "COMMON_ERROR", b.charge(card, "order-1", 1000, header, "key"))
		b.refused(400, "DUPLICATED_ORDER_ID", b.charge(card, "order-1", 1000, header, "key"))
		b.refused(403, "REJECT_CARD_PAYMENT", b.charge(card, "order-2", 1000, header, "key-2"))
		b.refused(403, "REJECT_CARD_PAYMENT", b.charge(card, "order-2", 1000, header, "key-2"))
	})
	t.Run("confirmations and cancellations are executed too", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		key := b.authenticated("order-1", 1000, tosstest.MethodCard)
		b.Next("/confirm", tosstest.Scenario{Code: "UNKNOWN_PAYMENT_ERROR", Executed: true})
		b.Next("/cancel", tosstest.Scenario{Code: "FAILED_REFUND_PROCESS", Executed: true})
		b.refused(500, "UNKNOWN_PAYMENT_ERROR", b.confirm(key, "order-1", 1000))
		require.Equal(t, "DONE", b.get("/v1/payments/" + key).fields["status"])
		b.refused(500, "FAILED_REFUND_PROCESS", b.cancel(key, 400, nil))
		require.Contains(t, b.get("/v1/payments/"+key).raw, `"cancelAmount":400`)
	})
}

func TestSimulator_Usually(t *testing.T) {
	t.Parallel()
	b := setup(t, tosstest.Config{})
	card := b.NewCard(tosstest.CardConfig{})
	b.Usually("", tosstest.Scenario{Code: "COMMON_ERROR"})
	b.Usually(card.BillingKey(), tosstest.Scenario{Code: "FDS_ERROR"})
	b.Next("", tosstest.Scenario{Code: "PROVIDER_ERROR"})
	b.refused(400, "PROVIDER_ERROR", b.charge(card, "order-1", 1000))
	for range 2 {
		b.refused(403, "FDS_ERROR", b.charge(card, "order-1", 1000))
	}
	b.refused(500, "COMMON_ERROR", b.charge(b.NewCard(tosstest.CardConfig{}), "order-1", 1000))
	b.Usually(card.BillingKey(), tosstest.Scenario{})
	b.passed(b.charge(card, "order-1", 1000))
}

func TestSimulator_test_header(t *testing.T) {
	t.Parallel()
	const name = "TossPayments-Test-Code"
	t.Run("is looked at before what the request names, and kept under the key", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		b.refused(403, "REJECT_CARD_PAYMENT", b.confirm("other", "order-1", 1000, name, "REJECT_CARD_PAYMENT"))
		b.refused(400, "INVALID_TEST_CODE", b.confirm("other", "order-1", 1000, name, "OF_TOMORROW"))
		card := b.NewCard(tosstest.CardConfig{})
		b.refused(500, "COMMON_ERROR", b.charge(card, "order-1", 1000, name, "COMMON_ERROR", header, "key"))
		b.refused(500, "COMMON_ERROR", b.charge(card, "order-1", 1000, header, "key"))
		b.refused(409, "IDEMPOTENT_REQUEST_PROCESSING", b.charge(card, "order-1", 1000, name, "IDEMPOTENT_REQUEST_PROCESSING", header, "key-2"))
		require.Zero(t, b.Executions("order-1"))
		b.passed(b.charge(card, "order-1", 1000, header, "key-2"))
	})
	t.Run("is for charges and confirmations alone", func(t *testing.T) {
		t.Parallel()
		b, _, key := paid(t)
		b.passed(b.cancel(key, 1000, nil, name, "COMMON_ERROR"))
	})
	t.Run("is ignored with a live key", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{Live: true})
		b.passed(b.charge(b.NewCard(tosstest.CardConfig{}), "order-1", 1000, name, "COMMON_ERROR"))
	})
}

func TestStatusOf(t *testing.T) {
	t.Parallel()
	for code, status := range map[string]int{
		"INVALID_REQUEST": 400, "PROVIDER_ERROR": 400, "NOT_SUPPORTED_METHOD": 400, "ALREADY_PROCESSED_PAYMENT": 400, "UNAUTHORIZED_KEY": 401, "REJECT_CARD_PAYMENT": 403,
		"NOT_FOUND_PAYMENT": 404, "IDEMPOTENT_REQUEST_PROCESSING": 409, "FAILED_CARD_COMPANY_RESPONSE": 500,
		"MAINTAINED_METHOD": 0, "OF_TOMORROW": 0, "": 0, tosstest.CodeDuplicatedPayout: 0,
	} {
		require.Equal(t, status, tosstest.StatusOf(code), code)
	}
}
