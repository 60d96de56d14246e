package portstest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// moneyScenario is one promise of a Charger or Disburser and the check of it.
type moneyScenario struct {
	name string
	run  func(m *moneyTest)
}

func moneyScenarios() []moneyScenario {
	scenarios := []moneyScenario{
		{"the lane of an order never changes", laneNeverChanges},
		{"a bad order is refused and moves nothing", badOrderIsRefused},
		{"a context that has ended sends nothing", endedContextSendsNothing},
		{"Prepare that cannot ask refuses or goes without", prepareThatCannotAsk},
		{"an inquiry that fails is no answer", failedInquiryIsNoAnswer},
		{"an order is not taken for the one before it", orderIsNotTakenForTheOneBefore},
		{"an order of which nothing is known is found", orderWithoutAnswerIsFound},
		{"inquiries may be repeated, and at the same time", inquiriesMayBeRepeated},
		{"an order that is refused later is declined", refusedLater},
		{"a refusal of an order that was sent again speaks of all transmissions", refusalSpeaksOfAllTransmissions},
		{"an order that an inquiry gave up is not sent", orderGivenUpIsNotSent},
		{"OperationIDs of any length and form are kept apart", operationIDsAreKeptApart},
		{"calls return when their context ends", callsReturnWhenTheirContextEnds},
	}
	for _, fault := range askFaults() {
		scenarios = append(scenarios, moneyScenario{"an inquiry that fails is no answer: " + string(fault), func(m *moneyTest) {
			if m.breaks(fault) {
				m.failedInquiries(fault)
			}
		}})
	}
	for _, tc := range faultCases() {
		scenarios = append(scenarios, moneyScenario{"provider: " + string(tc.fault), tc.run})
	}
	return scenarios
}

// runMoney runs every scenario, and more, each on a harness of its own.
func runMoney(t *testing.T, setup func(m *moneyTest), more ...moneyScenario) {
	t.Helper()
	for _, scenario := range append(moneyScenarios(), more...) {
		t.Run(scenario.name, func(t *testing.T) {
			t.Parallel()
			m := &moneyTest{Assertions: require.New(t), t: t, deadline: ample}
			setup(m)
			scenario.run(m)
		})
	}
}

// run sends an order into the fault and follows it to its end.
func (tc faultCase) run(m *moneyTest) {
	order, answer, broken := m.sendInto(tc.fault)
	if !broken {
		return
	}
	m.Contains(tc.answer, answer.Outcome, "at once: %s", answer.text)
	answer = m.follow(order, answer)
	m.False(m.Settle(true), "the end was reported while the provider was still at work")
	m.Advance(24 * time.Hour) // nothing comes later
	m.ended(order, answer, 0, tc.booked > 0, tc.final...)
	for _, booked := range m.Booked() {
		m.True(booked.Equal(order.amount()))
	}
}

// sendInto sends an order into the fault, if the provider has it. On a slow machine a
// deadline may end before the order has left, and then says nothing about an answer that
// never comes: another order is sent with a longer one.
func (m *moneyTest) sendInto(fault Fault) (order moneyOrder, answer moneyAnswer, broken bool) {
	m.t.Helper()
	for wait := patience; ; wait *= 4 {
		order = m.prepared()
		if !m.breaks(fault) {
			return order, answer, false
		}
		if m.deadline == patience {
			m.deadline = wait
		}
		answer = m.send(order)
		if answer.Outcome != ports.OutcomeNotSent || m.deadline == ample || wait > mostPatience {
			return order, answer, true
		}
		m.Empty(m.Booked(), "it was sent: %s", answer.text)
		m.Heal()
	}
}

func laneNeverChanges(m *moneyTest) {
	order := m.newOrder()
	lane := order.lane()
	m.NoError(ports.CheckReference("Lane", lane))
	m.Nil(order.prepare(m.t.Context()))
	m.send(order)
	m.Equal(lane, order.lane())
}

func badOrderIsRefused(m *moneyTest) {
	for _, order := range m.newOrder().spoil() {
		if refusal := order.prepare(m.t.Context()); refusal != nil {
			m.refusal(*refusal)
		}
		answer := m.send(order)
		m.Contains([]ports.Outcome{ports.OutcomeFault, ports.OutcomeDeclined, ports.OutcomeNotSent}, answer.Outcome, answer.text)
	}
	m.Empty(m.Booked())
}

