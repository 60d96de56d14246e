package autorecharge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// Set gives a wallet a policy, or its policy new terms, and re-arms it when its payment
// methods changed, unless only [Engine.Rearm] lifts its suspension. Every fault of the
// terms is reported. A policy that is set stays disabled if it was, goes on counting what
// was charged before, and stays suspended if only Rearm lifts that; all of this holds for
// what was counted and suspended under a deleted policy too. Alert levels that the cash is at or below already
// are not told.
//
// Delegated terms must name one Charger, which must be a [ports.Delegate]: its provider
// is configured after the policy is written, and [ErrUnsettled] says that it could not
// be yet. Other terms are refused with [ErrBothOn] while a provider of theirs has its
// own auto-recharge on: disable a delegated policy before it is set to other terms. A
// provider has one setting for an account, so delegated terms are refused with ErrBothOn
// while another wallet has a delegated policy of the same Charger, switched on or off.
func (e *Engine) Set(ctx context.Context, walletID string, terms ports.PolicyTerms) (*ports.Policy, error) {
	wallet, err := e.ledger.Wallet(ctx, walletID)
	if err != nil {
		return nil, record.About("set policy of", "wallet", walletID, err)
	}
	terms, err = complete(terms, wallet.Scale)
	err = ports.Join(err, e.checkChargers(&terms, wallet.Currency))
	switch {
	case err != nil:
	case terms.Delegated:
		err = e.checkSole(ctx, walletID, &terms)
	default:
		err = e.checkAlone(ctx, terms.Methods)
	}
	if err != nil {
		return nil, record.About("set policy of", "wallet", walletID, err)
	}
	return e.changeOrCreate(ctx, walletID, func(next *loaded, wallet *ports.Wallet) (change, error) {
		if err := checkTurn(next, &terms); err != nil {
			return change{}, err
		}
		if next.Version == 0 {
			next.State.TakenBack = wallet.Seq
			if err := e.inherit(ctx, next); err != nil {
				return change{}, err
			}
		}
		if !slices.Equal(next.Methods, terms.Methods) {
			arm(next)
		}
		for _, level := range terms.AlertLevels {
			if !contains(next.AlertLevels, level) && wallet.AvailableBalance().LessThanOrEqual(level) {
				next.State.Fired = append(next.State.Fired, level) // it was not crossed now
			}
		}
		next.PolicyTerms = terms
		return change{}, nil
	})
}

// inherit takes over from the wallet's last policy, which was deleted, what outlives it:
// what counts against caps, which recharges taken back were looked at, and a suspension
// that only an operator lifts.
func (e *Engine) inherit(ctx context.Context, next *loaded) error {
	filter := ports.OperationFilter{Kind: ports.KindPolicy, WalletID: next.WalletID, Statuses: ports.Statuses(ports.PolicyDeleted), Limit: 100}
	for {
		deleted, err := e.store.FindOperations(ctx, filter)
		if err != nil {
			return err
		}
		for _, op := range deleted {
			filter.AfterID = op.Head().ID
			policy, ok := op.(*ports.Policy)
			if !ok {
				continue
			}
			state, err := StateOf(policy)
			if err != nil {
				return err
			}
			if state.Generation >= next.State.Generation {
				inheritFrom(next, &state)
			}
		}
		if len(deleted) < filter.Limit {
			return nil
		}
	}
}

func inheritFrom(next *loaded, was *State) {
	next.State.Generation, next.State.Charges, next.State.TakenBack, next.State.Capped = was.Generation+1, was.Charges, was.TakenBack, was.Capped
	next.Status, next.State.Held, next.State.Why, next.State.SuspendedAt = ports.PolicyActive, false, "", time.Time{}
	if was.Held {
		next.Status, next.State.Held, next.State.Why, next.State.SuspendedAt = ports.PolicySuspended, true, was.Why, was.SuspendedAt
	}
}

