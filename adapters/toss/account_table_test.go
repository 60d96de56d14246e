package toss_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// accountCodes are what the issue of a virtual account is refused with.
func accountCodes() []refused {
	return slices.Concat(codesOfAll(),
		each(refused{status: 400, outcome: fault, permanent: true, alarm: true}, "NOT_SUPPORTED_METHOD"),
		each(refused{outcome: fault, permanent: true, alarm: true},
			"EXCEED_MAX_DUE_DATE", "EXCEED_MAX_VALID_HOURS", "INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE", "REQUIRED_ACCOUNT_KEY"),
		each(refused{status: 400, outcome: fault, permanent: true, alarm: true}, "INVALID_BANK"),
		each(refused{status: 400, alarm: true}, "DUPLICATED_ORDER_ID"),
		each(refused{status: 400, likely: declined}, "NOT_AVAILABLE_PAYMENT"),
		each(refused{status: 403, likely: declined}, "NOT_AVAILABLE_BANK"),
		each(refused{likely: declined}, "MAINTAINED_METHOD"),
	)
}

// issued is an order to issue a virtual account.
func issued(w *world) (ports.Charger, ports.ChargeOrder) {
	charger := w.accounts()
	return charger, w.prepared(charger, w.newOrder("20"))
}

func TestAccountCharger_Charge_codes(t *testing.T) {
	t.Parallel()
	tabled{path: "/virtual-accounts", rows: accountCodes(), order: issued}.run(t)
}

func TestAccountCharger_Charge_strange_answers(t *testing.T) {
	t.Parallel()
	tabled{path: "/virtual-accounts", order: issued}.runStrange(t)
}

func TestAccountCharger_Inquire(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T) (*world, ports.Charger, ports.ChargeOrder) {
		t.Helper()
		w := setup(t)
		charger, order := issued(w)
		w.Equal(pending, w.send(charger, &order).Outcome)
		w.NotEmpty(order.Last.Await.Shown["number"])
		w.Zero(w.executions(order), "an account that was issued is no money")
		return w, charger, order
	}
	t.Run("a deposit approves the order", func(t *testing.T) {
		t.Parallel()
		w, charger, order := start(t)
		w.Equal(pending, w.inquire(charger, &order).Outcome)
		w.True(w.sim.Deposit("jga-" + order.OperationID))
		w.Equal(approved, w.inquire(charger, &order).Outcome)
		w.Equal(1, w.executions(order))
	})
	for version, name := range map[string]string{"2024-06-01": "waits again", "1.4": "is cancelled"} {
		t.Run("a deposit error after which the payment "+name, func(t *testing.T) {
			t.Parallel()
			w := setupWith(t, tosstest.Config{Seed: 7, Version: version})
			charger, order := issued(w)
			w.send(charger, &order)
			w.True(w.sim.Deposit("jga-" + order.OperationID))
			w.Equal(approved, w.inquire(charger, &order).Outcome)
			w.True(w.sim.DepositError("jga-" + order.OperationID))
			answer := w.inquire(charger, &order)
			w.Equal(declined, answer.Outcome)
			w.Equal("DEPOSIT_ERROR", answer.Code)
			w.NotEmpty(answer.Alarm)
			w.Zero(w.executions(order))
		})
	}
	t.Run("an account whose time has passed is closed", func(t *testing.T) {
		t.Parallel()
		w, charger, order := start(t)
		w.clock.Advance(7*24*time.Hour + time.Second)
		w.sim.Next("/cancel", tosstest.Scenario{Code: "NOT_AVAILABLE_BANK"})
		w.Equal(unknown, w.inquire(charger, &order).Outcome)
		w.clock.Advance(time.Hour) // a refusal is repeated under its key
		w.Equal(declined, w.inquire(charger, &order).Outcome)
		w.False(w.sim.Deposit("jga-" + order.OperationID))
	})
	t.Run("a deposit after the time and before the account is closed counts", func(t *testing.T) {
		t.Parallel()
		w, charger, order := start(t)
		w.clock.Advance(7*24*time.Hour + time.Second)
		w.True(w.sim.Deposit("jga-" + order.OperationID))
		w.Equal(approved, w.inquire(charger, &order).Outcome)
	})
	t.Run("an account that others closed declines the order", func(t *testing.T) {
		t.Parallel()
		w, charger, order := start(t)
		w.True(w.sim.CancelOutside(order.Last.ProviderRef, won(30_000)))
		w.Equal(declined, w.inquire(charger, &order).Outcome)
	})
}
