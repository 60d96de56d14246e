package portstest

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// cancelScenarios are the promises of a Canceler that a Charger does not make.
func cancelScenarios() []moneyScenario {
	const (
		takes  = "Cancel asks the provider, once, to take back CancelOrder.Amount of the charge."
		stands = "Cancel and InquireCancel must therefore look whether the charge stands before they answer OutcomeDeclined, whatever the provider answered; " +
			"where it does not, or the adapter cannot look, they answer OutcomeUnknown, with a Review unless a later look may help."
	)
	return []moneyScenario{
		{"a cancellation takes back its charge and no other", takes, cancelTakesItsCharge},
		{"a Canceler of whole charges refuses a part", "Any other Canceler gets orders for whole charges only, and must refuse an order whose Amount is not its Left.", wholesOnly},
		{"a cancellation is not taken for another of the same charge", "InquireCancel finds out what became of a cancellation.", cancelOfTheSameCharge},
		{"a cancellation has an id of its own at the provider", "No other order of the adapter has it", cancelHasItsOwnID},
		{"a part that was given back is not reported as the whole", cancelAmount, partIsNotTheWhole},
		{"a charge that the provider does not have is not reported as taken back", "OutcomeApproved means that it was; OutcomeDeclined that the charge stands.", chargeThatIsNotThere},
		{"a charge that others took back is not reported as standing", stands, chargeThatOthersTookBack},
		{"a refusal of a charge that others took back does not say that it stands", stands, takenBackAndRefused},
		{"a refusal is not believed while the charge cannot be looked up", stands, refusedAndBlind},
		{"a charge that others took back after a cancellation was lost is not reported as standing", stands, takenBackAfterLost},
		{"a charge that others took back is found in long records, and on another day", stands, takenBackAmongMany},
		{"a charge that is two months old is canceled as any other", takes, oldChargeIsCanceled},
		{"a charge that is two months old and that others took back is not reported as standing", stands, oldChargeTakenBack},
		{"a charge that others took back while a cancellation was pending is not reported as standing", stands, takenBackWhilePending},
	}
}

func cancelID(made int) string { return fmt.Sprintf("cancel-%d", made) }

// newCancel returns a cancellation of a charge of its own.
func (m *moneyTest) newCancel() *cancelFlow {
	m.t.Helper()
	flow, _ := m.newOrder().(*cancelFlow)
	return flow
}

// preparedCancel returns a cancellation that may be sent now.
func (m *moneyTest) preparedCancel() *cancelFlow {
	m.t.Helper()
	flow, _ := m.prepared().(*cancelFlow)
	return flow
}

// givenBack checks how much of a charge the provider gave back in all.
func (m *moneyTest) givenBack(order *cancelFlow, want decimal.Decimal, why string) {
	m.t.Helper()
	back := m.canceler.GivenBack(order.order.Charge)
	m.True(back.Equal(want), "the provider gave back %s of %s, and not %s: %s", back, order.order.Charge.Amount, want, why)
}

// cancelTakesItsCharge cancels the second of three charges that are alike.
func cancelTakesItsCharge(m *moneyTest) {
	before, order, after := m.newCancel(), m.newCancel(), m.newCancel()
	m.takes(order)
	answer := m.follow(order, m.send(order))
	m.allowed(answer, "in the end", ports.OutcomeApproved)
	m.givenBack(order, order.amount(), "of the charge that was canceled")
	m.givenBack(before, decimal.Zero, "of the charge before it")
	m.givenBack(after, decimal.Zero, "of the charge after it")
}

// cancelOfTheSameCharge has a person give up a cancellation that never arrived. Another takes
// the charge back, and a question about the first follows.
func cancelOfTheSameCharge(m *moneyTest) {
	first := m.preparedCancel()
	m.breaks(FaultDropBefore)
	lost := m.send(first)
	m.did("a person gives the first cancellation up, which never arrived: nothing of the charge was taken back, so another is opened over the same amount")
	second := newFlow(m, m.cancelPort(), first.order)
	second.order.CancelID, second.order.Last, second.order.Evidence = cancelID(-1), ports.ChargeAnswer{}, nil
	m.takes(second)
	answer := m.follow(second, m.send(second))
	m.allowed(answer, "in the end", ports.OutcomeApproved)
	m.givenBack(second, second.amount(), answer.text)
	m.did("the first is asked about, as after a crash: its answer was lost, and the second took the charge back")
	if lost = m.followLost(first, lost); !first.sentAgain() {
		m.forbidden(lost, "the first is taken for the second", ports.OutcomeApproved)
	}
}