// Enable switches a policy on, and re-arms it; one whose suspension only Rearm lifts is
// suspended again. Disable switches it off: an attempt
// under way is followed to its end. A delegated policy is switched at the provider,
// see [ErrUnsettled]; others are refused with [ErrBothOn] while a provider's own is on.
//
// Enable, Disable, Suspend, Rearm, Delete and Abandon are acts of people: by is required
// ([ports.ErrInvalid]). The policy keeps each act that changed it in Decisions of its
// State, the newest 100; a repeated call is another act. The policy of a closed wallet ends
// by itself, and keeps no act then.
func (e *Engine) Enable(ctx context.Context, walletID string, by ports.By) (*ports.Policy, error) {
	return e.rearm(ctx, walletID, act{ports.DecisionEnable, by}, func(next *loaded, _ *ports.Wallet) (change, error) {
		next.Status = ports.PolicyActive
		if next.State.Held {
			next.Status = ports.PolicySuspended
		}
		arm(next)
		return change{}, nil
	})
}

// Disable is described at [Engine.Enable].
func (e *Engine) Disable(ctx context.Context, walletID string, by ports.By) (*ports.Policy, error) {
	return e.change(ctx, walletID, act{ports.DecisionDisable, by}, func(next *loaded, _ *ports.Wallet) (change, error) {
		next.Status = ports.PolicyDisabled
		return change{}, nil
	})
}

// Suspend stops a policy until an operator calls Rearm. The reason is kept as Why of the
// policy's State, and [Engine.Explain] shows it. Nothing else lifts
// that suspension, nor one that a disputed or taken-back recharge caused: no recharge by
// hand, no other payment methods, no Disable and Enable, no Delete and Set.
//
// Rearm makes a policy as good as new, however it was suspended, and takes recharges that
// were taken back before as looked at. It is for operators: do not offer it to customers.
// A dispute that is still open suspends the policy again when it would charge. A policy
// that the host disabled is neither suspended nor re-armed: [ports.ErrNotOpen].
func (e *Engine) Suspend(ctx context.Context, walletID string, by ports.By) (*ports.Policy, error) {
	return e.change(ctx, walletID, act{ports.DecisionSuspend, by}, func(next *loaded, _ *ports.Wallet) (change, error) {
		if next.Status == ports.PolicyDisabled {
			return change{}, fmt.Errorf("it is %s: %w", next.Status, ports.ErrNotOpen)
		}
		held := next.Status == ports.PolicySuspended && next.State.Held
		suspend(next, by.Why, moment{now: e.now()})
		next.State.Held = true
		if held { // it was told
			return change{}, nil
		}
		return change{ports.PolicyEventSuspended, by.Why}, nil
	})
}

// Rearm is described at [Engine.Suspend].
func (e *Engine) Rearm(ctx context.Context, walletID string, by ports.By) (*ports.Policy, error) {
	return e.rearm(ctx, walletID, act{ports.DecisionRearm, by}, func(next *loaded, wallet *ports.Wallet) (change, error) {
		if next.Status == ports.PolicyDisabled {
			return change{}, fmt.Errorf("it is %s: %w", next.Status, ports.ErrNotOpen)
		}
		release(next, wallet.Seq)
		return change{}, nil
	})
}

// rearm changes a policy so that it may charge: no provider of its payment methods may
// recharge by itself.
func (e *Engine) rearm(ctx context.Context, walletID string, by act, edit edit) (*ports.Policy, error) {
	if err := by.check(walletID); err != nil {
		return nil, err
	}
	policy, err := e.get(ctx, walletID)
	if err != nil {
		return nil, err
	}
	if !policy.Delegated {
		if err := e.checkAlone(ctx, policy.Methods); err != nil {
			return nil, record.About("policy of", "wallet", walletID, err)
		}
	}
	return e.change(ctx, walletID, by, edit)
}

