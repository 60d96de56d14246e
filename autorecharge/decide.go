package autorecharge

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// Reason says why a decision is what it is.
type Reason string

// The reasons of a decision.
const (
	ReasonLow           Reason = "low"            // cash is at or below the minimum: charge
	ReasonAbove         Reason = "above"          // cash is above the minimum
	ReasonOff           Reason = "off"            // the minimum is zero
	ReasonDelegated     Reason = "delegated"      // the provider recharges
	ReasonDrift         Reason = "drift"          // the provider's settings are not those of a delegated policy
	ReasonDisabled      Reason = "disabled"       // switched off by the host
	ReasonSuspended     Reason = "suspended"      // it stopped until it is reinstated
	ReasonWallet        Reason = "wallet"         // the wallet is frozen or closed
	ReasonUnderWay      Reason = "under_way"      // money is on its way already
	ReasonLane          Reason = "lane"           // another order holds the lane of the payment method
	ReasonDisputed      Reason = "disputed"       // a recharge is disputed or was taken back: a person decides
	ReasonBothOn        Reason = "both_on"        // the provider's own auto-recharge is on
	ReasonCharger       Reason = "charger"        // this process does not have the Charger: others charge
	ReasonBounds        Reason = "bounds"         // no multiple of the unit is within the bounds of a charge
	ReasonBackoff       Reason = "backoff"        // it failed a moment ago
	ReasonPace          Reason = "pace"           // the last charge fell short because of the bounds: the next one follows
	ReasonDailyCount    Reason = "daily_count"    // the day's attempts are used up
	ReasonDailyAmount   Reason = "daily_amount"   // the day's money leaves no room for a charge
	ReasonMonthlyCount  Reason = "monthly_count"  // the month's attempts are used up
	ReasonTimeZone      Reason = "time_zone"      // this machine does not know the time zone in which caps are counted
	ReasonLimit         Reason = "limit"          // a limit of the wallet does not admit the charge: see ledger.Limits
	ReasonOwed          Reason = "owed"           // the wallet owes something, which a charge would pay: see recharge.Service.Debts
	ReasonMonthlyAmount Reason = "monthly_amount" // the month's money leaves no room for a charge
)

// Decision is what a policy would do about a wallet at a moment.
type Decision struct {
	Charge bool
	Amount decimal.Decimal     // with Charge
	Method ports.PaymentMethod // with Charge, ReasonCharger and ReasonLane
	Why    Reason
	Until  time.Time // without Charge: when it is worth asking again; zero: when something changes

	// OperationID and OperationStatus are of the order that is waited for. With
	// ReasonLane, and from [Engine.Explain] with ReasonUnderWay.
	OperationID, OperationStatus string

	Currency string // of the wallet

	blocks bool // the order holds the lane in review, or for long

	// Bound names what made Amount another than the target needs. Blank: nothing did.
	Bound Bound
}

// Bound names the term of a policy that decides the amount of a charge instead of the
// target.
type Bound string

// The bounds.
const (
	BoundUnit          Bound = "charge_unit" // the amount is rounded up
	BoundMinimum       Bound = "minimum_charge"
	BoundMaximum       Bound = "maximum_charge"
	BoundDailyAmount   Bound = "daily_amount"
	BoundMonthlyAmount Bound = "monthly_amount"
)

// recheck is when to look again at a wallet that is kept from charging by something
// that has no end of its own.
const recheck = time.Minute

// limited waits for room below a limit of the wallet. The balance may fall at any moment, or a day
// begin.
func limited(now time.Time) Decision { return Decision{Why: ReasonLimit, Until: now.Add(10 * recheck)} }

// indebted waits until the wallet owes nothing any more: the customer pays, or a person writes it off.
func indebted(now time.Time) Decision { return Decision{Why: ReasonOwed, Until: now.Add(10 * recheck)} }

// Decide says what a policy does about a wallet: charge so much, with which payment
// method, and why; or not, why, and until when. It is a pure function. state is that of the
// policy, see [StateOf]; underWay is the money of other recharges of the wallet that have not
// ended.
//
// It charges when the available cash, with what is under way, is at or below
// MinimumCash, and as much as RechargeTo needs, rounded up to a multiple of ChargeUnit,
// so that the target is reached or passed by less than a unit. Where the bounds and caps
// disagree with that it charges the bound, MinimumCharge rounded up and the others down,
// and says so. It knows no limits of the wallet: [Engine.Explain] does.
func Decide(wallet *ports.Wallet, policy *ports.Policy, state *State, underWay decimal.Decimal, now time.Time) Decision {
	return decide(wallet, &loaded{Policy: *policy, State: *state}, underWay, now)
}

func decide(wallet *ports.Wallet, policy *loaded, underWay decimal.Decimal, now time.Time) Decision {
	d := judge(wallet, policy, underWay, now)
	d.Currency = wallet.Currency
	return d
}

