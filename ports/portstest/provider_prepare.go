package portstest

import (
	"context"
	"slices"
	"time"

	"github.com/jigap/jigap/ports"
)

// FaultMuteLater answers the next question, or the first page of it, and never answers a later
// one, until Heal.
const FaultMuteLater Fault = "answers the next question, and never one after it"

const providerUnasked = "A question of Prepare that failed says nothing of the order: Prepare goes without it, or refuses with OutcomeNotSent or OutcomeFault."

// prepareScenarios are promises of Prepare about questions that fail on the way.
func prepareScenarios() []moneyScenario {
	return []moneyScenario{
		{"Prepare that gets half of an answer moves nothing", providerUnasked, func(m *moneyTest) { m.halfPrepared(FaultAskLater) }},
		{"Prepare whose context ends halfway moves nothing", providerUnasked, func(m *moneyTest) { m.halfPrepared(FaultMuteLater) }},
	}
}

// halfPrepared prepares an order while the provider answers the first question or page only. What
// is on the others must not be taken for the order, which is lost.
func (m *moneyTest) halfPrepared(fault Fault) {
	m.t.Helper()
	prior := m.prepared()
	m.allowed(m.follow(prior, m.send(prior)), "in the end", ports.OutcomeApproved)
	m.tries(FaultOthers)
	m.Advance(time.Hour)
	order := m.newOrder()
	m.breaks(fault)
	ctx, cancel := context.WithTimeout(m.t.Context(), glance)
	defer cancel()
	m.lostAfterPrepare(order, order.prepare(ctx), fault)
}

// refusal checks what Prepare may say.
func (m *moneyTest) refusal(order moneyOrder, answer moneyAnswer) {
	m.t.Helper()
	m.allowed(answer, "a refusal of Prepare", ports.OutcomeFault, ports.OutcomeDeclined, ports.OutcomeNotSent)
	m.plausible(order, answer)
}

// unasked checks what Prepare may say when a fault lay on its questions.
func (m *moneyTest) unasked(order moneyOrder, answer moneyAnswer, fault Fault) {
	m.t.Helper()
	m.refusal(order, answer)
	m.allowed(answer, "a refusal of Prepare whose question failed", ports.OutcomeNotSent, ports.OutcomeFault)
	credentials := slices.Contains([]Fault{FaultAskCredentials, FaultAskUnauthed, FaultAskForbidden}, fault)
	m.False(answer.Permanent && !credentials, "a question that failed is nothing permanent: %s", answer.text)
	m.False(answer.NextMethod, "a question that failed says nothing of a payment method: %s", answer.text)
}
