package portstest

import (
	"context"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// ChargerHarness is a Charger on a provider that a test can break: on a simulator, then,
// that keeps books of its own. The tests of adapters/solapi and adapters/kona have one
// each, around solapitest and konatest; adapters/providertest holds what simulators
// share.
type ChargerHarness interface {
	ProviderHarness

	// Charger returns the Charger under test, always the same.
	Charger() ports.Charger

	// NewOrder returns an order that the provider will approve, as it is before
	// Prepare. All have the same amount, and each has an OperationID of its own.
	NewOrder() ports.ChargeOrder
}

// TestCharger checks what [ports.Charger] promises: above all whether it answers
// "unknown" when it should, "not sent" only when it may, and whether its inquiries
// then find the truth. The constructor returns a harness that no other test uses, and
// cleans up with t.Cleanup.
func TestCharger(t *testing.T, newHarness func(t *testing.T) ChargerHarness) {
	t.Helper()
	runMoney(t, func(m *moneyTest) {
		harness := newHarness(m.t)
		charger := harness.Charger()
		m.NoError(ports.CheckID("Name", charger.Name()))
		m.ProviderHarness = harness
		m.newOrder = func() moneyOrder {
			return &chargeFlow{m: m, charger: charger, order: harness.NewOrder()}
		}
	})
}

// chargeFlow is an order to a Charger on its way.
type chargeFlow struct {
	m       *moneyTest
	charger ports.Charger
	order   ports.ChargeOrder
}

func (f *chargeFlow) lane() string            { return f.charger.Lane(f.order) }
func (f *chargeFlow) amount() decimal.Decimal { return f.order.Amount }

func (f *chargeFlow) prepare(ctx context.Context) *moneyAnswer {
	f.order.RequestedAt = f.m.Now()
	type prepared struct {
		evidence []byte
		refusal  *ports.ChargeAnswer
	}
	p := within(ctx, f.m.Assertions, "Prepare", func() (p prepared) {
		p.evidence, p.refusal = f.charger.Prepare(ctx, f.order)
		return p
	})
	f.order.Evidence, f.order.SentAt, f.order.Transmissions = p.evidence, f.m.Now(), 1
	if p.refusal == nil {
		return nil
	}
	answer := f.common(*p.refusal)
	return &answer
}

func (f *chargeFlow) send(ctx context.Context) moneyAnswer {
	answer, _ := stored(f.m, within(ctx, f.m.Assertions, "Charge", func() ports.ChargeAnswer { return f.charger.Charge(ctx, f.order) }))
	f.order.Last = answer
	return f.common(answer)
}

func (f *chargeFlow) inquire(ctx context.Context) moneyAnswer {
	f.order.Inquiries++
	answer, _ := stored(f.m, within(ctx, f.m.Assertions, "Inquire", func() ports.ChargeAnswer { return f.charger.Inquire(ctx, f.order) }))
	f.order.Last = answer
	return f.common(answer)
}

func (f *chargeFlow) ask(ctx context.Context) moneyAnswer {
	return f.common(f.charger.Inquire(ctx, f.order))
}

func (f *chargeFlow) resume(last moneyAnswer, sentAgain bool) {
	if last.text == "" {
		f.order.Last = ports.ChargeAnswer{}
	}
	if sentAgain {
		f.order.Transmissions++
		f.order.Inquiries = 0
	}
}

func (f *chargeFlow) sentAgain() bool  { return f.order.Transmissions > 1 }
func (f *chargeFlow) rename(id string) { f.order.OperationID = id }

// spoil returns orders that no provider takes.
func (f *chargeFlow) spoil() []moneyOrder {
	var orders []moneyOrder
	for _, change := range []func(order *ports.ChargeOrder){
		func(order *ports.ChargeOrder) { order.Amount = decimal.Zero },
		func(order *ports.ChargeOrder) { order.Amount = order.Amount.Neg() },
		func(order *ports.ChargeOrder) { order.PaymentMethod = "" },
		func(order *ports.ChargeOrder) { order.Currency = "" },
	} {
		spoiled := *f
		change(&spoiled.order)
		orders = append(orders, &spoiled)
	}
	return orders
}

func (f *chargeFlow) common(a ports.ChargeAnswer) moneyAnswer {
	f.m.t.Helper()
	_, text := stored(f.m, a)
	return moneyAnswer{Answer: a.Answer, Amount: a.Amount, text: text}
}
