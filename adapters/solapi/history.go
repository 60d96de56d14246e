package solapi

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// The types of history rows that were seen. The set is open.
const (
	TypeRecharge = "RECHARGE"
	TypeManual   = "MANUAL"
	TypeDeduct   = "DEDUCT"
	TypeSet      = "SET"
)

// HistoryRow is one change of an account's purses. Amounts are signed.
type HistoryRow struct {
	HistoryID     string    `json:"historyId"`
	AccountID     string    `json:"accountId"`
	Type          string    `json:"type"`
	BalanceAmount Amount    `json:"balanceAmount" read:"strictly"`
	PointAmount   Amount    `json:"pointAmount"`
	OldBalance    Amount    `json:"oldBalance" read:"strictly"`
	NewBalance    Amount    `json:"newBalance" read:"strictly"`
	OldPoint      Amount    `json:"oldPoint"`
	NewPoint      Amount    `json:"newPoint"`
	GroupID       string    `json:"groupId"`
	Memo          string    `json:"memo"`
	DateCreated   Timestamp `json:"dateCreated"`

	RechargeMethod string `json:"rechargeMethod"`
	ServiceMethod  string `json:"serviceMethod"`
	ChargedMethod  string `json:"chargedMethod"`
	PaymentMethod  string `json:"paymentMethod"` // contents not documented
}

// UnmarshalJSON reads an object whose fields may be of other types than expected, where
// they decide nothing about money.
func (r *HistoryRow) UnmarshalJSON(data []byte) error { return decodeObject(data, r) }

// Consistent reports whether the row's cash figures are given and add up, as they
// do in every documented sample.
func (r HistoryRow) Consistent() bool {
	return r.BalanceAmount.Valid && adds(r.OldBalance, r.NewBalance, r.BalanceAmount.Decimal)
}

// HistoryFilter selects rows of the history. Zero fields select everything.
type HistoryFilter struct {
	From          time.Time // startDate
	Until         time.Time // endDate
	Type          string
	GroupID       string
	BalanceAmount decimal.NullDecimal
	// BalanceRecharge, BalanceDeduct, PointRecharge and PointDeduct select rows that
	// change a purse upwards or downwards.
	BalanceRecharge, BalanceDeduct, PointRecharge, PointDeduct bool

	RechargeMethod string // STRIPE or ACCOUNT-TRANSFER
	ServiceMethod  string // MT
}

func (f HistoryFilter) query() url.Values {
	query := url.Values{}
	set(query, "type", f.Type)
	set(query, "groupId", f.GroupID)
	set(query, "rechargeMethod", f.RechargeMethod)
	set(query, "serviceMethod", f.ServiceMethod)
	setTime(query, "startDate", f.From)
	setTime(query, "endDate", f.Until)
	if f.BalanceAmount.Valid {
		query.Set("balanceAmount", f.BalanceAmount.Decimal.String())
	}
	setFlag(query, "balanceRecharge", f.BalanceRecharge)
	setFlag(query, "balanceDeduct", f.BalanceDeduct)
	setFlag(query, "pointRecharge", f.PointRecharge)
	setFlag(query, "pointDeduct", f.PointDeduct)
	return query
}

func set(query url.Values, name, value string) {
	if value != "" {
		query.Set(name, value)
	}
}

func setFlag(query url.Values, name string, on bool) {
	if on {
		query.Set(name, "true")
	}
}

func setTime(query url.Values, name string, at time.Time) {
	if !at.IsZero() {
		query.Set(name, at.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
}

const historyPath = "/cash/v1/balance/history"

// pageSize is the provider's own default (documented). A page with fewer rows is
// the last; the largest size that the provider grants is not known.
const pageSize = 20

// maxStalePages is how many pages in a row may bring nothing new: rows that arrive
// between two pages push known ones onto the next.
const maxStalePages = 10

var errStalePages = errors.New("pages repeat without end")

// History iterates over the selected rows, newest first, each once (documented).
// It ends with the first error.
func (c *Client) History(ctx context.Context, filter HistoryFilter) iter.Seq2[HistoryRow, error] {
	query := filter.query()
	return func(yield func(HistoryRow, error) bool) {
		walk := pager[HistoryRow]{id: func(row HistoryRow) string { return row.HistoryID }, yield: yield}
		for offset := 0; ; offset += pageSize {
			query.Set("offset", strconv.Itoa(offset))
			query.Set("limit", strconv.Itoa(pageSize))
			var rows []HistoryRow
			_, err := c.read(ctx, "read history", historyPath, query, &rows)
			if err == nil && rows == nil {
				err = c.unreadable("read history", errNoList)
			}
			if err == nil {
				err = c.stale("read history", walk.page(rows))
			}
			if walk.failed(err) || walk.done || len(rows) < pageSize {
				return
			}
		}
	}
}

func (c *Client) stale(op string, err error) error {
	if err == nil {
		return nil
	}
	return c.unreadable(op, err)
}

// pager yields the rows of pages, each once.
type pager[Row any] struct {
	id    func(Row) string
	yield func(Row, error) bool
	seen  map[string]bool
	stale int
	done  bool // the caller has had enough
}

func (p *pager[Row]) page(rows []Row) error {
	if p.seen == nil {
		p.seen = make(map[string]bool)
	}
	fresh := false
	for _, row := range rows {
		id := p.id(row)
		if id != "" && p.seen[id] {
			continue
		}
		p.seen[id], fresh = true, fresh || id != ""
		if !p.yield(row, nil) {
			p.done = true
			return nil
		}
	}
	p.stale++
	if fresh {
		p.stale = 0
	}
	if p.stale > maxStalePages {
		return errStalePages
	}
	return nil
}

// failed yields an error, if there is one.
func (p *pager[Row]) failed(err error) bool {
	if err != nil && !p.done {
		var none Row
		p.yield(none, err)
	}
	return err != nil
}
