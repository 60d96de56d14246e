package autorecharge_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
)

// TestErrors/say_what_is_wrong_once_and_in_one_line: they name the wallet once, and what is
// known instead. They show no id that no record can have, and a provider's text in one line.
func TestErrors(t *testing.T) {
	t.Parallel()
	t.Run("say_what_is_wrong_once_and_in_one_line", func(t *testing.T) {
		t.Parallel()
		w, at := delegating(t)
		e := w.engine
		unknown := usual()
		unknown.Methods = []ports.PaymentMethod{{Charger: "else", ID: "x"}}
		set := func(id string, terms ports.PolicyTerms) error { _, err := e.Set(t.Context(), id, terms); return err }
		explain := func(id string) error {
			_, _, err := e.Explain(t.Context(), id, autorecharge.English)
			return err
		}
		disable := func(id string) error { _, err := e.Disable(t.Context(), id, kim("x")); return err }
		at.err = errors.New("down\nuntil tomorrow")
		for want, err := range map[string]error{
			"set policy of wallet w: invalid Methods: Charger: is not one of the service's (cards)":           set("w", unknown),
			"set policy of wallet none: not found":                                                            set("none", usual()),
			"set policy of wallet: invalid WalletID: is not printable UTF-8":                                  set("a\nb", usual()),
			"disable policy: invalid WalletID: is not printable UTF-8":                                        disable("a\nb"),
			"policy of wallet none: not found":                                                                disable("none"),
			"policy: invalid WalletID: is not printable UTF-8":                                                explain("a\nb"),
			"policy of wallet w: the provider is not configured as the policy says yet: down; until tomorrow": set("w", delegated()),
		} {
			require.EqualError(t, err, want)
		}
	})
}

// TestDecision_Text: a policy that is off says so, and when its provider is yet to be told; an
// attempt that was not executed is not counted as a failure; a reason ends once.
func TestDecision_Text(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		why             autorecharge.Reason
		state           ports.PolicyState
		english, korean string
	}{
		"off": {autorecharge.ReasonDisabled, ports.PolicyState{}, "The policy is switched off.", "자동충전이 꺼져 있습니다."},
		"off, and the provider is yet to be told": {
			autorecharge.ReasonDisabled,
			ports.PolicyState{Unsettled: true},
			"The policy is switched off. The provider is yet to be told, and may go on charging.",
			"자동충전이 꺼져 있습니다. 결제 제공사에는 아직 전달되지 않아 제공사의 자동충전이 계속될 수 있습니다.",
		},
		"suspended by a person": {
			autorecharge.ReasonSuspended,
			ports.PolicyState{Held: true, Why: "fraud?"},
			"The policy is suspended until an operator re-arms it: fraud?", "자동충전이 중지되었습니다. 담당자가 다시 켜야 합니다. 사유: fraud?",
		},
		"suspended by failures": {
			autorecharge.ReasonSuspended,
			ports.PolicyState{Failures: 5, Why: "declined"},
			"The policy is suspended until cash is recharged by hand, its payment methods change, or an operator re-arms it (failures in a row: 5): declined.",
			"자동충전이 중지되었습니다(연속 실패 5회). 직접 충전하거나 결제 수단을 변경하면 다시 켜집니다. 사유: 결제 거절.",
		},
		"an outage": {
			autorecharge.ReasonBackoff,
			ports.PolicyState{Outages: 1, Why: "not sent: E1"},
			"The last attempt was not executed (not sent: E1): the next one follows.", "최근 충전이 실행되지 않았습니다(전송 실패: E1). 잠시 후 다시 시도합니다.",
		},
		"a failure": {
			autorecharge.ReasonBackoff,
			ports.PolicyState{Failures: 1, Why: "declined: E2"},
			"The last attempt failed (declined: E2). Failures in a row: 1; the policy is suspended at 5.",
			"최근 충전이 실패했습니다(결제 거절: E2). 연속 실패 1회, 5회가 되면 중지됩니다.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := &ports.Policy{State: tc.state}
			policy.SuspendAfter = 5
			d := autorecharge.Decision{Why: tc.why}
			require.Equal(t, tc.english, d.Text(policy, autorecharge.English))
			require.Equal(t, tc.korean, d.Text(policy, autorecharge.Korean))
		})
	}
}
