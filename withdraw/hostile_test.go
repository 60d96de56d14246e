package withdraw_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
	"github.com/jigap/jigap/worker"
)

// odd is a Disburser that does what a test says; where the test says nothing, what the bank
// does.
type odd struct {
	*bank
	name     string
	lane     func(ports.PayoutOrder) string
	prepare  func() ([]byte, *ports.PayoutAnswer)
	disburse func() ports.PayoutAnswer
	inquire  func() ports.PayoutAnswer
}

func (o *odd) Name() string { return o.name }

func (o *odd) Lane(order ports.PayoutOrder) string {
	if o.lane != nil {
		return o.lane(order)
	}
	return ""
}

func (o *odd) Prepare(ctx context.Context, order ports.PayoutOrder) ([]byte, *ports.PayoutAnswer) {
	if o.prepare != nil {
		return o.prepare()
	}
	return o.bank.Prepare(ctx, order)
}

func (o *odd) Disburse(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	if o.disburse != nil {
		return o.disburse()
	}
	return o.bank.Disburse(ctx, order)
}

func (o *odd) Inquire(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	if o.inquire != nil {
		return o.inquire()
	}
	return o.bank.Inquire(ctx, order)
}

// hostile starts a process over the world's store with Disbursers of a test.
func (w *world) hostile(t *testing.T, disbursers ...ports.Disburser) (*withdraw.Service, *ledger.Ledger, *crashtest.Log) {
	t.Helper()
	log := new(crashtest.Log)
	wallets, err := ledger.New(w.store, ledger.Config{Clock: w.clock})
	require.NoError(t, err)
	routes := make([]withdraw.Route, 0, len(disbursers))
	for _, d := range disbursers {
		routes = append(routes, withdraw.Route{Disburser: d, Approvals: w.approvals})
	}
	s, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock, Logger: slog.New(slog.NewTextHandler(log, nil))}, routes...)
	require.NoError(t, err)
	return s, wallets, log
}

func through(disburser, key string) withdraw.Request {
	request := payOut(key)
	request.Disburser = disburser
	return request
}

func requireBalance(t *testing.T, wallets *ledger.Ledger, want int64) {
	t.Helper()
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(won(want)), wallet.Balance)
}

// TestService_Request_adapter_ignores_its_context: the call returns, the order is unknown,
// and what the provider answers later counts.
func TestService_Request_adapter_ignores_its_context(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pays, 0)
		answer := make(chan ports.PayoutAnswer)
		s, wallets, log := w.hostile(t, &odd{bank: b, name: "bank", disburse: func() ports.PayoutAnswer { return <-answer }})
		start := time.Now()
		op, err := s.Request(t.Context(), payOut("k"))
		require.NoError(t, err)
		require.Equal(t, 90*time.Second, time.Since(start), "the time of a call, and half as much again")
		require.Equal(t, ports.WithdrawalUnknown, op.Status)
		require.Contains(t, op.Answer.Alarm, "did not return in time")
		require.NotEmpty(t, log.Line("level=ERROR", "disburser failed", op.ID))
		answer <- ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, ProviderRef: "r"}}
		synctest.Wait()
		op, err = s.Get(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalRejected, op.Status)
		requireBalance(t, wallets, 50_000)
	})
}

// TestService_Follow_adapter_ignores_its_context: a step returns, and the late answer of an
// inquiry is not applied, because a later inquiry may know more.
func TestService_Follow_adapter_ignores_its_context(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pays, 0)
		answer := make(chan ports.PayoutAnswer)
		s, _, log := w.hostile(t, &odd{bank: b, name: "bank", inquire: func() ports.PayoutAnswer { return <-answer }})
		op, err := s.Request(t.Context(), payOut("k"))
		require.NoError(t, err)
		w.clock.Advance(time.Hour)
		done, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, 1, done)
		answer <- ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: "LATE"}}
		synctest.Wait()
		op, err = s.Get(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalPending, op.Status)
		require.NotEmpty(t, log.Line("withdrawal answered", "not_sent", "LATE"))
	})
}

