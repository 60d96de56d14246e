package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// beginPayment writes down a recharge that the customer pays in the provider's window, and returns
// what the window is opened with. Its successUrl is /payments/{id}/return.
func (s *server) beginPayment(r *http.Request) (int, any, error) {
	var body struct {
		Amount decimal.Decimal `json:"amount"`
	}
	key, err := readKeyed(r, &body)
	if err != nil {
		return 0, nil, err
	}
	op, err := s.recharges.Begin(r.Context(), recharge.BeginRequest{
		WalletID: r.PathValue("id"), Key: key, Charger: s.provider.windows.Name(), Amount: body.Amount,
	})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, map[string]any{"id": op.ID, "status": op.Status, "window": op.Shown, "until": op.Deadline}, nil
}

// returnPayment is where the window returns to once the customer has agreed: it confirms the
// payment, which moves the money. The record's amount counts, and the Charger compares the
// query with it. The page may be loaded again.
func (s *server) returnPayment(r *http.Request) (int, any, error) {
	op, err := s.recharges.Get(r.Context(), r.PathValue("id"))
	if err == nil {
		op, err = s.recharges.Confirm(r.Context(), recharge.ConfirmRequest{ID: op.ID, Token: r.URL.RawQuery, Amount: op.Amount})
	}
	if errors.Is(err, ports.ErrNotOpen) { // the page was loaded again with another parameter: it tells what became of it
		op, err = s.recharges.Get(r.Context(), r.PathValue("id"))
	}
	if err != nil {
		return 0, nil, err
	}
	return rechargeStatus(op), rechargeView(op), nil
}

// cancelRecharge has the provider give a part of a recharge back to the customer's card.
func (s *server) cancelRecharge(r *http.Request) (int, any, error) {
	var body struct {
		Amount decimal.Decimal `json:"amount"`
		person
	}
	key, err := readKeyed(r, &body)
	if err != nil {
		return 0, nil, err
	}
	op, err := s.recharges.CancelPart(r.Context(), recharge.CancelPartRequest{
		ID: r.PathValue("id"), Key: key, Amount: body.Amount, By: ports.By(body.person),
	})
	if err != nil {
		return 0, nil, err
	}
	status := http.StatusOK
	switch {
	case op.Open:
		status = http.StatusAccepted
	case op.Status != ports.CancellationApproved:
		status = http.StatusBadGateway
	}
	return status, map[string]any{"id": op.ID, "status": op.Status, "amount": op.Amount, "given_back": op.GivenBack}, nil
}

// simulatedCard has the wallet's owner register a card in the simulated billing window.
func (s *server) simulatedCard(r *http.Request) (int, any, error) {
	var body struct {
		CustomerKey string `json:"customer_key"`
	}
	if err := read(r, &body); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]string{"auth_key": s.provider.authKey(body.CustomerKey)}, nil
}

// simulatedPayment has the customer agree in the simulated payment window.
func (s *server) simulatedPayment(r *http.Request) (int, any, error) {
	var body struct {
		OrderID string          `json:"order_id"`
		Amount  decimal.Decimal `json:"amount"`
	}
	if err := read(r, &body); err != nil {
		return 0, nil, err
	}
	query := s.provider.agree(body.OrderID, body.Amount)
	if query == "" {
		return 0, nil, fmt.Errorf("%w: no such window", errRequest)
	}
	return http.StatusOK, map[string]string{"query": query}, nil
}
