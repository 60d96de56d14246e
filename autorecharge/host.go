package autorecharge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// Set gives a wallet a policy, or its policy new terms, and re-arms it when its payment
// methods changed. Every fault of the terms is reported. A policy that is set stays
// disabled if it was. Alert levels that the cash is at or below already are not told.
//
// Delegated terms are configured at the provider, through the one Charger that all
// payment methods must name and that must be a [ports.Delegate]. Other terms are
// refused with [ErrBothOn] while a provider of theirs has its own auto-recharge on.
func (e *Engine) Set(ctx context.Context, walletID string, terms ports.PolicyTerms) (*ports.Policy, error) {
	wallet, err := e.ledger.Wallet(ctx, walletID)
	if err != nil {
		return nil, fmt.Errorf("set policy: %w", err)
	}
	terms, err = complete(terms, wallet.Scale)
	for _, method := range terms.Methods {
		if e.recharges.Charger(method.Charger) == nil {
			err = errors.Join(err, ports.Invalid("Methods", "name a Charger that the service does not have"))
		}
	}
	if err == nil {
		err = e.delegate(ctx, walletID, &terms)
	}
	if err != nil {
		return nil, fmt.Errorf("set policy of wallet %s: %w", walletID, err)
	}
	return e.change(ctx, walletID, func(next *ports.Policy) error {
		if !slices.Equal(next.Methods, terms.Methods) {
			armUnlessUnderWay(next)
		}
		for _, level := range terms.AlertLevels {
			if !contains(next.AlertLevels, level) && wallet.AvailableBalance().LessThanOrEqual(level) {
				next.State.Fired = append(next.State.Fired, level) // it was not crossed now
			}
		}
		next.PolicyTerms = terms
		return nil
	})
}

func armUnlessUnderWay(next *ports.Policy) {
	attempt := next.State.Attempt
	arm(next)
	next.State.Attempt = attempt
}

// delegate configures the provider of delegated terms, or makes sure that no provider
// recharges by itself.
func (e *Engine) delegate(ctx context.Context, walletID string, terms *ports.PolicyTerms) error {
	policy, err := e.find(ctx, walletID)
	if err != nil {
		return err
	}
	if terms.Delegated && policy != nil && policy.State.Attempt != nil {
		return ports.ErrOpenOperations // ours first comes to its end
	}
	on := policy == nil || policy.Status == ports.PolicyActive
	for i, method := range terms.Methods {
		provider, can := e.recharges.Charger(method.Charger).(ports.Delegate)
		if terms.Delegated {
			if method.Charger != terms.Methods[0].Charger || !can {
				return ports.Invalid("Methods", "must all be of one Charger that can recharge by itself")
			}
			if i == len(terms.Methods)-1 {
				return provider.Delegate(ctx, delegation(terms, on))
			}
			continue
		}
		if !can {
			continue
		}
		now, err := provider.Delegation(ctx)
		if err != nil {
			return fmt.Errorf("read the auto-recharge of %s: %w", method.Charger, err)
		}
		if now.On {
			return fmt.Errorf("%s: %w", method.Charger, ErrBothOn)
		}
	}
	return nil
}

func delegation(terms *ports.PolicyTerms, on bool) ports.Delegation {
	to := ports.Delegation{On: on, MinimumCash: terms.MinimumCash, RechargeTo: terms.RechargeTo}
	for _, method := range terms.Methods {
		to.Methods = append(to.Methods, method.ID)
	}
	return to
}

// Drift compares a delegated policy with the settings of its provider, and reports what
// differs, to the host as a [ports.PolicyEvent] too. A policy that is not delegated
// cannot drift.
func (e *Engine) Drift(ctx context.Context, walletID string) (drifted bool, err error) {
	policy, err := e.Get(ctx, walletID)
	if err != nil || !policy.Delegated {
		return false, err
	}
	provider, can := e.recharges.Charger(policy.Methods[0].Charger).(ports.Delegate)
	if !can {
		return false, fmt.Errorf("drift of wallet %s: %w", walletID, ports.Invalid("Methods", "name a Charger that cannot recharge by itself"))
	}
	found, err := provider.Delegation(ctx)
	if err != nil {
		return false, fmt.Errorf("drift of wallet %s: %w", walletID, err)
	}
	want := delegation(&policy.PolicyTerms, policy.Status == ports.PolicyActive)
	same := found.On == want.On && slices.Equal(found.Methods, want.Methods) &&
		found.MinimumCash.Equal(want.MinimumCash) && found.RechargeTo.Equal(want.RechargeTo)
	if !same {
		e.tell(ctx, policy, "drift", fmt.Sprintf("the provider has on=%t, minimum %s, target %s, %d methods",
			found.On, found.MinimumCash, found.RechargeTo, len(found.Methods)))
	}
	return !same, nil
}

