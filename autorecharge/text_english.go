package autorecharge

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

func (d Decision) english(policy *ports.Policy) string {
	money := func(amount decimal.Decimal) string { return d.money(amount, English) }
	switch d.Why {
	case ReasonLow:
		return fmt.Sprintf("Available cash is at or below %s: %s would be charged through %s%s.",
			money(policy.MinimumCash), money(d.Amount), d.Method.Charger, d.englishBound(policy))
	case ReasonAbove:
		return fmt.Sprintf("Available cash is above %s: nothing to do.", money(policy.MinimumCash))
	case ReasonOff:
		return "The minimum is zero: auto-recharge is off."
	case ReasonDelegated:
		if policy.State.Unsettled {
			return "The provider is yet to be told to recharge this wallet by itself."
		}
		return "The provider recharges this wallet by itself."
	case ReasonDrift:
		return fmt.Sprintf("The provider's settings are not those of the policy: %s", sentence(policy.State.Drift))
	case ReasonDisabled:
		return "The policy is switched off." + englishUnsettled(policy)
	case ReasonDisputed:
		return "A recharge of the wallet is disputed or was taken back: an operator decides first."
	case ReasonBothOn:
		return "The provider's own auto-recharge is on: both would charge."
	case ReasonSuspended:
		if policy.State.Held {
			return fmt.Sprintf("The policy is suspended until an operator re-arms it: %s", sentence(policy.State.Why)) + englishUnsettled(policy)
		}
		return fmt.Sprintf("The policy is suspended until cash is recharged by hand, its payment methods change, or an operator re-arms it (failures in a row: %d): %s",
			policy.State.Failures, sentence(policy.State.Why)) + englishUnsettled(policy)
	case ReasonWallet:
		return "The wallet is frozen or closed."
	case ReasonUnderWay:
		if d.OperationID == "" {
			return "A recharge is under way."
		}
		return fmt.Sprintf("Recharge %s (%s) is under way.", d.OperationID, d.OperationStatus)
	case ReasonLane:
		return fmt.Sprintf("Operation %s (%s) holds the lane of %s: it must end first.", d.OperationID, d.OperationStatus, d.Method.Charger)
	case ReasonCharger:
		return fmt.Sprintf("This process does not have the Charger %s: a process that has it charges.", d.Method.Charger)
	case ReasonBounds:
		return fmt.Sprintf("No multiple of %s is within the bounds of one charge: set other terms.", money(unit(&policy.PolicyTerms)))
	case ReasonBackoff:
		if policy.State.Outages > 0 {
			return fmt.Sprintf("The last attempt was not executed (%s): the next one follows.", policy.State.Why)
		}
		return fmt.Sprintf("The last attempt failed (%s). Failures in a row: %d; the policy is suspended at %d.", policy.State.Why, policy.State.Failures, policy.SuspendAfter)
	case ReasonPace:
		return fmt.Sprintf("The last charge did not bring the cash above %s: the next one follows.", money(policy.MinimumCash))
	case ReasonTimeZone:
		return fmt.Sprintf("This machine does not know the time zone %s, in which the caps are counted.", policy.TimeZone)
	case ReasonDailyCount:
		return fmt.Sprintf("All %d attempts of the day are used up.", policy.DailyCount)
	case ReasonDailyAmount:
		return fmt.Sprintf("The %s of the day are used up.", money(policy.DailyAmount.Decimal))
	case ReasonMonthlyCount:
		return fmt.Sprintf("All %d attempts of the month are used up.", policy.MonthlyCount)
	case ReasonMonthlyAmount:
		return fmt.Sprintf("The %s of the month are used up.", money(policy.MonthlyAmount.Decimal))
	}
	return string(d.Why)
}

// englishUnsettled says that the provider of a delegated policy is yet to be told that it is
// off.
func englishUnsettled(policy *ports.Policy) string {
	if !policy.State.Unsettled {
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
func (d Decision) englishBound(policy *ports.Policy) string {
	target := d.money(policy.RechargeTo, English)
	switch d.Bound {
	case boundUnit:
		return ", rounded up to a multiple of " + d.money(unit(&policy.PolicyTerms), English)
	case boundLeast:
		return fmt.Sprintf(", which exceeds the target of %s because of the minimum of one charge", target)
	case boundMost:
		return fmt.Sprintf(", which does not reach the target of %s because of the maximum of one charge", target)
	case string(ReasonDailyAmount):
		return fmt.Sprintf(", which does not reach the target of %s because of the cap of the day", target)
	case string(ReasonMonthlyAmount):
		return fmt.Sprintf(", which does not reach the target of %s because of the cap of the month", target)
	}
	return ""
}
