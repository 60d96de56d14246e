package solapitest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/providertest"
)

func getPayment(_ *Simulator, r *request) *result {
	offset, limit, valid := pageOf(r.URL.Query())
	if !valid {
		return refuse(http.StatusBadRequest, "ValidationError")
	}
	list := []any{}
	for i, card := range r.account.cards {
		if i < offset || len(list) >= limit {
			continue
		}
		list = append(list, map[string]any{
			"_id": card.PaymentID, "description": card.Description, "autoRecharge": card.priority,
			"expDate": card.ExpDate, "dateCreated": stamp(card.at), "dateUpdated": stamp(card.at),
		})
	}
	return ok(map[string]any{"payments": list})
}

func postPayment(_ *Simulator, r *request) *result {
	var body struct {
		CardNumber  string `json:"cardNumber"`
		CVC         string `json:"cvc"`
		ExpYear     int    `json:"expYear"`
		ExpMonth    string `json:"expMonth"`
		Description string `json:"description"`
	}
	month, err := 0, error(nil)
	if r.decode(&body) {
		month, err = strconv.Atoi(body.ExpMonth)
	}
	if err != nil || month < 1 || month > 12 || len(body.CardNumber) < 4 || body.CVC == "" {
		return refuse(http.StatusBadRequest, "ValidationError")
	}
	card := Card{Description: body.Description, ExpDate: fmt.Sprintf("20%02d/%02d", body.ExpYear%100, month)}
	if card.Description == "" {
		card.Description = fmt.Sprintf("[VISA] %s %02d/%02d", body.CardNumber[len(body.CardNumber)-4:], month, body.ExpYear%100)
	}
	id := r.account.addCard(card, r.now)
	return ok(map[string]any{"description": card.Description, "expDate": card.ExpDate, "paymentId": id})
}

func deletePayment(_ *Simulator, r *request) *result {
	var body struct {
		PaymentID string `json:"paymentId"`
	}
	if !r.decode(&body) || body.PaymentID == "" {
		return refuse(http.StatusBadRequest, "ValidationError")
	}
	if r.account.card(body.PaymentID) == nil {
		return refuse(http.StatusNotFound, "ResourceNotFound")
	}
	r.account.cards = slices.DeleteFunc(r.account.cards, func(card *Card) bool { return card.PaymentID == body.PaymentID })
	return ok(map[string]any{"paymentId": body.PaymentID, "message": "deleted"})
}

func putPayment(_ *Simulator, r *request) *result {
	var body struct {
		PaymentIDs  []string            `json:"paymentIds"`
		MinimumCash providertest.Number `json:"minimumCash"`
		RechargeTo  providertest.Number `json:"rechargeTo"`
	}
	if !r.decode(&body) || len(body.PaymentIDs) == 0 {
		return refuse(http.StatusBadRequest, "ValidationError")
	}
	minimum, valid1 := positive(body.MinimumCash)
	target, valid2 := positive(body.RechargeTo)
	if !valid1 || !valid2 {
		return refuse(http.StatusBadRequest, "ValidationError")
	}
	for i, id := range body.PaymentIDs {
		if slices.Contains(body.PaymentIDs[:i], id) {
			return refuse(http.StatusBadRequest, "ValidationError")
		}
		if r.account.card(id) == nil {
			return refuse(http.StatusBadRequest, "InvalidPaymentId")
		}
	}
	r.account.rank(body.PaymentIDs)
	r.account.minimumCash, r.account.rechargeTo = minimum, target
	r.account.noteSetting(false, r.now)
	return ok(map[string]any{"paymentIds": body.PaymentIDs, "minimumCash": minimum.BigInt(), "rechargeTo": target.BigInt()})
}

// alert is the alert of a low balance.
type alert struct {
	balances []decimal.Decimal
	channels []string
	enabled  bool
	set      bool // there is one
}

func (a alert) wire() map[string]any {
	balances := []any{}
	for _, balance := range a.balances {
		balances = append(balances, balance.BigInt())
	}
	return map[string]any{
		"notificationBalance": "0", "currentBalance": nil, "balances": balances,
		"channels": append([]string{}, a.channels...), "enabled": a.enabled,
	}
}

func getAlert(_ *Simulator, r *request) *result {
	a := r.account
	return ok(map[string]any{
		"lowBalanceAlert": a.alert.wire(), "_id": a.id, "dateCreated": stamp(a.created), "dateUpdated": stamp(a.created),
	})
}

func putAlert(_ *Simulator, r *request) *result {
	var body struct {
		Balances []providertest.Number `json:"balances"`
		Channels []string              `json:"channels"`
	}
	if !r.decode(&body) || len(body.Balances) < 1 || len(body.Balances) > 3 || body.Channels == nil {
		return refuse(http.StatusBadRequest, "ValidationError")
	}
	var balances []decimal.Decimal
	for _, text := range body.Balances {
		balance, valid := positive(text)
		if !valid || balance.LessThan(won(200)) {
			return refuse(http.StatusBadRequest, "ValidationError")
		}
		balances = append(balances, balance)
	}
	r.account.alert.balances, r.account.alert.channels, r.account.alert.set = balances, body.Channels, true
	return ok(map[string]any{"message": "ok"})
}

func putAlertSwitch(_ *Simulator, r *request) *result {
	var body struct {
		Enabled *bool `json:"enabled"`
	}
	if !r.decode(&body) || body.Enabled == nil {
		return refuse(http.StatusBadRequest, "ValidationError")
	}
	r.account.alert.enabled, r.account.alert.set = *body.Enabled, true
	return ok(map[string]any{"accountId": r.account.id, "enabled": *body.Enabled})
}
