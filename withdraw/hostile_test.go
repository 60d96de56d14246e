package withdraw_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
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

// hostile starts a process over the world's store with Disbursers of a test.
func (w *world) hostile(t *testing.T, disbursers ...ports.Disburser) (*withdraw.Service, *ledger.Ledger, *crashtest.Log) {
	t.Helper()
	log := new(crashtest.Log)
	wallets := ordertest.Ledger(t, w.store, w.clock)
	routes := make([]withdraw.Route, 0, len(disbursers))
	for _, d := range disbursers {
		routes = append(routes, withdraw.Route{Disburser: d, Approvals: w.approvals})
	}
	s, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock, Logger: slog.New(slog.NewTextHandler(log, nil))}, routes...)
	require.NoError(t, err)
	return s, wallets, log
}

// TestService_Follow_bank_transfer_that_no_record_can_hold: the withdrawal goes to review.
func TestService_Follow_bank_transfer_that_no_record_can_hold(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	odds := says(ports.OutcomeApproved, "")
	odds.TransactionID = "t\n"
	s, _, _ := w.hostile(t, &odd{Else: b, Called: "bank", Sends: ordertest.Always(odds)})
	op := mustRequest(t, s, "k")
	require.Equal(t, ports.WithdrawalReview, op.Status)
	require.Contains(t, op.Why, "approved")
}

// TestService_Follow_total_that_cannot_be_given_back: the wallet is at the limit of what it
// may hold, so the withdrawal goes to review with the reason, and no step fails.
func TestService_Follow_total_that_cannot_be_given_back(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, rejects, 0)
	s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank"})
	op := mustRequest(t, s, "k")
	limit := decimal.New(1, 18).Sub(won(1)) // the wallet's digits are full
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "full", Amount: limit.Sub(wallet.Balance)})
	require.NoError(t, err)
	w.clock.Advance(4 * time.Hour)
	ordertest.Step(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.WithdrawalReview, op.Status)
	require.Contains(t, op.Why, "declined, but cannot be booked")
	_, err = wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "use", Amount: won(20_000)})
	require.NoError(t, err)
	op, err = s.ReportRefused(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "there is room now"}})
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalRejected, op.Status)
}

var errReadOnly = errors.New("cannot execute UPDATE in a read-only transaction")

// told returns a notifier that keeps the statuses of withdrawals.
func told() *ordertest.Told[ports.WithdrawalStatus] {
	return &ordertest.Told[ports.WithdrawalStatus]{Of: func(event ports.Event) (status ports.WithdrawalStatus, is bool) {
		if e, is := event.(ports.WithdrawalEvent); is {
			return e.Withdrawal.Status, true
		}
		return "", false
	}}
}

// TestService_tells_of_a_late_dispute_whose_commit_was_in_doubt: a person reports the payout
// paid while the provider is asked, and the provider names another fee. The store loses its
// answer to the dispute, which is told once.
func TestService_tells_of_a_late_dispute_whose_commit_was_in_doubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, dropsBefore, 0)
		w.store = crashtest.LoseAnswer(w.store, func(op ports.Operation) bool { return op.StatusText() == string(ports.WithdrawalDisputed) })
		notifier := told()
		other, _ := w.process(t, crashtest.Immortal()) // whose page the person uses
		id := ""
		w.notifier = notifier
		w.disburser = &odd{Else: b, Called: "bank", Inquires: func() ports.PayoutAnswer {
			_, err := other.ReportPaid(t.Context(), withdraw.Paid{ID: id, By: ports.By{Who: "lee", Why: "bank statement"}, TransactionID: "transfer 7"})
			require.NoError(t, err)
			return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p"}, Fee: decimal.NewNullDecimal(won(2_000))}
		}}
		s, _ := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		id = op.ID
		w.clock.Advance(time.Hour)
		_, _ = s.Follow(t.Context(), 10) // the answer of the store to the dispute is lost
		for range 2 {
			ordertest.Step(t, s)
		}
		synctest.Wait()
		require.Equal(t, ports.WithdrawalDisputed, notifier.List()[len(notifier.List())-1])
		disputes := slices.DeleteFunc(notifier.List(), func(status ports.WithdrawalStatus) bool { return status != ports.WithdrawalDisputed })
		require.Len(t, disputes, 1, "it is told once")
	})
}

// counting is a store that counts what is written and read.
type counting struct {
	ports.Store
	writes, reads *atomic.Int64
}

func (c counting) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	c.writes.Add(int64(len(units)))
	return c.Store.Commit(ctx, units)
}

func (c counting) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	c.reads.Add(1)
	return c.Store.FindOperations(ctx, filter)
}

// TestService_Follow_waiting_costs_nothing: withdrawals that wait for their lane are written
// once, whatever their number and however long they wait, and are sent in order when the
// lane is free.
func TestService_Follow_waiting_costs_nothing(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsAfter, 0)
	count := counting{w.store, new(atomic.Int64), new(atomic.Int64)}
	w.store = count
	bank := &odd{Else: b, Called: "bank", In: func(ports.PayoutOrder) string { return "bank:account" }}
	s, _, _ := w.hostile(t, bank)
	request := func(key string) string {
		r := payOut(key)
		r.Total = won(1_000)
		op, err := s.Request(t.Context(), r)
		require.NoError(t, err)
		return op.ID
	}
	first := request("first")
	waiting := make([]string, 0, 30)
	for i := range 30 {
		waiting = append(waiting, request(fmt.Sprint(i)))
	}
	op, err := s.Get(t.Context(), waiting[0])
	require.NoError(t, err)
	require.Contains(t, op.Why, "waits for its lane")
	require.Empty(t, op.Lane)
	count.writes.Store(0)
	count.reads.Store(0)
	steps := 0
	for range 10 { // seconds: the first one is not due yet
		w.clock.Advance(time.Second / 2)
		ordertest.Step(t, s)
		steps++
	}
	require.Zero(t, count.writes.Load())
	require.LessOrEqual(t, count.reads.Load(), int64(5*steps), "each job looks once, once for the lane, and once for Disbursers that no process has")
	b.does = paysAtOnce
	w.clock.Advance(4 * time.Hour)
	for range 5 {
		ordertest.Step(t, s)
	}
	for _, id := range append(waiting, first) {
		op := get(t, s, id)
		require.Equal(t, ports.WithdrawalCompleted, op.Status)
		require.Empty(t, op.Why)
	}
}

// TestService_Follow_free_lanes_behind_blocked_ones: withdrawals that wait for a lane that
// stays taken do not keep those behind them from a lane that is free.
func TestService_Follow_free_lanes_behind_blocked_ones(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsAfter, 0)
	free := false
	bank := &odd{Else: b, Called: "bank", In: func(o ports.PayoutOrder) string {
		if free && o.Total.Equal(won(2_000)) {
			return "another"
		}
		return "blocked"
	}}
	s, wallets, _ := w.hostile(t, bank)
	request := func(key string, total int64) *ports.Withdrawal {
		r := payOut(key)
		r.Total = won(total)
		op, err := s.Request(t.Context(), r)
		require.NoError(t, err)
		return op
	}
	request("first", 1_000)
	for i := range 25 {
		request(fmt.Sprint(i), 1_000)
	}
	last := request("last", 2_000)
	require.Equal(t, ports.WithdrawalApproved, last.Status)
	free, b.does = true, paysAtOnce
	for range 3 {
		ordertest.Step(t, s)
	}
	op := get(t, s, last.ID)
	require.Equal(t, ports.WithdrawalCompleted, op.Status)
	require.NotNil(t, wallets)
}
