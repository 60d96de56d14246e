package autorecharge

import (
	"context"
	"errors"
	"fmt"

	"github.com/jigap/jigap/ports"
)

// AbandonRequest says which delegated policy an operator ends, and why.
type AbandonRequest struct {
	WalletID string
	Who      string // the operator; required
	Why      string // the reason; required
}

// Abandon ends a delegated policy whose provider cannot be configured any more: the
// contract is over, the keys are revoked, or no process has its Charger. It asks no
// provider, and works when the wallet is closed. While the provider answers use
// [Engine.Delete].
//
// Abandon cannot promise that the provider stops: if its own auto-recharge is on, it may
// go on charging, and money that arrives there is not booked here. Switch it off at the
// provider. Who and why are kept in Decisions of the policy's State, and the host is told
// with a [ports.PolicyEvent] "abandoned". What was charged goes on counting against the
// caps of the next policy.
//
// Errors: [ports.ErrInvalid] when the request is not complete or the policy is not
// delegated, [ports.ErrNotFound] when the wallet has no policy, so also when the call is
// repeated, and [ports.ErrConflict] when others change the policy all the time.
func (e *Engine) Abandon(ctx context.Context, request AbandonRequest) error {
	err := ports.Join(ports.CheckID("Who", request.Who), ports.CheckText("Why", request.Why, ports.MaxMemo))
	if request.Why == "" {
		err = ports.Join(err, ports.Invalid("Why", "is blank"))
	}
	if err != nil {
		return fmt.Errorf("abandon policy: %w", err)
	}
	for range maxMoves {
		if err = e.abandonOnce(ctx, &request); !errors.Is(err, ports.ErrConflict) {
			return err
		}
	}
	return err // others change the policy all the time
}

func (e *Engine) abandonOnce(ctx context.Context, request *AbandonRequest) error {
	policy, err := e.Get(ctx, request.WalletID)
	if err != nil {
		return err
	}
	wallet, err := e.ledger.Wallet(ctx, request.WalletID)
	if err != nil {
		return err
	}
	if !policy.Delegated {
		return fmt.Errorf("abandon policy of wallet %s: %w", request.WalletID, ports.Invalid("WalletID", "has a policy that is not delegated: delete it"))
	}
	next := own(policy)
	next.Status, next.Open = ports.PolicyDeleted, false
	next.State.Decisions = append(next.State.Decisions, ports.Decision{What: "abandon", Who: request.Who, Why: request.Why, At: e.now()})
	if wallet.Status == ports.WalletClosed {
		err = e.writeAlone(ctx, next)
	} else {
		err = e.write(ctx, next, &wallet, dip{}, Decision{})
	}
	if err != nil {
		return fmt.Errorf("abandon policy of wallet %s: %w", request.WalletID, err)
	}
	e.tell(ctx, next, toldAbandoned, request.Why)
	return nil
}
