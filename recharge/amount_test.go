package recharge_test

import (
	"context"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
)

// vague is a Charger that says nothing of use when it is asked again.
type vague struct{ ports.Charger }

func (v vague) Unwrap() ports.Charger { return v.Charger }

func (vague) Inquire(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Code: "BUSY", Message: "ask later"}}
}

// TestService_Resolve_requires_the_amount_that_differs: a person who approves must name the
// amount if the provider charged another than was ordered, also after an inquiry that reported
// none.
func TestService_Resolve_requires_the_amount_that_differs(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	w.charger = vague{scripted(t, ports.ChargeAnswer{
		Answer: ports.Answer{Outcome: ports.OutcomeApproved},
		Amount: decimal.NewNullDecimal(decimal.RequireFromString("8000.5")),
	})}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	require.Equal(t, ports.RechargeReview, op.Status)
	resolve := resolution{ID: op.ID, Decision: ports.DecisionApprove, By: ports.By{Who: "kim", Why: "bank statement"}}
	for range 2 {
		_, err := carryOut(t.Context(), s, resolve)
		var invalid *ports.InvalidError
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, "Amount", invalid.Field)
		inquire := resolve
		inquire.Decision = ports.DecisionInquire
		resolved(t, s, inquire)
		ordertest.Step(t, s)
	}
	resolve.Amount = decimal.NewNullDecimal(won(8_000))
	op = resolved(t, s, resolve)
	require.True(t, op.Mismatch)
	ordertest.RequireBalance(t, wallets, 8_000)
}

// TestService_Resolve_refuses_an_amount_that_does_not_fit: Approve refuses an amount that no
// entry can have, and writes nothing.
func TestService_Resolve_refuses_an_amount_that_does_not_fit(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, dropsBefore)
	s, _ := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	for name, amount := range map[string]decimal.Decimal{
		"finer": decimal.New(1005, -1), "nothing": {}, "negative": won(-1), "out of all bounds": decimal.New(1, 30_000_000),
	} {
		_, err := carryOut(t.Context(), s, resolution{
			ID: op.ID, Decision: ports.DecisionApprove, By: ports.By{Who: "kim", Why: "bank statement"}, Amount: decimal.NewNullDecimal(amount),
		})
		var invalid *ports.InvalidError
		require.ErrorAs(t, err, &invalid, name)
		require.Equal(t, "Amount", invalid.Field)
	}
	now := get(t, s, op.ID)
	require.Equal(t, op, now)
}
