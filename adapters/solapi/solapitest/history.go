package solapitest

import (
	"math/big"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

func getHistory(_ *Simulator, r *request) *result {
	query := r.URL.Query()
	offset, limit, valid := pageOf(query)
	if !valid {
		return refuse(http.StatusBadRequest, "ValidationError")
	}
	filter, page := filterOf(query), []wireRow{}
	for i := len(r.account.history) - 1; i >= 0 && len(page) < limit; i-- {
		row := &r.account.history[i]
		if !filter.selects(row) || !r.account.shows(row.At, r.now) {
			continue
		}
		if offset--; offset >= 0 {
			continue
		}
		page = append(page, row.wire(r.account.id))
	}
	return ok(page)
}

const defaultLimit = 20

func pageOf(query url.Values) (offset, limit int, valid bool) {
	offset, valid1 := intOf(query.Get("offset"), 0, 0)
	limit, valid2 := intOf(query.Get("limit"), defaultLimit, 1)
	return offset, limit, valid1 && valid2
}

func intOf(text string, otherwise, least int) (int, bool) {
	if text == "" {
		return otherwise, true
	}
	value, err := strconv.Atoi(text)
	return value, err == nil && value >= least
}

// rowFilter is the documented query of the history.
type rowFilter struct {
	window
	kind                                                       string
	amount                                                     decimal.NullDecimal
	balanceRecharge, balanceDeduct, pointRecharge, pointDeduct bool
}

func filterOf(query url.Values) rowFilter {
	amount, err := decimal.NewFromString(query.Get("balanceAmount"))
	return rowFilter{
		window: windowOf(query), kind: query.Get("type"),
		amount:          decimal.NullDecimal{Decimal: amount, Valid: err == nil},
		balanceRecharge: query.Get("balanceRecharge") == "true", balanceDeduct: query.Get("balanceDeduct") == "true",
		pointRecharge: query.Get("pointRecharge") == "true", pointDeduct: query.Get("pointDeduct") == "true",
	}
}

func (f rowFilter) selects(row *Row) bool {
	return f.holds(row.At) && matches(f.kind, row.Type) &&
		(!f.amount.Valid || f.amount.Decimal.Equal(row.BalanceAmount)) &&
		(!f.balanceRecharge || row.BalanceAmount.Sign() > 0) && (!f.balanceDeduct || row.BalanceAmount.Sign() < 0) &&
		(!f.pointRecharge || row.PointAmount.Sign() > 0) && (!f.pointDeduct || row.PointAmount.Sign() < 0)
}

// window is a span of time; a zero end is open.
type window struct{ from, until time.Time }

func windowOf(query url.Values) window {
	from, _ := time.Parse(time.RFC3339, query.Get("startDate"))
	until, _ := time.Parse(time.RFC3339, query.Get("endDate"))
	return window{from, until}
}

func (w window) holds(at time.Time) bool {
	return !at.Before(w.from) && (w.until.IsZero() || !at.After(w.until))
}

func matches(wanted, have string) bool { return wanted == "" || wanted == have }

// wireRow is a row as the provider writes it.
type wireRow struct {
	HistoryID      string   `json:"historyId"`
	AccountID      string   `json:"accountId"`
	Type           string   `json:"type"`
	BalanceAmount  *big.Int `json:"balanceAmount"`
	PointAmount    *big.Int `json:"pointAmount"`
	OldBalance     *big.Int `json:"oldBalance"`
	NewBalance     *big.Int `json:"newBalance"`
	OldPoint       *big.Int `json:"oldPoint"`
	NewPoint       *big.Int `json:"newPoint"`
	GroupID        *string  `json:"groupId"`
	Memo           *string  `json:"memo"`
	RechargeMethod *string  `json:"rechargeMethod"`
	ServiceMethod  *string  `json:"serviceMethod"`
	ChargedMethod  *string  `json:"chargedMethod"`
	PaymentMethod  *string  `json:"paymentMethod"`
	DateCreated    string   `json:"dateCreated"`
}

func (row *Row) wire(accountID string) wireRow {
	return wireRow{
		HistoryID: row.HistoryID, AccountID: accountID, Type: row.Type,
		BalanceAmount: row.BalanceAmount.BigInt(), PointAmount: row.PointAmount.BigInt(),
		OldBalance: row.OldBalance.BigInt(), NewBalance: row.NewBalance.BigInt(),
		OldPoint: row.OldPoint.BigInt(), NewPoint: row.NewPoint.BigInt(), DateCreated: stamp(row.At),
	}
}
