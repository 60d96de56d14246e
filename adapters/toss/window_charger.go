package toss

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

const (
	// windowLife is how long the payment of a window lives (documented).
	windowLife = 30 * time.Minute
	// confirmLife is how long after the customer's authentication a payment can be confirmed
	// (documented).
	confirmLife = 10 * time.Minute
	// confirmOver is when a payment that is not approved can no longer become so: confirmLife and
	// a margin (inferred).
	confirmOver = 15 * time.Minute
)

// WindowConfig is how a [WindowCharger] works.
type WindowConfig struct {
	// OrderName is what the customer reads in the window, 1 to 100 characters. Defaults to "지갑 충전".
	OrderName string
	// RefundAccount finds the account that a cancelled payment is given back to, if the customer paid
	// into a virtual account. Without it such payments are not cancelled by the library.
	RefundAccount RefundAccountResolver
}

// WindowCharger is a [ports.Confirmer] whose customers pay in the provider's payment window, by
// whatever method they choose there, a [ports.PartCanceler] and a [ports.WebhookReader].
//
// The token of [ports.Confirmer] is the query with which the window returns to the host's successUrl:
// r.URL.RawQuery, with paymentKey, orderId and amount.
type WindowCharger struct {
	canceler
	config WindowConfig
}

var (
	_ ports.Confirmer     = (*WindowCharger)(nil)
	_ ports.PartCanceler  = (*WindowCharger)(nil)
	_ ports.WebhookReader = (*WindowCharger)(nil)
)

// NewWindowCharger returns the WindowCharger of a shop. The client's key must be the pair of the
// client key that the window is opened with: the key of the API, or that of the payment widget. The
// name of the shop is the host's own and must never change. Errors are [ports.ErrInvalid].
func NewWindowCharger(client *Client, shop string, config WindowConfig) (*WindowCharger, error) {
	made, err := newShop(client, shop, kindWindow)
	if config.OrderName == "" {
		config.OrderName = defaultOrderName
	}
	if err = ports.Join(err, checkName("OrderName", config.OrderName, maxName)); err != nil {
		return nil, err
	}
	return &WindowCharger{canceler{shop: made, account: config.RefundAccount}, config}, nil
}

// The names of what a window is opened with.
const (
	ShownOrderID   = "orderId"
	ShownOrderName = "orderName"
	ShownAmount    = "amount" // whole won
)

// Await returns what the window is opened with: [ShownOrderID], [ShownOrderName] and
// [ShownAmount]. The customer may pay for 30 minutes from when the order was written down. There are
// no fields: it returns [ports.ErrInvalid] for any, and for an order that the provider does not take.
func (c *WindowCharger) Await(order ports.ChargeOrder, fields map[string]string) (ports.Await, error) {
	err := checkOrder(order, leastCard)
	for name := range fields {
		err = ports.Join(err, ports.Invalid("Fields", "has %s, and %s takes none", name, c.Name()))
	}
	if err != nil {
		return ports.Await{}, err
	}
	return ports.Await{Until: windowEnd(order), Shown: map[string]string{
		ShownOrderID: c.orderID(order), ShownOrderName: c.config.OrderName, ShownAmount: order.Amount.StringFixed(0),
	}}, nil
}

func windowEnd(order ports.ChargeOrder) time.Time { return order.RequestedAt.Add(windowLife) }

const messageWindow = "the customer pays in the window of the provider: begin the recharge and confirm it"

// Prepare refuses: nothing can be charged without the customer. See [WindowCharger.PrepareConfirm].
func (c *WindowCharger) Prepare(context.Context, ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, refusal(ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Code: "window", Message: messageWindow}})
}

// token is what the window returned.
type token struct {
	paymentKey, orderID string
	amount              decimal.Decimal
}

