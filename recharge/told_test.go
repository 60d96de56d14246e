package recharge_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestService_Recharge_time_of_the_provider: the entry has the time that the provider names. A
// time that no record can hold sends the order to review.
func TestService_Recharge_time_of_the_provider(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 3, 4, 5, 6, 0, time.UTC)
	answer := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p"}, At: at}
	w, b := newWorld(t, approves)
	s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank", Sends: func() ports.ChargeAnswer { return answer }})
	op := mustRecharge(t, s, "k")
	require.Equal(t, ports.RechargeApproved, op.Status)
	page, err := wallets.History(t.Context(), ports.EntryFilter{WalletID: "w", OperationID: op.ID, Descending: true, Limit: 1})
	require.NoError(t, err)
	require.Equal(t, at, page.Entries[0].OccurredAt)

	answer.ProviderRef, answer.At = "q", time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	op = mustRecharge(t, s, "late")
	require.Equal(t, ports.RechargeReview, op.Status)
	require.Contains(t, op.Why, "At")
	require.True(t, op.Answer.At.IsZero())
}

// TestService_Credit_by_another_person: the same key with another person is another request.
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
	ordertest.RequireBalance(t, wallets, 5_000)
}

// TestService_Cancel_in_doubt_is_told: the store loses its answer to a cancellation, and the
// service tells of the cancellation once the record shows that it was written.
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
		notifier := &ordertest.Told[ports.CancellationStatus]{Of: func(event ports.Event) (status ports.CancellationStatus, is bool) {
			if e, is := event.(ports.CancellationEvent); is {
				return e.Cancellation.Status, true
			}
			return "", false
		}}
		s, _ := w.process(t, crashtest.Immortal(), notifier)
		op := mustRecharge(t, s, "k")
		_, err := s.Cancel(t.Context(), cancelRequest(op))
		require.ErrorIs(t, err, ports.ErrUndecided)
		ordertest.Step(t, s)
		synctest.Wait()
		require.Equal(t, []ports.CancellationStatus{ports.CancellationSending}, notifier.List())
	})
}

// TestService_Follow_counts_recharges_and_cancellations: Follow counts the recharges and the
// cancellations of unknown Chargers together.
func TestService_Follow_counts_recharges_and_cancellations(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, _, _ := w.hostile(t, b)
	op := mustRecharge(t, s, "paid")
	b.does = dropsAfter
	_, err := s.Cancel(t.Context(), cancelRequest(op))
	require.NoError(t, err)
	other, _, _ := w.hostile(t, &odd{Else: b, Called: "apart"})
	_, err = other.Recharge(t.Context(), through("apart", "lost"))
	require.NoError(t, err)
	w.clock.Advance(48 * time.Hour)
	stranger, _, _ := w.hostile(t)
	done, err := stranger.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, 2, done)
}

// TestService_Follow_renames_a_payment_that_another_process_inquires_about: both inquiries say
// that the order is another payment than was reported before, and that is no second payment.
func TestService_Follow_renames_a_payment_that_another_process_inquires_about(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	asked := false
	o := &odd{Else: b, Called: "bank", Sends: ordertest.Always(pending("request 1"))}
	s, wallets, _ := w.hostile(t, o)
	other, _, _ := w.hostile(t, &odd{Else: b, Called: "bank", Inquires: ordertest.Always(pending("request 1"))})
	o.Inquires = func() ports.ChargeAnswer {
		if !asked {
			asked = true
			w.clock.Advance(time.Hour) // the lease of this process is over
			ordertest.Step(t, other)
		}
		return approved("tx 1")
	}
	op := mustRecharge(t, s, "k")
	w.follow(t, s)
	require.True(t, asked)
	require.Equal(t, ports.RechargeApproved, get(t, s, op.ID).Status)
	ordertest.RequireBalance(t, wallets, 10_000)
}