// TestService_Jobs_of_other_Disbursers_go_on: a Disburser that hangs holds up its own orders
// only.
func TestService_Jobs_of_other_Disbursers_go_on(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pays, 0)
		release := make(chan bool)
		s, _, _ := w.hostile(t, &odd{bank: b, name: "healthy"}, &odd{bank: b, name: "hangs", inquire: func() ports.PayoutAnswer {
			<-release
			return ports.PayoutAnswer{}
		}})
		for i := range 20 {
			request := through("hangs", fmt.Sprint(i))
			request.Total = won(1_000)
			_, err := s.Request(t.Context(), request)
			require.NoError(t, err)
		}
		w.clock.Advance(time.Second) // the healthy one's order is due last
		op, err := s.Request(t.Context(), through("healthy", "k"))
		require.NoError(t, err)
		w.clock.Advance(4 * time.Hour)
		ctx, end := context.WithCancel(t.Context())
		run, err := worker.New(worker.Config{Random: func() float64 { return 0 }}, s.Jobs()...)
		require.NoError(t, err)
		var running sync.WaitGroup
		running.Go(func() { _ = run.Run(ctx) })
		time.Sleep(10 * time.Second) // of the bubble
		op, err = s.Get(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalCompleted, op.Status)
		end()
		close(release)
		running.Wait()
	})
}

// TestService_Request_adapter_panics: the order is unknown, and the log has the cause.
func TestService_Request_adapter_panics(t *testing.T) {
	t.Parallel()
	for cause, disburse := range map[string]func() ports.PayoutAnswer{
		"index out of range":  func() ports.PayoutAnswer { panic("index out of range") },
		"goroutine was ended": func() ports.PayoutAnswer { runtime.Goexit(); return ports.PayoutAnswer{} },
	} {
		t.Run(cause, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, pays, 0)
			s, _, log := w.hostile(t, &odd{bank: b, name: "bank", disburse: disburse})
			op, err := s.Request(t.Context(), payOut("k"))
			require.NoError(t, err)
			require.Equal(t, ports.WithdrawalUnknown, op.Status)
			require.Contains(t, op.Answer.Alarm, "panicked while it sent")
			require.NotEmpty(t, log.Line("level=ERROR", cause, op.ID), log)
		})
	}
}

// TestService_Request_refusals_of_Prepare_end_the_order: nothing was sent, whatever outcome
// the refusal claims, and the total comes back.
func TestService_Request_refusals_of_Prepare_end_the_order(t *testing.T) {
	t.Parallel()
	for _, outcome := range []ports.Outcome{
		ports.OutcomeUnknown, ports.OutcomeApproved, ports.OutcomeDeclined, ports.OutcomePending, ports.OutcomeNotSent, ports.OutcomeFault,
	} {
		t.Run(outcome.String(), func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, pays, 0)
			s, wallets, _ := w.hostile(t, &odd{bank: b, name: "bank", prepare: func() ([]byte, *ports.PayoutAnswer) {
				return nil, &ports.PayoutAnswer{Answer: ports.Answer{Outcome: outcome, ProviderRef: "r", Review: "look"}}
			}})
			op, err := s.Request(t.Context(), payOut("k"))
			require.NoError(t, err)
			require.False(t, op.Open, op.Status)
			require.Zero(t, op.Transmissions)
			if allowed := outcome.Final() && outcome != ports.OutcomeApproved; !allowed {
				require.Equal(t, ports.WithdrawalFailed, op.Status)
				require.Contains(t, op.Answer.Alarm, outcome.String())
			}
			requireBalance(t, wallets, 50_000)
			require.Empty(t, b.orders)
		})
	}
}

// TestService_Follow_answers_that_no_record_can_hold: the order goes to review instead of
// failing in every step.
func TestService_Follow_answers_that_no_record_can_hold(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]ports.PayoutAnswer{
		"a reference with a zero byte":    {Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "r\x00"}},
		"a reference that is too long":    {Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: strings.Repeat("r", 257)}},
		"a bank transfer with a new line": {Answer: ports.Answer{Outcome: ports.OutcomeApproved}, TransactionID: "t\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, pays, 0)
			s, _, _ := w.hostile(t, &odd{bank: b, name: "bank", disburse: func() ports.PayoutAnswer { return answer }})
			op, err := s.Request(t.Context(), payOut("k"))
			require.NoError(t, err)
			require.Equal(t, ports.WithdrawalReview, op.Status)
			require.Contains(t, op.Why, answer.Outcome.String())
		})
	}
}

