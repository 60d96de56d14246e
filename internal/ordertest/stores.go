package ordertest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// TestStore tests orders over a store that is locked, fails, or loses its answers.
func TestStore(t *testing.T, kind Kind) {
	t.Run("an_answer_waits_for_a_lock", func(t *testing.T) {
		t.Parallel()
		locked(t, kind)
	})
	t.Run("an_answer_that_a_lock_outlasts_is_left_to_a_person", func(t *testing.T) {
		t.Parallel()
		lockedForLong(t, kind)
	})
	if !kind.NeedsOrder {
		bubble(t, "nothing_is_booked_when_the_payment_cannot_be_looked_up", func(t *testing.T) { cannotSearch(t, kind) })
	}
	for name, scenario := range map[string]func(*testing.T, Kind){
		"a_store_that_takes_no_writes_is_reported":                  noWrites,
		"an_answer_is_logged_before_it_is_applied":                  loggedFirst,
		"an_approval_in_doubt_is_told_once":                         doubtIsTold,
		"a_record_that_changes_all_the_time_ends_in_a_conflict":     changesAllTheTime,
		"locked_orders_starve_no_others":                            starveNone,
		"Wait_returns_when_all_events_are_told_or_its_context_ends": waitForEvents,
	} {
		bubble(t, name, func(t *testing.T) { scenario(t, kind) })
	}
}

// locked: the ledger waits five seconds for a wallet, and an answer is booked again five times.
// The sixth booking gets through after 27 seconds. After 32 seconds it fails as well, and the
// answer is left to a person. When the record is locked too, the call ends at the eleventh
// attempt, the last six of which try to write the record alone.
func locked(t *testing.T, kind Kind) {
	for name, tc := range map[string]struct {
		wallet, record time.Duration
		status         string
		ends           time.Duration
	}{
		"of_the_wallet_for_27_seconds": {27 * time.Second, 0, kind.Approved, 0},
		"of_the_wallet_for_32_seconds": {32 * time.Second, 0, "review", 30 * time.Second},
		"of_the_record_for_an_hour":    {time.Hour, time.Hour, "sending", 84 * time.Second},
	} {
		bubble(t, name, func(t *testing.T) {
			s := kind.set(t, &Script{})
			store := &Locked{Store: s.world.Store}
			s.world.Store = store
			var began time.Time
			s.script.Before = func(context.Context) {
				began = time.Now()
				store.Wallet.Store(true)
				store.Record.Store(tc.record > 0)
				time.AfterFunc(tc.wallet, func() { store.Wallet.Store(false) })
				time.AfterFunc(tc.record, func() { store.Record.Store(false) })
			}
			order, err := s.try("k")
			if tc.record > 0 {
				require.ErrorIs(t, err, ports.ErrBusy)
			} else {
				require.NoError(t, err)
			}
			require.True(t, order.Open || order.Status == kind.Approved)
			require.Equal(t, tc.status, order.Status)
			if tc.ends > 0 {
				require.InDelta(t, tc.ends, time.Since(began), float64(3*time.Second))
			}
		})
	}
}

// lockedForLong: the provider knows nothing of the order afterwards, and the answer is kept.
func lockedForLong(t *testing.T, kind Kind) {
	for _, outcome := range []ports.Outcome{ports.OutcomeApproved, ports.OutcomeDeclined} {
		bubble(t, outcome.String(), func(t *testing.T) {
			s := kind.set(t, &Script{Send: Always(Says(outcome, "tx-1"))})
			store := &Locked{Store: s.world.Store}
			s.world.Store = store
			s.script.Before = func(context.Context) { store.Wallet.Store(true) }
			s.order()
			order := s.requireStatus("review")
			require.Contains(t, order.Why, outcome.String()+", but cannot be booked")
			require.Equal(t, "tx-1", order.ProviderRef)
			require.Equal(t, outcome, order.Answer.Outcome)
		})
	}
}

// noWrites: Follow returns the error of the store.
func noWrites(t *testing.T, kind Kind) {
	s := kind.set(t, &Script{Send: Always(Pending("tx"))})
	readOnly := false
	s.world.Store = crashtest.Fated{Store: s.world.Store, Fate: func([]ports.Unit) *ports.Fate {
		if readOnly {
			return &ports.Fate{Status: ports.FateFailed, Err: ErrReadOnly}
		}
		return nil
	}}
	s.order()
	s.world.Clock.Advance(time.Hour)
	readOnly = true
	done, err := s.process.Follow(t.Context(), 10)
	require.ErrorIs(t, err, ErrReadOnly)
	require.Zero(t, done)
}

