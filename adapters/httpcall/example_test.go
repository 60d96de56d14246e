package httpcall_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

// charge is how an adapter sends an order, and what it may say of it. A real one reads the
// provider's id of the order, and approves only what the answer proves.
func charge(ctx context.Context, client *http.Client, address string) ports.ChargeAnswer {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(`{"amount":10000}`))
	if err != nil {
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}
	}
	answer, left, err := httpcall.Send(client, request)
	switch {
	case err != nil && !left:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}
	case err != nil, answer.Broken != nil, answer.Repeated, answer.Status != http.StatusOK:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown}}
	}
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: string(answer.Body)}}
}

// A provider that cannot be reached was not sent anything. One that closes the connection
// without an answer may have executed the order.
func ExampleSend() {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/lost" {
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write([]byte("payment-1"))
	}))
	client := httpcall.Plain(nil)
	for _, path := range []string{"/charge", "/lost"} {
		fmt.Println(path, charge(context.Background(), client, provider.URL+path).Outcome)
	}
	provider.Close()
	fmt.Println("closed", charge(context.Background(), client, provider.URL).Outcome)
	// Output:
	// /charge approved
	// /lost unknown
	// closed not_sent
}
