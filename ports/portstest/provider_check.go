package portstest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// moneyTest is a scenario of a provider under way.
type moneyTest struct {
	*require.Assertions
	ProviderHarness
	t         *testing.T
	newOrder  func() moneyOrder
	elsewhere func() (moneyOrder, bool)
	charges   ChargerHarness    // of a Charger only
	payouts   DisburserHarness  // of a Disburser only
	canceler  CancelerHarness   // of a Canceler only
	confirms  ConfirmerHarness  // of a Confirmer only
	parts     bool              // it takes back parts
	codes     []string          // the currencies that the provider of a Charger or Disburser takes
	differs   variety           // orders that differ in more than their OperationID
	quieter   ports.Quieter     // nil unless the adapter is one
	twin      func() *moneyTest // the same scenario with a provider of its own
	shared    any               // the adapter of the process that makes most calls
	made      int               // how many cancellations were made
	part      bool              // the provider gives a part back
	deadline  time.Duration     // of the next order
	over      *overtime
	steps     *steps
	says      *string // the sentence of the port that a failure quotes
	known     *knowledge
}

// about names the sentence that the scenario is about from now on.
func (m *moneyTest) about(sentence string) { *m.says = sentence }

// knowledge is what a scenario that failed tells the others, so that a bad adapter fails soon.
type knowledge struct {
	late    atomic.Bool // calls outlast their context
	endless atomic.Bool // inquiries find no end
}

// did notes a step, which is printed if the scenario fails.
func (m *moneyTest) did(format string, args ...any) {
	m.steps.did(m.Now().UTC().Format(time.DateTime)+" "+format, args...)
}

// Advance moves the clocks, and notes it.
func (m *moneyTest) Advance(by time.Duration) {
	m.ProviderHarness.Advance(by)
	if by >= time.Hour {
		m.did("%s pass", by)
	}
}

// Settle finishes what is pending, and notes it.
func (m *moneyTest) Settle(done bool) bool {
	settled := m.ProviderHarness.Settle(done)
	if settled {
		m.did("the provider finishes what was pending, done: %t", done)
	}
	return settled
}

// skip ends a scenario that the harness does not allow.
func (m *moneyTest) skip(why string) {
	m.t.Helper()
	m.t.Skip("not tested: " + why)
}

// breaks has a fault happen. It skips the scenario if the provider has no such fault.
func (m *moneyTest) breaks(fault Fault) bool {
	m.t.Helper()
	if !m.tries(fault) {
		m.skip(fmt.Sprintf("the provider of the harness has no fault %q", fault))
	}
	return true
}

// tries has a fault happen and reports whether the provider has it.
func (m *moneyTest) tries(fault Fault) bool {
	m.t.Helper()
	broken := m.Break(fault)
	m.True(broken || !indispensable(fault), "every provider has the fault %q", fault)
	if broken {
		m.did("the provider, from now on or next: %s", fault)
	}
	m.deadline = ample
	if fault == FaultHangBefore || fault == FaultHangAfter {
		m.deadline = patience
	}
	return broken
}

// allowed requires that an answer has one of the outcomes.
func (m *moneyTest) allowed(answer moneyAnswer, why string, outcomes ...ports.Outcome) {
	m.t.Helper()
	if slices.Contains(outcomes, answer.Outcome) {
		return
	}
	m.FailNow(fmt.Sprintf("%s: the answer is %s; allowed is %s", why, answer.Outcome, named(outcomes)), "the whole answer: %s", answer.text)
}

// forbidden requires that an answer has none of the outcomes.
func (m *moneyTest) forbidden(answer moneyAnswer, why string, outcomes ...ports.Outcome) {
	m.t.Helper()
	if slices.Contains(outcomes, answer.Outcome) {
		m.FailNow(fmt.Sprintf("%s: the answer is %s; forbidden is %s", why, answer.Outcome, named(outcomes)), "the whole answer: %s", answer.text)
	}
}

func named(outcomes []ports.Outcome) string {
	names := make([]string, len(outcomes))
	for i, outcome := range outcomes {
		names[i] = outcome.String()
	}
	return strings.Join(names, " or ")
}

