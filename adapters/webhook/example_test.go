package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/jigap/jigap/adapters/webhook"
	"github.com/jigap/jigap/ports"
)

// lines is a provider whose notifications are lines with order ids, and whose header has a
// signature.
type lines struct{}

func (lines) ReadWebhook(_ context.Context, request ports.Webhook) ([]ports.Notice, error) {
	switch {
	case http.Header(request.Header).Get("Signature") != "right":
		return nil, fmt.Errorf("%w: the signature is wrong", ports.ErrForged)
	case len(request.Body) == 0:
		return nil, ports.Invalid("body", "is blank")
	case string(request.Body) == "broken":
		return nil, errors.New("the reader is broken")
	}
	var notices []ports.Notice
	for id := range strings.Lines(string(request.Body)) {
		notices = append(notices, ports.Notice{Provider: "lines", OperationID: strings.TrimSpace(id)})
	}
	return notices, nil
}

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