// refusal checks what Prepare may say.
func (m *moneyTest) refusal(answer moneyAnswer) {
	m.t.Helper()
	m.Contains([]ports.Outcome{ports.OutcomeFault, ports.OutcomeDeclined, ports.OutcomeNotSent}, answer.Outcome, "refusal: %s", answer.text)
	for _, secret := range m.Secrets() {
		m.NotContains(answer.text, secret, "a refusal shows a secret")
	}
}

func endedContextSendsNothing(m *moneyTest) {
	order := m.prepared()
	ctx, cancel := context.WithCancel(m.t.Context())
	cancel()
	answer := order.send(ctx)
	m.Contains([]ports.Outcome{ports.OutcomeNotSent, ports.OutcomeUnknown}, answer.Outcome)
	m.Empty(m.Booked())
}

func prepareThatCannotAsk(m *moneyTest) {
	order := m.newOrder()
	m.True(m.breaks(FaultBlind))
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	if refusal := order.prepare(ctx); refusal != nil {
		m.refusal(*refusal)
	}
	m.Empty(m.Booked())
}

// failedInquiryIsNoAnswer asks a provider that answers no question, early and after
// a day, about an order that was executed and about one that was not.
func failedInquiryIsNoAnswer(m *moneyTest) { m.failedInquiries(FaultBlind) }

// failedInquiries asks a provider on which the fault of questions lies.
func (m *moneyTest) failedInquiries(blind Fault) {
	m.t.Helper()
	for _, fault := range []Fault{FaultDropAfter, FaultDropBefore} {
		m.Heal()
		order := m.prepared()
		m.True(m.breaks(fault))
		answer := m.send(order)
		m.True(m.breaks(blind))
		for _, wait := range []time.Duration{time.Second, time.Hour, 24 * time.Hour} {
			m.Advance(wait)
			order.resume(answer, false)
			answer = m.blind(order)
			m.Equal(ports.OutcomeUnknown, answer.Outcome, "after %q: %s", fault, answer.text)
		}
		m.Heal()
		answer = m.follow(order, answer)
		if fault == FaultDropAfter {
			m.ended(order, answer, 0, true, ports.OutcomeApproved)
		} else {
			m.ended(order, answer, 1, false, ports.OutcomeNotSent, ports.OutcomeDeclined, ports.OutcomeFault)
		}
	}
}

// blind inquires with a deadline.
func (m *moneyTest) blind(order moneyOrder) moneyAnswer {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	answer := order.inquire(ctx)
	m.plausible(order, answer)
	return answer
}

// orderIsNotTakenForTheOneBefore sends two orders that are alike, the second of
// which has no effect.
func orderIsNotTakenForTheOneBefore(m *moneyTest) {
	for _, fault := range []Fault{FaultNone, FaultDropAfter} {
		booked := len(m.Booked())
		first := m.prepared()
		m.True(m.breaks(fault))
		answer := m.follow(first, m.send(first))
		m.Equal(ports.OutcomeApproved, answer.Outcome, answer.text)
		m.Len(m.Booked(), booked+1)

		second := m.prepared()
		m.True(m.breaks(FaultDropBefore))
		lost := m.follow(second, m.send(second))
		m.ended(second, lost, booked+1, false, ports.OutcomeNotSent, ports.OutcomeDeclined)
		m.False(lost.ProviderRef != "" && lost.ProviderRef == answer.ProviderRef, "the second is taken for the first: %s", lost.text)
	}
}

// orderWithoutAnswerIsFound is the crash of a process between sending an order and
// recording the answer.
func orderWithoutAnswerIsFound(m *moneyTest) {
	sent := m.prepared()
	m.send(sent)
	answer := m.follow(sent, moneyAnswer{})
	m.Equal(ports.OutcomeApproved, answer.Outcome, answer.text)
	m.Len(m.Booked(), 1)

	late := m.prepared()
	if m.breaks(FaultLate) {
		m.send(late)
		answer = m.follow(late, moneyAnswer{})
		m.Equal(ports.OutcomeApproved, answer.Outcome, answer.text)
	}
	booked := len(m.Booked())

	unsent := m.prepared()
	answer = m.follow(unsent, moneyAnswer{})
	m.ended(unsent, answer, booked, false, ports.OutcomeNotSent, ports.OutcomeDeclined)
}

