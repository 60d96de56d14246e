package webhook_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/jigap/jigap/adapters/webhook"
	"github.com/jigap/jigap/ports"
)

// A provider notifies the host of two orders. In a host the function calls
// recharge.Service.InquireNow.
func Example() {
	handler, err := webhook.New(func(_ context.Context, notice ports.Notice) error {
		fmt.Println("inquire about", notice.OperationID)
		return nil
	}, webhook.Config{})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/lines", handler.For(lines{}))

	request := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/webhooks/lines", strings.NewReader("order-1\norder-2"))
	request.Header.Set("Signature", "right")
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, request)
	fmt.Println(answer.Code)
	// Output:
	// inquire about order-1
	// inquire about order-2
	// 200
}
