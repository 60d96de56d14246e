package recharge_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/call"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/worker"
)

// odd is a Charger that does what a test says; where the test says nothing, what the bank
// does.
type odd struct {
	*bank
	name    string
	prepare func() ([]byte, *ports.ChargeAnswer)
	charge  func() ports.ChargeAnswer
	inquire func() ports.ChargeAnswer
}

func (o *odd) Name() string                  { return o.name }
func (o *odd) Lane(ports.ChargeOrder) string { return "" }

func (o *odd) Prepare(ctx context.Context, order ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	if o.prepare != nil {
		return o.prepare()
	}
	return o.bank.Prepare(ctx, order)
}

func (o *odd) Charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	if o.charge != nil {
		return o.charge()
	}
	return o.bank.Charge(ctx, order)
}

func (o *odd) Inquire(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	if o.inquire != nil {
		return o.inquire()
	}
	return o.bank.Inquire(ctx, order)
}

// hostile starts a process over the world's store with Chargers of a test.
func (w *world) hostile(t *testing.T, chargers ...ports.Charger) (*recharge.Service, *ledger.Ledger, *crashtest.Log) {
	t.Helper()
	log := new(crashtest.Log)
	wallets, err := ledger.New(w.store, ledger.Config{Clock: w.clock})
	require.NoError(t, err)
	s, err := recharge.New(w.store, wallets, recharge.Config{Clock: w.clock, Logger: slog.New(slog.NewTextHandler(log, nil))}, chargers...)
	require.NoError(t, err)
	return s, wallets, log
}

func through(charger, key string) recharge.Request {
	request := topUp(key)
	request.Charger = charger
	return request
}

func requireBalance(t *testing.T, wallets *ledger.Ledger, want int64) {
	t.Helper()
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(won(want)), wallet.Balance)
}

// TestService_Recharge_adapter_ignores_its_context: the call returns, the order is unknown,
// and what the provider answers later counts.
func TestService_Recharge_adapter_ignores_its_context(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		answer := make(chan ports.ChargeAnswer)
		s, wallets, log := w.hostile(t, &odd{bank: b, name: "bank", charge: func() ports.ChargeAnswer { return <-answer }})
		start := time.Now()
		op, err := s.Recharge(t.Context(), topUp("k"))
		require.NoError(t, err)
		require.Equal(t, 90*time.Second, time.Since(start), "the time of a call, and half as much again")
		require.Equal(t, ports.RechargeUnknown, op.Status)
		require.Contains(t, op.Answer.Alarm, "did not return in time")
		require.NotEmpty(t, log.Line("level=ERROR", "charger failed", op.ID))
		answer <- ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "r"}}
		synctest.Wait()
		op, err = s.Get(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, ports.RechargeApproved, op.Status)
		requireBalance(t, wallets, 10_000)
	})
}

// TestService_Follow_adapter_ignores_its_context: a step returns, and the late answer of an
// inquiry is not applied, because a later inquiry may know more.
func TestService_Follow_adapter_ignores_its_context(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pendsApproves)
		answer := make(chan ports.ChargeAnswer)
		hangs := &odd{bank: b, name: "bank", inquire: func() ports.ChargeAnswer { return <-answer }}
		s, wallets, log := w.hostile(t, hangs)
		op, err := s.Recharge(t.Context(), topUp("k"))
		require.NoError(t, err)
		require.Equal(t, ports.RechargePending, op.Status)
		w.clock.Advance(time.Hour)
		done, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, 1, done)
		answer <- ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: "LATE"}}
		synctest.Wait()
		op, err = s.Get(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, ports.RechargePending, op.Status)
		require.NotEmpty(t, log.Line("recharge answered", "not_sent", "LATE"))
		hangs.inquire = nil
		w.clock.Advance(time.Hour)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		requireBalance(t, wallets, 10_000)
	})
}

// TestService_Recharge_adapter_hangs_for_ever: after many calls that do not return, the
// service makes no further ones, and ends new orders as not sent.
func TestService_Recharge_adapter_hangs_for_ever(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		release := make(chan bool)
		s, wallets, _ := w.hostile(t, &odd{bank: b, name: "bank", charge: func() ports.ChargeAnswer {
			<-release
			return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined}}
		}})
		var all sync.WaitGroup
		for i := range call.OverdueMax {
			all.Go(func() {
				if op, err := s.Recharge(t.Context(), topUp(fmt.Sprint(i))); err != nil || op.Status != ports.RechargeUnknown {
					t.Error(op, err)
				}
			})
		}
		all.Wait()
		op, err := s.Recharge(t.Context(), topUp("one more"))
		require.NoError(t, err)
		require.Equal(t, ports.RechargeFailed, op.Status)
		require.Equal(t, ports.OutcomeNotSent, op.Answer.Outcome)
		require.Zero(t, op.Transmissions)
		close(release)
		synctest.Wait()
		requireBalance(t, wallets, 0)
	})
}

