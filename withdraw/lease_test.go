package withdraw_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// sleepyStore is a store whose nth commit takes an hour.
type sleepyStore struct {
	ports.Store
	clock *crashtest.Clock
	left  int
}

func (s *sleepyStore) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := s.Store.Commit(ctx, units)
	if s.left--; s.left == 0 {
		s.clock.Advance(time.Hour)
	}
	return fates
}

// TestService_sends_nothing_after_its_lease: a process that slept between writing down that it
// sends and sending does not send: another may be asking about the payout by now, and
// find no trace of it.
func TestService_sends_nothing_after_its_lease(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, paysAtOnce, 0)
	w.store = &sleepyStore{Store: w.store, clock: w.clock, left: 3} // the request, its lane, then that it is sent
	s, _ := w.process(t, crashtest.Immortal())
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	require.Equal(t, 1, op.Transmissions)
	require.Empty(t, b.orders, "nothing arrived")
	w.rest(t, s)
	op, err = s.Get(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalFailed, op.Status)
}
