package solapitest

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Setting is how the provider's own auto-recharge of an account is set.
type Setting struct {
	On          bool
	PaymentIDs  []string // in order of priority
	MinimumCash decimal.Decimal
	RechargeTo  decimal.Decimal
	Console     bool // it was set by [Account.SetAutoRecharge]
	At          time.Time
}

// SetAutoRecharge sets the provider's own auto-recharge, as a person in the console
// does. Console and At are not read.
func (a *Account) SetAutoRecharge(to Setting) {
	now := a.sim.world.Enter()
	defer a.sim.world.Unlock()
	a.rank(to.PaymentIDs)
	a.auto, a.minimumCash, a.rechargeTo = to.On, to.MinimumCash, to.RechargeTo
	a.noteSetting(true, now)
}

// rank gives cards their priority; those left out have none.
func (a *Account) rank(paymentIDs []string) {
	for _, card := range a.cards {
		card.priority = slices.Index(paymentIDs, card.PaymentID) + 1
	}
}

func (a *Account) noteSetting(console bool, now time.Time) {
	setting := Setting{On: a.auto, MinimumCash: a.minimumCash, RechargeTo: a.rechargeTo, Console: console, At: now}
	for _, card := range a.ranked() {
		setting.PaymentIDs = append(setting.PaymentIDs, card.PaymentID)
	}
	a.settings = append(a.settings, setting)
}

func putRecharge(_ *Simulator, r *request) *result {
	r.account.auto = !r.account.auto
	r.account.noteSetting(false, r.now)
	return ok(map[string]any{"autoRecharge": r.account.auto})
}

// autoRecharge recharges when the balance is at or below the set amount: cards in
// their order of priority, until one approves. The world is locked.
func (a *Account) autoRecharge(now time.Time) {
	amount := a.rechargeTo.Sub(a.balance)
	if !a.auto || a.isRecharging || a.balance.GreaterThan(a.minimumCash) || amount.Sign() <= 0 {
		return
	}
	a.tried = now
	for _, card := range a.ranked() {
		if card.Status == 0 {
			a.tries = 0
			a.charge(card, amount, "", true, now)
			return
		}
		a.tries++
	}
}

func (a *Account) ranked() []*Card {
	var cards []*Card
	for _, card := range a.cards {
		if card.priority > 0 {
			cards = append(cards, card)
		}
	}
	slices.SortFunc(cards, func(x, y *Card) int { return x.priority - y.priority })
	return cards
}
