package autorecharge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// chargedBack is a world whose first automatic charge was taken back.
func chargedBack(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.set(usual())
	w.spend(9_500)
	w.step()
	ops, err := w.recharges.List(t.Context(), recharge.Listing{WalletID: "w"})
	require.NoError(t, err)
	_, err = w.recharges.Reverse(t.Context(), ports.Act{ID: ops[0].ID, By: ports.By{Who: "kim", Why: "chargeback"}})
	require.NoError(t, err)
	return w
}

// liftings are what customers do, by themselves or through the host.
var liftings = map[string]func(w *world){
	"nothing":            func(*world) {},
	"a recharge by hand": func(w *world) { w.deposit("w", 1) },
	"other cards": func(w *world) {
		terms := usual()
		terms.Methods[0].ID = "third"
		w.set(terms)
	},
	"delete and set": func(w *world) {
		require.NoError(w.t, w.engine.Delete(w.t.Context(), acting("w", kim("asked"))))
		w.set(usual())
	},
	"disable and enable": func(w *world) {
		_, err := w.engine.Disable(w.t.Context(), acting("w", kim("asked")))
		require.NoError(w.t, err)
		_, err = w.engine.Enable(w.t.Context(), acting("w", kim("asked")))
		require.NoError(w.t, err)
	},
	"disable, delete and set": func(w *world) {
		_, err := w.engine.Disable(w.t.Context(), acting("w", kim("asked")))
		require.NoError(w.t, err)
		require.NoError(w.t, w.engine.Delete(w.t.Context(), acting("w", kim("asked"))))
		w.set(usual())
	},
}

// TestEngine_Reinstate_alone_lifts_a_suspension_after_a_chargeback, whatever a customer does
// before or after the engine sees the chargeback.
func TestEngine_Reinstate_alone_lifts_a_suspension_after_a_chargeback(t *testing.T) {
	t.Parallel()
	for name, lift := range liftings {
		for when, seen := range map[string]bool{"before it is seen": false, "after it is seen": true} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				w := chargedBack(t)
				if seen {
					w.step()
					require.Equal(t, ports.PolicySuspended, w.policy().Status)
					require.True(t, w.stored().State.Held, "processes of every version know that only Reinstate lifts it")
				}
				lift(w)
				for range 3 {
					w.step()
					w.clock.Advance(60 * minute)
				}
				require.Equal(t, 1, w.cards.count(), "the card that charged back is not charged again")
				require.Equal(t, ports.PolicySuspended, w.policy().Status)
				_, err := w.engine.Reinstate(t.Context(), acting("w", kim("asked")))
				require.NoError(t, err)
				w.step()
				require.Equal(t, 2, w.cards.count())
			})
		}
	}
}

// TestEngine_Evaluate_holds_a_chargeback_of_a_policy_that_failed: a customer reinstates the
// policy, and a charge that was taken back before that suspends it again.
func TestEngine_Evaluate_holds_a_chargeback_of_a_policy_that_failed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	w.spend(9_500)
	w.step()
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Permanent: true}})
	w.spend(99_500)
	w.step()
	require.Equal(t, ports.PolicySuspended, w.policy().Status)
	ops, err := w.recharges.List(t.Context(), recharge.Listing{WalletID: "w", Statuses: []ports.RechargeStatus{ports.RechargeApproved}})
	require.NoError(t, err)
	w.deposit("w", 99_500)
	_, err = w.recharges.Reverse(t.Context(), ports.Act{ID: ops[0].ID, By: ports.By{Who: "kim", Why: "chargeback"}})
	require.NoError(t, err)
	w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
	w.deposit("w", 1)
	w.low()
	require.Equal(t, 2, w.cards.count())
	require.Equal(t, ports.PolicySuspended, w.policy().Status)
}

// TestEngine_Set_keeps_what_a_person_suspended, through Delete and Disable too.
func TestEngine_Set_keeps_what_a_person_suspended(t *testing.T) {
	t.Parallel()
	for name, lift := range liftings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set(usual())
			_, err := w.engine.Suspend(t.Context(), acting("w", kim("fraud")))
			require.NoError(t, err)
			w.spend(9_500)
			lift(w)
			w.step()
			require.Zero(t, w.cards.count())
			require.Equal(t, ports.PolicySuspended, w.policy().Status)
			require.Equal(t, "fraud", w.policy().State.Why)
			_, err = w.engine.Reinstate(t.Context(), acting("w", kim("asked")))
			require.NoError(t, err)
			w.step()
			require.Equal(t, 1, w.cards.count())
		})
	}
}
