package toss

import (
	"context"
	"encoding/json"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// maxValidHours is how long a virtual account may live: 90 days (documented).
const maxValidHours = 2160

// AccountRequest is the issue of a virtual account, which takes one transfer of exactly Amount.
type AccountRequest struct {
	OrderID    string
	OrderName  string          // shown to the customer: 1 to 100 characters
	Amount     decimal.Decimal // whole won, at least 200
	Bank       string          // code of the bank, of two or three digits
	Customer   string          // name: 1 to 100 characters
	ValidHours int             // 1 to 2160
	Key        string          // idempotency key
}

func (r AccountRequest) check() error {
	err := ports.Join(
		checkOrderID(r.OrderID), checkName("OrderName", r.OrderName, maxName), checkWon("Amount", r.Amount, leastAccount),
		checkForm("Bank", r.Bank, bankForm, "two or three digits"), checkName("Customer", r.Customer, maxName), checkIdempotencyKey(r.Key),
	)
	if r.ValidHours < 1 || r.ValidHours > maxValidHours {
		err = ports.Join(err, ports.Invalid("ValidHours", "must be 1 to %d", maxValidHours))
	}
	return err
}

func (c *Client) accountCall(r AccountRequest) call {
	return call{
		op: "issue virtual account", path: "/v1/virtual-accounts", key: r.Key, rules: accountRules, hidden: []string{r.Customer}, words: true,
		body: jsonOf(struct {
			Amount     json.Number `json:"amount"`
			OrderID    string      `json:"orderId"`
			OrderName  string      `json:"orderName"`
			Customer   string      `json:"customerName"`
			Bank       string      `json:"bank"`
			ValidHours int         `json:"validHours"`
		}{number(r.Amount), r.OrderID, r.OrderName, r.Customer, r.Bank, r.ValidHours}),
	}
}

// IssueAccount issues a virtual account. No money moves: the payment that it returns is
// [StatusWaiting] until the customer transfers the money. What [Client.Charge] says of answers and
// errors holds of it.
func (c *Client) IssueAccount(ctx context.Context, request AccountRequest) (*Payment, error) {
	if err := ports.Join(request.check(), c.individual()); err != nil {
		return nil, err
	}
	return c.pay(ctx, c.accountCall(request))
}
