package withdraw

import "github.com/jigap/jigap/ports"

// Acts returns what a person can do about a withdrawal in its present state, in the order in
// which an operator considers it. DecisionApprove, DecisionDecline and DecisionCancel are
// about one that was not sent, and DecisionPayFrozen is about one that waits for its frozen
// wallet; DecisionPaid, DecisionRefused and DecisionReturned are the methods ReportPaid,
// ReportRefused and ReportReturned of [Service]; the others are the methods of their name. A
// withdrawal that is being sent takes no act.
//
// An act that is not returned changes nothing. It answers [ports.ErrNotOpen], with two
// exceptions: Dispute of a disputed withdrawal, and ReportReturned of a returned one, return
// the withdrawal.
func Acts(op *ports.Withdrawal) []ports.DecisionKind {
	switch op.Status {
	case ports.WithdrawalRequested:
		return []ports.DecisionKind{ports.DecisionApprove, ports.DecisionDecline, ports.DecisionCancel}
	case ports.WithdrawalApproved:
		acts := []ports.DecisionKind{ports.DecisionDecline, ports.DecisionCancel}
		if op.Why == whyFrozen {
			acts = append(acts, ports.DecisionPayFrozen)
		}
		return acts
	case ports.WithdrawalPending, ports.WithdrawalUnknown:
		return []ports.DecisionKind{ports.DecisionPaid, ports.DecisionRefused}
	case ports.WithdrawalReview:
		return []ports.DecisionKind{ports.DecisionPaid, ports.DecisionRefused, ports.DecisionInquire}
	case ports.WithdrawalDisputed:
		return disputeActs(op)
	case ports.WithdrawalCompleted:
		return []ports.DecisionKind{ports.DecisionReturned, ports.DecisionDispute}
	case ports.WithdrawalReturned, ports.WithdrawalRejected, ports.WithdrawalCanceled, ports.WithdrawalFailed:
		return []ports.DecisionKind{ports.DecisionDispute}
	case ports.WithdrawalSending:
	}
	return nil
}

// disputeActs are the acts that end the dispute about a withdrawal, by how it had ended.
func disputeActs(op *ports.Withdrawal) []ports.DecisionKind {
	switch {
	case cameBack(op):
		return []ports.DecisionKind{ports.DecisionPaid, ports.DecisionKeep}
	case wasPaid(op):
		return []ports.DecisionKind{ports.DecisionPaid, ports.DecisionRefused, ports.DecisionReturned, ports.DecisionKeep}
	}
	return []ports.DecisionKind{ports.DecisionPaid, ports.DecisionRefused, ports.DecisionKeep}
}
