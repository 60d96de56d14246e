package portstest

import (
	"context"
	"time"

	"github.com/jigap/jigap/ports"
)

// canceledScenarios are promises about contexts that end on the way: because their caller cancels
// them, or while an order is pending.
func canceledScenarios() []moneyScenario {
	const sends = "answers OutcomeUnknown when it cannot tell, also when ctx ends before an answer has come."
	return []moneyScenario{
		{"a call that its caller cancels on the way leaves the order unknown", sends, canceledOnTheWay},
		{"an inquiry that its caller cancels on the way is no answer", providerFailedQuestion, inquiryCanceledOnTheWay},
		{"an order that is pending stays so when the caller cancels an inquiry", providerFailedQuestion, pendingAndCanceled},
		{"an answer that ends with the context is no answer", providerFailedQuestion, answerEndsWithTheContext},
		{"Prepare that its caller cancels on the way moves nothing", providerUnasked, prepareCanceledOnTheWay},
	}
}

// canceledLater returns a context that its caller cancels after a while.
func (m *moneyTest) canceledLater(after time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(m.t.Context())
	timer := time.AfterFunc(after, cancel)
	return ctx, func() {
		timer.Stop()
		cancel()
	}
}

// canceledOnTheWay cancels calls that wait for an answer. On a slow machine a call may be
// canceled before the order has left: another one is sent, and canceled later.
func canceledOnTheWay(m *moneyTest) {
	for _, fault := range []Fault{FaultHangAfter, FaultHangBefore} {
		before := len(m.Booked())
		for wait := patience; ; wait *= 4 {
			order := m.prepared()
			if !m.tries(fault) {
				break
			}
			ctx, cancel := m.canceledLater(wait)
			answer := order.send(ctx)
			cancel()
			m.plausible(order, answer)
			m.Heal()
			if answer.Outcome == ports.OutcomeNotSent && wait <= mostPatience {
				m.Settle(true)
				m.Len(m.Booked(), before, "it was sent: %s", answer.text)
				continue
			}
			m.allowed(answer, "the caller canceled the call, and "+string(fault), ports.OutcomeUnknown)
			answer.Resend = false // which counts after an inquiry only
			executed := fault == FaultHangAfter
			m.ended(order, m.followTo(order, answer, executed), before, executed, final(fault)...)
			break
		}
	}
}

// askCanceled inquires about an order, and cancels the inquiry.
func (m *moneyTest) askCanceled(order moneyOrder) moneyAnswer {
	m.t.Helper()
	ctx, cancel := m.canceledLater(glance)
	defer cancel()
	answer := order.inquire(ctx)
	m.plausible(order, answer)
	return answer
}

// inquiryCanceledOnTheWay cancels inquiries about lost orders, early and after a day.
func inquiryCanceledOnTheWay(m *moneyTest) {
	for _, fault := range []Fault{FaultDropAfter, FaultDropBefore} {
		order := m.prepared()
		m.breaks(fault)
		answer := m.send(order)
		m.breaks(FaultMute)
		for _, wait := range []time.Duration{time.Minute, 24 * time.Hour} {
			m.Advance(wait)
			order.resume(answer, false)
			answer = m.askCanceled(order)
			m.allowed(answer, "the caller canceled the inquiry", ports.OutcomeUnknown)
		}
		m.Heal()
		m.Settle(true)
	}
}

// pendingAndCanceled cancels inquiries about a pending order, early and after a day.
func pendingAndCanceled(m *moneyTest) {
	order, answer := m.pending()
	m.breaks(FaultMute)
	for _, wait := range []time.Duration{time.Minute, 24 * time.Hour} {
		m.Advance(wait)
		order.resume(answer, false)
		answer = m.askCanceled(order)
		m.allowed(answer, "the order was pending, and the caller canceled the inquiry", ports.OutcomePending, ports.OutcomeUnknown)
	}
	m.Heal()
	m.Settle(true)
	m.ended(order, m.pursue(order, answer), 0, true, ports.OutcomeApproved, answer.Outcome)
}

// answerEndsWithTheContext has the context of an inquiry end in the middle of what it asks.
func answerEndsWithTheContext(m *moneyTest) {
	m.halfAnswered(FaultMuteLater, "the context ended in the middle of what was asked")
}

// prepareCanceledOnTheWay cancels Prepare while it asks.
func prepareCanceledOnTheWay(m *moneyTest) {
	prior := m.prepared()
	m.allowed(m.follow(prior, m.send(prior)), "in the end", ports.OutcomeApproved)
	order := m.newOrder()
	m.breaks(FaultMute)
	ctx, cancel := m.canceledLater(glance)
	defer cancel()
	m.lostAfterPrepare(order, order.prepare(ctx), FaultMute)
}
