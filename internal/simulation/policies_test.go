package simulation_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
)

// policies checks what a unit does to policies: the terms are those that a host asked
// for; a charge is made only where the policy, the wallet and the money under way ask
// for it, and no more than that, rounded up to a whole unit; an attempt ends only when
// its recharge has.
func (v *witness) policies(unit *ports.Unit) error {
	keys := make(map[string]bool)
	for _, op := range unit.Operations {
		next, ok := op.(*ports.Policy)
		if !ok {
			continue
		}
		before, _ := v.open[next.WalletID][next.ID].(*ports.Policy)
		if before == nil {
			before = &ports.Policy{}
		}
		if !sameTerms(&before.PolicyTerms, &next.PolicyTerms) && !v.asksFor(next) {
			return fmt.Errorf("policy of %s: no request asked for %+v", next.WalletID, next.PolicyTerms)
		}
		was, is := stateOf(before).Attempt, stateOf(next).Attempt
		if was != nil && (is == nil || is.Key != was.Key) && v.stillOpen(unit, next.WalletID, was.Key) {
			return fmt.Errorf("policy of %s: attempt %s is over, and its recharge is not", next.WalletID, was.Key)
		}
		if is != nil && (was == nil || is.Key != was.Key) {
			keys[is.Key] = true
			if err := v.charge(unit, before, is); err != nil {
				return fmt.Errorf("policy of %s: attempt %s: %w", next.WalletID, is.Key, err)
			}
		}
	}
	for _, op := range unit.Operations {
		r, ok := op.(*ports.Recharge)
		if !ok || !strings.HasPrefix(r.Key, autoPrefix) {
			continue
		}
		if r.Version == 1 && !keys[r.Key] {
			return fmt.Errorf("recharge %s: no policy claimed it", r.ID)
		}
		if at, counted := v.claimedAt[r.ID]; counted && !r.Open {
			delete(v.claimedAt, r.ID)
			if provablyUnsent(r) {
				v.countClaim(r.WalletID, at, -1)
			}
		}
		if r.Transmissions == 1 {
			if err := v.sent(unit, r); err != nil {
				return fmt.Errorf("recharge %s is sent: %w", r.ID, err)
			}
		}
	}
	return nil
}

// stateOf returns the state of a policy. One that cannot be read ends the simulation.
func stateOf(policy *ports.Policy) autorecharge.State {
	state, err := autorecharge.StateOf(policy)
	if err != nil {
		panic(err)
	}
	return state
}

// provablyUnsent reports whether a recharge that ended never reached the provider: it
// counts against no cap.
func provablyUnsent(r *ports.Recharge) bool {
	return r.Status != ports.RechargeApproved && (r.Transmissions == 0 || r.Answer.Outcome == ports.OutcomeNotSent)
}

// countClaim counts an attempt, and returns the number of those of its day and its month.
func (v *witness) countClaim(walletID string, at time.Time, n int) (day, month int) {
	thisDay, thisMonth := walletID+at.In(korea).Format(" 2006-01-02"), walletID+at.In(korea).Format(" 2006-01")
	v.counts[thisDay] += n
	v.counts[thisMonth] += n
	return v.counts[thisDay], v.counts[thisMonth]
}

// claimed is what there was when a policy claimed a charge.
type claimed struct {
	policy    *ports.Policy
	available decimal.Decimal
	others    map[string]bool // recharges that were under way
}

// sent checks a charge once more when it is about to be sent: by then the engine has seen
// what was under way when it claimed.
func (v *witness) sent(unit *ports.Unit, r *ports.Recharge) error {
	c, first := v.claims[r.ID]
	if !first {
		return nil
	}
	delete(v.claims, r.ID)
	underWay := decimal.Zero
	for _, other := range v.openRecharges(unit, r.WalletID) {
		if c.others[other.ID] {
			underWay = underWay.Add(other.Amount)
		}
	}
	wallet := v.wallets[r.WalletID]
	expected := decimal.Min(c.available, wallet.AvailableBalance()).Add(underWay)
	if underWay.IsPositive() && (expected.GreaterThan(c.policy.MinimumCash) || r.Amount.GreaterThan(c.policy.RechargeTo.Sub(expected).Ceil())) {
		return fmt.Errorf("%s are charged where %s are, with %s under way; the minimum is %s, and the target %s",
			r.Amount, expected, underWay, c.policy.MinimumCash, c.policy.RechargeTo)
	}
	return nil
}

// sameTerms compares what hosts of the simulation choose.
func sameTerms(a, b *ports.PolicyTerms) bool {
	return a.MinimumCash.Equal(b.MinimumCash) && a.RechargeTo.Equal(b.RechargeTo) && a.Delegated == b.Delegated &&
		ports.SameAmount(a.MaximumCharge, b.MaximumCharge) && ports.SameAmount(a.DailyAmount, b.DailyAmount) &&
		a.DailyCount == b.DailyCount && a.MonthlyCount == b.MonthlyCount && a.SuspendAfter == b.SuspendAfter &&
		slices.Equal(a.Methods, b.Methods) && slices.EqualFunc(a.AlertLevels, b.AlertLevels, decimal.Decimal.Equal)
}