// TestService_Jobs_of_other_Chargers_go_on: a Charger that hangs holds up its own orders
// only.
func TestService_Jobs_of_other_Chargers_go_on(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pendsApproves)
		release := make(chan bool)
		s, wallets, _ := w.hostile(t, &odd{bank: b, name: "healthy"}, &odd{bank: b, name: "hangs", inquire: func() ports.ChargeAnswer {
			<-release
			return ports.ChargeAnswer{}
		}})
		for i := range 50 {
			_, err := s.Recharge(t.Context(), through("hangs", fmt.Sprint(i)))
			require.NoError(t, err)
		}
		w.clock.Advance(time.Second) // the healthy one's order is due last
		_, err := s.Recharge(t.Context(), through("healthy", "k"))
		require.NoError(t, err)
		w.clock.Advance(time.Hour)
		ctx, end := context.WithCancel(t.Context())
		run, err := worker.New(worker.Config{Random: func() float64 { return 0 }}, s.Jobs()...)
		require.NoError(t, err)
		var running sync.WaitGroup
		running.Go(func() { _ = run.Run(ctx) })
		time.Sleep(10 * time.Second) // of the bubble
		requireBalance(t, wallets, 10_000)
		end()
		close(release)
		running.Wait()
	})
}

// TestService_Recharge_adapter_panics: the order is unknown, and the log has the cause.
func TestService_Recharge_adapter_panics(t *testing.T) {
	t.Parallel()
	for name, charge := range map[string]func() ports.ChargeAnswer{
		"panic":  func() ports.ChargeAnswer { panic("index out of range") },
		"Goexit": func() ports.ChargeAnswer { runtime.Goexit(); return ports.ChargeAnswer{} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			s, _, log := w.hostile(t, &odd{bank: b, name: "bank", charge: charge})
			op, err := s.Recharge(t.Context(), topUp("k"))
			require.NoError(t, err)
			require.Equal(t, ports.RechargeUnknown, op.Status)
			require.Contains(t, op.Answer.Alarm, "panicked while it sent")
			cause := "index out of range"
			if name == "Goexit" {
				cause = "goroutine was ended"
			}
			require.NotEmpty(t, log.Line("level=ERROR", cause, op.ID), log)
		})
	}
}

// TestService_Recharge_refusals_of_Prepare_end_the_order: nothing was sent, whatever outcome
// the refusal claims, and no wallet is credited.
func TestService_Recharge_refusals_of_Prepare_end_the_order(t *testing.T) {
	t.Parallel()
	for _, outcome := range []ports.Outcome{
		ports.OutcomeUnknown, ports.OutcomeApproved, ports.OutcomeDeclined, ports.OutcomePending, ports.OutcomeNotSent, ports.OutcomeFault,
	} {
		t.Run(outcome.String(), func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			s, wallets, _ := w.hostile(t, &odd{bank: b, name: "bank", prepare: func() ([]byte, *ports.ChargeAnswer) {
				return nil, &ports.ChargeAnswer{Answer: ports.Answer{Outcome: outcome, ProviderRef: "r", Review: "look"}}
			}})
			op, err := s.Recharge(t.Context(), topUp("k"))
			require.NoError(t, err)
			require.False(t, op.Open, op.Status)
			require.Zero(t, op.Transmissions)
			if allowed := outcome.Final() && outcome != ports.OutcomeApproved; !allowed {
				require.Equal(t, ports.RechargeFailed, op.Status)
				require.Contains(t, op.Answer.Alarm, outcome.String())
			}
			requireBalance(t, wallets, 0)
			require.Empty(t, b.orders)
		})
	}
}

// TestService_Follow_answers_that_no_record_can_hold: the order goes to review instead of
// failing in every step.
func TestService_Follow_answers_that_no_record_can_hold(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]ports.ChargeAnswer{
		"a reference with a zero byte": {Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "r\x00"}},
		"a reference that is too long": {Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: strings.Repeat("r", 257)}},
		"an amount without limit":      {Answer: ports.Answer{Outcome: ports.OutcomeApproved}, Amount: decimal.NewNullDecimal(decimal.New(1, 50_000_000))},
		"a balance without limit":      {Answer: ports.Answer{Outcome: ports.OutcomeApproved}, NewBalance: decimal.NewNullDecimal(decimal.New(1, 50_000_000))},
		"a time far away":              {Answer: ports.Answer{Outcome: ports.OutcomeApproved}, At: time.Date(12_000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			s, wallets, _ := w.hostile(t, &odd{bank: b, name: "bank", charge: func() ports.ChargeAnswer { return answer }})
			op, err := s.Recharge(t.Context(), topUp("k"))
			require.NoError(t, err)
			require.Equal(t, ports.RechargeReview, op.Status)
			require.Contains(t, op.Why, answer.Outcome.String())
			_, err = ports.EncodeOperation(op)
			require.NoError(t, err)
			requireBalance(t, wallets, 0)
		})
	}
}