// Enable switches a policy on, and re-arms it. Disable switches it off: an attempt
// under way is followed to its end. A delegated policy is switched at the provider.
func (e *Engine) Enable(ctx context.Context, walletID string) (*ports.Policy, error) {
	return e.switchTo(ctx, walletID, true)
}

// Disable is described at [Engine.Enable].
func (e *Engine) Disable(ctx context.Context, walletID string) (*ports.Policy, error) {
	return e.switchTo(ctx, walletID, false)
}

func (e *Engine) switchTo(ctx context.Context, walletID string, on bool) (*ports.Policy, error) {
	policy, err := e.Get(ctx, walletID)
	if err != nil {
		return nil, err
	}
	if policy.Delegated {
		if provider, can := e.recharges.Charger(policy.Methods[0].Charger).(ports.Delegate); can {
			if err := provider.Delegate(ctx, delegation(&policy.PolicyTerms, on)); err != nil {
				return nil, fmt.Errorf("switch policy of wallet %s: %w", walletID, err)
			}
		}
	}
	return e.change(ctx, walletID, func(next *ports.Policy) error {
		if !on {
			next.Status = ports.PolicyDisabled
			return nil
		}
		next.Status = ports.PolicyActive
		armUnlessUnderWay(next)
		return nil
	})
}

// Suspend switches a policy off as if it had done so itself, for a reason; Rearm makes
// it as good as new.
func (e *Engine) Suspend(ctx context.Context, walletID, why string) (*ports.Policy, error) {
	if err := ports.CheckID("Why", why); err != nil {
		return nil, fmt.Errorf("suspend policy: %w", err)
	}
	return e.change(ctx, walletID, func(next *ports.Policy) error {
		next.Status, next.State.Why, next.State.SuspendedAt = ports.PolicySuspended, why, e.now()
		return nil
	})
}

// Rearm is described at [Engine.Suspend].
func (e *Engine) Rearm(ctx context.Context, walletID string) (*ports.Policy, error) {
	return e.change(ctx, walletID, func(next *ports.Policy) error {
		if next.Status == ports.PolicyDisabled {
			return fmt.Errorf("it is %s: %w", next.Status, ports.ErrNotOpen)
		}
		armUnlessUnderWay(next)
		return nil
	})
}

// Delete ends a policy. While an attempt is under way it answers
// [ports.ErrOpenOperations]: disable it first.
func (e *Engine) Delete(ctx context.Context, walletID string) error {
	policy, err := e.Get(ctx, walletID)
	if err != nil {
		return err
	}
	if policy.Delegated { // else the provider would go on
		if _, err := e.switchTo(ctx, walletID, false); err != nil {
			return err
		}
	}
	_, err = e.change(ctx, walletID, func(next *ports.Policy) error {
		if next.State.Attempt != nil {
			return ports.ErrOpenOperations
		}
		next.Status, next.Open = ports.PolicyDeleted, false
		return nil
	})
	return err
}

// change computes the next version of a wallet's policy and writes it, again when
// another process was faster; then the policy is evaluated by its own decision. A
// wallet without a policy gets one if edit fills it in: its Version is 0 then.
func (e *Engine) change(ctx context.Context, walletID string, edit func(*ports.Policy) error) (*ports.Policy, error) {
	for {
		policy, err := e.find(ctx, walletID)
		if err != nil {
			return nil, err
		}
		now := e.now()
		next := &ports.Policy{OperationHead: ports.OperationHead{
			ID: e.config.IDs.NewID(), Kind: ports.KindPolicy, WalletID: walletID, Status: ports.PolicyActive, Open: true,
			Lane: ports.PolicyLane(walletID), CreatedAt: now,
		}}
		if policy != nil {
			next = own(policy)
		}
		if err := edit(next); err != nil {
			return nil, fmt.Errorf("policy of wallet %s: %w", walletID, err)
		}
		if len(next.Methods) == 0 {
			return nil, fmt.Errorf("policy of wallet %s: %w", walletID, ports.ErrNotFound)
		}
		until := now // looked at as soon as a worker, or the trigger, comes by
		if next.State.Attempt != nil {
			until = next.DueAt
		}
		wallet, err := e.ledger.Wallet(ctx, walletID)
		if err != nil {
			return nil, err
		}
		err = e.write(ctx, next, wallet.AvailableBalance(), now, Decision{Why: ReasonUnderWay, Until: until})
		if err == nil {
			return next, nil
		}
		if !errors.Is(err, ports.ErrConflict) && !errors.Is(err, ports.ErrLaneTaken) {
			return nil, fmt.Errorf("policy of wallet %s: %w", walletID, err)
		}
	}
}

