package autorecharge

import (
	"context"
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/worker"
)

// attemptPrefix begins the keys of the engine's own recharges.
const attemptPrefix = "auto/"

// attempt claims a charge in the policy, before anything is sent, and makes it.
func (e *Engine) attempt(ctx context.Context, policy *ports.Policy, wallet *ports.Wallet, low dip, d Decision) (again bool, err error) {
	now := e.now()
	next := own(policy)
	claim(next, attemptPrefix+e.config.IDs.NewID(), d, now)
	if err := e.write(ctx, next, wallet, low, Decision{Why: ReasonUnderWay, Until: now.Add(e.config.Lease)}); err != nil {
		return false, err
	}
	needed, err := e.stillNeeded(ctx, policy, d)
	if err != nil {
		return false, err // the claim stays, and is resumed
	}
	if !needed {
		drop(next)
		return true, e.finish(ctx, next, Decision{Why: ReasonUnderWay, Until: e.now()})
	}
	return e.charge(ctx, next)
}

// stillNeeded looks once more after the claim: a recharge by hand may have begun, or
// arrived, since the decision. before is the policy without the claim.
func (e *Engine) stillNeeded(ctx context.Context, before *ports.Policy, d Decision) (bool, error) {
	underWay, err := e.underWay(ctx, before.WalletID)
	if err != nil {
		return false, err
	}
	wallet, err := e.ledger.Wallet(ctx, before.WalletID)
	if err != nil {
		return false, err
	}
	fresh := Decide(&wallet, before, underWay, e.now())
	return fresh.Charge && fresh.Amount.GreaterThanOrEqual(d.Amount), nil
}

// resume takes over an attempt whose process is gone, or whose charge was not decided.
func (e *Engine) resume(ctx context.Context, policy *ports.Policy) (again bool, err error) {
	mine, ok := worker.Claim(ctx, e.store, policy, e.now(), e.config.Lease)
	if !ok {
		return false, nil // another process has it
	}
	return e.charge(ctx, mine)
}

// charge makes the claimed attempt, or learns what became of it: its key is charged at
// most once, whoever asks and however often.
func (e *Engine) charge(ctx context.Context, policy *ports.Policy) (again bool, err error) {
	attempt := policy.State.Attempt
	op, err := e.recharges.Recharge(ctx, recharge.Request{
		WalletID: policy.WalletID, Key: attempt.Key, Charger: attempt.Method.Charger, PaymentMethod: attempt.Method.ID,
		Amount: attempt.Amount, Note: ledger.Note{Memo: "auto-recharge"},
	})
	next := own(policy)
	switch {
	case err == nil:
		return e.settle(ctx, next, op)
	case errors.Is(err, recharge.ErrRechargeInProgress): // nothing was sent: it does not count
		drop(next)
		return false, e.finish(ctx, next, Decision{Why: ReasonUnderWay, Until: e.now().Add(recheck)})
	case errors.Is(err, ports.ErrInvalid), errors.Is(err, ports.ErrNotFound), errors.Is(err, ports.ErrClosed):
		if _, known := e.ledger.EntryByKey(ctx, policy.WalletID, attempt.Key); !errors.Is(known, ports.ErrNotFound) {
			return false, err // it was charged, or may have been: the claim stays
		}
		book(next, decimal.Decimal{})
		return false, e.conclude(ctx, next, fail(next, "refused: "+err.Error(), true, e.now()))
	}
	return false, err // nobody knows: the claim stays, and is resumed
}

// settle draws from a recharge what it means for the policy.
func (e *Engine) settle(ctx context.Context, next *ports.Policy, op *ports.Recharge) (again bool, err error) {
	now := e.now()
	switch {
	case op.Open: // pending, unknown or in review: it waits
		until := later(op.DueAt, now.Add(10*time.Second))
		if op.DueAt.IsZero() {
			until = now.Add(10 * recheck) // a person decides
		}
		return false, e.finish(ctx, next, Decision{Why: ReasonUnderWay, Until: until})
	case op.Status == ports.RechargeApproved, op.Status == ports.RechargeReversed:
		tell := succeed(next, op.Credited)
		return true, e.conclude(ctx, next, tell)
	case op.Status == ports.RechargeDeclined:
		tell, another := decline(next, &op.Answer, now)
		return another, e.conclude(ctx, next, tell)
	case op.Status == ports.RechargeDisputed: // it was credited: the money counts
		book(next, op.Credited)
		return false, e.conclude(ctx, next, fail(next, "disputed: a person decides", true, now))
	case op.Answer.Outcome == ports.OutcomeNotSent:
		book(next, decimal.Decimal{})
		return false, e.conclude(ctx, next, outage(next, "not sent: "+op.Answer.Code, now))
	}
	book(next, decimal.Decimal{}) // our own fault: provably not executed
	return false, e.conclude(ctx, next, fail(next, "refused: "+op.Answer.Code, op.Answer.Permanent, now))
}

// conclude writes what became of an attempt, and only when that is durable tells it.
func (e *Engine) conclude(ctx context.Context, next *ports.Policy, tell string) error {
	why := next.State.Why
	if tell == toldRecovered {
		why = "a charge succeeded"
	}
	if err := e.finish(ctx, next, Decision{Why: ReasonBackoff, Until: later(next.State.NotBefore, e.now())}); err != nil {
		return err
	}
	e.tell(ctx, next, tell, why)
	return nil
}

// finish writes the policy with a fresh look at the wallet. What is known is kept,
// though the caller has left.
func (e *Engine) finish(ctx context.Context, next *ports.Policy, d Decision) error {
	ctx = context.WithoutCancel(ctx)
	wallet, err := e.ledger.Wallet(ctx, next.WalletID)
	if err != nil {
		return err
	}
	return e.write(ctx, next, &wallet, dip{}, d)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
