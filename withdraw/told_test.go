package withdraw_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/call"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestService_Follow_counts_what_waits for a Disburser that no process has.
func TestService_Follow_counts_what_waits(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	s, _, _ := w.hostile(t, &odd{
		bank: b, name: "apart", lane: func(ports.PayoutOrder) string { return "one" }, disburse: func() ports.PayoutAnswer { return ports.PayoutAnswer{} },
	})
	_, err := s.Request(t.Context(), through("apart", "sent"))
	require.NoError(t, err)
	waits, err := s.Request(t.Context(), through("apart", "waits"))
	require.NoError(t, err)
	require.True(t, waits.DueAt.IsZero())
	w.clock.Advance(48 * time.Hour)
	stranger, _, _ := w.hostile(t, b)
	done, err := stranger.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, 2, done)
}

// TestService_Follow_waiting_is_told_once for each reason.
func TestService_Follow_waiting_is_told_once(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	s, _, log := w.hostile(t, &odd{bank: b, name: "bank", lane: func(ports.PayoutOrder) string { return "one" }, disburse: func() ports.PayoutAnswer { return ports.PayoutAnswer{} }})
	_, err := s.Request(t.Context(), payOut("first"))
	require.NoError(t, err)
	second, err := s.Request(t.Context(), payOut("second"))
	require.NoError(t, err)
	require.Contains(t, second.Why, "waits for its lane")
	for range 3 {
		w.clock.Advance(time.Second)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	require.Equal(t, 1, strings.Count(log.String(), "why=\"waits for its lane"), log)
}

// TestService_Request_late_answer_that_is_kept is no error in the log.
func TestService_Request_late_answer_that_is_kept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pays, 0)
		answer := make(chan ports.PayoutAnswer)
		s, _, log := w.hostile(t, &odd{bank: b, name: "bank", disburse: func() ports.PayoutAnswer { return <-answer }})
		op, err := s.Request(t.Context(), payOut("k"))
		require.NoError(t, err)
		answer <- ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p"}}
		synctest.Wait()
		op, err = s.Get(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalCompleted, op.Status)
		require.NotContains(t, log.String(), "was not kept")
	})
}

// TestService_Request_levels: only what a person must decide is logged at level Warn.
func TestService_Request_levels(t *testing.T) {
	t.Parallel()
	for review, level := range map[string]string{"": "level=INFO", "two rows look alike": "level=WARN"} {
		w, b := newWorld(t, pays, 0)
		s, _, log := w.hostile(t, &odd{bank: b, name: "bank", disburse: func() ports.PayoutAnswer {
			return ports.PayoutAnswer{Answer: ports.Answer{Review: review}}
		}})
		op, err := s.Request(t.Context(), payOut("k"))
		require.NoError(t, err)
		require.NotEmpty(t, log.Line(level, "withdrawal "+op.StatusText(), op.ID), log)
	}
	w, b := newWorld(t, pays, 0)
	s, _, log := w.hostile(t, &odd{bank: b, name: "bank", disburse: func() ports.PayoutAnswer {
		return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p"}}
	}})
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalCompleted, op.Status)
	require.NotEmpty(t, log.Line("level=INFO", "withdrawal completed"), log)
	_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "the bank says no"}})
	require.NoError(t, err)
	require.NotEmpty(t, log.Line("level=WARN", "withdrawal disputed"), log)
}

// TestService_Request_nothing_sent_while_calls_hang: an order that was never sent ends as not
// sent when too many calls to its Disburser hang; one that may have been sent does not.
func TestService_Request_nothing_sent_while_calls_hang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pays, 0)
		release := make(chan bool)
		hang := true
		s, wallets, _ := w.hostile(t, &odd{bank: b, name: "bank", disburse: func() ports.PayoutAnswer {
			if hang {
				<-release
			}
			return ports.PayoutAnswer{}
		}, inquire: func() ports.PayoutAnswer { return ports.PayoutAnswer{Answer: ports.Answer{Resend: true}} }})
		_, err := wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "rich", Amount: won(10_000_000)})
		require.NoError(t, err)
		hang = false
		sent, err := s.Request(t.Context(), through("bank", "sent"))
		require.NoError(t, err)
		hang = true
		for i := range call.OverdueMax {
			_, err := s.Request(t.Context(), through("bank", fmt.Sprint(i)))
			require.NoError(t, err)
		}
		op, err := s.Request(t.Context(), through("bank", "one more"))
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalFailed, op.Status)
		w.clock.Advance(time.Hour)
		_, err = s.Follow(t.Context(), 1000)
		require.NoError(t, err)
		sent, err = s.Get(t.Context(), sent.ID)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalUnknown, sent.Status)
		close(release)
		synctest.Wait()
	})
}

// TestService_Follow_caller_leaves: the provider answers an inquiry after the caller has left,
// and the answer is kept.
func TestService_Follow_caller_leaves(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsBefore, 0)
	ctx, leave := context.WithCancel(t.Context())
	s, _, _ := w.hostile(t, &odd{bank: b, name: "bank", inquire: func() ports.PayoutAnswer {
		leave()
		return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "p"}}
	}})
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	_, _ = s.Follow(ctx, 10)
	op, err = s.Get(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalCompleted, op.Status)
}
