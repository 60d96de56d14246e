package withdraw_test

import (
	"context"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// teller is a bank that gives its answers from a list, one for each call.
type teller struct {
	*bank
	answers []ports.PayoutAnswer
}

func (b *teller) Disburse(context.Context, ports.PayoutOrder) ports.PayoutAnswer {
	answer := b.answers[0]
	b.answers = b.answers[1:]
	return answer
}

func (b *teller) Inquire(ctx context.Context, o ports.PayoutOrder) ports.PayoutAnswer {
	return b.Disburse(ctx, o)
}

func TestService_Follow_remembersFigures(t *testing.T) {
	t.Parallel()
	fee := func(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(won(n)) }
	pending := ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}, Fee: fee(1_000), TransactionID: "tx"}
	for name, c := range map[string]struct {
		answers []ports.PayoutAnswer
		fee     string
	}{
		"of a pending answer":              {[]ports.PayoutAnswer{pending, {Answer: ports.Answer{Outcome: ports.OutcomeApproved}}}, "1000"},
		"of an unknown answer":             {[]ports.PayoutAnswer{{Answer: ports.Answer{Code: "c"}, Fee: fee(1_000), TransactionID: "tx"}, {Answer: ports.Answer{Outcome: ports.OutcomeApproved}}}, "1000"},
		"behind an answer without figures": {[]ports.PayoutAnswer{pending, {}, {Answer: ports.Answer{Outcome: ports.OutcomeApproved}}}, "1000"},
		"until another fee is reported":    {[]ports.PayoutAnswer{pending, {Answer: ports.Answer{Outcome: ports.OutcomeApproved}, Fee: fee(900)}}, "900"},
		"until a net is reported":          {[]ports.PayoutAnswer{pending, {Answer: ports.Answer{Outcome: ports.OutcomeApproved}, Net: fee(19_200)}}, "800"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, pays, 0)
			w.disburser = &teller{b, c.answers}
			s, _ := w.process(t, crashtest.Immortal())
			op := mustRequest(t, s, "k")
			for range len(c.answers) - 1 {
				w.follow(t, s)
			}
			op = get(t, s, op.ID)
			require.Equal(t, ports.WithdrawalCompleted, op.Status)
			require.Equal(t, c.fee, op.ActualFee.Decimal.String())
			require.Equal(t, "tx", op.TransactionID)
		})
	}
	t.Run("and a person's report without a fee takes them", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, pays, 0)
		w.disburser = &teller{b, []ports.PayoutAnswer{pending}}
		s, _ := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		op, err := s.ReportPaid(t.Context(), withdraw.Paid{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}, TransactionID: "tx"})
		require.NoError(t, err)
		require.Equal(t, "1000", op.ActualFee.Decimal.String())
		require.Equal(t, "19000", op.ActualNet.Decimal.String())
	})
}
