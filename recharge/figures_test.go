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

// teller is a bank that gives its answers from a list, one for each call.
type teller struct {
	*bank
	answers []ports.ChargeAnswer
}

func (b *teller) Charge(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	answer := b.answers[0]
	b.answers = b.answers[1:]
	return answer
}

func (b *teller) Inquire(ctx context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	return b.Charge(ctx, o)
}

func TestService_Follow_remembersTheAmount(t *testing.T) {
	t.Parallel()
	reported := func(outcome ports.Outcome, amount int64) ports.ChargeAnswer {
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: outcome}, Amount: decimal.NewNullDecimal(won(amount))}
	}
	for name, c := range map[string]struct {
		answers  []ports.ChargeAnswer
		credited string
	}{
		"of a pending answer":               {[]ports.ChargeAnswer{reported(ports.OutcomePending, 9_000), {Answer: ports.Answer{Outcome: ports.OutcomeApproved}}}, "9000"},
		"of an unknown answer":              {[]ports.ChargeAnswer{reported(ports.OutcomeUnknown, 9_000), {Answer: ports.Answer{Outcome: ports.OutcomeApproved}}}, "9000"},
		"behind an answer without a figure": {[]ports.ChargeAnswer{reported(ports.OutcomePending, 9_000), {}, {Answer: ports.Answer{Outcome: ports.OutcomeApproved}}}, "9000"},
		"until another amount is reported":  {[]ports.ChargeAnswer{reported(ports.OutcomePending, 9_000), reported(ports.OutcomeApproved, 8_000)}, "8000"},
		"and else credits what was ordered": {[]ports.ChargeAnswer{{Answer: ports.Answer{Outcome: ports.OutcomePending}}, {Answer: ports.Answer{Outcome: ports.OutcomeApproved}}}, "10000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			w.charger = &teller{b, c.answers}
			s, wallets := w.process(t, crashtest.Immortal(), nil)
			op, err := s.Recharge(t.Context(), topUp("k"))
			require.NoError(t, err)
			for range len(c.answers) - 1 {
				w.clock.Advance(time.Hour)
				_, err = s.Follow(t.Context(), 10)
				require.NoError(t, err)
			}
			op, err = s.Get(t.Context(), op.ID)
			require.NoError(t, err)
			require.Equal(t, ports.RechargeApproved, op.Status)
			require.Equal(t, c.credited, op.Credited.String())
			require.Equal(t, c.credited != "10000", op.Mismatch)
			wallet, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.Equal(t, c.credited, wallet.Balance.String())
		})
	}
}
