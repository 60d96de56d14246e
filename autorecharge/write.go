package autorecharge

import (
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// dip is the lowest available cash that the trigger saw since it last woke the engine,
// and the Seq of the entry that left it. The zero dip means that there was none.
type dip struct {
	seq       int64
	available decimal.Decimal
}

// write commits a step: the next version of the policy and, in the same unit, what its wallet
// is watched for. Then it tells the alerts and the events. Every change of a policy goes
// through it, but for a claim, which is written with its order, and a lease.
func (e *Engine) write(ctx context.Context, s step) (again bool, err error) {
	if s.idle {
		return s.again, nil
	}
	written, err := s.next.record()
	if err != nil {
		return false, err
	}
	if s.alone {
		err = record.Commit(ctx, e.store, written)
	} else {
		_, err = e.ledger.Book(ctx, books.Booking{WalletID: s.next.WalletID, Watch: &s.watch, Operations: []ports.Operation{written}})
	}
	return s.again, e.tell(ctx, &s, err)
}

// conclude writes the step that an occurrence leads to, with a fresh look at the wallet. What
// is known is kept, though the caller has left.
func (e *Engine) conclude(ctx context.Context, policy *loaded, happened occurrence) (again bool, err error) {
	ctx = context.WithoutCancel(ctx)
	wallet, err := e.ledger.Wallet(ctx, policy.WalletID)
	if err != nil {
		return false, err
	}
	return e.write(ctx, advance(policy, &wallet, happened, e.now()))
}

// tell tells the alerts and the events of a step that was written, which err says. What is in
// doubt is told when it is known.
func (e *Engine) tell(ctx context.Context, s *step, err error) error {
	written, errRecord := s.next.record()
	if errRecord != nil { // cannot be: it was written
		return ports.Join(err, errRecord)
	}
	tell := func() {
		e.tellCrossed(ctx, s)
		for _, event := range s.events {
			e.tellEvent(ctx, written, event)
		}
	}
	switch {
	case err == nil:
		e.doubts.Told(written)
		tell()
	case len(s.crossed)+len(s.events) == 0:
	case !e.doubts.Note(written, err, tell):
		e.config.Logger.ErrorContext(ctx, "too many changes are in doubt: one will not be told", "policy", written.ID)
	}
	return err
}

// tellCrossed tells of the alert levels that were crossed.
func (e *Engine) tellCrossed(ctx context.Context, s *step) {
	available := s.wallet.AvailableBalance()
	if s.low.seq > 0 && s.low.available.LessThan(available) {
		available = s.low.available
	}
	for _, level := range s.crossed {
		e.config.Logger.InfoContext(ctx, "low balance", "wallet", s.next.WalletID, "level", level.String(), "available", available.String())
		e.events.Post(ctx, ports.AlertEvent{At: s.next.UpdatedAt, WalletID: s.next.WalletID, Level: level, Available: available})
	}
}

// tellEvent tells the host, away from this path.
func (e *Engine) tellEvent(ctx context.Context, policy *ports.Policy, event change) {
	e.config.Logger.InfoContext(ctx, "auto-recharge "+string(event.what), "wallet", policy.WalletID, "policy", policy.ID, "why", event.why)
	told, _ := policy.Clone().(*ports.Policy)
	e.events.Post(ctx, ports.PolicyEvent{At: e.now(), What: event.what, Why: event.why, Policy: told})
}

// endWithWallet ends the policy of a wallet that was closed. The wallet itself changes no more.
// That of a delegated one ends when the provider is off for good; until then the answer
// is [ErrNotConfigured].
func (e *Engine) endWithWallet(ctx context.Context, policy *loaded, wallet *ports.Wallet) (ended *loaded, err error) {
	if policy.Delegated { // else the provider would go on
		if policy.State.Unconfigured && e.now().Before(policy.DueAt) {
			return nil, ErrNotConfigured // another process works on it
		}
		if policy, err = e.configured(ctx, policy, false); err != nil {
			return nil, err
		}
	}
	s := advance(policy, wallet, walletClosed{}, e.now())
	if _, err = e.write(ctx, s); err == nil && s.next.Open {
		err = ErrNotConfigured
	}
	return s.next, err
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
