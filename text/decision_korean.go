package text

import (
	"fmt"
	"strings"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
)

func (t decision) korean() string {
	policy, money := t.policy, t.money
	switch t.Why {
	case autorecharge.ReasonLow:
		object := "를"
		if t.Currency == "KRW" {
			object = "을"
		}
		return fmt.Sprintf("사용 가능 잔액이 %s 이하이므로 %s%s 충전합니다(결제 제공사: %s%s).",
			money(policy.MinimumCash), money(t.Amount), object, t.Method.Charger, t.koreanBound())
	case autorecharge.ReasonAbove:
		return fmt.Sprintf("사용 가능 잔액이 %s보다 많아 충전하지 않습니다.", money(policy.MinimumCash))
	case autorecharge.ReasonOff:
		return "기준 금액이 0이므로 자동충전이 꺼져 있습니다."
	case autorecharge.ReasonDelegated:
		if t.state.Unconfigured {
			return "결제 제공사에 자동충전 설정을 전달하는 중입니다."
		}
		return "결제 제공사가 직접 자동충전합니다."
	case autorecharge.ReasonDrift:
		return "결제 제공사의 자동충전 설정이 정책과 다릅니다. 제공사에서 설정이 변경되었는지 확인해 주세요."
	case autorecharge.ReasonDisabled:
		return "자동충전이 꺼져 있습니다." + koreanUnsettled(t.state)
	case autorecharge.ReasonDisputed:
		return "분쟁 중이거나 취소된 충전이 있어 담당자의 확인이 필요합니다."
	case autorecharge.ReasonBothOn:
		return "결제 제공사의 자동충전이 켜져 있어 이중 충전을 막기 위해 충전하지 않습니다."
	case autorecharge.ReasonSuspended:
		if t.byOperator() {
			return "담당자가 자동충전을 중지했습니다. 담당자만 다시 켤 수 있습니다." + koreanUnsettled(t.state)
		}
		if t.state.Held {
			return fmt.Sprintf("자동충전이 중지되었습니다. 담당자가 다시 켜야 합니다. 사유: %s", sentence(koreanWhy(t.state.Why))) + koreanUnsettled(t.state)
		}
		return fmt.Sprintf("자동충전이 중지되었습니다(연속 실패 %d회). 직접 충전하거나 결제 수단을 변경하면 다시 켜집니다. 사유: %s",
			t.state.Failures, sentence(koreanWhy(t.state.Why))) + koreanUnsettled(t.state)
	case autorecharge.ReasonWallet:
		return "지갑이 동결되었거나 해지되었습니다."
	case autorecharge.ReasonUnderWay:
		if t.OperationID == "" {
			return "충전이 진행 중입니다."
		}
		return fmt.Sprintf("충전 %s(%s)이 진행 중입니다.", t.OperationID, koreanStatus(t.OperationStatus))
	case autorecharge.ReasonLane:
		return fmt.Sprintf("결제 제공사 %s에서 먼저 처리 중인 거래 %s(%s)가 끝나야 충전합니다.", t.Method.Charger, t.OperationID, koreanStatus(t.OperationStatus))
	case autorecharge.ReasonCharger:
		return fmt.Sprintf("이 프로세스에는 결제 제공사 %s 연동이 없습니다. 연동된 프로세스에서 충전합니다.", t.Method.Charger)
	case autorecharge.ReasonBounds:
		return fmt.Sprintf("1회 충전 한도 안에 %s의 배수가 없어 충전하지 않습니다. 설정을 변경해 주세요.", money(policy.Unit()))
	case autorecharge.ReasonBackoff:
		if t.state.Outages > 0 {
			return fmt.Sprintf("최근 충전이 실행되지 않았습니다(%s). 잠시 후 다시 시도합니다.", koreanWhy(t.state.Why))
		}
		return fmt.Sprintf("최근 충전이 실패했습니다(%s). 연속 실패 %d회, %d회가 되면 중지됩니다.", koreanWhy(t.state.Why), t.state.Failures, policy.SuspendAfter)
	case autorecharge.ReasonPace:
		return fmt.Sprintf("최근 충전 후에도 사용 가능 잔액이 %s 이하입니다. 잠시 후 이어서 충전합니다.", money(policy.MinimumCash))
	case autorecharge.ReasonTimeZone:
		return fmt.Sprintf("이 서버에 한도 계산에 필요한 시간대(%s) 정보가 없어 충전하지 않습니다.", policy.TimeZone)
	case autorecharge.ReasonLimit:
		return "지갑의 한도를 넘게 되어 더 충전할 수 없습니다."
	case autorecharge.ReasonOwed:
		return "갚지 않은 미수금이 있어 자동충전을 하지 않습니다."
	case autorecharge.ReasonDailyCount:
		return fmt.Sprintf("하루 %d회 한도를 모두 사용했습니다.", policy.DailyCount)
	case autorecharge.ReasonDailyAmount:
		return fmt.Sprintf("하루 한도 %s 안에서는 더 충전할 수 없습니다.", money(policy.DailyAmount.Decimal))
	case autorecharge.ReasonMonthlyCount:
		return fmt.Sprintf("월 %d회 한도를 모두 사용했습니다.", policy.MonthlyCount)
	case autorecharge.ReasonMonthlyAmount:
		return fmt.Sprintf("월 한도 %s 안에서는 더 충전할 수 없습니다.", money(policy.MonthlyAmount.Decimal))
	}
	return string(t.Why)
}

