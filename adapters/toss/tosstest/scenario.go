package tosstest

import (
	"net/http"
	"strings"
	"time"
)

// Scenario is what becomes of one request for money that is otherwise in order: a charge, a
// confirmation, a cancellation, the issue of a virtual account, or a payout. The zero
// Scenario executes it.
type Scenario struct {
	// Code is answered, with the status that the provider documents for it, and 400 if it
	// documents none. The answer is kept under the Idempotency-Key, but for
	// IDEMPOTENT_REQUEST_PROCESSING, which says that there is no answer yet.
	Code string
	// Status replaces the status of the code. With a blank Code the answer has no code.
	Status int
	// Executed executes the request and answers the code all the same.
	Executed bool
	// Recorded has a refused charge or confirmation leave a payment ABORTED with a failure.
	// Whether the provider leaves one is not known.
	Recorded bool
	// Busy has requests with the same Idempotency-Key answered with
	// IDEMPOTENT_REQUEST_PROCESSING for so long after this one, as if it took so long.
	Busy time.Duration
}

// plan is a scenario and which requests it is for.
type plan struct {
	path     string
	scenario Scenario
}

// Next lines up scenarios for the next requests for money whose path ends in path: a
// billingKey, "/confirm", "/cancel", "/virtual-accounts", "/payouts"; blank: any.
func (s *Simulator) Next(path string, scenarios ...Scenario) {
	s.world.Enter()
	defer s.world.Unlock()
	for _, scenario := range scenarios {
		s.plans = append(s.plans, plan{path, scenario})
	}
}

// Usually decides what becomes of requests for money whose path ends in path and for which
// no scenario is lined up. Of several paths the longest counts; the zero Scenario ends it.
func (s *Simulator) Usually(path string, scenario Scenario) {
	s.world.Enter()
	defer s.world.Unlock()
	s.usual[path] = scenario
}

// scenario returns what becomes of a request.
func (s *Simulator) scenario(r *request) Scenario {
	for i, next := range s.plans {
		if strings.HasSuffix(r.URL.Path, next.path) {
			s.plans = append(s.plans[:i:i], s.plans[i+1:]...)
			return next.scenario
		}
	}
	for path := r.URL.Path; ; path = path[1:] {
		if usual, found := s.usual[path]; found || path == "" {
			return usual
		}
	}
}

// execute does what the scenario of a request says: executes it, records its refusal, or
// neither.
func (s *Simulator) execute(r *request, do func() *result, record func(code string)) *result {
	scenario := s.scenario(r)
	r.busy = scenario.Busy
	if scenario.Code == "" && scenario.Status == 0 {
		return do()
	}
	status := scenario.Status
	if status == 0 {
		status = statusOf(scenario.Code)
	}
	r.forget = scenario.Code == codeProcessing || s.config.Forget && status >= http.StatusInternalServerError
	switch {
	case scenario.Executed:
		do()
	case scenario.Recorded && record != nil:
		record(scenario.Code)
	}
	return r.refuseWith(status, scenario.Code)
}
