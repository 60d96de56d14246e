package recharge_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// tellingBank answers an order, and then inquiries, as it is told.
type tellingBank struct {
	*bank
	first, then ports.ChargeAnswer
}

func (b tellingBank) Charge(context.Context, ports.ChargeOrder) ports.ChargeAnswer { return b.first }

func (b tellingBank) Inquire(context.Context, ports.ChargeOrder) ports.ChargeAnswer { return b.then }

// TestService_Follow_another_charge: an amount that the provider reported on the way
// does not count when the answer at the end names another charge.
func TestService_Follow_another_charge(t *testing.T) {
	t.Parallel()
	pending := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "c-1"}, Amount: decimal.NewNullDecimal(won(9_000))}
	for name, tc := range map[string]struct {
		then     ports.ChargeAnswer
		credited int64
	}{
		"the same charge": {ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "c-1"}}, 9_000},
		"another charge":  {ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "c-2"}}, 10_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			w.charger = tellingBank{b, pending, tc.then}
			s, wallets := w.process(t, crashtest.Immortal(), nil)
			op, err := s.Recharge(t.Context(), topUp("k"))
			require.NoError(t, err)
			require.Equal(t, ports.RechargePending, op.Status)
			w.clock.Advance(time.Hour)
			_, err = s.Follow(t.Context(), 10)
			require.NoError(t, err)
			op, err = s.Get(t.Context(), op.ID)
			require.NoError(t, err)
			require.Equal(t, ports.RechargeApproved, op.Status)
			require.True(t, op.Credited.Equal(won(tc.credited)), op.Credited.String())
			require.Equal(t, tc.credited != 10_000, op.Mismatch)
			wallet, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.True(t, wallet.Balance.Equal(won(tc.credited)), wallet.Balance.String())
		})
	}
}
