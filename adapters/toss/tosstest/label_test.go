package tosstest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

// Labels tell requests apart in the books: a charge, a confirmation, a virtual account and a
// payout.
func TestWithLabel(t *testing.T) {
	t.Parallel()
	b := setup(t, tosstest.Config{})
	card := b.NewCard(tosstest.CardConfig{})
	window := b.authenticated("order-2", 1000, tosstest.MethodCard)
	payout := batch(with(payoutOf(b.NewSeller(tosstest.SellerConfig{})), nil))
	send := func(label, path, body string, header ...string) {
		request, err := http.NewRequestWithContext(tosstest.WithLabel(t.Context(), label), http.MethodPost, "http://sim"+path, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Authorization", basic(b.key))
		for i := 0; i < len(header); i += 2 {
			request.Header.Set(header[i], header[i+1])
		}
		response, err := b.Transport().RoundTrip(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode)
	}
	send("charge", "/v1/billing/"+card.BillingKey(), with(chargeOf(card), nil))
	send("confirm", "/v1/payments/confirm", with(object{"paymentKey": window, "orderId": "order-2", "amount": 1000}, nil))
	send("account", "/v1/virtual-accounts", with(accountOrder(), object{"orderId": "order-3"}))
	send("payout", "/v2/payouts", encrypt(t, b.Shop().SecurityKey, payout, protected()), headers()...)
	books := b.Books()
	labels := map[string]string{}
	for _, p := range books.Payments {
		labels[p.OrderID] = p.Label
	}
	require.Equal(t, map[string]string{"order-1": "charge", "order-2": "confirm", "order-3": "account"}, labels)
	require.Equal(t, "payout", books.Payouts[0].Label)
}
