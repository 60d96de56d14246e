package solapitest

import (
	"fmt"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/providertest"
)

// Card is a payment method. The zero Card approves.
type Card struct {
	PaymentID   string // Defaults to 31 random digits
	Description string
	ExpDate     string // Defaults to 2030/12

	// Status and Code refuse every charge with this answer: 402 and
	// BalanceInsufficient, say. Zero approves.
	Status int
	Code   string

	priority int
	at       time.Time
}

// AddCard registers a card and returns its paymentId.
func (a *Account) AddCard(card Card) string {
	a.sim.world.Lock()
	defer a.sim.world.Unlock()
	return a.addCard(card, a.sim.world.Clock.Now())
}

func (a *Account) addCard(card Card, now time.Time) string {
	if card.PaymentID == "" {
		card.PaymentID = a.sim.digits(18) + fmt.Sprintf("%013d", now.UnixMilli())
	}
	if card.ExpDate == "" {
		card.ExpDate = "2030/12"
	}
	card.at = now
	a.cards = append(a.cards, &card)
	return card.PaymentID
}

// SetCard changes how a card answers to charges.
func (a *Account) SetCard(paymentID string, status int, code string) {
	a.sim.world.Lock()
	defer a.sim.world.Unlock()
	if card := a.card(paymentID); card != nil {
		card.Status, card.Code = status, code
	}
}

func (a *Account) card(paymentID string) *Card {
	for _, card := range a.cards {
		if card.PaymentID == paymentID {
			return card
		}
	}
	return nil
}

// positive reads an amount of a request: a whole number above zero.
func positive(text providertest.Number) (decimal.Decimal, bool) {
	amount, err := decimal.NewFromString(text.String())
	return amount, err == nil && len(text) <= 18 && amount.IsInteger() && amount.Sign() > 0
}

func getBalance(_ *Simulator, r *request) *result {
	a, on := r.account, 0
	if a.auto {
		on = 1
	}
	balance := map[string]any{
		"accountId": a.id, "balance": a.balance.BigInt(), "point": a.point.BigInt(),
		"minimumCash": a.minimumCash.BigInt(), "rechargeTo": a.rechargeTo.BigInt(),
		"rechargeTryCount": a.tries, "autoRecharge": on, "isRecharging": a.isRecharging,
		"dateTriedRecharge": stampOrNull(a.tried),
	}
	if a.alert.set { // the official client for Node takes no null for the current balance
		shown := a.alert.wire()
		shown["currentBalance"] = a.balance.String()
		balance["lowBalanceAlert"] = shown
	}
	return ok(balance)
}

func postBalance(_ *Simulator, r *request) *result {
	var body struct {
		Amount    providertest.Number `json:"amount"`
		PaymentID string              `json:"paymentId"`
	}
	if !r.decode(&body) {
		return refuse(http.StatusBadRequest, "ValidationError")
	}
	amount, valid := positive(body.Amount)
	if !valid || body.PaymentID == "" {
		return refuse(http.StatusBadRequest, "ValidationError")
	}
	if r.account.isRecharging {
		return refuse(http.StatusConflict, "Conflict")
	}
	card := r.account.card(body.PaymentID)
	if card == nil {
		return refuse(http.StatusBadRequest, "InvalidPaymentId")
	}
	if card.Status != 0 {
		return refuse(card.Status, card.Code)
	}
	row := r.account.charge(card, amount, providertest.Label(r.Context()), false, r.now)
	return ok(map[string]any{
		"accountId": r.account.id, "oldBalance": row.OldBalance.BigInt(), "newBalance": row.NewBalance.BigInt(),
		"oldPoint": row.OldPoint.BigInt(), "newPoint": row.NewPoint.BigInt(),
		"balanceAmount": row.BalanceAmount.BigInt(), "pointAmount": row.PointAmount.BigInt(),
		"type": row.Type, "historyId": row.HistoryID,
	})
}

// charge takes money from a card. The world is locked.
func (a *Account) charge(card *Card, amount decimal.Decimal, label string, auto bool, now time.Time) Row {
	row := a.change("RECHARGE", amount, decimal.Zero, label, now)
	a.charges = append(a.charges, Charge{
		PaymentID: card.PaymentID, Amount: amount, HistoryID: row.HistoryID, Label: label, Auto: auto, At: now,
	})
	return row
}

func postTransfer(s *Simulator, r *request) *result {
	var body struct {
		Target string              `json:"targetAccountId"`
		Amount providertest.Number `json:"amount"`
	}
	if !r.decode(&body) {
		return refuse(http.StatusBadRequest, "ValidationError")
	}
	amount, valid := positive(body.Amount)
	target := s.accounts[body.Target]
	switch {
	case !valid:
		return refuse(http.StatusBadRequest, "ValidationError")
	case target == nil || target == r.account:
		return refuse(http.StatusBadRequest, "InvalidAccountId")
	case r.account.balance.LessThan(amount):
		return refuse(http.StatusForbidden, "Forbidden")
	}
	label := providertest.Label(r.Context())
	r.account.change("DEDUCT", amount.Neg(), decimal.Zero, label, r.now)
	target.change("RECHARGE", amount, decimal.Zero, label, r.now)
	return ok("Success")
}

const stampForm = "2006-01-02T15:04:05.000Z"

func stamp(at time.Time) string { return at.UTC().Format(stampForm) }

func stampOrNull(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return stamp(at)
}
