package withdraw_test

import (
	"context"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// tellingBank answers an order, and then inquiries, as it is told.
type tellingBank struct {
	*bank
	first, then ports.PayoutAnswer
}

func (b tellingBank) Disburse(context.Context, ports.PayoutOrder) ports.PayoutAnswer { return b.first }

func (b tellingBank) Inquire(context.Context, ports.PayoutOrder) ports.PayoutAnswer { return b.then }

// TestService_Follow_another_payout: figures that the provider reported on the way do
// not count when the answer at the end names another payout.
func TestService_Follow_another_payout(t *testing.T) {
	t.Parallel()
	figure := func(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(won(n)) }
	pending := ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "w-1"}, Fee: figure(700)}
	for name, tc := range map[string]struct {
		then ports.PayoutAnswer
		fee  int64
	}{
		"the same payout": {ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "w-1"}}, 700},
		"a net":           {ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}, Net: figure(19_100)}, 900},
		"another payout":  {ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "w-2"}}, 1500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, paysAtOnce, 0)
			w.disburser = tellingBank{b, pending, tc.then}
			s, _ := w.process(t, crashtest.Immortal())
			op := mustRequest(t, s, "k")
			w.follow(t, s)
			op = get(t, s, op.ID)
			require.Equal(t, ports.WithdrawalCompleted, op.Status)
			require.True(t, op.ActualFee.Decimal.Equal(won(tc.fee)), op.ActualFee.Decimal.String())
			require.True(t, op.ActualNet.Decimal.Equal(won(20_000-tc.fee)), op.ActualNet.Decimal.String())
		})
	}
}