func (v *witness) asksFor(policy *ports.Policy) bool {
	return slices.ContainsFunc(v.world.asked, func(a *asked) bool {
		return a.Terms != nil && a.Wallet == policy.WalletID && sameTerms(a.Terms, &policy.PolicyTerms)
	})
}

// stillOpen reports whether the recharge of a key is open, once the unit is written.
func (v *witness) stillOpen(unit *ports.Unit, walletID, key string) bool {
	for _, r := range v.openRecharges(unit, walletID) {
		if r.Key == key {
			return true
		}
	}
	return false
}

// openRecharges returns the recharges of a wallet that were open before the unit and are
// still, once it is written.
func (v *witness) openRecharges(unit *ports.Unit, walletID string) (list []*ports.Recharge) {
	for id, op := range v.open[walletID] {
		r, ok := op.(*ports.Recharge)
		if ok && !slices.ContainsFunc(unit.Operations, func(o ports.Operation) bool { return o.Head().ID == id && !o.Head().Open }) {
			list = append(list, r)
		}
	}
	return list
}

// awaited reports whether an open recharge counts as money under way: one that is
// pending at a Charger that the policy does not name counts for ten minutes, and one that its
// customer is to pay does not count.
func awaited(r *ports.Recharge, policy *ports.Policy) bool {
	return !r.Awaited && (r.Status != ports.RechargePending || time.Since(r.CreatedAt) < 10*time.Minute-skew ||
		slices.ContainsFunc(policy.Methods, func(m ports.PaymentMethod) bool { return m.Charger == r.Charger }))
}

// charge checks a charge that a policy makes, against the policy as it was before.
func (v *witness) charge(unit *ports.Unit, policy *ports.Policy, attempt *autorecharge.Attempt) error {
	i := slices.IndexFunc(unit.Operations, func(op ports.Operation) bool {
		r, ok := op.(*ports.Recharge)
		return ok && r.Key == attempt.Key && r.Version == 1
	})
	if i < 0 {
		return fmt.Errorf("it was claimed without its recharge")
	}
	r := unit.Operations[i].(*ports.Recharge)
	others := make(map[string]bool)
	for _, other := range v.openRecharges(unit, policy.WalletID) {
		if strings.HasPrefix(other.Key, autoPrefix) {
			return fmt.Errorf("attempt %s is open still", other.Key)
		}
		others[other.ID] = awaited(other, policy)
	}
	available, status := v.at(unit, r)
	v.claims[r.ID], v.claimedAt[r.ID] = claimed{policy, available, others}, attempt.At
	v.world.count("auto-recharge", "charges")
	day, month := v.countClaim(r.WalletID, attempt.At, 1)
	switch {
	case day > policy.DailyCount, month > policy.MonthlyCount:
		return fmt.Errorf("it is number %d of the day and %d of the month", day, month)
	case attempt.At.After(time.Now().Add(skew)), attempt.At.Before(policy.UpdatedAt.Add(-skew)):
		return fmt.Errorf("it was claimed at %s, of a policy of %s", attempt.At, policy.UpdatedAt)
	case policy.Status != ports.PolicyActive:
		return fmt.Errorf("the policy is %q", policy.Status)
	case status != ports.WalletActive:
		return fmt.Errorf("the wallet is %s", status)
	case time.Now().Add(skew).Before(stateOf(policy).NotBefore):
		return fmt.Errorf("it backs off until %s", stateOf(policy).NotBefore)
	case available.GreaterThan(policy.MinimumCash):
		return fmt.Errorf("there are %s; the minimum is %s", available, policy.MinimumCash)
	case !r.Amount.Equal(attempt.Amount), r.Amount.GreaterThan(policy.MaximumCharge.Decimal), !r.Amount.IsInteger(),
		r.Amount.GreaterThan(policy.RechargeTo.Sub(available).Ceil()):
		return fmt.Errorf("it is %s (claimed %s): there are %s, to go to %s; one charge is at most %s",
			r.Amount, attempt.Amount, available, policy.RechargeTo, policy.MaximumCharge.Decimal)
	case r.Charger != attempt.Method.Charger, r.PaymentMethod != attempt.Method.ID, !slices.Contains(policy.Methods, attempt.Method):
		return fmt.Errorf("it charges %s %s, and claims %v", r.Charger, r.PaymentMethod, attempt.Method)
	}
	return nil
}

// at returns the available cash and the status of a wallet at the moment in a unit at
// which a recharge is opened.
func (v *witness) at(unit *ports.Unit, r *ports.Recharge) (decimal.Decimal, ports.WalletStatus) {
	w := v.wallets[r.WalletID]
	available, status := w.AvailableBalance(), w.Status
	for i := range unit.Entries {
		e := &unit.Entries[i]
		switch {
		case e.WalletID != r.WalletID:
		case e.OperationID == r.ID:
			return available, status
		case e.Type == ports.EntryFreeze:
			status = ports.WalletFrozen
		case e.Type == ports.EntryUnfreeze:
			status = ports.WalletActive
		case e.Type == ports.EntryClose:
			status = ports.WalletClosed
		default:
			available = available.Add(e.BalanceAmount).Sub(e.BalanceHeldAmount)
		}
	}
	return available, status
}
