package recharge

import "github.com/jigap/jigap/ports"

// Acts returns what a person can do about a recharge in its present state, in the order in
// which an operator considers it. Each act is the method of [Service] of that name. ReverseOwing
// goes with Reverse where the customer has spent the money, and ReversePart where a cancellation
// gave back a part. CancelPart goes with Cancel, which also needs a Charger that is a
// [ports.Canceler]. A recharge that is being sent takes no act.
//
// An act that is not returned changes nothing. It answers [ports.ErrNotOpen], with two
// exceptions: Dispute of a disputed recharge returns the recharge, and Cancel returns the
// cancellation that there is, or [ErrNoCancel] for a recharge that a person credited.
func Acts(op *ports.Recharge) []ports.DecisionKind {
	credited := op.EntrySeq != 0 && op.ReverseSeq == 0
	disputed := op.Status == ports.RechargeDisputed
	switch {
	case op.Open && op.Status == ports.RechargeSending:
		return nil
	case op.Status == ports.RechargeExpired:
		return []ports.DecisionKind{ports.DecisionApprove, ports.DecisionDispute}
	case op.Open:
		return []ports.DecisionKind{ports.DecisionApprove, ports.DecisionDecline, ports.DecisionInquire}
	case disputed && credited && op.CancelID != "": // its cancellation is under way
		return []ports.DecisionKind{ports.DecisionKeep}
	case disputed && credited && len(op.Parts) > 0:
		return []ports.DecisionKind{ports.DecisionKeep, ports.DecisionReverse, ports.DecisionReinstate}
	case disputed && credited:
		return []ports.DecisionKind{ports.DecisionKeep, ports.DecisionReverse}
	case disputed && op.ReverseSeq != 0:
		return []ports.DecisionKind{ports.DecisionReinstate, ports.DecisionDecline}
	case disputed:
		return []ports.DecisionKind{ports.DecisionApprove, ports.DecisionDecline}
	case credited && op.CancelID == "" && byHand(op): // a person credited it: there is nothing to cancel
		return []ports.DecisionKind{ports.DecisionDispute, ports.DecisionReverse}
	case credited && op.CancelID == "":
		return []ports.DecisionKind{ports.DecisionDispute, ports.DecisionCancel, ports.DecisionReverse}
	}
	return []ports.DecisionKind{ports.DecisionDispute}
}

// CancellationActs is [Acts] for a cancellation. The methods are ApproveCancel, DeclineCancel
// and InquireCancel. One that has ended is not decided again: dispute its recharge.
func CancellationActs(op *ports.Cancellation) []ports.DecisionKind {
	if !op.Open || op.Status == ports.CancellationSending {
		return nil
	}
	return []ports.DecisionKind{ports.DecisionApprove, ports.DecisionDecline, ports.DecisionInquire}
}

// byHand reports whether a person credited a recharge, without an order to a Charger.
func byHand(op *ports.Recharge) bool { return op.PaymentMethod == "" && op.Deadline.IsZero() }
