package withdraw_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// namelessBank gives its orders no id.
type namelessBank struct{ *bank }

func (b namelessBank) Disburse(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	answer := b.bank.Disburse(ctx, order)
	answer.ProviderRef = ""
	return answer
}

// TestService_payout_without_an_id_keeps_its_lane: a pending payout without an id of the
// provider can be mistaken for another, so that the next withdrawal waits for the lane.
func TestService_payout_without_an_id_keeps_its_lane(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	w.disburser = namelessBank{b}
	s, _ := w.process(t, crashtest.Immortal())
	first := mustRequest(t, s, "k1")
	require.Equal(t, ports.WithdrawalPending, first.Status)
	second := mustRequest(t, s, "k2")
	require.Equal(t, ports.WithdrawalApproved, second.Status, "it waits for the lane")
	require.Len(t, b.orders, 1)
	w.rest(t, s)
	second = get(t, s, second.ID)
	require.Equal(t, ports.WithdrawalCompleted, second.Status)
}
