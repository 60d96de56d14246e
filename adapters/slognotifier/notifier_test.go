package slognotifier_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/slognotifier"
	"github.com/jigap/jigap/ports"
)

// TestNotifier: the name, the ids and the figures are there; payment methods
// and account numbers are not; what a person should see is a warning.
func TestNotifier(t *testing.T) {
	t.Parallel()
	const canary = "4111222233334444"
	ten := decimal.NewFromInt(10)
	head := func() ports.OperationHead {
		return ports.OperationHead{ID: "op-1", WalletID: "w-1"}
	}
	cases := map[string]struct {
		event ports.Event
		want  []string
	}{
		"recharge.approved": {
			ports.RechargeEvent{Recharge: &ports.Recharge{OperationHead: head(), Status: "approved", Amount: ten, PaymentMethod: canary}},
			[]string{"level=INFO", "id=op-1", "wallet=w-1", "amount=10"},
		},
		"recharge.review": {
			ports.RechargeEvent{Recharge: &ports.Recharge{OperationHead: head(), Status: "review", Progress: ports.Progress[ports.ChargeAnswer]{Why: "still unknown"}, Amount: ten}},
			[]string{"level=WARN", "why=\"still unknown\""},
		},
		"recharge.failed": {
			ports.RechargeEvent{Recharge: &ports.Recharge{
				OperationHead: head(), Status: "failed", Progress: ports.Progress[ports.ChargeAnswer]{Answer: ports.ChargeAnswer{Answer: ports.Answer{Alarm: "key refused"}}}, Amount: ten,
			}},
			[]string{"level=WARN", "alarm=\"key refused\""},
		},
		"cancellation.pending": {
			ports.CancellationEvent{Cancellation: &ports.Cancellation{
				OperationHead: head(), Status: "pending", Progress: ports.Progress[ports.ChargeAnswer]{Answer: ports.ChargeAnswer{Answer: ports.Answer{Alarm: "key refused"}}}, Amount: ten,
			}},
			[]string{"level=WARN", "alarm=\"key refused\""},
		},
		"withdrawal.pending": {
			ports.WithdrawalEvent{Withdrawal: &ports.Withdrawal{
				OperationHead: head(), Status: "pending", Total: ten, Progress: ports.Progress[ports.PayoutAnswer]{Answer: ports.PayoutAnswer{Answer: ports.Answer{Alarm: "sums differ"}}},
			}},
			[]string{"level=WARN", "alarm=\"sums differ\""},
		},
		"withdrawal.disputed": {
			ports.WithdrawalEvent{Withdrawal: &ports.Withdrawal{OperationHead: head(), Status: "disputed", Total: ten, Progress: ports.Progress[ports.PayoutAnswer]{Why: "paid late"}}},
			[]string{"level=WARN", "why=\"paid late\""},
		},
		"cancellation.approved": {
			ports.CancellationEvent{Cancellation: &ports.Cancellation{OperationHead: head(), Status: "approved", RechargeID: "r-1", Amount: ten}},
			[]string{"level=INFO", "recharge=r-1"},
		},
		"withdrawal.completed": {
			ports.WithdrawalEvent{Mismatch: true, Withdrawal: &ports.Withdrawal{
				OperationHead: head(), Status: "completed", Total: ten, Destination: ports.Destination{Sealed: []byte(canary)},
			}},
			[]string{"level=WARN", "mismatch=true", "total=10"},
		},
		"policy.uncapped": {
			ports.PolicyEvent{What: ports.PolicyEventUncapped, Policy: &ports.Policy{OperationHead: head()}},
			[]string{"level=INFO", "id=op-1"},
		},
		"policy.suspended": {
			ports.PolicyEvent{What: "suspended", Why: "declined", Policy: &ports.Policy{
				OperationHead: head(), Status: "suspended", PolicyTerms: ports.PolicyTerms{Methods: []ports.PaymentMethod{{ID: canary}}},
			}},
			[]string{"level=WARN", "why=declined"},
		},
		"wallet.low_balance": {
			ports.AlertEvent{WalletID: "w-1", Level: ten, Available: decimal.NewFromInt(7)},
			[]string{"level=WARN", "wallet=w-1", "level=10", "available=7"},
		},
		"wallet.above_limit": {
			ports.AboveLimitEvent{WalletID: "w-1", RechargeID: "r-1", Limit: &ports.LimitError{
				WalletID: "w-1", Limit: ports.LimitBalance, Most: ten, Has: decimal.NewFromInt(11), Incoming: decimal.NewFromInt(2),
			}},
			[]string{"level=WARN", "wallet=w-1", "recharge=r-1", "limit=balance", "most=10", "has=11", "incoming=2"},
		},
	}
	for name, tc := range cases {
		var log strings.Builder
		slognotifier.New(slog.New(slog.NewTextHandler(&log, nil))).Notify(t.Context(), tc.event)
		require.Contains(t, log.String(), "msg="+name)
		for _, want := range tc.want {
			require.Contains(t, log.String(), want)
		}
		require.NotContains(t, log.String(), canary)
		require.Equal(t, 1, strings.Count(log.String(), "\n"))
	}
	slognotifier.New(nil).Notify(t.Context(), ports.AlertEvent{})
}
