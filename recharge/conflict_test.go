package recharge_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// refusing is a store that refuses so many units with an entry, though their records are
// current.
type refusing struct {
	ports.Store
	left int
}

func (s *refusing) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	if s.left > 0 && len(units[0].Entries) > 0 {
		s.left--
		return []ports.Fate{{Status: ports.FateOperationConflict, IDs: []string{units[0].Operations[0].Head().ID}}}
	}
	return s.Store.Commit(ctx, units)
}

// TestService_Follow_refused_record: an answer whose booking is refused though the record is
// current is booked five times, and then the step fails with ErrConflict.
func TestService_Follow_refused_record(t *testing.T) {
	t.Parallel()
	for refusals, status := range map[int]ports.RechargeStatus{4: ports.RechargeApproved, 5: ports.RechargePending} {
		w, _ := newWorld(t, pendsApproves)
		store := &refusing{Store: w.store}
		w.store = store
		s, _ := w.process(t, crashtest.Immortal(), nil)
		op := mustRecharge(t, s, "k")
		w.clock.Advance(time.Hour)
		store.left = refusals
		_, err := s.Follow(t.Context(), 10)
		if refusals == 5 {
			require.ErrorIs(t, err, ports.ErrConflict)
		} else {
			require.NoError(t, err)
		}
		op = get(t, s, op.ID)
		require.Equal(t, status, op.Status)
	}
}