// TestService_Follow_total_that_cannot_be_given_back: the wallet is at the limit of what it
// may hold, so the withdrawal goes to review with the reason, and no step fails.
func TestService_Follow_total_that_cannot_be_given_back(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, rejects, 0)
	s, wallets, _ := w.hostile(t, &odd{bank: b, name: "bank"})
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	limit := decimal.New(1, 18).Sub(won(1)) // the wallet's digits are full
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "full", Amount: limit.Sub(wallet.Balance)})
	require.NoError(t, err)
	w.clock.Advance(4 * time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	op, err = s.Get(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalReview, op.Status)
	require.Contains(t, op.Why, "declined, but cannot be booked")
	_, err = wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "use", Amount: won(20_000)})
	require.NoError(t, err)
	op, err = s.ReportRefused(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "there is room now"}})
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalRejected, op.Status)
}

var errReadOnly = errors.New("cannot execute UPDATE in a read-only transaction")

// TestService_Follow_store_takes_no_writes: a store that can be read and takes no writes is
// reported.
func TestService_Follow_store_takes_no_writes(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	readOnly := false
	w.store = crashtest.Fated{Store: w.store, Fate: func([]ports.Unit) *ports.Fate {
		if readOnly {
			return &ports.Fate{Status: ports.FateFailed, Err: errReadOnly}
		}
		return nil
	}}
	s, _, _ := w.hostile(t, &odd{bank: b, name: "bank"})
	_, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	readOnly = true
	done, err := s.Follow(t.Context(), 10)
	require.ErrorIs(t, err, errReadOnly)
	require.Zero(t, done)
}

// TestService_logs_an_answer_before_it_is_applied: the store fails at that moment, and the
// log knows what the provider said.
func TestService_logs_an_answer_before_it_is_applied(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	down := false
	w.store = crashtest.Fated{Store: w.store, Fate: func([]ports.Unit) *ports.Fate {
		if down {
			return &ports.Fate{Status: ports.FateFailed, Err: ports.ErrUnavailable}
		}
		return nil
	}}
	s, _, log := w.hostile(t, &odd{bank: b, name: "bank", disburse: func() ports.PayoutAnswer {
		down = true
		return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 77", Code: "0000"}, Fee: decimal.NewNullDecimal(won(900))}
	}})
	op, err := s.Request(t.Context(), payOut("k"))
	require.ErrorIs(t, err, ports.ErrUnavailable)
	require.NotEmpty(t, log.Line("withdrawal answered", op.ID, "outcome=approved", `"tx 77"`, "fee=900", "code=0000"), log)
}

// TestService_logs_why_a_person_must_decide, at level Warn.
func TestService_logs_why_a_person_must_decide(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	s, _, log := w.hostile(t, &odd{bank: b, name: "bank", disburse: func() ports.PayoutAnswer {
		return ports.PayoutAnswer{Answer: ports.Answer{Review: "two rows look alike"}}
	}})
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	require.NotEmpty(t, log.Line("level=WARN", "withdrawal review", op.ID, "two rows look alike"), log)
}

// told collects the statuses that a notifier hears of.
type told struct {
	mu       sync.Mutex
	statuses []ports.WithdrawalStatus
}

func (n *told) Notify(_ context.Context, event ports.Event) {
	if e, ok := event.(ports.WithdrawalEvent); ok {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.statuses = append(n.statuses, e.Withdrawal.Status)
	}
}

// TestService_tells_of_a_payout_whose_commit_was_in_doubt, once, when it is known: an answer
// of the provider, and a person's act.
func TestService_tells_of_a_payout_whose_commit_was_in_doubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, paysAtOnce, 0)
		w.store = crashtest.LoseAnswer(w.store, func(op ports.Operation) bool {
			status := op.StatusText()
			return status == string(ports.WithdrawalCompleted) || status == string(ports.WithdrawalReturned)
		})
		notifier := new(told)
		w.disburser, w.notifier = b, notifier
		s, _ := w.process(t, crashtest.Immortal())
		op, err := s.Request(t.Context(), payOut("k"))
		require.ErrorIs(t, err, ports.ErrUndecided)
		want := []ports.WithdrawalStatus{ports.WithdrawalApproved, ports.WithdrawalSending}
		synctest.Wait()
		require.Equal(t, want, notifier.statuses)
		follow := func(next ports.WithdrawalStatus) {
			t.Helper()
			for range 2 {
				_, err := s.Follow(t.Context(), 10)
				require.NoError(t, err)
			}
			want = append(want, next)
			synctest.Wait()
			require.Equal(t, want, notifier.statuses)
		}
		follow(ports.WithdrawalCompleted)
		_, err = s.ReportReturned(t.Context(), withdraw.Returned{ID: op.ID, By: ports.By{Who: "kim", Why: "account closed"}})
		require.ErrorIs(t, err, ports.ErrUndecided)
		follow(ports.WithdrawalReturned)
	})
}

