package recharge_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestService_Recharge_time_of_the_provider is what the entry says; a time that no record can
// hold sends the order to review.
func TestService_Recharge_time_of_the_provider(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 3, 4, 5, 6, 0, time.UTC)
	answer := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p"}, At: at}
	w, b := newWorld(t, approves)
	s, wallets, _ := w.hostile(t, &odd{bank: b, name: "bank", charge: func() ports.ChargeAnswer { return answer }})
	op, err := s.Recharge(t.Context(), topUp("k"))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status)
	page, err := wallets.History(t.Context(), ports.EntryFilter{WalletID: "w", OperationID: op.ID, Descending: true, Limit: 1})
	require.NoError(t, err)
	require.Equal(t, at, page.Entries[0].OccurredAt)

	answer.ProviderRef, answer.At = "q", time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	op, err = s.Recharge(t.Context(), topUp("late"))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReview, op.Status)
	require.Contains(t, op.Why, "At")
	require.True(t, op.Answer.At.IsZero())
}

// TestService_Credit_by_another_person is another request.
func TestService_Credit_by_another_person(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, _, _ := w.hostile(t, b)
	request := byHand("k", "row 1")
	_, err := s.Credit(t.Context(), request)
	require.NoError(t, err)
	request.Amount = won(1)
	_, err = s.Credit(t.Context(), request)
	var reused *ports.KeyReusedError
	require.ErrorAs(t, err, &reused)
	require.Equal(t, []string{"Amount"}, reused.Fields)
	request = byHand("k", "row 1")
	request.Who = "lee"
	_, err = s.Credit(t.Context(), request)
	require.ErrorAs(t, err, &reused)
	require.Equal(t, []string{"Who"}, reused.Fields)
}

// TestService_Credit_after_two_mistakes: each release makes room for the next claim.
func TestService_Credit_after_two_mistakes(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, wallets, _ := w.hostile(t, b)
	for _, key := range []string{"first", "second", "third"} {
		op, err := s.Credit(t.Context(), byHand(key, "row 1"))
		require.NoError(t, err, key)
		_, err = s.Credit(t.Context(), byHand(key+" again", "row 1"))
		require.ErrorIs(t, err, recharge.ErrChargeTaken)
		if key != "third" {
			require.NoError(t, reverse(t.Context(), s, op))
		}
	}
	requireBalance(t, wallets, 5_000)
}

// TestService_Cancel_in_doubt_is_told, once it is known that the cancellation was written.
func TestService_Cancel_in_doubt_is_told(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		inner, lost := w.store, false
		w.store = crashtest.Fated{Store: inner, Fate: func(units []ports.Unit) *ports.Fate {
			if len(units[0].Operations) > 0 && units[0].Operations[0].Head().Kind == ports.KindCancellation && !lost {
				lost = true
				inner.Commit(t.Context(), units)
				return &ports.Fate{Err: ports.ErrUnavailable}
			}
			return nil
		}}
		w.charger = b
		notifier := new(toldCancellations)
		s, _ := w.process(t, crashtest.Immortal(), notifier)
		op, err := s.Recharge(t.Context(), topUp("k"))
		require.NoError(t, err)
		_, err = s.Cancel(t.Context(), cancelRequest(op))
		require.ErrorIs(t, err, ports.ErrUndecided)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []ports.CancellationStatus{ports.CancellationSending}, notifier.list())
	})
}

// TestService_Recharge_alarm has a line of its own, and an order without one has none.
func TestService_Recharge_alarm(t *testing.T) {
	t.Parallel()
	for _, alarm := range []string{"", "key refused"} {
		w, b := newWorld(t, approves)
		s, _, log := w.hostile(t, &odd{bank: b, name: "bank", charge: func() ports.ChargeAnswer {
			return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p", Alarm: alarm}}
		}})
		_, err := s.Recharge(t.Context(), topUp("k"))
		require.NoError(t, err)
		require.Equal(t, alarm != "", log.Line("level=ERROR", "recharge alarm", alarm) != "", log)
	}
}

