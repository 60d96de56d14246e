package portstest

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// CurrencyBooks is a harness whose provider takes several currencies.
type CurrencyBooks interface {
	// BookedIn returns the currency of each amount of Booked, in the same order, as the
	// provider's own books say.
	BookedIn() []string
}

// Sentences of the port about amounts.
const (
	providerWhole = "Amount is in whole units of Currency."
	providerForm  = "Amounts that are equal are one amount, whatever their exponents: 10000, 10000.00 and 1e4."
)

// formScenarios are promises about how an amount is written. They hold of cancellations too.
func formScenarios() []moneyScenario {
	return []moneyScenario{
		{"an amount is executed in whatever form it is written", providerForm, amountInAnyForm},
	}
}

// amountScenarios are promises about the amounts and currencies of charges and payouts.
func amountScenarios() []moneyScenario {
	return []moneyScenario{
		{"any amount is executed as it is, or refused", providerWhole, anyAmount},
		{"a fraction is executed as it is, or refused", providerRefuses, anyFraction},
		{"an order is executed in its currency", providerRefuses, orderInItsCurrency},
	}
}

// amountInAnyForm sends the amount of a good order with other exponents, each order lost or not.
func amountInAnyForm(m *moneyTest) {
	for _, amount := range formsOf(m.newOrder().amount()) {
		for _, fault := range []Fault{FaultNone, FaultDropAfter} {
			order := m.newOrder()
			order.costs(amount)
			why := fmt.Sprintf("%s is written %s", amount, written(amount))
			m.True(m.executesExactly(order, fault, why), "%s, and is the amount of a good order", why)
		}
	}
}

// formsOf returns an amount with other exponents.
func formsOf(amount decimal.Decimal) []decimal.Decimal {
	var forms []decimal.Decimal
	for _, scale := range []int32{0, 2, ports.MaxScale} {
		if form, err := ports.CheckAmount("Amount", amount, scale); err == nil {
			forms = append(forms, form)
		}
	}
	digits, exponent, ten := amount.Coefficient(), amount.Exponent(), big.NewInt(10)
	for quotient, rest := new(big.Int), new(big.Int); digits.Sign() != 0; exponent++ {
		if quotient.QuoRem(digits, ten, rest); rest.Sign() != 0 {
			break
		}
		digits.Set(quotient)
	}
	return append(forms, decimal.NewFromBigInt(digits, exponent))
}

// written is the form of an amount, as it is printed.
func written(amount decimal.Decimal) string {
	return fmt.Sprintf("%de%d", amount.Coefficient(), amount.Exponent())
}

// amountsToTry are amounts that narrow numbers, bounds and roundings of an adapter change.
func amountsToTry() []decimal.Decimal {
	var amounts []decimal.Decimal
	for _, amount := range []int64{
		10_001, 1_234_567, 1, 999, // below a minimum, and not round
		9_999_999, 16_777_217, // no 32-bit float has the second
		2_147_493_648, 4_294_977_296, // 10,000 above what 32 bits hold
		9_007_199_254_740_993, // no 64-bit float has it
	} {
		amounts = append(amounts, decimal.NewFromInt(amount))
	}
	return amounts
}

// fractionsToTry are fractions of a unit, some finer than any currency has.
func fractionsToTry() []decimal.Decimal {
	return []decimal.Decimal{
		decimal.New(1, -1), decimal.New(1, -2), decimal.New(5, -3), decimal.New(1, -3), decimal.New(4, -4), decimal.New(1, -ports.MaxScale),
	}
}

// anyAmount sends orders of other amounts, each lost or not.
func anyAmount(m *moneyTest) {
	for _, amount := range amountsToTry() {
		for _, fault := range []Fault{FaultNone, FaultDropAfter} {
			order := m.newOrder()
			if !order.costs(amount) || !m.executesExactly(order, fault, "the order is of "+amount.String()) {
				break
			}
		}
	}
}

// anyFraction sends orders with fractions, of any size, in each currency of the provider.
func anyFraction(m *moneyTest) {
	for _, code := range m.codes {
		for _, fraction := range fractionsToTry() {
			order := m.newOrder()
			order.in(code)
			order.costs(order.amount().Add(fraction))
			m.executesExactly(order, FaultNone, fmt.Sprintf("the order is of %s %s", order.amount(), code))
		}
	}
}

// orderInItsCurrency sends orders in each currency of the provider, each lost or not.
func orderInItsCurrency(m *moneyTest) {
	if len(m.codes) < 2 {
		m.skip("the provider of the harness takes one currency")
	}
	harness, tells := m.ProviderHarness.(CurrencyBooks)
	m.True(tells, "the harness: a provider of several currencies tells the currency of each amount, see CurrencyBooks")
	for _, fault := range []Fault{FaultNone, FaultDropAfter} {
		for _, code := range m.codes {
			order, before := m.newOrder(), len(m.Booked())
			order.in(code)
			m.True(m.executesExactly(order, fault, "the order is in "+code), "the provider takes %s", code)
			booked := harness.BookedIn()
			m.Len(booked, before+1, "the harness returns the currency of each amount")
			m.Equal(code, booked[before], "the order is in %s", code)
		}
	}
}

// executesExactly sends an order into a fault, and reports whether it was executed: exactly as it
// was ordered. One that is not executed must be refused.
func (m *moneyTest) executesExactly(order moneyOrder, fault Fault, why string) bool {
	m.t.Helper()
	defer m.Heal()
	before := len(m.Booked())
	if refusal := order.prepare(m.t.Context()); refusal != nil {
		m.refusal(order, *refusal)
		m.Len(m.Booked(), before, why)
		return false
	}
	m.breaks(fault)
	answer := m.follow(order, m.send(order))
	booked := m.Booked()[before:]
	if answer.Outcome != ports.OutcomeApproved {
		m.Empty(booked, "%s, and the answer is %s", why, answer.text)
		return false
	}
	if len(booked) != 1 || !booked[0].Equal(order.amount()) {
		m.FailNow(fmt.Sprintf("%s, and the provider executed %v", why, booked), "the answer: %s", answer.text)
	}
	return true
}

// otherCurrencies are currencies that a provider does not take: the one for tests, others, and
// those that it takes in another form.
func otherCurrencies(taken []string) []string {
	codes := []string{"XTS", "KRW", "USD", "JPY", "EUR", "CNY", "VND", "GBP", "KPW", "USDT", "XQJ", "410"}
	for _, code := range taken {
		codes = append(codes, strings.ToLower(code), code[:1]+strings.ToLower(code[1:]), " "+code, code+" ", code+"\n", code+"T", code[:len(code)-1])
	}
	return slices.DeleteFunc(codes, func(code string) bool { return slices.Contains(taken, code) })
}