// cancelHasItsOwnID compares what answers name as the provider's id with the ids of charges.
func cancelHasItsOwnID(m *moneyTest) {
	for _, fault := range []Fault{FaultNone, FaultDropAfter} {
		order := m.preparedCancel()
		m.breaks(fault)
		answer := m.follow(order, m.send(order))
		m.allowed(answer, "in the end", ports.OutcomeApproved)
		if answer.ProviderRef != "" {
			m.True(order.order.Charge.Last.ProviderRef != answer.ProviderRef, "the answer names the id of the charge as that of the cancellation: %s", answer.text)
		}
	}
}

// partIsNotTheWhole has the provider give back less than the charge.
func partIsNotTheWhole(m *moneyTest) {
	order := m.preparedCancel()
	m.breaks(FaultPart)
	m.part = true
	answer := m.pursue(order, order.send(m.t.Context()))
	back := m.canceler.GivenBack(order.order.Charge)
	m.True(back.IsPositive() && back.LessThan(order.amount()), "the harness gives a part back, and not %s of %s", back, order.amount())
	m.allowed(answer, "the charge does not stand", ports.OutcomeApproved, ports.OutcomePending, ports.OutcomeUnknown)
	if answer.Outcome == ports.OutcomeApproved {
		m.True(answer.Amount.Valid && answer.Amount.Decimal.Equal(back), "%s of %s was given back: %s", back, order.amount(), answer.text)
	}
}

// chargeThatIsNotThere cancels a charge that the provider never made.
func chargeThatIsNotThere(m *moneyTest) {
	order := m.newCancel()
	charge := &order.order.Charge
	charge.OperationID, charge.Last.ProviderRef, charge.Evidence = "none of the provider's", another(charge.Last.ProviderRef), nil
	answer := order.prepare(m.t.Context())
	if answer == nil {
		sent := m.pursue(order, order.send(m.t.Context()))
		answer = &sent
	} else {
		m.refusal(order, *answer)
	}
	m.forbidden(*answer, "no charge was taken back", ports.OutcomeApproved)
	m.Empty(m.Booked())
}

// another returns an id of the same form that no order has.
func another(ref string) string {
	if ref == "" {
		return "0"
	}
	last := byte('0')
	if ref[len(ref)-1] == last {
		last = '1'
	}
	return ref[:len(ref)-1] + string(last)
}

// chargeThatOthersTookBack cancels a charge that a person at the provider took back: before
// PrepareCancel, and between it and Cancel.
func chargeThatOthersTookBack(m *moneyTest) {
	for _, prepared := range []bool{false, true} {
		order := m.newCancel()
		var refusal *moneyAnswer
		if prepared {
			m.takes(order)
		}
		if !m.canceler.TakeBack(order.order.Charge) {
			return
		}
		if !prepared {
			refusal = order.prepare(m.t.Context())
		}
		if refusal == nil {
			answer := m.pursue(order, order.send(m.t.Context()))
			refusal = &answer
		}
		m.doesNotStand(order, *refusal)
		m.forbidden(*refusal, "the charge does not stand", ports.OutcomeNotSent, ports.OutcomeFault)
	}
}

// takenBackAndRefused has a person at the provider take a charge back, and the provider then
// refuse the cancellation as it refuses that of a charge which stands.
func takenBackAndRefused(m *moneyTest) {
	order := m.preparedCancel()
	if !m.canceler.TakeBack(order.order.Charge) || !m.breaks(FaultDecline) {
		return
	}
	m.doesNotStand(order, m.pursue(order, m.send(order)))
}

// takenBackAmongMany has a person at the provider take a charge back, others move very many
// amounts before and after that, and the provider refuse the cancellation a day later.
func takenBackAmongMany(m *moneyTest) {
	order := m.newCancel()
	others := func() {
		for range manyTimes {
			m.breaks(FaultOthers)
		}
	}
	others()
	m.Advance(48 * time.Hour)
	if !m.canceler.TakeBack(order.order.Charge) {
		m.skip("the harness says that others take no charge back at this provider")
	}
	others()
	m.Advance(48 * time.Hour)
	refusal := order.prepare(m.t.Context())
	if refusal == nil {
		m.breaks(FaultDecline)
		answer := m.pursue(order, m.send(order))
		refusal = &answer
	}
	m.doesNotStand(order, *refusal)
}

