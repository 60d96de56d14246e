package withdraw_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// decidesToPay is the act of a person who has a frozen wallet paid out.
func decidesToPay(id string) ports.Act {
	return ports.Act{ID: id, By: ports.By{Who: "park", Why: "the court says so"}}
}

// TestService_PayFrozen/sends_a_withdrawal_that_waits: the wallet stays frozen, and the record keeps the
// person, the reason and the time.
//
// TestService_PayFrozen/is_an_act_of_withdrawals_that_wait_for_a_frozen_wallet: of no others, and once.
//
// TestService_PayFrozen/holds_until_the_withdrawal_is_sent: the lane may be taken for a while.
//
// TestService_PayFrozen/is_carried_out_by_a_worker: when its process has died.
//
// TestService_PayFrozen/is_of_one_withdrawal: another one of the wallet waits.
//
// TestService_PayFrozen/a_request_may_decide_it: a new withdrawal of a frozen wallet is taken and sent.
//
// TestService_PayFrozen/an_order_that_was_lost_may_be_sent_again: if it was decided.
func TestService_PayFrozen(t *testing.T) {
	t.Parallel()
	// waiting returns a withdrawal that waits for its frozen wallet.
	waiting := func(t *testing.T, w *world, s *withdraw.Service, key string) *ports.Withdrawal {
		t.Helper()
		op := mustRequest(t, s, key)
		freeze(t, ordertest.Ledger(t, w.store, w.clock), "w")
		op, err := s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "lee", Why: "seen"}})
		require.NoError(t, err)
		require.Equal(t, "waits: the wallet is frozen", op.Why)
		return op
	}
	t.Run("sends_a_withdrawal_that_waits", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, paysAtOnce, 1)
		s, wallets := w.process(t, crashtest.Immortal())
		op := waiting(t, w, s, "k")
		w.clock.Advance(time.Minute)
		op, err := s.PayFrozen(t.Context(), decidesToPay(op.ID))
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalCompleted, op.Status)
		require.Equal(t, []ports.Decision{{What: "pay_frozen", Who: "park", Why: "the court says so", At: w.clock.Now()}}, op.Decisions)
		require.Equal(t, 1, b.pays)
		require.Equal(t, ports.WalletFrozen, walletOf(t, wallets, "w").Status)
	})
	t.Run("is_an_act_of_withdrawals_that_wait_for_a_frozen_wallet", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, pays, 1)
		s, _ := w.process(t, crashtest.Immortal())
		fresh := mustRequest(t, s, "other")
		require.NotContains(t, withdraw.Acts(fresh), ports.DecisionPayFrozen)
		_, err := s.PayFrozen(t.Context(), decidesToPay(fresh.ID))
		require.ErrorIs(t, err, ports.ErrNotOpen)
		require.EqualError(t, err, "pay frozen withdrawal "+fresh.ID+": it is requested, which allows approve, decline, cancel")
		op := waiting(t, w, s, "k")
		require.Equal(t, []ports.DecisionKind{ports.DecisionDecline, ports.DecisionCancel, ports.DecisionPayFrozen}, withdraw.Acts(op))
		for _, by := range []ports.By{{Who: "park"}, {Why: "the court says so"}} {
			_, err = s.PayFrozen(t.Context(), ports.Act{ID: op.ID, By: by})
			require.ErrorIs(t, err, ports.ErrInvalid)
		}
		require.Empty(t, b.orders)
		op, err = s.PayFrozen(t.Context(), decidesToPay(op.ID))
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalPending, op.Status)
		_, err = s.PayFrozen(t.Context(), decidesToPay(op.ID))
		require.ErrorIs(t, err, ports.ErrNotOpen)
	})
	t.Run("holds_until_the_withdrawal_is_sent", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, dropsAfter, 0)
		s, wallets := w.process(t, crashtest.Immortal())
		first := payOut("first")
		first.Total = won(10_000)
		_, err := s.Request(t.Context(), first)
		require.NoError(t, err)
		op := mustRequest(t, s, "k")
		require.NotContains(t, withdraw.Acts(op), ports.DecisionPayFrozen, "it waits for its lane alone")
		freeze(t, wallets, "w")
		ordertest.Step(t, s)
		op, err = s.PayFrozen(t.Context(), decidesToPay(op.ID))
		require.NoError(t, err)
		require.Contains(t, op.Why, "waits for its lane")
		require.Len(t, b.orders, 1)
		w.rest(t, s)
		require.Equal(t, ports.WithdrawalCompleted, get(t, s, op.ID).Status)
		require.Equal(t, 2, b.pays)
	})
	t.Run("is_carried_out_by_a_worker", func(t *testing.T) {
		t.Parallel()
		for calls := range 6 {
			w, b := newWorld(t, paysAtOnce, 1)
			s, _ := w.process(t, crashtest.Immortal())
			op := waiting(t, w, s, "k")
			dying, _ := w.process(t, crashtest.Lives(6)[1+calls].Life())
			_, err := dying.PayFrozen(t.Context(), decidesToPay(op.ID))
			if err != nil {
				require.ErrorIs(t, err, ports.ErrUndecided)
			}
			w.clock.Advance(5 * time.Minute)
			ordertest.Step(t, s)
			if op = get(t, s, op.ID); op.Status == ports.WithdrawalApproved { // the decision is not written
				require.Empty(t, op.Decisions)
				_, err = s.PayFrozen(t.Context(), decidesToPay(op.ID))
				require.NoError(t, err)
			}
			w.rest(t, s)
			require.Equal(t, b.pays == 1, get(t, s, op.ID).Status == ports.WithdrawalCompleted)
			require.Len(t, get(t, s, op.ID).Decisions, 1)
		}
	})
	t.Run("is_of_one_withdrawal", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, paysAtOnce, 1)
		s, _ := w.process(t, crashtest.Immortal())
		other := mustRequest(t, s, "other")
		op := waiting(t, w, s, "k")
		_, err := s.Approve(t.Context(), ports.Act{ID: other.ID, By: ports.By{Who: "lee", Why: "seen"}})
		require.NoError(t, err)
		_, err = s.PayFrozen(t.Context(), decidesToPay(op.ID))
		require.NoError(t, err)
		w.follow(t, s)
		require.Equal(t, "waits: the wallet is frozen", get(t, s, other.ID).Why)
		require.Equal(t, 1, b.pays)
	})
	t.Run("a_request_may_decide_it", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, paysAtOnce, 0)
		s, wallets := w.process(t, crashtest.Immortal())
		freeze(t, wallets, "w")
		request := payOut("k")
		_, err := s.Request(t.Context(), request)
		require.ErrorIs(t, err, ports.ErrFrozen)
		by := decidesToPay("").By
		request.DespiteFreeze = &by
		op, err := s.Request(t.Context(), request)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalCompleted, op.Status)
		require.Equal(t, "park", op.Decisions[0].Who)
		require.Equal(t, 1, b.pays)
		request.DespiteFreeze = &ports.By{Who: "lee", Why: by.Why}
		_, err = s.Request(t.Context(), request)
		var reused *ports.KeyReusedError
		require.ErrorAs(t, err, &reused)
		require.Equal(t, []string{"DespiteFreeze"}, reused.Fields)
		require.Equal(t, ports.WalletFrozen, walletOf(t, wallets, "w").Status)
	})
	t.Run("an_order_that_was_lost_may_be_sent_again", func(t *testing.T) {
		t.Parallel()
		for _, decided := range []bool{false, true} {
			w, b := newWorld(t, dropsBefore, 0)
			w.disburser = &resendingBank{b}
			s, wallets := w.process(t, crashtest.Immortal())
			request := payOut("k")
			if decided {
				by := decidesToPay("").By
				request.DespiteFreeze = &by
			}
			op, err := s.Request(context.Background(), request)
			require.NoError(t, err)
			require.Equal(t, ports.WithdrawalUnknown, op.Status)
			freeze(t, wallets, "w")
			b.does = paysAtOnce
			w.follow(t, s)
			require.Equal(t, decided, get(t, s, op.ID).Status == ports.WithdrawalCompleted)
		}
	})
}
