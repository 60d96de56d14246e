package tosstest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

// paid is a simulator with a card and an approved payment of 11,000.
func paid(t *testing.T) (b *bench, card *tosstest.Card, key string) {
	t.Helper()
	b = setup(t, tosstest.Config{})
	card = b.NewCard(tosstest.CardConfig{})
	return b, card, b.passed(b.charge(card, "order-1", 11000)).fields["paymentKey"].(string)
}

func TestSimulator_cancel(t *testing.T) {
	t.Parallel()
	t.Run("one cancellation of all leaves CANCELED", func(t *testing.T) {
		t.Parallel()
		b, card, key := paid(t)
		got := b.passed(b.cancel(key, 11000, object{"refundableAmount": 11000}))
		require.Equal(t, "CANCELED", got.fields["status"])
		require.Contains(t, got.raw, `"balanceAmount":0,`)
		require.Contains(t, got.raw, `"totalAmount":11000,`)
		entries := got.fields["cancels"].([]any)
		require.Len(t, entries, 1)
		entry := entries[0].(object)
		require.Equal(t, "reason", entry["cancelReason"])
		require.Equal(t, "DONE", entry["cancelStatus"])
		require.Equal(t, got.fields["lastTransactionKey"], entry["transactionKey"])
		require.Equal(t, "2026-03-13T12:00:00+09:00", entry["canceledAt"])
		b.refused(400, "ALREADY_CANCELED_PAYMENT", b.cancel(key, 11000, nil))
		requireWon(t, 0, card.Charged())
	})
	t.Run("no amount is everything that is left", func(t *testing.T) {
		t.Parallel()
		b, card, key := paid(t)
		b.passed(b.cancel(key, 1000, nil))
		requireWon(t, 10000, card.Charged())
		b.passed(b.cancel(key, 0, object{"cancelAmount": nil}))
		requireWon(t, 0, card.Charged())
		requireWon(t, 10000, b.Books().Payments[0].Cancels[1].Amount)
	})
	t.Run("parts leave PARTIAL_CANCELED, also when nothing is left", func(t *testing.T) {
		t.Parallel()
		b, _, key := paid(t)
		got := b.passed(b.cancel(key, 3000, nil))
		require.Equal(t, "PARTIAL_CANCELED", got.fields["status"])
		require.Contains(t, got.raw, `"refundableAmount":8000`)
		b.refused(403, "NOT_CANCELABLE_AMOUNT", b.cancel(key, 8001, nil))
		got = b.passed(b.cancel(key, 8000, nil))
		require.Equal(t, "PARTIAL_CANCELED", got.fields["status"])
		require.Contains(t, got.raw, `"balanceAmount":0,`)
		require.Len(t, got.fields["cancels"], 2)
		b.refused(403, "NOT_CANCELABLE_AMOUNT", b.cancel(key, 1, nil))
		b.refused(403, "NOT_CANCELABLE_AMOUNT", b.cancel(key, 0, object{"cancelAmount": nil}))
	})
	t.Run("a balance that is not the payment's is refused", func(t *testing.T) {
		t.Parallel()
		b, _, key := paid(t)
		b.passed(b.cancel(key, 3000, object{"refundableAmount": 11000}))
		b.refused(400, "NOT_MATCHES_REFUNDABLE_AMOUNT", b.cancel(key, 3000, object{"refundableAmount": 11000}))
		require.Len(t, b.Books().Payments[0].Cancels, 1)
		b.passed(b.cancel(key, 3000, object{"refundableAmount": 8000}))
	})
	t.Run("two equal parts with different keys are two refunds, with one key one", func(t *testing.T) {
		t.Parallel()
		b, _, key := paid(t)
		for _, idempotencyKey := range []string{"a", "a", "b"} {
			b.passed(b.cancel(key, 1000, nil, header, idempotencyKey))
		}
		require.Len(t, b.Books().Payments[0].Cancels, 2)
	})
	t.Run("the console cancels too", func(t *testing.T) {
		t.Parallel()
		b, _, key := paid(t)
		require.False(t, b.CancelOutside("other", won(1)))
		require.False(t, b.CancelOutside(key, won(11001)))
		require.True(t, b.CancelOutside(key, won(1000)))
		require.True(t, b.CancelOutside(key, won(0)))
		require.False(t, b.CancelOutside(key, won(0)))
		cancels := b.Books().Payments[0].Cancels
		require.Len(t, cancels, 2)
		requireWon(t, 10000, cancels[1].Amount)
		require.True(t, cancels[0].Outside)
	})
}

func TestSimulator_cancel_refusals(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change object
		code   string
	}{
		{"no reason", object{"cancelReason": nil}, "INVALID_REQUEST"},
		{"reason of 201 characters", object{"cancelReason": strings.Repeat("가", 201)}, "INVALID_REQUEST"},
		{"reason of 200 characters", object{"cancelReason": strings.Repeat("가", 200)}, ""},
		{"amount as text", object{"cancelAmount": "1000"}, "INVALID_REQUEST"},
		{"nothing", object{"cancelAmount": 0}, "INVALID_REQUEST"},
		{"balance as text", object{"refundableAmount": "11000"}, "INVALID_REQUEST"},
		{"dollars", object{"currency": "USD"}, "INVALID_REQUEST"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b, _, key := paid(t)
			require.Equal(t, tc.code, b.cancel(key, 1000, tc.change).code())
			require.Equal(t, tc.code == "", len(b.Books().Payments[0].Cancels) == 1)
		})
	}
	t.Run("an unknown payment", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		b.refused(404, "NOT_FOUND_PAYMENT", b.cancel("other", 1000, nil))
	})
	t.Run("a payment that is not approved", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		b.refused(403, "NOT_CANCELABLE_PAYMENT", b.cancel(b.authenticated("order-1", 1000, tosstest.MethodCard), 1000, nil))
	})
}
