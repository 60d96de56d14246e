package main

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/text"
	"github.com/jigap/jigap/withdraw"
)

func (s *server) openWallet(r *http.Request) (int, any, error) {
	var body struct {
		ID string `json:"id"`
	}
	if err := read(r, &body); err != nil {
		return 0, nil, err
	}
	if _, err := s.wallets.Open(r.Context(), ledger.OpenRequest{WalletID: body.ID, Currency: "KRW"}); err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, body, nil
}

func (s *server) getWallet(r *http.Request) (int, any, error) {
	wallet, err := s.wallets.Wallet(r.Context(), r.PathValue("id"))
	return http.StatusOK, walletView(wallet), err
}

func walletView(w ports.Wallet) any {
	return map[string]any{
		"id": w.ID, "currency": w.Currency, "status": w.Status, "cash": w.Balance, "points": w.Point,
		"cash_held": w.BalanceHeld, "points_held": w.PointHeld,
	}
}

// statement is a page of the history: what follows the entry number after.
func (s *server) statement(r *http.Request) (int, any, error) {
	after, err := strconv.ParseUint(cmp.Or(r.URL.Query().Get("after"), "0"), 10, 63)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: after is no number", errRequest)
	}
	page, err := s.wallets.History(r.Context(), ports.EntryFilter{WalletID: r.PathValue("id"), AfterSeq: int64(after)})
	if err != nil {
		return 0, nil, err
	}
	entries := make([]any, 0, len(page.Entries))
	for _, e := range page.Entries {
		entries = append(entries, map[string]any{
			"seq": e.Seq, "type": e.Type, "cash": e.BalanceAmount, "points": e.PointAmount,
			"old_cash": e.OldBalance, "new_cash": e.NewBalance, "reference": e.Reference, "booked_at": e.BookedAt,
		})
	}
	return http.StatusOK, map[string]any{"entries": entries, "more": page.Next != nil}, nil
}

func (s *server) recharge(r *http.Request) (int, any, error) {
	var body struct {
		Amount        decimal.Decimal `json:"amount"`
		PaymentMethod string          `json:"payment_method"`
	}
	key, err := readKeyed(r, &body)
	if err != nil {
		return 0, nil, err
	}
	if err := s.cards.owned(r.Context(), r.PathValue("id"), body.PaymentMethod); err != nil {
		return 0, nil, err
	}
	op, err := s.recharges.Recharge(r.Context(), recharge.Request{
		WalletID: r.PathValue("id"), Key: key, Charger: s.provider.cards.Name(),
		PaymentMethod: body.PaymentMethod, Amount: body.Amount,
	})
	if err != nil {
		return 0, nil, err
	}
	return rechargeStatus(op), rechargeView(op), nil
}

func (s *server) getRecharge(r *http.Request) (int, any, error) {
	op, err := s.recharges.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, rechargeView(op), nil
}

// rechargeStatus is 202 while the outcome is not known: the client looks again at
// /recharges/{id}.
// It goes by the operation alone, so a repeated request is answered like the first.
func rechargeStatus(op *ports.Recharge) int {
	switch {
	case op.Status == ports.RechargeApproved:
		return http.StatusOK
	case op.Open:
		return http.StatusAccepted
	case op.Status == ports.RechargeDeclined:
		return http.StatusPaymentRequired
	default:
		return http.StatusBadGateway
	}
}

func rechargeView(op *ports.Recharge) any {
	return map[string]any{
		"id": op.ID, "wallet_id": op.WalletID, "status": op.Status, "amount": op.Amount, "credited": op.Credited,
		"provider_code": op.Answer.Code,
	}
}

func (s *server) postOrder(r *http.Request) (int, any, error) {
	var body struct {
		Item   string          `json:"item"`
		Amount decimal.Decimal `json:"amount"`
	}
	key, err := readKeyed(r, &body)
	if err != nil {
		return 0, nil, err
	}
	placed, err := s.placeOrder(r.Context(), key, order{WalletID: r.PathValue("id"), Item: body.Item, Amount: body.Amount})
	return http.StatusOK, placed, err
}

// requestWithdrawal takes the total out of the wallet; a person's approval is needed
// before the bank transfer.
func (s *server) requestWithdrawal(r *http.Request) (int, any, error) {
	var body struct {
		Total decimal.Decimal     `json:"total"`
		Fee   decimal.NullDecimal `json:"fee"` // as it was shown; without it any fee is agreed to
		Who   string              `json:"who"` // the customer, or the clerk who asks for the customer
	}
	key, err := readKeyed(r, &body)
	if err != nil {
		return 0, nil, err
	}
	op, err := s.payouts.Request(r.Context(), withdraw.Request{
		WalletID: r.PathValue("id"), Key: key, Disburser: bankTransfer, Total: body.Total, AgreedFee: body.Fee, Who: body.Who,
	})
	return withdrawalAnswer(http.StatusAccepted, op, err)
}

func (s *server) getWithdrawal(r *http.Request) (int, any, error) {
	op, err := s.payouts.Get(r.Context(), r.PathValue("id"))
	return withdrawalAnswer(http.StatusOK, op, err)
}

// person is who acts, and why. A server with a login takes Who from there.
type person struct {
	Who string `json:"who"`
	Why string `json:"why"`
}

// verdict is what a person says about a withdrawal.
type verdict struct {
	person
	TransactionID string `json:"transaction_id"` // of the bank transfer, once it was made
}

func (s *server) approveWithdrawal(r *http.Request) (int, any, error) {
	var v verdict
	if err := read(r, &v); err != nil {
		return 0, nil, err
	}
	op, err := s.payouts.Approve(r.Context(), ports.Act{ID: r.PathValue("id"), By: ports.By(v.person)})
	return withdrawalAnswer(http.StatusOK, op, err)
}

func (s *server) reportWithdrawalPaid(r *http.Request) (int, any, error) {
	var v verdict
	if err := read(r, &v); err != nil {
		return 0, nil, err
	}
	op, err := s.payouts.ReportPaid(r.Context(), withdraw.Paid{ID: r.PathValue("id"), By: ports.By(v.person), TransactionID: v.TransactionID})
	return withdrawalAnswer(http.StatusOK, op, err)
}

// withdrawalAnswer shows a withdrawal with its quote, in the customer's language.
func withdrawalAnswer(status int, op *ports.Withdrawal, err error) (int, any, error) {
	if err != nil {
		return 0, nil, err
	}
	quote, err := withdraw.QuoteOf(op)
	if err != nil {
		return 0, nil, err
	}
	return status, map[string]any{
		"id": op.ID, "wallet_id": op.WalletID, "status": op.Status,
		"total": op.Total, "fee": op.Fee, "net": op.Net, "quote": text.Quote(&quote, text.Korean),
	}, nil
}

func (s *server) health(r *http.Request) (int, any, error) {
	if err := s.pool.Ping(r.Context()); err != nil {
		return 0, nil, fmt.Errorf("%w: %w", ports.ErrUnavailable, err)
	}
	return http.StatusOK, map[string]string{"status": "ok"}, nil
}
