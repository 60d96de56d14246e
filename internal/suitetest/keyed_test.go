package suitetest_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// keyed is a Charger with an idempotency key. It asks what became of an order, or only
// sends it again.
type keyed struct {
	*till
	asks    bool
	dollars bool // the till takes dollars too
	flaw    string
}

func (k keyed) Currencies() []string {
	if k.dollars {
		return []string{"KRW", "USD"}
	}
	return k.till.Currencies()
}

func (k keyed) Charger() ports.Charger               { return k }
func (k keyed) Name() string                         { return "keyed" }
func (k keyed) Lane(ports.ChargeOrder) string        { return "" }
func (k keyed) Elsewhere() (ports.ChargeOrder, bool) { return k.NewOrder(), true }

// Keys returns the OperationIDs, as the till has them.
func (k keyed) Keys() []string { return k.keys() }

func (k keyed) Break(fault portstest.Fault) bool { return k.recorded(fault) }

// checkCharge refuses what a till does not take that takes won only.
func checkCharge(order ports.ChargeOrder) *ports.ChargeAnswer {
	if order.Currency != "KRW" {
		return invalidCharge()
	}
	return checkAmount(order, 0)
}

func invalidCharge() *ports.ChargeAnswer {
	return &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Code: "invalid"}}
}

// checkAmount refuses an order without a method, or with an amount that is finer than a scale.
func checkAmount(order ports.ChargeOrder, scale int32) *ports.ChargeAnswer {
	if !order.Amount.IsPositive() || !order.Amount.Equal(order.Amount.Truncate(scale)) || order.PaymentMethod == "" {
		return invalidCharge()
	}
	return nil
}

// check refuses what the till does not take. Dollars have cents.
func (k keyed) check(order ports.ChargeOrder) *ports.ChargeAnswer {
	switch {
	case !slices.Contains(k.Currencies(), order.Currency):
		return invalidCharge()
	case order.Currency != "USD":
		return checkAmount(order, 0)
	case k.flaw == flawMills:
		return checkAmount(order, 3)
	}
	return checkAmount(order, 2)
}

func (k keyed) Prepare(_ context.Context, order ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, k.check(order)
}

func (k keyed) Charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	if refusal := k.check(order); refusal != nil {
		return *refusal
	}
	currency := order.Currency
	switch k.flaw {
	case flawOneCurrency:
		currency = "KRW"
	case flawMills:
		order.Amount = order.Amount.Round(2)
	}
	ref, err := k.chargeIn(ctx, currency, order.OperationID, order.Amount, order.PaymentMethod)
	return ports.ChargeAnswer{Answer: sent(ref, err, order.Transmissions)}
}

// sent judges what became of a request that moves money.
func sent(ref string, err error, transmissions int) ports.Answer {
	answer := ports.Answer{ProviderRef: ref}
	switch {
	case err == nil:
		answer.Outcome = ports.OutcomeApproved
	case errors.Is(err, errPending):
		answer.Outcome = ports.OutcomePending
	case errors.Is(err, errDeclined):
		answer.Outcome = ports.OutcomeDeclined
	case transmissions > 1: // an earlier one may have been executed
	case errors.Is(err, errUnreached), errors.Is(err, errThrottled):
		answer.Outcome = ports.OutcomeNotSent
	case errors.Is(err, errKey):
		answer.Outcome = ports.OutcomeFault
	}
	return answer
}

func (k keyed) Inquire(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	if !k.asks {
		return ports.ChargeAnswer{Answer: ports.Answer{Resend: true}}
	}
	ref, known, err := k.find(ctx, order.OperationID)
	return ports.ChargeAnswer{Answer: asked(ref, known, err, order.Last.Answer)}
}

// asked judges what a question about an order found.
func asked(ref string, known bool, err error, last ports.Answer) ports.Answer {
	open := ports.Answer{Outcome: ports.OutcomeUnknown, ProviderRef: last.ProviderRef}
	if last.Outcome == ports.OutcomePending {
		open.Outcome = ports.OutcomePending
	}
	switch {
	case errors.Is(err, errDeclined):
		return ports.Answer{Outcome: ports.OutcomeDeclined}
	case errors.Is(err, errPending):
		return ports.Answer{Outcome: ports.OutcomePending, ProviderRef: ref}
	case errors.Is(err, errOdd), errors.Is(err, errKept):
		open.Review = err.Error()
	case err != nil:
	case known:
		return ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: ref}
	case open.Outcome == ports.OutcomeUnknown:
		open.Resend = true
	}
	return open
}

const (
	keyedAsks  = "a Charger with an idempotency key that asks"
	keyedSends = "a Charger with an idempotency key that only sends again"
	keyedWorks = "a Charger with an idempotency key whose provider works on orders first"
	keyedCodes = "a Charger with an idempotency key of several currencies"
)

// The flaws of a Charger of several currencies.
const (
	flawOneCurrency = "charges won whatever the currency"
	flawMills       = "rounds tenths of a cent"
)

// currencyFlaws are these flaws.
func currencyFlaws() []suitetest.Flaw[portstest.ChargerHarness] {
	const refuses = "An order that the provider cannot take as it is (another currency, a finer amount, no payment method) must be refused, here or by Charge, and never be changed into one that the provider takes."
	return []suitetest.Flaw[portstest.ChargerHarness]{
		keyedThat(flawOneCurrency, refuses, "an order is executed in its currency"),
		keyedThat(flawMills, refuses, "a fraction is executed as it is, or refused"),
	}
}

// keyedThat is a keyed with a flaw of its own.
func keyedThat(flaw, breaks, scenario string) suitetest.Flaw[portstest.ChargerHarness] {
	return suitetest.Flaw[portstest.ChargerHarness]{Name: flaw, Breaks: breaks, Scenario: scenario, Of: func(good portstest.ChargerHarness) portstest.ChargerHarness {
		k, _ := good.(keyed)
		k.flaw = flaw
		return k
	}}
}

func newKeyed(name string) func(*testing.T) portstest.ChargerHarness {
	return func(*testing.T) portstest.ChargerHarness {
		k := keyed{till: newTill(), asks: name != keyedSends, dollars: name == keyedCodes}
		k.works, k.cards, k.dated = name == keyedWorks, k.Methods(), true
		return k
	}
}

// A Charger with an idempotency key passes the suite.
func TestCharger(t *testing.T) {
	t.Parallel()
	for _, name := range []string{keyedAsks, keyedSends, keyedWorks, keyedCodes} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			portstest.TestCharger(t, newKeyed(name))
		})
	}
}

func TestCharger_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.ChargerHarness]{Suite: portstest.TestCharger, New: newKeyed(keyedAsks)},
		slices.Concat(suitetest.ChargerFlaws(), suitetest.NamingChargerFlaws(), suitetest.ResendingChargerFlaws(), suitetest.RefusedChargerFlaws(),
			suitetest.ParallelChargerFlaws(), suitetest.SaltedChargerFlaws()))
}

func TestCharger_flaws_of_those_that_send_again(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.ChargerHarness]{Suite: portstest.TestCharger, New: newKeyed(keyedSends)}, suitetest.ResentChargerFlaws())
}

func TestCharger_flaws_of_pending_orders(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.ChargerHarness]{Suite: portstest.TestCharger, New: newKeyed(keyedWorks)}, suitetest.PendingChargerFlaws())
}

func TestCharger_flaws_of_several_currencies(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.ChargerHarness]{Suite: portstest.TestCharger, New: newKeyed(keyedCodes)}, currencyFlaws())
}
