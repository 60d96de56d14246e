package autorecharge

import (
	"context"
	"errors"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// Abandon ends a delegated policy whose provider cannot be configured any more: the
// contract is over, the keys are revoked, or no process has its Charger. It asks no
// provider, and works when the wallet is closed. While the provider answers use
// [Engine.Delete].
//
// Abandon cannot promise that the provider stops: if its own auto-recharge is on, it may
// go on charging, and money that arrives there is not booked here. Switch it off at the
// provider. Who and why are kept, see [Act], and the host is told
// with a [ports.PolicyEvent] "abandoned". What was charged goes on counting against the
// caps of the next policy.
//
// Errors: [ports.ErrInvalid] when the act is not complete or the policy is not
// delegated, [ports.ErrNotFound] when the wallet has no policy, so also when the call is
// repeated, and [ports.ErrConflict] when others change the policy all the time.
func (e *Engine) Abandon(ctx context.Context, a Act) error {
	abandoning := act{ports.DecisionAbandon, a}
	if err := abandoning.check(); err != nil {
		return err
	}
	var err error
	for range maxMoves {
		if err = e.abandonOnce(ctx, abandoning); !errors.Is(err, ports.ErrConflict) {
			return err
		}
	}
	return err // others change the policy all the time
}

func (e *Engine) abandonOnce(ctx context.Context, by act) error {
	policy, err := e.get(ctx, by.WalletID)
	if err != nil {
		return err
	}
	wallet, err := e.ledger.Wallet(ctx, by.WalletID)
	if err == nil {
		err = admits(&policy.Policy, by.what)
	}
	if err == nil {
		next := policy.Clone()
		next.Status, next.Open = ports.PolicyDeleted, false
		by.keep(next, e.now())
		_, err = e.write(ctx, advance(next, &wallet, edited{ports.PolicyEventAbandoned, by.Why}, e.now()))
	}
	if err != nil {
		return record.About("abandon policy of", "wallet", by.WalletID, err)
	}
	return nil
}