// TestService_Follow_counts_recharges_and_cancellations of unknown Chargers together.
func TestService_Follow_counts_recharges_and_cancellations(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, _, _ := w.hostile(t, b)
	op, err := s.Recharge(t.Context(), topUp("paid"))
	require.NoError(t, err)
	b.does = dropsAfter
	_, err = s.Cancel(t.Context(), cancelRequest(op))
	require.NoError(t, err)
	other, _, _ := w.hostile(t, &odd{bank: b, name: "apart"})
	_, err = other.Recharge(t.Context(), through("apart", "lost"))
	require.NoError(t, err)
	w.clock.Advance(48 * time.Hour)
	stranger, _, _ := w.hostile(t)
	done, err := stranger.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, 2, done)
}

// TestService_Recharge_late_answer_that_is_kept is no error in the log.
func TestService_Recharge_late_answer_that_is_kept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		answer := make(chan ports.ChargeAnswer)
		s, wallets, log := w.hostile(t, &odd{bank: b, name: "bank", charge: func() ports.ChargeAnswer { return <-answer }})
		_, err := s.Recharge(t.Context(), topUp("k"))
		require.NoError(t, err)
		answer <- ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "r"}}
		synctest.Wait()
		requireBalance(t, wallets, 10_000)
		require.NotContains(t, log.String(), "was not kept")
	})
}

// toldCancellations collects the statuses of cancellations that a notifier hears of.
type toldCancellations struct {
	mu       sync.Mutex
	statuses []ports.CancellationStatus
}

func (n *toldCancellations) Notify(_ context.Context, event ports.Event) {
	if e, ok := event.(ports.CancellationEvent); ok {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.statuses = append(n.statuses, e.Cancellation.Status)
	}
}

func (n *toldCancellations) list() []ports.CancellationStatus {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.statuses
}

// TestService_Follow_caller_leaves: the provider answers an inquiry after the caller has left,
// and the answer is kept.
func TestService_Follow_caller_leaves(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsBefore)
	ctx, leave := context.WithCancel(t.Context())
	s, wallets, _ := w.hostile(t, &odd{bank: b, name: "bank", inquire: func() ports.ChargeAnswer {
		leave()
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p"}}
	}})
	_, err := s.Recharge(t.Context(), topUp("k"))
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	_, _ = s.Follow(ctx, 10)
	requireBalance(t, wallets, 10_000)
}

// TestService_late_alarm_of_a_second_payment has a line at level Error.
func TestService_late_alarm_of_a_second_payment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, _ := hung(t, 2)
		answers[1] <- approved("tx 2")
		synctest.Wait()
		late := approved("tx 1")
		late.Alarm = "sums do not add up"
		answers[0] <- late
		synctest.Wait()
		op := get(t, s, id)
		require.Equal(t, ports.RechargeDisputed, op.Status)
		require.Equal(t, "sums do not add up", op.Answer.Alarm)
	})
}

// TestService_Follow_renames_a_payment_that_another_process_inquires_about: both inquiries say
// that the order is another payment than was reported before, and that is no second payment.
func TestService_Follow_renames_a_payment_that_another_process_inquires_about(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	asked := false
	o := &odd{bank: b, name: "bank", charge: func() ports.ChargeAnswer { return pending("request 1") }}
	s, wallets, _ := w.hostile(t, o)
	other, _, _ := w.hostile(t, &odd{bank: b, name: "bank", inquire: func() ports.ChargeAnswer { return pending("request 1") }})
	o.inquire = func() ports.ChargeAnswer {
		if !asked {
			asked = true
			w.clock.Advance(time.Hour) // the lease of this process is over
			_, err := other.Follow(t.Context(), 10)
			require.NoError(t, err)
		}
		return approved("tx 1")
	}
	op, err := s.Recharge(t.Context(), topUp("k"))
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.True(t, asked)
	require.Equal(t, ports.RechargeApproved, get(t, s, op.ID).Status)
	requireBalance(t, wallets, 10_000)
}
