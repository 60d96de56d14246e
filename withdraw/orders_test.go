package withdraw_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestService_orders_one_payout_at_the_same_moment: two withdrawals are completed by one payout
// at the same moment. One of them is completed, and the other one goes to review.
func TestService_orders_one_payout_at_the_same_moment(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	h := &ordertest.Hook{Store: w.store}
	w.store = h
	o := &odd{Else: b, Called: "bank", In: func(ports.PayoutOrder) string { return "bank:account" }}
	s, _, _ := w.hostile(t, o)
	o.Sends = ordertest.Always(ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p 1"}})
	first := mustRequest(t, s, "k 1")
	require.Equal(t, ports.WithdrawalPending, first.Status)
	require.Empty(t, first.Lane)
	o.Sends = ordertest.Always(ports.PayoutAnswer{})
	second := mustRequest(t, s, "k 2")
	require.Equal(t, ports.WithdrawalUnknown, second.Status)
	other, _, _ := w.hostile(t, o) // another process
	asked := 0
	o.Inquires = func() ports.PayoutAnswer { asked++; return paid("p 2") }
	h.Before = func(op ports.Operation) { // between the look of the first and its write, the other process follows the second
		if op.Head().ID == first.ID && op.StatusText() == string(ports.WithdrawalCompleted) {
			h.Before = nil
			_, err := other.Follow(t.Context(), 1)
			require.NoError(t, err)
		}
	}
	w.clock.Advance(time.Hour)
	_, err := s.Follow(t.Context(), 1)
	require.NoError(t, err)
	_, err = s.Follow(t.Context(), 1)
	require.NoError(t, err)
	first, second = get(t, s, first.ID), get(t, s, second.ID)
	t.Logf("first %s %q, second %s %q; asked %d", first.Status, first.ProviderRef, second.Status, second.ProviderRef, asked)
	both := first.Status == ports.WithdrawalCompleted && second.Status == ports.WithdrawalCompleted
	require.False(t, both, "payout p 2 completed both")
}

// TestService_orders_paid_at_a_time_that_no_record_can_hold: ReportPaid refuses such a
// TransactedAt.
func TestService_orders_paid_at_a_time_that_no_record_can_hold(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	o := &odd{Else: b, Called: "bank"}
	s, _, _ := w.hostile(t, o)
	op := mustRequest(t, s, "k")
	_, err := s.ReportPaid(t.Context(), withdraw.Paid{ID: op.ID, By: ports.By{Who: "lee", Why: "seen"}, TransactionID: "t", TransactedAt: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)})
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.ErrorContains(t, err, "TransactedAt")
	require.Equal(t, op.Version, get(t, s, op.ID).Version)
}

// TestService_orders_a_withdrawal_that_waits_beside_a_process_without_its_route: a withdrawal
// that waits for its wallet stays approved while another process does not have its route, and
// is sent when the wallet is unfrozen.
func TestService_orders_a_withdrawal_that_waits_beside_a_process_without_its_route(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, paysAtOnce, 1)
	s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank"})
	stranger, _, _ := w.hostile(t, &odd{Else: b, Called: "another bank"})
	op := mustRequest(t, s, "k")
	_, err := wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "f", By: ports.By{Who: "kim", Why: "look"}})
	require.NoError(t, err)
	op, err = s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "lee", Why: "seen"}})
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalApproved, op.Status)
	for range 26 * 6 { // the process that has the route runs all the time
		w.clock.Advance(10 * time.Minute)
		for _, process := range []*withdraw.Service{s, stranger} {
			ordertest.Step(t, process)
		}
	}
	_, err = wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "u", By: ports.By{Who: "kim", Why: "fine"}})
	require.NoError(t, err)
	ordertest.Step(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.WithdrawalCompleted, op.Status, op.Why)
}

// readHook is a store in which something happens before the nth read of operations by id that
// asks for a claim.
type readHook struct {
	ports.Store
	id     string
	reads  int
	before map[int]func()
}

func (h *readHook) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	if len(ids) == 1 && ids[0] == h.id {
		h.reads++
		if then := h.before[h.reads]; then != nil {
			delete(h.before, h.reads)
			then()
		}
	}
	return h.Store.Operations(ctx, ids)
}

// TestService_orders_one_payout_between_look_and_claim: another process completes its
// withdrawal by the same payout before any of the reads by which this process looks for the
// payout. One of the two withdrawals is completed.
func TestService_orders_one_payout_between_look_and_claim(t *testing.T) {
	t.Parallel()
	for at := 1; at <= 4; at++ {
		w, b := newWorld(t, pays, 0)
		h := &readHook{Store: w.store, id: ports.NamedID(ports.KindWithdrawal, "bank", "p 2"), before: make(map[int]func())}
		inner := w.store
		w.store = h
		o := &odd{Else: b, Called: "bank", Sends: ordertest.Always(pendingAs("p 1"))}
		s, _, _ := w.hostile(t, o)
		first := mustRequest(t, s, "k 1")
		o.Sends = ordertest.Always(ports.PayoutAnswer{})
		second := mustRequest(t, s, "k 2")
		w.store = inner
		other, _, _ := w.hostile(t, o) // another process
		o.Inquires = ordertest.Always(paid("p 2"))
		w.clock.Advance(time.Hour)
		h.before[at] = func() {
			ordertest.Step(t, other)
		}
		for range 3 {
			_, err := s.Follow(t.Context(), 1)
			require.NoError(t, err)
		}
		first, second = get(t, s, first.ID), get(t, s, second.ID)
		require.False(t, first.Status == ports.WithdrawalCompleted && second.Status == ports.WithdrawalCompleted, "before read %d of %d", at, h.reads)
		require.True(t, first.Status == ports.WithdrawalCompleted || second.Status == ports.WithdrawalCompleted, "before read %d of %d: %s %s", at, h.reads, first.Why, second.Why)
	}
}
