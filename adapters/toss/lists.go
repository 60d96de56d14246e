package toss

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

const (
	// pageSize is how many transactions are asked for at once, and pageSettled how many settlements.
	// The provider gives 5000 at most (documented). A page of rows of the longest texts that are
	// documented stays below the bound of an answer.
	pageSize    = 500
	pageSettled = 100
	// mostRows bounds how many rows a list reads.
	mostRows = 1_000_000
)

// Transaction is one row of the shop's transactions: an approval, a cancellation (a row of its
// own), or the issue of a virtual account, whose amount is zero (documented).
type Transaction struct {
	Key         string // unique: that of a payment's TransactionKey, or of a Cancel
	PaymentKey  string
	OrderID     string
	CustomerKey string
	Method      string
	Status      Status
	At          Timestamp
	Currency    string
	Amount      decimal.Decimal // negative or positive as the provider gives it
}

type wireTransaction struct {
	Key         string    `json:"transactionKey"`
	PaymentKey  string    `json:"paymentKey"`
	OrderID     string    `json:"orderId"`
	CustomerKey string    `json:"customerKey"`
	Method      string    `json:"method"`
	Status      Status    `json:"status"`
	At          Timestamp `json:"transactionAt"`
	Currency    string    `json:"currency"`
	Amount      Amount    `json:"amount"`
}

var (
	errList  = errors.New("answer is not a list of what was asked for")
	errStuck = errors.New("the provider answers with the same page again")
	errMoved = errors.New("the provider answers with a row again: the list changed while it was read")
)

// Transactions returns the shop's transactions between two times, oldest first, each once. It ends
// at the first error, which is an [*Error] or [ports.ErrInvalid]. The provider may show a
// transaction some seconds late (observed): windows that follow each other should overlap by an
// hour, and rows be told apart by Key. A page that is full, or short, is followed by a question
// that must find nothing. A page that repeats is an error, and so are more than 1,000,000 rows.
func (c *Client) Transactions(ctx context.Context, from, to time.Time) iter.Seq2[Transaction, error] {
	return func(yield func(Transaction, error) bool) {
		if to.Before(from) {
			yield(Transaction{}, ports.Invalid("To", "is before From"))
			return
		}
		seen, after := map[string]bool{}, ""
		for {
			rows, err := c.transactions(ctx, from, to, after)
			if err != nil {
				yield(Transaction{}, err)
				return
			}
			if len(rows) == 0 {
				return
			}
			fresh := false
			for _, row := range rows {
				switch {
				case seen[row.Key]:
					continue
				case len(seen) >= c.rowsMost:
					yield(Transaction{}, unlistable(opTransactions, errTooMany))
					return
				}
				seen[row.Key], fresh, after = true, true, row.Key
				if !yield(row, nil) {
					return
				}
			}
			if !fresh {
				yield(Transaction{}, unlistable(opTransactions, errStuck))
				return
			}
		}
	}
}

const (
	opTransactions = "list transactions"
	opSettlements  = "list settlements"
)

// unlistable is a list that cannot be read to its end.
func unlistable(op string, err error) error { return &Error{Op: op, Message: err.Error(), cause: err} }

// transactions asks for one page.
func (c *Client) transactions(ctx context.Context, from, to time.Time, after string) ([]Transaction, error) {
	const layout = "2006-01-02T15:04:05" // without a zone: Korean time (documented)
	query := url.Values{"startDate": {from.In(korea()).Format(layout)}, "endDate": {to.In(korea()).Format(layout)}, "limit": {strconv.Itoa(pageSize)}}
	if after != "" {
		query.Set("startingAfter", after)
	}
	req := call{op: opTransactions, path: "/v1/transactions?" + query.Encode(), rules: anyRules, timeout: listTimeout}
	wire, err := listOf[wireTransaction](ctx, c, req)
	if err != nil {
		return nil, err
	}
	rows := make([]Transaction, 0, len(wire))
	for _, row := range wire {
		if row.Key == "" || row.OrderID == "" || !row.Amount.Valid {
			return nil, unlisted(c, req)
		}
		rows = append(rows, Transaction{
			Key: row.Key, PaymentKey: row.PaymentKey, OrderID: row.OrderID, CustomerKey: row.CustomerKey, Method: row.Method, Status: row.Status,
			At: row.At, Currency: row.Currency, Amount: row.Amount.Decimal,
		})
	}
	return rows, nil
}

// listOf asks for a bare array (documented).
func listOf[T any](ctx context.Context, c *Client, req call) ([]T, error) {
	body, err := c.ask(ctx, req)
	if err != nil {
		return nil, err
	}
	var rows []T
	if err := httpcall.Unmarshal(body, &rows); err != nil || rows == nil {
		return nil, unlisted(c, req)
	}
	return rows, nil
}

func unlisted(c *Client, req call) error {
	failed := c.failure(req, ClassUnknown, errList)
	failed.Status = http.StatusOK
	return failed
}

// DateType is the date that settlements are listed by.
type DateType string

// The dates of a settlement (documented).
const (
	SoldDate    DateType = "soldDate"    // of the sale
	PaidOutDate DateType = "paidOutDate" // of the payment to the shop
)

