package manual_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/manual"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

func account() manual.Account {
	return manual.Account{Bank: "우리은행", Number: "1005-000-000000", Holder: "지갑 주식회사"}
}

// A bank transfer (무통장입금) from the announcement to the row of the bank.
func ExampleCharger() {
	ctx, store := context.Background(), memory.New()
	transfers, err := manual.NewCharger("bank transfer", account(), 72*time.Hour)
	if err != nil {
		log.Fatal(err)
	}
	wallets, _ := ledger.New(store, ledger.Config{})
	recharges, err := recharge.New(store, wallets, recharge.Config{}, transfers)
	if err != nil {
		log.Fatal(err)
	}
	_, _ = wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"})
	op, err := recharges.Begin(ctx, recharge.BeginRequest{
		WalletID: "w1", Key: "order-1", Charger: "bank transfer", Amount: decimal.NewFromInt(30_000),
		Fields: map[string]string{manual.FieldDepositor: "홍길동"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(op.Status, op.Shown[manual.ShownBank], op.Shown[manual.ShownNumber])
	op, err = recharges.Approve(ctx, recharge.ApproveRequest{
		ID: op.ID, By: ports.By{Who: "kim", Why: "row of today"}, ProviderRef: "20261129-17",
		Amount: decimal.NewNullDecimal(decimal.NewFromInt(29_000)), // what arrived
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(op.Status, op.Credited, op.Mismatch)
	// Output:
	// awaiting 우리은행 1005-000-000000
	// approved 29000 true
}

func TestNewCharger_refuses_what_is_missing(t *testing.T) {
	t.Parallel()
	for field, make := range map[string]func() (*manual.Charger, error){
		"name": func() (*manual.Charger, error) { return manual.NewCharger("", account(), time.Hour) },
		"account.Bank": func() (*manual.Charger, error) {
			return manual.NewCharger("x", manual.Account{Number: "1", Holder: "h"}, time.Hour)
		},
		"account.Number": func() (*manual.Charger, error) {
			return manual.NewCharger("x", manual.Account{Bank: "b", Holder: "h"}, time.Hour)
		},
		"account.Holder": func() (*manual.Charger, error) {
			return manual.NewCharger("x", manual.Account{Bank: "b", Number: "1"}, time.Hour)
		},
		"valid": func() (*manual.Charger, error) { return manual.NewCharger("x", account(), 0) },
	} {
		_, err := make()
		require.ErrorIs(t, err, ports.ErrInvalid, field)
		require.ErrorContains(t, err, field)
	}
}

func TestCharger_Await(t *testing.T) {
	t.Parallel()
	c, err := manual.NewCharger("bank transfer", account(), time.Hour)
	require.NoError(t, err)
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	order := ports.ChargeOrder{RequestedAt: now, Amount: decimal.NewFromInt(10_000)}
	await, err := c.Await(order, map[string]string{manual.FieldDepositor: "홍길동"})
	require.NoError(t, err)
	require.Equal(t, now.Add(time.Hour), await.Until)
	require.Equal(t, map[string]string{"depositor": "홍길동", "bank": "우리은행", "number": "1005-000-000000", "holder": "지갑 주식회사"}, await.Shown)
	for name, fields := range map[string]map[string]string{
		"no depositor":        nil,
		"a depositor too far": {manual.FieldDepositor: strings.Repeat("가", 41)},
		"a line break":        {manual.FieldDepositor: "홍\n길동"},
		"another field":       {manual.FieldDepositor: "홍길동", "phone": "1"},
	} {
		_, err := c.Await(order, fields)
		require.ErrorIs(t, err, ports.ErrInvalid, name)
		require.ErrorContains(t, err, "Fields", name)
	}
	for _, amount := range []decimal.Decimal{decimal.Zero, order.Amount.Neg()} {
		order.Amount = amount
		_, err := c.Await(order, map[string]string{manual.FieldDepositor: "홍길동"})
		require.ErrorIs(t, err, ports.ErrInvalid)
		require.ErrorContains(t, err, "Amount")
	}
}

func TestCharger_charges_nothing(t *testing.T) {
	t.Parallel()
	c, err := manual.NewCharger("bank transfer", account(), time.Hour)
	require.NoError(t, err)
	_, refusal := c.Prepare(t.Context(), ports.ChargeOrder{})
	require.Equal(t, ports.OutcomeFault, refusal.Outcome)
	require.Equal(t, ports.OutcomeFault, c.Charge(t.Context(), ports.ChargeOrder{}).Outcome)
	require.Equal(t, ports.OutcomePending, c.Inquire(t.Context(), ports.ChargeOrder{}).Outcome)
	require.Equal(t, "bank transfer", c.Name())
	require.Empty(t, c.Lane(ports.ChargeOrder{}))
}
