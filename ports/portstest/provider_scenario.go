package portstest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// moneyScenario is one promise of a Charger or Disburser and the check of it.
type moneyScenario struct {
	name string
	says string // the sentence of the port
	run  func(m *moneyTest)
}

// Sentences of the port that several scenarios are about.
const (
	providerFailedQuestion = "A question that failed, or that ctx ended, is no answer: it returns OutcomeUnknown, or OutcomePending when that is what was known."
	providerLane           = "Lane returns the lane in which the order must travel: while an order is open no other is sent in its lane."
	providerApart          = "Blank when orders need not be kept apart."
	providerKept           = "Prepare gathers what an inquiry will need to recognise the order, and sends nothing that moves money."
	providerTrace          = "For want of a trace it answers OutcomeNotSent only once no Charge can be about to send the order, and the provider can no longer start it"
	providerOnce           = "Charge sends the order, once."
	providerRef            = "No other order of the adapter has it"
	providerFinal          = "A final answer speaks of the order, not of one transmission."
	providerGivenUp        = "Charge must move no money for an order that an inquiry may have given up."
	providerRefuses        = "An order that the provider cannot take as it is (another currency, a finer amount, no payment method) must be refused, here or by Charge, and never be changed into one that the provider takes."
	providerConcurrent     = "All methods may be called concurrently, for different orders and for the same one."
	providerFinds          = "Inquire finds out what became of an order that was, or may have been, sent."
	providerRefusal        = "A refusal says that the order must not be sent"
	providerEarly          = "Where the answer to a transmission was lost and nothing is found of the order, it stays blank until ten minutes, or the quiet period of a Quieter, have passed since SentAt: so early a person cannot know more than the adapter."
	providerAtMostOnce     = "however many transmissions arrive, and however late, it moves the money at most once."
	providerAmount         = "A success over another amount than was ordered is not trustworthy until a question confirms the amount: before that it is OutcomeUnknown, with Likely."
	providerSecret         = "It contains no secret, card number or account number."
)

func moneyScenarios() []moneyScenario {
	scenarios := []moneyScenario{
		{"the harness is sound", providerConcurrent, harnessIsSound},
		{"the name never changes", "It never changes for one provider account.", nameNeverChanges},
		{"the lane of an order never changes", providerLane, laneNeverChanges},
		{"a bad order is refused and moves nothing", providerRefuses, badOrderIsRefused},
		{"a context that has ended sends nothing", "OutcomeNotSent: provably not executed: no byte of the request left, or the provider provably has no trace of it and can no longer start it.", endedContextSendsNothing},
		{"Prepare that cannot ask refuses or goes without", providerKept, prepareThatCannotAsk},
		{"Prepare moves no money", providerKept, prepareMovesNothing},
		{"each call may come from a process of its own", "the bytes it returns come back in ChargeOrder.Evidence.", callsComeFromProcesses},
		{"no call changes the order", "the bytes it returns come back in ChargeOrder.Evidence.", callsChangeNoOrder},
		{"orders under way at once are kept apart", providerApart, ordersUnderWayAtOnce},
		{"orders may be sent at the same time", providerConcurrent, ordersAtTheSameTime},
		{"an order is not taken for the one before it", providerRef, orderIsNotTakenForTheOneBefore},
		{"each order has an id of its own at the provider", providerRef, ordersHaveIDsOfTheirOwn},
		{"an order is found among those of others", "Inquire finds out what became of an order that was, or may have been, sent.", orderIsFoundAmongOthers},
		{"an order is not taken for those of others", providerRef, orderIsNotTakenForOthers},
		{"an order of which nothing is known is found", "Inquire finds out what became of an order that was, or may have been, sent.", orderWithoutAnswerIsFound},
		{"an order that the provider does not show for a while is found", providerTrace, hiddenOrderIsFound},
		{"inquiries may be repeated, and at the same time", "It may be repeated.", inquiriesMayBeRepeated},
		{"an order that is pending stays so when the provider does not show it", "OutcomePending: the provider has the order and works on it.", pendingAndHidden},
		{"an order that is pending is not ended by a status that no adapter knows", "OutcomePending: the provider has the order and works on it.", pendingAndOdd},
		{"an order that is refused later is declined", "OutcomeDeclined: the provider refused for good; no money moved.", refusedLater},
		{"an order that is refused later is not declined while the provider keeps the money", "OutcomeDeclined: the provider refused for good; no money moved.", refusedAndKept},
		{"a refusal of an order that was sent again speaks of all transmissions", providerFinal, refusalSpeaksOfAllTransmissions},
		{"an order that was sent again is not given up for want of a trace", "so where Transmissions is above 1 no order ends for want of a trace.", sentAgainIsNotGivenUp},
		{"an order that an inquiry gave up is not sent", providerGivenUp, orderGivenUpIsNotSent},
		{"an order that is sent at the last moment ends as it was executed", providerGivenUp, sentAtTheLastMoment},
		{"name and lane are those of every process", "It never changes for one provider account.", everyProcessSaysTheSame},
		{"an order is found among many of its own kind", "Inquire finds out what became of an order that was, or may have been, sent.", orderIsFoundAmongMany},
		{"an answer that ends too early is no answer", providerFailedQuestion, listThatBreaksOff},
		{"two providers share nothing in the process", "the bytes it returns come back in ChargeOrder.Evidence.", providersShareNothing},
		{"a refusal after three transmissions speaks of all of them", providerFinal, refusalAfterThree},
		{"OperationIDs of any length and form are kept apart", "cutting it off would make one order of two.", operationIDsAreKeptApart},
		{"calls return when their context ends", "Prepare, Charge and Inquire must return soon after ctx ends.", callsReturnWhenTheirContextEnds},
	}
	scenarios = slices.Concat(scenarios, parallelScenarios(), digestScenarios(), listScenarios(), limitScenarios())
	for _, fault := range questionFaults() {
		scenarios = append(
			scenarios,
			moneyScenario{"an inquiry that fails is no answer: " + string(fault), providerFailedQuestion, func(m *moneyTest) { m.failedInquiries(fault) }},
			moneyScenario{"an order that is pending stays so: " + string(fault), providerFailedQuestion, func(m *moneyTest) { m.pendingInquiries(fault) }},
			moneyScenario{"Prepare that cannot ask moves nothing: " + string(fault), providerKept, func(m *moneyTest) { m.blindPrepare(fault) }},
		)
	}
	for _, tc := range faultCases() {
		scenarios = append(scenarios, moneyScenario{"provider: " + string(tc.fault), tc.says(), tc.run})
	}
	return slices.Concat(scenarios, formScenarios(), refusedScenarios(), canceledScenarios(), prepareScenarios())
}

