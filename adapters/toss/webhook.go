package toss

import (
	"context"
	"encoding/json"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

// wireEvent is a notification about payments: one with an eventType and a payment, or one about a
// virtual account, which is flat and has neither (documented).
type wireEvent struct {
	EventType string          `json:"eventType"`
	Data      json.RawMessage `json:"data"`

	OrderID string `json:"orderId"`
	Status  string `json:"status"`
	Secret  string `json:"secret"`
}

// The events that are about orders.
const (
	eventPayment = "PAYMENT_STATUS_CHANGED"
	eventCancel  = "CANCEL_STATUS_CHANGED"
)

// ReadWebhook reads PAYMENT_STATUS_CHANGED, CANCEL_STATUS_CHANGED and DEPOSIT_CALLBACK. The
// provider signs none of them (documented): a notice only makes the order be inquired about, so that
// a false one has no effect. A notification about a payment that no adapter of this package made, and
// one about anything else, names no order. A billing charge that is approved is not notified
// (documented).
//
// It names the orders of every charger of the shop: any of them may read the notifications of all.
func (s shop) ReadWebhook(_ context.Context, request ports.Webhook) ([]ports.Notice, error) {
	var event wireEvent
	if err := httpcall.Unmarshal(request.Body, &event); err != nil {
		return nil, ports.Invalid("Body", "is not a notification of the provider")
	}
	about, ref := event.OrderID, ""
	switch {
	case event.EventType == eventPayment || event.EventType == eventCancel:
		var payment struct{ OrderID, PaymentKey string }
		if err := httpcall.Unmarshal(event.Data, &payment); err != nil || payment.OrderID == "" {
			return nil, ports.Invalid("Body", "has no payment")
		}
		about, ref = payment.OrderID, payment.PaymentKey
		if checkKeyText("paymentKey", ref, maxKey) != nil {
			ref = ""
		}
	case event.EventType != "":
		return nil, nil
	case event.OrderID == "" || event.Status == "" || event.Secret == "":
		return nil, ports.Invalid("Body", "is neither an event nor a deposit")
	}
	of, operation, ours := operationOf(about)
	if !ours || of == kindPayout || operation == "" && ref == "" {
		return nil, nil
	}
	return []ports.Notice{{Provider: s.nameOf(of), OperationID: operation, ProviderRef: ref}}, nil
}
