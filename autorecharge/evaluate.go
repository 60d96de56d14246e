package autorecharge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// maxMoves bounds what one evaluation does: each payment method once, and a few
// conflicts with other processes.
const maxMoves = 3 * maxMethods

// Evaluate looks at a wallet and does what its policy asks for: tells alerts, follows
// the attempt under way, or charges. A wallet without a policy is left alone. It may
// be called at any time, by any process.
func (e *Engine) Evaluate(ctx context.Context, walletID string) error {
	if err := checkWallet(walletID); err != nil {
		return err
	}
	return e.evaluator(everywhere)(ctx, walletID)
}

// evaluator returns Evaluate within reach of some Chargers.
func (e *Engine) evaluator(reaches reach) func(context.Context, string) error {
	return func(ctx context.Context, walletID string) error {
		for range maxMoves {
			again, err := e.move(ctx, walletID, reaches)
			switch {
			case errors.Is(err, ports.ErrConflict):
				continue // another process changed the policy: look again
			case err == errHandedOver: //nolint:errorlint // itself
				return err
			case err != nil:
				return record.About("auto-recharge of", "wallet", walletID, err)
			case !again:
				return nil
			}
		}
		return fmt.Errorf("auto-recharge of wallet %s: others change its policy all the time: %w", walletID, ports.ErrConflict)
	}
}

// move makes one move, and reports whether there may be another.
func (e *Engine) move(ctx context.Context, walletID string, reaches reach) (again bool, err error) {
	policy, err := e.find(ctx, walletID)
	if err != nil || policy == nil {
		return false, err
	}
	wallet, err := e.ledger.Wallet(ctx, walletID)
	if err != nil {
		return false, err
	}
	foreign := policy.Delegated && (!e.canDelegate(&policy.Policy) || !reaches(policy.Methods[0].Charger))
	switch {
	case wallet.Status == ports.WalletClosed && foreign:
		return false, nil
	case wallet.Status == ports.WalletClosed: // it could not be, if a recharge were open
		if _, err = e.endWithWallet(ctx, policy, &wallet); err == ErrNotConfigured { //nolint:errorlint // itself: then it is due again
			err = nil
		}
		return false, err
	case policy.State.Attempt != nil, policy.Delegated:
		return e.follow(ctx, policy, &wallet, foreign)
	case policy.Status == ports.PolicySuspended && !policy.State.Held:
		byHand, err := e.rechargedByHand(ctx, policy)
		if err != nil {
			return false, err
		}
		if byHand {
			return e.write(ctx, advance(policy, &wallet, rechargedByHand{}, e.now()))
		}
	}
	return e.act(ctx, policy, &wallet, reaches)
}

// follow goes on with the attempt under way, or with the provider of a delegated policy. It
// only looks at what belongs to another process, or waits.
func (e *Engine) follow(ctx context.Context, policy *loaded, wallet *ports.Wallet, foreign bool) (again bool, err error) {
	waits := e.now().Before(policy.DueAt)
	switch {
	case policy.State.Attempt != nil && !waits:
		return e.resume(ctx, policy)
	case policy.State.Attempt == nil && !waits && !foreign:
		return true, e.runDelegation(ctx, policy)
	}
	return e.look(ctx, policy, wallet, Decision{Why: ReasonUnderWay, Until: policy.DueAt})
}

// act does what the policy decides.
func (e *Engine) act(ctx context.Context, policy *loaded, wallet *ports.Wallet, reaches reach) (again bool, err error) {
	d, underWay, err := e.decide(ctx, wallet, policy)
	if err != nil {
		return false, err
	}
	switch {
	case d.Charge && !reaches(d.Method.Charger):
		d.Until = earlier(policy.DueAt, e.now())
		_, err = e.look(ctx, policy, wallet, d)
		return false, cmp.Or(err, errHandedOver)
	case d.Charge && untold(policy, wallet): // events first: the provider may be slow
		_, err = e.look(ctx, policy, wallet, Decision{Why: ReasonUnderWay, Until: e.now()})
		return true, err
	case d.Charge:
		return e.charge(ctx, policy, wallet, underWay, d)
	case d.Why == ReasonTimeZone:
		e.logZone(ctx, policy)
	}
	return e.look(ctx, policy, wallet, d)
}

// look keeps the policy and the watch in step with a decision, and tells what is new: alerts
// that are due, an order that blocks the policy, a cap that holds a charge back or does no
// longer, or a suspension.
func (e *Engine) look(ctx context.Context, policy *loaded, wallet *ports.Wallet, d Decision) (again bool, err error) {
	return e.write(ctx, advance(policy, wallet, looked{d}, e.now()))
}

// untold reports whether there are events to tell before a charge.
func untold(policy *loaded, wallet *ports.Wallet) bool {
	return policy.State.Blocked+policy.State.Capped != "" || len(fire(policy.Clone(), wallet, dip{})) > 0
}

// charge makes the attempt, unless the provider recharges by itself: then both would.
func (e *Engine) charge(ctx context.Context, policy *loaded, wallet *ports.Wallet, underWay decimal.Decimal, d Decision) (again bool, err error) {
	if err = e.checkAlone(ctx, []ports.PaymentMethod{d.Method}); err != nil {
		return e.conclude(ctx, policy, unasked{err})
	}
	return e.attempt(ctx, policy, wallet, underWay, d)
}

