package simulation_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// charges compares recharges with the providers' books, one by one.
func (a *audit) charges(books books) error {
	known := make(map[string]bool)
	for _, op := range a.ops {
		r, ok := op.(*ports.Recharge)
		if !ok {
			continue
		}
		known[r.ID] = true
		charge, charged := books.of(r)
		stands := charged && !charge.canceled
		switch {
		case stands != (r.Status == ports.RechargeApproved):
			return fmt.Errorf("recharge %s is %s, the provider has %+v", r.ID, r.Status, charge)
		case charge.void && !r.Disputed && r.CancelID == "":
			return fmt.Errorf("recharge %s is %s, the bank took its deposit back, and it was never disputed", r.ID, r.Status)
		case charge.canceled != (charged && r.Status == ports.RechargeReversed):
			return fmt.Errorf("recharge %s is %s, the provider took it back: %t", r.ID, r.Status, charge.canceled)
		case charged && isDollars(r.WalletID):
			return fmt.Errorf("recharge %s of %s was charged in won", r.ID, r.WalletID)
		case charged && !charge.amount.Equal(r.Credited):
			return fmt.Errorf("recharge %s credited %s, the provider charged %s", r.ID, r.Credited, charge.amount)
		case stands && !r.Left().Equal(charge.amount.Sub(charge.back)):
			return fmt.Errorf("recharge %s has %s left, the provider took %s and gave %s back", r.ID, r.Left(), charge.amount, charge.back)
		case charged && r.Mismatch == charge.amount.Equal(r.Amount), charged && !isAwaited(r.Charger) && r.Mismatch:
			return fmt.Errorf("recharge %s was for %s, the provider charged %s", r.ID, r.Amount, charge.amount)
		case charged && charge.ref != r.ProviderRef:
			return fmt.Errorf("recharge %s is %s at the provider, we say %s", r.ID, charge.ref, r.ProviderRef)
		}
		if err := a.money(r, charged, charge.amount.Sub(charge.back)); err != nil {
			return err
		}
	}
	for id := range books.charges {
		if !known[id] {
			return fmt.Errorf("the provider charged %s, which we do not know", id)
		}
	}
	return a.parts(books)
}

// parts compares cancellations with those of Toss, one by one.
func (a *audit) parts(books books) error {
	for _, op := range a.ops {
		c, ok := op.(*ports.Cancellation)
		if !ok || !isToss(c.Charger) {
			continue
		}
		given, done := books.parts[tossName(tossCancel, c.ID)]
		if done != (c.Status == ports.CancellationApproved) || !given.Equal(c.GivenBack) {
			return fmt.Errorf("cancellation %s is %s and gave %s back, Toss gave back %s", c.ID, c.Status, c.GivenBack, given)
		}
	}
	return nil
}

// money checks that a recharge was credited once with what was charged, and that with
// its cancellations the wallet has it if and only if it stands.
func (a *audit) money(r *ports.Recharge, charged bool, amount decimal.Decimal) error {
	entries, err := a.entries(r.WalletID, r.ID)
	if err != nil {
		return err
	}
	for _, op := range a.ops {
		if c, ok := op.(*ports.Cancellation); ok && c.RechargeID == r.ID {
			more, err := a.entries(r.WalletID, c.ID)
			if err != nil {
				return err
			}
			entries = append(entries, more...)
		}
	}
	want, more, err := a.owes(r)
	if err != nil {
		return err
	}
	entries = append(entries, more...)
	if r.Status == ports.RechargeApproved {
		want = want.Add(amount)
	}
	credits, sum := 0, decimal.Zero
	for i := range entries {
		sum = sum.Add(entries[i].BalanceAmount)
		if entries[i].Type == ports.EntryRecharge {
			credits++
		}
	}
	if (credits == 1) != charged || credits > 1 || !sum.Equal(want) {
		return fmt.Errorf("recharge %s is %s, charged %t with %s: %d credits, %s in all", r.ID, r.Status, charged, amount, credits, sum)
	}
	return a.bonusOf(r, entries)
}

