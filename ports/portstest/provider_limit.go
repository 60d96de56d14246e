package portstest

import (
	"time"

	"github.com/jigap/jigap/ports"
)

// limitScenarios are promises that hold however long an order is open, and however often it is
// asked about or sent.
func limitScenarios() []moneyScenario {
	return []moneyScenario{
		{"sixty inquiries without an answer end no order", providerFailedQuestion, askedSixtyTimes},
		{"an order that is pending stays so for sixty inquiries and four months", "OutcomePending: the provider has the order and works on it.", pendingForLong},
		{"an order that is asked about after four months ends as it was executed", providerFinds, askedAfterMonths},
		{"an order that is sent six times moves its money once", providerAtMostOnce, sentSixTimes},
	}
}

const (
	manyInquiries     = 60
	manyTransmissions = 6
	fourMonths        = 120 * 24 * time.Hour

	// blink is how long one of many questions has that fail.
	blink = 20 * time.Millisecond
	// aLittle is how late each of them may be on a busy machine.
	aLittle = 50 * time.Millisecond
)

// askedSixtyTimes asks about an order that was executed, and about one that was not, while no
// question is answered, and then for months.
func askedSixtyTimes(m *moneyTest) {
	for _, fault := range []Fault{FaultDropAfter, FaultDropBefore} {
		order, before := m.prepared(), len(m.Booked())
		m.breaks(fault)
		answer := m.send(order)
		m.breaks(FaultBlind)
		for i := range manyInquiries + 3 {
			m.Advance(time.Minute)
			if i >= manyInquiries {
				m.Advance(fourMonths / 3)
			}
			order.resume(answer, false)
			m.over.forgive(aLittle) // many calls are a little late together
			answer = m.blind(order, blink)
			m.allowed(answer, "no question was answered", ports.OutcomeUnknown)
		}
		m.Heal()
		m.about(providerFinds)
		if answer, _ = m.chase(order, answer); answer.Review != "" { // it is too old to be found
			m.Settle(true)
			continue
		}
		m.ended(order, answer, before, fault == FaultDropAfter, final(fault)...)
	}
}

// pendingForLong asks about a pending order again and again, and after months.
func pendingForLong(m *moneyTest) {
	order, answer := m.pending()
	for i := range manyInquiries + 3 {
		m.Advance(time.Minute)
		if i >= manyInquiries {
			m.Advance(fourMonths / 3)
		}
		order.resume(answer, false)
		answer = order.inquire(m.t.Context())
		m.plausible(order, answer)
		m.allowed(answer, "the provider is still at work", ports.OutcomePending, ports.OutcomeUnknown)
	}
	m.Settle(true)
	m.ended(order, m.pursue(order, answer), 0, true, ports.OutcomeApproved, answer.Outcome)
}

// askedAfterMonths asks for the first time months after orders were sent.
func askedAfterMonths(m *moneyTest) {
	for _, fault := range []Fault{FaultDropAfter, FaultDropBefore} {
		order, before := m.prepared(), len(m.Booked())
		m.breaks(fault)
		answer := m.send(order)
		m.Settle(true)
		m.Advance(fourMonths)
		answer, _ = m.chase(order, answer)
		m.Settle(true)
		executed := fault == FaultDropAfter
		if answer.Review != "" { // it is too old to be found, and was not sent again
			m.Len(m.Booked(), before+one(executed), "the provider's books; the order was executed: %t", executed)
			continue
		}
		m.ended(order, answer, before, executed, final(fault)...)
	}
}

// sentSixTimes has every transmission of an order lost, and have its effect later.
func sentSixTimes(m *moneyTest) {
	for _, last := range []Fault{FaultNone, FaultUnreachable, FaultThrottle} {
		order, before := m.prepared(), len(m.Booked())
		m.breaks(FaultLate)
		answer := m.send(order)
		for n := 2; n <= manyTransmissions && !answer.Outcome.Final(); n++ {
			asked := order.inquire(m.t.Context())
			m.plausible(order, asked)
			if !asked.Resend {
				break
			}
			order.resume(asked, true)
			fault := FaultLate
			if n == manyTransmissions {
				fault = last
			}
			m.tries(fault)
			answer = m.send(order)
		}
		m.Heal()
		m.Advance(24 * time.Hour)
		m.Settle(true)
		m.True(len(m.Booked()) <= before+1, "the provider executed one order, which was sent several times, %d times", len(m.Booked())-before)
		if answer.Outcome.Final() {
			m.booked(order, before+one(answer.Outcome == ports.OutcomeApproved))
		}
	}
}