// koreanUnsettled says that the provider of a delegated policy is yet to be told that it is off.
func koreanUnsettled(state *autorecharge.State) string {
	if !state.Unconfigured {
		return ""
	}
	return " 결제 제공사에는 아직 전달되지 않아 제공사의 자동충전이 계속될 수 있습니다."
}

// koreanBound says why the amount is not what the target needs.
func (t decision) koreanBound() string {
	target := t.money(t.policy.RechargeTo)
	switch t.Bound {
	case autorecharge.BoundUnit:
		return fmt.Sprintf(", %s 단위로 올림", t.money(t.policy.Unit()))
	case autorecharge.BoundMinimum:
		return fmt.Sprintf(", 1회 최소 충전 금액 때문에 목표 금액 %s 초과", target)
	case autorecharge.BoundMaximum:
		return fmt.Sprintf(", 1회 최대 충전 금액 때문에 목표 금액 %s 미달", target)
	case autorecharge.BoundDailyAmount:
		return fmt.Sprintf(", 하루 한도 때문에 목표 금액 %s 미달", target)
	case autorecharge.BoundMonthlyAmount:
		return fmt.Sprintf(", 월 한도 때문에 목표 금액 %s 미달", target)
	}
	return ""
}

// koreanStatus returns the status of an open order.
func koreanStatus(status string) string {
	switch status {
	case string(ports.RechargeSending):
		return "전송 중"
	case string(ports.RechargePending):
		return "처리 중"
	case string(ports.RechargeUnknown):
		return "결과 확인 중"
	case string(ports.RechargeReview):
		return "담당자 확인 필요"
	}
	return "진행 중"
}

// koreanWhy returns the reason that a policy keeps. What a person or a provider wrote
// stays as it is.
func koreanWhy(why string) string {
	if why == autorecharge.CauseDisputed {
		return "분쟁 중이거나 취소된 충전이 있습니다"
	}
	for english, korean := range map[string]string{autorecharge.CauseDeclined: "결제 거절", autorecharge.CauseNotSent: "전송 실패", autorecharge.CauseRefused: "요청 거부", autorecharge.CauseShort: "요청보다 적게 충전됨"} {
		detail, is := strings.CutPrefix(why, english)
		if detail = strings.TrimPrefix(detail, ": "); is {
			if detail == "" {
				return korean
			}
			return korean + ": " + detail
		}
	}
	return why
}
