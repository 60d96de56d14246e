package tosstest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

// Many clients behind a real listener charge one order, each with a key of its own, confirm
// one window, and cancel one payment in parts, while others read: one charge is executed, one
// confirmation, and as many parts as the payment has.
func TestSimulator_many_at_once(t *testing.T) {
	t.Parallel()
	b, card, paidKey := paid(t)
	window := b.authenticated("order-3", 1000, tosstest.MethodCard)
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	send := func(path, body, key string) (status int) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, strings.NewReader(body))
		if err != nil {
			return 0
		}
		request.Header = http.Header{"Authorization": {basic(b.key)}, "Idempotency-Key": {key}}
		response, err := server.Client().Do(request)
		if err != nil {
			return 0
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	var group sync.WaitGroup
	for i := range 16 {
		group.Add(1)
		go func() {
			defer group.Done()
			send("/v1/billing/"+card.BillingKey(), with(chargeOf(card), object{"orderId": "order-2"}), fmt.Sprint("charge", i))
			send("/v1/payments/confirm", with(object{"paymentKey": window, "orderId": "order-3", "amount": 1000}, nil), fmt.Sprint("confirm", i))
			send("/v1/payments/"+paidKey+"/cancel", `{"cancelReason":"part","cancelAmount":1000}`, fmt.Sprint("cancel", i))
			_, _, _, _ = b.Books(), b.Due(), b.Shop(), card.Charged()
			b.DeliverTo(http.NotFoundHandler())
		}()
	}
	group.Wait()
	require.Equal(t, 1, b.Executions("order-2"))
	require.Equal(t, 1, b.Executions("order-3"))
	cancels := b.Books().Payments[0].Cancels
	require.Len(t, cancels, 11)
	requireWon(t, 0, b.Books().Payments[0].Balance)
}
