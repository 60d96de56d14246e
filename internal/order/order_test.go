package order_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/ports"
)

// TestStatuses: each kind of order has the statuses of the path under the same name.
func TestStatuses(t *testing.T) {
	t.Parallel()
	for status, names := range map[order.Status][]string{
		order.Pending: {string(ports.RechargePending), string(ports.CancellationPending), string(ports.WithdrawalPending)},
		order.Unknown: {string(ports.RechargeUnknown), string(ports.CancellationUnknown), string(ports.WithdrawalUnknown)},
		order.Review:  {string(ports.RechargeReview), string(ports.CancellationReview), string(ports.WithdrawalReview)},
	} {
		for _, name := range names {
			require.Equal(t, string(status), name)
		}
	}
}

func TestTaken(t *testing.T) {
	t.Parallel()
	for outcome, taken := range map[ports.Outcome]bool{
		ports.OutcomeApproved: true, ports.OutcomePending: true,
		ports.OutcomeUnknown: false, ports.OutcomeDeclined: false, ports.OutcomeNotSent: false, ports.OutcomeFault: false,
	} {
		require.Equal(t, taken, order.Taken(ports.Answer{Outcome: outcome, ProviderRef: "p"}), outcome)
		require.False(t, order.Taken(ports.Answer{Outcome: outcome}), outcome)
	}
}

func TestLateReason(t *testing.T) {
	t.Parallel()
	for want, answer := range map[string]ports.Answer{
		"ended as declined, then the provider answered approved: done":        {Outcome: ports.OutcomeApproved, ProviderRef: "p", Message: "done"},
		"ended as declined, then the provider answered approved for q: done":  {Outcome: ports.OutcomeApproved, ProviderRef: "q", Message: "done"},
		"ended as declined, then the provider answered declined: no":          {Outcome: ports.OutcomeDeclined, ProviderRef: "q", Message: "no"},
		"ended as declined, then the provider answered unknown: two rows fit": {Review: "two rows fit", Message: "no"},
	} {
		require.Equal(t, want, order.LateReason("declined", &answer, nil, "p"))
	}
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	require.Equal(t, strings.Repeat("a", 300), order.Truncate(strings.Repeat("a", 300)))
	require.Equal(t, strings.Repeat("a", 75)+"…", order.Truncate(strings.Repeat("a", 301)))
	require.Equal(t, strings.Repeat("가", 75)+"…", order.Truncate(strings.Repeat("가", 200)), "never within a character")
}

func TestFigure(t *testing.T) {
	t.Parallel()
	require.Empty(t, order.Figure(decimal.NullDecimal{}))
	require.Equal(t, "-1.5", order.Figure(decimal.NewNullDecimal(decimal.New(-15, -1))))
	require.Equal(t, "out of range", order.Figure(decimal.NewNullDecimal(decimal.New(1, 50_000_000))))
}