// loggedFirst: the store fails when the answer is applied, and the log has the answer.
func loggedFirst(t *testing.T, kind Kind) {
	s := kind.set(t, &Script{})
	down := false
	s.world.Store = crashtest.Fated{Store: s.world.Store, Fate: func([]ports.Unit) *ports.Fate {
		if down {
			return &ports.Fate{Status: ports.FateFailed, Err: ports.ErrUnavailable}
		}
		return nil
	}}
	s.script.Send = func() Answer {
		down = true
		answer := Approved("tx 77")
		answer.Code, answer.Figure = "0000", 900
		return answer
	}
	order, err := s.try("k")
	require.ErrorIs(t, err, ports.ErrUnavailable)
	words := []string{string(kind.Record) + " answered", order.ID, "outcome=approved", `"tx 77"`, "code=0000"}
	if kind.Figure != "" {
		words = append(words, kind.Figure+"=900")
	}
	require.NotEmpty(t, s.world.Log.Line(words...), s.world.Log)
}

// doubtIsTold: the store loses its answer to an approval, and then to an act of a person. Each
// is told once, when it is known to be written.
func doubtIsTold(t *testing.T, kind Kind) {
	told := eventNames()
	s := kind.set(t, &Script{})
	s.world.Notifier = told
	s.world.Store = crashtest.LoseAnswer(s.world.Store, func(op ports.Operation) bool {
		return op.Head().Kind == kind.Record && (op.StatusText() == kind.Approved || op.StatusText() == kind.TakenBack)
	})
	requireTold := func(status string, times int) {
		t.Helper()
		synctest.Wait()
		require.Equal(t, times, count(told.List(), string(kind.Record)+"."+status), told.List())
	}
	_, err := s.try("k")
	require.ErrorIs(t, err, ports.ErrUndecided)
	requireTold("sending", 1)
	requireTold(kind.Approved, 0)
	s.step()
	s.step()
	requireTold(kind.Approved, 1)
	s.requireStatus(kind.Approved)
	if kind.TakenBack == "" {
		return
	}
	require.ErrorIs(t, s.process.TakeBack(t.Context(), s.act()), ports.ErrUndecided)
	requireTold(kind.TakenBack, 0)
	s.step()
	s.step()
	requireTold(kind.TakenBack, 1)
	require.True(t, strings.HasSuffix(told.List()[len(told.List())-1], kind.TakenBack))
}

// changesAllTheTime: other processes change the record again and again. An inquiry settles the
// order later.
func changesAllTheTime(t *testing.T, kind Kind) {
	s := kind.set(t, &Script{Inquire: Always(Approved(""))})
	busy := true
	store, conflicts := Contended(t.Context(), s.world.Store, func(op ports.Operation) bool {
		return busy && op.Head().Kind == kind.Record && op.StatusText() == kind.Approved
	})
	s.world.Store = store
	_, err := s.try("k")
	require.ErrorIs(t, err, ports.ErrConflict)
	require.LessOrEqual(t, *conflicts, 2*record.ConflictsMax)
	busy = false
	s.follow()
	s.requireStatus(kind.Approved)
	s.requireBalance(kind.WhenApproved)
}

// cannotSearch: the order stays open, and is asked about again.
func cannotSearch(t *testing.T, kind Kind) {
	s := kind.set(t, &Script{Send: Always(Approved("tx")), Inquire: Always(Approved("tx"))})
	sighted := s.world.Store
	s.world.Store = Blind{sighted}
	_, err := s.try("k")
	require.ErrorIs(t, err, ErrBlind)
	s.world.Store = sighted
	s = s.another(s.script)
	require.True(t, s.get().Open)
	s.requireBalance(kind.Open)
	s.follow()
	s.requireStatus(kind.Approved)
	require.Equal(t, 1, s.script.Sent())
}

// starveNone: the records of three orders are locked, and the fourth order is followed.
func starveNone(t *testing.T, kind Kind) {
	kept := map[string]bool{}
	s := kind.set(t, &Script{Send: Always(Answer{}), Inquire: Always(Approved("tx d"))})
	s.world.Store = Busy(s.world.Store, func(op ports.Operation) bool { return kept[op.Head().ID] })
	for _, key := range []string{"a", "b", "c", "d"} {
		order, err := s.try(key)
		require.NoError(t, err)
		kept[order.ID] = key != "d"
		s.world.Clock.Advance(time.Second)
	}
	s.world.Clock.Advance(time.Hour)
	for range 10 {
		_, _ = s.process.Follow(t.Context(), 100)
		s.world.Clock.Advance(time.Minute)
	}
	s.requireStatus(kind.Approved)
}

// waitForEvents: the notifier waits for a gate.
func waitForEvents(t *testing.T, kind Kind) {
	gate := make(Gate)
	open := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(open)
	s := kind.set(t, &Script{})
	s.world.Notifier = gate
	require.NoError(t, s.start().Wait(t.Context()))
	s.order()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	require.ErrorIs(t, s.process.Wait(ctx), context.DeadlineExceeded)
	open()
	require.NoError(t, s.process.Wait(t.Context()))
}
