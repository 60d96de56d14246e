package autorecharge_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/text"
)

// explain returns the texts of the policy of wallet "w", in English and Korean.
func (w *world) explain() (d autorecharge.Decision, english, korean string) {
	w.t.Helper()
	d, policy, err := w.engine.Explain(w.t.Context(), "w")
	require.NoError(w.t, err)
	return d, text.Decision(&d, policy, text.English), text.Decision(&d, policy, text.Korean)
}

func TestEngine_Explain_names_the_attempt_in_review(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Review: "the answer was lost"}})
	w.set(usual())
	w.spend(9_500)
	w.step()
	ops, err := w.recharges.List(t.Context(), recharge.Listing{Statuses: []ports.RechargeStatus{ports.RechargeReview}})
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
// reinstates.
func TestEngine_Explain_says_what_the_next_sweep_does(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Permanent: true}})
	w.set(usual())
	w.spend(9_500)
	w.step()
	d, english, korean := w.explain()
	require.Equal(t, autorecharge.ReasonSuspended, d.Why)
	require.Contains(t, english, "until cash is recharged by hand, its payment methods change, or an operator reinstates it")
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
	require.Equal(t, "The policy is suspended until an operator reinstates it: a recharge is disputed or was taken back.", english)
	require.Equal(t, "자동충전이 중지되었습니다. 담당자가 다시 켜야 합니다. 사유: 분쟁 중이거나 취소된 충전이 있습니다.", korean)
}
