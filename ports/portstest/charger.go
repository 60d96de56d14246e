package portstest

import (
	"fmt"
	"slices"
	"strings"
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

	// Charger returns the Charger under test, as a process that has just started makes it:
	// it shares nothing in memory with those that were returned before.
	Charger() ports.Charger

	// NewOrder returns an order that the provider will approve, as it is before
	// Prepare: without times, evidence and counts. All have the same amount, and each has an
	// OperationID of its own.
	NewOrder() ports.ChargeOrder

	// Methods returns payment methods that an order of NewOrder may have instead of its own:
	// several where the provider has several.
	Methods() []string

	// Charged returns the payment method of each amount of Booked, in the same order, as the
	// provider's own books say.
	Charged() []string

	// Currencies returns the currencies that the provider takes. Orders in others must be
	// refused. A harness that returns several is a [CurrencyBooks], and amounts of NewOrder can
	// be charged in each.
	Currencies() []string

	// Elsewhere returns an order that may be under way at the same time as those of
	// NewOrder, of another card say. It returns false where no such order exists.
	Elsewhere() (ports.ChargeOrder, bool)
}

// TestCharger checks what [ports.Charger] promises: above all whether it answers
// "unknown" when it should, "not sent" only when it may, and whether its inquiries
// then find the truth. The constructor returns a harness that no other test uses, and
// cleans up with t.Cleanup.
//
// A scenario that fails quotes the sentence of the port that it is about, prints what was
// done and what was answered, and says what was allowed. A scenario for which the provider of
// the harness is not made is skipped, and says why: a fault that the provider does not have,
// orders that are never pending.
//
// The suite sees the answers, and the provider's books. It does not see what an adapter logs,
// whether it tells fields of an answer right that it may leave out, nor how it behaves with
// answers that the simulator never gives: for these an adapter has tests of its own.
//
// A small Charger and its harness, over a provider in memory, are keyed_test.go and till_test.go
// in internal/suitetest; the harnesses over simulators are the files conformance_test.go of
// adapters/solapi and adapters/kona.
func TestCharger(t *testing.T, newHarness func(t *testing.T) ChargerHarness) {
	t.Helper()
	runMoney(t, func(m *moneyTest) {
		harness := newHarness(m.t)
		m.ProviderHarness = harness
		p := chargePort(harness)
		m.newOrder = func() moneyOrder { return newFlow(m, p, harness.NewOrder()) }
		m.elsewhere = func() (moneyOrder, bool) {
			order, exists := harness.Elsewhere()
			return newFlow(m, p, order), exists
		}
		charger := harness.Charger()
		m.quieter, _ = ports.As[ports.Quieter](charger)
		m.charges, m.codes = harness, harness.Currencies()
		m.differs = chargesThatDiffer(m)
	}, slices.Concat(orderScenarios(), apartScenarios(), amountScenarios(), chargeScenarios())...)
}

func chargeScenarios() []moneyScenario {
	return []moneyScenario{
		{"the payment method of the order is charged", "the Charger's name for the card or account", methodIsCharged},
		{"no other payment method than that of the order is charged", providerRefuses, otherMethods},
		{"orders of several payment methods are kept apart", providerApart, methodsUnderWayAtOnce},
	}
}

// methodIsCharged sends orders with several payment methods by turns, each of them lost or not.
func methodIsCharged(m *moneyTest) {
	methods := m.charges.Methods()
	m.NotEmpty(methods, "the harness returns payment methods")
	for i, fault := range slices.Repeat([]Fault{FaultNone, FaultDropAfter, FaultNone}, 2) {
		order, before := m.charges.NewOrder(), len(m.Booked())
		order.PaymentMethod = methods[i%len(methods)]
		flow := newFlow(m, chargePort(m.charges), order)
		m.prepares(flow)
		m.breaks(fault)
		answer := m.follow(flow, m.send(flow))
		m.allowed(answer, "in the end", ports.OutcomeApproved)
		m.booked(flow, before+1)
		charged := m.charges.Charged()
		m.Len(charged, before+1, "the harness returns the payment method of each amount")
		m.Equal(order.PaymentMethod, charged[before], "another payment method was charged")
	}
}

