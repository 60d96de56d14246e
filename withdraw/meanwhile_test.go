package withdraw_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// slowBank is a bank that takes until told to go on.
type slowBank struct {
	*bank
	asked, goOn chan struct{}
}

func (b *slowBank) Disburse(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	close(b.asked)
	<-b.goOn
	return b.bank.Disburse(ctx, order)
}

// TestService_keeps_an_answer_that_an_inquiry_overtook: the record moved on while the
// bank was paying; the answer is applied to the record as it is now.
func TestService_keeps_an_answer_that_an_inquiry_overtook(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, paysAtOnce, 0)
	slow := &slowBank{bank: b, asked: make(chan struct{}), goOn: make(chan struct{})}
	w.disburser = slow
	s, _ := w.process(t, crashtest.Immortal())
	worker, _ := w.process(t, crashtest.Immortal())
	answered := make(chan *ports.Withdrawal)
	go func() {
		op, err := s.Request(context.Background(), payOut("k"))
		if err != nil {
			t.Error(err)
		}
		answered <- op
	}()
	<-slow.asked
	w.clock.Advance(5 * time.Minute) // past the lease
	followed, err := worker.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, 1, followed, "another process asks, and learns nothing")
	close(slow.goOn)
	op := <-answered
	require.Equal(t, ports.WithdrawalCompleted, op.Status)
	require.Equal(t, 1, op.Inquiries, "what the other process wrote stands")
}

// namelessBank gives its orders no id.
type namelessBank struct{ *bank }

func (b namelessBank) Disburse(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	answer := b.bank.Disburse(ctx, order)
	answer.ProviderRef = ""
	return answer
}

// TestService_payout_without_an_id_keeps_its_lane: what is pending without an id of the provider can
// be mistaken for another, so no other is sent beside it.
func TestService_payout_without_an_id_keeps_its_lane(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	w.disburser = namelessBank{b}
	s, _ := w.process(t, crashtest.Immortal())
	first, err := s.Request(t.Context(), payOut("k1"))
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalPending, first.Status)
	second, err := s.Request(t.Context(), payOut("k2"))
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalApproved, second.Status, "it waits for the lane")
	require.Len(t, b.orders, 1)
	w.rest(t, s)
	second, err = s.Get(t.Context(), second.ID)
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalCompleted, second.Status)
}
