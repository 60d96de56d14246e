package recharge_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// partBank gives back 4,000 of each charge, and says so before it approves.
type partBank struct{ *bank }

func (b partBank) Cancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}, Amount: decimal.NewNullDecimal(won(4_000))}
}

func (b partBank) InquireCancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
}

func TestService_Cancel_inPart(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	w.charger = partBank{b}
	s, _ := w.process(t, crashtest.Immortal(), nil)
	charge := mustRecharge(t, s, "k")
	op, err := s.Cancel(t.Context(), ports.Act{ID: charge.ID, By: ports.By{Who: "kim", Why: "asked for"}})
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	for _, job := range s.Jobs() {
		_, err = job.Step(t.Context(), 10)
		require.NoError(t, err)
	}
	op, err = s.Cancellation(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, ports.CancellationReview, op.Status)
	require.Contains(t, op.Why, "gave back 4000 of 10000")
	charge = get(t, s, charge.ID)
	require.Equal(t, ports.RechargeApproved, charge.Status)
}
