package portstest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// DisburserHarness is a Disburser on a provider that a test can break.
type DisburserHarness interface {
	ProviderHarness

	// Disburser returns the Disburser under test, as a process that has just started makes
	// it: it shares nothing in memory with those that were returned before.
	Disburser() ports.Disburser

	// NewOrder returns an order that the provider will execute, as it is before
	// Prepare, to the destination that the provider pays to by itself or to the first of
	// Destinations. All have the same total, and each has an OperationID of its own.
	NewOrder() ports.PayoutOrder

	// Currencies returns the currencies that the provider takes. Orders in others must be
	// refused. A harness that returns several is a [CurrencyBooks], and amounts of NewOrder can
	// be paid in each.
	Currencies() []string

	// Elsewhere returns an order that may be under way at the same time as those of
	// NewOrder. It returns false where no such order exists.
	Elsewhere() (ports.PayoutOrder, bool)

	// Destinations returns destinations that the provider pays to, some of which differ in
	// nothing but the account number, and none where it pays to one account that is registered
	// there.
	Destinations() []ports.Destination

	// Paid returns what the provider's own books say of each amount of Booked, in the same
	// order.
	Paid() []Payment
}

// Payment is a payout in the books of a provider.
type Payment struct {
	Fee, Net    decimal.Decimal
	Destination ports.Destination // the one of Destinations that was paid to, or the zero one
}

// TestDisburser checks what [ports.Disburser] promises: all that [TestCharger] checks of
// charges, that the money goes to the destination of the order, and that figures are those of
// the provider.
func TestDisburser(t *testing.T, newHarness func(t *testing.T) DisburserHarness) {
	t.Helper()
	runMoney(t, func(m *moneyTest) {
		harness := newHarness(m.t)
		m.ProviderHarness = harness
		m.newOrder = func() moneyOrder { return newPayout(m, harness, harness.NewOrder()) }
		m.elsewhere = func() (moneyOrder, bool) {
			order, exists := harness.Elsewhere()
			return newPayout(m, harness, order), exists
		}
		m.payouts, m.codes = harness, harness.Currencies()
		m.differs = payoutsThatDiffer(m)
		m.quieter, _ = ports.As[ports.Quieter](harness.Disburser())
	}, slices.Concat(orderScenarios(), apartScenarios(), amountScenarios(), payoutScenarios())...)
}

type payoutFlow = flow[ports.PayoutOrder, ports.PayoutAnswer]

func newPayout(m *moneyTest, harness DisburserHarness, order ports.PayoutOrder) *payoutFlow {
	return newFlow(m, payoutPort(harness), order)
}

// payoutPort is how a Disburser is called.
func payoutPort(harness DisburserHarness) port[ports.PayoutOrder, ports.PayoutAnswer] {
	spoil := map[string]func(order *ports.PayoutOrder){
		"no total":                     func(order *ports.PayoutOrder) { order.Total = decimal.Zero },
		"a negative total":             func(order *ports.PayoutOrder) { order.Total = order.Total.Neg() },
		"a fraction":                   func(order *ports.PayoutOrder) { order.Total = order.Total.Add(fraction(order.Currency)) },
		"the finest fraction":          func(order *ports.PayoutOrder) { order.Total = order.Total.Add(fraction("")) },
		"no currency":                  func(order *ports.PayoutOrder) { order.Currency = "" },
		"a currency in the wrong case": func(order *ports.PayoutOrder) { order.Currency = "krw" },
	}
	for _, code := range otherCurrencies(harness.Currencies()) {
		spoil[fmt.Sprintf("the currency %q", code)] = func(order *ports.PayoutOrder) { order.Currency = code }
	}
	if len(harness.Destinations()) == 0 {
		spoil["a destination that is not the registered one"] = func(order *ports.PayoutOrder) {
			order.Destination = ports.Destination{BankCode: "004", Holder: "kim", Masked: "***1234", Sealed: []byte("sealed")}
		}
		spoil["a bank code of a destination"] = func(order *ports.PayoutOrder) { order.Destination = ports.Destination{BankCode: "004"} }
		spoil["an account number of a destination"] = func(order *ports.PayoutOrder) { order.Destination = ports.Destination{Sealed: []byte("sealed")} }
	} else {
		spoil["no account number of the destination"] = func(order *ports.PayoutOrder) { order.Destination.Sealed = nil }
		spoil["an account number that cannot be unsealed"] = func(order *ports.PayoutOrder) { order.Destination.Sealed = []byte("\x00 not sealed") }
	}
	return port[ports.PayoutOrder, ports.PayoutAnswer]{
		sends: "Disburse",
		process: func() adapter[ports.PayoutOrder, ports.PayoutAnswer] {
			disburser := harness.Disburser()
			return adapter[ports.PayoutOrder, ports.PayoutAnswer]{
				name: disburser.Name, lane: disburser.Lane, prepare: disburser.Prepare, send: disburser.Disburse, inquire: disburser.Inquire,
			}
		},
		fields: func(order *ports.PayoutOrder) fields {
			return fields{&order.OperationID, &order.RequestedAt, &order.SentAt, &order.Evidence, &order.Transmissions, &order.Inquiries}
		},
		last: func(order *ports.PayoutOrder) *ports.PayoutAnswer { return &order.Last },
		texts: func(order *ports.PayoutOrder) []*string {
			return []*string{&order.OperationID, &order.WalletID, &order.Destination.BankCode, &order.Destination.Holder, &order.Destination.Masked}
		},
		clone: func(order ports.PayoutOrder) ports.PayoutOrder {
			order.Evidence, order.Destination.Sealed = slices.Clone(order.Evidence), slices.Clone(order.Destination.Sealed)
			return order
		},
		bytes: func(order *ports.PayoutOrder) string {
			return string(order.Evidence) + string(order.Destination.Sealed)
		},
		wallet: func(order *ports.PayoutOrder) *string { return &order.WalletID },
		amount: func(order *ports.PayoutOrder) decimal.Decimal { return order.Total },
		costs: func(order *ports.PayoutOrder, amount decimal.Decimal) bool {
			order.Total, order.Net = amount, amount.Sub(order.Fee)
			return order.Net.IsPositive()
		},
		in:    func(order *ports.PayoutOrder, currency string) { order.Currency = currency },
		read:  func(a ports.PayoutAnswer) moneyAnswer { return moneyAnswer{Answer: a.Answer, Amount: a.Total} },
		spoil: spoil,
		books: func(*ports.PayoutOrder) (executed, known bool) { return false, false },
	}
}

