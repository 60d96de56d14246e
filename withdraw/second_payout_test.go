package withdraw_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

func paid(ref string) ports.PayoutAnswer {
	return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: ref}, TransactionID: "t " + ref}
}

// paidFee is paid with a fee that the provider reports.
func paidFee(ref string, fee int64) ports.PayoutAnswer {
	answer := paid(ref)
	answer.Fee = decimal.NewNullDecimal(won(fee))
	return answer
}

func pendingAs(ref string) ports.PayoutAnswer {
	return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: ref}}
}

func says(outcome ports.Outcome, ref string) ports.PayoutAnswer {
	return ports.PayoutAnswer{Answer: ports.Answer{Outcome: outcome, ProviderRef: ref}}
}

// hung makes a withdrawal that is sent n times; each transmission hangs until its channel is
// answered.
func hung(t *testing.T, n int) (*world, *withdraw.Service, *ledger.Ledger, string, []chan ports.PayoutAnswer, *odd) {
	t.Helper()
	w, b := newWorld(t, pays, 0)
	answers, sends := ordertest.Hang[ports.PayoutAnswer](t, n)
	o := &odd{Else: b, Called: "bank", Sends: sends, Inquires: resend}
	s, wallets, _ := w.hostile(t, o)
	id := mustRequest(t, s, "k").ID
	for range n - 1 {
		w.follow(t, s)
	}
	return w, s, wallets, id, answers, o
}

func get(t *testing.T, s *withdraw.Service, id string) *ports.Withdrawal {
	t.Helper()
	op, err := s.Get(t.Context(), id)
	require.NoError(t, err)
	return op
}

// lost orders once more through a bank whose inquiry finds a payout.
func lostOrder(t *testing.T, w *world, found ports.PayoutAnswer) *ports.Withdrawal {
	t.Helper()
	b := &bank{clock: w.clock, does: dropsBefore, orders: make(map[string]*bankOrder)}
	s, _, _ := w.hostile(t, &odd{Else: b, Called: "bank", Inquires: func() ports.PayoutAnswer { return found }})
	op := mustRequest(t, s, "lost")
	w.follow(t, s)
	return get(t, s, op.ID)
}

// TestService_second_payout_that_completed_another_withdrawal: a payout completed another
// withdrawal before the provider named it for this one: a person must hear of it.
func TestService_second_payout_that_completed_another_withdrawal(t *testing.T) {
	for _, returned := range []bool{false, true} {
		t.Run(map[bool]string{false: "completed", true: "returned"}[returned], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, s, _, id, answers, _ := hung(t, 2)
				ordertest.Say(answers[1], paid("p2"))
				require.Equal(t, ports.WithdrawalCompleted, get(t, s, id).Status)
				if returned {
					_, err := s.ReportReturned(t.Context(), withdraw.Returned{ID: id, By: ports.By{Who: "kim", Why: "account closed"}})
					require.NoError(t, err)
				}
				other := lostOrder(t, w, paid("p1")) // found by its total
				require.Equal(t, ports.WithdrawalCompleted, other.Status)
				answers[0] <- paid("p1") // the provider itself says: p1 is a payout of the first
				synctest.Wait()
				stuck, err := s.List(t.Context(), undecided())
				require.NoError(t, err)
				require.NotEmpty(t, stuck, "%s was paid twice, %s never, and no person is told", id, other.ID)
			})
		})
	}
}

// TestService_tells_of_waiting_in_doubt_before_it_sends: the store loses its answer to a
// withdrawal that begins to wait. The service tells of the wait before it tells that the
// withdrawal is sent.
func TestService_tells_of_waiting_in_doubt_before_it_sends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pays, 1)
		w.store = crashtest.LoseAnswer(w.store, func(op ports.Operation) bool {
			wd, ok := op.(*ports.Withdrawal)
			return ok && wd.Why == "waits: the wallet is frozen"
		})
		notifier := told()
		w.disburser, w.notifier = b, notifier
		s, wallets := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		_, err := wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "f", By: ports.By{Who: "kim", Why: "x"}})
		require.NoError(t, err)
		_, err = s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
		require.ErrorIs(t, err, ports.ErrUndecided)
		_, err = wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "u", By: ports.By{Who: "kim", Why: "x"}})
		require.NoError(t, err)
		jobs := s.Jobs()
		require.Contains(t, jobs[1].Name, "wait")
		for _, i := range []int{1, 0, 1, 0} {
			w.clock.Advance(time.Second)
			_, err := jobs[i].Step(t.Context(), 10)
			require.NoError(t, err)
		}
		synctest.Wait()
		require.Equal(t, []ports.WithdrawalStatus{"requested", "approved", "approved", "sending", "pending"}, notifier.List())
	})
}

// TestService_second_payout_keeps_the_figures: a completed withdrawal is kept after its second
// payout.
func TestService_second_payout_keeps_the_figures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, wallets, id, answers, _ := hung(t, 2)
		p1, p2 := paidFee("p1", 300), paidFee("p2", 500)
		ordertest.Say(answers[1], p2)
		ordertest.Say(answers[0], p1)
		_, err := s.Keep(t.Context(), ports.Act{ID: id, By: ports.By{Who: "lee", Why: "x"}})
		require.NoError(t, err)
		op := get(t, s, id)
		require.Equal(t, "500", op.ActualFee.Decimal.String())
		require.Equal(t, "p2", op.ProviderRef)
		_, err = wallets.Verify(t.Context(), "w")
		require.NoError(t, err)
	})
}

// TestService_does_not_tell_what_was_never_written: a cancellation is lost, another process
// approves, and a rejection is lost. The service tells of neither.
func TestService_does_not_tell_what_was_never_written(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pays, 2)
		inner, lose := w.store, 0
		w.disburser = b
		other, _ := w.process(t, crashtest.Immortal())
		w.store = crashtest.Fated{Store: inner, Fate: func([]ports.Unit) *ports.Fate {
			if lose > 0 {
				lose--
				return &ports.Fate{Err: ports.ErrUnavailable}
			}
			return nil
		}}
		notifier := told()
		w.notifier = notifier
		s, _ := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		lose = 1
		_, err := s.Cancel(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "x"}}) // lost
		require.ErrorIs(t, err, ports.ErrUndecided)
		_, err = other.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
		require.NoError(t, err)
		lose = 1
		_, err = s.Decline(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "lee", Why: "x"}}) // lost
		require.ErrorIs(t, err, ports.ErrUndecided)
		w.clock.Advance(time.Minute)
		ordertest.Step(t, s)
		synctest.Wait()
		require.Equal(t, ports.WithdrawalRequested, get(t, s, op.ID).Status)
		require.Equal(t, []ports.WithdrawalStatus{"requested"}, notifier.List())
	})
}
