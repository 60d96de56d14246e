package tosstest

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// moment reads a date of a query, with a time or without, as one of Korea. A zone is
// refused (observed).
func moment(text string) (time.Time, bool) {
	for _, form := range []string{"2006-01-02T15:04:05", "2006-01-02"} {
		if at, err := time.ParseInLocation(form, text, korea()); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// count reads a number of a query that has a default and a bound.
func count(query url.Values, name string, usual, most int) (n int, valid bool) {
	if !query.Has(name) {
		return usual, true
	}
	n, err := strconv.Atoi(query.Get(name))
	return n, err == nil && n >= 1 && n <= most
}

const (
	usualPage = 100  // documented
	mostPage  = 5000 // documented
)

// getTransactions answers a bare array, oldest rows first.
func getTransactions(s *Simulator, r *request) *result {
	query := r.URL.Query()
	from, fromValid := moment(query.Get("startDate"))
	to, toValid := moment(query.Get("endDate"))
	limit, limitValid := count(query, "limit", usualPage, mostPage)
	switch {
	case !query.Has("startDate") || !query.Has("endDate"):
		return r.refuse(codeInvalidRequest)
	case !fromValid || !toValid || to.Before(from):
		return r.refuse(codeInvalidDate)
	case !limitValid:
		return r.refuse("EXCEED_MAX_QUERY_LIMIT")
	}
	rows := s.rows
	if after := query.Get("startingAfter"); after != "" {
		i := slices.IndexFunc(rows, func(entry *row) bool { return entry.key == after })
		if i < 0 {
			return r.refuse("INVALID_PAGING_KEY")
		}
		rows = rows[i+1:]
	}
	page := []any{}
	for _, entry := range rows {
		within := !entry.at.Before(from) && !entry.at.After(to)
		if within && s.visible(entry.hidden, entry.at, r.now) && len(page) < limit {
			page = append(page, s.wireRow(entry))
		}
	}
	return ok(page)
}

// wireRow is a row as the list shows it. The amount of a cancellation is positive: which
// sign the provider gives it is not known.
func (s *Simulator) wireRow(entry *row) map[string]any {
	p := entry.payment
	return map[string]any{
		"mId": s.shop.MID, "transactionKey": entry.key, "paymentKey": p.Key, "orderId": p.OrderID, "method": p.Method,
		"customerKey": blankIsNull(p.CustomerKey), "useEscrow": false, "receiptUrl": "https://sim.invalid/receipt/" + p.Key,
		"status": entry.status, "transactionAt": stamp(entry.at), "currency": "KRW", "amount": figure(entry.amount),
	}
}

// getSettlements answers an array of rows, from the day after a transaction on, and an empty
// one with test keys (both documented).
func getSettlements(s *Simulator, r *request) *result {
	query := r.URL.Query()
	from, fromErr := time.ParseInLocation(time.DateOnly, query.Get("startDate"), korea())
	to, toErr := time.ParseInLocation(time.DateOnly, query.Get("endDate"), korea())
	size, sizeValid := count(query, "size", usualPage, mostPage)
	page, pageValid := count(query, "page", 1, 1_000_000)
	kind := query.Get("dateType")
	switch {
	case fromErr != nil || toErr != nil || to.Before(from):
		return r.refuse(codeInvalidDate)
	case !sizeValid || !pageValid:
		return r.refuse("EXCEED_MAX_QUERY_LIMIT")
	case !slices.Contains([]string{"", "soldDate", "paidOutDate"}, kind):
		return r.refuse(codeInvalidRequest)
	}
	rows := []any{}
	for _, entry := range s.rows {
		sold := dayOf(entry.at)
		shown := sold
		if kind == "paidOutDate" {
			shown = sold.AddDate(0, 0, payOutAfter)
		}
		known := s.config.Live && sold.Before(dayOf(r.now)) && !entry.amount.IsZero() && !entry.hidden
		if known && !shown.Before(from) && !shown.After(to) {
			rows = append(rows, s.wireSettlement(entry, sold))
		}
	}
	first := min((page-1)*size, len(rows))
	return ok(rows[first:min(first+size, len(rows))])
}

// payOutAfter is after how many days the simulator settles; feePercent is what it keeps.
const (
	payOutAfter = 2
	feePercent  = 3
)

// wireSettlement is a settlement as the list shows it, of a cancellation with negative
// figures: which sign the provider gives them is not known.
func (s *Simulator) wireSettlement(entry *row, sold time.Time) map[string]any {
	p, amount := entry.payment, entry.amount
	if entry.cancel {
		amount = amount.Neg()
	}
	fee := amount.Mul(decimal.New(feePercent, -2)).Round(0)
	vat := fee.DivRound(decimal.NewFromInt(11), 0)
	var canceled any
	if entry.cancel {
		canceled = map[string]any{"transactionKey": entry.key, "canceledAt": stamp(entry.at)}
	}
	return map[string]any{
		"mId": s.shop.MID, "paymentKey": p.Key, "transactionKey": entry.key, "orderId": p.OrderID, "currency": "KRW", "method": p.Method,
		"amount": figure(amount), "interestFee": 0, "fees": []any{map[string]any{"type": "BASE", "fee": figure(fee)}},
		"supplyAmount": figure(fee.Sub(vat)), "vat": figure(vat), "payOutAmount": figure(amount.Sub(fee)),
		"approvedAt": stampOrNull(p.approved), "soldDate": sold.Format(time.DateOnly),
		"paidOutDate": sold.AddDate(0, 0, payOutAfter).Format(time.DateOnly), "card": p.wireCard(), "cancel": canceled,
	}
}

func dayOf(at time.Time) time.Time {
	year, month, day := at.In(korea()).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, korea())
}
