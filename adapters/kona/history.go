package kona

import (
	"context"
	"errors"
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
	Number        string // nrNumber
	Kind          string
	Amount        decimal.NullDecimal
	BalanceBefore decimal.NullDecimal
	BalanceAfter  decimal.NullDecimal
	Canceled      bool      // a cancellation, not an approval
	At            time.Time // zero when it cannot be read
}

// History reads the transactions of a card (documented; the fields of a row are
// observed, and the name of the list is not known: it is the one list of the answer).
// How a long history is divided into pages is not documented, so a busy card is best
// asked about day by day.
func (c *Client) History(ctx context.Context, filter HistoryFilter) ([]Transaction, error) {
	req := call{
		op: "read history", path: "/api/v1/transaction/card", rules: commonRules,
		body: struct {
			UserID       UserID `json:"userId,omitempty"`
			PAR          string `json:"par"`
			From         string `json:"startDate"`
			To           string `json:"endDate"`
			Kind         string `json:"trType,omitempty"`
			PreviousCard bool   `json:"includePreviousCard"`
		}{filter.UserID, filter.PAR, day(filter.From), day(filter.To), filter.Kind, filter.PreviousCard},
	}
	if err := checkPAR(filter.PAR); err != nil {
		return nil, c.failure(req, ClassFault, err)
	}
	answer, err := c.ask(ctx, req)
	if err != nil {
		return nil, err
	}
	rows, err := answer.list()
	if err != nil {
		return nil, c.unreadable(req, 200, err)
	}
	transactions := make([]Transaction, 0, len(rows))
	for _, row := range rows {
		transaction, err := readTransaction(row)
		if err != nil {
			return nil, c.unreadable(req, 200, err)
		}
		transactions = append(transactions, transaction)
	}
	return transactions, nil
}

func readTransaction(row fields) (Transaction, error) {
	amount, amountErr := row.amount("trAmount")
	before, beforeErr := row.amount("balanceBefore")
	after, afterErr := row.amount("balanceAfter")
	number := cleanID(row.optional("nrNumber"))
	if err := errors.Join(amountErr, beforeErr, afterErr, checkNumber(number)); err != nil {
		return Transaction{}, err
	}
	return Transaction{
		Number: number, Kind: cleanCode(row.optional("trType")), Amount: amount, BalanceBefore: before, BalanceAfter: after,
		Canceled: row.optional("authCancelType") == "CANCEL", At: parseStamp(row.optional("approvalDateTime")),
	}, nil
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
