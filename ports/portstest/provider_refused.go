package portstest

import (
	"time"

	"github.com/jigap/jigap/ports"
)

// Faults of orders that look like faults after the effect, and have none: the answers have the
// same status, code and form as those of the faults of that name.
const (
	FaultTimeoutBefore     Fault = "status 408 before the effect"
	FaultConflictBefore    Fault = "status 409 before the effect"
	FaultBadGatewayBefore  Fault = "status 502 before the effect"
	FaultUnavailableBefore Fault = "status 503 before the effect"
	FaultGateTimeoutBefore Fault = "status 504 before the effect"
	FaultOddCodeBefore     Fault = "refuses with a code that no adapter knows, without effect"
	FaultTruncatedBefore   Fault = "half of an answer, without effect"
	FaultGarbageBefore     Fault = "an answer that is no answer, without effect"
	FaultEmptyBefore       Fault = "an empty success, without effect"
)

// FaultDeclineLost refuses an order for good, and the adapter can find that out: by a record of
// the provider that says so, or because the provider refuses the order in the same way when it is
// sent again. A provider that leaves no trace of what it refuses has no such fault.
const FaultDeclineLost Fault = "declines for good, and the answer is lost"

// likeAfter are the faults that look like others, and have no effect.
func likeAfter() []faultCase {
	unknown, nothing := []ports.Outcome{ports.OutcomeUnknown}, []ports.Outcome{ports.OutcomeNotSent, ports.OutcomeDeclined}
	cases := []faultCase{{FaultEmptyBefore, []ports.Outcome{ports.OutcomeUnknown, ports.OutcomePending}, 0, nothing}}
	for _, fault := range []Fault{
		FaultTimeoutBefore, FaultConflictBefore, FaultBadGatewayBefore, FaultUnavailableBefore, FaultGateTimeoutBefore,
		FaultOddCodeBefore, FaultTruncatedBefore, FaultGarbageBefore,
	} {
		cases = append(cases, faultCase{fault, unknown, 0, nothing})
	}
	return cases
}

// refusedScenarios are promises about orders that had no effect, whatever the answer.
func refusedScenarios() []moneyScenario {
	scenarios := []moneyScenario{
		{"provider: " + string(FaultDeclineLost), "OutcomeDeclined: the provider refused for good; no money moved.", declinedAndLost},
	}
	for _, tc := range likeAfter() {
		scenarios = append(scenarios, moneyScenario{
			"provider: " + string(tc.fault), "Likely is, with OutcomeUnknown, the final outcome that the answer suggests and that a look into the provider's records must confirm.", tc.run,
		})
	}
	return scenarios
}

// declinedAndLost has the provider refuse orders, of which the answers are lost: by the network,
// or with the process.
func declinedAndLost(m *moneyTest) {
	for _, crashed := range []bool{false, true} {
		order, answer := m.sendInto(FaultDeclineLost)
		m.allowed(answer, string(FaultDeclineLost), ports.OutcomeUnknown)
		if crashed {
			answer = moneyAnswer{}
		}
		if answer = m.pursue(order, answer); !m.standsUnseen(answer) {
			m.Empty(answer.Review, "the truth can be found without a person: %s", answer.text)
			m.allowed(answer, "the provider refused the order for good", ports.OutcomeDeclined)
		}
		m.Advance(24 * time.Hour)
		m.Settle(true)
		m.booked(order, 0)
	}
}
