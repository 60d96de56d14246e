package text

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
)

// Decision returns what a policy does about its wallet, and why. Amounts have the unit of
// the wallet that was decided about; times are in the policy's time zone. Where the state of
// the policy cannot be read, it says so.
func Decision(d *autorecharge.Decision, policy *ports.Policy, language Language) string {
	state, err := autorecharge.StateOf(policy)
	t := decision{d, policy, &state, language}
	switch {
	case err != nil && language == Korean:
		return "자동충전 상태 기록을 읽을 수 없습니다."
	case err != nil:
		return "The state of the policy cannot be read."
	case language == Korean:
		return t.korean() + t.until(" 다음 확인: ")
	}
	return t.english() + t.until(" Next look: ")
}

// decision is a decision that is put into words.
type decision struct {
	*autorecharge.Decision
	policy   *ports.Policy
	state    *autorecharge.State
	language Language
}

func (t decision) money(amount decimal.Decimal) string {
	return Money(amount, t.Currency, t.language)
}

// until returns when it is worth asking again, if that is known.
func (t decision) until(label string) string {
	if t.Until.IsZero() {
		return ""
	}
	location, err := autorecharge.Location(t.policy.TimeZone)
	if err != nil {
		location = time.UTC
	}
	return label + t.Until.In(location).Format("2006-01-02 15:04:05 MST") + "."
}

// byOperator reports whether an operator suspended the policy. The reason is the operator's own:
// it is not for customers.
func (t *decision) byOperator() bool {
	return t.state.Held && t.state.Why != autorecharge.CauseDisputed
}
