package tosstest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

const rows = "/v1/transactions?startDate=2026-03-13&endDate=2026-03-14"

func TestSimulator_Hide(t *testing.T) {
	t.Parallel()
	b, card, key := paid(t)
	b.Hide(true)
	b.refused(404, "NOT_FOUND_PAYMENT", b.get("/v1/payments/"+key))
	b.refused(404, "NOT_FOUND_PAYMENT", b.get("/v1/payments/orders/order-1"))
	require.Empty(t, b.get(rows).list)
	b.passed(b.cancel(key, 1000, nil))
	require.Len(t, b.get(rows).list, 1, "what was made later is shown")
	b.passed(b.charge(card, "order-2", 1000))
	b.passed(b.get("/v1/payments/orders/order-2"))
	b.Hide(true)
	b.refused(404, "NOT_FOUND_PAYMENT", b.get("/v1/payments/orders/order-2"))
	require.Empty(t, b.get(rows).list)
	b.Hide(false)
	b.passed(b.get("/v1/payments/" + key))
	require.Len(t, b.get(rows).list, 3)
	require.Len(t, b.Books().Payments, 2)
}

func TestSimulator_HideFor(t *testing.T) {
	t.Parallel()
	b := setup(t, tosstest.Config{})
	b.HideFor(90 * time.Second)
	key := b.passed(b.charge(b.NewCard(tosstest.CardConfig{}), "order-1", 1000)).fields["paymentKey"].(string)
	b.clock.Advance(90*time.Second - 1)
	b.refused(404, "NOT_FOUND_PAYMENT", b.get("/v1/payments/orders/order-1"))
	b.refused(404, "NOT_FOUND_PAYMENT", b.get("/v1/payments/"+key))
	require.Empty(t, b.get(rows).list)
	b.clock.Advance(1)
	b.passed(b.get("/v1/payments/orders/order-1"))
	b.passed(b.get("/v1/payments/" + key))
	require.Len(t, b.get(rows).list, 1)
}

func TestSimulator_SetStatus(t *testing.T) {
	t.Parallel()
	b, _, done := paid(t)
	open := b.authenticated("order-2", 1000, tosstest.MethodCard)
	b.SetStatus("HELD")
	require.Equal(t, "HELD", b.get("/v1/payments/" + open).fields["status"])
	require.Equal(t, "DONE", b.get("/v1/payments/" + done).fields["status"])
	require.Equal(t, "IN_PROGRESS", b.Books().Payments[1].Status)
	b.SetStatus("")
	require.Equal(t, "IN_PROGRESS", b.get("/v1/payments/" + open).fields["status"])
}

func TestSimulator_ChargeOutside(t *testing.T) {
	t.Parallel()
	b := setup(t, tosstest.Config{})
	card := b.NewCard(tosstest.CardConfig{CustomerKey: "customer-1"})
	key := b.ChargeOutside(card, won(5000))
	got := b.passed(b.get("/v1/payments/" + key))
	require.Equal(t, "DONE", got.fields["status"])
	require.Equal(t, "BILLING", got.fields["type"])
	books := b.Books()
	require.True(t, books.Payments[0].Outside)
	require.Equal(t, "customer-1", books.Payments[0].CustomerKey)
	requireWon(t, 5000, card.Charged())
	require.Equal(t, 1, b.Executions(books.Payments[0].OrderID))
}

// What Books returns is the caller's.
func TestSimulator_Books(t *testing.T) {
	t.Parallel()
	b, _, key := paid(t)
	b.passed(b.cancel(key, 1000, nil))
	books := b.Books()
	require.Equal(t, start, books.Payments[0].At.UTC())
	books.Payments[0].Status = "changed"
	books.Payments[0].Cancels[0].Reason = "changed"
	require.Equal(t, tosstest.PartialCanceled, b.Books().Payments[0].Status)
	require.Equal(t, "reason", b.Books().Payments[0].Cancels[0].Reason)
	requireWon(t, 10000, b.Books().Payments[0].Balance)
}

func TestVat(t *testing.T) {
	t.Parallel()
	for _, tc := range [][3]int64{{11000, 0, 1000}, {5000, 0, 455}, {5000, 1500, 318}, {10001, 0, 909}, {100, 0, 9}} {
		requireWon(t, tc[2], tosstest.Vat(won(tc[0]), won(tc[1])))
	}
}
