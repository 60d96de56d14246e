package toss

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// ChargeRequest is one charge of a billing key.
type ChargeRequest struct {
	BillingKey BillingKey
	OrderID    string          // unique for ever at the shop: 6 to 64 of A-Z, a-z, 0-9, - and _
	OrderName  string          // shown to the customer: 1 to 100 characters
	Amount     decimal.Decimal // whole won, at least 100
	Key        string          // idempotency key: at most 300 characters
}

func (r ChargeRequest) check() error {
	return ports.Join(r.BillingKey.check(), checkOrderID(r.OrderID), checkName("OrderName", r.OrderName, maxName),
		checkWon("Amount", r.Amount, leastCard), checkIdempotencyKey(r.Key))
}

// checkIdempotencyKey requires a key: a request without one could be executed twice.
func checkIdempotencyKey(key string) error { return checkKeyText("Key", key, 300) }

func (c *Client) chargeCall(r ChargeRequest) call {
	return call{
		op: "charge", path: "/v1/billing/" + url.PathEscape(r.BillingKey.Reveal()), key: r.Key, rules: chargeRules, tested: true, words: true,
		hidden: []string{r.BillingKey.Reveal(), url.PathEscape(r.BillingKey.Reveal())},
		body: jsonOf(struct {
			Amount      json.Number `json:"amount"`
			CustomerKey string      `json:"customerKey"`
			OrderID     string      `json:"orderId"`
			OrderName   string      `json:"orderName"`
		}{number(r.Amount), r.BillingKey.CustomerKey, r.OrderID, r.OrderName}),
	}
}

// Charge charges a billing key, and may take 60 seconds (documented). A payment without an error
// need not be approved, nor be that of the request: a key of idempotency that was used before
// brings the answer to its first request, whatever the body (documented). The error is an [*Error],
// or [ports.ErrInvalid] for a request that must not be sent.
func (c *Client) Charge(ctx context.Context, request ChargeRequest) (*Payment, error) {
	if err := ports.Join(request.check(), c.individual()); err != nil {
		return nil, err
	}
	return c.pay(ctx, c.chargeCall(request))
}

// individual refuses what the key of a payment widget cannot do (documented).
func (c *Client) individual() error {
	if c.key.widget {
		return ports.Invalid("SecretKey", "is of the payment widget: billing keys, virtual accounts and payouts need the key of the API")
	}
	return nil
}

// ConfirmRequest is the confirmation of a payment that a customer agreed to in a window.
type ConfirmRequest struct {
	PaymentKey string
	OrderID    string          // that the window was opened with
	Amount     decimal.Decimal // that the window was opened with, in whole won
	Key        string          // idempotency key, of this payment alone: the URL is the same for all
}

func (r ConfirmRequest) check() error {
	return ports.Join(checkKeyText("PaymentKey", r.PaymentKey, maxKey), checkOrderID(r.OrderID), checkWon("Amount", r.Amount, leastCard), checkIdempotencyKey(r.Key))
}

func (c *Client) confirmCall(r ConfirmRequest) call {
	return call{
		op: "confirm", path: "/v1/payments/confirm", key: r.Key, rules: confirmRules, tested: true, words: true,
		body: jsonOf(struct {
			PaymentKey string      `json:"paymentKey"`
			OrderID    string      `json:"orderId"`
			Amount     json.Number `json:"amount"`
		}{r.PaymentKey, r.OrderID, number(r.Amount)}),
	}
}

// Confirm confirms a payment, which moves the money: once, however often it is confirmed
// (inferred from ALREADY_PROCESSED_PAYMENT). A payment into a virtual account is
// [StatusWaiting] then, and no money has come. What [Client.Charge] says of answers and errors
// holds of it.
func (c *Client) Confirm(ctx context.Context, request ConfirmRequest) (*Payment, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	return c.pay(ctx, c.confirmCall(request))
}

// CancelRequest is the cancellation of a payment, or of a part of it.
type CancelRequest struct {
	PaymentKey string
	Reason     string          // 1 to 200 characters; it is shown in the payment's Cancels
	Amount     decimal.Decimal // whole won
	// Refundable is what can be cancelled as far as we know. The provider refuses the request if it
	// knows otherwise (documented).
	Refundable decimal.Decimal
	// Account takes the money of a virtual account that was paid into. Zero for other payments.
	Account RefundAccount
	Key     string // idempotency key
}

