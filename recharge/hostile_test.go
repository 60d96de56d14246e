package recharge_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// odd is a Charger that does what a test says; where the test says nothing, what the bank
// does.
type odd = ordertest.Provider[ports.ChargeOrder, ports.ChargeAnswer]

// hostile starts a process over the world's store with Chargers of a test.
func (w *world) hostile(t *testing.T, chargers ...ports.Charger) (*recharge.Service, *ledger.Ledger, *crashtest.Log) {
	t.Helper()
	log := new(crashtest.Log)
	wallets := ordertest.Ledger(t, w.store, w.clock)
	s, err := recharge.New(w.store, wallets, recharge.Config{Clock: w.clock, Logger: slog.New(slog.NewTextHandler(log, nil))}, chargers...)
	require.NoError(t, err)
	return s, wallets, log
}

func through(charger, key string) recharge.Request {
	request := topUp(key)
	request.Charger = charger
	return request
}

// TestService_Follow_answers_that_no_record_can_hold: the order goes to review instead of
// failing in every step.
func TestService_Follow_answers_that_no_record_can_hold(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]ports.ChargeAnswer{
		"an amount without limit": {Answer: ports.Answer{Outcome: ports.OutcomeApproved}, Amount: decimal.NewNullDecimal(decimal.New(1, 50_000_000))},
		"a balance without limit": {Answer: ports.Answer{Outcome: ports.OutcomeApproved}, NewBalance: decimal.NewNullDecimal(decimal.New(1, 50_000_000))},
		"a time far away":         {Answer: ports.Answer{Outcome: ports.OutcomeApproved}, At: time.Date(12_000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank", Sends: func() ports.ChargeAnswer { return answer }})
			op := mustRecharge(t, s, "k")
			require.Equal(t, ports.RechargeReview, op.Status)
			require.Contains(t, op.Why, answer.Outcome.String())
			_, err := ports.EncodeOperation(op)
			require.NoError(t, err)
			ordertest.RequireBalance(t, wallets, 0)
		})
	}
}

// told returns a notifier that keeps the statuses of recharges.
func told() *ordertest.Told[ports.RechargeStatus] {
	return &ordertest.Told[ports.RechargeStatus]{Of: func(event ports.Event) (status ports.RechargeStatus, is bool) {
		if e, is := event.(ports.RechargeEvent); is {
			return e.Recharge.Status, true
		}
		return "", false
	}}
}