// Settlement is what the provider settles of one transaction: it pays PaidOut to the shop.
type Settlement struct {
	TransactionKey string // joins it with [Transaction].Key
	PaymentKey     string
	OrderID        string
	Method         string
	Currency       string
	Amount         decimal.Decimal
	InterestFee    decimal.Decimal
	Fees           []SettlementFee
	Supply         decimal.Decimal // the fee without its tax
	VAT            decimal.Decimal
	PaidOut        decimal.Decimal // Amount less the fee
	ApprovedAt     Timestamp
	Sold           string // day, yyyy-mm-dd
	PaidOutOn      string // day, yyyy-mm-dd
	Canceled       bool   // the row is of a cancellation
}

// SettlementFee is one fee of a settlement.
type SettlementFee struct {
	Type   string // "BASE", "INSTALLMENT_DISCOUNT", "INSTALLMENT", "POINT_SAVING" or "ETC" (documented)
	Amount decimal.Decimal
}

type wireSettlement struct {
	TransactionKey string `json:"transactionKey"`
	PaymentKey     string `json:"paymentKey"`
	OrderID        string `json:"orderId"`
	Method         string `json:"method"`
	Currency       string `json:"currency"`
	Amount         Amount `json:"amount"`
	InterestFee    Amount `json:"interestFee"`
	Fees           []struct {
		Type string `json:"type"`
		Fee  Amount `json:"fee"`
	} `json:"fees"`
	SupplyAmount Amount    `json:"supplyAmount"`
	VAT          Amount    `json:"vat"`
	PayOutAmount Amount    `json:"payOutAmount"`
	ApprovedAt   Timestamp `json:"approvedAt"`
	SoldDate     string    `json:"soldDate"`
	PaidOutDate  string    `json:"paidOutDate"`
	Cancel       *struct{} `json:"cancel"`
}

func (w wireSettlement) settlement() Settlement {
	s := Settlement{
		TransactionKey: w.TransactionKey, PaymentKey: w.PaymentKey, OrderID: w.OrderID, Method: w.Method, Currency: w.Currency,
		Amount: w.Amount.Decimal, InterestFee: w.InterestFee.Decimal, Supply: w.SupplyAmount.Decimal, VAT: w.VAT.Decimal, PaidOut: w.PayOutAmount.Decimal,
		ApprovedAt: w.ApprovedAt, Sold: w.SoldDate, PaidOutOn: w.PaidOutDate, Canceled: w.Cancel != nil,
	}
	for _, fee := range w.Fees {
		s.Fees = append(s.Fees, SettlementFee{Type: fee.Type, Amount: fee.Fee.Decimal})
	}
	return s
}

// Settlements returns what the provider settles between two Korean days, both included, in the
// provider's order, each once. Only live keys have settlements, and they appear on the day after the
// sale (documented). It ends at the first error, which is an [*Error] or [ports.ErrInvalid], and
// otherwise at a page without rows.
//
// Pages are numbered (documented): a row that is inserted meanwhile moves others to the next page. A
// row that comes again is therefore an error: rows may be missing, and the list must be read anew.
// More than 1,000,000 rows are an error too.
func (c *Client) Settlements(ctx context.Context, from, to time.Time, by DateType) iter.Seq2[Settlement, error] {
	return func(yield func(Settlement, error) bool) {
		if err := checkSettlements(from, to, by); err != nil {
			yield(Settlement{}, err)
			return
		}
		seen := map[string]bool{}
		for page := 1; ; page++ {
			rows, err := c.settlements(ctx, from, to, by, page)
			if err != nil {
				yield(Settlement{}, err)
				return
			}
			if len(rows) == 0 {
				return
			}
			for _, row := range rows {
				switch {
				case seen[row.TransactionKey]:
					yield(Settlement{}, unlistable(opSettlements, errMoved))
					return
				case len(seen) >= c.rowsMost:
					yield(Settlement{}, unlistable(opSettlements, errTooMany))
					return
				}
				seen[row.TransactionKey] = true
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

func checkSettlements(from, to time.Time, by DateType) error {
	var err error
	if to.Before(from) {
		err = ports.Invalid("To", "is before From")
	}
	if by != SoldDate && by != PaidOutDate {
		err = ports.Join(err, ports.Invalid("By", "must be SoldDate or PaidOutDate"))
	}
	return err
}

// settlements asks for one page, from 1.
func (c *Client) settlements(ctx context.Context, from, to time.Time, by DateType, page int) ([]Settlement, error) {
	query := url.Values{
		"startDate": {from.In(korea()).Format(time.DateOnly)}, "endDate": {to.In(korea()).Format(time.DateOnly)},
		"dateType": {string(by)}, "page": {strconv.Itoa(page)}, "size": {strconv.Itoa(pageSettled)},
	}
	req := call{op: opSettlements, path: "/v1/settlements?" + query.Encode(), rules: anyRules, timeout: listTimeout}
	wire, err := listOf[wireSettlement](ctx, c, req)
	if err != nil {
		return nil, err
	}
	rows := make([]Settlement, 0, len(wire))
	for _, row := range wire {
		if row.TransactionKey == "" || !row.Amount.Valid || !row.PayOutAmount.Valid {
			return nil, unlisted(c, req)
		}
		rows = append(rows, row.settlement())
	}
	return rows, nil
}
