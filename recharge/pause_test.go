package recharge_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// patient is a bank that asks for pauses of 68 years, once its patience began.
type patient struct {
	*bank
	outcome ports.Outcome
	began   bool
}

func (p *patient) answer() ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: p.outcome, InquireAfter: math.MaxInt32 * time.Second}}
}

func (p *patient) Charge(ctx context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	if p.began {
		return p.answer()
	}
	return p.bank.Charge(ctx, o)
}

func (p *patient) Inquire(context.Context, ports.ChargeOrder) ports.ChargeAnswer { return p.answer() }

func (p *patient) Cancel(context.Context, ports.CancelOrder) ports.ChargeAnswer { return p.answer() }

func (p *patient) InquireCancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return p.answer()
}

func TestService_Follow_capsPauses(t *testing.T) {
	t.Parallel()
	for _, outcome := range []ports.Outcome{ports.OutcomeUnknown, ports.OutcomePending} {
		t.Run("a charge that is "+outcome.String()+" goes to review after ReviewAfter", func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			w.charger = &patient{bank: b, outcome: outcome, began: true}
			s, _ := w.process(t, crashtest.Immortal(), nil)
			op, err := s.Recharge(t.Context(), topUp("k"))
			require.NoError(t, err)
			require.Equal(t, outcome.String(), op.StatusText())
			require.Equal(t, op.SentAt.Add(24*time.Hour), op.DueAt)
			w.clock.Advance(24 * time.Hour)
			_, err = s.Follow(t.Context(), 10)
			require.NoError(t, err)
			op, err = s.Get(t.Context(), op.ID)
			require.NoError(t, err)
			require.Equal(t, ports.RechargeReview, op.Status)
		})
		t.Run("a cancellation that is "+outcome.String()+" goes to review after ReviewAfter", func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			charger := &patient{bank: b, outcome: outcome}
			w.charger = charger
			s, _ := w.process(t, crashtest.Immortal(), nil)
			charge, err := s.Recharge(t.Context(), topUp("k"))
			require.NoError(t, err)
			op, err := s.Cancel(t.Context(), ports.Act{ID: charge.ID, By: ports.By{Who: "kim", Why: "asked for"}})
			require.NoError(t, err)
			require.Equal(t, op.SentAt.Add(24*time.Hour), op.DueAt)
			w.clock.Advance(24 * time.Hour)
			for _, job := range s.Jobs() {
				_, err = job.Step(t.Context(), 10)
				require.NoError(t, err)
			}
			op, err = s.Cancellation(t.Context(), op.ID)
			require.NoError(t, err)
			require.Equal(t, ports.CancellationReview, op.Status)
		})
	}
}