// orderScenarios are promises about orders that need not be kept apart.
func orderScenarios() []moneyScenario {
	return []moneyScenario{
		{"orders elsewhere travel in another lane", "Blank when orders need not be kept apart.", elsewhereIsAnotherLane},
		{"orders elsewhere under way at once are kept apart", providerApart, elsewhereUnderWayAtOnce},
	}
}

// apartScenarios are promises about orders of several wallets and about the quiet period.
func apartScenarios() []moneyScenario {
	return []moneyScenario{
		{"orders of several wallets are kept apart", providerApart, walletsUnderWayAtOnce},
		{"no order ends within the quiet period for want of a trace", "from ChargeOrder.SentAt or PayoutOrder.SentAt on, and for a Canceler from CancelOrder.SentAt on.", quietPeriodIsKept},
		{"the quiet period is constant", "It is constant and positive, and does no I/O.", quietPeriodIsConstant},
	}
}

// runMoney runs every scenario, and more, each on a harness of its own.
func runMoney(t *testing.T, setup func(m *moneyTest), more ...moneyScenario) {
	t.Helper()
	known := &knowledge{}
	for _, scenario := range append(moneyScenarios(), more...) {
		t.Run(scenario.name, func(t *testing.T) {
			t.Parallel()
			says := scenario.says
			done := newSteps(t)
			explainLast(t, "package ports", &says) // and so before the steps
			if known.late.Load() {
				t.Skip("not tested: calls outlast their context, see the scenario that failed")
			}
			m := &moneyTest{Assertions: require.New(t), t: t, deadline: ample, known: known, over: &overtime{late: &known.late}, steps: done, says: &says}
			setup(m)
			m.twin = func() *moneyTest {
				twin := &moneyTest{Assertions: m.Assertions, t: t, deadline: ample, known: known, over: &overtime{late: &known.late}, steps: &steps{}, says: &says}
				setup(twin)
				return twin
			}
			scenario.run(m)
		})
	}
}

// run sends an order into the fault and follows it to its end.
func (tc faultCase) run(m *moneyTest) {
	order, answer := m.sendInto(tc.fault)
	if tc.fault == FaultUnreachable && m.connectedAgain(answer) {
		tc.answer, tc.booked, tc.final = []ports.Outcome{ports.OutcomeApproved, ports.OutcomePending, ports.OutcomeUnknown}, 1, final(FaultNone)
	}
	m.allowed(answer, string(tc.fault), tc.answer...)
	final := tc.final
	if tc.booked == 0 && answer.Outcome == ports.OutcomeUnknown { // the provider may keep no trace of what it refused
		final = append(slices.Clip(final), ports.OutcomeNotSent)
	}
	switch {
	case tc.fault == FaultDecline && m.canceler != nil:
		if answer = m.pursue(order, answer); m.standsUnseen(answer) {
			m.booked(order, 0)
			return
		}
	default:
		answer = m.followTo(order, answer, tc.booked > 0 || tc.fault == FaultDecline)
	}
	m.False(m.Settle(true), "the end was reported while the provider was still at work")
	m.Advance(24 * time.Hour) // nothing comes later
	m.ended(order, answer, 0, tc.booked > 0, final...)
	if answer.Outcome == ports.OutcomeDeclined && !slices.Contains(tc.answer, ports.OutcomeDeclined) {
		m.False(answer.Permanent || answer.NextMethod, "the provider refused no payment method: %s", answer.text)
	}
	m.False(m.Overread(), "the adapter reads an answer without a bound")
}

// connectedAgain reports whether an adapter that did not reach the provider connected again: it
// may, because no byte of the order was sent.
func (m *moneyTest) connectedAgain(answer moneyAnswer) bool {
	return answer.Outcome == ports.OutcomeApproved || answer.Outcome == ports.OutcomePending ||
		answer.Outcome == ports.OutcomeUnknown && len(m.Booked()) > 0
}

