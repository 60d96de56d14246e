package withdraw_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestService_Follow_leaves_withdrawals_of_other_processes_alone: two versions of
// a host run at the same time, and the older one does not know the newer one's Disburser. It
// leaves those withdrawals alone until no process has taken them for ReviewAfter.
func TestService_Follow_leaves_withdrawals_of_other_processes_alone(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pays, 0)
	s, wallets := w.process(t, crashtest.Immortal())
	other, err := ledger.New(w.store, ledger.Config{Clock: w.clock})
	require.NoError(t, err)
	older, err := withdraw.New(w.store, other, withdraw.Config{Clock: w.clock})
	require.NoError(t, err)
	op := mustRequest(t, s, "k1")
	require.Equal(t, ports.WithdrawalPending, op.Status)
	w.clock.Advance(2 * time.Hour)
	done, err := older.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.Zero(t, done)
	w.rest(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.WithdrawalCompleted, op.Status, op.Why)

	op = mustRequest(t, s, "k2")
	w.clock.Advance(26 * time.Hour)
	done, err = older.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, 1, done)
	op = get(t, s, op.ID)
	require.Equal(t, ports.WithdrawalReview, op.Status)
	require.Contains(t, op.Why, "disburser")
	ordertest.RequireBalance(t, wallets, 10_000)
}
