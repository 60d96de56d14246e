package autorecharge

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// Act is what a person does to the policy of a wallet: [Engine.Enable], Disable, Suspend,
// Reinstate, Delete or Abandon. Who and Why are required ([ports.ErrInvalid]). The policy
// keeps each act that changed it in the Decisions of its [State], the newest 100, and each Set
// likewise; a repeated call is another act. The policy of a closed wallet ends by itself, and
// keeps no act then.
type Act struct {
	WalletID string
	ports.By
}

// Acts returns the acts that people may do to a policy as it is now, in the order in which an
// operator considers them: first what stops a policy that is active, or starts one that is not.
// Any other act is refused: [ports.ErrNotOpen], [ports.ErrInvalid] for Abandon, or
// [ports.ErrNotFound] once the policy has ended. One that may be done can fail for what goes on
// elsewhere: a provider ([ErrBothOn], [ErrNotConfigured]) or an attempt under way
// ([ports.ErrOpenOperations]). [Engine.Set] is not among them: it takes terms. A policy whose state cannot be read admits none.
func Acts(policy *ports.Policy) []ports.DecisionKind {
	if _, err := StateOf(policy); err != nil {
		return nil
	}
	starts := []ports.DecisionKind{ports.DecisionReinstate, ports.DecisionEnable}
	stops := []ports.DecisionKind{ports.DecisionSuspend, ports.DecisionDisable}
	if policy.Status == ports.PolicyActive {
		starts, stops = stops, starts
	}
	acts := slices.Concat(starts, stops, []ports.DecisionKind{ports.DecisionDelete, ports.DecisionAbandon})
	return slices.DeleteFunc(acts, func(what ports.DecisionKind) bool { return admits(policy, what) != nil })
}

// admits returns why a policy does not admit an act as it is.
func admits(policy *ports.Policy, what ports.DecisionKind) error {
	switch {
	case !policy.Open:
		return ports.ErrNotFound
	case policy.Status == ports.PolicyDisabled && (what == ports.DecisionSuspend || what == ports.DecisionReinstate):
		return record.Allowed([]ports.DecisionKind{ports.DecisionEnable, ports.DecisionDelete}, what, policy.StatusText())
	case what == ports.DecisionAbandon && !policy.Delegated:
		return ports.Invalid("WalletID", "has a policy that is not delegated: delete it")
	}
	return nil
}

// Enable switches a policy on, and makes it as good as new; one whose suspension only
// Reinstate lifts is suspended again. Disable switches it off: an attempt under way is
// followed to its end. A delegated policy is switched at the provider, see [ErrNotConfigured];
// others are refused with [ErrBothOn] while a provider's own is on.
func (e *Engine) Enable(ctx context.Context, a Act) (*ports.Policy, error) {
	return e.start(ctx, act{ports.DecisionEnable, a}, func(next *loaded, _ *ports.Wallet) (change, error) {
		next.Status = ports.PolicyActive
		if next.State.Held {
			next.Status = ports.PolicySuspended
		}
		renew(next)
		return change{}, nil
	})
}

// Disable switches a policy off: see [Engine.Enable].
func (e *Engine) Disable(ctx context.Context, a Act) (*ports.Policy, error) {
	return e.change(ctx, act{ports.DecisionDisable, a}, func(next *loaded, _ *ports.Wallet) (change, error) {
		next.Status = ports.PolicyDisabled
		return change{}, nil
	})
}

