package events_test

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/events"
	"github.com/jigap/jigap/ports"
)

// slow is a notifier that waits before each event until it is let go.
type slow struct {
	proceed chan struct{}
	told    []ports.Event
}

func (s *slow) Notify(_ context.Context, event ports.Event) {
	<-s.proceed
	s.told = append(s.told, event)
}

// numbered is an event that tells which it is.
type numbered int

func (numbered) EventName() string { return "numbered" }

// TestQueue_bounds_what_waits_for_a_notifier_that_hangs: what waits for it is bounded, what is behind that is
// lost and counted, and when it goes on everything kept comes in order.
func TestQueue_bounds_what_waits_for_a_notifier_that_hangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		notifier := &slow{proceed: make(chan struct{})}
		m := events.NewQueue(notifier, slog.New(slog.NewTextHandler(&log, nil)))
		for i := range 12_000 {
			m.Post(t.Context(), numbered(i))
			synctest.Wait()
		}
		require.Contains(t, log.String(), "lost=1024", "though it never goes on")
		require.Equal(t, 11, strings.Count(log.String(), "\n"), "1, 2, 4 and so on")
		close(notifier.proceed)
		synctest.Wait()
		require.Len(t, notifier.told, 10_001, "one was with the notifier already")
		for i, event := range notifier.told {
			require.Equal(t, numbered(i), event)
		}
		m.Post(t.Context(), numbered(12_000))
		synctest.Wait()
		require.Len(t, notifier.told, 10_002, "what comes later is told")

		notifier.proceed = make(chan struct{})
		log.Reset()
		for i := range 10_002 {
			m.Post(t.Context(), numbered(i))
			synctest.Wait()
		}
		require.Contains(t, log.String(), "lost=1\n", "the next loss is counted anew")
		close(notifier.proceed)
		synctest.Wait()
	})
}

// leaving is a notifier that ends its goroutine at every other event.
type leaving struct{ told []ports.Event }

func (l *leaving) Notify(_ context.Context, event ports.Event) {
	l.told = append(l.told, event)
	if len(l.told)%2 == 1 {
		runtime.Goexit()
	}
}

// TestQueue_delivers_after_a_notifier_ended_its_goroutine: no event is lost, told twice or
// told out of order.
func TestQueue_delivers_after_a_notifier_ended_its_goroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		notifier := new(leaving)
		m := events.NewQueue(notifier, nil)
		for i := range 5 {
			m.Post(t.Context(), numbered(i))
		}
		synctest.Wait()
		m.Post(t.Context(), numbered(5))
		synctest.Wait()
		require.Equal(t, []ports.Event{numbered(0), numbered(1), numbered(2), numbered(3), numbered(4), numbered(5)}, notifier.told)
	})
}

// TestQueue_Wait: it returns when all is delivered, and with the error of its context when the
// notifier hangs.
func TestQueue_Wait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var none *events.Queue
		require.NoError(t, none.Wait(t.Context()))
		notifier := &slow{proceed: make(chan struct{})}
		q := events.NewQueue(notifier, nil)
		require.NoError(t, q.Wait(t.Context()), "nothing was queued")
		for i := range 3 {
			q.Post(t.Context(), numbered(i))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := q.Wait(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "2 events wait")
		close(notifier.proceed)
		require.NoError(t, q.Wait(t.Context()))
		require.Len(t, notifier.told, 3)
	})
}