// oldCharge is how old a charge may be that is canceled.
const oldCharge = 60 * 24 * time.Hour

// oldChargeIsCanceled cancels an old charge. The provider may refuse it.
func oldChargeIsCanceled(m *moneyTest) {
	order := m.newCancel()
	m.Advance(oldCharge)
	refusal := order.prepare(m.t.Context())
	if refusal == nil {
		answer := m.pursue(order, m.send(order))
		refusal = &answer
	}
	back := decimal.Zero
	if refusal.Outcome == ports.OutcomeApproved {
		back = order.amount()
	}
	m.allowed(*refusal, "in the end", ports.OutcomeApproved, ports.OutcomeDeclined, ports.OutcomeNotSent, ports.OutcomeFault)
	m.givenBack(order, back, refusal.text)
}

// oldChargeTakenBack has a person at the provider take an old charge back.
func oldChargeTakenBack(m *moneyTest) {
	order := m.newCancel()
	m.Advance(oldCharge)
	if !m.canceler.TakeBack(order.order.Charge) {
		m.skip("the harness says that others take no charge back at this provider")
	}
	m.Advance(time.Hour)
	refusal := order.prepare(m.t.Context())
	if refusal == nil {
		answer := m.pursue(order, m.send(order))
		refusal = &answer
	}
	m.doesNotStand(order, *refusal)
}

// refusedAndBlind has the provider refuse a cancellation of a charge that others took back, and
// answer no question about it.
func refusedAndBlind(m *moneyTest) {
	order := m.preparedCancel()
	if !m.canceler.TakeBack(order.order.Charge) {
		m.skip("the harness says that others take no charge back at this provider")
	}
	m.breaks(FaultDecline)
	m.breaks(FaultBlind)
	answer := m.send(order)
	m.doesNotStand(order, answer)
	order.resume(answer, false)
	m.doesNotStand(order, m.blind(order, glance))
}

// takenBackAfterLost has a person at the provider take a charge back whose cancellation never
// arrived.
func takenBackAfterLost(m *moneyTest) {
	order := m.preparedCancel()
	m.breaks(FaultDropBefore)
	answer := m.send(order)
	if !m.canceler.TakeBack(order.order.Charge) {
		return
	}
	answer, _ = m.chase(order, answer)
	m.doesNotStand(order, answer)
}

// takenBackWhilePending has a person at the provider take a charge back whose cancellation is
// pending, which fails then. A provider that answers at once has no such cancellation.
func takenBackWhilePending(m *moneyTest) {
	order := m.preparedCancel()
	answer := m.send(order)
	if answer.Outcome != ports.OutcomePending || !m.canceler.TakeBack(order.order.Charge) {
		return
	}
	m.True(m.Settle(false), "the harness ends what is pending")
	m.doesNotStand(order, m.pursue(order, answer))
}

// doesNotStand checks the last answer about a cancellation of a charge that others took back.
func (m *moneyTest) doesNotStand(order *cancelFlow, answer moneyAnswer) {
	m.t.Helper()
	m.forbidden(answer, "the charge does not stand", ports.OutcomeDeclined)
	if m.parts {
		m.forbidden(answer, "others took the charge back, and not this order", ports.OutcomeApproved)
	}
	m.givenBack(order, order.order.Charge.Amount, answer.text)
}

// wholesOnly asks a Canceler that is no PartCanceler for a part.
func wholesOnly(m *moneyTest) {
	if _, can := ports.As[ports.PartCanceler](m.canceler.Charger()); can {
		return
	}
	order := m.cancelOf(m.newCharge())
	order.order.Amount = someOf(order.order.Left)
	refusal := order.prepare(m.t.Context())
	if refusal == nil {
		answer := m.send(order)
		refusal = &answer
	}
	m.allowed(*refusal, "a part of the charge", ports.OutcomeDeclined, ports.OutcomeNotSent, ports.OutcomeFault)
	m.Advance(24 * time.Hour)
	m.Settle(true)
	m.givenBack(order, decimal.Zero, refusal.text)
}
