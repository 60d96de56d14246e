package autorecharge_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// TestEngine_Wait: it returns when the notifier has got all events, or when its context ends.
func TestEngine_Wait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		gate := make(chan struct{})
		w.events.saw = func(ports.Event) { <-gate }
		require.NoError(t, w.engine.Wait(t.Context()))
		w.set(usual())
		_, err := w.engine.Suspend(t.Context(), acting("w", ports.By{Who: "kim", Why: "fraud"}))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, w.engine.Wait(ctx), context.DeadlineExceeded)
		close(gate)
		require.NoError(t, w.engine.Wait(t.Context()))
	})
}
