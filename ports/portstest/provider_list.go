package portstest

import (
	"time"

	"github.com/jigap/jigap/ports"
)

// listScenarios are promises about what an inquiry finds in the provider's records.
func listScenarios() []moneyScenario {
	return []moneyScenario{
		{"an order is found among very many of others", providerFinds, foundAmongVeryMany},
		{"an order that is sent before midnight and executed after it is found", providerFinds, executedAfterMidnight},
		{"an order is found where the clocks of provider and adapter differ", providerFinds, clocksDiffer},
		{"an order is not taken for others that differ by little", providerRef, othersThatDifferByLittle},
		{"an order is not taken for what is no order", providerRef, otherKind},
		{"an order is not taken for another that was made days later", providerRef, anotherDaysLater},
		{"an order is not taken for another that was made before it and is shown late", providerRef, anotherShownLate},
		{"the lane of an order is the same on every day, and one that a record can have", "It is the same at every call about an order, on whatever day, and at most MaxID bytes of printable UTF-8 without a blank at either end, however long the fields of the order are.", laneOnEveryDay},
		{"a refusal is not proved by what was given back for another order", "OutcomeDeclined: the provider refused for good; no money moved.", refusedAfterAnotherOrder},
	}
}

// manyTimes is how often others fill a page or more.
const manyTimes = 5

// foundAmongVeryMany has others move very many amounts before an order and after it.
func foundAmongVeryMany(m *moneyTest) {
	for _, fault := range []Fault{FaultDropAfter, FaultDropBefore} {
		for range manyTimes {
			m.breaks(FaultOthers)
			m.Advance(time.Minute)
		}
		order, before := m.prepared(), len(m.Booked())
		m.breaks(fault)
		answer := m.send(order)
		for range manyTimes {
			m.breaks(FaultOthers)
		}
		answer = m.followTo(order, answer, fault != FaultDropBefore)
		m.ended(order, answer, before, fault != FaultDropBefore, final(fault)...)
	}
}

// advanceTo moves the clocks to the next time at which a zone has two minutes to midnight, on the
// last day of a month or on any.
func (m *moneyTest) advanceTo(zone *time.Location, monthEnd bool) {
	now := m.Now().In(zone)
	day := now.Day()
	if monthEnd {
		day = 0
	}
	at := time.Date(now.Year(), now.Month(), day, 23, 58, 0, 0, zone)
	for !at.After(now) {
		if monthEnd {
			at = time.Date(at.Year(), at.Month()+2, 0, 23, 58, 0, 0, zone)
		} else {
			at = at.AddDate(0, 0, 1)
		}
	}
	m.ProviderHarness.Advance(at.Sub(now))
	m.did("it is %s", at.Format(time.RFC3339))
}

// nights has a step made two minutes before midnight, of a day and of a month, in UTC and in
// the zone of Korea.
func (m *moneyTest) nights(step func(toMidnight func())) {
	for _, zone := range []*time.Location{time.UTC, time.FixedZone("Korea", 9*60*60)} {
		for _, monthEnd := range []bool{false, true} {
			step(func() { m.advanceTo(zone, monthEnd) })
		}
	}
}

// executedAfterMidnight sends orders before midnight. One has its effect after it, and of
// another the first question comes after it.
func executedAfterMidnight(m *moneyTest) {
	m.nights(func(toMidnight func()) {
		for _, fault := range []Fault{FaultLate, FaultDropAfter} {
			order := m.newOrder()
			toMidnight()
			m.prepares(order)
			before := len(m.Booked())
			if !m.tries(fault) {
				continue
			}
			answer := m.send(order)
			if fault == FaultDropAfter {
				m.Advance(3 * time.Minute)
			}
			m.ended(order, m.follow(order, answer), before, true, ports.OutcomeApproved)
		}
	})
}

// clocksDiffer has the provider's clock run ahead and behind.
func clocksDiffer(m *moneyTest) {
	differ := false
	for _, clock := range []Fault{FaultAhead, FaultBehind} {
		if !m.tries(clock) {
			continue
		}
		differ = true
		for _, fault := range []Fault{FaultNone, FaultDropAfter, FaultLate, FaultDropBefore} {
			order, before := m.prepared(), len(m.Booked())
			if !m.tries(fault) {
				continue
			}
			answer := m.followTo(order, m.send(order), fault != FaultDropBefore)
			m.ended(order, answer, before, fault != FaultDropBefore, final(fault)...)
			m.Advance(time.Hour)
		}
		m.Heal()
		m.Advance(24 * time.Hour)
	}
	if !differ {
		m.skip("the clocks of the harness do not differ")
	}
}