// prepared returns an order that may be sent now.
func (m *moneyTest) prepared() moneyOrder {
	m.t.Helper()
	order := m.newOrder()
	m.prepares(order)
	return order
}

// prepares prepares a good order.
func (m *moneyTest) prepares(order moneyOrder) {
	m.t.Helper()
	before := len(m.Booked())
	m.takes(order)
	m.Len(m.Booked(), before, "Prepare moved money")
}

// patience is how long a call may take to which no answer comes, and mostPatience where
// the order had not left by then. A question that fails has a glance: an adapter may ask
// again and again. Ample is how long any other call may take.
const (
	glance       = 100 * time.Millisecond
	patience     = 300 * time.Millisecond
	mostPatience = 4 * time.Second
	ample        = 30 * time.Second
)

// send sends an order with a deadline and checks the answer.
func (m *moneyTest) send(order moneyOrder) moneyAnswer {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), m.deadline)
	defer cancel()
	answer := order.send(ctx)
	m.plausible(order, answer)
	answer.Resend = false // which counts after an inquiry only
	return answer
}

// lateness is how long after the end of their contexts the calls of a scenario may return, all
// together. The core leaves a call sooner; a slow machine needs longer.
const lateness = 2 * time.Second

// overtime is how long the calls of a scenario went on after their contexts had ended.
type overtime struct {
	spent atomic.Int64
	late  *atomic.Bool // is told when that was too long
}

// forgive forgets so much of what was spent.
func (o *overtime) forgive(much time.Duration) {
	o.spent.Store(max(0, o.spent.Load()-int64(much)))
}

// within makes a call and does not wait for one that stays when its context has ended.
func within[Answer any](ctx context.Context, m *require.Assertions, over *overtime, name string, call func() Answer) (answer Answer) {
	returned := make(chan Answer, 1)
	go func() { returned <- call() }()
	longest := time.NewTimer(ample + lateness)
	defer longest.Stop()
	select {
	case answer = <-returned:
		return answer
	case <-ctx.Done():
	case <-longest.C:
		m.FailNow(name+" does not return", "after %s", ample+lateness)
	}
	ended := time.Now()
	most := time.NewTimer(max(0, lateness-time.Duration(over.spent.Load())))
	defer most.Stop()
	select {
	case answer = <-returned:
		over.spent.Add(int64(time.Since(ended)))
	case <-most.C:
		over.late.Store(true)
		m.FailNow(name + " does not return when its context ends")
	}
	return answer
}

// ended checks how an order ended that was executed by its first transmission, or not. One
// that was sent again may have been executed then.
func (m *moneyTest) ended(order moneyOrder, answer moneyAnswer, before int, executed bool, final ...ports.Outcome) {
	m.t.Helper()
	if !executed && !order.sentAgain() && answer.Outcome == ports.OutcomeUnknown { // no order must end for want of a trace
		m.booked(order, before)
		return
	}
	if !executed && order.sentAgain() {
		executed, final = answer.Outcome == ports.OutcomeApproved, append(slices.Clip(final), ports.OutcomeApproved)
	}
	if executed {
		before++
	}
	m.allowed(answer, "in the end", final...)
	m.booked(order, before)
}

// booked requires that the provider executed so many orders, and the last as it was ordered.
func (m *moneyTest) booked(order moneyOrder, count int) {
	m.t.Helper()
	booked := m.Booked()
	if len(booked) != count {
		if len(booked) > count && order.sentAgain() {
			m.about(providerAtMostOnce)
		}
		m.FailNow(fmt.Sprintf("the provider's books have %d executed orders of the adapter, and must have %d, as it answered: %v", len(booked), count, booked),
			"the last order: %s", order.describe())
	}
	for _, amount := range booked {
		m.True(amount.Equal(order.amount()), "the order is of %s, and the provider executed %s", order.amount(), amount)
	}
}

// final is how an order may end after a fault.
func final(fault Fault) []ports.Outcome {
	all := faultCases()
	return all[slices.IndexFunc(all, func(tc faultCase) bool { return tc.fault == fault })].final
}

// An order is inquired about enoughInquiries times, and on until so much time has passed that any
// trace of it must have been found, but not more often than mostInquiries. When an order found no
// end, others have fewInquiries.
const fewInquiries, enoughInquiries, mostInquiries = 20, 150, 3000