// readToken reads the query of the successUrl. Each name must be there once.
func readToken(text string) (token, bool) {
	query, err := url.ParseQuery(text)
	if err != nil || len(query["paymentKey"]) != 1 || len(query["orderId"]) != 1 || len(query["amount"]) != 1 {
		return token{}, false
	}
	amount, err := parseAmount(query.Get("amount"))
	key := query.Get("paymentKey")
	return token{key, query.Get("orderId"), amount}, err == nil && checkKeyText("PaymentKey", key, maxKey) == nil
}

// notConfirmed refuses a token. The order goes on awaiting its customer.
func notConfirmed(code, message string) *ports.ChargeAnswer {
	return refusal(ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Code: code, Message: message}})
}

// PrepareConfirm compares the token with the order, and then the order with the payment as the
// provider shows it. Where the provider cannot be asked it goes without: the provider compares as
// well (documented).
func (c *WindowCharger) PrepareConfirm(ctx context.Context, order ports.ChargeOrder, text string) ([]byte, *ports.ChargeAnswer) {
	if err := checkOrder(order, leastCard); err != nil {
		return nil, refusal(faultOf(err))
	}
	token, read := readToken(text)
	switch {
	case !read:
		return nil, notConfirmed("token", "the token is not the query of a successUrl")
	case token.orderID != c.orderID(order) || !token.amount.Equal(order.Amount):
		return nil, notConfirmed("token", "the window returned another order, or another amount")
	}
	payment, err := c.client.Payment(ctx, token.paymentKey)
	if err == nil {
		if refused := c.checkPayment(order, payment); refused != nil {
			return nil, refused
		}
	} else if errorOf(err).Code == codeNoPayment {
		return nil, notConfirmed(codeNoPayment, "the provider shows no such payment to our key")
	}
	e := c.client.evidenceOf(c.confirmCall(order, token.paymentKey))
	e.Payment = token.paymentKey
	return e.encode(), nil
}

// checkPayment refuses a payment that is not that of the order, or that cannot be confirmed.
func (c *WindowCharger) checkPayment(order ports.ChargeOrder, p *Payment) *ports.ChargeAnswer {
	switch {
	case !c.isOf(order, p):
		return notConfirmed("token", "the payment is of another order, or of another amount")
	case p.Status == StatusReady:
		return notConfirmed(string(p.Status), "the customer has not agreed to the payment")
	case p.Status == StatusAborted, p.Status == StatusExpired, p.Status == StatusCanceled, p.Status == StatusPartialCanceled:
		return notConfirmed(string(p.Status), "the payment has ended")
	}
	return nil
}

func (c *WindowCharger) confirmCall(order ports.ChargeOrder, paymentKey string) call {
	id := c.orderID(order)
	return c.client.confirmCall(ConfirmRequest{
		PaymentKey: paymentKey, OrderID: id, Amount: order.Amount,
		Key: idempotencyKey(id) + "-" + digestOf(nil, []byte(paymentKey))[:32],
	})
}

// Charge confirms the payment, once. A payment into a virtual account is pending then, with the
// account that the customer transfers the money to.
//
// A confirmation may be sent again under another secret key of the shop: a payment is approved once,
// however often it is confirmed (inferred from ALREADY_PROCESSED_PAYMENT).
func (c *WindowCharger) Charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	if err := checkOrder(order, leastCard); err != nil {
		return sole(order.Transmissions, faultOf(err))
	}
	paymentKey := readEvidence(order.Evidence).Payment
	if paymentKey == "" {
		_, refused := c.Prepare(ctx, order)
		return sole(order.Transmissions, *refused)
	}
	if c.now().Sub(sentAt(order)) >= confirmLife { // an inquiry may have given it up
		return tooLate(order.Transmissions)
	}
	return c.sent(ctx, order, c.confirmCall(order, paymentKey))
}

