package autorecharge_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/manual"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestEngine_Evaluate_waits_for_an_announced_payment_for_ten_minutes: a pending order of a
// Charger that the policy does not name may never be paid. What may have been charged,
// and what the policy's own Charger works on, is waited for.
func TestEngine_Evaluate_waits_for_an_announced_payment_for_ten_minutes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		charger string
		answer  ports.ChargeAnswer
		waits   bool
	}{
		"pending at another Charger":             {"bank", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}}, false},
		"pending at the policy's Charger":        {"cards", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}}, true},
		"unknown at another Charger":             {"bank", ports.ChargeAnswer{}, true},
		"in review at another Charger":           {"bank", ports.ChargeAnswer{Answer: ports.Answer{Review: "the answer was lost"}}, true},
		"in review, pending, at another Charger": {"bank", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, Review: "the answer was lost"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			bank := newCards()
			p := w.startAll(false, w.cards, named{bank, "bank"})
			_, err := p.engine.Set(t.Context(), setting("w", usual()))
			require.NoError(t, err)
			for _, c := range []*cards{w.cards, bank} {
				c.answer("by hand", tc.answer)
				c.answer("inquiry of by hand", tc.answer)
			}
			op, err := p.recharges.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: tc.charger, PaymentMethod: "by hand", Amount: won(200_000)})
			require.NoError(t, err)
			require.True(t, op.Open)
			before := w.cards.count()
			w.spend(9_500)
			for range 10 {
				require.NoError(t, p.worker.Step(t.Context()).Err())
				w.clock.Advance(minute)
			}
			require.Equal(t, before, w.cards.count(), "it may arrive at any moment")
			d, _, err := p.engine.Explain(t.Context(), "w")
			require.NoError(t, err)
			require.Equal(t, tc.waits, d.Why == autorecharge.ReasonUnderWay)
			for range 120 {
				require.NoError(t, p.worker.Step(t.Context()).Err())
				w.clock.Advance(minute)
			}
			if tc.waits {
				require.Equal(t, before, w.cards.count())
				return
			}
			require.True(t, w.balance().Equal(won(100_000)))
			require.Equal(t, before+1, w.cards.count())
		})
	}
}

// TestEngine_Evaluate_charges_while_a_customer_is_to_pay: a bank transfer that a customer has
// announced may never come, so the card is charged at once.
func TestEngine_Evaluate_charges_while_a_customer_is_to_pay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	transfers, err := manual.NewCharger("transfer", manual.Account{Bank: "b", Number: "1", Holder: "h"}, time.Hour)
	require.NoError(t, err)
	p := w.startAll(false, w.cards, transfers)
	_, err = p.engine.Set(t.Context(), setting("w", usual()))
	require.NoError(t, err)
	op, err := p.recharges.Begin(t.Context(), recharge.BeginRequest{
		WalletID: "w", Key: "k", Charger: "transfer", Amount: won(200_000), Fields: map[string]string{manual.FieldDepositor: "홍길동"},
	})
	require.NoError(t, err)
	w.spend(9_500)
	require.NoError(t, p.worker.Step(t.Context()).Err())
	require.Equal(t, 1, w.cards.count())
	require.True(t, w.balance().Equal(won(100_000)))
	op, err = p.recharges.Get(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeAwaiting, op.Status)
}
