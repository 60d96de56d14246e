package simulation_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/ports"
)

// books are what the providers know, by our operations. An operation that a provider
// executed twice, or does not know whom it was for, is a fault.
type books struct {
	charges map[string]charge          // by recharge
	payouts map[string]payout          // by withdrawal
	owed    map[string]decimal.Decimal // by route: payouts less charges that stand
	carried map[string]bool            // cancellations that the gateway carried out
	parts   map[string]decimal.Decimal // what Toss gave back, by the reason of the cancellation
	fault   error
}

type charge struct {
	ref      string
	amount   decimal.Decimal
	canceled bool
	back     decimal.Decimal // a part of it that was given back
	void     bool            // it was taken back by others than us: it need not be credited
}

type payout struct {
	ref        string
	total, fee decimal.Decimal
	paid       bool // else it was rejected, or is not decided
}

func newBooks() books {
	return books{
		charges: make(map[string]charge), payouts: make(map[string]payout), owed: make(map[string]decimal.Decimal),
		carried: make(map[string]bool), parts: make(map[string]decimal.Decimal),
	}
}

func (p *providers) books() books {
	b := newBooks()
	account := p.account.Books()
	for _, c := range account.Charges {
		b.charge(viaSOLAPI, c.Label, charge{ref: c.HistoryID, amount: c.Amount, canceled: p.backs[c.Label]})
	}
	for _, c := range p.own.Books().Charges {
		if !c.Auto { // else it is the provider's own
			b.charge(viaOwn, c.Label, charge{ref: c.HistoryID, amount: c.Amount, canceled: p.backs[c.Label]})
		}
	}
	for _, w := range account.Withdrawals {
		if _, twice := b.payouts[w.Label]; twice || w.Label == "" {
			b.fault = fmt.Errorf("SOLAPI made payout %q more than once", w.Label)
		}
		b.payouts[w.Label] = payout{ref: w.WithdrawID, total: w.Total, fee: w.Fee, paid: w.Status == statusPaid}
		if w.Status == statusPaid {
			b.owed[viaSOLAPI] = b.owed[viaSOLAPI].Add(w.Net)
		}
	}
	for _, id := range sorted(p.gateway.charges, func(_ string, m *movement) bool { return m.outcome == ports.OutcomeApproved }) {
		amount, back := p.gateway.taken(id)
		b.charge(viaWindow, id, charge{ref: "pay-" + id, amount: amount, canceled: back.Equal(amount), back: back})
	}
	for _, r := range p.rows {
		b.charge(viaTransfer, r.of, charge{ref: r.ref, amount: r.amount})
	}
	for _, id := range sorted(p.gateway.cancels, func(_ string, m *movement) bool { return m.outcome == ports.OutcomeApproved }) {
		b.carried[id] = true
	}
	if p.shop != nil {
		p.shop.books(&b)
	}
	for _, t := range p.kona.Books().Transactions {
		if t.Status == konatest.Completed && t.CancelOf == "" {
			b.charge(viaKona, t.Label, charge{ref: t.Number, amount: t.Amount, canceled: t.Canceled})
		}
	}
	return b
}

// of returns what a provider charged for a recharge. What came and went before we saw it is no
// charge.
func (b *books) of(r *ports.Recharge) (c charge, charged bool) {
	if c, charged = b.charges[r.ID]; c.void && r.EntrySeq == 0 {
		return charge{}, false
	}
	return c, charged
}

func (b *books) charge(via, operation string, c charge) {
	if _, twice := b.charges[operation]; twice || operation == "" {
		b.fault = fmt.Errorf("a provider charged %q more than once", operation)
	}
	b.charges[operation] = c
	if !c.canceled {
		b.owed[via] = b.owed[via].Sub(c.amount).Add(c.back)
	}
}
