package portstest

import (
	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// partScenarios are the promises of a Canceler that takes back parts.
func partScenarios() []moneyScenario {
	const (
		parts = "PartCanceler is a Canceler whose provider can take back a part of a charge, and with further orders other parts, up to the whole."
		finds = "InquireCancel finds out what became of a cancellation."
	)
	return []moneyScenario{
		{"parts are taken back until nothing is left", parts, partsUpToTheWhole},
		{"a part is not taken for the one before it", finds, partAfterAnother},
		{"a part that was lost is found after another", finds, lostPartAfterAnother},
		{"a part that is refused after another is not reported as taken back", "OutcomeApproved means that it was; OutcomeDeclined that the charge stands.", refusedAfterAnother},
		{"an answer tells the amount of its part", "An Amount in the answer is what this order gave back", amountOfThePart},
		{"CheckPart is answered again and again", "It does no I/O.", checkPartWithoutRequests},
	}
}

// nextPart returns an order for a further part of a charge, after so much was given back before.
func (m *moneyTest) nextPart(charge ports.ChargeOrder, amount, before decimal.Decimal) *cancelFlow {
	m.t.Helper()
	order := m.cancelOf(charge)
	order.order.Amount, order.order.Left = amount, charge.Amount.Sub(before)
	m.takesPart(order)
	m.takes(order)
	return order
}

// partsUpToTheWhole takes back two equal parts of a charge, and then the rest.
func partsUpToTheWhole(m *moneyTest) {
	charge := m.newCharge()
	part, back := someOf(charge.Amount), decimal.Zero
	refs := make(map[string]bool)
	for _, amount := range []decimal.Decimal{part, part, charge.Amount.Sub(part).Sub(part)} {
		order := m.nextPart(charge, amount, back)
		answer := m.follow(order, m.send(order))
		m.allowed(answer, "in the end", ports.OutcomeApproved)
		back = back.Add(amount)
		m.givenBack(order, back, answer.text)
		if answer.ProviderRef != "" {
			m.False(refs[answer.ProviderRef], "two parts have the id %s", answer.ProviderRef)
			refs[answer.ProviderRef] = true
		}
	}
}

// partAfterAnother takes a part back. The order for another part, of the same amount, never
// arrives.
func partAfterAnother(m *moneyTest) {
	charge := m.newCharge()
	part := someOf(charge.Amount)
	first := m.nextPart(charge, part, decimal.Zero)
	m.allowed(m.follow(first, m.send(first)), "in the end", ports.OutcomeApproved)
	second := m.nextPart(charge, part, part)
	m.breaks(FaultDropBefore)
	answer := m.followLost(second, m.send(second))
	if second.sentAgain() {
		m.givenBack(second, part.Add(part), answer.text)
		return
	}
	m.NotContains([]ports.Outcome{ports.OutcomeApproved, ports.OutcomeDeclined}, answer.Outcome, "it never arrived: %s", answer.text)
	m.givenBack(second, part, answer.text)
}

// lostPartAfterAnother takes two parts back that are alike. The answer to the second is lost.
func lostPartAfterAnother(m *moneyTest) {
	charge := m.newCharge()
	part := someOf(charge.Amount)
	first := m.nextPart(charge, part, decimal.Zero)
	m.allowed(m.follow(first, m.send(first)), "in the end", ports.OutcomeApproved)
	second := m.nextPart(charge, part, part)
	m.breaks(FaultDropAfter)
	answer := m.pursue(second, m.send(second))
	m.Contains([]ports.Outcome{ports.OutcomeApproved, ports.OutcomePending, ports.OutcomeUnknown}, answer.Outcome, "it was executed: %s", answer.text)
	m.givenBack(second, part.Add(part), answer.text)
}

// refusedAfterAnother takes a part back, and has the provider refuse the rest.
func refusedAfterAnother(m *moneyTest) {
	charge := m.newCharge()
	part := someOf(charge.Amount)
	first := m.nextPart(charge, part, decimal.Zero)
	m.allowed(m.follow(first, m.send(first)), "in the end", ports.OutcomeApproved)
	second := m.nextPart(charge, charge.Amount.Sub(part), part)
	m.breaks(FaultDecline)
	answer := m.pursue(second, m.send(second))
	m.NotEqual(ports.OutcomeApproved, answer.Outcome, "it was refused: %s", answer.text)
	m.givenBack(second, part, answer.text)
}

// amountOfThePart reads the amounts that answers to two parts name, also after they were lost.
func amountOfThePart(m *moneyTest) {
	charge := m.newCharge()
	part, back := someOf(charge.Amount), decimal.Zero
	for _, fault := range []Fault{FaultNone, FaultDropAfter} {
		order := m.nextPart(charge, part, back)
		m.breaks(fault)
		answer := m.pursue(order, m.send(order))
		back = back.Add(part)
		if answer.Amount.Valid {
			m.True(answer.Amount.Decimal.Equal(part), "%s was given back for this order, and %s in all: %s", part, back, answer.text)
		}
		m.Heal()
	}
}

// checkPartWithoutRequests asks CheckPart while the provider cannot be reached.
func checkPartWithoutRequests(m *moneyTest) {
	order := m.cancelOf(m.newCharge())
	order.order.Amount = someOf(order.order.Left)
	m.Break(FaultUnreachable)
	m.Break(FaultAskUnreachable)
	for range 3 {
		m.takesPart(order)
	}
}
