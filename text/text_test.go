package text_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/text"
)

func won(n int64) decimal.Decimal { return decimal.New(n, 0) }

func optional(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(won(n)) }

func exactly(amount string) decimal.Decimal { return decimal.RequireFromString(amount) }

// usual are the terms of a policy that charges 100,000 at 1,000 or less.
func usual() ports.PolicyTerms {
	return ports.PolicyTerms{
		Methods:     []ports.PaymentMethod{{Charger: "cards", ID: "first"}},
		MinimumCash: won(1_000), RechargeTo: won(100_000), TimeZone: "Asia/Seoul", SuspendAfter: 5,
	}
}

func TestDecision(t *testing.T) {
	t.Parallel()
	t.Run("groups_amounts_and_names_their_unit", func(t *testing.T) {
		t.Parallel()
		testAmounts(t)
	})
	t.Run("tells_the_state_of_a_policy", func(t *testing.T) {
		t.Parallel()
		testStates(t)
	})
	t.Run("has_no_tokens_of_programs", func(t *testing.T) {
		t.Parallel()
		testTokens(t)
	})
}

func testAmounts(t *testing.T) {
	t.Helper()
	now := time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		currency        string
		balance         string
		terms           func(*ports.PolicyTerms)
		english, korean string
	}{
		"low": {
			"KRW", "500", func(*ports.PolicyTerms) {},
			"Available cash is at or below 1,000 KRW: 99,500 KRW would be charged through cards.",
			"사용 가능 잔액이 1,000원 이하이므로 99,500원을 충전합니다(결제 제공사: cards).",
		},
		"rounded up": {
			"KRW", "500", func(p *ports.PolicyTerms) { p.ChargeUnit = won(1_000) },
			"Available cash is at or below 1,000 KRW: 100,000 KRW would be charged through cards, rounded up to a multiple of 1,000 KRW.",
			"사용 가능 잔액이 1,000원 이하이므로 100,000원을 충전합니다(결제 제공사: cards, 1,000원 단위로 올림).",
		},
		"the greatest charge": {
			"KRW", "500", func(p *ports.PolicyTerms) { p.MaximumCharge = optional(50_000) },
			"Available cash is at or below 1,000 KRW: 50,000 KRW would be charged through cards, which does not reach the target of 100,000 KRW because of the maximum of one charge.",
			"사용 가능 잔액이 1,000원 이하이므로 50,000원을 충전합니다(결제 제공사: cards, 1회 최대 충전 금액 때문에 목표 금액 100,000원 미달).",
		},
		"the least charge": {
			"USD", "500.5", func(p *ports.PolicyTerms) { p.MinimumCharge = optional(150_000) },
			"Available cash is at or below 1,000 USD: 150,000 USD would be charged through cards, which exceeds the target of 100,000 USD because of the minimum of one charge.",
			"사용 가능 잔액이 1,000 USD 이하이므로 150,000 USD를 충전합니다(결제 제공사: cards, 1회 최소 충전 금액 때문에 목표 금액 100,000 USD 초과).",
		},
		"above": {
			"KRW", "1500000", func(*ports.PolicyTerms) {},
			"Available cash is above 1,000 KRW: nothing to do.",
			"사용 가능 잔액이 1,000원보다 많아 충전하지 않습니다.",
		},
		"the day's money": {
			"KRW", "500", func(p *ports.PolicyTerms) { p.ChargeUnit, p.DailyAmount = won(100_000), optional(99_999) },
			"The daily cap of 99,999 KRW leaves no room for a charge. Next look: 2026-11-02 00:00:10 KST.",
			"하루 한도 99,999원 안에서는 더 충전할 수 없습니다. 다음 확인: 2026-11-02 00:00:10 KST.",
		},
	} {
		policy := &ports.Policy{PolicyTerms: usual(), Status: ports.PolicyActive}
		tc.terms(&policy.PolicyTerms)
		wallet := &ports.Wallet{Status: ports.WalletActive, Balance: exactly(tc.balance), Scale: 2, Currency: tc.currency}
		d := autorecharge.Decide(wallet, policy, &autorecharge.State{}, decimal.Decimal{}, now)
		require.Equal(t, tc.english, text.Decision(&d, policy, text.English), name)
		require.Equal(t, tc.korean, text.Decision(&d, policy, text.Korean), name)
	}
}