// Inquire asks for the payment: by the orderId before it is confirmed, and by the paymentKey after.
// A payment that the customer agreed to and that was not approved is to be confirmed again while
// that is possible. 15 minutes after it was confirmed, two questions that are a minute apart end
// the order as declined if the provider shows that the payment is not approved. A virtual account
// whose time has passed is closed, as by [AccountCharger].
func (c *WindowCharger) Inquire(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	paymentKey := readEvidence(order.Evidence).Payment
	if order.Transmissions == 0 || paymentKey == "" {
		return c.unconfirmed(ctx, order)
	}
	waited := c.now().Sub(sentAt(order))
	l := lost{c.shop, order, func(context.Context) repeat {
		return repeatOf(nil, waited < confirmLife && order.Last.Code != codeProcessing)
	}}
	payment, err := c.client.Payment(ctx, paymentKey)
	if err == nil && c.isAltered(order, payment) {
		return l.unapproved(waited, false)
	}
	answer := l.answered(ctx, payment, err)
	if c.isOver(answer, payment) {
		return c.closeAccount(ctx, order, payment, answer)
	}
	if err != nil || answer.Outcome != ports.OutcomePending || !isUnapproved(payment.Status) {
		return answer
	}
	return l.unapproved(waited, true)
}

// unconfirmed is the answer about an order that was not confirmed, as far as we know. A payment of
// another amount that is not approved comes from a window that the customer's browser opened so. It is
// never confirmed: the order awaits its customer.
func (c *WindowCharger) unconfirmed(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	payment, err := c.client.PaymentByOrder(ctx, c.orderID(order))
	switch failed := errorOf(err); {
	case err == nil:
	case failed.Code == codeNoPayment && failed.Status == http.StatusNotFound: // no window was opened yet
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}}
	default: // a question that failed is no answer
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Failed: true, Alarm: failed.Alarm, InquireAfter: failed.askAfter()}}
	}
	if c.isAltered(order, payment) {
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}}
	}
	return c.judge(order, payment, true)
}

// isAltered reports whether a payment comes from a window that the customer's browser opened for another
// amount, and is not approved.
func (c *WindowCharger) isAltered(order ports.ChargeOrder, p *Payment) bool {
	return p.OrderID == c.orderID(order) && !p.Total.Equal(order.Amount) && isUnapproved(p.Status)
}

// isUnapproved reports whether a payment of a window with a status was never approved.
func isUnapproved(status Status) bool {
	switch status {
	case StatusReady, StatusInProgress, StatusAborted, StatusExpired:
		return true
	case StatusWaiting, StatusDone, StatusCanceled, StatusPartialCanceled:
	}
	return false
}

const unapprovedThen = "no approval was found; "

// unapproved is the answer about a payment that was confirmed and that the provider shows as
// waiting for that.
func (l lost) unapproved(waited time.Duration, resend bool) ports.ChargeAnswer {
	open := l.open()
	before := seenAt(open.Message)
	open.Outcome, open.InquireAfter, open.Await = ports.OutcomeUnknown, twice, nil
	switch {
	case resend && waited < confirmLife && !spent(l.order) && l.order.Last.Code != codeProcessing: // which the key would repeat
		open.InquireAfter = l.pause()
		if open.InquireAfter == 0 {
			open.Resend, open.InquireAfter = true, confirmPause
		}
	case waited < confirmOver:
		open.InquireAfter = min(confirmOver-waited, twice)
	case before.Before(sentAt(l.order).Add(confirmOver)), !strings.Contains(open.Message, unapprovedThen+seenNothing): // none, or one that found no payment at all
		open.Message, _, _ = strings.Cut(open.Message, seenNothing)
		open.Message, open.Code = joined(open.Message, unapprovedThen+seenNothing+l.now().UTC().Format(time.RFC3339)), codeOrAbsent(open.Code)
	case l.now().Sub(before) >= twice:
		return ports.ChargeAnswer{Answer: ports.Answer{
			Outcome: ports.OutcomeDeclined, Code: string(StatusExpired), Message: "the payment was not approved in time", ProviderRef: open.ProviderRef,
		}}
	}
	return open
}