// standsUnseen reports whether a Canceler leaves a refusal to a person: it may, where it cannot
// look whether the charge stands.
func (m *moneyTest) standsUnseen(answer moneyAnswer) bool {
	return m.canceler != nil && answer.Outcome == ports.OutcomeUnknown && answer.Review != ""
}

// sendInto sends an order into the fault, if the provider has it. On a slow machine a
// deadline may end before the order has left, and then says nothing about an answer that
// never comes: another order is sent with a longer one.
func (m *moneyTest) sendInto(fault Fault) (order moneyOrder, answer moneyAnswer) {
	m.t.Helper()
	for wait := patience; ; wait *= 4 {
		order = m.prepared()
		m.breaks(fault)
		if m.deadline == patience {
			m.deadline = wait
		}
		answer = m.send(order)
		if answer.Outcome != ports.OutcomeNotSent || m.deadline == ample || wait > mostPatience {
			return order, answer
		}
		m.Empty(m.Booked(), "it was sent: %s", answer.text)
		m.Heal()
	}
}

// harnessIsSound looks at the harness before an adapter is blamed: at its orders, its clock, its
// books and its faults.
func harnessIsSound(m *moneyTest) {
	first, second := m.newOrder(), m.newOrder()
	m.True(first.describe() != second.describe(), "the harness: each order has an id of its own")
	m.True(first.amount().Equal(second.amount()), "the harness: all orders have one amount, and not %s and %s", first.amount(), second.amount())
	now := m.Now()
	m.Advance(time.Minute)
	m.True(m.Now().Equal(now.Add(time.Minute)), "the harness: Advance moves Now from %s by a minute, and not to %s", now, m.Now())
	m.Empty(m.Booked(), "the harness: no other scenario has used the provider")
	m.False(m.Settle(true), "the harness: nothing is pending before an order was sent")
	m.prepares(first)
	m.breaks(FaultDropAfter)
	answer := m.send(first)
	m.Settle(true)
	m.Len(m.Booked(), 1, "the harness: %q executes the order; the adapter answered %s", FaultDropAfter, answer.text)
	m.prepares(second)
	m.breaks(FaultDropBefore)
	answer = m.send(second)
	m.Settle(true)
	m.Len(m.Booked(), 1, "the harness: %q executes nothing; the adapter answered %s", FaultDropBefore, answer.text)
}

// nameNeverChanges asks several processes.
func nameNeverChanges(m *moneyTest) {
	order := m.newOrder()
	name := order.name()
	m.NoError(ports.CheckID("Name", name))
	m.discreet(name)
	m.prepares(order)
	m.send(order)
	m.Advance(24 * time.Hour)
	for range 3 {
		m.Equal(name, order.name(), "the Name changes")
	}
}

// laneNeverChanges asks several processes, before and after each call.
func laneNeverChanges(m *moneyTest) {
	order := m.newOrder()
	lane := order.lane()
	m.NoError(ports.CheckReference("Lane", lane))
	m.discreet(lane)
	same := func(when string) {
		m.t.Helper()
		for range 3 {
			m.Equal(lane, order.lane(), "the lane changes %s", when)
		}
	}
	same("at another call")
	m.prepares(order)
	same("after Prepare")
	m.breaks(FaultDropAfter)
	answer := m.send(order)
	same("after the order was sent")
	m.Advance(time.Hour)
	m.follow(order, answer)
	same("after an inquiry")
}

// elsewhereIsAnotherLane compares the lanes of orders that need not be kept apart.
func elsewhereIsAnotherLane(m *moneyTest) {
	other, exists := m.elsewhere()
	if !exists {
		m.skip("the harness knows no order that may be under way at the same time")
	}
	lane := m.newOrder().lane()
	m.False(lane != "" && lane == other.lane(), "both travel in the lane %q: each waits for the other without need", lane)
}

// elsewhereUnderWayAtOnce has two orders under way that travel in different lanes.
func elsewhereUnderWayAtOnce(m *moneyTest) {
	if _, exists := m.elsewhere(); !exists {
		m.skip("the harness knows no order that may be under way at the same time")
	}
	m.underWayAtOnce(func() moneyOrder {
		order, _ := m.elsewhere()
		return order
	})
}

// walletsUnderWayAtOnce has orders of two wallets under way.
func walletsUnderWayAtOnce(m *moneyTest) {
	m.underWayAtOnce(func() moneyOrder {
		order := m.newOrder()
		order.own("another wallet")
		return order
	})
}

// sentAtTheLastMoment has a process be held up between writing down SentAt and its call, for
// longer and longer. Whatever the adapter sends then is found, also if it has its effect, or is
// shown, later.
func sentAtTheLastMoment(m *moneyTest) {
	for _, held := range []time.Duration{30 * time.Second, time.Minute, 4 * time.Minute, 9 * time.Minute, 13 * time.Minute, 14 * time.Minute, 29 * time.Minute, 59 * time.Minute} {
		for _, fault := range []Fault{FaultLate, FaultDropAfter} {
			order, before := m.prepared(), len(m.Booked())
			if !m.tries(fault) {
				continue
			}
			m.Advance(held)
			answer := m.send(order)
			if fault == FaultDropAfter && answer.Outcome == ports.OutcomeUnknown && m.tries(FaultHidden) {
				m.Advance(90 * time.Second)
				order.resume(answer, false)
				answer = order.inquire(m.t.Context())
				m.allowed(answer, "the order was sent 90 seconds ago, and the provider does not show it yet", ports.OutcomeUnknown)
			}
			m.Heal()
			answer = m.follow(order, answer)
			m.Advance(24 * time.Hour)
			m.booked(order, before+one(answer.Outcome == ports.OutcomeApproved))
		}
	}
}