// Delete ends a policy; what it charged goes on counting against the caps of the next.
// While an attempt is under way it answers [ports.ErrOpenOperations]: disable it first.
// One that is delegated is switched off at the provider first, see [ErrUnsettled]; after
// a setting whose answer was lost that takes half an hour, since it may arrive late.
// That is a [Engine.Disable] by the same person, and is kept as one.
func (e *Engine) Delete(ctx context.Context, walletID string, by ports.By) error {
	deletion := act{ports.DecisionDelete, by}
	if err := deletion.check(walletID); err != nil {
		return err
	}
	policy, err := e.get(ctx, walletID)
	if err != nil {
		return err
	}
	if policy.Delegated { // else the provider would go on
		if _, err := e.Disable(ctx, walletID, by); err != nil {
			return err
		}
	}
	_, err = e.change(ctx, walletID, deletion, func(next *loaded, _ *ports.Wallet) (change, error) {
		switch {
		case next.Delegated && next.Status != ports.PolicyDisabled: // it was enabled meanwhile
			return change{}, ErrUnsettled
		case next.State.Attempt != nil:
			return change{}, ports.ErrOpenOperations
		case next.State.Unsettled, mayBeLate(next):
			return change{}, ErrUnsettled
		}
		next.Status, next.Open = ports.PolicyDeleted, false
		return change{}, nil
	})
	return err
}

// act is what a person does to a policy.
type act struct {
	what ports.DecisionKind
	by   ports.By
}

// check refuses an act on a wallet that cannot be, or by a person who is not named or
// gives no reason.
func (a act) check(walletID string) error {
	if err := ports.Join(ports.CheckID("WalletID", walletID), ports.CheckBy(a.by)); err != nil {
		return fmt.Errorf("%s policy: %w", a.what, err)
	}
	return nil
}

// maxDecisions is how many acts of people a policy keeps.
const maxDecisions = 100

// keep writes the act into a policy, which keeps the newest ones.
func (a act) keep(p *loaded, now time.Time) {
	kept := append(p.State.Decisions, ports.Decision{What: a.what, Who: a.by.Who, Why: a.by.Why, At: now})
	p.State.Decisions = kept[max(0, len(kept)-maxDecisions):]
}

// edit changes a policy as a person asks, and returns what to tell of it.
type edit func(next *loaded, wallet *ports.Wallet) (change, error)

// change computes the next version of a wallet's policy and writes it with the act, again
// when another process was faster, and configures the provider of a delegated one.
func (e *Engine) change(ctx context.Context, walletID string, by act, edit edit) (*ports.Policy, error) {
	if err := by.check(walletID); err != nil {
		return nil, err
	}
	return e.changeOrCreate(ctx, walletID, func(next *loaded, wallet *ports.Wallet) (change, error) {
		if next.Version == 0 {
			return change{}, ports.ErrNotFound
		}
		by.keep(next, e.now())
		return edit(next, wallet)
	})
}

// changeOrCreate is change for a wallet that may have no policy yet: then edit gets a
// new one, of Version 0.
func (e *Engine) changeOrCreate(ctx context.Context, walletID string, edit edit) (*ports.Policy, error) {
	if err := checkWallet(walletID); err != nil {
		return nil, err
	}
	for range record.ConflictsMax {
		next, err := e.changeOnce(ctx, walletID, edit)
		switch {
		case err == nil && next.Delegated && next.Open:
			return e.settled(ctx, next)
		case err == nil:
			return next.record()
		case !errors.Is(err, ports.ErrConflict) && !errors.Is(err, ports.ErrLaneTaken):
			return nil, record.About("policy of", "wallet", walletID, err)
		}
	}
	return nil, fmt.Errorf("policy of wallet %s: others change it all the time: %w", walletID, ports.ErrConflict)
}

func (e *Engine) changeOnce(ctx context.Context, walletID string, edit edit) (*loaded, error) {
	policy, err := e.find(ctx, walletID)
	if err != nil {
		return nil, err
	}
	wallet, err := e.ledger.Wallet(ctx, walletID)
	if err != nil {
		return nil, err
	}
	var next *loaded
	switch {
	case policy == nil:
		next = e.fresh(walletID)
	case wallet.Status == ports.WalletClosed: // it has nothing to do any more
		return e.endWithWallet(ctx, policy, &wallet)
	default:
		next = policy.clone()
	}
	event, err := edit(next, &wallet)
	if err != nil {
		return nil, err
	}
	s := advance(next, &wallet, edited(event), e.now())
	_, err = e.write(ctx, s)
	return s.next, err
}

