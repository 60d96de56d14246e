package withdraw_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// lateBank pays after everybody was told that it had not.
type lateBank struct {
	*bank
	paying, goOn chan struct{}
}

func (b *lateBank) Disburse(context.Context, ports.PayoutOrder) ports.PayoutAnswer {
	close(b.paying)
	<-b.goOn
	return ports.PayoutAnswer{Outcome: ports.OutcomeApproved, TransactionID: "tx"}
}

func (b *lateBank) Inquire(context.Context, ports.PayoutOrder) ports.PayoutAnswer {
	return ports.PayoutAnswer{Outcome: ports.OutcomeDeclined}
}

// TestAnAnswerThatContradictsTheEndIsKept, though another process writes the record at
// the same moment: a person must hear of money that left twice.
func TestAnAnswerThatContradictsTheEndIsKept(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	busy := &crashtest.Contended{Store: w.store, Loses: func(op ports.Operation) bool {
		end, ok := op.(*ports.Withdrawal)
		return ok && !end.Open && end.Answer.Alarm != ""
	}}
	w.store = busy
	slow := &lateBank{bank: b, paying: make(chan struct{}), goOn: make(chan struct{})}
	w.disburser = slow
	s, _ := w.process(t, crashtest.Immortal())
	other, wallets := w.process(t, crashtest.Immortal())
	answered := make(chan *ports.Withdrawal)
	go func() {
		op, err := s.Request(context.Background(), payOut("k"))
		if err != nil {
			t.Error(err)
		}
		answered <- op
	}()
	<-slow.paying
	w.clock.Advance(time.Hour)
	done := make(chan error)
	go func() {
		_, err := other.Follow(context.Background(), 10)
		done <- err
	}()
	require.NoError(t, <-done)
	close(slow.goOn)
	op := <-answered
	require.Equal(t, ports.WithdrawalRejected, op.Status)
	require.Contains(t, op.Why, "then the provider answered approved")
	require.Equal(t, 1, busy.Lost())
	stored, err := other.Get(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, op.Why, stored.Why)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(won(50_000)), "it moves no money by itself")
}
