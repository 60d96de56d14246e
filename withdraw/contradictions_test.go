package withdraw_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
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

// TestService_one_poisoned_waiter: a waiting withdrawal that the store does not take holds up
// no other withdrawal that needs no lane.
func TestService_one_poisoned_waiter(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 1)
	inner, poison := w.store, ""
	w.store = crashtest.Fated{Store: inner, Fate: func(units []ports.Unit) *ports.Fate {
		for _, op := range units[0].Operations {
			if op.Head().ID == poison {
				return &ports.Fate{Status: ports.FateFailed, Err: ports.ErrUnreadable}
			}
		}
		return nil
	}}
	s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank"}) // no lanes
	var ids []string
	for i := range 5 {
		r := payOut(fmt.Sprint("k", i))
		r.Total = won(1_000)
		op, err := s.Request(t.Context(), r)
		require.NoError(t, err)
		ids = append(ids, op.ID)
	}
	by := ports.By{Who: "kim", Why: "x"}
	_, err := wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "f", By: by})
	require.NoError(t, err)
	for _, id := range ids {
		_, err := s.Approve(t.Context(), ports.Act{ID: id, By: ports.By{Who: "kim", Why: "seen"}})
		require.NoError(t, err)
	}
	_, err = wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "u", By: by})
	require.NoError(t, err)
	poison = ids[0]
	for range 20 {
		_, _ = s.Follow(t.Context(), 100)
	}
	for _, id := range ids[1:] {
		op := get(t, s, id)
		require.Equal(t, ports.WithdrawalPending, op.Status, op.Why)
	}
}

// TestService_waiting_for_an_unknown_Disburser: a waiting withdrawal goes to review when no
// process has its Disburser.
func TestService_waiting_for_an_unknown_Disburser(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 1)
	s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank"})
	op := mustRequest(t, s, "k")
	by := ports.By{Who: "kim", Why: "x"}
	_, err := wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "f", By: by})
	require.NoError(t, err)
	_, err = s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
	require.NoError(t, err)
	_, err = wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "u", By: by})
	require.NoError(t, err)
	others, _, _ := w.hostile(t, &odd{Else: b, Called: "another bank"})
	for range 100 {
		w.clock.Advance(time.Hour)
		_, err := others.Follow(t.Context(), 100)
		require.NoError(t, err)
	}
	op = get(t, others, op.ID)
	require.Equal(t, ports.WithdrawalReview, op.Status, op.Why)
}

// TestService_panic_in_a_late_answer: a panic while a late answer is applied must not end the
// process.
func TestService_panic_in_a_late_answer(t *testing.T) {
	if os.Getenv("X_CHILD") == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestService_panic_in_a_late_answer$")
		cmd.Env = append(os.Environ(), "X_CHILD=1")
		out, err := cmd.CombinedOutput()
		at := strings.Index(string(out), "panic:")
		require.NoError(t, err, string(out)[max(0, at):min(len(out), max(0, at)+600)])
		return
	}
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pays, 0)
		answer, boom := make(chan ports.PayoutAnswer), false
		w.store = crashtest.Fated{Store: w.store, Fate: func([]ports.Unit) *ports.Fate {
			if boom {
				panic("driver bug")
			}
			return nil
		}}
		s, _, _ := w.hostile(t, &odd{Else: b, Called: "bank", Sends: func() ports.PayoutAnswer { return <-answer }})
		mustRequest(t, s, "k")
		boom = true
		ordertest.Say(answer, ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p"}})
	})
}

// TestService_returned_twice_text: ReportReturned refuses a second return, and the error says
// that 100 of 20,000 came back.
func TestService_returned_twice_text(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, paysAtOnce, 0)
	s, _ := w.process(t, crashtest.Immortal())
	op := mustRequest(t, s, "k")
	_, err := s.ReportReturned(t.Context(), withdraw.Returned{ID: op.ID, By: ports.By{Who: "kim", Why: "x"}, Amount: decimal.NewNullDecimal(won(100))})
	require.NoError(t, err)
	_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "it was 10,000"}})
	require.NoError(t, err)
	_, err = s.ReportReturned(t.Context(), withdraw.Returned{ID: op.ID, By: ports.By{Who: "kim", Why: "x"}, Amount: decimal.NewNullDecimal(won(10_000))})
	require.ErrorIs(t, err, ports.ErrNotOpen)
	require.NotContains(t, err.Error(), "its total was given back", "100 of 20,000 came back")
}

