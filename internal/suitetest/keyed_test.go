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
	asks bool
}

func (k keyed) Charger() ports.Charger               { return k }
func (k keyed) Name() string                         { return "keyed" }
func (k keyed) Lane(ports.ChargeOrder) string        { return "" }
func (k keyed) Elsewhere() (ports.ChargeOrder, bool) { return k.NewOrder(), true }

// Keys returns the OperationIDs, as the till has them.
func (k keyed) Keys() []string { return k.keys() }

// checkCharge refuses what the till does not take.
func checkCharge(order ports.ChargeOrder) *ports.ChargeAnswer {
	if !order.Amount.IsPositive() || !order.Amount.IsInteger() || order.PaymentMethod == "" || order.Currency != "KRW" {
		return &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Code: "invalid"}}
	}
	return nil
}

func (k keyed) Prepare(_ context.Context, order ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, checkCharge(order)
}

func (k keyed) Charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	if refusal := checkCharge(order); refusal != nil {
		return *refusal
	}
	ref, err := k.charge(ctx, order.OperationID, order.Amount, order.PaymentMethod)
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
)

func newKeyed(name string) func(*testing.T) portstest.ChargerHarness {
	return func(*testing.T) portstest.ChargerHarness {
		k := keyed{till: newTill(), asks: name != keyedSends}
		k.works, k.cards, k.dated = name == keyedWorks, k.Methods(), true
		return k
	}
}

// A Charger with an idempotency key passes the suite.
func TestCharger(t *testing.T) {
	t.Parallel()
	for _, name := range []string{keyedAsks, keyedSends, keyedWorks} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			portstest.TestCharger(t, newKeyed(name))
		})
	}
}

func TestCharger_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.ChargerHarness]{Suite: portstest.TestCharger, New: newKeyed(keyedAsks)},
		slices.Concat(suitetest.ChargerFlaws(), suitetest.NamingChargerFlaws(), suitetest.ResendingChargerFlaws(), suitetest.ParallelChargerFlaws(), suitetest.SaltedChargerFlaws()))
}

func TestCharger_flaws_of_pending_orders(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.ChargerHarness]{Suite: portstest.TestCharger, New: newKeyed(keyedWorks)}, suitetest.PendingChargerFlaws())
}
