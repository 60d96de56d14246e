package text

import (
	"fmt"
	"strings"

	"github.com/jigap/jigap/autorecharge"
)

func (t decision) english() string {
	policy, money := t.policy, t.money
	switch t.Why {
	case autorecharge.ReasonLow:
		return fmt.Sprintf("Available cash is at or below %s: %s would be charged through %s%s.",
			money(policy.MinimumCash), money(t.Amount), t.Method.Charger, t.englishBound())
	case autorecharge.ReasonAbove:
		return fmt.Sprintf("Available cash is above %s: nothing to do.", money(policy.MinimumCash))
	case autorecharge.ReasonOff:
		return "The minimum is zero: auto-recharge is off."
	case autorecharge.ReasonDelegated:
		if t.state.Unconfigured {
			return "The provider is yet to be told to recharge this wallet by itself."
		}
		return "The provider recharges this wallet by itself."
	case autorecharge.ReasonDrift:
		return fmt.Sprintf("The provider's settings are not those of the policy: %s", sentence(t.state.Drift))
	case autorecharge.ReasonDisabled:
		return "The policy is switched off." + englishUnsettled(t.state)
	case autorecharge.ReasonDisputed:
		return "A recharge of the wallet is disputed or was taken back: an operator decides first."
	case autorecharge.ReasonBothOn:
		return "The provider's own auto-recharge is on: both would charge."
	case autorecharge.ReasonSuspended:
		if t.byOperator() {
			return "An operator has suspended the policy, and only an operator reinstates it." + englishUnsettled(t.state)
		}
		if t.state.Held {
			return fmt.Sprintf("The policy is suspended until an operator reinstates it: %s", sentence(t.state.Why)) + englishUnsettled(t.state)
		}
		return fmt.Sprintf("The policy is suspended until cash is recharged by hand, its payment methods change, or an operator reinstates it (failures in a row: %d): %s",
			t.state.Failures, sentence(t.state.Why)) + englishUnsettled(t.state)
	case autorecharge.ReasonWallet:
		return "The wallet is frozen or closed."
	case autorecharge.ReasonUnderWay:
		if t.OperationID == "" {
			return "A recharge is under way."
		}
		return fmt.Sprintf("Recharge %s (%s) is under way.", t.OperationID, t.OperationStatus)
	case autorecharge.ReasonLane:
		return fmt.Sprintf("Operation %s (%s) holds the lane of %s: it must end first.", t.OperationID, t.OperationStatus, t.Method.Charger)
	case autorecharge.ReasonCharger:
		return fmt.Sprintf("This process does not have the Charger %s: a process that has it charges.", t.Method.Charger)
	case autorecharge.ReasonBounds:
		return fmt.Sprintf("No multiple of %s is within the bounds of one charge: set other terms.", money(policy.Unit()))
	case autorecharge.ReasonBackoff:
		if t.state.Outages > 0 {
			return fmt.Sprintf("The last attempt was not executed (%s): the next one follows.", t.state.Why)
		}
		return fmt.Sprintf("The last attempt failed (%s). Failures in a row: %d; the policy is suspended at %d.", t.state.Why, t.state.Failures, policy.SuspendAfter)
	case autorecharge.ReasonPace:
		return fmt.Sprintf("The last charge did not bring the cash above %s: the next one follows.", money(policy.MinimumCash))
	case autorecharge.ReasonTimeZone:
		return fmt.Sprintf("This machine does not know the time zone %s, in which the caps are counted.", policy.TimeZone)
	case autorecharge.ReasonLimit:
		return "A limit of the wallet leaves no room for a charge."
	case autorecharge.ReasonOwed:
		return "The wallet owes something, which a charge would pay: nothing is charged until that is paid or written off."
	case autorecharge.ReasonDailyCount:
		return fmt.Sprintf("The daily cap on attempts (%d) is reached.", policy.DailyCount)
	case autorecharge.ReasonDailyAmount:
		return fmt.Sprintf("The daily cap of %s leaves no room for a charge.", money(policy.DailyAmount.Decimal))
	case autorecharge.ReasonMonthlyCount:
		return fmt.Sprintf("The monthly cap on attempts (%d) is reached.", policy.MonthlyCount)
	case autorecharge.ReasonMonthlyAmount:
		return fmt.Sprintf("The monthly cap of %s leaves no room for a charge.", money(policy.MonthlyAmount.Decimal))
	}
	return string(t.Why)
}

// englishUnsettled says that the provider of a delegated policy is yet to be told that it is
// off.
func englishUnsettled(state *autorecharge.State) string {
	if !state.Unconfigured {
		return ""
	}
	return " The provider is yet to be told, and may go on charging."
}

// sentence ends a text with a full stop, if it has no end.
func sentence(text string) string {
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "?") || strings.HasSuffix(text, "!") {
		return text
	}
	return text + "."
}

// englishBound says why the amount is not what the target needs.
func (t decision) englishBound() string {
	target := t.money(t.policy.RechargeTo)
	switch t.Bound {
	case autorecharge.BoundUnit:
		return ", rounded up to a multiple of " + t.money(t.policy.Unit())
	case autorecharge.BoundMinimum:
		return fmt.Sprintf(", which exceeds the target of %s because of the minimum of one charge", target)
	case autorecharge.BoundMaximum:
		return fmt.Sprintf(", which does not reach the target of %s because of the maximum of one charge", target)
	case autorecharge.BoundDailyAmount:
		return fmt.Sprintf(", which does not reach the target of %s because of the daily cap", target)
	case autorecharge.BoundMonthlyAmount:
		return fmt.Sprintf(", which does not reach the target of %s because of the monthly cap", target)
	}
	return ""
}
