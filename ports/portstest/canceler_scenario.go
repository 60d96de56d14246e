package portstest

import (
	"fmt"
	"slices"
	"sync"

	"github.com/jigap/jigap/ports"
)

// cancelScenarios are the promises of a Canceler that a Charger does not make.
func cancelScenarios() []moneyScenario {
	return []moneyScenario{
		{"each call may come from a process of its own", callsComeFromProcesses},
		{"no call changes the order", callsChangeNoOrder},
		{"a cancellation takes back its charge and no other", cancelTakesItsCharge},
		{"cancellations under way at once are kept apart", cancelsUnderWayAtOnce},
		{"cancellations may be sent at the same time", cancelsAtTheSameTime},
		{"a cancellation is not taken for another of the same charge", cancelOfTheSameCharge},
		{"a cancellation has an id of its own at the provider", cancelHasItsOwnID},
		{"a part that was given back is not reported as the whole", partIsNotTheWhole},
		{"a charge that the provider does not have is not reported as taken back", chargeThatIsNotThere},
		{"a charge that others took back is not reported as standing", chargeThatOthersTookBack},
		{"a refusal of a charge that others took back does not say that it stands", takenBackAndRefused},
		{"a charge that others took back after a cancellation was lost is not reported as standing", takenBackAfterLost},
		{"a charge that others took back while a cancellation was pending is not reported as standing", takenBackWhilePending},
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

// takenBack checks that a charge was given back in whole, or not at all.
func (f *cancelFlow) takenBack(whole bool, why string) {
	f.m.t.Helper()
	back, want := f.harness.GivenBack(f.order.Charge), f.amount()
	if !whole {
		want = want.Sub(want)
	}
	f.m.True(back.Equal(want), "the provider gave back %s of %s: %s", back, f.amount(), why)
}

// pursue follows a cancellation until its end is known, or a person must decide.
func (m *moneyTest) pursue(order *cancelFlow, answer moneyAnswer) moneyAnswer {
	m.t.Helper()
	for range mostInquiries {
		if answer.Outcome.Final() || answer.Review != "" {
			return answer
		}
		if answer.Outcome == ports.OutcomePending {
			m.Settle(true)
		}
		m.Advance(pause(answer))
		order.resume(answer, answer.Resend)
		if answer.Resend {
			answer = order.send(m.t.Context())
		} else {
			answer = order.inquire(m.t.Context())
		}
	}
	m.Fail("inquiries find no end, and ask for no person", "last answer: %s", answer.text)
	return answer
}

// callsComeFromProcesses makes each call with an adapter that remembers nothing: what it
// needs is in the order.
func callsComeFromProcesses(m *moneyTest) {
	for _, fault := range []Fault{FaultNone, FaultDropAfter, FaultDropBefore} {
		order, before := m.newCancel(), len(m.Booked())
		order.elapses = true
		m.Nil(order.prepare(m.t.Context()), "PrepareCancel refused a good cancellation")
		m.True(m.breaks(fault))
		answer := m.follow(order, m.send(order))
		m.ended(order, answer, before, fault != FaultDropBefore, final(fault)...)
		order.takenBack(answer.Outcome == ports.OutcomeApproved, answer.text)
	}
}

// final is how a cancellation may end after a fault.
func final(fault Fault) []ports.Outcome {
	all := faultCases()
	return all[slices.IndexFunc(all, func(tc faultCase) bool { return tc.fault == fault })].final
}

// callsChangeNoOrder looks at the bytes that a call was given after it returned.
func callsChangeNoOrder(m *moneyTest) {
	order, ctx := m.newCancel(), m.t.Context()
	canceler := order.canceler()
	kept := func(name string, given ports.CancelOrder) {
		m.Equal(string(order.order.Evidence), string(given.Evidence), "%s changed the Evidence", name)
		m.Equal(string(order.order.Charge.Evidence), string(given.Charge.Evidence), "%s changed the Evidence of the charge", name)
	}
	order.order.RequestedAt = m.Now()
	given := order.given()
	evidence, refusal := canceler.PrepareCancel(ctx, given)
	m.Nil(refusal, "PrepareCancel refused a good cancellation")
	kept("PrepareCancel", given)
	order.order.Evidence, order.order.Transmissions = slices.Clone(evidence), 1
	first := string(evidence)
	given = order.given()
	order.order.Last = canceler.Cancel(ctx, given)
	kept("Cancel", given)
	m.Settle(true)
	given = order.given()
	canceler.InquireCancel(ctx, given)
	kept("InquireCancel", given)
	m.Equal(first, string(evidence), "what PrepareCancel returned is the core's, and was changed after")
}

// cancelTakesItsCharge cancels the second of three charges that are alike.
func cancelTakesItsCharge(m *moneyTest) {
	before, order, after := m.newCancel(), m.newCancel(), m.newCancel()
	m.Nil(order.prepare(m.t.Context()), "PrepareCancel refused a good cancellation")
	answer := m.follow(order, m.send(order))
	m.Equal(ports.OutcomeApproved, answer.Outcome, answer.text)
	order.takenBack(true, "of the charge that was canceled")
	before.takenBack(false, "of the charge before it")
	after.takenBack(false, "of the charge after it")
}

// cancelsUnderWayAtOnce sends two cancellations, of which one has its effect, and asks about
// them by turns. Where they have one lane the core does not do so.
func cancelsUnderWayAtOnce(m *moneyTest) {
	for _, effect := range []int{0, 1} {
		m.Heal()
		orders := []*cancelFlow{m.preparedCancel(), m.preparedCancel()}
		if lane := orders[0].lane(); lane != "" && lane == orders[1].lane() {
			return
		}
		answers := make([]moneyAnswer, len(orders))
		for i, order := range orders {
			fault := FaultDropBefore
			if i == effect {
				fault = FaultDropAfter
			}
			m.True(m.breaks(fault))
			answers[i] = m.send(order)
		}
		for range mostInquiries {
			open := false
			for i, order := range orders {
				if !answers[i].Outcome.Final() {
					open = true
					if answers[i].Outcome == ports.OutcomePending {
						m.Settle(true)
					}
					m.Advance(pause(answers[i]))
					answers[i] = m.next(order, answers[i])
				}
			}
			if !open {
				break
			}
		}
		for i, order := range orders {
			m.True(answers[i].Outcome.Final(), "inquiries find no end: %s", answers[i].text)
			executed := i == effect || order.sentAgain()
			m.Equal(executed, answers[i].Outcome == ports.OutcomeApproved, answers[i].text)
			order.takenBack(executed, answers[i].text)
		}
	}
}

// cancelsAtTheSameTime has one adapter send cancellations at the same time, unless they have
// one lane.
func cancelsAtTheSameTime(m *moneyTest) {
	var orders []*cancelFlow
	for range 8 {
		orders = append(orders, m.preparedCancel())
	}
	if orders[0].lane() != "" {
		orders = orders[:1]
	}
	canceler := orders[0].canceler()
	answers := make([]ports.ChargeAnswer, len(orders))
	var group sync.WaitGroup
	for i, order := range orders {
		given := order.given()
		group.Go(func() { answers[i] = canceler.Cancel(m.t.Context(), given) })
	}
	group.Wait()
	for i, order := range orders {
		order.order.Last = answers[i]
		answer := m.follow(order, order.common(answers[i]))
		m.Equal(ports.OutcomeApproved, answer.Outcome, answer.text)
		order.takenBack(true, answer.text)
	}
}

// cancelOfTheSameCharge has a person give up a cancellation that never arrived. Another takes
// the charge back, and a question about the first follows.
func cancelOfTheSameCharge(m *moneyTest) {
	first := m.preparedCancel()
	m.True(m.breaks(FaultDropBefore))
	lost := m.send(first)
	second := *first
	second.order.CancelID, second.order.Last, second.order.Evidence = cancelID(-1), ports.ChargeAnswer{}, nil
	m.Nil(second.prepare(m.t.Context()), "PrepareCancel refused a good cancellation")
	answer := m.follow(&second, m.send(&second))
	m.Equal(ports.OutcomeApproved, answer.Outcome, answer.text)
	second.takenBack(true, answer.text)
	if lost = m.pursue(first, lost); !first.sentAgain() {
		m.NotEqual(ports.OutcomeApproved, lost.Outcome, "the first is taken for the second: %s", lost.text)
	}
}

// cancelHasItsOwnID compares what answers name as the provider's id.
func cancelHasItsOwnID(m *moneyTest) {
	var refs []string
	for _, fault := range []Fault{FaultNone, FaultDropAfter} {
		order := m.preparedCancel()
		refs = append(refs, order.order.Charge.Last.ProviderRef)
		m.True(m.breaks(fault))
		answer := m.follow(order, m.send(order))
		m.Equal(ports.OutcomeApproved, answer.Outcome, answer.text)
		if answer.ProviderRef != "" {
			m.NotContains(refs, answer.ProviderRef, "the id of another order: %s", answer.text)
			refs = append(refs, answer.ProviderRef)
		}
	}
}

// partIsNotTheWhole has the provider give back less than the charge.
func partIsNotTheWhole(m *moneyTest) {
	order := m.preparedCancel()
	if !m.breaks(FaultPart) {
		return
	}
	answer := m.pursue(order, order.send(m.t.Context()))
	back := order.harness.GivenBack(order.order.Charge)
	m.True(back.IsPositive() && back.LessThan(order.amount()), "the harness gives a part back, and not %s of %s", back, order.amount())
	m.Contains([]ports.Outcome{ports.OutcomeApproved, ports.OutcomePending, ports.OutcomeUnknown}, answer.Outcome, "the charge does not stand: %s", answer.text)
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
		m.refusal(*answer)
	}
	m.NotEqual(ports.OutcomeApproved, answer.Outcome, "no charge was taken back: %s", answer.text)
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
			m.Nil(order.prepare(m.t.Context()), "PrepareCancel refused a good cancellation")
		}
		if !order.harness.TakeBack(order.order.Charge) {
			return
		}
		if !prepared {
			refusal = order.prepare(m.t.Context())
		}
		if refusal == nil {
			answer := m.pursue(order, order.send(m.t.Context()))
			refusal = &answer
		}
		m.Contains([]ports.Outcome{ports.OutcomeApproved, ports.OutcomePending, ports.OutcomeUnknown}, refusal.Outcome, "the charge does not stand: %s", refusal.text)
		order.takenBack(true, refusal.text)
	}
}