func payoutScenarios() []moneyScenario {
	return []moneyScenario{
		{"the money goes to the destination of the order", "the bank account that a payout goes to.", moneyGoesToItsDestination},
		{"orders to several destinations are kept apart", providerApart, destinationsUnderWayAtOnce},
		{"an order without a destination goes to none of the adapter's choice", "The zero Destination means the one that is registered at the provider.", zeroDestination},
		{"figures are those of the provider", "Figures as the provider reports them; absent when it does not.", figuresAreTheProviders},
		{"Prepare may be called again", "It is called again for an order whose process died before it was sent; what the last call returned counts.", prepareAgain},
	}
}

// moneyGoesToItsDestination sends orders to several destinations by turns, each of them lost
// or not.
func moneyGoesToItsDestination(m *moneyTest) {
	destinations := m.payouts.Destinations()
	if len(destinations) == 0 {
		m.skip("the provider pays to one account that is registered there")
	}
	m.Greater(len(destinations), 1, "the harness returns several destinations, or none")
	for i, fault := range slices.Repeat([]Fault{FaultNone, FaultDropAfter, FaultNone}, 3) {
		order, before := m.payouts.NewOrder(), len(m.Booked())
		order.Destination = destinations[i%len(destinations)]
		flow := newPayout(m, m.payouts, order)
		m.takes(flow)
		m.breaks(fault)
		answer := m.follow(flow, m.send(flow))
		m.allowed(answer, "in the end", ports.OutcomeApproved)
		paid := m.payouts.Paid()
		m.Len(paid, before+1, "payments")
		to := paid[before].Destination
		m.True(order.Destination.BankCode == to.BankCode && order.Destination.Masked == to.Masked && slices.Equal(order.Destination.Sealed, to.Sealed),
			"the money was ordered to %s, and went to %s or to another account of that form: %s", order.Destination, to, answer.text)
	}
}

// destinationsUnderWayAtOnce has two orders under way that differ in their destination.
func destinationsUnderWayAtOnce(m *moneyTest) {
	m.underWayAtOnce(func() moneyOrder { return m.differs.order(1, decimal.Zero) })
}

// zeroDestination sends an order to the zero Destination where others can be paid to: it is
// refused, or paid to the account that is registered.
func zeroDestination(m *moneyTest) {
	if len(m.payouts.Destinations()) == 0 {
		m.skip("the provider pays to one account that is registered there")
	}
	order, before := m.payouts.NewOrder(), len(m.Booked())
	order.Destination = ports.Destination{}
	flow := newPayout(m, m.payouts, order)
	if refusal := flow.prepare(m.t.Context()); refusal != nil {
		m.refusal(flow, *refusal)
		m.Len(m.Booked(), before, "Prepare moved money")
		return
	}
	answer := m.pursue(flow, m.send(flow))
	paid := m.payouts.Paid()
	for _, payment := range paid[before:] {
		to := payment.Destination
		m.True(to.BankCode == "" && to.Holder == "" && to.Masked == "" && len(to.Sealed) == 0, "the order names no account, and the money went to %s: %s", to, answer.text)
	}
	m.Len(paid, before+one(answer.Outcome == ports.OutcomeApproved), "payments: %s", answer.text)
}

// figuresAreTheProviders compares the figures of every answer with the provider's books.
func figuresAreTheProviders(m *moneyTest) {
	for _, fault := range []Fault{FaultNone, FaultDropAfter} {
		order, before := m.prepared(), len(m.Booked())
		flow, _ := order.(*payoutFlow)
		m.breaks(fault)
		answer := m.send(order)
		check := func() {
			paid := m.payouts.Paid()
			m.Len(paid, before+1, "payments")
			last := flow.order.Last
			for name, figure := range map[string]struct {
				got  decimal.NullDecimal
				want decimal.Decimal
			}{"Fee": {last.Fee, paid[before].Fee}, "Net": {last.Net, paid[before].Net}, "Total": {last.Total, order.amount()}} {
				m.True(!figure.got.Valid || figure.got.Decimal.Equal(figure.want), "%s is %s, and the provider has %s: %s", name, figure.got.Decimal, figure.want, answer.text)
			}
		}
		check()
		answer = m.follow(order, answer)
		m.allowed(answer, "in the end", ports.OutcomeApproved)
		check()
	}
}

// prepareAgain prepares orders twice, the second time by a process that knows nothing.
func prepareAgain(m *moneyTest) {
	for _, fault := range []Fault{FaultNone, FaultDropAfter, FaultDropBefore} {
		order, before := m.prepared(), len(m.Booked())
		order.renew()
		m.Advance(time.Hour)
		m.takes(order)
		m.Len(m.Booked(), before, "Prepare moved money")
		m.breaks(fault)
		answer := m.followTo(order, m.send(order), fault != FaultDropBefore)
		m.ended(order, answer, before, fault != FaultDropBefore, final(fault)...)
	}
}