// RefundAccount is the bank account that a payment into a virtual account is given back to, two
// working days later (documented). It is kept nowhere, and no formatting shows its number.
type RefundAccount struct {
	Bank   string // code of the bank, of two or three digits (documented)
	Number Hidden // 1 to 20 digits
	Holder string // 1 to 60 characters
}

// Format writes nothing of the account, whatever the verb: fmt shows even a [Hidden] in a pointer that
// it has no verb for.
func (RefundAccount) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hiddenText) }

func (a RefundAccount) isZero() bool { return a == RefundAccount{} }

func (a RefundAccount) check() error {
	if a.isZero() {
		return nil
	}
	return ports.Join(
		checkForm("Account.Bank", a.Bank, bankForm, "two or three digits"),
		checkForm("Account.Number", string(a.Number), accountForm, "1 to 20 digits"), checkName("Account.Holder", a.Holder, 60),
	)
}

// Format writes what is cancelled, and nothing of the account, whatever the verb.
func (r CancelRequest) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "cancel %s of %s", r.Amount, r.PaymentKey)
}

func (r CancelRequest) check() error {
	return ports.Join(
		checkKeyText("PaymentKey", r.PaymentKey, maxKey), checkName("Reason", r.Reason, maxReason), checkWon("Amount", r.Amount, 1),
		checkWon("Refundable", r.Refundable, 1), r.Account.check(), checkIdempotencyKey(r.Key),
	)
}

func (c *Client) cancelCall(r CancelRequest) call {
	type account struct {
		Bank   string `json:"bank"`
		Number string `json:"accountNumber"`
		Holder string `json:"holderName"`
	}
	var to *account
	if !r.Account.isZero() {
		to = &account{r.Account.Bank, string(r.Account.Number), r.Account.Holder}
	}
	return call{
		op: "cancel", path: "/v1/payments/" + url.PathEscape(r.PaymentKey) + "/cancel", key: r.Key, rules: cancelRules,
		hidden: []string{string(r.Account.Number)},
		body: jsonOf(struct {
			Reason     string      `json:"cancelReason"`
			Amount     json.Number `json:"cancelAmount"`
			Refundable json.Number `json:"refundableAmount"`
			Account    *account    `json:"refundReceiveAccount,omitempty"`
		}{r.Reason, number(r.Amount), number(r.Refundable), to}),
	}
}

// Cancel takes a payment back, or a part of it. What [Client.Charge] says of answers and errors
// holds of it.
func (c *Client) Cancel(ctx context.Context, request CancelRequest) (*Payment, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	return c.pay(ctx, c.cancelCall(request))
}

// pay sends a request that is answered with a payment.
func (c *Client) pay(ctx context.Context, req call) (*Payment, error) {
	body, err := c.post(ctx, req)
	if err != nil {
		return nil, err
	}
	payment, err := c.payment(req, body)
	if err != nil {
		failed := c.failure(req, ClassUnknown, err)
		failed.Status = http.StatusOK
		return nil, failed
	}
	return payment, nil
}

// Payment returns a payment by the provider's id of it. The error is an [*Error]: one with the code
// NOT_FOUND_PAYMENT says that no payment is visible to the key under this id at this moment, and
// not that there will be none (documented in part).
func (c *Client) Payment(ctx context.Context, paymentKey string) (*Payment, error) {
	if err := checkKeyText("PaymentKey", paymentKey, maxKey); err != nil {
		return nil, err
	}
	return c.look(ctx, "/v1/payments/"+url.PathEscape(paymentKey))
}

// PaymentByOrder returns a payment by the orderId, as [Client.Payment] does.
func (c *Client) PaymentByOrder(ctx context.Context, orderID string) (*Payment, error) {
	if err := checkOrderID(orderID); err != nil {
		return nil, err
	}
	return c.look(ctx, "/v1/payments/orders/"+url.PathEscape(orderID))
}

func (c *Client) look(ctx context.Context, path string) (*Payment, error) {
	req := call{op: "inquire", path: path, rules: askRules, timeout: askTimeout}
	body, err := c.ask(ctx, req)
	if err != nil {
		return nil, err
	}
	payment, err := c.payment(req, body)
	if err != nil {
		failed := c.failure(req, ClassUnknown, err)
		failed.Status = http.StatusOK
		return nil, failed
	}
	return payment, nil
}
