package autorecharge

import (
	"context"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// Explain says what the policy of a wallet would do at the next look, and why; or why
// not, and until when. It names the order that a policy waits for. It writes nothing and
// asks no provider: what it says of a provider's settings is of the last look. Package
// text puts the decision into words, with the policy that is returned too.
func (e *Engine) Explain(ctx context.Context, walletID string) (Decision, *ports.Policy, error) {
	policy, err := e.get(ctx, walletID)
	if err != nil {
		return Decision{}, nil, err
	}
	d, err := e.explain(ctx, policy)
	if err != nil {
		return Decision{}, nil, record.About("explain policy of", "wallet", walletID, err)
	}
	shown, err := policy.record()
	return d, shown, err
}

func (e *Engine) explain(ctx context.Context, policy *loaded) (Decision, error) {
	if policy.Delegated && policy.State.Drift != "" {
		return Decision{Why: ReasonDrift}, nil
	}
	wallet, err := e.ledger.Wallet(ctx, policy.WalletID)
	if err != nil {
		return Decision{}, err
	}
	if policy.Status == ports.PolicySuspended && !policy.State.Held {
		byHand, err := e.rechargedByHand(ctx, policy)
		if err != nil {
			return Decision{}, err
		}
		if byHand { // the next look reinstates it
			policy = policy.Clone()
			renew(policy)
		}
	}
	d, _, err := e.decide(ctx, &wallet, policy)
	switch {
	case err != nil:
		return Decision{}, err
	case d.Charge && policy.State.Drift != "":
		return Decision{Why: ReasonBothOn}, nil
	case d.Why == ReasonUnderWay:
		return e.nameUnderWay(ctx, policy, d)
	}
	return d, nil
}

// nameUnderWay adds to the decision the recharge that is waited for: the attempt, or else
// the first one that counts as money under way.
func (e *Engine) nameUnderWay(ctx context.Context, policy *loaded, d Decision) (Decision, error) {
	open, err := e.recharges.List(ctx, recharge.Listing{WalletID: policy.WalletID, Open: true})
	for _, op := range open {
		waited := onItsWay(op, policy, e.now())
		if attempt := policy.State.Attempt; attempt != nil {
			waited = op.Key == attempt.Key
		}
		if waited {
			d.OperationID, d.OperationStatus = op.ID, op.StatusText()
			break
		}
	}
	return d, err
}
