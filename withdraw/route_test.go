package withdraw_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestService_Approve_without_the_route/leaves_the_withdrawal_to_a_process_that_has_it: the
// approval stands and is no error, and the record says why the withdrawal waits. Any
// process that has the route sends it at once.
func TestService_Approve_without_the_route(t *testing.T) {
	t.Parallel()
	t.Run("leaves_the_withdrawal_to_a_process_that_has_it", func(t *testing.T) {
		t.Parallel()
		w, bank := newWorld(t, paysAtOnce, 1)
		s, wallets := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		office, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock})
		require.NoError(t, err)
		op, err = office.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalApproved, op.Status)
		require.Equal(t, "waits: the process that approved it has no route by the name of bank", op.Why)
		kept := get(t, s, op.ID)
		require.Equal(t, op, kept)
		n, err := office.Follow(t.Context(), 10)
		require.NoError(t, err)
		require.Zero(t, n)
		ordertest.Step(t, s)
		op = get(t, s, op.ID)
		require.Equal(t, ports.WithdrawalCompleted, op.Status)
		require.Empty(t, op.Why)
		require.Equal(t, 1, bank.pays)
	})
}

// TestAccountNumber/shows_the_last_four_of_nine_or_more_characters: characters are counted,
// not bytes.
func TestAccountNumber(t *testing.T) {
	t.Parallel()
	t.Run("shows_the_last_four_of_nine_or_more_characters", func(t *testing.T) {
		t.Parallel()
		for number, want := range map[withdraw.AccountNumber]string{
			"":               "****",
			"12345678":       "****",
			"123456789":      "******6789",
			"１２３４５６７８":       "****",
			"１２３４５６７８９":      "******６７８９",
			"110-234-567890": "******7890",
		} {
			require.Equal(t, want, number.String())
		}
	})
}