func inquiriesMayBeRepeated(m *moneyTest) {
	order := m.prepared()
	m.True(m.breaks(FaultDropAfter))
	answer := m.follow(order, m.send(order))
	m.Equal(ports.OutcomeApproved, answer.Outcome, answer.text)
	order.resume(answer, false)
	var group sync.WaitGroup
	answers := make([]moneyAnswer, 8)
	for i := range answers {
		group.Go(func() { answers[i] = order.ask(m.t.Context()) })
	}
	group.Wait()
	for _, again := range answers {
		if again.Resend { // it does not ask, and the order says the same when it is sent again
			continue
		}
		m.Equal(ports.OutcomeApproved, again.Outcome, again.text)
		m.Equal(answer.ProviderRef, again.ProviderRef)
	}
	m.Len(m.Booked(), 1)
}

// refusalSpeaksOfAllTransmissions is for a Charger that has an order sent again: what the
// second request meets says nothing of the first, which had its effect, or has it later.
func refusalSpeaksOfAllTransmissions(m *moneyTest) {
	for _, first := range []Fault{FaultDropAfter, FaultLate} {
		for _, second := range []Fault{FaultUnreachable, FaultThrottle, FaultCredentials, FaultDecline} {
			order, before := m.prepared(), len(m.Booked())
			if !m.breaks(first) {
				continue
			}
			m.send(order)
			answer := order.inquire(m.t.Context())
			m.plausible(order, answer)
			m.Heal()
			if answer.Resend && m.breaks(second) {
				answer = m.next(order, answer)
			}
			m.Heal()
			if !answer.Outcome.Final() {
				answer = m.follow(order, answer)
			}
			m.Advance(24 * time.Hour)
			m.Len(m.Booked(), before+one(answer.Outcome == ports.OutcomeApproved), "%q, and then %q: %s", first, second, answer.text)
		}
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// orderGivenUpIsNotSent is a process that is held up between writing down SentAt and its
// call, while another inquires until it finds that nothing was sent.
func orderGivenUpIsNotSent(m *moneyTest) {
	order := m.prepared()
	answer := m.follow(order, moneyAnswer{})
	if answer.Outcome == ports.OutcomeApproved { // it was sent again, and is no order that was given up
		m.ended(order, answer, 0, false)
		return
	}
	order.resume(moneyAnswer{}, false)
	answer = m.send(order)
	m.NotEqual(ports.OutcomeApproved, answer.Outcome, answer.text)
	m.Advance(24 * time.Hour)
	m.Empty(m.Booked(), "an order was given up, and then sent: %s", answer.text)
}

// operationIDsAreKeptApart sends orders whose ids have the greatest length and differ at
// their end only.
func operationIDsAreKeptApart(m *moneyTest) {
	stem := strings.Repeat("é/ \"\\", ports.MaxID/6)
	stem += strings.Repeat("x", ports.MaxID-1-len(stem))
	for i, last := range []string{"a", "b", "A"} {
		order := m.newOrder()
		order.rename(stem + last)
		m.Nil(order.prepare(m.t.Context()), "Prepare refused a good order")
		answer := m.follow(order, m.send(order))
		m.Equal(ports.OutcomeApproved, answer.Outcome, answer.text)
		m.Len(m.Booked(), i+1, "two orders became one")
	}
}

// callsReturnWhenTheirContextEnds asks a provider that takes requests and never answers.
func callsReturnWhenTheirContextEnds(m *moneyTest) {
	order, answer, _ := m.sendInto(FaultHangBefore)
	m.Equal(ports.OutcomeUnknown, answer.Outcome, "Charge: %s", answer.text)
	unsent := m.newOrder()
	m.True(m.breaks(FaultMute))
	order.resume(answer, false)
	asked := m.blind(order)
	m.Contains([]ports.Outcome{ports.OutcomeUnknown, ports.OutcomePending}, asked.Outcome, "Inquire: %s", asked.text)
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	if refusal := unsent.prepare(ctx); refusal != nil {
		m.refusal(*refusal)
	}
	m.Heal()
	m.ended(order, m.follow(order, answer), 0, false, ports.OutcomeNotSent, ports.OutcomeDeclined)
}

// refusedLater is for providers that work on orders for a while.
func refusedLater(m *moneyTest) {
	order := m.prepared()
	answer := m.send(order)
	settled := m.Settle(false)
	m.False(settled && answer.Outcome.Final(), "an end was reported while the provider was still at work")
	if !settled {
		return
	}
	answer = m.follow(order, answer)
	m.Equal(ports.OutcomeDeclined, answer.Outcome, answer.text)
	m.Empty(m.Booked())
}
