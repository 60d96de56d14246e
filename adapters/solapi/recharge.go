package solapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

// Balance is what an account holds. Balance is always given; all else may be missing.
type Balance struct {
	AccountID string `json:"accountId"`
	Balance   Amount `json:"balance" read:"strictly"`
	Point     Amount `json:"point"` // promotional; spent first, never withdrawn

	MinimumCash      Amount `json:"minimumCash" read:"strictly"` // auto-recharge threshold
	RechargeTo       Amount `json:"rechargeTo" read:"strictly"`  // auto-recharge target
	RechargeTryCount Count  `json:"rechargeTryCount"`
	AutoRecharge     Flag   `json:"autoRecharge" read:"strictly"` // on or off
	IsRecharging     Flag   `json:"isRecharging"`                 // older pages only

	DateTriedRecharge Timestamp `json:"dateTriedRecharge"`
	LowBalanceAlert   *Alert    `json:"lowBalanceAlert"`
}

// UnmarshalJSON reads an object whose fields may be of other types than expected, where
// they decide nothing about money.
func (b *Balance) UnmarshalJSON(data []byte) error { return decodeObject(data, b) }

var errNoFigures = errors.New("balance is missing")

// Balance reads what the account holds (documented).
func (c *Client) Balance(ctx context.Context) (Balance, error) {
	balance, _, err := c.balance(ctx)
	return balance, err
}

func (c *Client) balance(ctx context.Context) (Balance, time.Time, error) {
	var balance Balance
	at, err := c.read(ctx, "read balance", "/cash/v1/balance", nil, &balance)
	if err == nil && !balance.Balance.Valid {
		err = c.unreadable("read balance", errNoFigures)
	}
	if err != nil {
		return Balance{}, time.Time{}, err
	}
	return balance, at, nil
}

// Recharged is the answer to a recharge.
type Recharged struct {
	AccountID     string `json:"accountId"`
	OldBalance    Amount `json:"oldBalance" read:"strictly"`
	NewBalance    Amount `json:"newBalance" read:"strictly"`
	OldPoint      Amount `json:"oldPoint"`
	NewPoint      Amount `json:"newPoint"`
	BalanceAmount Amount `json:"balanceAmount" read:"strictly"`
	PointAmount   Amount `json:"pointAmount"`
	Type          string `json:"type"`
	HistoryID     string `json:"historyId"` // blank in the older form of the answer
}

// UnmarshalJSON reads an object whose fields may be of other types than expected, where
// they decide nothing about money.
func (r *Recharged) UnmarshalJSON(data []byte) error { return decodeObject(data, r) }

// Proves reports whether the answer proves that exactly amount was charged and
// credited: it names its history row, its figures agree, and its type, when it has one,
// is the documented one. An answer that does not leaves the recharge unknown.
func (r Recharged) Proves(amount decimal.Decimal) bool {
	return (r.Type == "" || r.Type == TypeRecharge) && cleanID(r.HistoryID) != "" && r.BalanceAmount.Is(amount) && adds(r.OldBalance, r.NewBalance, amount)
}

// adds reports whether all are given and before + amount = after.
func adds(before, after Amount, amount decimal.Decimal) bool {
	return before.Valid && after.Valid && after.Decimal.Sub(before.Decimal).Equal(amount)
}

// Recharge charges a registered payment method and credits the account of the API
// key (documented). It is sent once; after an [Error] of ClassUnknown, or an answer
// that does not prove itself, the history tells whether it was executed.
//
// Amount must be a positive whole number of won (inferred); the minimum and maximum
// of the provider are not known.
func (c *Client) Recharge(ctx context.Context, paymentID string, amount decimal.Decimal) (Recharged, error) {
	if err := ports.Join(checkWon("Amount", amount), checkPaymentID(paymentID)); err != nil {
		return Recharged{}, c.fault("recharge", err)
	}
	body := struct {
		Amount    json.Number `json:"amount"`
		PaymentID string      `json:"paymentId"`
	}{number(amount), paymentID}
	var answer Recharged
	err := c.write(ctx, call{op: "recharge", method: http.MethodPost, path: "/cash/v1/balance", body: body, rules: rechargeRules}, &answer)
	if err != nil {
		return Recharged{}, err
	}
	return answer, nil
}

// Transfer moves cash to another account of the provider (documented). The answer
// carries no id; after an [Error] of ClassUnknown the history tells.
func (c *Client) Transfer(ctx context.Context, targetAccountID string, amount decimal.Decimal) error {
	err := checkWon("Amount", amount)
	if targetAccountID == "" {
		err = ports.Join(err, ports.Invalid("TargetAccountID", "is blank"))
	}
	if err != nil {
		return c.fault("transfer", err)
	}
	body := struct {
		TargetAccountID string      `json:"targetAccountId"`
		Amount          json.Number `json:"amount"`
	}{targetAccountID, number(amount)}
	var answer string
	err = c.write(ctx, call{op: "transfer", method: http.MethodPost, path: "/cash/v1/transfer", body: body, rules: rechargeRules}, &answer)
	if err == nil && answer != "Success" {
		err = c.unreadable("transfer", errors.New("answer is not the documented one"))
	}
	return err
}

// fault is a refusal of our own: nothing was sent.
func (c *Client) fault(op string, err error) *Error {
	return &Error{Op: op, Class: ClassFault, Message: httpcall.Redact(err.Error()), cause: err}
}

// checkWon refuses an amount that is not a positive whole number of won.
func checkWon(field string, amount decimal.Decimal) error {
	_, err := ports.CheckAmount(field, amount, 0)
	return err
}

func checkPaymentID(id string) error { return ports.CheckID("PaymentMethod", id) }
