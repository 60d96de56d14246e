package withdraw_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// freezingBank freezes the wallet while an order is prepared.
type freezingBank struct {
	*bank
	freeze func()
}

func (b *freezingBank) Prepare(ctx context.Context, o ports.PayoutOrder) ([]byte, *ports.PayoutAnswer) {
	b.freeze()
	return b.bank.Prepare(ctx, o)
}

// resendingBank asks for the order again at each inquiry.
type resendingBank struct{ *bank }

func (b *resendingBank) Inquire(context.Context, ports.PayoutOrder) ports.PayoutAnswer {
	return ports.PayoutAnswer{Answer: ports.Answer{Resend: true}}
}

func TestService_FrozenWallet(t *testing.T) {
	t.Parallel()
	freeze := func(t *testing.T, wallets *ledger.Ledger) {
		t.Helper()
		_, err := wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "freeze", By: ports.By{Who: "kim", Why: "asked by mail"}})
		require.NoError(t, err)
	}
	// waits checks that nothing was sent, also not by a worker, and that the record says why.
	waits := func(t *testing.T, w *world, s *withdraw.Service, b *bank, id string) {
		t.Helper()
		for range 3 {
			op := get(t, s, id)
			require.Equal(t, ports.WithdrawalApproved, op.Status)
			require.Equal(t, "waits: the wallet is frozen", op.Why)
			require.Empty(t, op.Lane, "the lane is free for other wallets")
			require.Zero(t, op.Transmissions)
			require.Empty(t, b.orders)
			w.follow(t, s)
		}
		stuck, err := s.List(t.Context(), undecided())
		require.NoError(t, err)
		require.Len(t, stuck, 1)
	}

	t.Run("an approved withdrawal waits and goes on after Unfreeze", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, paysAtOnce, 1)
		s, wallets := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		freeze(t, wallets)
		op, err := s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
		require.NoError(t, err, "the approval stands")
		waits(t, w, s, b, op.ID)
		_, err = wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "unfreeze", By: ports.By{Who: "kim", Why: "asked by mail"}})
		require.NoError(t, err)
		w.rest(t, s)
		op = get(t, s, op.ID)
		require.Equal(t, ports.WithdrawalCompleted, op.Status)
		require.Empty(t, op.Why)
		require.Equal(t, 1, b.pays)
	})
	t.Run("a withdrawal that waits for its lane says so when its wallet is frozen", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, dropsAfter, 0)
		s, wallets := w.process(t, crashtest.Immortal())
		first := payOut("first")
		first.Total = won(10_000)
		_, err := s.Request(t.Context(), first)
		require.NoError(t, err)
		op := mustRequest(t, s, "k")
		requireWhy := func(want string) {
			t.Helper()
			ordertest.Step(t, s)
			before := get(t, s, op.ID)
			require.Contains(t, before.Why, want)
			ordertest.Step(t, s)
			after := get(t, s, op.ID)
			require.Equal(t, before, after, "it is written once")
		}
		requireWhy("waits for its lane")
		freeze(t, wallets)
		requireWhy("the wallet is frozen")
		_, err = wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "unfreeze", By: ports.By{Who: "kim", Why: "checked"}})
		require.NoError(t, err)
		requireWhy("waits for its lane")
	})
	t.Run("a waiting withdrawal can be canceled", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, paysAtOnce, 1)
		s, wallets := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		freeze(t, wallets)
		_, err := s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
		require.NoError(t, err)
		op, err = s.Cancel(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "disputed"}})
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalCanceled, op.Status)
		wallet, err := wallets.Wallet(t.Context(), "w")
		require.NoError(t, err)
		require.Equal(t, "50000", wallet.Balance.String())
		require.Empty(t, b.orders)
	})
	t.Run("a freeze while the order is prepared is seen", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, paysAtOnce, 0)
		bank := &freezingBank{bank: b}
		w.disburser = bank
		s, _ := w.process(t, crashtest.Immortal())
		_, wallets := w.process(t, crashtest.Immortal())
		bank.freeze = func() { freeze(t, wallets) }
		op := mustRequest(t, s, "k")
		waits(t, w, s, b, op.ID)
	})
	t.Run("an order that may be sent again is not sent again", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, dropsBefore, 0)
		w.disburser = &resendingBank{b}
		s, wallets := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		require.Equal(t, ports.WithdrawalUnknown, op.Status)
		freeze(t, wallets)
		b.does = paysAtOnce
		w.follow(t, s)
		op = get(t, s, op.ID)
		require.Equal(t, ports.WithdrawalUnknown, op.Status)
		require.Equal(t, 1, op.Transmissions)
		require.Empty(t, b.orders)
		_, err := wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "unfreeze", By: ports.By{Who: "kim", Why: "asked by mail"}})
		require.NoError(t, err)
		w.rest(t, s)
		require.Equal(t, 1, b.pays)
	})
}
