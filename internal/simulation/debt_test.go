package simulation_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// chargeback has the bank of a card take a credited charge back, or give back one that it took. Before
// it takes one back, the customer often spends all that there is.
func (w *world) chargeback() string {
	ids := w.providers.charged()
	if len(ids) == 0 {
		return "nothing to take back"
	}
	id := ids[w.random.IntN(len(ids))]
	r, _ := w.witness.records[id].(*ports.Recharge)
	back, known := w.providers.backs[id]
	if r == nil || r.EntrySeq == 0 || known && w.random.IntN(2) > 0 {
		return "nothing to take back"
	}
	w.providers.backs[id] = !back
	if !back && w.random.IntN(2) == 0 {
		w.host.spree = r.WalletID
	}
	w.count("chargebacks", map[bool]string{true: "given back", false: "taken back"}[back])
	return fmt.Sprintf("%s taken back: %t", id, !back)
}

// charged are the charges of cards that the cards' banks may take back.
func (p *providers) charged() (ids []string) {
	for _, c := range p.account.Books().Charges {
		ids = append(ids, c.Label)
	}
	for _, c := range p.own.Books().Charges {
		if !c.Auto {
			ids = append(ids, c.Label)
		}
	}
	return ids
}

// backsTo makes r a request about a charge that its bank has taken back, or has given back since.
func (h *host) backsTo(r *request, back bool) bool {
	if h.backs == nil {
		return false
	}
	r.Key, r.Who, r.All = "", h.person(), h.random.IntN(4) > 0
	return h.about(h.backs(back), r)
}

// backsNow are the recharges of charges that their banks have taken back, or have given back since.
func (w *world) backsNow(back bool) (known []request) {
	for _, id := range w.providers.charged() {
		r, _ := w.witness.records[id].(*ports.Recharge)
		if is, told := w.providers.backs[id]; told && is == back && r != nil {
			known = append(known, request{Wallet: r.WalletID, Of: id})
		}
	}
	return known
}

// spendAll makes r a request to spend all that a customer has whose charge is about to be taken back.
func (h *host) spendAll(r *request) bool {
	id := h.spree
	h.spree = ""
	cash, point := h.look(id)
	if all := cash.Add(point); all.IsPositive() {
		_, scale := currencyOf(id)
		r.Kind, r.Wallet, r.Amount = "deduct", id, all.Shift(scale).IntPart()
		return true
	}
	return false
}

// reverseBack books that the provider has the money of a recharge back. It answers with the debt.
func reverseBack(ctx context.Context, h *house, act ports.Act, owing bool) (string, error) {
	if _, err := h.recharges.Dispute(ctx, act); err != nil {
		return "", err
	}
	reverse := h.recharges.Reverse
	if owing {
		reverse = h.recharges.ReverseOwing
	}
	op, err := reverse(ctx, act)
	if op == nil {
		return "", err
	}
	return op.DebtID, err
}

// reinstate books that the charge of a recharge that was taken back stands after all.
func reinstate(ctx context.Context, h *house, act ports.Act) error {
	if _, err := h.recharges.Dispute(ctx, act); err != nil {
		return err
	}
	_, err := h.recharges.Reinstate(ctx, recharge.ReinstateRequest{ID: act.ID, By: act.By})
	return err
}

var debtRequests = map[string]doer{
	"reverse recharge": func(ctx context.Context, h *house, r *request) (string, error) {
		return reverseBack(ctx, h, ports.Act{ID: r.Of, By: r.by("chargeback")}, r.All)
	},
	"reinstate recharge": func(ctx context.Context, h *house, r *request) (string, error) {
		return "", reinstate(ctx, h, ports.Act{ID: r.Of, By: r.by("the claim was refused")})
	},
	"collect": func(ctx context.Context, h *house, r *request) (string, error) {
		taken, err := h.recharges.Collect(ctx, r.Wallet)
		return taken.String(), err
	},
	"write off": func(ctx context.Context, h *house, r *request) (string, error) {
		_, err := h.recharges.WriteOff(ctx, ports.Act{ID: r.Of, By: r.by("moved away")})
		return "", err
	},
}

