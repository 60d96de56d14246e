package tosstest_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

const header = "Idempotency-Key"

func TestSimulator_idempotency(t *testing.T) {
	t.Parallel()
	t.Run("the first answer is replayed in its bytes, whatever the body", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		first := b.passed(b.charge(card, "order-1", 1000, header, "key"))
		b.passed(b.cancel(first.fields["paymentKey"].(string), 1000, nil))
		for _, order := range []string{"order-1", "order-2"} {
			again := b.passed(b.charge(card, order, 5000, header, "key"))
			require.Equal(t, first.raw, again.raw)
			trace := again.header.Get("X-Tosspayments-Trace-Id")
			require.True(t, strings.HasSuffix(trace, ","+first.header.Get("X-Tosspayments-Trace-Id")), trace)
		}
		require.Equal(t, 1, b.Executions("order-1"))
		require.Zero(t, b.Executions("order-2"))
	})
	t.Run("refusals are replayed, also after the body was corrected", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		b.refused(400, "BELOW_MINIMUM_AMOUNT", b.charge(card, "order-1", 1, header, "key"))
		b.refused(400, "BELOW_MINIMUM_AMOUNT", b.charge(card, "order-1", 1000, header, "key"))
		b.passed(b.charge(card, "order-1", 1000, header, "another"))
	})
	t.Run("an answer is kept 15 days from the first use", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		key := b.passed(b.charge(card, "order-1", 1000)).fields["paymentKey"].(string)
		b.passed(b.cancel(key, 100, nil, header, "key"))
		b.clock.Advance(15*24*time.Hour - time.Second)
		b.passed(b.cancel(key, 100, nil, header, "key"))
		require.Len(t, b.Books().Payments[0].Cancels, 1)
		b.clock.Advance(time.Second)
		b.passed(b.cancel(key, 100, nil, header, "key"))
		require.Len(t, b.Books().Payments[0].Cancels, 2)
	})
	t.Run("keys that are lost execute anew", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		b.passed(b.charge(card, "order-1", 1000, header, "key"))
		b.LoseKeys()
		b.refused(400, "DUPLICATED_ORDER_ID", b.charge(card, "order-1", 1000, header, "key"))
	})
	t.Run("another path, another API key or no key is another request", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		one, two := b.NewCard(tosstest.CardConfig{}), b.NewCard(tosstest.CardConfig{})
		b.passed(b.charge(one, "order-1", 1000, header, "key"))
		require.Equal(t, "order-2", b.charge(two, "order-2", 1000, header, "key").fields["orderId"])
		old := b.key
		b.key = b.RotateKey().SecretKey
		require.Equal(t, "order-3", b.charge(one, "order-3", 1000, header, "key").fields["orderId"])
		b.key = old
		require.Equal(t, "order-1", b.charge(one, "order-4", 1000, header, "key").fields["orderId"])
		for _, orderID := range []string{"order-5", "order-6"} {
			require.Equal(t, orderID, b.charge(one, orderID, 1000).fields["orderId"])
		}
	})
	t.Run("a key has at most 300 characters", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		b.refused(400, "INVALID_IDEMPOTENCY_KEY", b.charge(card, "order-1", 1000, header, strings.Repeat("k", 301)))
		require.Zero(t, b.Executions("order-1"))
		b.passed(b.charge(card, "order-1", 1000, header, strings.Repeat("k", 300)))
	})
	t.Run("a GET ignores the key", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		b.refused(404, "NOT_FOUND_PAYMENT", b.ask("GET", "/v1/payments/orders/order-1", "", header, "key"))
		b.passed(b.charge(b.NewCard(tosstest.CardConfig{}), "order-1", 1000))
		b.passed(b.ask("GET", "/v1/payments/orders/order-1", "", header, "key"))
	})
	t.Run("a key is in use for as long as a scenario says", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		b.Next("", tosstest.Scenario{Busy: time.Minute})
		b.Inject(tosstest.Fault{Kind: tosstest.CloseAfter})
		_, err := b.try("POST", "/v1/billing/"+card.BillingKey(), with(chargeOf(card), nil), header, "key")
		require.Error(t, err)
		b.refused(409, "IDEMPOTENT_REQUEST_PROCESSING", b.charge(card, "order-1", 1000, header, "key"))
		b.clock.Advance(time.Minute)
		b.passed(b.charge(card, "order-1", 1000, header, "key"))
		require.Equal(t, 1, b.Executions("order-1"))
	})
}