var errReadOnly = errors.New("cannot execute UPDATE in a read-only transaction")

// TestService_Follow_store_takes_no_writes: a store that can be read and takes no writes is
// reported.
func TestService_Follow_store_takes_no_writes(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pendsApproves)
	readOnly := false
	w.store = crashtest.Fated{Store: w.store, Fate: func([]ports.Unit) *ports.Fate {
		if readOnly {
			return &ports.Fate{Status: ports.FateFailed, Err: errReadOnly}
		}
		return nil
	}}
	s, _, _ := w.hostile(t, &odd{bank: b, name: "bank"})
	_, err := s.Recharge(t.Context(), topUp("k"))
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
	w, b := newWorld(t, approves)
	down := false
	w.store = crashtest.Fated{Store: w.store, Fate: func([]ports.Unit) *ports.Fate {
		if down {
			return &ports.Fate{Status: ports.FateFailed, Err: ports.ErrUnavailable}
		}
		return nil
	}}
	s, _, log := w.hostile(t, &odd{bank: b, name: "bank", charge: func() ports.ChargeAnswer {
		down = true
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 77", Code: "0000"}, Amount: decimal.NewNullDecimal(won(9_000))}
	}})
	op, err := s.Recharge(t.Context(), topUp("k"))
	require.ErrorIs(t, err, ports.ErrUnavailable)
	require.NotEmpty(t, log.Line("recharge answered", op.ID, "outcome=approved", `"tx 77"`, "amount=9000", "code=0000"), log)
}

// TestService_logs_why_a_person_must_decide, at level Warn.
func TestService_logs_why_a_person_must_decide(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, _, log := w.hostile(t, &odd{bank: b, name: "bank", charge: func() ports.ChargeAnswer {
		return ports.ChargeAnswer{Answer: ports.Answer{Review: "two rows look alike"}}
	}})
	op, err := s.Recharge(t.Context(), topUp("k"))
	require.NoError(t, err)
	require.NotEmpty(t, log.Line("level=WARN", "recharge review", op.ID, "two rows look alike"), log)
	_, err = carryOut(t.Context(), s, resolution{ID: op.ID, Decision: ports.DecisionApprove, By: ports.By{Who: "kim", Why: "seen"}})
	require.NoError(t, err)
	_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "chargeback of the bank"}})
	require.NoError(t, err)
	require.NotEmpty(t, log.Line("level=WARN", "recharge disputed", op.ID, "chargeback of the bank"), log)
}

// told collects the statuses that a notifier hears of.
type told struct {
	mu       sync.Mutex
	statuses []ports.RechargeStatus
}

func (n *told) Notify(_ context.Context, event ports.Event) {
	if e, ok := event.(ports.RechargeEvent); ok {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.statuses = append(n.statuses, e.Recharge.Status)
	}
}

// TestService_tells_of_an_approval_whose_commit_was_in_doubt, once, when it is known.
func TestService_tells_of_an_approval_whose_commit_was_in_doubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		w.store = crashtest.LoseAnswer(w.store, func(op ports.Operation) bool { return op.StatusText() == string(ports.RechargeApproved) })
		notifier := new(told)
		w.charger = b
		s, _ := w.process(t, crashtest.Immortal(), notifier)
		op, err := s.Recharge(t.Context(), topUp("k"))
		require.ErrorIs(t, err, ports.ErrUndecided)
		synctest.Wait()
		require.Equal(t, []ports.RechargeStatus{ports.RechargeSending}, notifier.statuses)
		for range 2 {
			_, err = s.Follow(t.Context(), 10)
			require.NoError(t, err)
		}
		synctest.Wait()
		require.Equal(t, []ports.RechargeStatus{ports.RechargeSending, ports.RechargeApproved}, notifier.statuses)
		op, err = s.Get(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, ports.RechargeApproved, op.Status)
	})
}

// TestService_Recharge_record_changes_all_the_time: settling ends with an error when other
// processes change the record again and again, and an inquiry settles it later.
func TestService_Recharge_record_changes_all_the_time(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	inner, lost := w.store, 0
	w.store = crashtest.Fated{Store: inner, Fate: func(units []ports.Unit) *ports.Fate {
		for _, op := range units[0].Operations {
			if head := op.Head(); op.StatusText() == string(ports.RechargeApproved) && lost >= 0 {
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
	s, wallets, _ := w.hostile(t, &odd{bank: b, name: "bank"})
	_, err := s.Recharge(t.Context(), topUp("k"))
	require.ErrorIs(t, err, ports.ErrConflict)
	require.LessOrEqual(t, lost, 2*record.ConflictsMax)
	lost = -1 // they leave it alone
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	requireBalance(t, wallets, 10_000)
}
