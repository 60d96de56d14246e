package withdraw_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
)

// TestService_payouts_unbookable_answer_about_the_payout_of_another: the record does not take the id of another withdrawal's payout.
func TestService_payouts_unbookable_answer_about_the_payout_of_another(t *testing.T) {
	w, b := newWorld(t, dropsBefore, 0)
	o := &odd{Else: b, Called: "bank", Sends: ordertest.InTurn(pendingAs("p1"), ports.PayoutAnswer{})}
	s, _, _ := w.hostile(t, o)
	first := mustRequest(t, s, "k")
	require.Equal(t, ports.WithdrawalPending, get(t, s, first.ID).Status)
	second := mustRequest(t, s, "second")
	w.clock.Advance(time.Second)
	m := 0
	o.Inquires = func() ports.PayoutAnswer {
		if m++; m == 1 {
			return pendingAs("p1") // of the first
		}
		if m == 2 { // of the second: found by its total
			a := paid("p1")
			a.Fee = decimal.NewNullDecimal(decimal.New(1, 60))
			return a
		}
		return paid("p1")
	}
	w.clock.Advance(time.Minute)
	for range 2 {
		_, err := s.Follow(t.Context(), 1)
		require.NoError(t, err)
	}
	second = get(t, s, second.ID)
	require.Equal(t, ports.WithdrawalReview, second.Status)
	t.Logf("second: ref %q why %q", second.ProviderRef, second.Why)
	w.follow(t, s)
	first = get(t, s, first.ID)
	require.Equal(t, ports.WithdrawalCompleted, first.Status, first.Why)
	require.Contains(t, second.Why, first.ID, "a person must not report the second paid for the payout of the first")
}
