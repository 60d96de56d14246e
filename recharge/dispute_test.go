package recharge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// TestService_Dispute/keeps_the_person_and_the_reason: the record says who told of the
// dispute, and why.
//
// TestService_Dispute/is_refused_without_a_person_or_a_reason: the recharge stays as it is.
func TestService_Dispute(t *testing.T) {
	t.Parallel()
	t.Run("keeps_the_person_and_the_reason", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, approves)
		s, _ := w.process(t, crashtest.Immortal(), nil)
		op := mustRecharge(t, s, "k")
		op, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "lee", Why: "chargeback of 3 November"}})
		require.NoError(t, err)
		want := []ports.Decision{{What: "dispute", Who: "lee", Why: "chargeback of 3 November", At: w.clock.Now()}}
		require.Equal(t, want, op.Decisions)
		require.Equal(t, "chargeback of 3 November", op.Why)
		op, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "park", Why: "again"}})
		require.NoError(t, err)
		require.Equal(t, want, op.Decisions, "a disputed recharge stays as it is")
	})
	t.Run("is_refused_without_a_person_or_a_reason", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, approves)
		s, _ := w.process(t, crashtest.Immortal(), nil)
		op := mustRecharge(t, s, "k")
		for _, by := range []ports.By{{}, {Who: "lee"}, {Why: "chargeback"}} {
			_, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: by})
			require.ErrorIs(t, err, ports.ErrInvalid)
		}
		after := get(t, s, op.ID)
		require.Equal(t, op, after)
	})
}
