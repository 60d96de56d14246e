package recharge_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestService_charge_is_credited_once: a provider answers two orders with the same charge,
// because its books show a charge late. The second order goes to review, and Approve refuses it
// while the first one has the credit.
func TestService_charge_is_credited_once(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	w.charger = scripted(t, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "row-1"}})
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	first := mustRecharge(t, s, "first")
	require.Equal(t, ports.RechargeApproved, first.Status)
	second := mustRecharge(t, s, "second")
	require.Equal(t, ports.RechargeReview, second.Status)
	require.Contains(t, second.Why, first.ID)
	requireBalance := func(want int64) {
		t.Helper()
		wallet, err := wallets.Wallet(t.Context(), "w")
		require.NoError(t, err)
		require.True(t, wallet.Balance.Equal(won(want)), "%s", wallet.Balance)
	}
	requireBalance(10_000)
	approve := resolution{ID: second.ID, Decision: ports.DecisionApprove, By: ports.By{Who: "kim", Why: "in the list"}}
	_, err := carryOut(t.Context(), s, approve)
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
	var taken *recharge.ChargeTakenError
	require.ErrorAs(t, err, &taken)
	require.Equal(t, recharge.ChargeTakenError{ProviderRef: "row-1", RechargeID: first.ID}, *taken)
	requireBalance(10_000)
	nearly := approve
	nearly.ProviderRef = "row-1 "
	_, err = carryOut(t.Context(), s, nearly)
	require.ErrorIs(t, err, ports.ErrInvalid, "a blank behind it makes it no other charge")

	// It was the second's after all.
	_, err = s.Reverse(t.Context(), ports.Act{ID: first.ID, By: ports.By{Who: "kim", Why: "the row is the second's"}})
	require.NoError(t, err)
	resolved(t, s, approve)
	requireBalance(10_000)

	third := mustRecharge(t, s, "third")
	require.Equal(t, ports.RechargeReview, third.Status)
	own := resolution{ID: third.ID, Decision: ports.DecisionApprove, By: ports.By{Who: "kim", Why: "a row of its own"}, ProviderRef: "row-3"}
	resolved(t, s, own)
	requireBalance(20_000)
}

// TestService_charge_that_was_taken_back_is_not_credited: the provider has the money back, so no
// other recharge can be credited for it.
func TestService_charge_that_was_taken_back_is_not_credited(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, _ := w.process(t, crashtest.Immortal(), nil)
	first := mustRecharge(t, s, "first")
	_, err := s.Cancel(t.Context(), ports.Act{ID: first.ID, By: ports.By{Who: "kim", Why: "asked for"}})
	require.NoError(t, err)
	b.does = dropsBefore
	second := mustRecharge(t, s, "second")
	_, err = carryOut(t.Context(), s, resolution{
		ID: second.ID, Decision: ports.DecisionApprove, By: ports.By{Who: "kim", Why: "a slip"}, ProviderRef: first.ProviderRef,
	})
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
}

// TestService_Reverse_frees_no_disputed_charge: reversing a credit that was booked for the
// wrong order frees its payment. A payment that was ever disputed stays taken, because the
// provider may not have the money.
func TestService_Reverse_frees_no_disputed_charge(t *testing.T) {
	t.Parallel()
	dispute := func(t *testing.T, s *recharge.Service, op *ports.Recharge) {
		t.Helper()
		_, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "chargeback"}})
		require.NoError(t, err)
	}
	for name, before := range map[string]func(*testing.T, *recharge.Service, *ports.Recharge){
		"disputed": dispute,
		"disputed, then kept": func(t *testing.T, s *recharge.Service, op *ports.Recharge) {
			t.Helper()
			dispute(t, s, op)
			resolved(t, s, resolution{ID: op.ID, Decision: ports.DecisionKeep, By: ports.By{Who: "lee", Why: "it stands"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := newWorld(t, approves)
			w.charger = scripted(t, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "row-1"}})
			s, _ := w.process(t, crashtest.Immortal(), nil)
			first := mustRecharge(t, s, "first")
			second := mustRecharge(t, s, "second")
			before(t, s, first)
			require.NoError(t, reverse(t.Context(), s, first))
			requireTaken(t, s, first, second)
		})
	}
}

// TestService_Cancel_after_a_reversal_frees_no_charge: the recharge is not
// disputed, because its credit is out of the wallet, but the provider has the money back.
func TestService_Cancel_after_a_reversal_frees_no_charge(t *testing.T) {
	t.Parallel()
	w, c, s, _, first := cancelWorld(t)
	c.sending = func() {
		w.work(t)
		require.NoError(t, reverse(t.Context(), s, first))
	}
	_, err := s.Cancel(t.Context(), cancelRequest(first))
	require.NoError(t, err)
	c.does = dropsBefore
	second := mustRecharge(t, s, "second")
	requireTaken(t, s, first, second)
}

// requireTaken demands that a person cannot credit the second for the charge of the first.
func requireTaken(t *testing.T, s *recharge.Service, first, second *ports.Recharge) {
	t.Helper()
	_, err := carryOut(t.Context(), s, resolution{
		ID: second.ID, Decision: ports.DecisionApprove, By: ports.By{Who: "kim", Why: "a slip"}, ProviderRef: first.ProviderRef,
	})
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
}

// TestService_charge_taken_by_status: what another recharge was credited for, or may yet be, is not
// credited by itself; a refusal takes no charge.
func TestService_charge_taken_by_status(t *testing.T) {
	t.Parallel()
	for status, want := range map[ports.RechargeStatus]ports.RechargeStatus{
		ports.RechargePending: ports.RechargeReview, ports.RechargeReview: ports.RechargeReview,
		ports.RechargeDisputed: ports.RechargeReview, ports.RechargeReversed: ports.RechargeReview,
		ports.RechargeDeclined: ports.RechargeApproved, ports.RechargeFailed: ports.RechargeApproved,
	} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			w, _ := newWorld(t, approves)
			fates := w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{&ports.Recharge{
				OperationHead: ports.OperationHead{
					ID: "other", Kind: ports.KindRecharge, WalletID: "w", Version: 1, ProviderRef: "row-1",
					Open: status == ports.RechargePending || status == ports.RechargeReview,
				}, Status: status,
				Charger: "bank", Amount: won(10_000),
			}}}})
			require.Equal(t, ports.FateCommitted, fates[0].Status)
			w.charger = scripted(t, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "row-1"}})
			s, _ := w.process(t, crashtest.Immortal(), nil)
			op := mustRecharge(t, s, "k")
			require.Equal(t, want, op.Status)
		})
	}
}

// TestService_references_of_other_Chargers_or_blank: two providers may number alike,
// and an answer without a reference is no other's.
func TestService_references_of_other_Chargers_or_blank(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	wallets, err := ledger.New(w.store, ledger.Config{Clock: w.clock})
	require.NoError(t, err)
	for i, tc := range []struct{ charger, ref string }{{"one", "1"}, {"two", "1"}, {"three", ""}, {"three", ""}} {
		charger := scripted(t, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: tc.ref}})
		s, err := recharge.New(w.store, wallets, recharge.Config{Clock: w.clock}, alias{charger, tc.charger})
		require.NoError(t, err)
		request := topUp(fmt.Sprint(i))
		request.Charger = tc.charger
		op, err := s.Recharge(t.Context(), request)
		require.NoError(t, err)
		require.Equal(t, ports.RechargeApproved, op.Status, "%v: %s", tc, op.Why)
	}
}

type alias struct {
	ports.Charger
	name string
}

func (a alias) Name() string { return a.name }

func (a alias) Unwrap() ports.Charger { return a.Charger }
