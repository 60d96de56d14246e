package portstest

import (
	"context"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// DisburserHarness is a Disburser on a provider that a test can break.
type DisburserHarness interface {
	ProviderHarness

	// Disburser returns the Disburser under test, always the same.
	Disburser() ports.Disburser

	// NewOrder returns an order that the provider will execute, as it is before
	// Prepare. All have the same total, and each has an OperationID of its own.
	NewOrder() ports.PayoutOrder
}

// TestDisburser checks what [ports.Disburser] promises, as [TestCharger] does.
func TestDisburser(t *testing.T, newHarness func(t *testing.T) DisburserHarness) {
	t.Helper()
	runMoney(t, func(m *moneyTest) {
		harness := newHarness(m.t)
		disburser := harness.Disburser()
		m.NoError(ports.CheckID("Name", disburser.Name()))
		m.ProviderHarness = harness
		m.newOrder = func() moneyOrder {
			return &payoutFlow{m: m, disburser: disburser, order: harness.NewOrder()}
		}
	})
}

// payoutFlow is an order to a Disburser on its way.
type payoutFlow struct {
	m         *moneyTest
	disburser ports.Disburser
	order     ports.PayoutOrder
}

func (f *payoutFlow) lane() string            { return f.disburser.Lane(f.order) }
func (f *payoutFlow) amount() decimal.Decimal { return f.order.Total }

func (f *payoutFlow) prepare(ctx context.Context) *moneyAnswer {
	f.order.RequestedAt = f.m.Now()
	type prepared struct {
		evidence []byte
		refusal  *ports.PayoutAnswer
	}
	p := within(ctx, f.m.Assertions, "Prepare", func() (p prepared) {
		p.evidence, p.refusal = f.disburser.Prepare(ctx, f.order)
		return p
	})
	f.order.Evidence, f.order.SentAt, f.order.Transmissions = p.evidence, f.m.Now(), 1
	if p.refusal == nil {
		return nil
	}
	answer := f.common(*p.refusal)
	return &answer
}

func (f *payoutFlow) send(ctx context.Context) moneyAnswer {
	answer, _ := stored(f.m, within(ctx, f.m.Assertions, "Disburse", func() ports.PayoutAnswer { return f.disburser.Disburse(ctx, f.order) }))
	f.order.Last = answer
	return f.common(answer)
}

func (f *payoutFlow) inquire(ctx context.Context) moneyAnswer {
	f.order.Inquiries++
	answer, _ := stored(f.m, within(ctx, f.m.Assertions, "Inquire", func() ports.PayoutAnswer { return f.disburser.Inquire(ctx, f.order) }))
	f.order.Last = answer
	return f.common(answer)
}

func (f *payoutFlow) ask(ctx context.Context) moneyAnswer {
	return f.common(f.disburser.Inquire(ctx, f.order))
}

func (f *payoutFlow) resume(last moneyAnswer, sentAgain bool) {
	if last.text == "" {
		f.order.Last = ports.PayoutAnswer{}
	}
	if sentAgain {
		f.order.Transmissions++
		f.order.Inquiries = 0
	}
}

func (f *payoutFlow) sentAgain() bool  { return f.order.Transmissions > 1 }
func (f *payoutFlow) rename(id string) { f.order.OperationID = id }

// spoil returns orders that no provider takes.
func (f *payoutFlow) spoil() []moneyOrder {
	var orders []moneyOrder
	for _, change := range []func(order *ports.PayoutOrder){
		func(order *ports.PayoutOrder) { order.Total = decimal.Zero },
		func(order *ports.PayoutOrder) { order.Total = order.Total.Neg() },
		func(order *ports.PayoutOrder) { order.Currency = "" },
	} {
		spoiled := *f
		change(&spoiled.order)
		orders = append(orders, &spoiled)
	}
	return orders
}

func (f *payoutFlow) common(a ports.PayoutAnswer) moneyAnswer {
	f.m.t.Helper()
	_, text := stored(f.m, a)
	return moneyAnswer{Answer: a.Answer, Amount: a.Total, text: text}
}
