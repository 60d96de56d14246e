package main

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
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
	wallet, err := s.wallets.Wallet(r.Context(), body.ID)
	return http.StatusCreated, walletView(wallet), err
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

// statement is a page of the history. Pages follow each other by after, a sequence
// number.
func (s *server) statement(r *http.Request) (int, any, error) {
	after, err := number(r, "after")
	if err != nil {
		return 0, nil, err
	}
	limit, err := number(r, "limit")
	if err != nil {
		return 0, nil, err
	}
	page, err := s.wallets.History(r.Context(), ports.EntryFilter{WalletID: r.PathValue("id"), AfterSeq: after, Limit: int(limit)})
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

func number(r *http.Request, name string) (int64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%w: %s is no number", errRequest, name)
	}
	return n, nil
}

func (s *server) recharge(r *http.Request) (int, any, error) {
	var body struct {
		Amount        decimal.Decimal `json:"amount"`
		PaymentMethod string          `json:"payment_method"`
	}
	key, err := idempotencyKey(r)
	if err == nil {
		err = read(r, &body)
	}
	if err != nil {
		return 0, nil, err
	}
	op, err := s.recharges.Recharge(r.Context(), recharge.Request{
		WalletID: r.PathValue("id"), Key: key, Charger: s.provider.charger.Name(),
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

// rechargeStatus is 202 while nobody knows: the client looks again at /recharges/{id}.
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
	key, err := idempotencyKey(r)
	if err == nil {
		err = read(r, &body)
	}
	if err != nil {
		return 0, nil, err
	}
	placed, err := s.placeOrder(r.Context(), key, order{WalletID: r.PathValue("id"), Item: body.Item, Amount: body.Amount})
	return http.StatusOK, placed, err
}

func (s *server) getDays(r *http.Request) (int, any, error) {
	days, err := s.days(r.Context())
	return http.StatusOK, map[string]any{"days": days}, err
}

func (s *server) health(r *http.Request) (int, any, error) {
	return http.StatusOK, map[string]string{"status": "ok"}, s.pool.Ping(r.Context())
}
