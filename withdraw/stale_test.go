package withdraw_test

import (
	"context"
	"sync/atomic"
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
	return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p"}}
}

func (b *hookBank) Inquire(context.Context, ports.PayoutOrder) ports.PayoutAnswer { return b.inquire() }

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

// conflicting is a store in which other processes are always faster, once it is told so.
type conflicting struct {
	ports.Store
	on *atomic.Bool
}

func (c conflicting) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	if !c.on.Load() {
		return c.Store.Commit(ctx, units)
	}
	fates := make([]ports.Fate, len(units))
	for i, unit := range units {
		for _, op := range unit.Operations {
			fates[i] = ports.Fate{Status: ports.FateOperationConflict, IDs: []string{op.Head().ID}}
		}
	}
	return fates
}

// TestService_conflicts: a person's act, and keeping a late answer, end with an error in a
// store where other processes are always faster.
func TestService_conflicts(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	h := &hookBank{bank: b}
	w.disburser = h
	on := new(atomic.Bool)
	w.store = conflicting{w.store, on}
	s, _ := w.process(t, crashtest.Immortal())
	person, _ := w.process(t, crashtest.Immortal())
	op := mustRequest(t, s, "k")
	h.inquire = func() ports.PayoutAnswer {
		_, err := person.ReportRefused(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
		require.NoError(t, err)
		on.Store(true)
		return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p"}}
	}
	w.clock.Advance(time.Hour)
	_, err := s.Follow(t.Context(), 10)
	require.ErrorIs(t, err, ports.ErrConflict, "a late answer")
	on.Store(false)
	another := mustRequest(t, s, "another")
	on.Store(true)
	_, err = s.ReportRefused(t.Context(), ports.Act{ID: another.ID, By: ports.By{Who: "kim", Why: "seen"}})
	require.ErrorIs(t, err, ports.ErrConflict, "a person's act")
}
