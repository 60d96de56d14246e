package autorecharge_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// explain returns the texts of the policy of wallet "w", in English and Korean.
func (w *world) explain() (d autorecharge.Decision, english, korean string) {
	w.t.Helper()
	d, english, err := w.engine.Explain(w.t.Context(), "w", autorecharge.English)
	require.NoError(w.t, err)
	_, korean, err = w.engine.Explain(w.t.Context(), "w", autorecharge.Korean)
	require.NoError(w.t, err)
	return d, english, korean
}

func TestEngine_Explain_names_the_attempt_in_review(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Review: "the answer was lost"}})
	w.set(usual())
	w.spend(9_500)
	w.step()
	ops, err := w.recharges.Reviews(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, ops, 1)
	d, english, korean := w.explain()
	require.Equal(t, autorecharge.ReasonUnderWay, d.Why)
	require.Equal(t, ops[0].ID, d.OperationID)
	require.Equal(t, string(ports.RechargeReview), d.OperationStatus)
	require.Contains(t, english, "Recharge "+ops[0].ID+" (review) is under way.")
	require.Contains(t, korean, "충전 "+ops[0].ID+"(담당자 확인 필요)이 진행 중입니다.")
}

func TestEngine_Explain_names_a_recharge_by_hand_that_is_under_way(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	w.cards.answer("by hand", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}})
	op, err := w.recharges.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: "cards", PaymentMethod: "by hand", Amount: won(60_000)})
	require.NoError(t, err)
	w.spend(9_500)
	d, english, _ := w.explain()
	require.Equal(t, op.ID, d.OperationID)
	require.Contains(t, english, "Recharge "+op.ID+" (pending) is under way.")
}

// TestEngine_Explain_tells_the_drift_of_a_delegated_policy as it was found at the last look.
func TestEngine_Explain_tells_the_drift_of_a_delegated_policy(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	w.set(delegated())
	at.set.On = false
	w.clock.Advance(25 * time.Hour)
	w.step()
	require.NotEmpty(t, w.policy().State.Drift)
	d, english, korean := w.explain()
	require.Equal(t, autorecharge.ReasonDrift, d.Why)
	require.Contains(t, english, w.policy().State.Drift)
	require.Contains(t, korean, "설정이 정책과 다릅니다")
}

// TestEngine_Explain_says_what_the_next_sweep_does with a policy that a recharge by hand
// re-arms.
func TestEngine_Explain_says_what_the_next_sweep_does(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Permanent: true}})
	w.set(usual())
	w.spend(9_500)
	w.step()
	d, english, korean := w.explain()
	require.Equal(t, autorecharge.ReasonSuspended, d.Why)
	require.Contains(t, english, "until cash is recharged by hand, its payment methods change, or an operator re-arms it")
	require.Contains(t, korean, "직접 충전하거나 결제 수단을 변경하면")
	w.deposit("w", 100)
	d, _, _ = w.explain()
	require.Equal(t, autorecharge.ReasonLow, d.Why)
	require.True(t, d.Charge)
	require.Equal(t, ports.PolicySuspended, w.policy().Status, "nothing was written")
}

func TestEngine_Explain_says_that_only_an_operator_re_arms_it(t *testing.T) {
	t.Parallel()
	w := chargedBack(t)
	w.step()
	_, english, korean := w.explain()
	require.Equal(t, "The policy is suspended until an operator re-arms it: a recharge is disputed or was taken back.", english)
	require.Equal(t, "자동충전이 중지되었습니다. 담당자가 다시 켜야 합니다. 사유: 분쟁 중이거나 취소된 충전이 있습니다.", korean)
}

// TestDecision_Text_writes_amounts_for_people: grouped, with their unit, and without the
// tokens that programs use.
func TestDecision_Text_writes_amounts_for_people(t *testing.T) {
	t.Parallel()
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
			"사용 가능 잔액이 1,000원 이하이므로 50,000원을 충전합니다(결제 제공사: cards, 1회 최대 충전 금액 때문에 목표 금액 100,000원과 다름).",
		},
		"the least charge": {
			"USD", "500.5", func(p *ports.PolicyTerms) { p.MinimumCharge = optional(150_000) },
			"Available cash is at or below 1,000 USD: 150,000 USD would be charged through cards, which exceeds the target of 100,000 USD because of the minimum of one charge.",
			"사용 가능 잔액이 1,000 USD 이하이므로 150,000 USD를 충전합니다(결제 제공사: cards, 1회 최소 충전 금액 때문에 목표 금액 100,000 USD와 다름).",
		},
		"above": {
			"KRW", "1500000", func(*ports.PolicyTerms) {},
			"Available cash is above 1,000 KRW: nothing to do.",
			"사용 가능 잔액이 1,000원보다 많아 충전하지 않습니다.",
		},
		"the day's money": {
			"KRW", "500", func(p *ports.PolicyTerms) { p.ChargeUnit, p.DailyAmount = won(100_000), optional(99_999) },
			"The 99,999 KRW of the day are used up. Next look: 2026-11-02 00:00:10 KST.",
			"하루 99,999원 한도를 모두 사용했습니다. 다음 확인: 2026-11-02 00:00:10 KST.",
		},
	} {
		policy := &ports.Policy{PolicyTerms: usual(), OperationHead: ports.OperationHead{}, Status: ports.PolicyActive}
		policy.TimeZone = "Asia/Seoul"
		tc.terms(&policy.PolicyTerms)
		wallet := &ports.Wallet{Status: ports.WalletActive, Balance: exactly(tc.balance), Scale: 2, Currency: tc.currency}
		d := autorecharge.Decide(wallet, policy, decimal.Decimal{}, now)
		require.Equal(t, tc.english, d.Text(policy, autorecharge.English), name)
		require.Equal(t, tc.korean, d.Text(policy, autorecharge.Korean), name)
	}
}

// TestDecision_Text_has_no_tokens_in_Korean: every reason has a text in both languages.
func TestDecision_Text_has_no_tokens_in_Korean(t *testing.T) {
	t.Parallel()
	policy := &ports.Policy{PolicyTerms: usual()}
	for _, why := range []autorecharge.Reason{
		autorecharge.ReasonLow, autorecharge.ReasonAbove, autorecharge.ReasonOff, autorecharge.ReasonDelegated, autorecharge.ReasonDrift,
		autorecharge.ReasonDisabled, autorecharge.ReasonSuspended, autorecharge.ReasonWallet, autorecharge.ReasonUnderWay, autorecharge.ReasonLane,
		autorecharge.ReasonDisputed, autorecharge.ReasonBothOn, autorecharge.ReasonCharger, autorecharge.ReasonBounds, autorecharge.ReasonBackoff,
		autorecharge.ReasonDailyCount, autorecharge.ReasonDailyAmount, autorecharge.ReasonMonthlyCount, autorecharge.ReasonMonthlyAmount, autorecharge.ReasonTimeZone, autorecharge.ReasonPace,
	} {
		for _, bound := range []string{"", "charge_unit", "minimum_charge", "maximum_charge", "daily_amount", "monthly_amount"} {
			d := autorecharge.Decision{Why: why, Bound: bound}
			require.NotEqual(t, string(why), d.Text(policy, autorecharge.English))
			require.NotRegexp(t, "[a-z]+_[a-z]+|\\(으\\)로|을\\(를\\)|과\\(와\\)", d.Text(policy, autorecharge.Korean))
		}
	}
}
