package autorecharge

import (
	"fmt"
	"time"

	"github.com/jigap/jigap/ports"
)

// Language is a language of the texts of this package.
type Language string

// The languages.
const (
	English Language = "en"
	Korean  Language = "ko"
)

// Text returns the decision for people. Times are written in the policy's time zone;
// an unknown language is English.
func (d Decision) Text(policy *ports.Policy, language Language) string {
	if language == Korean {
		return d.korean(policy) + d.tail(policy, " 다음 확인: %s.")
	}
	return d.english(policy) + d.tail(policy, " Next look: %s.")
}

func (d Decision) tail(policy *ports.Policy, format string) string {
	if d.Until.IsZero() {
		return ""
	}
	location, err := zone(policy.TimeZone)
	if err != nil {
		location = time.UTC
	}
	return fmt.Sprintf(format, d.Until.In(location).Format("2006-01-02 15:04:05 MST"))
}

func (d Decision) english(policy *ports.Policy) string {
	switch d.Why {
	case ReasonLow:
		text := fmt.Sprintf("Available cash is at or below %s: %s would be charged through %s", policy.MinimumCash, d.Amount, d.Method.Charger)
		switch d.Bound {
		case "":
		case boundUnit:
			text += fmt.Sprintf(", rounded up to a multiple of %s", unit(&policy.PolicyTerms))
		default:
			text += fmt.Sprintf(", which is not what %s needs, because of %s", policy.RechargeTo, d.Bound)
		}
		return text + "."
	case ReasonAbove:
		return fmt.Sprintf("Available cash is above %s: nothing to do.", policy.MinimumCash)
	case ReasonOff:
		return "The minimum is zero: auto-recharge is off."
	case ReasonDelegated:
		if policy.State.Unsettled {
			return "The provider is yet to be told to recharge this wallet by itself."
		}
		return "The provider recharges this wallet by itself."
	case ReasonDisabled:
		return "The policy is switched off."
	case ReasonDisputed:
		return "A recharge of the wallet is disputed or was taken back: a person decides first."
	case ReasonBothOn:
		return "The provider's own auto-recharge is on: both would charge."
	case ReasonSuspended:
		return fmt.Sprintf("The policy is suspended until somebody re-arms it (failures in a row: %d): %s.", policy.State.Failures, policy.State.Why)
	case ReasonWallet:
		return "The wallet is frozen or closed."
	case ReasonUnderWay:
		return "A recharge is under way."
	case ReasonLane:
		return fmt.Sprintf("Operation %s (%s) holds the lane of %s: it must end first.", d.OperationID, d.OperationStatus, d.Method.Charger)
	case ReasonCharger:
		return fmt.Sprintf("This process does not have the Charger %s: a process that has it charges.", d.Method.Charger)
	case ReasonBounds:
		return fmt.Sprintf("No multiple of %s is within the bounds of one charge: the terms are to be set anew.", unit(&policy.PolicyTerms))
	case ReasonBackoff:
		return fmt.Sprintf("The last attempt failed (%s). Failures in a row: %d; the policy is suspended at %d.", policy.State.Why, policy.State.Failures, policy.SuspendAfter)
	case ReasonDailyCount:
		return fmt.Sprintf("All %d attempts of the day are used up.", policy.DailyCount)
	case ReasonDailyAmount:
		return fmt.Sprintf("The day's %s are used up.", policy.DailyAmount.Decimal)
	case ReasonMonthlyCount:
		return fmt.Sprintf("All %d attempts of the month are used up.", policy.MonthlyCount)
	case ReasonMonthlyAmount:
		return fmt.Sprintf("The month's %s are used up.", policy.MonthlyAmount.Decimal)
	}
	return string(d.Why)
}

func (d Decision) korean(policy *ports.Policy) string {
	switch d.Why {
	case ReasonLow:
		text := fmt.Sprintf("사용 가능 잔액이 %s 이하입니다. %s(으)로 %s을(를) 충전합니다", policy.MinimumCash, d.Method.Charger, d.Amount)
		switch d.Bound {
		case "":
		case boundUnit:
			text += fmt.Sprintf(" (%s 단위로 올림)", unit(&policy.PolicyTerms))
		default:
			text += fmt.Sprintf(" (목표 %s과(와) 다름: %s)", policy.RechargeTo, d.Bound)
		}
		return text + "."
	case ReasonAbove:
		return fmt.Sprintf("사용 가능 잔액이 %s보다 많아 충전하지 않습니다.", policy.MinimumCash)
	case ReasonOff:
		return "기준 금액이 0이므로 자동충전이 꺼져 있습니다."
	case ReasonDelegated:
		if policy.State.Unsettled {
			return "결제 제공사에 자동충전 설정을 전달하는 중입니다."
		}
		return "결제 제공사가 직접 자동충전합니다."
	case ReasonDisabled:
		return "자동충전이 꺼져 있습니다."
	case ReasonDisputed:
		return "분쟁 중이거나 취소된 충전이 있어 담당자의 확인이 필요합니다."
	case ReasonBothOn:
		return "결제 제공사의 자동충전이 켜져 있어 이중 충전을 막기 위해 충전하지 않습니다."
	case ReasonSuspended:
		return fmt.Sprintf("자동충전이 중지되었습니다(연속 실패 %d회). 다시 켜기 전까지 충전하지 않습니다: %s.", policy.State.Failures, policy.State.Why)
	case ReasonWallet:
		return "지갑이 동결되었거나 해지되었습니다."
	case ReasonUnderWay:
		return "충전이 진행 중입니다."
	case ReasonLane:
		return fmt.Sprintf("결제 제공사 %s에서 처리 중인 거래 %s(상태: %s) 때문에 대기하고 있습니다. 이 거래가 끝나야 충전합니다.", d.Method.Charger, d.OperationID, d.OperationStatus)
	case ReasonCharger:
		return fmt.Sprintf("이 프로세스에는 결제 제공사 %s 연동이 없습니다. 연동된 프로세스에서 충전합니다.", d.Method.Charger)
	case ReasonBounds:
		return fmt.Sprintf("1회 충전 한도 안에 %s의 배수가 없어 충전하지 않습니다. 설정을 변경해 주세요.", unit(&policy.PolicyTerms))
	case ReasonBackoff:
		return fmt.Sprintf("최근 충전이 실패했습니다(%s). 연속 실패 %d회, %d회가 되면 중지됩니다.", policy.State.Why, policy.State.Failures, policy.SuspendAfter)
	case ReasonDailyCount:
		return fmt.Sprintf("하루 %d회 한도를 모두 사용했습니다.", policy.DailyCount)
	case ReasonDailyAmount:
		return fmt.Sprintf("하루 %s 한도를 모두 사용했습니다.", policy.DailyAmount.Decimal)
	case ReasonMonthlyCount:
		return fmt.Sprintf("월 %d회 한도를 모두 사용했습니다.", policy.MonthlyCount)
	case ReasonMonthlyAmount:
		return fmt.Sprintf("월 %s 한도를 모두 사용했습니다.", policy.MonthlyAmount.Decimal)
	}
	return string(d.Why)
}