// quietPeriodIsKept asks again and again about an order that the provider does not show.
func quietPeriodIsKept(m *moneyTest) {
	if m.quieter == nil {
		m.skip("the adapter is no ports.Quieter")
	}
	order := m.prepared()
	sent := m.Now()
	m.breaks(FaultDropBefore)
	answer := m.send(order)
	m.breaks(FaultHidden)
	for m.Now().Add(time.Minute).Before(sent.Add(m.quieter.QuietPeriod())) {
		m.Advance(max(time.Minute, m.quieter.QuietPeriod()/100) - time.Second)
		order.resume(answer, false)
		answer = order.inquire(m.t.Context())
		if m.Now().Before(sent.Add(m.quieter.QuietPeriod())) {
			m.allowed(answer, "the quiet period is not over", ports.OutcomeUnknown)
		}
	}
}

func quietPeriodIsConstant(m *moneyTest) {
	if m.quieter == nil {
		m.skip("the adapter is no ports.Quieter")
	}
	quiet := m.quieter.QuietPeriod()
	m.Positive(quiet)
	order := m.prepared()
	m.send(order)
	m.Advance(time.Hour)
	m.Equal(quiet, m.quieter.QuietPeriod(), "the quiet period changes")
}

func badOrderIsRefused(m *moneyTest) {
	for _, order := range m.newOrder().spoil() {
		why := "an order with " + order.flaw
		m.about(order.says)
		if refusal := order.prepare(m.t.Context()); refusal != nil {
			m.refusal(order, *refusal)
			m.Empty(m.Booked(), why)
			continue // the core does not send it
		}
		m.Empty(m.Booked(), why)
		answer := m.send(order)
		m.allowed(answer, why, ports.OutcomeFault, ports.OutcomeDeclined, ports.OutcomeNotSent)
		m.Empty(m.Booked(), why)
	}
}

// takes requires that Prepare does not refuse a good order.
func (m *moneyTest) takes(order moneyOrder) {
	m.t.Helper()
	m.refusesNot(order, order.prepare(m.t.Context()))
}

// refusesNot requires of a good order that there is no refusal.
func (m *moneyTest) refusesNot(order moneyOrder, refusal *moneyAnswer) {
	m.t.Helper()
	if refusal != nil {
		m.about(providerRefusal)
		m.FailNow("a good order is refused before it is sent", "%s: %s", order.describe(), refusal.text)
	}
}

// everyProcessSaysTheSame compares the process that makes the calls with new ones.
func everyProcessSaysTheSame(m *moneyTest) {
	order := m.newOrder()
	same := func() {
		m.t.Helper()
		name, lane := order.served()
		m.Equal(order.name(), name, "the Name changes within a process")
		m.Equal(order.lane(), lane, "the lane changes within a process")
	}
	same()
	m.prepares(order)
	same()
	m.send(order)
	same()
}

// orderIsFoundAmongMany sends so many orders that their records fill more than a page.
func orderIsFoundAmongMany(m *moneyTest) {
	for range 22 {
		order := m.prepared()
		m.allowed(m.follow(order, m.send(order)), "in the end", ports.OutcomeApproved)
	}
	for _, fault := range []Fault{FaultDropBefore, FaultDropAfter} {
		order, before := m.prepared(), len(m.Booked())
		m.breaks(fault)
		answer := m.followTo(order, m.send(order), fault != FaultDropBefore)
		m.ended(order, answer, before, fault != FaultDropBefore, final(fault)...)
	}
}

// listThatBreaksOff has the provider fail in the middle of what it is asked.
func listThatBreaksOff(m *moneyTest) {
	m.halfAnswered(FaultAskLater, "the provider failed in the middle of what it was asked")
}

// halfAnswered asks about an order that was executed a day ago, among many of others, while the
// provider answers the first question or page only.
func (m *moneyTest) halfAnswered(fault Fault, what string) {
	m.t.Helper()
	order := m.prepared()
	m.breaks(FaultDropAfter)
	answer := m.send(order)
	m.breaks(FaultOthers)
	m.Advance(24 * time.Hour)
	m.breaks(fault)
	order.resume(answer, false)
	answer = m.blind(order, glance)
	m.allowed(answer, "the order was executed, and "+what, ports.OutcomeApproved, ports.OutcomePending, ports.OutcomeUnknown)
}

