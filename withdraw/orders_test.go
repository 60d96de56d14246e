package withdraw_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

type hook struct {
	ports.Store
	before func(ports.Operation)
}

func (h *hook) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	for _, unit := range units {
		for _, op := range unit.Operations {
			if h.before != nil {
				h.before(op)
			}
		}
	}
	return h.Store.Commit(ctx, units)
}

// TestService_orders_one_payout_at_the_same_moment: one of them is completed, the other
// goes to review; a look needs a record that only one unit can create, as a recharge has
// its claim.
func TestService_orders_one_payout_at_the_same_moment(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	h := &hook{Store: w.store}
	w.store = h
	o := &odd{bank: b, name: "bank", lane: func(ports.PayoutOrder) string { return "bank:account" }}
	s, _, _ := w.hostile(t, o)
	o.disburse = func() ports.PayoutAnswer {
		return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p 1"}}
	}
	first, err := s.Request(t.Context(), payOut("k 1"))
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalPending, first.Status)
	require.Empty(t, first.Lane)
	o.disburse = func() ports.PayoutAnswer { return ports.PayoutAnswer{} }
	second, err := s.Request(t.Context(), payOut("k 2"))
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalUnknown, second.Status)
	other, _, _ := w.hostile(t, o) // another process
	asked := 0
	o.inquire = func() ports.PayoutAnswer { asked++; return paid("p 2") }
	h.before = func(op ports.Operation) { // between the look of the first and its write, the other process follows the second
		if op.Head().ID == first.ID && op.StatusText() == string(ports.WithdrawalCompleted) {
			h.before = nil
			_, err := other.Follow(t.Context(), 1)
			require.NoError(t, err)
		}
	}
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 1)
	require.NoError(t, err)
	_, err = s.Follow(t.Context(), 1)
	require.NoError(t, err)
	first, second = get(t, s, first.ID), get(t, s, second.ID)
	t.Logf("first %s %q, second %s %q; asked %d", first.Status, first.ProviderRef, second.Status, second.ProviderRef, asked)
	both := first.Status == ports.WithdrawalCompleted && second.Status == ports.WithdrawalCompleted
	require.False(t, both, "payout p 2 completed both")
}

// TestService_orders_paid_at_a_time_that_no_record_can_hold: "invalid TransactedAt", at the
// door.
func TestService_orders_paid_at_a_time_that_no_record_can_hold(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	o := &odd{bank: b, name: "bank"}
	s, _, _ := w.hostile(t, o)
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	_, err = s.ReportPaid(t.Context(), withdraw.Paid{ID: op.ID, By: ports.By{Who: "lee", Why: "seen"}, TransactionID: "t", TransactedAt: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)})
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.ErrorContains(t, err, "TransactedAt")
	require.Equal(t, op.Version, get(t, s, op.ID).Version)
}

// TestService_orders_locked_orders_starve_no_others: the fourth is inquired about and
// completed.
func TestService_orders_locked_orders_starve_no_others(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	locked := map[string]bool{}
	w.store = fated{w.store, locked}
	o := &odd{bank: b, name: "bank", disburse: func() ports.PayoutAnswer { return ports.PayoutAnswer{} }}
	s, _, _ := w.hostile(t, o)
	var last *ports.Withdrawal
	for i, key := range []string{"a", "b", "c", "d"} {
		request := payOut(key)
		request.Total = won(10_000)
		op, err := s.Request(t.Context(), request)
		require.NoError(t, err)
		if last = op; i < 3 {
			locked[op.ID] = true
		}
		w.clock.Advance(time.Second)
	}
	o.inquire = func() ports.PayoutAnswer { return paid("p d") }
	w.clock.Advance(time.Hour)
	for range 10 {
		_, _ = s.Follow(t.Context(), 100)
		w.clock.Advance(time.Minute)
	}
	require.Equal(t, ports.WithdrawalCompleted, get(t, s, last.ID).Status)
}

type fated struct {
	ports.Store
	locked map[string]bool
}

func (f fated) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	for _, op := range units[0].Operations {
		if f.locked[op.Head().ID] {
			return []ports.Fate{{Status: ports.FateBusy, IDs: []string{op.Head().ID}}}
		}
	}
	return f.Store.Commit(ctx, units)
}

