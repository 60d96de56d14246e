package simulation_test

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// drawBonus has one recharge in two come with a bonus, which expires in two of three.
func (h *host) drawBonus(r *request) {
	if h.random.IntN(2) == 0 {
		return
	}
	r.Bonus = h.random.Int64N(3_000) + 1
	if h.random.IntN(3) > 0 {
		r.Expires = h.later(3 * time.Hour)
	}
}

// bonus is what the request asks for with a recharge; nil: nothing.
func (r *request) bonus() *recharge.Bonus {
	if r.Bonus == 0 {
		return nil
	}
	return &recharge.Bonus{Amount: money(r.Wallet, r.Bonus), ExpiresAt: r.Expires, Rule: "first top-up"}
}

// drawLot makes r a request about a lot that its wallet has.
func (h *host) drawLot(r *request) bool {
	lots := h.lots(r.Wallet)
	if len(lots) == 0 {
		return false
	}
	r.Lot = lots[h.random.IntN(len(lots))].ID
	return true
}

// lotsOf are the lots that the witness knows of.
func (v *witness) lotsOf(walletID string) []ports.PointLot { w := v.wallets[walletID]; return w.Lots }

// revoke answers with the entry, and with what no revocation has taken back.
func revoke(ctx context.Context, h *house, r *request) (string, error) {
	receipt, err := h.wallets.Revoke(ctx, ledger.RevokeRequest{WalletID: r.Wallet, Key: r.Key, LotID: r.Lot, By: ports.By{Who: "kim", Why: "granted twice"}})
	text, err := entryOf(receipt.Receipt, err)
	return fmt.Sprintf("%s of %s, %s are missing", text, receipt.Granted, receipt.Missing), err
}

// unheld is what a wallet has of a lot that is neither held nor about to expire.
func unheld(w *ports.Wallet, id int64) decimal.Decimal {
	for i := range w.Lots {
		if l := &w.Lots[i]; l.ID == id && !l.Expired(time.Now().Add(skew)) {
			return l.Amount.Sub(l.Held)
		}
	}
	return decimal.Zero
}

// ofLot is what an entry adds to what is not held of a lot.
func ofLot(e *ports.Entry, id int64) (sum decimal.Decimal) {
	for i := range e.Lots {
		if c := &e.Lots[i]; c.LotID == id {
			sum = sum.Add(c.Amount).Sub(c.HeldAmount)
		}
	}
	return sum
}

// bonusOf checks the bonus of a recharge against the entries of it and of what took it back, and what
// was granted against what was credited: the wallet keeps the share of what stands, and what had been
// spent.
func (a *audit) bonusOf(r *ports.Recharge, entries []ports.Entry) error {
	grants, sum, granted := 0, decimal.Zero, decimal.Zero
	var credited ports.Entry
	for i := range entries {
		e := &entries[i]
		sum = sum.Add(e.PointAmount)
		switch e.Type { //nolint:exhaustive // the others move no points, or only take them back
		case ports.EntryRecharge:
			credited = *e
		case ports.EntryGrant:
			grants, granted = grants+1, e.PointAmount
		}
	}
	bonus := r.Bonus
	if bonus == nil {
		bonus = new(ports.Bonus)
	}
	promised, stands := decimal.Zero, decimal.Zero
	if r.Credited.IsPositive() && (bonus.ExpiresAt.IsZero() || credited.BookedAt.Before(bonus.ExpiresAt)) {
		promised = part(bonus.Amount, decimal.Min(r.Credited, r.Amount), r.Amount, r.WalletID)
	}
	if r.Status == ports.RechargeApproved {
		base := decimal.Min(r.Credited, r.Amount) // what came beyond the order brought no bonus
		stands = part(granted, decimal.Min(r.Left(), base), base, r.WalletID)
	}
	switch {
	case grants > 1, !granted.Equal(promised), !bonus.Granted.Equal(granted):
		return fmt.Errorf("recharge %s has the bonus %+v: %d grants of %s", r.ID, *bonus, grants, granted)
	case !sum.Equal(granted.Sub(bonus.TakenBack)), bonus.Missing.IsNegative(), !bonus.TakenBack.Add(bonus.Missing).Equal(granted.Sub(stands)):
		return fmt.Errorf("recharge %s is %s with %s of %s, and has the bonus %+v: entries come to %s points", r.ID, r.Status, r.Left(), r.Credited, *bonus, sum)
	}
	return nil
}

// part is the share of an amount that a part has in a whole, in digits of the wallet.
func part(amount, of, whole decimal.Decimal, walletID string) decimal.Decimal {
	if whole.IsZero() {
		return decimal.Zero
	}
	_, scale := currencyOf(walletID)
	return amount.Mul(of).DivRound(whole, 20).Truncate(scale)
}

// bonusName tells what became of a bonus, for the summary.
func bonusName(r *ports.Recharge) string {
	switch b := r.Bonus; {
	case b == nil:
		return "none"
	case r.Credited.IsZero():
		return "not granted, nothing was credited"
	case b.Granted.IsZero():
		return "not granted, it had expired"
	case b.Missing.IsPositive():
		return "taken back, a part was missing"
	case b.TakenBack.IsPositive():
		return "taken back"
	}
	return "granted"
}