// TestService_tells_of_a_late_dispute_whose_commit_was_in_doubt: a person reports the payout
// paid while the provider is asked, and the provider names another fee.
func TestService_tells_of_a_late_dispute_whose_commit_was_in_doubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, dropsBefore, 0)
		w.store = crashtest.LoseAnswer(w.store, func(op ports.Operation) bool { return op.StatusText() == string(ports.WithdrawalDisputed) })
		notifier := new(told)
		other, _ := w.process(t, crashtest.Immortal()) // whose page the person uses
		id := ""
		w.notifier = notifier
		w.disburser = &odd{bank: b, name: "bank", inquire: func() ports.PayoutAnswer {
			_, err := other.ReportPaid(t.Context(), withdraw.Paid{ID: id, By: ports.By{Who: "lee", Why: "bank statement"}, TransactionID: "transfer 7"})
			require.NoError(t, err)
			return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p"}, Fee: decimal.NewNullDecimal(won(2_000))}
		}}
		s, _ := w.process(t, crashtest.Immortal())
		op, err := s.Request(t.Context(), payOut("k"))
		require.NoError(t, err)
		id = op.ID
		w.clock.Advance(time.Hour)
		_, _ = s.Follow(t.Context(), 10) // the answer of the store to the dispute is lost
		for range 2 {
			_, err = s.Follow(t.Context(), 10)
			require.NoError(t, err)
		}
		synctest.Wait()
		require.Equal(t, ports.WithdrawalDisputed, notifier.statuses[len(notifier.statuses)-1])
		disputes := slices.DeleteFunc(notifier.statuses, func(status ports.WithdrawalStatus) bool { return status != ports.WithdrawalDisputed })
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
	bank := &odd{bank: b, name: "bank", lane: func(ports.PayoutOrder) string { return "bank:account" }}
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
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
		steps++
	}
	require.Zero(t, count.writes.Load())
	require.LessOrEqual(t, count.reads.Load(), int64(5*steps), "each job looks once, once for the lane, and once for Disbursers that no process has")
	b.does = paysAtOnce
	w.clock.Advance(4 * time.Hour)
	for range 5 {
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	for _, id := range append(waiting, first) {
		op, err := s.Get(t.Context(), id)
		require.NoError(t, err)
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
	bank := &odd{bank: b, name: "bank", lane: func(o ports.PayoutOrder) string {
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
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	op, err := s.Get(t.Context(), last.ID)
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalCompleted, op.Status)
	require.NotNil(t, wallets)
}

// TestService_Request_record_changes_all_the_time: settling ends with an error when other
// processes change the record again and again, and an inquiry settles it later.
func TestService_Request_record_changes_all_the_time(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, paysAtOnce, 0)
	inner, lost := w.store, 0
	w.store = crashtest.Fated{Store: inner, Fate: func(units []ports.Unit) *ports.Fate {
		for _, op := range units[0].Operations {
			if head := op.Head(); op.StatusText() == string(ports.WithdrawalCompleted) && lost >= 0 {
				lost++
				found, err := inner.Operations(t.Context(), []string{head.ID})
				if err != nil {
					return &ports.Fate{Status: ports.FateFailed, Err: err}
				}
				found[0].Head().Version++ // by another process
				inner.Commit(t.Context(), []ports.Unit{{Operations: found}})
				return &ports.Fate{Status: ports.FateOperationConflict, IDs: []string{head.ID}}
			}
		}
		return nil
	}}
	s, _, _ := w.hostile(t, &odd{bank: b, name: "bank"})
	op, err := s.Request(t.Context(), payOut("k"))
	require.ErrorIs(t, err, ports.ErrConflict)
	require.LessOrEqual(t, lost, 2*record.ConflictsMax)
	lost = -1 // they leave it alone
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	op, err = s.Get(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalCompleted, op.Status)
}