// othersThatDifferByLittle has others move what an order of NewOrder is mistaken for.
func othersThatDifferByLittle(m *moneyTest) {
	for _, fault := range []Fault{FaultDropAfter, FaultDropBefore} {
		order, before := m.prepared(), len(m.Booked())
		m.breaks(fault)
		answer := m.send(order)
		m.breaks(FaultNear)
		m.LessOrEqual(len(m.Booked()), before+one(fault != FaultDropBefore), "the harness counts what others moved as the adapter's")
		m.ended(order, m.followTo(order, answer, fault != FaultDropBefore), before, fault != FaultDropBefore, final(fault)...)
	}
}

// otherKind has the amount of an order that never arrived moved as what is no order.
func otherKind(m *moneyTest) {
	order := m.prepared()
	m.breaks(FaultDropBefore)
	answer := m.send(order)
	m.breaks(FaultOtherKind)
	if answer, _ = m.chase(order, answer); answer.Review == "" {
		m.ended(order, answer, 0, false, final(FaultDropBefore)...)
	}
}

// anotherDaysLater has another move the amount of an order that never arrived, days after it.
func anotherDaysLater(m *moneyTest) {
	order := m.prepared()
	m.breaks(FaultDropBefore)
	answer := m.send(order)
	m.Advance(6 * 24 * time.Hour)
	m.breaks(FaultRival)
	m.Advance(time.Minute)
	if answer, _ = m.chase(order, answer); answer.Review == "" {
		m.ended(order, answer, 0, false, final(FaultDropBefore)...)
	}
}

// anotherShownLate has another move the amount of an order, some minutes before the order. The
// provider shows that only after the order was prepared, and the order never arrives.
func anotherShownLate(m *moneyTest) {
	m.breaks(FaultRival)
	m.Advance(10 * time.Minute)
	order, before := m.newOrder(), len(m.Booked())
	m.breaks(FaultHidden)
	if refusal := order.prepare(m.t.Context()); refusal != nil {
		m.refusal(order, *refusal)
		return
	}
	m.Heal()
	m.breaks(FaultDropBefore)
	answer := m.send(order)
	m.Advance(time.Minute)
	if answer, _ = m.chase(order, answer); answer.Review == "" {
		m.ended(order, answer, before, false, final(FaultDropBefore)...)
	}
}

// laneOnEveryDay asks for lanes around midnight, after the order was answered, and of an order
// whose texts are as long as they may be.
func laneOnEveryDay(m *moneyTest) {
	order, long := m.newOrder(), m.newOrder()
	long.lengthen()
	lane := order.lane()
	same := func(when string) {
		m.t.Helper()
		_, served := order.served()
		m.Equal([]string{lane, lane}, []string{order.lane(), served}, "the lane changes %s, of a new process or of one that runs", when)
	}
	m.nights(func(toMidnight func()) {
		toMidnight()
		same("before midnight")
		m.Advance(4 * time.Minute)
		same("at midnight")
	})
	order.answered()
	same("when the order was answered")
	m.NoError(ports.CheckReference("Lane", long.lane()), "the lane of an order with long texts")
}

// refusedAfterAnotherOrder has the provider refuse an order and give its money back, and then
// refuse another and keep it.
func refusedAfterAnotherOrder(m *moneyTest) {
	first, answer := m.pending()
	m.Advance(time.Hour)
	m.True(m.Settle(false), "the harness ends what is pending")
	m.allowed(m.follow(first, answer), "the provider refused the pending order and gave the money back", ports.OutcomeDeclined)
	m.Advance(time.Hour)
	second, answer := m.pending()
	m.breaks(FaultKept)
	m.Advance(time.Hour)
	m.True(m.Settle(false), "the harness ends what is pending")
	m.booked(second, 1)
	m.staysOpen(FaultKept, second, &answer, "the provider refused it and did not give the money back")
}
