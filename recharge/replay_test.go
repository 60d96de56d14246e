package recharge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestRetryIsAnsweredThoughItsChargerIsGone: what was taken under a key is answered for
// ever, whatever the service would refuse now.
func TestRetryIsAnsweredThoughItsChargerIsGone(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	first, err := s.Recharge(t.Context(), topUp("k"))
	require.NoError(t, err)
	later, err := recharge.New(w.store, wallets, recharge.Config{Clock: w.clock})
	require.NoError(t, err)
	again, err := later.Recharge(t.Context(), topUp("k"))
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	require.Equal(t, ports.RechargeApproved, again.Status)
	other := topUp("k")
	other.Amount = won(5)
	_, err = later.Recharge(t.Context(), other)
	require.ErrorIs(t, err, ports.ErrKeyReused)
	_, err = later.Recharge(t.Context(), topUp("another"))
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.Equal(t, 1, b.charges)
}