// judge is decide without the currency.
func judge(wallet *ports.Wallet, policy *loaded, underWay decimal.Decimal, now time.Time) Decision {
	available := wallet.AvailableBalance()
	switch {
	case policy.Status == ports.PolicySuspended:
		return Decision{Why: ReasonSuspended}
	case policy.Status != ports.PolicyActive:
		return Decision{Why: ReasonDisabled}
	case policy.Delegated:
		return Decision{Why: ReasonDelegated}
	case !policy.MinimumCash.IsPositive():
		return Decision{Why: ReasonOff}
	case policy.State.Attempt != nil:
		return Decision{Why: ReasonUnderWay}
	case !low(&policy.PolicyTerms, available):
		return Decision{Why: ReasonAbove}
	case wallet.Status != ports.WalletActive:
		return Decision{Why: ReasonWallet, Until: now.Add(10 * recheck)}
	case !low(&policy.PolicyTerms, available.Add(underWay)):
		return Decision{Why: ReasonUnderWay, Until: now.Add(recheck)}
	case now.Before(policy.State.NotBefore) && policy.State.Failures+policy.State.Outages == 0:
		return Decision{Why: ReasonPace, Until: policy.State.NotBefore}
	case now.Before(policy.State.NotBefore):
		return Decision{Why: ReasonBackoff, Until: policy.State.NotBefore}
	}
	next, ok := method(policy, now)
	if !ok {
		return Decision{Why: ReasonSuspended}
	}
	d := Decision{Charge: true, Why: ReasonLow, Amount: policy.RechargeTo.Sub(available).Sub(underWay), Method: next}
	d.bound(policy)
	if !chargeable(d.Amount, policy) {
		return Decision{Why: ReasonBounds}
	}
	return d.cap(policy, now)
}

// low reports whether cash is where the terms ask for a charge: at or below the minimum. A
// minimum of zero asks for none.
func low(terms *ports.PolicyTerms, available decimal.Decimal) bool {
	return terms.MinimumCash.IsPositive() && available.LessThanOrEqual(terms.MinimumCash)
}

// bound makes the amount a multiple of the unit, within the bounds of one charge.
func (d *Decision) bound(policy *loaded) {
	step, need := policy.Unit(), d.Amount
	if d.Amount = roundUp(need, step); !d.Amount.Equal(need) {
		d.Bound = BoundUnit
	}
	if least := policy.MinimumCharge; least.Valid && d.Amount.LessThan(least.Decimal) {
		d.Amount, d.Bound = roundUp(least.Decimal, step), BoundMinimum
	}
	if most := policy.MaximumCharge; most.Valid && d.Amount.GreaterThan(most.Decimal) {
		d.Amount, d.Bound = roundDown(most.Decimal, step), BoundMaximum
	}
}

// chargeable reports whether rounding down left an amount that may be charged.
func chargeable(amount decimal.Decimal, policy *loaded) bool {
	return amount.IsPositive() && (!policy.MinimumCharge.Valid || amount.GreaterThanOrEqual(policy.MinimumCharge.Decimal))
}

func roundDown(amount, step decimal.Decimal) decimal.Decimal { return amount.Sub(amount.Mod(step)) }

func roundUp(amount, step decimal.Decimal) decimal.Decimal {
	if down := roundDown(amount, step); down.LessThan(amount) {
		return down.Add(step)
	}
	return amount
}

// quota is what a policy may do in a day or a month.
type quota struct {
	period span
	count  int                 // attempts; zero: any number
	amount decimal.NullDecimal // money
	counts Reason              // the attempts are used up
	spends Reason              // the money is used up
}

// clockSkew is how far the clocks of processes may differ. A period ends so much later,
// and charges that were made so shortly before it count for it too: then it holds no more
// than its quota by any of the clocks.
const clockSkew = 10 * time.Second

func quotas(policy *loaded, now time.Time) [2]quota {
	day, month := periods(policy.TimeZone, now.Add(-clockSkew))
	for _, period := range []*span{&day, &month} {
		period.from, period.until = period.from.Add(-clockSkew), period.until.Add(clockSkew)
	}
	return [2]quota{
		{day, policy.DailyCount, policy.DailyAmount, ReasonDailyCount, ReasonDailyAmount},
		{month, policy.MonthlyCount, policy.MonthlyAmount, ReasonMonthlyCount, ReasonMonthlyAmount},
	}
}

// left returns the money that may still be charged in the period, in multiples of the
// policy's unit; only of a quota with an amount.
func (q *quota) left(policy *loaded) decimal.Decimal {
	_, spent := used(policy.State.Charges, q.period.from)
	return roundDown(q.amount.Decimal.Sub(spent), policy.Unit())
}

// usedUp returns the first cap that admits no charge at all, and when it counts anew;
// blank: none. A machine that does not know the time zone cannot count: that admits none
// either.
func usedUp(policy *loaded, now time.Time) (Reason, time.Time) {
	hasCaps := policy.DailyCount > 0 || policy.DailyAmount.Valid || policy.MonthlyCount > 0 || policy.MonthlyAmount.Valid
	if _, err := Location(policy.TimeZone); err != nil && hasCaps {
		return ReasonTimeZone, now.Add(recheck)
	}
	for _, q := range quotas(policy, now) {
		count, _ := used(policy.State.Charges, q.period.from)
		switch {
		case q.count > 0 && count >= q.count:
			return q.counts, q.period.until
		case q.amount.Valid && !chargeable(q.left(policy), policy):
			return q.spends, q.period.until
		}
	}
	return "", time.Time{}
}

// cap holds the charge back, or makes it smaller, where a cap of the day or the month
// asks for it.
func (d Decision) cap(policy *loaded, now time.Time) Decision {
	if why, until := usedUp(policy, now); why != "" {
		return Decision{Why: why, Until: until}
	}
	for _, q := range quotas(policy, now) {
		if !q.amount.Valid {
			continue
		}
		if left := q.left(policy); d.Amount.GreaterThan(left) {
			d.Amount, d.Bound = left, Bound(q.spends)
		}
	}
	return d
}

// used counts the attempts since a time, and the money that moved or may have.
func used(charges []Charge, since time.Time) (count int, spent decimal.Decimal) {
	for i := range charges {
		if !charges[i].At.Before(since) {
			count += charges[i].Count
			spent = spent.Add(charges[i].Amount)
		}
	}
	return count, spent
}
