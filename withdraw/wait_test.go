package withdraw_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// gate is a notifier that waits until it is opened.
type gate chan struct{}

func (g gate) Notify(context.Context, ports.Event) { <-g }

// TestService_Wait: it returns when the notifier has got all events, or when its context ends.
func TestService_Wait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, paysAtOnce, 0)
		notifier := make(gate)
		w.disburser, w.notifier = b, notifier
		s, _ := w.process(t, crashtest.Immortal())
		require.NoError(t, s.Wait(t.Context()))
		_, err := s.Request(t.Context(), payOut("k"))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, s.Wait(ctx), context.DeadlineExceeded)
		close(notifier)
		require.NoError(t, s.Wait(t.Context()))
	})
}