// A fault before the effect leaves the key unused; one after the effect leaves the right
// answer under it.
func TestSimulator_idempotency_and_faults(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		fault   tosstest.Fault
		between int // executions after the fault
	}{
		{"status before", tosstest.Fault{Kind: tosstest.StatusBefore, Status: 502}, 0},
		{"code before", tosstest.Fault{Kind: tosstest.StatusBefore, Status: 409, Code: "IDEMPOTENT_REQUEST_PROCESSING"}, 0},
		{"close before", tosstest.Fault{Kind: tosstest.CloseBefore}, 0},
		{"status after", tosstest.Fault{Kind: tosstest.StatusAfter, Status: 500, Code: "COMMON_ERROR"}, 1},
		{"close after", tosstest.Fault{Kind: tosstest.CloseAfter}, 1},
		{"another order", tosstest.Fault{Kind: tosstest.WrongOrder}, 1},
		{"truncated", tosstest.Fault{Kind: tosstest.Truncate}, 1},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, tosstest.Config{})
			card := b.NewCard(tosstest.CardConfig{})
			b.Inject(tc.fault)
			lost, _ := b.try("POST", "/v1/billing/"+card.BillingKey(), with(chargeOf(card), nil), header, "key")
			require.NotEqual(t, "order-1", lost.fields["orderId"])
			require.Equal(t, tc.between, b.Executions("order-1"))
			again := b.passed(b.charge(card, "order-1", 1000, header, "key"))
			require.Equal(t, "order-1", again.fields["orderId"])
			require.Equal(t, 1, b.Executions("order-1"))
		})
	}
	t.Run("a late request is answered from the store, and a resend before it wins", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		b.Inject(tosstest.Fault{Kind: tosstest.Late, Delay: time.Hour})
		_, err := b.try("POST", "/v1/billing/"+card.BillingKey(), with(chargeOf(card), object{"amount": 7000}), header, "key")
		require.Error(t, err)
		b.passed(b.charge(card, "order-1", 1000, header, "key"))
		b.clock.Advance(2 * time.Hour)
		require.Equal(t, 1, b.Executions("order-1"))
		requireWon(t, 1000, card.Charged())
	})
	t.Run("a late request alone is executed when it is due", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		b.Inject(tosstest.Fault{Kind: tosstest.Late, Delay: time.Hour})
		_, err := b.try("POST", "/v1/billing/"+card.BillingKey(), with(chargeOf(card), nil), header, "key")
		require.Error(t, err)
		require.Zero(t, b.Executions("order-1"))
		b.clock.Advance(time.Hour)
		require.Equal(t, 1, b.Executions("order-1"))
	})
}

// Of many requests with one key at once, through a transport, one is executed.
func TestSimulator_idempotency_of_many_at_once(t *testing.T) {
	t.Parallel()
	b := setup(t, tosstest.Config{})
	card := b.NewCard(tosstest.CardConfig{})
	var group sync.WaitGroup
	bodies := make([]string, 32)
	for i := range bodies {
		group.Add(1)
		go func() {
			defer group.Done()
			got, err := b.try("POST", "/v1/billing/"+card.BillingKey(), with(chargeOf(card), nil), header, "key")
			if err == nil {
				bodies[i] = got.raw
			}
			_ = b.Executions("order-1")
			_ = b.Books()
			_ = b.Due()
		}()
	}
	group.Wait()
	require.Equal(t, 1, b.Executions("order-1"))
	for _, body := range bodies {
		require.Equal(t, bodies[0], body)
		require.Contains(t, body, `"status":"DONE"`)
	}
	requireWon(t, 1000, card.Charged())
}
