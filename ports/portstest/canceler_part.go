package portstest

import (
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// partScenarios are the promises of a Canceler that takes back parts.
func partScenarios() []moneyScenario {
	const (
		parts = "PartCanceler is a Canceler whose provider can take back a part of a charge, and with further orders other parts, up to the whole."
		finds = "InquireCancel finds out what became of a cancellation."
		whole = "to be taken back: positive, at most Left, in whole units of the charge's currency"
	)
	return []moneyScenario{
		{"parts are taken back until nothing is left", parts, partsUpToTheWhole},
		{"a part is not taken for the one before it", finds, partAfterAnother},
		{"a part that was lost is found after another", finds, lostPartAfterAnother},
		{"a part that is refused after another is not reported as taken back", "OutcomeApproved means that it was; OutcomeDeclined that the charge stands.", refusedAfterAnother},
		{"an answer tells the amount of its part", cancelAmount, amountOfThePart},
		{"CheckPart is answered again and again", "It does no I/O.", checkPartWithoutRequests},
		{"CheckPart refuses what no provider takes back", "An amount that is not positive, that is more than Left, or that is finer than the provider takes is never taken back.", checkPartRefuses},
		{"any amount of a part is executed as it is, or refused", whole, anyPart},
		{"a fraction of a part is executed as it is, or refused", providerRefuses, anyFractionOfPart},
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
	m.forbidden(answer, "it never arrived", ports.OutcomeApproved, ports.OutcomeDeclined)
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
	m.allowed(answer, "it was executed", ports.OutcomeApproved, ports.OutcomePending, ports.OutcomeUnknown)
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
	m.forbidden(answer, "the provider refused it", ports.OutcomeApproved)
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

// checkPartRefuses asks CheckPart about amounts that no provider gives back.
func checkPartRefuses(m *moneyTest) {
	parts, _ := ports.As[ports.PartCanceler](m.canceler.Charger())
	for flaw, change := range spoiltParts() {
		order := m.cancelOf(m.newCharge())
		order.order.Amount = someOf(order.order.Left)
		m.takesPart(order)
		change(&order.order)
		err := parts.CheckPart(order.port.clone(order.order))
		m.True(errors.Is(err, ports.ErrInvalid), "CheckPart does not refuse %s: it is asked about %s of %s, and answers %v; allowed is ErrInvalid",
			flaw, order.amount(), order.order.Left, err)
	}
}

// anyPart takes parts of other amounts back, each of a charge of its own, lost or not.
func anyPart(m *moneyTest) {
	whole := m.newCharge().Amount
	least := decimal.NewFromInt(1)
	for _, amount := range append(amountsToTry(), whole.Sub(least), whole.Sub(someOf(whole))) {
		if !amount.IsPositive() || !amount.LessThan(whole) {
			continue
		}
		for _, fault := range []Fault{FaultNone, FaultDropAfter} {
			order := m.cancelOf(m.newCharge())
			order.order.Amount = amount
			if !m.executesExactly(order, fault, fmt.Sprintf("the part is of %s of %s", amount, whole)) {
				break
			}
		}
	}
}

// anyFractionOfPart takes parts back that have fractions of any size.
func anyFractionOfPart(m *moneyTest) {
	for _, fraction := range fractionsToTry() {
		order := m.cancelOf(m.newCharge())
		order.order.Amount = someOf(order.order.Left).Add(fraction)
		m.executesExactly(order, FaultNone, fmt.Sprintf("the part is of %s of %s", order.amount(), order.order.Left))
	}
}
