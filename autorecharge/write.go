package autorecharge

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// dip is the lowest available cash that the trigger saw since it last woke the engine,
// and the Seq of the entry that left it. The zero dip means that there was none.
type dip struct {
	seq       int64
	available decimal.Decimal
}

// look tells what is new: alerts that are due, an order that blocks the policy, and a cap
// that holds a charge back or does no longer. It keeps the policy and the watch in step with the decision, if anything changed.
func (e *Engine) look(ctx context.Context, policy *loaded, wallet *ports.Wallet, d Decision) error {
	next := policy.clone()
	if d.Why == ReasonAbove {
		next.State.Tried = nil // the round is over: another recharge met the need
	}
	news := []change{block(next, d), capped(next, d, e.now())}
	after := next.clone() // as it would be written
	crossed, watch := e.advance(after, wallet, dip{}, d)
	if len(crossed) == 0 && sameLook(policy, after) &&
		ports.SameAmount(watch.Below, wallet.Watch.Below) && ports.SameAmount(watch.Above, wallet.Watch.Above) {
		return nil
	}
	err := e.write(ctx, next, wallet, dip{}, d)
	return e.told(ctx, next, err, func() {
		for _, n := range news {
			e.tell(ctx, next, n.what, n.why)
		}
	})
}

// sameLook reports whether a look found the policy as it is.
func sameLook(policy, after *loaded) bool {
	was, is := &policy.State, &after.State
	return len(is.Fired) == len(was.Fired) && len(is.Tried) == len(was.Tried) && is.Blocked == was.Blocked && is.Capped == was.Capped &&
		after.Provider == policy.Provider && after.DueAt.Equal(policy.DueAt)
}

// write commits the next version of the policy and, in the same unit, what the wallet
// is watched for; then it tells the alerts.
func (e *Engine) write(ctx context.Context, next *loaded, wallet *ports.Wallet, low dip, d Decision) error {
	crossed, watch := e.advance(next, wallet, low, d)
	written, err := next.record()
	if err != nil {
		return err
	}
	_, err = e.ledger.Book(ctx, ledger.Booking{WalletID: next.WalletID, Watch: &watch, Operations: []ports.Operation{written}})
	if len(crossed) == 0 {
		return err
	}
	return e.told(ctx, next, err, func() { e.alert(ctx, next, wallet, low, crossed) })
}

// advance makes the policy its next version as of now. It returns the alert levels that
// were crossed, and what the wallet is to be watched for.
func (e *Engine) advance(next *loaded, wallet *ports.Wallet, low dip, d Decision) ([]decimal.Decimal, ports.Watch) {
	crossed := fire(next, wallet, low)
	next.Version++
	next.UpdatedAt = e.now()
	next.DueAt = dueOf(next, d, next.UpdatedAt)
	next.Provider = needs(next, next.UpdatedAt)
	if !next.Delegated && next.State.Attempt == nil && d.Method.Charger != "" {
		next.Provider = d.Method.Charger
	}
	next.ProviderRef = ""
	if next.Delegated {
		next.ProviderRef = next.Methods[0].Charger
	}
	return crossed, watchOf(next, wallet.AvailableBalance(), d)
}

// alert tells of the levels that were crossed.
func (e *Engine) alert(ctx context.Context, policy *loaded, wallet *ports.Wallet, low dip, crossed []decimal.Decimal) {
	available := wallet.AvailableBalance()
	if low.seq > 0 && low.available.LessThan(available) {
		available = low.available
	}
	for _, level := range crossed {
		e.config.Logger.InfoContext(ctx, "low balance", "wallet", policy.WalletID, "level", level.String(), "available", available.String())
		e.events.Post(ctx, ports.AlertEvent{At: policy.UpdatedAt, WalletID: policy.WalletID, Level: level, Available: available})
	}
}

// endWithWallet ends the policy of a wallet that was closed. The wallet itself changes no more.
// That of a delegated one ends when the provider is off for good; until then the answer
// is [ErrUnsettled].
func (e *Engine) endWithWallet(ctx context.Context, policy *loaded) error {
	next := policy.clone()
	if policy.Delegated { // else the provider would go on
		if policy.State.Unsettled && e.now().Before(policy.DueAt) {
			return ErrUnsettled // another process works on it
		}
		off, err := e.configured(ctx, policy, false)
		if err != nil {
			return err
		}
		next = off
	}
	if mayBeLate(next) {
		next.DueAt = next.State.LateUntil
		return cmp.Or(e.writeAlone(ctx, next), ErrUnsettled)
	}
	if next.State.Attempt != nil { // its recharge has ended: the wallet was closed
		book(next, next.State.Attempt.Amount)
	}
	next.Status, next.Open = ports.PolicyDeleted, false
	return e.writeAlone(ctx, next)
}

// writeAlone commits the next version of the policy of a closed wallet, which changes no
// more.
func (e *Engine) writeAlone(ctx context.Context, next *loaded) error {
	next.Version++
	next.UpdatedAt = e.now()
	if !next.Open {
		next.DueAt = time.Time{}
	}
	written, err := next.record()
	if err != nil {
		return err
	}
	return record.Commit(ctx, e.store, written)
}

// dueOf is when the policy is to be looked at again without anything having changed.
func dueOf(p *loaded, d Decision, now time.Time) time.Time {
	idle, tomorrow := p.State.Attempt == nil && !p.Delegated, now.Add(24*time.Hour)
	switch {
	case !p.Open:
		return time.Time{}
	case idle && p.Status == ports.PolicySuspended && !p.State.Held:
		return atLatest(now.Add(time.Hour), p, now) // cash may be recharged by hand, and spent
	case idle && (p.Status != ports.PolicyActive || d.Until.IsZero() || d.Until.After(tomorrow)):
		return atLatest(tomorrow, p, now) // its wallet may be closed: then it ends
	}
	return ports.Instant(d.Until)
}

// atLatest leaves the policy due when it is, unless that has passed or is later than a
// time.
func atLatest(t time.Time, p *loaded, now time.Time) time.Time {
	if p.DueAt.After(now) && p.DueAt.Before(t) {
		return p.DueAt
	}
	return t
}

// fire brings the alert levels in step with the available cash: it returns those that
// were crossed downwards, and arms those that the cash is above again. A dip that was
// over before anybody looked crosses them too, once.
func fire(p *loaded, wallet *ports.Wallet, low dip) (crossed []decimal.Decimal) {
	available := wallet.AvailableBalance()
	lowest := available
	if low.seq > p.State.Seen && low.available.LessThan(lowest) {
		lowest = low.available
	}
	var fired []decimal.Decimal
	for _, level := range p.AlertLevels {
		if lowest.LessThanOrEqual(level) && !contains(p.State.Fired, level) {
			crossed = append(crossed, level)
		}
		if available.LessThanOrEqual(level) {
			fired = append(fired, level)
		}
	}
	p.State.Fired = fired
	switch {
	case len(crossed) > 0 && available.LessThanOrEqual(slices.MaxFunc(crossed, decimal.Decimal.Cmp)):
		p.State.Seen = wallet.Seq
	case len(crossed) > 0:
		p.State.Seen = max(p.State.Seen, low.seq) // a later dip may wait
	}
	return crossed
}

// watchOf is the look that the policy wants to have at the wallet: when cash falls to
// the minimum (unless something else says when to look), or to an alert level; when it
// rises above a level that was told, or at all while the policy is suspended.
func watchOf(p *loaded, available decimal.Decimal, d Decision) ports.Watch {
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
