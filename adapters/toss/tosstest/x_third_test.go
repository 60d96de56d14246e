package tosstest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

// The contract, section 12: PAYMENT_STATUS_CHANGED is sent for CANCELED; section 8: with version 1.4 a deposit error moves
// DONE to CANCELED; section 12: "Both a status event and a DEPOSIT_CALLBACK come when both are registered."
func TestThird_deposit_error_of_version_1_4_is_a_change_of_status(t *testing.T) {
	t.Parallel()
	b, _ := issued(t, tosstest.Config{Version: "1.4"})
	require.True(t, b.Deposit("order-1"))
	for _, n := range b.Due() {
		b.Answered(n.ID, 200)
	}
	require.True(t, b.DepositError("order-1"))
	var told []string
	for _, n := range b.Due() {
		told = append(told, string(n.Body))
	}
	require.Contains(t, strings.Join(told, "\n"), "PAYMENT_STATUS_CHANGED")
}
