package main

import (
	"net/http"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/text"
)

// What this host caps for everybody, whatever a customer asks for.
const dailyCharges, monthlyWon = 5, 3_000_000

// autoRecharge is what a customer may choose.
type autoRecharge struct {
	PaymentMethods []string          `json:"payment_methods"` // in order: the next is charged when one declines
	MinimumCash    decimal.Decimal   `json:"minimum_cash"`    // charge when the cash is at or below this
	RechargeTo     decimal.Decimal   `json:"recharge_to"`
	AlertLevels    []decimal.Decimal `json:"alert_levels"` // tell when the cash falls to one of these
}

func (s *server) setAutoRecharge(r *http.Request) (int, any, error) {
	var body struct {
		autoRecharge
		person // the customer, or who acts for the customer
	}
	if err := read(r, &body); err != nil {
		return 0, nil, err
	}
	if err := s.cards.owned(r.Context(), r.PathValue("id"), body.PaymentMethods...); err != nil {
		return 0, nil, err
	}
	terms := ports.PolicyTerms{
		MinimumCash: body.MinimumCash, RechargeTo: body.RechargeTo, AlertLevels: body.AlertLevels,
		DailyCount: dailyCharges, MonthlyAmount: decimal.NewNullDecimal(decimal.NewFromInt(monthlyWon)),
	}
	for _, id := range body.PaymentMethods {
		terms.Methods = append(terms.Methods, ports.PaymentMethod{Charger: s.provider.cards.Name(), ID: id})
	}
	request := autorecharge.SetRequest{WalletID: r.PathValue("id"), Terms: terms, By: ports.By(body.person)}
	if _, err := s.auto.Set(r.Context(), request); err != nil {
		return 0, nil, err
	}
	return s.getAutoRecharge(r)
}

// getAutoRecharge shows a policy, and says in the customer's language what it would do
// now, and why.
func (s *server) getAutoRecharge(r *http.Request) (int, any, error) {
	decision, policy, err := s.auto.Explain(r.Context(), r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	body := autoRecharge{MinimumCash: policy.MinimumCash, RechargeTo: policy.RechargeTo, AlertLevels: policy.AlertLevels}
	for _, method := range policy.Methods {
		body.PaymentMethods = append(body.PaymentMethods, method.ID)
	}
	return http.StatusOK, map[string]any{"status": policy.Status, "explanation": text.Decision(&decision, policy, text.Korean), "terms": body}, nil
}

// deleteAutoRecharge is a POST: a request that deletes by DELETE has no body that says who
// asks, and why.
func (s *server) deleteAutoRecharge(r *http.Request) (int, any, error) {
	var by person
	if err := read(r, &by); err != nil {
		return 0, nil, err
	}
	err := s.auto.Delete(r.Context(), autorecharge.Act{WalletID: r.PathValue("id"), By: ports.By(by)})
	return http.StatusOK, map[string]string{"status": string(ports.PolicyDeleted)}, err
}
