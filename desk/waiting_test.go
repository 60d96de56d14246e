package desk_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/desk"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestDesk_Waiting_lists_a_policy_that_an_earlier_version_suspended: an earlier version wrote no
// Held with a policy that a dispute suspended. Only an operator reinstates it.
func TestDesk_Waiting_lists_a_policy_that_an_earlier_version_suspended(t *testing.T) {
	t.Parallel()
	for _, why := range []string{autorecharge.CauseDisputed, "disputed: a person decides", "reversed: a person decides"} {
		store := memory.New()
		clock := ports.ClockFunc(func() time.Time { return now })
		wallets, err := ledger.New(store, ledger.Config{Clock: clock})
		require.NoError(t, err)
		_, err = wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "w-p", Currency: "KRW"})
		require.NoError(t, err)
		old := policy("p", ports.PolicySuspended, autorecharge.State{Why: why})
		old.Lane = ports.PolicyLane("w-p")
		fates := store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{old}}})
		require.Equal(t, ports.FateCommitted, fates[0].Status)
		recharges, err := recharge.New(store, wallets, recharge.Config{Clock: clock})
		require.NoError(t, err)
		engine, err := autorecharge.New(store, wallets, recharges, autorecharge.Config{Clock: clock})
		require.NoError(t, err)
		known, err := engine.Get(t.Context(), "w-p")
		require.NoError(t, err)
		state, err := autorecharge.StateOf(known)
		require.NoError(t, err)
		require.True(t, state.Held, "the engine: only an operator reinstates it")

		d, err := desk.New(store, desk.Config{Clock: clock})
		require.NoError(t, err)
		require.Len(t, waiting(t, d, desk.Listing{}), 1, "it waits for an operator for ever: %q", why)
	}
}

// TestDesk_Waiting_lists_policies_whose_state_cannot_be_read: those that are suspended or
// delegated. The job of the engine fails about every other one.
func TestDesk_Waiting_lists_policies_whose_state_cannot_be_read(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*ports.Policy){
		"suspended": func(p *ports.Policy) { p.Status = ports.PolicySuspended },
		"delegated": func(p *ports.Policy) { p.Delegated, p.ProviderRef = true, "card" },
	} {
		broken := policy("x", ports.PolicyActive, autorecharge.State{})
		broken.State = json.RawMessage(`{"Held":"yes"}`)
		edit(broken)
		require.Equal(t, []string{"x " + broken.StatusText() + " []"}, waiting(t, newDesk(t, broken), desk.Listing{}), name)
	}
}

// TestDesk_Waiting_lists_delegated_policies_that_the_provider_was_not_told: the provider may go on
// to charge, or not.
func TestDesk_Waiting_lists_delegated_policies_that_the_provider_was_not_told(t *testing.T) {
	t.Parallel()
	for _, status := range []ports.PolicyStatus{ports.PolicyActive, ports.PolicyDisabled} {
		unconfigured := policy("u", status, autorecharge.State{Unconfigured: true})
		unconfigured.Delegated, unconfigured.ProviderRef = true, "card"
		require.Len(t, waiting(t, newDesk(t, unconfigured), desk.Listing{}), 1, "the provider refused for days: a policy that is %s", status)
	}
}

// TestDesk_Waiting_counts_from_when_an_order_was_sent: the
// withdrawal waited two days for its approval, and was sent a minute ago.
func TestDesk_Waiting_counts_from_when_an_order_was_sent(t *testing.T) {
	t.Parallel()
	op := payout("a", ports.WithdrawalPending, 48*time.Hour)
	op.UpdatedAt, op.SentAt, op.Transmissions = now.Add(-time.Minute), now.Add(-time.Minute), 1
	op.Approvals = []ports.Decision{{What: ports.DecisionApprove, Who: "kim", Why: "checked", At: now.Add(-time.Minute)}}
	require.Empty(t, waiting(t, newDesk(t, op), desk.Listing{}), "it is on its way for a minute")
}

// TestDesk_Waiting_by_provider_finds_a_held_policy: Provider is the name of the Charger.
// All methods of the policy are dead, so that it needs no Charger next.
func TestDesk_Waiting_by_provider_finds_a_held_policy(t *testing.T) {
	t.Parallel()
	method := ports.PaymentMethod{Charger: "card", ID: "first"}
	held := policy("p", ports.PolicySuspended, autorecharge.State{Held: true, Why: "fraud", Dead: []ports.PaymentMethod{method}})
	held.Methods, held.Provider = []ports.PaymentMethod{method}, "" // as the engine writes it: see needs
	require.Len(t, waiting(t, newDesk(t, held), desk.Listing{Provider: "card"}), 1)
}

// TestDesk_Waiting_lists_orders_with_an_alarm: the key was refused an hour ago, and the order is
// unknown. It is listed at once, and not after a day.
func TestDesk_Waiting_lists_orders_with_an_alarm(t *testing.T) {
	t.Parallel()
	op := charge("a", ports.RechargeUnknown, time.Hour)
	op.Answer.Alarm = "the provider refuses the credentials"
	require.Equal(t, []string{"a unknown [approve decline inquire]"}, waiting(t, newDesk(t, op), desk.Listing{}))
}
