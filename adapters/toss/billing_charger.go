package toss

import (
	"context"

	"github.com/jigap/jigap/ports"
)

// CardResolver returns the billing key of a payment method of the host's. It may be called
// concurrently; its error is not shown. [ports.ErrNotFound] says that there is no such method. It is
// asked for each transmission, and for each inquiry after which the order may be sent again.
type CardResolver func(ctx context.Context, method string) (BillingKey, error)

// BillingConfig is how a [BillingCharger] works.
type BillingConfig struct {
	// Card finds the billing key of a payment method. Required.
	Card CardResolver
	// OrderName is what customers read on their bills, 1 to 100 characters. Defaults to "지갑 충전"
	// (wallet recharge).
	OrderName string
}

const defaultOrderName = "지갑 충전"

// BillingCharger is a [ports.Charger] that charges the cards of customers by billing keys, a
// [ports.PartCanceler] and a [ports.WebhookReader]. PaymentMethod of an order is the host's own id
// of a card, and never the billing key: records show it.
type BillingCharger struct {
	canceler
	config BillingConfig
}

var (
	_ ports.Charger       = (*BillingCharger)(nil)
	_ ports.PartCanceler  = (*BillingCharger)(nil)
	_ ports.WebhookReader = (*BillingCharger)(nil)
)

// NewBillingCharger returns the BillingCharger of a shop. The name of the shop is the host's own
// and must never change. Errors are [ports.ErrInvalid]: among others for the key of a payment
// widget, which charges no billing key.
func NewBillingCharger(client *Client, shop string, config BillingConfig) (*BillingCharger, error) {
	made, err := newShop(client, shop, kindBilling)
	if config.Card == nil {
		err = ports.Join(err, ports.Invalid("Card", "is missing"))
	}
	if config.OrderName == "" {
		config.OrderName = defaultOrderName
	}
	if err = ports.Join(err, checkName("OrderName", config.OrderName, maxName)); err != nil {
		return nil, err
	}
	return &BillingCharger{canceler{shop: made}, config}, nil
}

// call returns the request of an order: always the same one while the card has the same billing
// key.
func (c *BillingCharger) call(ctx context.Context, order ports.ChargeOrder) (call, *ports.ChargeAnswer) {
	err := ports.Join(checkOrder(order, leastCard), ports.CheckID("PaymentMethod", order.PaymentMethod))
	if err != nil {
		return call{}, refusal(faultOf(err))
	}
	card, err := c.config.Card(ctx, order.PaymentMethod)
	if err != nil {
		return call{}, refusal(lookupFailed(err, "card"))
	}
	id := c.orderID(order)
	request := ChargeRequest{BillingKey: card, OrderID: id, OrderName: c.config.OrderName, Amount: order.Amount, Key: idempotencyKey(id)}
	if err := request.check(); err != nil {
		return call{}, refusal(faultOf(err))
	}
	return c.client.chargeCall(request), nil
}

// Prepare looks the card up and records a digest of the request, so that the order is sent again
// only as it was. It sends no request.
func (c *BillingCharger) Prepare(ctx context.Context, order ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	req, refused := c.call(ctx, order)
	if refused != nil {
		return nil, refused
	}
	return c.client.evidenceOf(req).encode(), nil
}

// Charge sends the order, once. It sends nothing where the secret key, the address or the billing
// key is another one than when the order was prepared: for the provider that would be another
// order.
func (c *BillingCharger) Charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	req, refused := c.call(ctx, order)
	if refused != nil {
		return sole(order.Transmissions, *refused)
	}
	return c.send(ctx, order, req)
}

// Inquire asks for the payment by the orderId. Where none is visible, the order is to be sent again
// for 14 days, if its request is still the same: the idempotency key has it executed once
// (documented). Where that is not possible a person decides, ten minutes after the order was sent
// at the earliest.
func (c *BillingCharger) Inquire(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	l := lost{c.shop, order, func(ctx context.Context) repeat {
		req, refused := c.call(ctx, order)
		return repeatOf(refused, refused == nil && c.client.same(readEvidence(order.Evidence), req))
	}}
	payment, err := c.client.PaymentByOrder(ctx, c.orderID(order))
	return l.answered(ctx, payment, err)
}