// TestService_late_figures: a person reports the payout paid, at the fee of the quote. Then the
// provider names other figures: the withdrawal is disputed.
func TestService_late_figures(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]ports.PayoutAnswer{
		"fee":          {Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p"}, Fee: decimal.NewNullDecimal(won(2_000))},
		"net":          {Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p"}, Net: decimal.NewNullDecimal(won(3_000))},
		"transfer":     {Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p"}, TransactionID: "another transfer"},
		"does not add": {Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p"}, Total: decimal.NewNullDecimal(won(90_000))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, dropsBefore, 0)
			var s *withdraw.Service
			id := ""
			o := &odd{Else: b, Called: "bank", Inquires: func() ports.PayoutAnswer {
				_, err := s.ReportPaid(t.Context(), withdraw.Paid{ID: id, By: ports.By{Who: "lee", Why: "bank statement"}, TransactionID: "transfer 7"})
				require.NoError(t, err)
				return late
			}}
			s, _, _ = w.hostile(t, o)
			op := mustRequest(t, s, "k")
			id = op.ID
			w.follow(t, s)
			op = get(t, s, id)
			require.Equal(t, ports.WithdrawalDisputed, op.Status, "booked fee %s, net %s, transfer %s", op.ActualFee.Decimal, op.ActualNet.Decimal, op.TransactionID)
		})
	}
}

// TestService_failure_of_one_waiter: a waiting withdrawal without a lane never says that
// another order is open, also when the store fails on another withdrawal.
func TestService_failure_of_one_waiter(t *testing.T) {
	t.Parallel()
	for _, lane := range []string{"", "account"} {
		t.Run("lane "+lane, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, pays, 0)
			inner, fail, commits := w.store, false, 0
			w.store = crashtest.Fated{Store: inner, Fate: func(units []ports.Unit) *ports.Fate {
				commits++
				if fail {
					fail = false
					return &ports.Fate{Status: ports.FateFailed, Err: ports.ErrUnavailable}
				}
				return nil
			}}
			s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank", In: func(ports.PayoutOrder) string { return lane }})
			var ids []string
			_, err := wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "f0", By: ports.By{Who: "kim", Why: "x"}})
			require.NoError(t, err)
			_, err = wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "u0", By: ports.By{Who: "kim", Why: "x"}})
			require.NoError(t, err)
			strict, _ := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock}, withdraw.Route{Disburser: &odd{Else: b, Called: "bank", In: func(ports.PayoutOrder) string { return lane }}, Approvals: 1})
			for i := range 5 {
				r := payOut(fmt.Sprint("k", i))
				r.Total = won(1_000)
				op, err := strict.Request(t.Context(), r)
				require.NoError(t, err)
				ids = append(ids, op.ID)
			}
			_, err = wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "f", By: ports.By{Who: "kim", Why: "x"}})
			require.NoError(t, err)
			for _, id := range ids {
				op, err := strict.Approve(t.Context(), ports.Act{ID: id, By: ports.By{Who: "kim", Why: "seen"}})
				require.NoError(t, err)
				require.Equal(t, ports.WithdrawalApproved, op.Status)
			}
			_, err = wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "u", By: ports.By{Who: "kim", Why: "x"}})
			require.NoError(t, err)
			fail, commits = true, 0
			_, err = s.Follow(t.Context(), 100)
			require.ErrorIs(t, err, ports.ErrUnavailable)
			for _, id := range ids {
				op := get(t, s, id)
				require.NotContains(t, op.Why, "another order is open", "no other order is open in lane %q; %d commits", lane, commits)
			}
		})
	}
}

// TestService_resend_into_a_taken_lane: a payout whose lane stays taken goes to review instead
// of being sent again.
func TestService_resend_into_a_taken_lane(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	lane := "one"
	s, _, _ := w.hostile(t, &odd{
		Else: b, Called: "bank", In: func(ports.PayoutOrder) string { return lane },
		Sends:    ordertest.Always(ports.PayoutAnswer{}),
		Inquires: resend,
	})
	a := mustRequest(t, s, "a")
	require.Equal(t, ports.WithdrawalUnknown, a.Status)
	lane = "two" // the provider's accounts were merged
	other := &odd{Else: b, Called: "other", In: func(ports.PayoutOrder) string { return lane }, Sends: ordertest.Always(ports.PayoutAnswer{Answer: ports.Answer{Review: "look"}})}
	o, _, _ := w.hostile(t, other)
	c, err := o.Request(t.Context(), through("other", "c"))
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalReview, c.Status)
	var last error
	for range 100 {
		w.clock.Advance(time.Hour)
		_, last = s.Follow(t.Context(), 10)
	}
	a = get(t, s, a.ID)
	require.Equal(t, ports.WithdrawalReview, a.Status, "after 100 hours; the job says: %v", last)
}

// TestService_paid_of_a_returned_ignores_the_fee: ReportPaid refuses a fee above the total,
// also for a disputed return.
func TestService_paid_of_a_returned_ignores_the_fee(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, paysAtOnce, 0)
	s, wallets := w.process(t, crashtest.Immortal())
	op := mustRequest(t, s, "k")
	require.Equal(t, ports.WithdrawalCompleted, op.Status)
	_, err := s.ReportReturned(t.Context(), withdraw.Returned{ID: op.ID, By: ports.By{Who: "kim", Why: "came back"}})
	require.NoError(t, err)
	_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "did not"}})
	require.NoError(t, err)
	_, err = s.ReportPaid(t.Context(), withdraw.Paid{ID: op.ID, By: ports.By{Who: "lee", Why: "x"}, TransactionID: "t", Fee: decimal.NewNullDecimal(won(900_000))})
	_ = wallets
	require.ErrorIs(t, err, ports.ErrInvalid, "Fee must be from zero to the total")
}
