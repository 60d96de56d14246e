package solapitest

import (
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
	page := []any{}
	for i := len(r.account.history) - 1; i >= 0 && len(page) < limit; i-- {
		row := &r.account.history[i]
		if !row.selected(query) {
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

// selected applies the filters of the documented query.
func (row *Row) selected(query url.Values) bool {
	return within(query, row.At) &&
		matches(query.Get("type"), row.Type) &&
		equals(query.Get("balanceAmount"), row.BalanceAmount) &&
		signed(query.Get("balanceRecharge"), row.BalanceAmount.Sign() > 0) &&
		signed(query.Get("balanceDeduct"), row.BalanceAmount.Sign() < 0) &&
		signed(query.Get("pointRecharge"), row.PointAmount.Sign() > 0) &&
		signed(query.Get("pointDeduct"), row.PointAmount.Sign() < 0)
}

func within(query url.Values, at time.Time) bool {
	from, err := time.Parse(time.RFC3339, query.Get("startDate"))
	if err == nil && at.Before(from) {
		return false
	}
	until, err := time.Parse(time.RFC3339, query.Get("endDate"))
	return err != nil || !at.After(until)
}

func matches(wanted, have string) bool { return wanted == "" || wanted == have }

func equals(wanted string, have decimal.Decimal) bool {
	if wanted == "" {
		return true
	}
	amount, err := decimal.NewFromString(wanted)
	return err == nil && amount.Equal(have)
}

func signed(wanted string, have bool) bool { return wanted != "true" || have }

func (row *Row) wire(accountID string) map[string]any {
	return map[string]any{
		"historyId": row.HistoryID, "accountId": accountID, "type": row.Type,
		"balanceAmount": row.BalanceAmount.BigInt(), "pointAmount": row.PointAmount.BigInt(),
		"oldBalance": row.OldBalance.BigInt(), "newBalance": row.NewBalance.BigInt(),
		"oldPoint": row.OldPoint.BigInt(), "newPoint": row.NewPoint.BigInt(),
		"groupId": nil, "memo": nil, "rechargeMethod": nil, "serviceMethod": nil, "chargedMethod": nil, "paymentMethod": nil,
		"dateCreated": stamp(row.At),
	}
}
