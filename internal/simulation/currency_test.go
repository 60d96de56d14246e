package simulation_test

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// Wallets are in won or in dollars, which have cents: their ids tell. SOLAPI and Kona
// know won alone.
const (
	inWon     = "w"
	inDollars = "d"
)

func currencyOf(walletID string) (currency string, scale int32) {
	if strings.Contains(walletID, inDollars) {
		return "USD", 2
	}
	return "KRW", 0
}

func isDollars(walletID string) bool { return strings.Contains(walletID, inDollars) }

// money reads an amount of the least units of a wallet.
func money(walletID string, n int64) decimal.Decimal {
	_, scale := currencyOf(walletID)
	return decimal.New(n, -scale)
}

// amount is what the request asks for. One that is too fine has half of a least unit
// more.
func (r *request) amount() decimal.Decimal {
	if r.TooFine {
		return money(r.Wallet, r.Amount).Add(money(r.Wallet, 5).Shift(-1))
	}
	return money(r.Wallet, r.Amount)
}

func (r *request) point() decimal.Decimal { return money(r.Wallet, r.Point) }

// inLeastUnits makes an amount that was drawn in whole units one of the wallet's least
// units, with any number of cents, and now and then too fine.
func (h *host) inLeastUnits(r *request) {
	if isDollars(r.Wallet) && r.Amount != 0 {
		cents := h.random.Int64N(100)
		if r.Amount < 0 {
			cents = -cents
		}
		r.Amount, r.Point, r.Bonus = 100*r.Amount+cents, 100*r.Point, 100*r.Bonus
	}
	switch r.Kind {
	case "deposit", "grant", "deduct", "transfer", "hold", "recharge", "withdraw":
		r.TooFine = h.random.IntN(60) == 0
	}
}

// money names the currency of the request, for the summary.
func (r *request) money() string {
	currency, _ := currencyOf(r.Wallet)
	switch {
	case r.crosses():
		return "from one to another"
	case r.TooFine:
		return currency + ", too fine,"
	}
	return currency
}

// crosses reports whether the request would move money from one currency to another, or
// reckon a fee of one from money of another.
func (r *request) crosses() bool {
	switch r.Kind {
	case "transfer":
		return isDollars(r.Wallet) != isDollars(r.Peer)
	case "withdraw", "leave": // each way's fees are of one currency
		return isDollars(r.Wallet) != (r.Via == viaDollars)
	}
	return false
}

// currencies checks that what a unit writes is in the currency and the scale of the
// wallet, and that a transfer stays within one currency.
func (v *witness) currencies(unit *ports.Unit) error {
	for i := range unit.Wallets {
		w := &unit.Wallets[i]
		if currency, scale := currencyOf(w.ID); w.Currency != currency || w.Scale != scale {
			return fmt.Errorf("wallet %s is in %s with %d digits", w.ID, w.Currency, w.Scale)
		}
	}
	for i := range unit.Entries {
		e := &unit.Entries[i]
		currency, scale := currencyOf(e.WalletID)
		if e.Currency != currency || e.PeerWalletID != "" && isDollars(e.PeerWalletID) != isDollars(e.WalletID) {
			return fmt.Errorf("entry %d of wallet %s is in %s, with %q", e.Seq, e.WalletID, e.Currency, e.PeerWalletID)
		}
		for _, d := range []decimal.Decimal{e.BalanceAmount, e.PointAmount, e.BalanceHeldAmount, e.PointHeldAmount} {
			if !d.Equal(d.Truncate(scale)) {
				return fmt.Errorf("entry %d of wallet %s moves %s", e.Seq, e.WalletID, d)
			}
		}
	}
	return nil
}

// feeOf is what a payout costs, reckoned by hand.
func feeOf(via string, total decimal.Decimal) decimal.Decimal {
	if via == viaDollars {
		return total.Mul(decimal.New(15, -3)).Add(decimal.New(30, -2)).RoundCeil(2)
	}
	return total.Mul(decimal.New(5, -2)).Add(won(500)).Truncate(0)
}

// account is a side of the books.
type account struct {
	currency string
	name     ports.Account
}

// sums adds up what entries move, by account.
type sums map[account]decimal.Decimal

func (s sums) add(e *ports.Entry) {
	amount := e.BalanceAmount.Add(e.PointAmount)
	s.move(e.Currency, ports.AccountWallets, amount)
	s.move(e.Currency, e.Counterparty, amount.Neg())
	for _, m := range e.Moves {
		s.move(e.Currency, m.Account, m.Amount)
	}
}

func (s sums) move(currency string, name ports.Account, amount decimal.Decimal) {
	s[account{currency, name}] = s[account{currency, name}].Add(amount)
}

// books compares the totals of the store with the entries, currency by currency.
func (a *audit) books(s sums) error {
	for _, total := range a.totals {
		key := account{total.Currency, total.Account}
		if !s[key].Equal(total.Balance.Add(total.Point)) {
			return fmt.Errorf("the store says that %s has %s and %s points in %s, by the entries it is %s",
				total.Account, total.Balance, total.Point, total.Currency, s[key])
		}
		delete(s, key)
	}
	for key, sum := range s {
		if !sum.IsZero() {
			return fmt.Errorf("by the entries %s has %s in %s, the store knows nothing of it", key.name, sum, key.currency)
		}
	}
	return nil
}