// takenBackAndRefused has a person at the provider take a charge back, and the provider then
// refuse the cancellation as it refuses that of a charge which stands.
func takenBackAndRefused(m *moneyTest) {
	order := m.preparedCancel()
	if !order.harness.TakeBack(order.order.Charge) || !m.breaks(FaultDecline) {
		return
	}
	order.doesNotStand(m.pursue(order, m.send(order)))
}

// takenBackAfterLost has a person at the provider take a charge back whose cancellation never
// arrived.
func takenBackAfterLost(m *moneyTest) {
	order := m.preparedCancel()
	m.True(m.breaks(FaultDropBefore))
	answer := m.send(order)
	if !order.harness.TakeBack(order.order.Charge) {
		return
	}
	order.doesNotStand(m.pursue(order, answer))
}

// takenBackWhilePending has a person at the provider take a charge back whose cancellation is
// pending, which fails then. A provider that answers at once has no such cancellation.
func takenBackWhilePending(m *moneyTest) {
	order := m.preparedCancel()
	answer := m.send(order)
	if answer.Outcome != ports.OutcomePending || !order.harness.TakeBack(order.order.Charge) {
		return
	}
	m.True(m.Settle(false), "the harness ends what is pending")
	order.doesNotStand(m.pursue(order, answer))
}

// doesNotStand checks the last answer about a cancellation of a charge that others took back.
func (f *cancelFlow) doesNotStand(answer moneyAnswer) {
	f.m.t.Helper()
	f.m.NotEqual(ports.OutcomeDeclined, answer.Outcome, "the charge does not stand: %s", answer.text)
	f.takenBack(true, answer.text)
}
