package portstest

import (
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// CancelerHarness is a Canceler on a provider that a test can break. The faults of orders
// happen to the next request that takes a charge back, Booked returns the amounts that the
// provider gave back, oldest first, and Settle finishes the cancellations that are pending.
//
// With FaultPart the provider gives back a part of what it is asked for. With FaultHidden and
// FaultLate a charge shows nothing either of what was given back under orders that are hidden, or
// not executed yet: a question about the charge is a question about them.
type CancelerHarness interface {
	ProviderHarness

	// Charger returns the Charger under test, as a process that has just started makes it:
	// it shares nothing in memory with those that were returned before. It must be a
	// [ports.Canceler], or wrap one as [ports.As] says. If it is a [ports.PartCanceler], parts of
	// the charges are taken back as well.
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
// charges, but for payment methods, currencies and orders elsewhere, which a cancellation has from
// its charge; and that a cancellation takes back its charge, once, and no other charge. A
// [ports.PartCanceler] is checked twice: on whole charges, and below "of a part" on parts of any
// amount. Any other must refuse parts. The constructor returns a harness that no other test uses,
// and cleans up with t.Cleanup.
//
// A small Canceler and its harness, over a provider in memory, are refunder_test.go in
// internal/suitetest; conformance_test.go of adapters/kona has a harness over a simulator.
func TestCanceler(t *testing.T, newHarness func(t *testing.T) CancelerHarness) {
	t.Helper()
	scenarios := append(apartScenarios(), cancelScenarios()...)
	runMoney(t, cancels(newHarness, false), scenarios...)
	t.Run("of a part", func(t *testing.T) {
		if _, can := ports.As[ports.PartCanceler](newHarness(t).Charger()); !can {
			t.Skip("not tested: the Charger of the harness is no ports.PartCanceler")
		}
		runMoney(t, cancels(newHarness, true), append(scenarios, partScenarios()...)...)
	})
}

// cancels returns what sets up tests of cancellations: of whole charges, or of parts.
func cancels(newHarness func(t *testing.T) CancelerHarness, parts bool) func(m *moneyTest) {
	return func(m *moneyTest) {
		m.canceler, m.parts = newHarness(m.t), parts
		m.ProviderHarness = m.canceler
		m.quieter, _ = ports.As[ports.Quieter](m.canceler.Charger())
		m.newOrder = func() moneyOrder {
			order := m.cancelOf(m.newCharge())
			if parts {
				order.order.Amount = someOf(order.order.Left)
				m.takesPart(order)
			}
			return order
		}
	}
}

// newCharge returns a charge that was executed a day ago.
func (m *moneyTest) newCharge() ports.ChargeOrder {
	m.Advance(time.Hour)
	charge := m.canceler.NewCharge()
	m.Advance(25 * time.Hour) // a cancellation's time is its own, and not the charge's
	m.Equal(ports.OutcomeApproved, charge.Last.Outcome, "the harness returns charges that were executed")
	return charge
}

// cancelOf returns a cancellation of a whole charge.
func (m *moneyTest) cancelOf(charge ports.ChargeOrder) *cancelFlow {
	m.made++
	return newFlow(m, m.cancelPort(), ports.CancelOrder{CancelID: cancelID(m.made), Charge: charge, Amount: charge.Amount, Left: charge.Amount})
}

// someOf returns a part of an amount: less than a half, and whole units where there are any.
func someOf(amount decimal.Decimal) decimal.Decimal {
	part := amount.Mul(decimal.New(3, -1))
	if whole := part.Truncate(0); whole.IsPositive() {
		return whole
	}
	return part
}

// takesPart requires that the core may send the part.
func (m *moneyTest) takesPart(order *cancelFlow) {
	m.t.Helper()
	parts, can := ports.As[ports.PartCanceler](m.canceler.Charger())
	m.True(can, "the Charger of the harness is no ports.PartCanceler")
	m.NoError(parts.CheckPart(order.port.clone(order.order)), "CheckPart refuses %s of %s", order.amount(), order.order.Left)
}

// cancelFlow is a cancellation on its way.
type cancelFlow = flow[ports.CancelOrder, ports.ChargeAnswer]

// cancelPort is how a Canceler is called.
func (m *moneyTest) cancelPort() port[ports.CancelOrder, ports.ChargeAnswer] {
	return port[ports.CancelOrder, ports.ChargeAnswer]{
		sends: "Cancel",
		process: func() adapter[ports.CancelOrder, ports.ChargeAnswer] {
			charger := m.canceler.Charger()
			canceler, can := ports.As[ports.Canceler](charger)
			m.True(can, "the Charger of the harness is no ports.Canceler")
			return adapter[ports.CancelOrder, ports.ChargeAnswer]{
				name: charger.Name, lane: func(order ports.CancelOrder) string { return charger.Lane(order.Charge) },
				prepare: canceler.PrepareCancel, send: canceler.Cancel, inquire: canceler.InquireCancel,
			}
		},
		fields: func(order *ports.CancelOrder) fields {
			return fields{&order.CancelID, &order.RequestedAt, &order.SentAt, &order.Evidence, &order.Transmissions, &order.Inquiries}
		},
		last: func(order *ports.CancelOrder) *ports.ChargeAnswer { return &order.Last },
		texts: func(order *ports.CancelOrder) []*string {
			return []*string{&order.CancelID, &order.Charge.OperationID, &order.Charge.WalletID, &order.Charge.PaymentMethod}
		},
		clone: func(order ports.CancelOrder) ports.CancelOrder {
			order.Evidence, order.Charge.Evidence = slices.Clone(order.Evidence), slices.Clone(order.Charge.Evidence)
			return order
		},
		bytes:  func(order *ports.CancelOrder) string { return string(order.Evidence) + string(order.Charge.Evidence) },
		wallet: func(order *ports.CancelOrder) *string { return &order.Charge.WalletID },
		amount: func(order *ports.CancelOrder) decimal.Decimal { return order.Amount },
		costs: func(order *ports.CancelOrder, amount decimal.Decimal) bool {
			order.Amount = amount
			return true
		},
		in:    func(*ports.CancelOrder, string) {},
		read:  chargeAnswer,
		spoil: spoiltCancels(),
		says:  map[string]string{noCancelID: cancelNamed, noChargeNamed: cancelNamed},
		books: func(order *ports.CancelOrder) (executed, known bool) {
			before := order.Charge.Amount.Sub(order.Left)
			return m.canceler.GivenBack(order.Charge).Equal(before.Add(order.Amount)), true
		},
	}
}

// The flaws of a cancellation that names too little, and sentences of the port.
const (
	noCancelID    = "no id"
	noChargeNamed = "a charge that nothing names"

	cancelAmount = "An Amount in the answer is what this order gave back"
	cancelNamed  = "A cancellation without a CancelID, and one of a charge that has neither OperationID nor ProviderRef nor Evidence, must be refused, here or by Cancel"
)

// spoiltCancels are changes that make a cancellation one that must be refused.
func spoiltCancels() map[string]func(order *ports.CancelOrder) {
	spoil := spoiltParts()
	spoil[noCancelID] = func(order *ports.CancelOrder) { order.CancelID = "" }
	spoil[noChargeNamed] = func(order *ports.CancelOrder) {
		charge := &order.Charge
		charge.OperationID, charge.Last.ProviderRef, charge.Evidence = "", "", nil
	}
	return spoil
}

// spoiltParts are changes that make the amount of a cancellation one that no provider gives back.
func spoiltParts() map[string]func(order *ports.CancelOrder) {
	finer := func(by decimal.Decimal, order *ports.CancelOrder) { order.Amount = order.Amount.Sub(by) }
	return map[string]func(order *ports.CancelOrder){
		"no amount":           func(order *ports.CancelOrder) { order.Amount = decimal.Zero },
		"a negative amount":   func(order *ports.CancelOrder) { order.Amount = order.Amount.Neg() },
		"more than was left":  func(order *ports.CancelOrder) { order.Amount = order.Left.Add(order.Left) },
		"a fraction":          func(order *ports.CancelOrder) { finer(fraction(order.Charge.Currency), order) },
		"the finest fraction": func(order *ports.CancelOrder) { finer(fraction(""), order) },
	}
}