// TestService_orders_a_guess_names_no_payout: the withdrawal that is paid as p A is
// completed without a person.
func TestService_orders_a_guess_names_no_payout(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	o := &odd{bank: b, name: "bank"}
	s, _, _ := w.hostile(t, o)
	o.disburse = func() ports.PayoutAnswer {
		return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Likely: ports.OutcomeApproved, ProviderRef: "p A"}}
	}
	o.inquire = func() ports.PayoutAnswer { return paid("p B") }
	first, err := s.Request(t.Context(), payOut("k 1"))
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalCompleted, get(t, s, first.ID).Status)
	o.disburse = func() ports.PayoutAnswer { return paid("p A") }
	second, err := s.Request(t.Context(), payOut("k 2"))
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalCompleted, second.Status, second.Why)
}

// TestService_orders_a_late_payout_while_the_record_is_locked: the withdrawal is disputed.
func TestService_orders_a_late_payout_while_the_record_is_locked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pays, 0)
		until := time.Time{}
		w.store = locked{w.store, &until}
		answer := make(chan ports.PayoutAnswer)
		s, _, _ := w.hostile(t, &odd{bank: b, name: "bank", disburse: func() ports.PayoutAnswer { return <-answer }})
		op, err := s.Request(t.Context(), payOut("k"))
		require.NoError(t, err)
		_, err = s.ReportRefused(t.Context(), verdict(op.ID, "not in the list"))
		require.NoError(t, err)
		until = time.Now().Add(10 * time.Second)
		answer <- paid("p 1")
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, ports.WithdrawalDisputed, get(t, s, op.ID).Status)
	})
}

type locked struct {
	ports.Store
	until *time.Time
}

func (f locked) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	if time.Now().Before(*f.until) && len(units[0].Operations) > 0 {
		return []ports.Fate{{Status: ports.FateBusy, IDs: []string{units[0].Operations[0].Head().ID}}}
	}
	return f.Store.Commit(ctx, units)
}

// TestService_orders_a_withdrawal_that_waits_beside_a_process_without_its_route: it stays
// approved, and is sent when the wallet is unfrozen.
func TestService_orders_a_withdrawal_that_waits_beside_a_process_without_its_route(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, paysAtOnce, 1)
	s, wallets, _ := w.hostile(t, &odd{bank: b, name: "bank"})
	stranger, _, _ := w.hostile(t, &odd{bank: b, name: "another bank"})
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	_, err = wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "f", By: ports.By{Who: "kim", Why: "look"}})
	require.NoError(t, err)
	op, err = s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "lee", Why: "seen"}})
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalApproved, op.Status)
	for range 26 * 6 { // the process that has the route runs all the time
		w.clock.Advance(10 * time.Minute)
		for _, process := range []*withdraw.Service{s, stranger} {
			_, err = process.Follow(t.Context(), 10)
			require.NoError(t, err)
		}
	}
	_, err = wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "u", By: ports.By{Who: "kim", Why: "fine"}})
	require.NoError(t, err)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
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
// withdrawal by the same payout before any of the reads by which this one looks whose payout
// it is. One of the two is completed.
func TestService_orders_one_payout_between_look_and_claim(t *testing.T) {
	t.Parallel()
	for at := 1; at <= 4; at++ {
		w, b := newWorld(t, pays, 0)
		h := &readHook{Store: w.store, id: ports.NamedID(ports.KindWithdrawal, "bank", "p 2"), before: make(map[int]func())}
		inner := w.store
		w.store = h
		o := &odd{bank: b, name: "bank", disburse: func() ports.PayoutAnswer { return pendingAs("p 1") }}
		s, _, _ := w.hostile(t, o)
		first, err := s.Request(t.Context(), payOut("k 1"))
		require.NoError(t, err)
		o.disburse = func() ports.PayoutAnswer { return ports.PayoutAnswer{} }
		second, err := s.Request(t.Context(), payOut("k 2"))
		require.NoError(t, err)
		w.store = inner
		other, _, _ := w.hostile(t, o) // another process
		o.inquire = func() ports.PayoutAnswer { return paid("p 2") }
		w.clock.Advance(time.Hour)
		h.before[at] = func() {
			_, err := other.Follow(t.Context(), 10)
			require.NoError(t, err)
		}
		for range 3 {
			_, err = s.Follow(t.Context(), 1)
			require.NoError(t, err)
		}
		first, second = get(t, s, first.ID), get(t, s, second.ID)
		require.False(t, first.Status == ports.WithdrawalCompleted && second.Status == ports.WithdrawalCompleted, "before read %d of %d", at, h.reads)
		require.True(t, first.Status == ports.WithdrawalCompleted || second.Status == ports.WithdrawalCompleted, "before read %d of %d: %s %s", at, h.reads, first.Why, second.Why)
	}
}