// testStates: a policy that is off says so, and when its provider is yet to be told; an
// attempt that was not executed is not counted as a failure; a reason ends once.
func testStates(t *testing.T) {
	t.Helper()
	for name, tc := range map[string]struct {
		why             autorecharge.Reason
		state           autorecharge.State
		english, korean string
	}{
		"off": {autorecharge.ReasonDisabled, autorecharge.State{}, "The policy is switched off.", "자동충전이 꺼져 있습니다."},
		"off, and the provider is yet to be told": {
			autorecharge.ReasonDisabled,
			autorecharge.State{Unconfigured: true},
			"The policy is switched off. The provider is yet to be told, and may go on charging.",
			"자동충전이 꺼져 있습니다. 결제 제공사에는 아직 전달되지 않아 제공사의 자동충전이 계속될 수 있습니다.",
		},
		"suspended by a person": {
			autorecharge.ReasonSuspended,
			autorecharge.State{Held: true, Why: "fraud?"},
			"An operator has suspended the policy, and only an operator reinstates it.", "담당자가 자동충전을 중지했습니다. 담당자만 다시 켤 수 있습니다.",
		},
		"suspended by a dispute": {
			autorecharge.ReasonSuspended,
			autorecharge.State{Held: true, Why: autorecharge.CauseDisputed},
			"The policy is suspended until an operator reinstates it: a recharge is disputed or was taken back.",
			"자동충전이 중지되었습니다. 담당자가 다시 켜야 합니다. 사유: 분쟁 중이거나 취소된 충전이 있습니다.",
		},
		"suspended by failures": {
			autorecharge.ReasonSuspended,
			autorecharge.State{Failures: 5, Why: "declined"},
			"The policy is suspended until cash is recharged by hand, its payment methods change, or an operator reinstates it (failures in a row: 5): declined.",
			"자동충전이 중지되었습니다(연속 실패 5회). 직접 충전하거나 결제 수단을 변경하면 다시 켜집니다. 사유: 결제 거절.",
		},
		"an outage": {
			autorecharge.ReasonBackoff,
			autorecharge.State{Outages: 1, Why: "not sent: E1"},
			"The last attempt was not executed (not sent: E1): the next one follows.", "최근 충전이 실행되지 않았습니다(전송 실패: E1). 잠시 후 다시 시도합니다.",
		},
		"a failure": {
			autorecharge.ReasonBackoff,
			autorecharge.State{Failures: 1, Why: "declined: E2"},
			"The last attempt failed (declined: E2). Failures in a row: 1; the policy is suspended at 5.",
			"최근 충전이 실패했습니다(결제 거절: E2). 연속 실패 1회, 5회가 되면 중지됩니다.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state, err := json.Marshal(tc.state)
			require.NoError(t, err)
			policy := &ports.Policy{State: state}
			policy.SuspendAfter = 5
			d := autorecharge.Decision{Why: tc.why}
			require.Equal(t, tc.english, text.Decision(&d, policy, text.English))
			require.Equal(t, tc.korean, text.Decision(&d, policy, text.Korean))
		})
	}
}

// testTokens: every reason and every bound has a text in both languages.
func testTokens(t *testing.T) {
	t.Helper()
	policy := &ports.Policy{PolicyTerms: usual()}
	for _, why := range []autorecharge.Reason{
		autorecharge.ReasonLow, autorecharge.ReasonAbove, autorecharge.ReasonOff, autorecharge.ReasonDelegated, autorecharge.ReasonDrift,
		autorecharge.ReasonDisabled, autorecharge.ReasonSuspended, autorecharge.ReasonWallet, autorecharge.ReasonUnderWay, autorecharge.ReasonLane,
		autorecharge.ReasonDisputed, autorecharge.ReasonBothOn, autorecharge.ReasonCharger, autorecharge.ReasonBounds, autorecharge.ReasonBackoff,
		autorecharge.ReasonDailyCount, autorecharge.ReasonDailyAmount, autorecharge.ReasonMonthlyCount, autorecharge.ReasonMonthlyAmount, autorecharge.ReasonTimeZone, autorecharge.ReasonPace,
		autorecharge.ReasonLimit, autorecharge.ReasonOwed,
	} {
		for _, bound := range []autorecharge.Bound{"", "charge_unit", "minimum_charge", "maximum_charge", "daily_amount", "monthly_amount"} {
			d := autorecharge.Decision{Why: why, Bound: bound}
			require.NotEqual(t, string(why), text.Decision(&d, policy, text.English))
			require.NotRegexp(t, "[a-z]+_[a-z]+|\\(으\\)로|을\\(를\\)|과\\(와\\)", text.Decision(&d, policy, text.Korean))
		}
	}
}

func TestDecision_unknown_time_zone(t *testing.T) {
	t.Parallel()
	policy := &ports.Policy{PolicyTerms: usual(), Status: ports.PolicyActive}
	policy.TimeZone, policy.DailyCount = "America/Nowhere", 5
	now := time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)
	d := autorecharge.Decide(&ports.Wallet{Status: ports.WalletActive, Balance: won(500)}, policy, &autorecharge.State{}, won(0), now)
	require.Equal(t, "This machine does not know the time zone America/Nowhere, in which the caps are counted. Next look: 2026-11-01 03:01:00 UTC.",
		text.Decision(&d, policy, text.English))
	require.Equal(t, "이 서버에 한도 계산에 필요한 시간대(America/Nowhere) 정보가 없어 충전하지 않습니다. 다음 확인: 2026-11-01 03:01:00 UTC.",
		text.Decision(&d, policy, text.Korean))
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ amount, currency, english, korean string }{
		{"0", "KRW", "0 KRW", "0원"},
		{"999", "KRW", "999 KRW", "999원"},
		{"1000", "KRW", "1,000 KRW", "1,000원"},
		{"-1234567.891", "USD", "-1,234,567.891 USD", "-1,234,567.891 USD"},
		{"-100", "USD", "-100 USD", "-100 USD"},
		{"100000", "", "100,000", "100,000"},
	} {
		require.Equal(t, tc.english, text.Money(exactly(tc.amount), tc.currency, text.English))
		require.Equal(t, tc.english, text.Money(exactly(tc.amount), tc.currency, "fr"), "an unknown language is English")
		require.Equal(t, tc.korean, text.Money(exactly(tc.amount), tc.currency, text.Korean))
	}
}

func ExampleMoney() {
	fmt.Println(text.Money(won(18_500), "KRW", text.English), "=", text.Money(won(18_500), "KRW", text.Korean))
	// Output: 18,500 KRW = 18,500원
}
