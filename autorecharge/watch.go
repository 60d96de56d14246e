package autorecharge

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// finish writes the policy with a fresh look at the wallet.
func (e *Engine) finish(ctx context.Context, next *ports.Policy, d Decision) error {
	ctx = context.WithoutCancel(ctx)
	wallet, err := e.ledger.Wallet(ctx, next.WalletID)
	if err != nil {
		return err
	}
	return e.write(ctx, next, wallet.AvailableBalance(), e.now(), d)
}

// look tells the alerts that are due and keeps the policy and the watch in step with
// the decision (nil: as they are), if anything changed.
func (e *Engine) look(ctx context.Context, policy *ports.Policy, d *Decision) error {
	wallet, err := e.ledger.Wallet(ctx, policy.WalletID)
	if err != nil {
		return err
	}
	available, now := wallet.AvailableBalance(), e.now()
	decision := Decision{Why: ReasonUnderWay, Until: policy.DueAt}
	if d != nil {
		decision = *d
	}
	next := own(policy)
	fired := fire(next, available)
	watch := watchOf(next, available, decision)
	same := len(fired) == 0 && len(next.State.Fired) == len(policy.State.Fired) && next.DueAt.Equal(dueOf(next, decision, now)) &&
		ports.SameAmount(watch.Below, wallet.Watch.Below) && ports.SameAmount(watch.Above, wallet.Watch.Above)
	if same {
		return nil
	}
	return e.write(ctx, next, available, now, decision, fired...)
}

// write commits the next version of the policy and, in the same unit, what the wallet
// is watched for; then it tells the alerts.
func (e *Engine) write(ctx context.Context, next *ports.Policy, available decimal.Decimal, now time.Time, d Decision, fired ...decimal.Decimal) error {
	fired = append(fired, fire(next, available)...)
	watch := watchOf(next, available, d)
	next.Version++
	next.UpdatedAt = now
	next.DueAt = dueOf(next, d, now)
	_, err := e.ledger.Book(ctx, ledger.Booking{WalletID: next.WalletID, Watch: &watch, Operations: []ports.Operation{next}})
	if err != nil {
		return err
	}
	for _, level := range fired {
		e.config.Logger.InfoContext(ctx, "low balance", "wallet", next.WalletID, "level", level.String(), "available", available.String())
		e.mail.Post(ctx, ports.AlertEvent{At: now, WalletID: next.WalletID, Level: level, Available: available})
	}
	return nil
}

// dueOf is when the policy is to be looked at again without anything having changed.
func dueOf(p *ports.Policy, d Decision, _ time.Time) time.Time {
	if !p.Open || p.Status != ports.PolicyActive && p.State.Attempt == nil {
		return time.Time{}
	}
	return ports.Instant(d.Until)
}

// fire brings the alert levels in step with the available cash: it returns those that
// were crossed downwards, and arms those that the cash is above again.
func fire(p *ports.Policy, available decimal.Decimal) []decimal.Decimal {
	var crossed, fired []decimal.Decimal
	for _, level := range p.AlertLevels {
		switch was := contains(p.State.Fired, level); {
		case available.GreaterThan(level): // armed
		case was:
			fired = append(fired, level)
		default:
			crossed, fired = append(crossed, level), append(fired, level)
		}
	}
	p.State.Fired = fired
	return crossed
}

// watchOf is the look that the policy wants to have at the wallet: when cash falls to
// the minimum (unless something else says when to look), or to an alert level; when it
// rises above a level that was told, or at all while the policy is suspended.
func watchOf(p *ports.Policy, available decimal.Decimal, d Decision) ports.Watch {
	var w ports.Watch
	if !p.Open {
		return w
	}
	below := func(level decimal.Decimal) {
		if !w.Below.Valid || level.GreaterThan(w.Below.Decimal) {
			w.Below = decimal.NewNullDecimal(level)
		}
	}
	above := func(level decimal.Decimal) {
		if !w.Above.Valid || level.LessThan(w.Above.Decimal) {
			w.Above = decimal.NewNullDecimal(level)
		}
	}
	if p.Status == ports.PolicyActive && d.Why == ReasonAbove {
		below(p.MinimumCash)
	}
	if p.Status == ports.PolicySuspended {
		above(available)
	}
	for _, level := range p.AlertLevels {
		if contains(p.State.Fired, level) {
			above(level)
		} else {
			below(level)
		}
	}
	return w
}
