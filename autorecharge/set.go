package autorecharge

import (
	"context"
	"slices"
	"time"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// SetRequest is what [Engine.Set] does, who does it, and why.
type SetRequest struct {
	WalletID string
	Terms    ports.PolicyTerms
	ports.By
}

// Set gives a wallet a policy, or its policy new terms, and reinstates it when its payment
// methods changed, unless only [Engine.Reinstate] lifts its suspension. It is an act of a
// person, see [Act]. Every fault of the terms is reported. A policy that is set stays
// disabled if it was, goes on counting what was charged before, and stays suspended if only
// Reinstate lifts that; all of this holds for what was counted and suspended under a deleted
// policy too. Alert levels that the cash is at or below already are not told.
//
// Delegated terms must name one Charger, which must be a [ports.Delegate]: its provider
// is configured after the policy is written, and [ErrNotConfigured] says that it could not
// be yet. Other terms are refused with [ErrBothOn] while a provider of theirs has its
// own auto-recharge on: disable a delegated policy before it is set to other terms. A
// provider has one setting for an account, so delegated terms are refused with ErrBothOn
// while another wallet has a delegated policy of the same Charger, switched on or off.
func (e *Engine) Set(ctx context.Context, request SetRequest) (*ports.Policy, error) {
	setting := act{ports.DecisionSet, Act{request.WalletID, request.By}}
	if err := setting.check(); err != nil {
		return nil, err
	}
	terms, err := e.checkTerms(ctx, &request)
	if err != nil {
		return nil, record.About("set policy of", "wallet", request.WalletID, err)
	}
	return e.changeOrCreate(ctx, setting, func(next *loaded, wallet *ports.Wallet) (change, error) {
		if err := checkTurn(next, &terms); err != nil {
			return change{}, err
		}
		if next.Version == 0 {
			next.State.TakenBack = wallet.Seq
			if err := e.inherit(ctx, next); err != nil {
				return change{}, err
			}
		}
		setTerms(next, &terms, wallet)
		return change{}, nil
	})
}

// checkTerms returns the terms of a request with their defaults, and every fault of them.
func (e *Engine) checkTerms(ctx context.Context, request *SetRequest) (ports.PolicyTerms, error) {
	wallet, err := e.ledger.Wallet(ctx, request.WalletID)
	if err != nil {
		return ports.PolicyTerms{}, err
	}
	terms, err := complete(request.Terms, wallet.Scale)
	err = ports.Join(err, e.checkChargers(&terms, wallet.Currency))
	switch {
	case err != nil:
	case terms.Delegated:
		err = e.checkSole(ctx, wallet.ID, &terms)
	default:
		err = e.checkAlone(ctx, terms.Methods)
	}
	return terms, err
}

// setTerms gives a policy new terms. An alert level that is new, and that the cash is at or
// below, was not crossed now.
func setTerms(p *loaded, terms *ports.PolicyTerms, wallet *ports.Wallet) {
	if !slices.Equal(p.Methods, terms.Methods) {
		renew(p)
	}
	for _, level := range terms.AlertLevels {
		if !contains(p.AlertLevels, level) && wallet.AvailableBalance().LessThanOrEqual(level) {
			p.State.Fired = append(p.State.Fired, level)
		}
	}
	p.PolicyTerms = *terms
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
