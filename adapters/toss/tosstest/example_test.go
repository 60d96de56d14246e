package tosstest_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

// The connection breaks after the charge, and the same request is answered as the lost one
// was.
func Example() {
	clock := tosstest.NewClock(time.Date(2026, 3, 13, 3, 0, 0, 0, time.UTC))
	provider := tosstest.New(tosstest.Config{Clock: clock, Seed: 1})
	card := provider.NewCard(tosstest.CardConfig{CustomerKey: "customer-1", Limit: decimal.NewFromInt(500_000)})
	client := &http.Client{Transport: provider.Transport()} // no network
	charge := func() (*http.Response, error) {
		body := strings.NewReader(`{"amount":30000,"customerKey":"customer-1","orderId":"order-1","orderName":"recharge"}`)
		request, err := http.NewRequest(http.MethodPost, "https://api.example/v1/billing/"+card.BillingKey(), body) //nolint:noctx // the example is short
		if err != nil {
			log.Fatal(err)
		}
		request.SetBasicAuth(provider.Shop().SecretKey, "")
		request.Header.Set("Idempotency-Key", "order-1-charge")
		return client.Do(request)
	}
	provider.Inject(tosstest.Fault{Kind: tosstest.CloseAfter})
	if _, err := charge(); err != nil { //nolint:bodyclose // there is no answer
		fmt.Println("no answer")
	}
	response, err := charge()
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var payment struct{ Status, OrderID string }
	if err := json.NewDecoder(response.Body).Decode(&payment); err != nil {
		log.Fatal(err)
	}
	fmt.Println(payment.OrderID, payment.Status)
	fmt.Println(card.Charged(), provider.Executions("order-1"))
	// Output:
	// no answer
	// order-1 DONE
	// 30000 1
}
