package withdraw_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
)

// TestService_Follow_counts_what_waits: Follow counts the withdrawals that wait for a Disburser
// that no process has.
func TestService_Follow_counts_what_waits(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	s, _, _ := w.hostile(t, &odd{
		Else: b, Called: "apart", In: func(ports.PayoutOrder) string { return "one" }, Sends: ordertest.Always(ports.PayoutAnswer{}),
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

// TestService_Follow_waiting_is_told_once: the log has one line for each reason to wait.
func TestService_Follow_waiting_is_told_once(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	s, _, log := w.hostile(t, &odd{Else: b, Called: "bank", In: func(ports.PayoutOrder) string { return "one" }, Sends: ordertest.Always(ports.PayoutAnswer{})})
	mustRequest(t, s, "first")
	second := mustRequest(t, s, "second")
	require.Contains(t, second.Why, "waits for its lane")
	for range 3 {
		w.clock.Advance(time.Second)
		ordertest.Step(t, s)
	}
	require.Equal(t, 1, strings.Count(log.String(), "why=\"waits for its lane"), log)
}
