package withdraw_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// slowerBank answers pending with its id, after a person has decided.
type slowerBank struct {
	*bank
	person func()
}

func (b *slowerBank) Inquire(context.Context, ports.PayoutOrder) ports.PayoutAnswer {
	b.person()
	return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "late"}}
}

func TestService_Follow_latePending(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsBefore, 0)
	bank := &slowerBank{bank: b}
	w.disburser = bank
	s, _ := w.process(t, crashtest.Immortal())
	person, _ := w.process(t, crashtest.Immortal())
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	bank.person = func() {
		if _, err := person.ReportRefused(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "no trace"}}); err != nil {
			t.Error(err)
		}
	}
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	op, err = s.Get(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalDisputed, op.Status, "the total is in the wallet again, and the provider has the order")
	require.Equal(t, "late", op.ProviderRef)
}
