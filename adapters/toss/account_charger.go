package toss

import (
	"context"
	"time"

	"github.com/jigap/jigap/ports"
)

// AccountConfig is how an [AccountCharger] works.
type AccountConfig struct {
	// Customer returns the name that the account of an order is issued for, 1 to 100 characters.
	// Required. It may be called concurrently; its error is not shown.
	Customer func(ctx context.Context, order ports.ChargeOrder) (string, error)
	// RefundAccount finds the account that a cancelled payment is given back to. Without it no payment
	// is cancelled by the library.
	RefundAccount RefundAccountResolver
	// OrderName is what customers read, 1 to 100 characters. Defaults to "지갑 충전".
	OrderName string
	// Valid is how long a customer may pay: whole hours, 1 hour to 90 days. Defaults to 7 days.
	Valid time.Duration
}

// AccountCharger is a [ports.Charger] that issues a virtual account for each order, which the
// customer transfers the money to, a [ports.PartCanceler] and a [ports.WebhookReader]. PaymentMethod
// of an order is the code of the bank that issues the account: "20" say.
//
// Charge answers OutcomePending with the account that the customer is shown ([ShownBank],
// [ShownNumber], [ShownHolder]). The order is approved when the provider shows that the money came.
// Inquire closes an account whose time has passed, so that no money comes late.
type AccountCharger struct {
	canceler
	config AccountConfig
}

var (
	_ ports.Charger       = (*AccountCharger)(nil)
	_ ports.PartCanceler  = (*AccountCharger)(nil)
	_ ports.WebhookReader = (*AccountCharger)(nil)
)

// NewAccountCharger returns the AccountCharger of a shop. The name of the shop is the host's own and
// must never change. Errors are [ports.ErrInvalid].
func NewAccountCharger(client *Client, shop string, config AccountConfig) (*AccountCharger, error) {
	made, err := newShop(client, shop, kindAccount)
	if config.Customer == nil {
		err = ports.Join(err, ports.Invalid("Customer", "is missing"))
	}
	if config.OrderName == "" {
		config.OrderName = defaultOrderName
	}
	if config.Valid == 0 {
		config.Valid = 7 * 24 * time.Hour
	}
	if config.Valid%time.Hour != 0 || config.Valid < time.Hour || config.Valid > maxValidHours*time.Hour {
		err = ports.Join(err, ports.Invalid("Valid", "must be whole hours, 1 to %d", maxValidHours))
	}
	if err = ports.Join(err, checkName("OrderName", config.OrderName, maxName)); err != nil {
		return nil, err
	}
	return &AccountCharger{canceler{shop: made, account: config.RefundAccount}, config}, nil
}

// call returns the request of an order.
func (c *AccountCharger) call(ctx context.Context, order ports.ChargeOrder) (call, *ports.ChargeAnswer) {
	err := ports.Join(checkOrder(order, leastAccount), checkForm("PaymentMethod", order.PaymentMethod, bankForm, "the code of a bank, of two or three digits"))
	if err != nil {
		return call{}, refusal(faultOf(err))
	}
	customer, err := c.config.Customer(ctx, order)
	if err != nil {
		return call{}, refusal(lookupFailed(err, "customer"))
	}
	id := c.orderID(order)
	request := AccountRequest{
		OrderID: id, OrderName: c.config.OrderName, Amount: order.Amount, Bank: order.PaymentMethod, Customer: customer,
		ValidHours: int(c.config.Valid / time.Hour), Key: idempotencyKey(id),
	}
	if err := request.check(); err != nil {
		return call{}, refusal(faultOf(err))
	}
	return c.client.accountCall(request), nil
}

// Prepare records a digest of the request, as that of [BillingCharger] does.
func (c *AccountCharger) Prepare(ctx context.Context, order ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	req, refused := c.call(ctx, order)
	if refused != nil {
		return nil, refused
	}
	return c.client.evidenceOf(req).encode(), nil
}

// Charge has the account issued, once. No money moves by it.
func (c *AccountCharger) Charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	req, refused := c.call(ctx, order)
	if refused != nil {
		return sole(order.Transmissions, *refused)
	}
	return c.send(ctx, order, req)
}

// Inquire asks for the payment by the orderId, as that of [BillingCharger] does. A payment that was
// approved may fall back when the bank finds that the transfer had failed (documented): then the
// answer to a later question is OutcomeDeclined, with the code DEPOSIT_ERROR.
func (c *AccountCharger) Inquire(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	l := lost{c.shop, order, func(ctx context.Context) repeat {
		req, refused := c.call(ctx, order)
		return repeatOf(refused, refused == nil && c.client.same(readEvidence(order.Evidence), req))
	}}
	payment, err := c.client.PaymentByOrder(ctx, c.orderID(order))
	answer := l.answered(ctx, payment, err)
	if c.isOver(answer, payment) {
		return c.closeAccount(ctx, order, payment, answer)
	}
	return answer
}

// closeAccount closes a virtual account whose time has passed. The order is declined only if the
// provider says that it is closed: until then money may come.
func (s shop) closeAccount(ctx context.Context, order ports.ChargeOrder, p *Payment, open ports.ChargeAnswer) ports.ChargeAnswer {
	id := s.orderID(order)
	closed, err := s.client.Cancel(ctx, CancelRequest{
		PaymentKey: p.PaymentKey, Reason: cancelReason(id), Amount: p.Total, Refundable: p.Balance,
		// A refusal is repeated under its key (observed): each hour has a key. An account is closed once,
		// under whatever key (inferred from ALREADY_CANCELED_PAYMENT).
		Key: idempotencyKey(id) + "-close-" + s.now().UTC().Format("2006010215"),
	})
	if err == nil {
		answer := s.judge(order, closed, true)
		if answer.Outcome != ports.OutcomePending {
			return answer
		}
	} else {
		open.Alarm = errorOf(err).Alarm
	}
	open.Outcome, open.Await, open.InquireAfter = ports.OutcomeUnknown, nil, depositPause // money may still come
	return open
}

// isOver reports whether an order waits for money in a virtual account whose time has passed.
func (s shop) isOver(answer ports.ChargeAnswer, p *Payment) bool {
	if answer.Outcome != ports.OutcomePending || p == nil || p.Account == nil {
		return false
	}
	due := p.Account.DueDate
	return p.Account.Expired || !due.IsZero() && !s.now().Before(due.Time)
}