// decide is [Decide] with what it has to be told: the money under way, and that nothing
// is charged while a person has to look at an earlier charge, or while another order
// holds the lane. The lane is looked at first: a policy that waits for it costs one read.
func (e *Engine) decide(ctx context.Context, wallet *ports.Wallet, policy *loaded) (Decision, decimal.Decimal, error) {
	first := decide(wallet, policy, decimal.Decimal{}, e.now())
	if !first.Charge {
		return e.decideBeside(ctx, wallet, policy, decimal.Decimal{})
	}
	holder, err := e.laneHolder(ctx, wallet, first)
	switch {
	case err != nil:
		return Decision{}, decimal.Decimal{}, err
	case holder == nil:
		return e.decideBeside(ctx, wallet, policy, decimal.Decimal{})
	case holder.Head().WalletID != wallet.ID:
		return blockedBy(holder, first.Method, e.now()), decimal.Decimal{}, nil
	}
	d, underWay, err := e.decideBeside(ctx, wallet, policy, decimal.Decimal{})
	if err == nil && d.Charge {
		d = blockedBy(holder, d.Method, e.now())
	}
	return d, underWay, err
}

// decideBeside is decide for an order of the engine's own that is under way.
func (e *Engine) decideBeside(ctx context.Context, wallet *ports.Wallet, policy *loaded, ours decimal.Decimal) (Decision, decimal.Decimal, error) {
	underWay, err := e.underWay(ctx, policy)
	if err != nil {
		return Decision{}, underWay, err
	}
	underWay = underWay.Sub(ours)
	d := decide(wallet, policy, underWay, e.now())
	switch {
	case !d.Charge:
		return d, underWay, nil
	case e.recharges.Charger(d.Method.Charger) == nil: // due now, for a process that has it
		return Decision{Why: ReasonCharger, Method: d.Method, Until: earlier(policy.DueAt, e.now())}, underWay, nil
	}
	takenBack, err := e.takenBack(ctx, policy)
	switch {
	case err != nil:
		return Decision{}, underWay, err
	case takenBack:
		return Decision{Why: ReasonDisputed}, underWay, nil
	}
	disputed, err := e.recharges.List(ctx, recharge.Listing{WalletID: policy.WalletID, Statuses: []ports.RechargeStatus{ports.RechargeDisputed}, Limit: 1})
	if err != nil || len(disputed) > 0 {
		return Decision{Why: ReasonDisputed}, underWay, err
	}
	debts, err := e.recharges.Debts(ctx, recharge.DebtListing{WalletID: policy.WalletID, Open: true, Limit: 1})
	switch {
	case len(debts) > 0:
		d = indebted(e.now())
	case err == nil && ours.IsZero() && errors.Is(e.ledger.CheckCredit(wallet, d.Amount), ports.ErrLimit): // an order of ours was admitted
		d = limited(e.now())
	}
	return d, underWay, err
}

// takenBack reports whether a recharge of the wallet, or a part of one, was taken back after
// the last one that an operator has dealt with, and was not credited again.
func (e *Engine) takenBack(ctx context.Context, policy *loaded) (bool, error) {
	back := make(map[string]decimal.Decimal) // what came back later, by the recharge or cancellation that had taken it
	for entry, err := range e.ledger.Entries(ctx, ports.EntryFilter{
		WalletID: policy.WalletID, Types: []ports.EntryType{ports.EntryReverse, ports.EntryReverseBack},
		AfterSeq: policy.State.TakenBack, Descending: true, Limit: 100,
	}) {
		if err != nil {
			return false, err
		}
		left := back[entry.OperationID].Add(entry.BalanceAmount)
		if left.IsNegative() {
			return true, nil
		}
		back[entry.OperationID] = left
	}
	return false, nil
}

// announcedMost is how long a pending order of a Charger that the policy does not name
// counts as money under way.
const announcedMost = 10 * time.Minute

// onItsWay reports whether an open recharge counts as money under way: money may have
// moved, a Charger of the policy works on it, or it is so young that a customer may be
// paying just now. A payment that was announced elsewhere, by bank transfer say, may
// never come.
func onItsWay(op *ports.Recharge, policy *loaded, now time.Time) bool {
	switch op.Status {
	case ports.RechargeSending, ports.RechargeUnknown, ports.RechargeReview:
		return true
	case ports.RechargePending:
		return now.Sub(op.CreatedAt) < announcedMost ||
			slices.ContainsFunc(policy.Methods, func(m ports.PaymentMethod) bool { return m.Charger == op.Charger })
	case ports.RechargeAwaiting, ports.RechargeExpired, ports.RechargeApproved, ports.RechargeDeclined, ports.RechargeFailed, ports.RechargeDisputed, ports.RechargeReversed:
	}
	return false
}

// underWay is the money on its way to the wallet by recharges that have not ended.
func (e *Engine) underWay(ctx context.Context, policy *loaded) (sum decimal.Decimal, err error) {
	filter := recharge.Listing{WalletID: policy.WalletID, Open: true, Limit: 100}
	for {
		open, err := e.recharges.List(ctx, filter)
		if err != nil {
			return sum, err
		}
		for _, op := range open {
			filter.AfterID = op.ID
			if onItsWay(op, policy, e.now()) {
				sum = sum.Add(op.Amount)
			}
		}
		if len(open) < filter.Limit {
			return sum, nil
		}
	}
}

// rechargedByHand reports whether cash was recharged by hand since the policy was
// suspended.
func (e *Engine) rechargedByHand(ctx context.Context, policy *loaded) (bool, error) {
	since, err := e.store.Entries(ctx, ports.EntryFilter{
		WalletID: policy.WalletID, Types: []ports.EntryType{ports.EntryRecharge}, AfterSeq: policy.State.ArmsAfter,
		Descending: true, Limit: 10,
	})
	if err != nil {
		return false, err
	}
	for i := range since {
		if since[i].OperationID == "" {
			return true, nil
		}
		op, err := e.recharges.Get(ctx, since[i].OperationID)
		if err != nil {
			return false, err
		}
		if !strings.HasPrefix(op.Key, ports.AutoRechargeKeys) {
			return true, nil
		}
	}
	return false, nil
}