// providersShareNothing sends orders of one OperationID to two providers, by turns.
func providersShareNothing(m *moneyTest) {
	twin := m.twin()
	first, second := m.newOrder(), twin.newOrder()
	first.rename("the same")
	second.rename("the same")
	m.prepares(first)
	twin.prepares(second)
	m.breaks(FaultDropBefore)
	twin.breaks(FaultDropAfter)
	lost, done := m.send(first), twin.send(second)
	done = twin.follow(second, done)
	twin.allowed(done, "the second provider executed it", ports.OutcomeApproved)
	lost = m.followLost(first, lost)
	m.ended(first, lost, 0, false, ports.OutcomeNotSent, ports.OutcomeDeclined)
}

// refusalAfterThree sends an order three times. The first has its effect late.
func refusalAfterThree(m *moneyTest) {
	for _, met := range []Fault{FaultUnreachable, FaultThrottle, FaultCredentials} {
		order, before := m.prepared(), len(m.Booked())
		m.breaks(FaultLate)
		answer := m.send(order)
		for range 2 {
			if answer.Outcome.Final() || !m.tries(met) {
				break
			}
			order.resume(answer, true)
			answer = m.send(order)
		}
		m.Heal()
		m.Advance(24 * time.Hour)
		m.Settle(true)
		if answer.Outcome.Final() {
			m.booked(order, before+one(answer.Outcome == ports.OutcomeApproved))
		}
	}
}

func endedContextSendsNothing(m *moneyTest) {
	order := m.prepared()
	ctx, cancel := context.WithCancel(m.t.Context())
	cancel()
	answer := order.send(ctx)
	m.allowed(answer, "the context had ended before the call", ports.OutcomeNotSent, ports.OutcomeUnknown)
	m.Empty(m.Booked())
}

func prepareThatCannotAsk(m *moneyTest) {
	order := m.newOrder()
	m.breaks(FaultMute)
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	if refusal := order.prepare(ctx); refusal != nil {
		m.unasked(order, *refusal, FaultMute)
	}
	m.Empty(m.Booked())
}

// blindPrepare prepares an order while questions fail, and sends it if Prepare lets it. The
// order is lost.
func (m *moneyTest) blindPrepare(fault Fault) {
	prior := m.prepared()
	m.allowed(m.follow(prior, m.send(prior)), "in the end", ports.OutcomeApproved)
	order := m.newOrder()
	m.breaks(fault)
	ctx, cancel := context.WithTimeout(m.t.Context(), glance)
	defer cancel()
	refusal := order.prepare(ctx)
	m.Len(m.Booked(), 1, "Prepare moved money")
	m.lostAfterPrepare(order, refusal, fault)
}

// lostAfterPrepare loses an order that Prepare did not refuse although a fault lay on its
// questions: what it did not hear of must not be taken for the order.
func (m *moneyTest) lostAfterPrepare(order moneyOrder, refusal *moneyAnswer, fault Fault) {
	m.t.Helper()
	if refusal != nil {
		m.unasked(order, *refusal, fault)
		return
	}
	before := len(m.Booked())
	m.breaks(FaultDropBefore)
	answer := m.send(order)
	m.Heal()
	m.ended(order, m.pursueUnknown(order, answer), before, false, ports.OutcomeUnknown, ports.OutcomeNotSent, ports.OutcomeDeclined)
}

// pursueUnknown follows an order that may stay unknown.
func (m *moneyTest) pursueUnknown(order moneyOrder, answer moneyAnswer) moneyAnswer {
	m.t.Helper()
	for range 50 {
		if answer.Outcome.Final() || answer.Review != "" {
			break
		}
		answer = m.step(order, answer)
	}
	return answer
}

// prepareMovesNothing prepares orders and lets time pass.
func prepareMovesNothing(m *moneyTest) {
	for range 3 {
		m.prepared()
		m.Advance(24 * time.Hour)
		m.False(m.Settle(true), "Prepare sent an order")
	}
	m.Empty(m.Booked(), "Prepare moved money")
}

// callsComeFromProcesses makes each call with an adapter that remembers nothing: what it
// needs is in the order.
func callsComeFromProcesses(m *moneyTest) {
	for _, fault := range []Fault{FaultNone, FaultDropAfter, FaultDropBefore} {
		order, before := m.newOrder(), len(m.Booked())
		order.renew()
		m.prepares(order)
		m.breaks(fault)
		answer := m.followTo(order, m.send(order), fault != FaultDropBefore)
		m.ended(order, answer, before, fault != FaultDropBefore, final(fault)...)
		m.books(order, answer.Outcome == ports.OutcomeApproved)
	}
}

// books compares an order with the provider's books, where they tell orders apart.
func (m *moneyTest) books(order moneyOrder, want bool) {
	m.t.Helper()
	if executed, known := order.executed(); known {
		m.Equal(want, executed, "the provider executed the order")
	}
}

// callsChangeNoOrder looks at the bytes that a call was given after it returned.
func callsChangeNoOrder(m *moneyTest) {
	order := m.newOrder()
	m.prepares(order)
	kept := func(call string) {
		m.t.Helper()
		m.Equal(order.keeps(), order.given(), "%s changed the bytes of the order", call)
	}
	first := order.keeps()
	m.breaks(FaultDropAfter)
	answer := m.send(order)
	kept("sending")
	m.Advance(m.pause(answer))
	order.inquire(m.t.Context())
	kept("Inquire")
	m.Equal(first, order.keeps())
}

