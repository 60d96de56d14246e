package recharge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestService_InquireNow_about_a_cancellation_of_a_charge_that_a_person_approved: a provider that shows a
// charge as approved after it was canceled contradicts nothing.
func TestService_InquireNow_about_a_cancellation_of_a_charge_that_a_person_approved(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	shows := ports.ChargeAnswer{}
	c := &hungCanceler{
		odd: &odd{
			Else: b, Called: "bank", Sends: ordertest.Always(ports.ChargeAnswer{}),
			Inquires: func() ports.ChargeAnswer { return shows },
		},
		cancel: ordertest.Always(approved("c 1")), inquire: ordertest.Always(ports.ChargeAnswer{}),
	}
	s, _, _ := w.hostile(t, c)
	op := mustRecharge(t, s, "k")
	_, err := s.Approve(t.Context(), recharge.ApproveRequest{ID: op.ID, By: kim("seen"), ProviderRef: "tx 1"})
	require.NoError(t, err)
	_, err = s.Cancel(t.Context(), cancelRequest(op))
	require.NoError(t, err)
	shows = says(ports.OutcomeApproved, "tx 1")
	op, err = s.InquireNow(t.Context(), about(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReversed, op.Status, op.Why)
}
