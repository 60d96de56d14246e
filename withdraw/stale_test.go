package withdraw_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
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