// otherMethods sends orders with payment methods that are nearly one that the provider has. Each
// is refused, or charged if the provider has it.
func otherMethods(m *moneyTest) {
	methods := m.charges.Methods()
	m.NotEmpty(methods, "the harness returns payment methods")
	for _, method := range methods[:min(2, len(methods))] {
		for _, other := range []string{another(method), method[:len(method)-1], method + "0", method + strings.Repeat("0", 60), " " + method, strings.ToUpper(method), "unknown"} {
			order, before := m.charges.NewOrder(), len(m.Booked())
			if other == method || slices.Contains(methods, other) {
				continue
			}
			order.PaymentMethod = other
			flow := newFlow(m, chargePort(m.charges), order)
			if refusal := flow.prepare(m.t.Context()); refusal != nil {
				m.refusal(flow, *refusal)
				m.Len(m.Booked(), before, "Prepare moved money")
				continue
			}
			answer := m.pursue(flow, m.send(flow))
			charged := m.charges.Charged()
			for _, method := range charged[before:] {
				m.Equal(other, method, "another payment method was charged: %s", answer.text)
			}
			m.Len(charged, before+one(answer.Outcome == ports.OutcomeApproved), "the provider does not have the payment method %q: %s", other, answer.text)
		}
	}
}

// methodsUnderWayAtOnce has two orders under way that differ in their payment method.
func methodsUnderWayAtOnce(m *moneyTest) {
	m.underWayAtOnce(func() moneyOrder { return m.differs.order(1, decimal.Zero) })
}

// chargerMaker is what the harnesses of Chargers and Confirmers have in common.
type chargerMaker interface {
	Charger() ports.Charger
	Currencies() []string
}

// chargePort is how a Charger is called.
func chargePort(harness chargerMaker) port[ports.ChargeOrder, ports.ChargeAnswer] {
	p := port[ports.ChargeOrder, ports.ChargeAnswer]{
		sends: "Charge",
		process: func() adapter[ports.ChargeOrder, ports.ChargeAnswer] {
			charger := harness.Charger()
			return adapter[ports.ChargeOrder, ports.ChargeAnswer]{
				name: charger.Name, lane: charger.Lane, prepare: charger.Prepare, send: charger.Charge, inquire: charger.Inquire,
			}
		},
		fields: func(order *ports.ChargeOrder) fields {
			return fields{&order.OperationID, &order.RequestedAt, &order.SentAt, &order.Evidence, &order.Transmissions, &order.Inquiries}
		},
		last: func(order *ports.ChargeOrder) *ports.ChargeAnswer { return &order.Last },
		texts: func(order *ports.ChargeOrder) []*string {
			return []*string{&order.OperationID, &order.WalletID, &order.PaymentMethod}
		},
		clone: func(order ports.ChargeOrder) ports.ChargeOrder {
			order.Evidence = slices.Clone(order.Evidence)
			return order
		},
		bytes:  func(order *ports.ChargeOrder) string { return string(order.Evidence) },
		wallet: func(order *ports.ChargeOrder) *string { return &order.WalletID },
		amount: func(order *ports.ChargeOrder) decimal.Decimal { return order.Amount },
		costs: func(order *ports.ChargeOrder, amount decimal.Decimal) bool {
			order.Amount = amount
			return true
		},
		in:   func(order *ports.ChargeOrder, currency string) { order.Currency = currency },
		read: chargeAnswer,
		spoil: map[string]func(order *ports.ChargeOrder){
			"no amount":                    func(order *ports.ChargeOrder) { order.Amount = decimal.Zero },
			"a negative amount":            func(order *ports.ChargeOrder) { order.Amount = order.Amount.Neg() },
			"a fraction":                   func(order *ports.ChargeOrder) { order.Amount = order.Amount.Add(fraction(order.Currency)) },
			"the finest fraction":          func(order *ports.ChargeOrder) { order.Amount = order.Amount.Add(fraction("")) },
			"no payment method":            func(order *ports.ChargeOrder) { order.PaymentMethod = "" },
			"no currency":                  func(order *ports.ChargeOrder) { order.Currency = "" },
			"a currency in the wrong case": func(order *ports.ChargeOrder) { order.Currency = "krw" },
		},
		books: func(*ports.ChargeOrder) (executed, known bool) { return false, false },
	}
	for _, code := range otherCurrencies(harness.Currencies()) {
		p.spoil[fmt.Sprintf("the currency %q", code)] = func(order *ports.ChargeOrder) { order.Currency = code }
	}
	return p
}

// fraction is half a unit of a currency that has no smaller one, and finer than any amount
// of another.
func fraction(currency string) decimal.Decimal {
	if currency == "KRW" || currency == "JPY" {
		return decimal.New(5, -1)
	}
	return decimal.New(1, -ports.MaxScale-1)
}

func chargeAnswer(a ports.ChargeAnswer) moneyAnswer {
	return moneyAnswer{Answer: a.Answer, Amount: a.Amount, NextMethod: a.NextMethod}
}
