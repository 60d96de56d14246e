package solapi

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// StatusPending is the one status of a withdrawal that is documented.
const StatusPending = "PENDING"

// Withdrawal is a request to pay out. Amount is the net; what the request called
// its amount is the TotalAmount (documented). The account number, which the
// provider sends encrypted or masked, is not kept.
type Withdrawal struct {
	WithdrawID  string `json:"withdrawId"`
	AccountID   string `json:"accountId"`
	BankCode    string `json:"bankCode"`
	HolderName  string `json:"holderName"`
	Amount      Amount `json:"amount" read:"strictly"`
	Fee         Amount `json:"fee" read:"strictly"`
	TotalAmount Amount `json:"totalAmount" read:"strictly"`
	Status      string `json:"status"`

	IsProcessing    Flag      `json:"isProcessing"`
	ConfirmedCount  Count     `json:"confirmedCount"`
	TransactionID   string    `json:"transactionId"`
	TransactionDate Timestamp `json:"transactionDate"`
	DateCreated     Timestamp `json:"dateCreated"`
	DateUpdated     Timestamp `json:"dateUpdated"`
	// DateConfirmed is there from the beginning, and says nothing (observed in the
	// documented samples).
	DateConfirmed Timestamp `json:"dateConfirmed"`
	// Memo is what an administrator of the provider wrote, why a withdrawal was rejected
	// say (inferred: it is null in the documented samples).
	Memo string `json:"memo"`
}

// UnmarshalJSON reads an object whose fields may be of other types than expected, where
// they decide nothing about money.
func (w *Withdrawal) UnmarshalJSON(data []byte) error { return decodeObject(data, w) }

// Proves reports whether the answer proves that a withdrawal of total was taken: it
// has an id and its figures agree.
func (w Withdrawal) Proves(total decimal.Decimal) bool {
	return cleanID(w.WithdrawID) != "" && w.TotalAmount.Is(total) && w.Amount.Valid && w.Fee.Valid &&
		w.Amount.Decimal.Add(w.Fee.Decimal).Equal(total)
}

// Withdraw asks the provider to pay total, less its fee, to the one bank account
// that is registered there (documented). It is sent once; after an [Error] of
// ClassUnknown, or an answer that does not prove itself, the list of withdrawals
// tells.
func (c *Client) Withdraw(ctx context.Context, total decimal.Decimal) (Withdrawal, error) {
	if err := checkWon("Total", total); err != nil {
		return Withdrawal{}, c.fault("withdraw", err)
	}
	body := struct {
		Amount json.Number `json:"amount"`
	}{number(total)}
	var answer Withdrawal
	err := c.write(ctx, call{op: "withdraw", method: http.MethodPost, path: "/cash/v1/withdraw", body: body, rules: withdrawRules}, &answer)
	if err != nil {
		return Withdrawal{}, err
	}
	return answer, nil
}

// withdrawalPage is one page. Its next key must be readable: without it the list would
// seem to end.
type withdrawalPage struct {
	Data    []Withdrawal `json:"data" read:"strictly"`
	NextKey string       `json:"nextKey" read:"strictly"`
}

// UnmarshalJSON reads a page.
func (p *withdrawalPage) UnmarshalJSON(data []byte) error { return decodeObject(data, p) }

// WithdrawalFilter selects withdrawals. Zero fields select everything.
type WithdrawalFilter struct {
	WithdrawID string
	Status     string
	From       time.Time // startDate
	Until      time.Time // endDate
}

// Withdrawals iterates over the selected withdrawals, newest first, each once
// (documented). It ends with the first error.
func (c *Client) Withdrawals(ctx context.Context, filter WithdrawalFilter) iter.Seq2[Withdrawal, error] {
	query := url.Values{}
	set(query, "withdrawId", filter.WithdrawID)
	set(query, "status", filter.Status)
	setTime(query, "startDate", filter.From)
	setTime(query, "endDate", filter.Until)
	query.Set("limit", strconv.Itoa(pageSize))
	return func(yield func(Withdrawal, error) bool) {
		walk := pager[Withdrawal]{id: func(row Withdrawal) string { return row.WithdrawID }, yield: yield}
		for {
			var page withdrawalPage
			_, err := c.read(ctx, "read withdrawals", "/cash/v1/withdraw", query, &page)
			if err == nil && page.Data == nil {
				err = c.unreadable("read withdrawals", errNoList)
			}
			if err == nil {
				err = c.stale("read withdrawals", walk.page(page.Data))
			}
			if walk.failed(err) || walk.done || page.NextKey == "" {
				return
			}
			query.Set("startKey", page.NextKey)
		}
	}
}
