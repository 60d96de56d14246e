package simulation_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
)

func isRefused(a *asked, by error) bool { return a.ending == refused && errors.Is(a.err, by) }

// refusal is a reason for which a request may be refused, and whether it was so at some
// moment from when it was asked to when it was answered.
type refusal struct {
	err error
	was func(v *witness, d *window, a *asked) bool
}

// refusals are all but [autorecharge.ErrBothOn], for which see [witness.bothOn].
var refusals = []refusal{
	{ports.ErrFrozen, func(_ *witness, d *window, _ *asked) bool { return d.frozen }},
	{ports.ErrClosed, func(_ *witness, d *window, _ *asked) bool { return d.closed || d.peerClosed }},
	{ports.ErrCurrency, func(_ *witness, _ *window, a *asked) bool { return a.crosses() }},
	{ports.ErrNotEmpty, func(_ *witness, d *window, _ *asked) bool { return d.filled }},
	{ports.ErrInsufficient, func(_ *witness, d *window, a *asked) bool { return !d.enough(a.request) }},
	{ports.ErrLimit, (*witness).overLimit},
	{ports.ErrRefundExceeds, (*witness).refundExceeds},
	{ports.ErrNotFound, (*witness).notFound},
	{ports.ErrNotOpen, (*witness).notOpen},
	{ports.ErrOpenOperations, (*witness).underWay},
	{ports.ErrInvalid, (*witness).invalid},
	{ports.ErrLaneTaken, (*witness).laneTaken},
	{withdraw.ErrSamePerson, func(_ *witness, d *window, a *asked) bool {
		return slices.ContainsFunc(d.seen, func(op ports.Operation) bool {
			w, ok := op.(*ports.Withdrawal)
			requested := ok && (a.Kind == "approve" || a.Kind == "report paid") && w.RequestedBy == a.Who
			return requested || ok && slices.ContainsFunc(w.Approvals, func(by ports.Decision) bool { return by.Who == a.Who })
		})
	}},
	{withdraw.ErrTripsRecharge, func(_ *witness, d *window, a *asked) bool {
		leaves := a.Kind == "leave"
		return (leaves || !a.All) && d.policy(func(p *ports.Policy) bool {
			return p.Status == ports.PolicyActive && p.MinimumCash.IsPositive() && (leaves || d.cash.Sub(a.amount()).LessThanOrEqual(p.MinimumCash))
		})
	}},
	{recharge.ErrNotConfirmed, (*witness).notConfirmed},
	{recharge.ErrChargeTaken, func(_ *witness, _ *window, a *asked) bool { return a.Kind == "match a row twice" }},
	{recharge.ErrNoPart, func(_ *witness, _ *window, a *asked) bool { return a.Kind == "cancel part" && a.Via == viaKona }},
	{recharge.ErrNoCancel, func(_ *witness, _ *window, a *asked) bool { return a.lacks() }},
	{autorecharge.ErrNotConfigured, func(_ *witness, d *window, _ *asked) bool {
		return d.policy(func(p *ports.Policy) bool { return p.Delegated })
	}},
}

// wrongly reports a request that was refused for a reason that never was.
func (v *witness) wrongly(d *window, a *asked) error {
	if a.ending != refused {
		return nil
	}
	for _, r := range refusals {
		if !errors.Is(a.err, r.err) {
			continue
		}
		v.world.count("refusals", r.err.Error())
		if a.lacks() {
			v.world.count("chargers", "not in the process, refused")
		}
		if !r.was(v, d, a) {
			return fmt.Errorf("request %d (%s) was refused for what never was: %w; the wallet had at least %s and %s points",
				a.Number, a.request, a.err, d.cash, d.point)
		}
	}
	return nil
}

// enough reports whether the least that there was is enough for a request.
func (d *window) enough(r *request) bool {
	asked := r.amount()
	switch r.Kind {
	case "deduct", "hold":
		return d.both.GreaterThanOrEqual(asked)
	case "transfer", "withdraw", "cancel part":
		return d.cash.GreaterThanOrEqual(asked)
	case "adjust":
		return !d.cash.Add(asked).IsNegative() && !d.point.Add(r.point()).IsNegative()
	case "reverse recharge":
		return r.All || !slices.ContainsFunc(d.seen, func(op ports.Operation) bool {
			charge, ok := op.(*ports.Recharge)
			return ok && d.cash.LessThan(charge.Left())
		})
	case "revoke":
		return d.ofLot.IsPositive()
	case "capture":
		return !slices.ContainsFunc(d.seen, func(op ports.Operation) bool {
			hold, ok := op.(*ports.Hold)
			return ok && hold.Remaining().LessThan(asked)
		})
	case "cancel recharge":
		return !slices.ContainsFunc(d.seen, func(op ports.Operation) bool {
			charge, ok := op.(*ports.Recharge)
			return ok && d.cash.LessThan(charge.Credited)
		})
	}
	return true // it takes nothing
}

// laneTaken: the lane carried the operation that the refusal names. That of a confirmation names none where the
// order in the lane could not be read.
func (v *witness) laneTaken(d *window, a *asked) bool {
	var taken *recharge.InProgressError
	if errors.As(a.err, &taken) && taken.Lane == "" { // Toss has none: a cancellation of the same recharge
		return slices.ContainsFunc(d.seen, func(op ports.Operation) bool {
			charge, ok := op.(*ports.Recharge)
			return ok && isToss(charge.Charger) && charge.CancelID == taken.OperationID
		})
	}
	if errors.As(a.err, &taken) && taken.OperationID != "" {
		return d.lanes[taken.Lane+"\n"+taken.OperationID]
	}
	for lane := range d.lanes {
		if a.Kind == "confirm" && strings.HasPrefix(lane, viaWindow+" "+a.Wallet+"\n") {
			return true
		}
	}
	return false
}