// asksOn reports whether one more inquiry than so many must be made about an order whose end is
// not known, and that has been followed for some time.
func (m *moneyTest) asksOn(inquiries int, followed time.Duration) bool {
	longest := 6 * time.Hour
	if m.quieter != nil {
		longest = m.quieter.QuietPeriod() * 3 / 2
	}
	switch {
	case m.known.endless.Load():
		return inquiries < fewInquiries
	case inquiries >= mostInquiries:
		return false
	}
	return inquiries < enoughInquiries || followed < longest
}

// noEnd fails a scenario whose order finds no end.
func (m *moneyTest) noEnd(answer moneyAnswer) {
	m.t.Helper()
	m.known.endless.Store(true)
	m.FailNow("inquiries find no end, and ask for no person", "last answer: %s", answer.text)
}

// follow inquires about an order until its end is known.
func (m *moneyTest) follow(order moneyOrder, answer moneyAnswer) moneyAnswer {
	m.t.Helper()
	answer = m.pursue(order, answer)
	m.Empty(answer.Review, "the truth can be found without a person: %s", answer.text)
	return answer
}

// pursue follows an order until its end is known, or a person must decide.
func (m *moneyTest) pursue(order moneyOrder, answer moneyAnswer) moneyAnswer {
	m.t.Helper()
	answer, found := m.chase(order, answer)
	if !found {
		m.noEnd(answer)
	}
	return answer
}

// soonest is how long an order that had no effect is not left to a person, unless the adapter
// tells a quiet period.
const soonest = 10 * time.Minute

// followLost follows an order that had no effect and of which the provider keeps no trace, to
// its end if it has one: the port asks of no adapter that it ends an order for want of a trace.
// Such an order may stay unknown, and later be left to a person.
func (m *moneyTest) followLost(order moneyOrder, answer moneyAnswer) moneyAnswer {
	m.t.Helper()
	wait := soonest
	if m.quieter != nil {
		wait = m.quieter.QuietPeriod()
	}
	answer, found := m.chase(order, answer)
	if !found && (answer.Outcome != ports.OutcomeUnknown || order.sentAgain()) {
		m.noEnd(answer)
	}
	if waited := m.Now().Sub(order.sentAt()); answer.Review != "" && waited < wait {
		m.about(providerEarly)
		m.FailNow(fmt.Sprintf("a Review %s after the order was sent, whose answer was lost and which had no effect: allowed is one after %s", waited, wait),
			"the whole answer: %s", answer.text)
	}
	return answer
}

// followTo follows an order to its end, executed or lost.
func (m *moneyTest) followTo(order moneyOrder, answer moneyAnswer, executed bool) moneyAnswer {
	m.t.Helper()
	if executed {
		return m.follow(order, answer)
	}
	return m.followLost(order, answer)
}

// chase inquires about an order until its end is known or a person must decide, and reports
// whether that was found.
func (m *moneyTest) chase(order moneyOrder, answer moneyAnswer) (last moneyAnswer, found bool) {
	m.t.Helper()
	ended := func() bool { return answer.Outcome.Final() || answer.Review != "" }
	begun := m.Now()
	for n := 0; !ended() && m.asksOn(n, m.Now().Sub(begun)); n++ {
		answer = m.step(order, answer)
	}
	return answer, ended()
}

// step has a pending order finished, lets time pass and asks.
func (m *moneyTest) step(order moneyOrder, answer moneyAnswer) moneyAnswer {
	m.t.Helper()
	if answer.Outcome == ports.OutcomePending {
		m.Settle(true)
	}
	m.Advance(m.pause(answer))
	return m.next(order, answer)
}

// next is the next inquiry, or the repetition that the last one allowed.
func (m *moneyTest) next(order moneyOrder, last moneyAnswer) moneyAnswer {
	m.t.Helper()
	order.resume(last, last.Resend)
	if last.Resend {
		return m.send(order)
	}
	answer := order.inquire(m.t.Context())
	m.plausible(order, answer)
	return answer
}

// pause is how long to wait before the next inquiry.
func (m *moneyTest) pause(answer moneyAnswer) time.Duration {
	switch {
	case answer.InquireAfter > 0:
		return answer.InquireAfter
	case m.quieter != nil:
		return max(time.Minute, m.quieter.QuietPeriod()/100)
	}
	return time.Minute
}

