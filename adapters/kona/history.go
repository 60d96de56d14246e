package kona

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// The kinds of transactions of a history (documented).
const (
	KindPayment  = "00"
	KindCharge   = "01"
	KindRefund   = "02"
	KindTransfer = "03"
)

// HistoryFilter selects transactions of a card by the day of their approval.
type HistoryFilter struct {
	UserID       UserID // zero: not sent
	PAR          string // the number that stands for the card's, 27 characters
	From, To     time.Time
	Kind         string // blank: all
	PreviousCard bool   // also what the card before this one did
}

// Transaction is one row of a history. It names no sequenceId: that it belongs to a
// charge is evidence for a person, not proof.
type Transaction struct {
	Number        string // nrNumber; blank when it cannot be read
	Kind          string
	Amount        decimal.NullDecimal
	BalanceBefore decimal.NullDecimal
	BalanceAfter  decimal.NullDecimal
	Canceled      bool      // a cancellation, not an approval
	At            time.Time // zero when it cannot be read
}

const (
	// historyPage is how many rows a page is asked for; the most that the provider grants
	// is not known.
	historyPage = 20
	// maxPages bounds how many pages are read.
	maxPages = 100
)

var (
	errPages = errors.New("the history has too many pages: ask about fewer days")
	errPaged = errors.New("the number of pages is missing")
)

// History reads the transactions of a card, all pages (documented; the fields of a row are
// observed). Whether the first page is 0 or 1 is not known, so both are asked for, and a
// row that comes twice is returned once.
func (c *Client) History(ctx context.Context, filter HistoryFilter) ([]Transaction, error) {
	if err := checkPAR(filter.PAR); err != nil {
		return nil, c.failure(historyCall(filter, 0), ClassFault, err)
	}
	transactions := []Transaction{}
	seen := map[string]bool{}
	for page, last := 0, 1; page <= last; page++ {
		rows, pages, err := c.historyPage(ctx, filter, page)
		if page == 0 && refusesInput(err) {
			continue // the first page is 1
		}
		if err != nil {
			return nil, err
		}
		last = pages
		for _, row := range rows {
			if key := keyOf(row); !seen[key] {
				seen[key] = true
				transactions = append(transactions, row)
			}
		}
	}
	return transactions, nil
}

// refusesInput reports whether the provider found the request itself wrong.
func refusesInput(err error) bool {
	var failed *Error
	return errors.As(err, &failed) && failed.Class == ClassFault && !failed.Confirm
}

// keyOf tells two transactions apart.
func keyOf(t Transaction) string {
	return fmt.Sprintf("%s %s %t %s %s %s %s", t.Number, t.Kind, t.Canceled, t.At, t.Amount.Decimal, t.BalanceBefore.Decimal, t.BalanceAfter.Decimal)
}

type pageRequest struct {
	Page     int `json:"page"`
	PageSize int `json:"pageSize"`
}

func historyCall(filter HistoryFilter, page int) call {
	return call{
		op: "read history", path: "/api/v1/transaction/card", rules: commonRules,
		body: struct {
			UserID       UserID      `json:"userId,omitempty"`
			PAR          string      `json:"par"`
			From         string      `json:"startDate"`
			To           string      `json:"endDate"`
			Kind         string      `json:"trType,omitempty"`
			PreviousCard bool        `json:"includePreviousCard"`
			Page         pageRequest `json:"pageRequest"`
		}{filter.UserID, filter.PAR, day(filter.From), day(filter.To), filter.Kind, filter.PreviousCard, pageRequest{page, historyPage}},
	}
}

// historyPage reads one page, and how many there are.
func (c *Client) historyPage(ctx context.Context, filter HistoryFilter, page int) (transactions []Transaction, pages int, err error) {
	req := historyCall(filter, page)
	answer, err := c.ask(ctx, req)
	if err != nil {
		return nil, 0, err
	}
	pages, err = answer.pages()
	if err != nil {
		return nil, 0, c.unreadable(req, 200, err)
	}
	rows, err := answer.listOf("transactionInfo")
	if err != nil && !answer.has("transactionInfo") && (pages == 0 || page == pages) {
		rows, err = nil, nil // an answer behind the last page has no list
	}
	if err != nil {
		return nil, 0, c.unreadable(req, 200, err)
	}
	for _, row := range rows {
		transactions = append(transactions, readTransaction(row))
	}
	return transactions, pages, nil
}

// pages returns how many pages an answer says that there are.
func (f fields) pages() (int, error) {
	if !f.has("pageResponse") {
		return 0, errPaged
	}
	response, err := decodeFields(f["pageResponse"])
	if err != nil {
		return 0, errPaged
	}
	pages, err := strconv.Atoi(response.optional("totalPages"))
	switch {
	case err != nil || pages < 0:
		return 0, errPaged
	case pages > maxPages:
		return 0, errPages
	}
	return pages, nil
}

// readTransaction reads a row. What cannot be read of it is not given: a number that is no
// text of ours must not hide the other rows.
func readTransaction(row fields) Transaction {
	t := Transaction{
		Number: cleanID(row.optional("nrNumber")), Kind: cleanCode(row.optional("trType")),
		Canceled: row.optional("authCancelType") == "CANCEL", At: parseStamp(row.optional("approvalDateTime")),
	}
	t.Amount, _ = row.amount("trAmount")
	t.BalanceBefore, _ = row.amount("balanceBefore")
	t.BalanceAfter, _ = row.amount("balanceAfter")
	return t
}

// parseStamp reads fourteen digits of Korean time (the zone is inferred).
func parseStamp(text string) time.Time {
	at, err := time.ParseInLocation("20060102150405", text, korea())
	if err != nil {
		return time.Time{}
	}
	return ports.Instant(at)
}

func day(at time.Time) string { return at.In(korea()).Format("20060102") }

// maxPAR is the length of a PAR (documented).
const maxPAR = 27

func checkPAR(par string) error {
	if len(par) > maxPAR {
		return ports.Invalid("PAR", "is longer than %d characters", maxPAR)
	}
	return checkHeader("PAR", par)
}
