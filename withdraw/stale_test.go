package withdraw_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestService_ReportPaid_of_another_total: a person must name the fee of a payout for
// which the provider reported another total.
func TestService_ReportPaid_of_another_total(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	w.disburser = &teller{b, []ports.PayoutAnswer{
		{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p"}},
		{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p"}, Total: decimal.NewNullDecimal(won(15_000))},
	}}
	s, _ := w.process(t, crashtest.Immortal())
	op := mustRequest(t, s, "k")
	w.follow(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.WithdrawalReview, op.Status)
	_, err := s.ReportPaid(t.Context(), withdraw.Paid{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}, TransactionID: "tx"})
	require.ErrorIs(t, err, ports.ErrInvalid)
	op, err = s.ReportPaid(t.Context(), withdraw.Paid{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}, TransactionID: "tx", Fee: decimal.NewNullDecimal(won(1_500))})
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalCompleted, op.Status)
}

// TestService_Follow_keeps_the_bank_transfer: an answer that names a bank transfer and
// nothing else is not forgotten.
func TestService_Follow_keeps_the_bank_transfer(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	w.disburser = &teller{b, []ports.PayoutAnswer{{Answer: ports.Answer{Outcome: ports.OutcomePending}}, {TransactionID: "tx"}, {Answer: ports.Answer{Outcome: ports.OutcomeApproved}}}}
	s, _ := w.process(t, crashtest.Immortal())
	op := mustRequest(t, s, "k")
	for range 2 {
		w.follow(t, s)
	}
	op = get(t, s, op.ID)
	require.Equal(t, ports.WithdrawalCompleted, op.Status)
	require.Equal(t, "tx", op.TransactionID)
}

// TestService_ReportRefused_conflicts: the act of a person ends with an error in a store where
// other processes are always faster.
func TestService_ReportRefused_conflicts(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pays, 0)
	store := &ordertest.Conflicting{Store: w.store}
	w.store = store
	s, _ := w.process(t, crashtest.Immortal())
	id := mustRequest(t, s, "k").ID
	store.On.Store(true)
	_, err := s.ReportRefused(t.Context(), verdict(id, "seen"))
	require.ErrorIs(t, err, ports.ErrConflict)
}