// Suspend stops a policy until an operator calls Reinstate. The reason is kept as Why of the
// policy's [State], for operators: package text, whose sentences customers may read, does not
// show it. Nothing else lifts that suspension, nor one that a disputed or taken-back recharge caused: no recharge by
// hand, no other payment methods, no Disable and Enable, no Delete and Set.
//
// Reinstate makes a policy as good as new, however it was suspended, and takes recharges that
// were taken back before as looked at. It is for operators: do not offer it to customers.
// A dispute that is still open suspends the policy again when it would charge. A policy
// that the host disabled is neither suspended nor reinstated: [ports.ErrNotOpen].
func (e *Engine) Suspend(ctx context.Context, a Act) (*ports.Policy, error) {
	return e.change(ctx, act{ports.DecisionSuspend, a}, func(next *loaded, _ *ports.Wallet) (change, error) {
		held := next.Status == ports.PolicySuspended && next.State.Held
		suspend(next, a.Why, moment{now: e.now()})
		next.State.Held = true
		if held { // it was told
			return change{}, nil
		}
		return change{ports.PolicyEventSuspended, a.Why}, nil
	})
}

// Reinstate lifts any suspension of a policy: see [Engine.Suspend].
func (e *Engine) Reinstate(ctx context.Context, a Act) (*ports.Policy, error) {
	return e.start(ctx, act{ports.DecisionReinstate, a}, func(next *loaded, wallet *ports.Wallet) (change, error) {
		release(next, wallet.Seq)
		return change{}, nil
	})
}

// start changes a policy so that it may charge: no provider of its payment methods may
// recharge by itself.
func (e *Engine) start(ctx context.Context, by act, edit edit) (*ports.Policy, error) {
	if err := by.check(); err != nil {
		return nil, err
	}
	policy, err := e.get(ctx, by.WalletID)
	if err != nil {
		return nil, err
	}
	if err := admits(&policy.Policy, by.what); err != nil {
		return nil, record.About("policy of", "wallet", by.WalletID, err)
	}
	if !policy.Delegated {
		if err := e.checkAlone(ctx, policy.Methods); err != nil {
			return nil, record.About("policy of", "wallet", by.WalletID, err)
		}
	}
	return e.change(ctx, by, edit)
}

// Delete ends a policy; what it charged goes on counting against the caps of the next.
// While an attempt is under way it answers [ports.ErrOpenOperations]: disable it first.
// One that is delegated is switched off at the provider first, see [ErrNotConfigured]; after
// a setting whose answer was lost that takes half an hour, since it may arrive late.
// That is a [Engine.Disable] by the same person, and is kept as one.
func (e *Engine) Delete(ctx context.Context, a Act) error {
	deletion := act{ports.DecisionDelete, a}
	if err := deletion.check(); err != nil {
		return err
	}
	policy, err := e.get(ctx, a.WalletID)
	if err != nil {
		return err
	}
	if policy.Delegated { // else the provider would go on
		if _, err := e.Disable(ctx, a); err != nil {
			return err
		}
	}
	_, err = e.change(ctx, deletion, deleted)
	return err
}

// deleted ends a policy that has nothing under way.
func deleted(next *loaded, _ *ports.Wallet) (change, error) {
	switch {
	case next.Delegated && next.Status != ports.PolicyDisabled: // it was enabled meanwhile
		return change{}, ErrNotConfigured
	case next.State.Attempt != nil:
		return change{}, ports.ErrOpenOperations
	case next.State.Unconfigured, mayBeLate(next):
		return change{}, ErrNotConfigured
	}
	next.Status, next.Open = ports.PolicyDeleted, false
	return change{}, nil
}

// act is an act of a kind.
type act struct {
	what ports.DecisionKind
	Act
}

// check refuses an act on a wallet that cannot be, or by a person who is not named or
// gives no reason.
func (a act) check() error {
	if err := ports.Join(ports.CheckID("WalletID", a.WalletID), ports.CheckBy(a.By)); err != nil {
		return fmt.Errorf("%s policy: %w", a.what, err)
	}
	return nil
}

// maxDecisions is how many acts of people a policy keeps.
const maxDecisions = 100

// keep writes the act into a policy, which keeps the newest ones.
func (a act) keep(p *loaded, now time.Time) {
	kept := append(p.State.Decisions, ports.Decision{What: a.what, Who: a.Who, Why: a.Why, At: now})
	p.State.Decisions = kept[max(0, len(kept)-maxDecisions):]
}