// ordersUnderWayAtOnce has two orders that are alike under way.
func ordersUnderWayAtOnce(m *moneyTest) { m.underWayAtOnce(m.newOrder) }

// underWayAtOnce prepares two orders, sends them, of which one has its effect, and asks about
// them by turns. Where they have one lane the core does not do so.
func (m *moneyTest) underWayAtOnce(other func() moneyOrder) {
	m.t.Helper()
	for _, effect := range []int{0, 1} {
		for _, backwards := range []bool{false, true} {
			m.Heal()
			before := len(m.Booked())
			orders := []moneyOrder{m.newOrder(), other()}
			if lane := orders[0].lane(); lane != "" && lane == orders[1].lane() {
				return
			}
			m.prepares(orders[0])
			m.prepares(orders[1])
			answers := make([]moneyAnswer, len(orders))
			for i := range orders {
				if backwards {
					i = len(orders) - 1 - i
				}
				if i == effect {
					m.breaks(FaultDropAfter)
				} else {
					m.breaks(FaultDropBefore)
				}
				answers[i] = m.send(orders[i])
			}
			m.byTurns(orders, answers, effect)
			for i, order := range orders {
				executed := i == effect || order.sentAgain()
				m.Equal(executed, answers[i].Outcome == ports.OutcomeApproved, "order %d of 2, the effect was of %d: %s", i+1, effect+1, answers[i].text)
				m.books(order, executed)
				before += one(executed)
			}
			m.booked(orders[0], before)
		}
	}
}

// byTurns follows orders to their end. Those that had no effect may have none: see followLost.
func (m *moneyTest) byTurns(orders []moneyOrder, answers []moneyAnswer, effect int) {
	m.t.Helper()
	begun := m.Now()
	lost := func(i int) bool {
		return i != effect && !orders[i].sentAgain() && answers[i].Outcome == ports.OutcomeUnknown
	}
	for n := 0; m.asksOn(n, m.Now().Sub(begun)); n++ {
		open := false
		for i, order := range orders {
			if !answers[i].Outcome.Final() && (!lost(i) || answers[i].Review == "") {
				open = true
				answers[i] = m.step(order, answers[i])
				m.True(lost(i) || answers[i].Review == "", "the truth can be found without a person: %s", answers[i].text)
			}
		}
		if !open {
			return
		}
	}
	for i, answer := range answers {
		if !answer.Outcome.Final() && !lost(i) {
			m.noEnd(answer)
		}
	}
}

// ordersAtTheSameTime has adapters send orders at the same time, unless they have one lane.
func ordersAtTheSameTime(m *moneyTest) {
	var orders []moneyOrder
	for range 8 {
		orders = append(orders, m.newOrder())
	}
	if orders[0].lane() != "" {
		orders = orders[:1]
	}
	m.atOnce(orders)
	m.Len(m.Booked(), len(orders), "orders that the provider executed")
}

// orderIsFoundAmongOthers has others move other amounts before an order and after it.
func orderIsFoundAmongOthers(m *moneyTest) {
	for _, fault := range []Fault{FaultNone, FaultDropAfter, FaultDropBefore} {
		m.breaks(FaultOthers)
		order, before := m.prepared(), len(m.Booked())
		m.breaks(fault)
		answer := m.send(order)
		m.breaks(FaultOthers)
		answer = m.followTo(order, answer, fault != FaultDropBefore)
		m.ended(order, answer, before, fault != FaultDropBefore, final(fault)...)
	}
}

// orderIsNotTakenForOthers has others move the same amount before an order and after it, and
// then other amounts. Review is allowed: the adapter may be unable to tell the orders apart.
func orderIsNotTakenForOthers(m *moneyTest) {
	for _, fault := range []Fault{FaultNone, FaultDropAfter, FaultDropBefore} {
		m.breaks(FaultRivals)
		order, before := m.prepared(), len(m.Booked())
		m.breaks(fault)
		answer := m.send(order)
		m.breaks(FaultRivals)
		m.tries(FaultOthers)
		m.LessOrEqual(len(m.Booked()), before+one(fault != FaultDropBefore), "the harness counts what others moved as the adapter's")
		if answer, _ = m.chase(order, answer); answer.Review != "" {
			continue
		}
		if fault != FaultDropBefore && !answer.Outcome.Final() {
			m.noEnd(answer)
		}
		m.ended(order, answer, before, fault != FaultDropBefore, final(fault)...)
	}
}

// failedInquiries asks a provider on which a fault of questions lies, early and after
// a day, about an order that was executed and about one that was not.
func (m *moneyTest) failedInquiries(blind Fault) {
	m.t.Helper()
	for _, fault := range []Fault{FaultDropAfter, FaultDropBefore} {
		m.Heal()
		m.about(providerFailedQuestion)
		order := m.prepared()
		m.breaks(fault)
		answer := m.send(order)
		m.breaks(blind)
		for _, wait := range waits(blind) {
			m.Advance(wait)
			order.resume(answer, false)
			answer = m.blind(order, glance)
			m.allowed(answer, "no question was answered", ports.OutcomeUnknown)
		}
		m.Heal()
		m.about(providerFinds) // the questions are answered again
		m.did("the provider answers questions again")
		if answer, _ = m.chase(order, answer); answer.Review != "" { // it may be too old to be found
			m.Settle(true)
			continue
		}
		if fault == FaultDropAfter && !answer.Outcome.Final() {
			m.noEnd(answer)
		}
		if fault == FaultDropAfter {
			m.ended(order, answer, 0, true, ports.OutcomeApproved)
		} else {
			m.ended(order, answer, 1, false, ports.OutcomeNotSent, ports.OutcomeDeclined, ports.OutcomeFault)
		}
	}
}