// byBank returns what people do about a recharge whose charge was taken or given back and which says
// otherwise; nil: nothing. A claim about a wallet that was closed meanwhile comes to nothing.
func (c *calmer) byBank(r *ports.Recharge, closed bool) func(context.Context, *house) error {
	back, told := c.providers.backs[r.ID]
	if !told || r.Open {
		return nil
	}
	inWallet := r.EntrySeq != 0 && r.ReverseSeq == 0
	if closed {
		c.providers.backs[r.ID] = !inWallet
		return nil
	}
	act := ports.Act{ID: r.ID, By: ports.By{Who: who, Why: why}}
	switch {
	case back && inWallet:
		c.count("chargebacks", "booked by people at rest")
		return func(ctx context.Context, h *house) error { _, err := reverseBack(ctx, h, act, true); return err }
	case !back && r.ReverseSeq != 0:
		c.count("chargebacks", "reinstated by people at rest")
		return func(ctx context.Context, h *house) error { return reinstate(ctx, h, act) }
	}
	return nil
}

// writesOff reports whether people give a debt up at rest: one in three.
func writesOff(d *ports.Debt) bool { return d.Open && d.ID[len(d.ID)-1]%3 == 0 }

// collectable reports whether a worker is to collect a debt.
func (c *calmer) collectable(d *ports.Debt, wallets map[string]*ports.Wallet) bool {
	return c.collects && wallets[d.WalletID].AvailableBalance().IsPositive()
}

// debts checks, at rest, what wallets owe: each debt against its recharge and its entries, and all of them
// against the books.
func (a *audit) debts() error {
	receivable, expense := make(sums), make(sums)
	for _, op := range a.ops {
		d, ok := op.(*ports.Debt)
		if !ok {
			continue
		}
		receivable.move(d.Currency, ports.AccountReceivable, d.Owed().Neg())
		if d.Status == ports.DebtWrittenOff {
			expense.move(d.Currency, ports.AccountDebtExpense, d.WrittenOff.Neg())
		}
		entries, err := a.entries(d.WalletID, d.ID)
		if err != nil {
			return err
		}
		collected := decimal.Zero
		for i := range entries {
			collected = collected.Sub(entries[i].BalanceAmount)
		}
		if !collected.Equal(d.Collected) || d.Open != d.Owed().IsPositive() || d.Amount.LessThan(d.Collected.Add(d.WrittenOff)) {
			return fmt.Errorf("debt %s of %s is %s: %s collected, %s written off; by the entries %s are collected", d.ID, d.Amount, d.Status, d.Collected, d.WrittenOff, collected)
		}
	}
	for _, total := range a.totals {
		key := account{total.Currency, total.Account}
		if total.Account == ports.AccountReceivable && !total.Balance.Equal(receivable[key]) || total.Account == ports.AccountDebtExpense && !total.Balance.Equal(expense[key]) {
			return fmt.Errorf("%s has %s in %s; debts come to %s, and what was given up to %s", total.Account, total.Balance, total.Currency, receivable[key], expense[key])
		}
	}
	return nil
}

// owes returns what a wallet did not give back of a recharge that was reversed, and the entries about that.
func (a *audit) owes(r *ports.Recharge) (lacks decimal.Decimal, entries []ports.Entry, err error) {
	for _, op := range a.ops {
		d, ok := op.(*ports.Debt)
		if !ok || d.RechargeID != r.ID {
			continue
		}
		more, err := a.entries(d.WalletID, d.ID)
		if err != nil {
			return lacks, nil, err
		}
		entries = append(entries, more...)
		if d.Status == ports.DebtDropped {
			continue
		}
		if r.Status != ports.RechargeReversed || r.DebtID != d.ID || !r.Owed.Equal(d.Amount) {
			return lacks, nil, fmt.Errorf("recharge %s is %s with debt %q of %s, and there is debt %s of %s", r.ID, r.Status, r.DebtID, r.Owed, d.ID, d.Amount)
		}
		lacks = lacks.Add(d.Amount).Sub(d.Collected)
	}
	return lacks, entries, nil
}