// fresh returns the policy of a wallet that has none, of Version 0.
func (e *Engine) fresh(walletID string) *loaded {
	return &loaded{Policy: ports.Policy{OperationHead: ports.OperationHead{
		ID: e.config.IDs.NewID(), Kind: ports.KindPolicy, WalletID: walletID, Open: true,
		Lane: ports.PolicyLane(walletID), CreatedAt: e.now(),
	}, Status: ports.PolicyActive}}
}

// checkWallet refuses the id that no wallet can have.
func checkWallet(walletID string) error {
	if err := ports.CheckID("WalletID", walletID); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	return nil
}

// find returns the open policy of a wallet, or nil.
func (e *Engine) find(ctx context.Context, walletID string) (*loaded, error) {
	record, err := e.stored(ctx, walletID)
	if err != nil || record == nil {
		return nil, err
	}
	e.doubts.Seen(record)
	policy, err := load(record)
	if err != nil {
		return nil, err
	}
	if policy.Status == ports.PolicySuspended && slices.Contains(heldReasons, policy.State.Why) {
		policy.State.Held = true
	}
	return policy, nil
}

// stored returns the record of the open policy of a wallet, or nil.
func (e *Engine) stored(ctx context.Context, walletID string) (*ports.Policy, error) {
	found, err := e.store.FindOperations(ctx, ports.OperationFilter{
		Kind: ports.KindPolicy, Lane: ports.PolicyLane(walletID), Open: true, Limit: 1,
	})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	policy, _ := found[0].(*ports.Policy)
	return policy, nil
}

// Trips returns the condition under which the policy of a wallet charges, as it is now: a
// function of the available cash. It is the guard of withdrawals, see withdraw.Config. A
// policy that is disabled or suspended charges never, and one that is delegated has its
// provider charge.
func (e *Engine) Trips(ctx context.Context, walletID string) (func(available decimal.Decimal) bool, error) {
	if err := checkWallet(walletID); err != nil {
		return nil, err
	}
	policy, err := e.stored(ctx, walletID)
	if err != nil {
		return nil, record.About("policy of", "wallet", walletID, err)
	}
	if policy == nil || policy.Status != ports.PolicyActive {
		return func(decimal.Decimal) bool { return false }, nil
	}
	return func(available decimal.Decimal) bool { return low(&policy.PolicyTerms, available) }, nil
}

// heldReasons are the reasons of policies that a dispute suspended. Older versions did not
// write with them that only Rearm lifts that.
var heldReasons = []string{CauseDisputed, "disputed: a person decides", "reversed: a person decides"} //nolint:gochecknoglobals // a constant

// Get returns the policy of a wallet, or [ports.ErrNotFound].
func (e *Engine) Get(ctx context.Context, walletID string) (*ports.Policy, error) {
	policy, err := e.get(ctx, walletID)
	if err != nil {
		return nil, err
	}
	return policy.record()
}

func (e *Engine) get(ctx context.Context, walletID string) (*loaded, error) {
	if err := checkWallet(walletID); err != nil {
		return nil, err
	}
	policy, err := e.find(ctx, walletID)
	if err != nil {
		return nil, record.About("policy of", "wallet", walletID, err)
	}
	if policy == nil {
		return nil, fmt.Errorf("policy of wallet %s: %w", walletID, ports.ErrNotFound)
	}
	return policy, nil
}

// claim takes the policy for this process until the lease is over, see [record.Claim].
func (e *Engine) claim(ctx context.Context, policy *loaded, now time.Time) (mine *loaded, ok bool, err error) {
	unclaimed, err := policy.record()
	if err != nil {
		return nil, false, err
	}
	claimed, ok, err := record.Claim(ctx, e.store, unclaimed, now, e.config.Lease)
	mine = policy.clone()
	mine.OperationHead = claimed.OperationHead
	return mine, ok, err
}
