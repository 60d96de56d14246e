package recharge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// TestService_Recharge_refuses_keys_of_auto_recharge: a recharge by hand with such a key
// would be taken for an automatic one.
func TestService_Recharge_refuses_keys_of_auto_recharge(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s := w.knowing(t, b, "bank")
	request := topUp("bank")
	request.Charger = "bank"
	request.Key = ports.AutoRechargeKeys + "1"
	_, err := s.Recharge(t.Context(), request)
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.ErrorContains(t, err, "Key: begins with auto/")
	request.Key = "auto"
	_, err = s.Recharge(t.Context(), request)
	require.NoError(t, err)
}
