package tosstest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

// FuzzSimulator feeds any request with the right key. Each is answered, and none moves more
// money than the card and the balance have.
func FuzzSimulator(f *testing.F) {
	for _, seed := range [][4]string{
		{"POST", "v1/billing/BILLING", `{"amount":1000,"customerKey":"customer-1","orderId":"order-1","orderName":"n"}`, "key"},
		{"POST", "v1/billing/BILLING", `{"amount":1e9,"customerKey":"customer-1","orderId":"order-1","orderName":"n","taxFreeAmount":1E2}`, ""},
		{"POST", "v1/billing/BILLING", `{"amount":1e999999999}`, ""},
		{"POST", "v1/billing/authorizations/issue", `{"authKey":"AUTH","customerKey":"customer-1"}`, ""},
		{"DELETE", "v1/billing/BILLING", "", ""},
		{"POST", "v1/payments/confirm", `{"paymentKey":"WINDOW","orderId":"window-1","amount":1000}`, "key"},
		{"POST", "v1/payments/PAID/cancel", `{"cancelReason":"r","cancelAmount":1,"refundableAmount":5000}`, ""},
		{"GET", "v1/payments/PAID", "", ""},
		{"GET", "v1/payments/orders/%6frder", "", ""},
		{"POST", "v1/virtual-accounts", `{"amount":1000,"orderId":"order-2","orderName":"n","customerName":"c","bank":"20","validHours":-1}`, ""},
		{"GET", "v1/transactions?startDate=2026-03-13&endDate=2026-03-14&limit=0&startingAfter=%zz", "", ""},
		{"GET", "v1/settlements?startDate=2026-03-13&endDate=2026-03-14&page=9999999999", "", ""},
		{"POST", "v2/payouts", `[{"refPayoutId":"payout-2","destination":"SELLER","scheduleType":"EXPRESS","amount":{"currency":"KRW","value":1},"transactionDescription":"d"}]`, ""},
		{"POST", "v2/sellers", `{"refSellerId":"seller-1"}`, ""},
		{"GET", "v2/payouts?limit=1&payoutDateGte=x&startingAfter=PAYOUT", "", ""},
		{"POST", "v2/payouts/PAYOUT/cancel", "", ""},
		{"GET", "v2/balances", "", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, method, path, body, key string) {
		b := setup(t, tosstest.Config{Live: true})
		card := b.NewCard(tosstest.CardConfig{CustomerKey: "customer-1", Limit: won(10_000)})
		b.SetBalance(won(1_000))
		seller := b.NewSeller(tosstest.SellerConfig{})
		names := strings.NewReplacer(
			"BILLING", card.BillingKey(), "PAID", b.ChargeOutside(card, won(5_000)), "AUTH", b.AuthKey("customer-1"), "SELLER", seller,
			"PAYOUT", b.PayOutside(seller, won(1)), "WINDOW", b.authenticated("window-1", 1000, tosstest.MethodCard),
		)
		body = names.Replace(body)
		header := http.Header{"Authorization": {basic(b.key)}, "Idempotency-Key": {key}, "Content-Type": {"text/plain"}}
		if strings.HasPrefix(path, "v2/") {
			header.Set("TossPayments-api-security-mode", "ENCRYPTION")
			body = encrypt(t, b.Shop().SecurityKey, body, protected())
		}
		request, err := http.NewRequestWithContext(t.Context(), method, "http://sim/"+names.Replace(path), strings.NewReader(body))
		if err != nil {
			return
		}
		request.Header = header
		recorder := httptest.NewRecorder()
		b.ServeHTTP(recorder, request)
		require.Contains(t, []int{200, 400, 401, 403, 404, 409, 500}, recorder.Code)
		require.False(t, card.Charged().IsNegative() || card.Charged().GreaterThan(won(10_000)), card.Charged().String())
		for _, p := range b.Books().Payments {
			require.False(t, p.Balance.IsNegative() || p.Balance.GreaterThan(p.Total) || p.Executions > 1)
		}
		_ = b.Due()
		_ = b.available()
	})
}
