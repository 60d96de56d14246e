package main

import (
	"net/http"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// requestWithdrawal takes the total out of the wallet; a person's approval is needed
// before the bank transfer.
func (s *server) requestWithdrawal(r *http.Request) (int, any, error) {
	var body struct {
		Total decimal.Decimal `json:"total"`
	}
	key, err := idempotencyKey(r)
	if err == nil {
		err = read(r, &body)
	}
	if err != nil {
		return 0, nil, err
	}
	op, err := s.payouts.Request(r.Context(), withdraw.Request{
		WalletID: r.PathValue("id"), Key: key, Disburser: bankTransfer, Total: body.Total,
	})
	return withdrawalAnswer(http.StatusAccepted, op, err)
}

func (s *server) getWithdrawal(r *http.Request) (int, any, error) {
	op, err := s.payouts.Get(r.Context(), r.PathValue("id"))
	return withdrawalAnswer(http.StatusOK, op, err)
}

// verdict is what a person says about a withdrawal. A server with a login takes Who
// from there.
type verdict struct {
	Who           string `json:"who"`
	Why           string `json:"why"`
	TransactionID string `json:"transaction_id"` // of the bank transfer, once it was made
}

func (s *server) approveWithdrawal(r *http.Request) (int, any, error) {
	var v verdict
	if err := read(r, &v); err != nil {
		return 0, nil, err
	}
	op, err := s.payouts.Approve(r.Context(), withdraw.Verdict{ID: r.PathValue("id"), Who: v.Who, Why: v.Why})
	return withdrawalAnswer(http.StatusOK, op, err)
}

func (s *server) reportWithdrawalPaid(r *http.Request) (int, any, error) {
	var v verdict
	if err := read(r, &v); err != nil {
		return 0, nil, err
	}
	op, err := s.payouts.ReportPaid(r.Context(), withdraw.Paid{ID: r.PathValue("id"), Who: v.Who, Why: v.Why, TransactionID: v.TransactionID})
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
		"total": op.Total, "fee": op.Fee, "net": op.Net, "quote": quote.Text(withdraw.Korean),
	}, nil
}