// waits are the times between inquiries while a fault lies on the provider: a month in all, and
// more than a dozen inquiries. Of the faults of questions one does that, because adapters ask
// again and again.
func waits(fault Fault) []time.Duration {
	early := []time.Duration{time.Second, time.Hour, 24 * time.Hour}
	if fault.OfQuestions() && fault != FaultBlind {
		return early
	}
	return append(slices.Concat(early, slices.Repeat([]time.Duration{time.Minute}, 10)), 72*time.Hour, 30*24*time.Hour)
}

// pending returns an order that the provider works on, or skips the scenario.
func (m *moneyTest) pending() (moneyOrder, moneyAnswer) {
	m.t.Helper()
	order := m.prepared()
	answer := m.send(order)
	if answer.Outcome != ports.OutcomePending {
		m.skip("the provider of the harness executes orders at once: none is pending")
	}
	return order, answer
}

// pendingInquiries asks about a pending order while a fault of questions lies on the provider,
// and follows the order to its end when the fault is over.
func (m *moneyTest) pendingInquiries(blind Fault) {
	m.t.Helper()
	order, answer := m.pending()
	m.breaks(blind)
	m.staysOpen(blind, order, &answer, "no question was answered")
	m.Heal()
	m.about(providerFinds)
	m.Settle(true)
	m.ended(order, m.pursue(order, answer), 0, true, ports.OutcomeApproved, answer.Outcome)
}

// staysOpen asks about a pending order, early and after days: no answer ends it.
func (m *moneyTest) staysOpen(fault Fault, order moneyOrder, answer *moneyAnswer, why string) {
	m.t.Helper()
	for _, wait := range waits(fault) {
		m.Advance(wait)
		order.resume(*answer, false)
		*answer = m.blind(order, glance)
		m.allowed(*answer, "the order was pending, and "+why, ports.OutcomePending, ports.OutcomeUnknown)
	}
}

// pendingAndHidden has the provider show nothing of a pending order.
func pendingAndHidden(m *moneyTest) {
	order, answer := m.pending()
	m.breaks(FaultHidden)
	m.staysOpen(FaultHidden, order, &answer, "the provider does not show it")
}

// pendingAndOdd gives a pending order a status that no adapter knows.
func pendingAndOdd(m *moneyTest) {
	order, answer := m.pending()
	m.breaks(FaultOddStatus)
	m.staysOpen(FaultOddStatus, order, &answer, "no adapter knows its status")
}

// refusedAndKept has the provider refuse a pending order and keep the money.
func refusedAndKept(m *moneyTest) {
	order, answer := m.pending()
	m.breaks(FaultKept)
	m.True(m.Settle(false), "the harness ends what is pending")
	m.booked(order, 1)
	m.staysOpen(FaultKept, order, &answer, "the provider refused it and did not give the money back")
}

// hiddenOrderIsFound has the provider show a lost order a minute late.
func hiddenOrderIsFound(m *moneyTest) {
	order := m.prepared()
	m.breaks(FaultDropAfter)
	answer := m.send(order)
	m.breaks(FaultHidden)
	for range 3 {
		m.Advance(20 * time.Second)
		order.resume(answer, answer.Resend)
		if answer.Resend {
			break
		}
		answer = order.inquire(m.t.Context())
		m.plausible(order, answer)
		m.allowed(answer, "the order was sent a minute ago, and the provider does not show it yet", ports.OutcomeUnknown)
	}
	m.Heal()
	if answer.Resend {
		answer = m.send(order)
	}
	m.ended(order, m.follow(order, answer), 0, true, ports.OutcomeApproved)
}

// blind inquires with a deadline.
func (m *moneyTest) blind(order moneyOrder, deadline time.Duration) moneyAnswer {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), deadline)
	defer cancel()
	answer := order.inquire(ctx)
	m.plausible(order, answer)
	return answer
}

// sentAgainIsNotGivenUp asks about an order that was sent twice, of which the provider shows
// nothing.
func sentAgainIsNotGivenUp(m *moneyTest) {
	order := m.prepared()
	m.breaks(FaultDropBefore)
	answer := m.send(order)
	order.resume(answer, true)
	m.breaks(FaultDropBefore)
	answer = m.send(order)
	order.resume(answer, true)
	m.breaks(FaultDropBefore)
	answer = m.send(order)
	for _, wait := range waits(FaultHidden) {
		m.Advance(wait)
		order.resume(answer, false)
		answer = order.inquire(m.t.Context())
		m.plausible(order, answer)
		m.allowed(answer, "the order was sent three times, and when it was sent last is not known", m.openOrOver(order)...)
	}
	m.Empty(m.Booked(), "the order never arrived")
}

