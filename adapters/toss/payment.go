package toss

import (
	"errors"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

// Status is the provider's status of a payment. The provider may add others without notice
// (documented).
type Status string

// The statuses of a payment (documented).
const (
	StatusReady           Status = "READY"               // the window is open; it lives for 30 minutes
	StatusInProgress      Status = "IN_PROGRESS"         // the customer was authenticated; 10 minutes to confirm
	StatusWaiting         Status = "WAITING_FOR_DEPOSIT" // a virtual account was issued; no money came
	StatusDone            Status = "DONE"                // approved
	StatusCanceled        Status = "CANCELED"            // taken back by one cancellation of the whole
	StatusPartialCanceled Status = "PARTIAL_CANCELED"    // a part was taken back, also when nothing is left (observed)
	StatusAborted         Status = "ABORTED"             // the approval failed
	StatusExpired         Status = "EXPIRED"             // 30 or 10 minutes ran out
)

// The types of a payment (documented).
const (
	TypeNormal   = "NORMAL"
	TypeBilling  = "BILLING"
	TypeBrandPay = "BRANDPAY" // by the provider's own wallet
)

// Payment is a payment as the provider shows it. Amounts are in whole units of Currency.
type Payment struct {
	Version     string
	PaymentKey  string
	Type        string
	OrderID     string
	MID         string
	Currency    string
	Method      string // in Korean: "카드"
	Total       decimal.Decimal
	Balance     decimal.Decimal // that can still be cancelled
	Status      Status
	RequestedAt Timestamp
	ApprovedAt  Timestamp
	// TransactionKey names the last change of the payment in [Client.Transactions].
	TransactionKey string
	PartCancelable bool
	Cancels        []Cancel
	Failure        Failure
	Account        *VirtualAccount
}

// Cancel is one cancellation of a payment.
type Cancel struct {
	Amount         decimal.Decimal
	Reason         string
	Refundable     decimal.Decimal // that was left after it
	At             Timestamp
	TransactionKey string
	Status         string // "DONE"; other values for foreign wallets only (documented)
}

// Failure is why a payment failed.
type Failure struct {
	Code string // as far as it looks like one
	// Message is the provider's words, without the secrets of the request. It is blank in the answer
	// to a question and to a cancellation: they do not hold the billing key that the words may repeat.
	Message string
}

// VirtualAccount is the account that a customer transfers a payment to. Its number is shown to the
// customer; it is not an account of a person.
type VirtualAccount struct {
	Bank     string // code of the bank
	Number   string
	Customer string
	DueDate  Timestamp
	Expired  bool
	// RefundStatus says what became of what was given back to a bank account: "NONE", "PENDING",
	// "FAILED", "PARTIAL_FAILED" or "COMPLETED" (documented).
	RefundStatus string
}

// wirePayment is a payment as it is written.
type wirePayment struct {
	Version            string    `json:"version"`
	PaymentKey         string    `json:"paymentKey"`
	Type               string    `json:"type"`
	OrderID            string    `json:"orderId"`
	MID                string    `json:"mId"`
	Currency           string    `json:"currency"`
	Method             string    `json:"method"`
	TotalAmount        Amount    `json:"totalAmount"`
	BalanceAmount      Amount    `json:"balanceAmount"`
	Status             Status    `json:"status"`
	RequestedAt        Timestamp `json:"requestedAt"`
	ApprovedAt         Timestamp `json:"approvedAt"`
	LastTransactionKey string    `json:"lastTransactionKey"`
	IsPartialCancel    bool      `json:"isPartialCancelable"`
	Cancels            []struct {
		CancelAmount     Amount    `json:"cancelAmount"`
		CancelReason     string    `json:"cancelReason"`
		RefundableAmount Amount    `json:"refundableAmount"`
		CanceledAt       Timestamp `json:"canceledAt"`
		TransactionKey   string    `json:"transactionKey"`
		CancelStatus     string    `json:"cancelStatus"`
	} `json:"cancels"`
	Failure        *struct{ Code, Message string } `json:"failure"`
	VirtualAccount *struct {
		AccountNumber string    `json:"accountNumber"`
		BankCode      string    `json:"bankCode"`
		CustomerName  string    `json:"customerName"`
		DueDate       Timestamp `json:"dueDate"`
		Expired       bool      `json:"expired"`
		RefundStatus  string    `json:"refundStatus"`
	} `json:"virtualAccount"`
}

var errPayment = errors.New("answer is not a payment")

// payment reads an answer that is a payment. What the adapter decides on must be there.
func (c *Client) payment(req call, data []byte) (*Payment, error) {
	var wire wirePayment
	if err := httpcall.Unmarshal(data, &wire); err != nil {
		return nil, errPayment
	}
	if wire.PaymentKey == "" || ports.CheckProviderRef("paymentKey", wire.PaymentKey) != nil || wire.OrderID == "" || wire.Status == "" ||
		wire.Type == "" || wire.Currency == "" || !wire.TotalAmount.Valid || !wire.BalanceAmount.Valid {
		return nil, errPayment
	}
	p := &Payment{
		Version: wire.Version, PaymentKey: wire.PaymentKey, Type: wire.Type, OrderID: wire.OrderID, MID: wire.MID, Currency: wire.Currency,
		Method: wire.Method, Total: wire.TotalAmount.Decimal, Balance: wire.BalanceAmount.Decimal, Status: wire.Status,
		RequestedAt: wire.RequestedAt, ApprovedAt: wire.ApprovedAt, TransactionKey: wire.LastTransactionKey, PartCancelable: wire.IsPartialCancel,
	}
	for _, cancel := range wire.Cancels {
		if !cancel.CancelAmount.Valid {
			return nil, errPayment
		}
		if ports.CheckProviderRef("transactionKey", cancel.TransactionKey) != nil {
			cancel.TransactionKey = ""
		}
		p.Cancels = append(p.Cancels, Cancel{
			Amount: cancel.CancelAmount.Decimal, Reason: cancel.CancelReason, Refundable: cancel.RefundableAmount.Decimal,
			At: cancel.CanceledAt, TransactionKey: cancel.TransactionKey, Status: cancel.CancelStatus,
		})
	}
	if wire.Failure != nil {
		p.Failure = Failure{c.scrubCode(wire.Failure.Code, req.hidden), c.wordsOf(req, wire.Failure.Message)}
	}
	if a := wire.VirtualAccount; a != nil {
		p.Account = &VirtualAccount{Bank: a.BankCode, Number: a.AccountNumber, Customer: a.CustomerName, DueDate: a.DueDate, Expired: a.Expired, RefundStatus: a.RefundStatus}
	}
	c.expectVersion(p.Version)
	return p, nil
}

// expectVersion tells the log of a version that is not the shop's, once, and of mostVersions at most.
func (c *Client) expectVersion(version string) {
	if version == c.version {
		return
	}
	if !versionForm.MatchString(version) {
		version = "not a version"
	}
	if c.told.first(version) {
		c.log.Warn("the provider answers in another version of its API", "expected", c.version, "answered", version)
	}
}