func (a *audit) entries(walletID, operation string) ([]ports.Entry, error) {
	page, err := a.ledger.History(a.ctx, ports.EntryFilter{WalletID: walletID, OperationID: operation, Limit: 1000})
	return page.Entries, err
}

// payouts compares withdrawals with the providers' books, one by one.
func (a *audit) payouts(books books) error {
	known := make(map[string]bool)
	for _, op := range a.ops {
		w, ok := op.(*ports.Withdrawal)
		if !ok {
			continue
		}
		known[w.ID] = true
		payout, taken := books.payouts[w.ID]
		unnamed := w.ProviderRef == "" && len(w.Decisions) > 0 // people report no ref
		completed, returned := w.Status == ports.WithdrawalCompleted, w.Status == ports.WithdrawalReturned
		switch {
		case taken && isDollars(w.WalletID):
			return fmt.Errorf("withdrawal %s of %s was paid in won", w.ID, w.WalletID)
		case w.Disburser == viaSOLAPI && completed != (taken && payout.paid):
			return fmt.Errorf("withdrawal %s is %s (%s), the provider has %+v", w.ID, w.Status, w.Why, payout)
		case taken && completed && (!payout.total.Equal(w.Total) || !payout.fee.Equal(w.ActualFee.Decimal) || payout.ref != w.ProviderRef && !unnamed):
			return fmt.Errorf("withdrawal %s of %s with fee %s, the provider has %+v", w.ID, w.Total, w.ActualFee.Decimal, payout)
		case w.Leaving != nil && (w.Leaving.ClosedSeq == 0) == (w.Leaving.Stays == ""):
			return fmt.Errorf("withdrawal %s is %s, and its wallet was to be closed: %+v", w.ID, w.Status, w.Leaving)
		}
		entries, err := a.entries(w.WalletID, w.ID)
		if err != nil {
			return err
		}
		sum, want, moves := decimal.Zero, decimal.Zero, 2
		for i := range entries {
			switch entries[i].Type { //nolint:exhaustive // the others are of every withdrawal
			case ports.EntryWithdraw:
				if w.Leaving != nil && !entries[i].NewBalance.Equal(w.Leaving.ForfeitCash) {
					return fmt.Errorf("withdrawal %s was for all, and left %s of which %s can be given up", w.ID, entries[i].NewBalance, w.Leaving.ForfeitCash)
				}
			case ports.EntryWithdrawLate: // it was given back before
				moves++
			case ports.EntryForfeit, ports.EntryClose: // its wallet was wound up
				moves++
				continue
			}
			sum = sum.Add(entries[i].BalanceAmount)
		}
		if completed || returned {
			want = w.Returned.Sub(w.Total)
		}
		if returned {
			moves++
		}
		if len(entries) != moves || !sum.Equal(want) {
			return fmt.Errorf("withdrawal %s is %s: %d entries come to %s", w.ID, w.Status, len(entries), sum)
		}
	}
	for id := range books.payouts {
		if !known[id] {
			return fmt.Errorf("the provider paid out %s, which we do not know", id)
		}
	}
	return nil
}

// clearing compares what each provider owes us with its books.
func (a *audit) clearing(books books) error {
	for _, via := range []string{viaSOLAPI, viaOwn, viaKona, viaWindow, viaTransfer, viaCards, viaPay, viaAccount} {
		booked := make(map[string]decimal.Decimal)
		for _, total := range a.totals {
			if total.Account == ports.AccountClearing(via) {
				booked[total.Currency] = total.Balance
			}
		}
		if !booked["KRW"].Equal(books.owed[via]) || !booked["USD"].IsZero() {
			return fmt.Errorf("clearing with %s: %s are booked, by its books it is %s won", via, booked, books.owed[via])
		}
	}
	return nil
}
