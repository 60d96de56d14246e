package withdraw_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// patient is a bank that asks for pauses of 68 years.
type patient struct {
	*bank
	outcome ports.Outcome
}

func (p *patient) Disburse(context.Context, ports.PayoutOrder) ports.PayoutAnswer {
	return ports.PayoutAnswer{Answer: ports.Answer{Outcome: p.outcome, InquireAfter: math.MaxInt32 * time.Second}}
}

func (p *patient) Inquire(ctx context.Context, o ports.PayoutOrder) ports.PayoutAnswer {
	return p.Disburse(ctx, o)
}

func TestService_Follow_capsPauses(t *testing.T) {
	t.Parallel()
	for outcome, after := range map[ports.Outcome]ports.WithdrawalStatus{
		ports.OutcomeUnknown: ports.WithdrawalReview, ports.OutcomePending: ports.WithdrawalPending,
	} {
		t.Run("a payout that is "+outcome.String()+" is looked at after ReviewAfter", func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, pays, 0)
			w.disburser = &patient{b, outcome}
			s, _ := w.process(t, crashtest.Immortal())
			op, err := s.Request(t.Context(), payOut("k"))
			require.NoError(t, err)
			require.Equal(t, outcome.String(), op.StatusText())
			require.Equal(t, op.SentAt.Add(24*time.Hour), op.DueAt)
			w.clock.Advance(24 * time.Hour)
			followed, err := s.Follow(t.Context(), 10)
			require.NoError(t, err)
			require.Equal(t, 1, followed)
			op, err = s.Get(t.Context(), op.ID)
			require.NoError(t, err)
			require.Equal(t, after, op.Status, "a pending payout may wait for longer")
		})
	}
}