// longestPause is more than any provider needs between two inquiries.
const longestPause = 7 * 24 * time.Hour

// plausible checks what holds of every answer.
func (m *moneyTest) plausible(order moneyOrder, answer moneyAnswer) {
	m.t.Helper()
	if answer.Likely != ports.OutcomeUnknown {
		m.allowed(answer, "Likely belongs to an unknown", ports.OutcomeUnknown)
		m.True(answer.Likely.Final(), "Likely is final: %s", answer.text)
	}
	m.False(answer.Outcome.Final() && (answer.Review != "" || answer.Resend), "a final answer asks for nothing: %s", answer.text)
	m.False(answer.Resend && answer.Outcome != ports.OutcomeUnknown, "only an unknown order is sent again: %s", answer.text)
	refused := answer.Outcome == ports.OutcomeDeclined || answer.Outcome == ports.OutcomeFault || answer.Likely.Final()
	m.False(answer.Permanent && !refused, "Permanent belongs to declined and fault: %s", answer.text)
	m.False(answer.NextMethod && (!refused || answer.Outcome == ports.OutcomeFault), "NextMethod belongs to declined: %s", answer.text)
	m.GreaterOrEqual(answer.InquireAfter, time.Duration(0), "InquireAfter: %s", answer.text)
	m.LessOrEqual(answer.InquireAfter, longestPause, "InquireAfter: %s", answer.text)
	m.NoError(ports.CheckProviderRef("ProviderRef", answer.ProviderRef))
	m.False(answer.Outcome == ports.OutcomeApproved && answer.ProviderRef == "" && m.canceler == nil, "an approved order has a ProviderRef: %s", answer.text)
	if (answer.Outcome == ports.OutcomeApproved || answer.Outcome == ports.OutcomePending) && answer.Amount.Valid && !m.part {
		m.exact(order, answer)
	}
	m.discreet(answer.stored)
}

// exact requires that an answer which reports an amount reports that of the order: but for
// FaultPart the provider executes orders as they are.
func (m *moneyTest) exact(order moneyOrder, answer moneyAnswer) {
	m.t.Helper()
	if answer.Amount.Decimal.Equal(order.amount()) {
		return
	}
	sentence, allowed := providerAmount, "that amount, none, or unknown until a question confirms it"
	if m.canceler != nil {
		sentence, allowed = cancelAmount, "that amount, or none"
	}
	m.about(sentence)
	m.FailNow(fmt.Sprintf("the answer is %s and reports %s for an order of %s, which the provider executes as it is: allowed is %s", answer.Outcome, answer.Amount.Decimal, order.amount(), allowed),
		"the whole answer: %s", answer.text)
}

// discreet requires that a text shows no secret.
func (m *moneyTest) discreet(text string) {
	m.t.Helper()
	if form := shown(text, m.Secrets()); form != "" {
		m.about(providerSecret)
		m.FailNow("a text of the adapter shows a secret", form)
	}
}

// stored takes an answer through the form in which it is stored.
func stored[Answer any](m *moneyTest, answer Answer) (Answer, string) {
	m.t.Helper()
	data, err := json.Marshal(answer)
	m.NoError(err)
	var back Answer
	m.NoError(json.Unmarshal(data, &back))
	return back, string(data)
}

// brief is a stored answer as it is printed: the outcome, and the fields that say something.
func brief(outcome ports.Outcome, stored string) string {
	var fields map[string]any
	if json.Unmarshal([]byte(stored), &fields) != nil {
		return stored
	}
	delete(fields, "Outcome")
	if likely := fields["Lean"]; likely != ports.OutcomeUnknown.String() {
		fields["Likely"] = likely // which is stored under its first name
	}
	delete(fields, "Lean")
	if wait, _ := fields["InquireAfter"].(float64); wait != 0 {
		fields["InquireAfter"] = time.Duration(wait).String()
	}
	text := outcome.String()
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		switch value := fields[name]; value {
		case "", nil, false, float64(0), "0001-01-01T00:00:00Z":
		default:
			text += fmt.Sprintf(" %s=%v", name, value)
		}
	}
	return text
}