// refundExceeds: what is given back only grows, so what is left now was left then.
func (v *witness) refundExceeds(_ *window, a *asked) bool {
	left := v.left[a.Wallet+"\n"+a.Of]
	if a.All {
		return left.IsZero()
	}
	return a.Kind == "refund" && a.amount().GreaterThan(left)
}

// notFound: hosts ask only about what they know, but they cannot know whether a wallet
// has a policy.
func (v *witness) notFound(d *window, a *asked) bool {
	switch a.Kind {
	case "notify":
		return a.Of == nothing
	case "disable policy", "enable policy", "delete policy", "suspend policy", "reinstate policy":
		return d.withoutPolicy
	case "set policy": // it was set, and ended before its provider was
		return a.Terms.Delegated && d.policy(func(p *ports.Policy) bool { return !p.Open })
	}
	return false
}

// actsOn are the statuses of a record in which a request can act on it.
var actsOn = map[string][]string{
	"capture":           ports.Statuses(ports.HoldHeld),
	"release":           ports.Statuses(ports.HoldHeld),
	"approve":           ports.Statuses(ports.WithdrawalRequested),
	"reject":            ports.Statuses(ports.WithdrawalRequested, ports.WithdrawalApproved),
	"cancel withdrawal": ports.Statuses(ports.WithdrawalRequested, ports.WithdrawalApproved),
	"report paid":       ports.Statuses(ports.WithdrawalPending, ports.WithdrawalUnknown, ports.WithdrawalReview),
	"report refused":    ports.Statuses(ports.WithdrawalPending, ports.WithdrawalUnknown, ports.WithdrawalReview),
	"report returned":   ports.Statuses(ports.WithdrawalCompleted),
	"write off":         ports.Statuses(ports.DebtOwed),
	"cancel recharge":   ports.Statuses(ports.RechargeApproved),
	"cancel part":       ports.Statuses(ports.RechargeApproved),
	"confirm":           ports.Statuses(ports.RechargeAwaiting),
	"match a row":       ports.Statuses(ports.RechargeAwaiting, ports.RechargeExpired, ports.RechargeDisputed),
	"match a row twice": ports.Statuses(ports.RechargeAwaiting, ports.RechargeExpired, ports.RechargeDisputed),
}

func (v *witness) notOpen(d *window, a *asked) bool {
	if a.Kind == "suspend policy" || a.Kind == "reinstate policy" {
		return d.policy(func(p *ports.Policy) bool { return p.Status == ports.PolicyDisabled })
	}
	return slices.ContainsFunc(d.seen, func(op ports.Operation) bool {
		if charge, ok := op.(*ports.Recharge); ok && charge.EntrySeq != 0 {
			switch a.Kind {
			case "reverse recharge":
				return charge.ReverseSeq != 0
			case "reinstate recharge":
				return charge.ReverseSeq == 0
			}
		}
		head := op.Head()
		if charge, ok := op.(*ports.Recharge); ok && a.Kind == "confirm" && (!charge.Deadline.After(d.ended.Add(skew)) || charge.Transmissions > 0) {
			return true
		}
		return !slices.Contains(actsOn[a.Kind], op.StatusText()) ||
			head.Kind == ports.KindHold && !head.DueAt.IsZero() && !head.DueAt.After(d.ended.Add(skew))
	})
}

func (v *witness) underWay(d *window, a *asked) bool {
	switch a.Kind {
	case "close":
		return d.busy
	case "leave":
		return d.busy || d.disputed
	case "delete policy", "set policy":
		return d.policy(func(p *ports.Policy) bool { return stateOf(p).Attempt != nil })
	}
	return false
}

func (v *witness) invalid(d *window, a *asked) bool {
	switch {
	case a.lacks():
		return true
	case a.by.without != "" && d.policy(func(p *ports.Policy) bool { return p.Delegated && p.Methods[0].Charger == a.by.without }):
		return true // its provider is left to a process that has it
	case a.TooFine:
		return true
	case a.Kind == "begin" && isDollars(a.Wallet):
		return true
	case a.Kind == "confirm", a.Kind == "cancel part": // of another amount, or of more than is left
		return slices.ContainsFunc(d.seen, func(op ports.Operation) bool {
			charge, ok := op.(*ports.Recharge)
			return ok && (a.Kind == "confirm" && !charge.Amount.Equal(a.amount()) || a.Kind == "cancel part" && charge.Left().LessThan(a.amount()))
		})
	case a.Kind == "unfreeze":
		return d.active
	case a.Kind == "report paid": // a fee that is more than the total
		return slices.ContainsFunc(d.seen, func(op ports.Operation) bool {
			w, ok := op.(*ports.Withdrawal)
			return ok && w.Total.LessThan(a.amount())
		})
	case a.Kind == "set policy":
		return a.Terms.Delegated && isDollars(a.Wallet)
	case a.Kind == "grant", a.Kind == "hold", a.Kind == "recharge", a.Kind == "begin":
		return !a.Expires.IsZero() && !a.Expires.After(d.ended.Add(skew))
	}
	return false
}