// find returns the open policy of a wallet, or nil.
func (e *Engine) find(ctx context.Context, walletID string) (*ports.Policy, error) {
	if err := ports.CheckID("WalletID", walletID); err != nil {
		return nil, err
	}
	found, err := e.store.FindOperations(ctx, ports.OperationFilter{
		Kind: ports.KindPolicy, Lane: ports.PolicyLane(walletID), Open: true, Limit: 1,
	})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	policy, _ := found[0].(*ports.Policy)
	return policy, nil
}

// Get returns the policy of a wallet, or [ports.ErrNotFound].
func (e *Engine) Get(ctx context.Context, walletID string) (*ports.Policy, error) {
	policy, err := e.find(ctx, walletID)
	if err != nil {
		return nil, fmt.Errorf("policy of wallet %s: %w", walletID, err)
	}
	if policy == nil {
		return nil, fmt.Errorf("policy of wallet %s: %w", walletID, ports.ErrNotFound)
	}
	return policy, nil
}

// Explain says what the policy of a wallet would do now, and why; or why not, and until
// when.
func (e *Engine) Explain(ctx context.Context, walletID string, language Language) (Decision, string, error) {
	policy, err := e.Get(ctx, walletID)
	if err != nil {
		return Decision{}, "", err
	}
	wallet, err := e.ledger.Wallet(ctx, walletID)
	if err != nil {
		return Decision{}, "", err
	}
	underWay, err := e.underWay(ctx, walletID)
	if err != nil {
		return Decision{}, "", err
	}
	d := Decide(&wallet, policy, underWay, e.now())
	return d, d.Text(policy, language), nil
}

// Rehearsed is what a policy would have done after an entry of the past.
type Rehearsed struct {
	At       time.Time
	Seq      int64 // the entry after which it would have acted
	Decision Decision
}

// Rehearse replays terms over the history of a wallet between two times (zero: no
// bound) and returns when they would have charged, and when a cap or the like would
// have held a charge back. Every charge is taken to have succeeded at once; recharges
// that did happen stay in the history. Nothing is written.
func (e *Engine) Rehearse(ctx context.Context, walletID string, terms ports.PolicyTerms, from, until time.Time) ([]Rehearsed, error) {
	wallet, err := e.ledger.Wallet(ctx, walletID)
	if err != nil {
		return nil, fmt.Errorf("rehearse: %w", err)
	}
	if terms, err = complete(terms, wallet.Scale); err != nil {
		return nil, fmt.Errorf("rehearse: %w", err)
	}
	policy := &ports.Policy{PolicyTerms: terms, OperationHead: ports.OperationHead{Status: ports.PolicyActive}}
	var acts []Rehearsed
	var extra, held decimal.Decimal
	last := Reason("")
	for entry, err := range e.ledger.Entries(ctx, ports.EntryFilter{WalletID: walletID, Until: until, Limit: 1000}) {
		if err != nil {
			return nil, fmt.Errorf("rehearse wallet %s: %w", walletID, err)
		}
		held = held.Add(entry.BalanceHeldAmount)
		if entry.BookedAt.Before(from) || entry.Type == ports.EntryOpen {
			continue
		}
		wallet.Balance, wallet.BalanceHeld, wallet.Status = entry.NewBalance.Add(extra), held, ports.WalletActive
		d := Decide(&wallet, policy, decimal.Decimal{}, entry.BookedAt)
		if d.Charge {
			extra = extra.Add(d.Amount)
			policy.State.Charges = append(recent(policy.State.Charges, terms.TimeZone, entry.BookedAt),
				ports.PolicyCharge{Key: fmt.Sprint(entry.Seq), At: entry.BookedAt, Amount: d.Amount})
		}
		heldBack := !d.Charge && d.Why != ReasonAbove && d.Why != ReasonOff
		if d.Charge || heldBack && d.Why != last {
			acts = append(acts, Rehearsed{At: entry.BookedAt, Seq: entry.Seq, Decision: d})
		}
		last = d.Why
	}
	return acts, nil
}
