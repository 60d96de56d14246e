package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// TestStore_FindOperations_by_age_of_a_record_that_cannot_be_read: a time of creation that is no
// time makes a listing by age ErrUnreadable.
func TestStore_FindOperations_by_age_of_a_record_that_cannot_be_read(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]string{
		"no time":  `UPDATE jigap.operations SET body = replace(body::text, '2026-11-29T09:00:00Z', 'never')::json`,
		"a number": `UPDATE jigap.operations SET body = replace(body::text, '"2026-11-29T09:00:00Z"', '5')::json`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			at := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
			op := &ports.Recharge{OperationHead: ports.OperationHead{ID: "o", Kind: ports.KindRecharge, WalletID: "w", Version: 1, CreatedAt: at, UpdatedAt: at.Add(1000)}, Status: ports.RechargeApproved}
			require.Equal(t, ports.FateCommitted, h.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{op}}})[0].Status)
			h.exec(t, broken)
			_, err := h.store.FindOperations(t.Context(), ports.OperationFilter{Kind: ports.KindRecharge, Limit: 10})
			require.ErrorIs(t, err, ports.ErrUnreadable)
			_, err = h.store.FindOperations(t.Context(), ports.OperationFilter{Kind: ports.KindRecharge, CreatedBefore: at.Add(time.Hour), Limit: 10})
			require.ErrorIs(t, err, ports.ErrUnreadable)
		})
	}
}
