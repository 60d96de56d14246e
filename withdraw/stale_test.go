package withdraw_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

type hookBank struct {
	*bank
	inquire func() ports.PayoutAnswer
}

func (b *hookBank) Disburse(context.Context, ports.PayoutOrder) ports.PayoutAnswer {
	return ports.PayoutAnswer{Outcome: ports.OutcomePending, ProviderRef: "p"}
}

func (b *hookBank) Inquire(context.Context, ports.PayoutOrder) ports.PayoutAnswer { return b.inquire() }

// TestService_Follow_stale_pending: the bank itself rejected, and an older answer of it
// contradicts nothing.
func TestService_Follow_stale_pending(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	h := &hookBank{bank: b}
	w.disburser = h
	s, _ := w.process(t, crashtest.Immortal())
	other, _ := w.process(t, crashtest.Immortal())
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	first := true
	h.inquire = func() ports.PayoutAnswer {
		if !first {
			return ports.PayoutAnswer{Outcome: ports.OutcomeDeclined, ProviderRef: "p", Message: "no such account"}
		}
		first = false
		w.clock.Advance(20 * time.Minute) // it sleeps through its lease
		_, err := other.Follow(t.Context(), 10)
		require.NoError(t, err)
		return ports.PayoutAnswer{Outcome: ports.OutcomePending, ProviderRef: "p"}
	}
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	op, err = s.Get(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalRejected, op.Status, op.Why)
}

// TestService_ReportPaid_of_another_total: a person must name the fee of a payout for
// which the provider reported another total.
func TestService_ReportPaid_of_another_total(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	w.disburser = &teller{b, []ports.PayoutAnswer{
		{Outcome: ports.OutcomePending, ProviderRef: "p"},
		{Outcome: ports.OutcomeApproved, ProviderRef: "p", Total: decimal.NewNullDecimal(won(15_000))},
	}}
	s, _ := w.process(t, crashtest.Immortal())
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	op, err = s.Get(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalReview, op.Status)
	_, err = s.ReportPaid(t.Context(), withdraw.Paid{ID: op.ID, Who: "kim", Why: "seen", TransactionID: "tx"})
	require.ErrorIs(t, err, ports.ErrInvalid)
	op, err = s.ReportPaid(t.Context(), withdraw.Paid{ID: op.ID, Who: "kim", Why: "seen", TransactionID: "tx", Fee: decimal.NewNullDecimal(won(1_500))})
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalCompleted, op.Status)
}

// TestService_Follow_keeps_the_bank_transfer: an answer that names a bank transfer and
// nothing else is not forgotten.
func TestService_Follow_keeps_the_bank_transfer(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	w.disburser = &teller{b, []ports.PayoutAnswer{{Outcome: ports.OutcomePending}, {TransactionID: "tx"}, {Outcome: ports.OutcomeApproved}}}
	s, _ := w.process(t, crashtest.Immortal())
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	for range 2 {
		w.clock.Advance(time.Hour)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	op, err = s.Get(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalCompleted, op.Status)
	require.Equal(t, "tx", op.TransactionID)
}