// openOrOver returns what may be said of an order that was sent several times and never arrived: in
// the end that the provider takes no payment of it any more, where its customer was to pay in time.
func (m *moneyTest) openOrOver(order moneyOrder) []ports.Outcome {
	m.t.Helper()
	charge, _ := order.(*chargeFlow)
	if m.confirms == nil || charge == nil || m.Now().Before(m.await(charge.order).Until) {
		return []ports.Outcome{ports.OutcomeUnknown}
	}
	return []ports.Outcome{ports.OutcomeUnknown, ports.OutcomeDeclined}
}

// orderIsNotTakenForTheOneBefore sends two orders that are alike, the second of
// which has no effect.
func orderIsNotTakenForTheOneBefore(m *moneyTest) {
	for _, fault := range []Fault{FaultNone, FaultDropAfter} {
		booked := len(m.Booked())
		first := m.prepared()
		m.breaks(fault)
		answer := m.follow(first, m.send(first))
		m.allowed(answer, "in the end", ports.OutcomeApproved)
		m.booked(first, booked+1)

		second := m.prepared()
		m.breaks(FaultDropBefore)
		lost := m.followLost(second, m.send(second))
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
	m.allowed(answer, "in the end", ports.OutcomeApproved)
	m.Len(m.Booked(), 1)

	late := m.prepared()
	if m.tries(FaultLate) {
		m.send(late)
		answer = m.follow(late, moneyAnswer{})
		m.allowed(answer, "in the end", ports.OutcomeApproved)
	}
	booked := len(m.Booked())

	unsent := m.prepared()
	answer = m.followLost(unsent, moneyAnswer{})
	m.ended(unsent, answer, booked, false, ports.OutcomeNotSent, ports.OutcomeDeclined)
}

func inquiriesMayBeRepeated(m *moneyTest) {
	order := m.prepared()
	m.breaks(FaultDropAfter)
	answer := m.follow(order, m.send(order))
	m.allowed(answer, "in the end", ports.OutcomeApproved)
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
		m.allowed(again, "in the end", ports.OutcomeApproved)
		m.Equal(answer.ProviderRef, again.ProviderRef)
	}
	m.Len(m.Booked(), 1)
}

// refusalSpeaksOfAllTransmissions sends orders twice: what the second request meets says
// nothing of the first, which had its effect, or has it later.
func refusalSpeaksOfAllTransmissions(m *moneyTest) {
	for _, first := range []Fault{FaultDropAfter, FaultLate} {
		for _, second := range []Fault{FaultUnreachable, FaultThrottle, FaultCredentials, FaultDecline} {
			order, before := m.prepared(), len(m.Booked())
			if !m.tries(first) {
				continue
			}
			m.send(order)
			asked := order.inquire(m.t.Context())
			m.plausible(order, asked)
			m.Heal()
			if asked.Outcome.Final() || !m.tries(second) {
				m.Heal()
				continue
			}
			order.resume(asked, true)
			answer := m.send(order)
			m.Heal()
			if asked.Resend {
				answer = m.follow(order, answer)
			}
			m.Advance(24 * time.Hour)
			m.Settle(true)
			if answer.Outcome.Final() {
				m.Len(m.Booked(), before+one(answer.Outcome == ports.OutcomeApproved), "%s; then the order was sent again, and the provider %s: %s", first, second, answer.text)
			}
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
	answer := m.followLost(order, moneyAnswer{})
	if !answer.Outcome.Final() {
		m.skip("the adapter gives no order up for want of a trace")
	}
	if answer.Outcome == ports.OutcomeApproved { // it was sent again, and is no order that was given up
		m.ended(order, answer, 0, false)
		return
	}
	order.resume(moneyAnswer{}, false)
	answer = m.send(order)
	m.Advance(24 * time.Hour)
	m.Settle(true)
	if len(m.Booked()) > 0 || answer.Outcome == ports.OutcomeApproved {
		m.FailNow("an inquiry gave the order up, and then it was sent", "allowed is an answer without effect; the answer: %s", answer.text)
	}
}

// callsReturnWhenTheirContextEnds asks a provider that takes requests and never answers.
func callsReturnWhenTheirContextEnds(m *moneyTest) {
	order, answer := m.sendInto(FaultHangBefore)
	m.allowed(answer, "no answer came before the deadline", ports.OutcomeUnknown)
	unsent := m.newOrder()
	m.breaks(FaultMute)
	order.resume(answer, false)
	asked := m.blind(order, patience)
	m.allowed(asked, "no question was answered", ports.OutcomeUnknown, ports.OutcomePending)
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	if refusal := unsent.prepare(ctx); refusal != nil {
		m.unasked(unsent, *refusal, FaultMute)
	}
	m.Heal()
	m.ended(order, m.followLost(order, answer), 0, false, ports.OutcomeNotSent, ports.OutcomeDeclined)
}

// refusedLater is for providers that work on orders for a while.
func refusedLater(m *moneyTest) {
	order := m.prepared()
	answer := m.send(order)
	settled := m.Settle(false)
	m.False(settled && answer.Outcome.Final(), "an end was reported while the provider was still at work")
	if !settled {
		m.skip("the provider of the harness executes orders at once: none is pending")
	}
	answer = m.follow(order, answer)
	m.allowed(answer, "the provider refused the pending order and gave the money back", ports.OutcomeDeclined)
	m.Empty(m.Booked())
}
