package recharge_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// lateBank answers pending with its id, after a person has decided.
type lateBank struct {
	*bank
	person func()
}

func (b *lateBank) Inquire(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	b.person()
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "late"}}
}

func (b *lateBank) Cancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{}
}

func (b *lateBank) InquireCancel(ctx context.Context, _ ports.CancelOrder) ports.ChargeAnswer {
	return b.Inquire(ctx, ports.ChargeOrder{})
}

// TestService_Follow_pending_cancellation_that_a_person_declined: the recharge is disputed.
func TestService_Follow_pending_cancellation_that_a_person_declined(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	bank := &lateBank{bank: b}
	w.charger = bank
	s, _ := w.process(t, crashtest.Immortal(), nil)
	charge := mustRecharge(t, s, "k")
	op, err := s.Cancel(t.Context(), ports.Act{ID: charge.ID, By: ports.By{Who: "kim", Why: "asked for"}})
	require.NoError(t, err)
	bank.person = func() {
		_, err := carryOutCancel(t.Context(), s, resolution{ID: op.ID, Decision: ports.DecisionDecline, By: ports.By{Who: "kim", Why: "it stands"}})
		require.NoError(t, err)
	}
	w.clock.Advance(time.Hour)
	for _, job := range s.Jobs() {
		_, err = job.Step(t.Context(), 10)
		require.NoError(t, err)
	}
	charge = get(t, s, charge.ID)
	require.Equal(t, ports.RechargeDisputed, charge.Status)
}
