package portstest

import (
	"context"
	"slices"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// CancelerHarness is a Canceler on a provider that a test can break. The faults of orders
// happen to the next request that takes a charge back, Booked returns the amounts that the
// provider gave back, oldest first, and Settle finishes the cancellations that are pending.
//
// With FaultPart the provider gives back a part of the charge instead of the whole.
type CancelerHarness interface {
	ProviderHarness

	// Charger returns the Charger under test, as a process that has just started makes it:
	// it shares nothing in memory with those that were returned before. It must be a
	// [ports.Canceler], or wrap one as [ports.As] says.
	Charger() ports.Charger

	// NewCharge returns a charge that the provider executed, as the core has it then: with
	// what Prepare returned in Evidence and the final answer in Last. All have the same
	// amount, and each is a charge of its own.
	NewCharge() ports.ChargeOrder

	// GivenBack returns how much of a charge the provider gave back in all, as its own
	// records say: zero for a charge that it does not have.
	GivenBack(charge ports.ChargeOrder) decimal.Decimal

	// TakeBack has a person at the provider take a charge back in whole, also while a
	// cancellation of the charge is pending. It returns false when that cannot happen at this
	// provider.
	TakeBack(charge ports.ChargeOrder) bool
}

// TestCanceler checks what [ports.Canceler] promises: all that [TestCharger] checks of
// charges, and that a cancellation takes back its charge, in whole, once, and no other
// charge. The constructor returns a harness that no other test uses, and cleans up with
// t.Cleanup.
func TestCanceler(t *testing.T, newHarness func(t *testing.T) CancelerHarness) {
	t.Helper()
	runMoney(t, func(m *moneyTest) {
		harness := newHarness(m.t)
		charger := harness.Charger()
		m.ProviderHarness = harness
		m.newOrder = func() moneyOrder {
			m.made++
			flow := &cancelFlow{m: m, harness: harness, charger: charger}
			flow.order = ports.CancelOrder{CancelID: cancelID(m.made), Charge: harness.NewCharge()}
			m.Equal(ports.OutcomeApproved, flow.order.Charge.Last.Outcome, "the harness returns charges that were executed")
			return flow
		}
	}, cancelScenarios()...)
}

// cancelFlow is a cancellation on its way.
type cancelFlow struct {
	m       *moneyTest
	harness CancelerHarness
	charger ports.Charger
	order   ports.CancelOrder
	elapses bool // each call comes from a process of its own
}

// canceler returns who makes the next call.
func (f *cancelFlow) canceler() ports.Canceler {
	f.m.t.Helper()
	if f.elapses {
		f.charger = f.harness.Charger()
	}
	canceler, can := ports.As[ports.Canceler](f.charger)
	f.m.True(can, "the Charger of the harness is no ports.Canceler")
	return canceler
}

func (f *cancelFlow) lane() string            { return f.charger.Lane(f.order.Charge) }
func (f *cancelFlow) amount() decimal.Decimal { return f.order.Charge.Amount }

// given is the order as a call gets it: a copy.
func (f *cancelFlow) given() ports.CancelOrder {
	order := f.order
	order.Evidence, order.Charge.Evidence = slices.Clone(order.Evidence), slices.Clone(order.Charge.Evidence)
	return order
}

func (f *cancelFlow) prepare(ctx context.Context) *moneyAnswer {
	f.order.RequestedAt = f.m.Now()
	type prepared struct {
		evidence []byte
		refusal  *ports.ChargeAnswer
	}
	canceler, order := f.canceler(), f.given()
	p := within(ctx, f.m.Assertions, "PrepareCancel", func() (p prepared) {
		p.evidence, p.refusal = canceler.PrepareCancel(ctx, order)
		return p
	})
	f.order.Evidence, f.order.Transmissions = slices.Clone(p.evidence), 1
	if p.refusal == nil {
		return nil
	}
	answer := f.common(*p.refusal)
	return &answer
}

func (f *cancelFlow) send(ctx context.Context) moneyAnswer {
	canceler, order := f.canceler(), f.given()
	answer, _ := stored(f.m, within(ctx, f.m.Assertions, "Cancel", func() ports.ChargeAnswer { return canceler.Cancel(ctx, order) }))
	f.order.Last = answer
	return f.common(answer)
}

func (f *cancelFlow) inquire(ctx context.Context) moneyAnswer {
	f.order.Inquiries++
	canceler, order := f.canceler(), f.given()
	answer, _ := stored(f.m, within(ctx, f.m.Assertions, "InquireCancel", func() ports.ChargeAnswer { return canceler.InquireCancel(ctx, order) }))
	f.order.Last = answer
	return f.common(answer)
}

func (f *cancelFlow) ask(ctx context.Context) moneyAnswer {
	return f.common(f.canceler().InquireCancel(ctx, f.given()))
}

func (f *cancelFlow) resume(last moneyAnswer, sentAgain bool) {
	if last.text == "" {
		f.order.Last = ports.ChargeAnswer{}
	}
	if sentAgain {
		f.order.Transmissions++
		f.order.Inquiries = 0
	}
}

func (f *cancelFlow) sentAgain() bool  { return f.order.Transmissions > 1 }
func (f *cancelFlow) rename(id string) { f.order.CancelID = id }

// spoil returns cancellations that no provider takes: one without an id, and one of a charge
// that nothing names.
func (f *cancelFlow) spoil() []moneyOrder {
	nameless, vague := *f, *f
	nameless.order.CancelID = ""
	charge := &vague.order.Charge
	charge.OperationID, charge.Last.ProviderRef, charge.Evidence = "", "", nil
	return []moneyOrder{&nameless, &vague}
}

func (f *cancelFlow) common(a ports.ChargeAnswer) moneyAnswer {
	f.m.t.Helper()
	_, text := stored(f.m, a)
	return moneyAnswer{Answer: a.Answer, Amount: a.Amount, text: text}
}
