package solapitest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/providertest"
)

// Withdrawal is a request to pay out.
type Withdrawal struct {
	WithdrawID    string
	Total         decimal.Decimal // taken from the balance at once
	Fee           decimal.Decimal
	Net           decimal.Decimal
	Status        string
	TransactionID string
	TransactedAt  time.Time
	Memo          string
	Label         string // of the request that caused it; see WithLabel
	At            time.Time
}

// Decision is what an administrator of the provider makes of a withdrawal. The
// names of statuses are the test's own choice: the provider documents none but
// PENDING.
type Decision struct {
	Status        string
	TransactionID string // of the bank transfer; blank: none
	Memo          string // what the administrator writes; blank: null
	GiveBack      bool   // the total goes back to the balance
}

// Decide decides about a withdrawal, and reports whether there is one.
func (a *Account) Decide(withdrawID string, decision Decision) bool {
	now := a.sim.world.Enter()
	defer a.sim.world.Unlock()
	i := slices.IndexFunc(a.withdrawals, func(w *Withdrawal) bool { return w.WithdrawID == withdrawID })
	if i < 0 {
		return false
	}
	w := a.withdrawals[i]
	w.Status, w.Memo = decision.Status, decision.Memo
	if decision.TransactionID != "" {
		w.TransactionID, w.TransactedAt = decision.TransactionID, now
	}
	if decision.GiveBack {
		a.change("MANUAL", w.Total, decimal.Zero, "", now)
	}
	return true
}

// feeOf is 5 % of the total and 500 (documented); a broken won is cut off (not
// documented).
func feeOf(total decimal.Decimal) decimal.Decimal {
	return total.Mul(decimal.New(5, -2)).Floor().Add(won(500))
}

func postWithdraw(s *Simulator, r *request) *result {
	var body struct {
		Amount providertest.Number `json:"amount"`
	}
	if !r.decode(&body) {
		return refuse(http.StatusBadRequest, "ValidationError")
	}
	total, valid := positive(body.Amount)
	switch a := r.account; {
	case !valid || total.LessThan(won(10_000)) || total.GreaterThan(won(10_000_000)):
		return refuse(http.StatusBadRequest, "ValidationError")
	case a.balance.LessThan(total), a.bank == "", a.auto && a.balance.Sub(total).LessThanOrEqual(a.rechargeTo):
		return refuse(http.StatusForbidden, "Forbidden")
	}
	fee := feeOf(total)
	w := &Withdrawal{
		WithdrawID: fmt.Sprintf("%013d", r.now.UnixMilli()) + s.digits(19),
		Total:      total, Fee: fee, Net: total.Sub(fee), Status: "PENDING", Label: providertest.Label(r.Context()), At: r.now,
	}
	r.account.withdrawals = append(r.account.withdrawals, w)
	r.account.change("DEDUCT", total.Neg(), decimal.Zero, w.Label, r.now)
	answer := w.wire(r.account)
	answer["accountNumber"] = base64.StdEncoding.EncodeToString([]byte("sealed:" + r.account.bank))
	return ok(answer)
}

func (w *Withdrawal) wire(a *Account) map[string]any {
	var transaction, memo any
	if w.Memo != "" {
		memo = w.Memo
	}
	if w.TransactionID != "" {
		transaction = w.TransactionID
	}
	return map[string]any{
		"withdrawId": w.WithdrawID, "accountId": a.id, "bankCode": "004", "holderName": "홍길동",
		"accountNumber": "******" + a.bank[max(0, len(a.bank)-4):],
		"amount":        w.Net.BigInt(), "fee": w.Fee.BigInt(), "totalAmount": w.Total.BigInt(), "status": w.Status,
		"isProcessing": false, "confirmedCount": 0, "memo": memo,
		"transactionId": transaction, "transactionDate": stampOrNull(w.TransactedAt),
		"dateConfirmed": stamp(w.At.Truncate(time.Second)), "dateCreated": stamp(w.At), "dateUpdated": stamp(w.At),
	}
}

func getWithdraw(_ *Simulator, r *request) *result {
	query := r.URL.Query()
	_, limit, valid := pageOf(query)
	if !valid {
		return refuse(http.StatusBadRequest, "ValidationError")
	}
	key, page, next := query.Get("startKey"), []any{}, any(nil)
	for i := len(r.account.withdrawals) - 1; i >= 0; i-- {
		w := r.account.withdrawals[i]
		if key != "" && w.WithdrawID != key {
			continue
		}
		key = ""
		if !matches(query.Get("withdrawId"), w.WithdrawID) || !matches(query.Get("status"), w.Status) ||
			!windowOf(query).holds(w.At) || !r.account.shows(w.At, r.now) {
			continue
		}
		if len(page) == limit {
			next = w.WithdrawID
			break
		}
		page = append(page, w.wire(r.account))
	}
	return ok(map[string]any{"data": page, "nextKey": next})
}

func getBank(_ *Simulator, r *request) *result {
	if r.account.bank == "" {
		return ok(struct{}{})
	}
	return ok(map[string]any{"bankCode": "004", "accountNumber": "******" + r.account.bank[max(0, len(r.account.bank)-4):], "holderName": "홍길동"})
}

func postBank(_ *Simulator, r *request) *result {
	var body struct {
		AccountNumber string `json:"accountNumber"`
		BankCode      string `json:"bankCode"`
		HolderName    string `json:"holderName"`
	}
	if !r.decode(&body) || body.AccountNumber == "" || body.BankCode == "" || body.HolderName == "" {
		return refuse(http.StatusBadRequest, "ValidationError")
	}
	r.account.bank = body.AccountNumber
	return ok(map[string]any{"accountNumber": body.AccountNumber, "bankCode": body.BankCode, "holderName": body.HolderName, "success": true})
}

func deleteBank(_ *Simulator, r *request) *result {
	removed := 0
	if r.account.bank != "" {
		removed = 1
	}
	r.account.bank = ""
	return ok(map[string]any{"n": removed})
}
