package autorecharge

import "github.com/jigap/jigap/ports"

// Acts returns what a person can do about a policy in its present state, in the order in which
// an operator considers it.
func Acts(p *ports.Policy) []ports.DecisionKind {
	switch p.Status {
	case ports.PolicySuspended:
		return []ports.DecisionKind{ports.DecisionReinstate, ports.DecisionDisable, ports.DecisionDelete}
	case ports.PolicyActive:
		return []ports.DecisionKind{ports.DecisionSuspend, ports.DecisionDisable, ports.DecisionDelete}
	case ports.PolicyDisabled:
		return []ports.DecisionKind{ports.DecisionEnable, ports.DecisionDelete}
	case ports.PolicyDeleted:
	}
	return nil
}
