package portstest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// parallelScenarios are promises about calls that are made at the same time.
func parallelScenarios() []moneyScenario {
	return []moneyScenario{
		{"orders that differ may be sent at the same time", providerConcurrent, ordersThatDiffer},
		{"the evidence of an order is its own", "No later call may change these bytes.", evidenceIsItsOwn},
		{"a call that gets no answer holds up no other", providerSoon, callsThatHang},
		{"calls whose context has ended use nothing up", providerSoon, callsThatEnded},
	}
}

// providerSoon is the sentence about calls that hang.
const providerSoon = "Prepare, Charge and Inquire must return soon after ctx ends."

// variety are orders that differ in amount and in where the money comes from or goes to.
type variety struct {
	order func(i int, more decimal.Decimal) moneyOrder // the i-th; its amount is that of NewOrder and more
	says  func(order moneyOrder) string                // what the books must say of it
	books func() []string                              // what they say of each amount of Booked
}

func chargesThatDiffer(m *moneyTest) variety {
	written := func(amount decimal.Decimal, method string) string { return fmt.Sprintf("%s from %q", amount, method) }
	return variety{
		order: func(i int, more decimal.Decimal) moneyOrder {
			order, methods := m.charges.NewOrder(), m.charges.Methods()
			order.PaymentMethod, order.WalletID = methods[i%len(methods)], fmt.Sprint("wallet ", i)
			order.Amount = order.Amount.Add(more)
			return newFlow(m, chargePort(m.charges), order)
		},
		says: func(order moneyOrder) string {
			f, _ := order.(*flow[ports.ChargeOrder, ports.ChargeAnswer])
			return written(f.order.Amount, f.order.PaymentMethod)
		},
		books: func() []string {
			amounts, methods := m.Booked(), m.charges.Charged()
			return eachOf(m, amounts, func(i int) string { return written(amounts[i], methods[i]) }, len(methods))
		},
	}
}

func payoutsThatDiffer(m *moneyTest) variety {
	written := func(amount decimal.Decimal, to ports.Destination) string {
		return fmt.Sprintf("%s to %s (%q)", amount, to, to.Sealed)
	}
	return variety{
		order: func(i int, more decimal.Decimal) moneyOrder {
			order, to := m.payouts.NewOrder(), m.payouts.Destinations()
			if len(to) > 0 {
				order.Destination = to[i%len(to)]
			}
			order.WalletID, order.Total, order.Net = fmt.Sprint("wallet ", i), order.Total.Add(more), order.Net.Add(more)
			return newPayout(m, m.payouts, order)
		},
		says: func(order moneyOrder) string {
			f, _ := order.(*payoutFlow)
			return written(f.order.Total, f.order.Destination)
		},
		books: func() []string {
			amounts, paid := m.Booked(), m.payouts.Paid()
			return eachOf(m, amounts, func(i int) string { return written(amounts[i], paid[i].Destination) }, len(paid))
		},
	}
}

// eachOf writes down what the books say of each amount.
func eachOf(m *moneyTest, amounts []decimal.Decimal, written func(i int) string, known int) []string {
	m.Len(amounts, known, "the harness tells of each amount where it came from or went to")
	list := make([]string, len(amounts))
	for i := range amounts {
		list[i] = written(i)
	}
	return list
}

// atOnce prepares orders at the same time, and then sends them and asks about them at the same
// time. Each must be executed, and no answer about one may name the id of another.
func (m *moneyTest) atOnce(orders []moneyOrder) {
	m.t.Helper()
	refusals, answers := make([]*moneyAnswer, len(orders)), make([]moneyAnswer, len(orders))
	var group sync.WaitGroup
	for i, order := range orders {
		group.Go(func() { refusals[i] = order.prepare(m.t.Context()) })
	}
	group.Wait()
	for i, order := range orders {
		m.refusesNot(order, refusals[i])
	}
	for i, order := range orders {
		group.Go(func() { answers[i] = order.forward(m.t.Context()) })
		group.Go(func() { order.ask(m.t.Context()) })
	}
	group.Wait()
	refs := make(map[string]moneyOrder)
	for i, order := range orders {
		order.took(answers[i])
		answer := m.follow(order, answers[i])
		m.allowed(answer, order.describe()+", in the end", ports.OutcomeApproved)
		m.books(order, true)
		order.resume(answer, false)
		for _, named := range []moneyAnswer{answers[i], answer, order.inquire(m.t.Context())} {
			if other := refs[named.ProviderRef]; named.ProviderRef != "" && other != nil && other != order {
				m.about(providerRef)
				m.FailNow("an answer names the id of another order", "%s has %s, and of %s the answer is: %s", other.describe(), named.ProviderRef, order.describe(), named.text)
			}
			refs[named.ProviderRef] = order
		}
	}
}

// ordersThatDiffer sends orders at the same time of which each has another amount, payment
// method or destination than the next. Of each lane there is one.
func ordersThatDiffer(m *moneyTest) {
	const orders, rounds = 12, 2
	if m.differs.order == nil { // a cancellation differs from others by its charge
		m.differs.order = func(int, decimal.Decimal) moneyOrder { return m.newOrder() }
	}
	step := m.amountsMayDiffer()
	var sent []string
	for range rounds {
		before, lanes := len(m.Booked()), make(map[string]bool)
		var list []moneyOrder
		for i := range orders {
			order := m.differs.order(i, step.Mul(decimal.NewFromInt(int64(i%4))))
			if lane := order.lane(); !lanes[lane] {
				lanes[lane] = lane != ""
				list = append(list, order)
			}
		}
		m.atOnce(list)
		m.Len(m.Booked(), before+len(list), "orders that the provider executed")
		if m.differs.says == nil {
			continue
		}
		for _, order := range list {
			sent = append(sent, m.differs.says(order))
		}
		m.Equal(slices.Sorted(slices.Values(sent)), slices.Sorted(slices.Values(m.differs.books()[len(m.differs.books())-len(sent):])),
			"what was ordered at the same time, and what the provider executed")
	}
}

// amountsMayDiffer returns by how much amounts may differ: zero where the provider does not take
// another than that of NewOrder.
func (m *moneyTest) amountsMayDiffer() decimal.Decimal {
	m.t.Helper()
	if m.differs.says == nil {
		return decimal.Zero
	}
	step := someOf(m.newOrder().amount())
	order := m.differs.order(0, step)
	if refusal := order.prepare(m.t.Context()); refusal != nil {
		return decimal.Zero
	}
	if answer := m.pursue(order, m.send(order)); answer.Outcome != ports.OutcomeApproved {
		return decimal.Zero
	}
	return step
}

// evidenceIsItsOwn prepares and sends orders one after the other, and looks at what the first
// calls returned.
func evidenceIsItsOwn(m *moneyTest) {
	var orders []moneyOrder
	var returned []string
	for range 4 {
		order := m.prepared()
		orders, returned = append(orders, order), append(returned, strings.Clone(order.returned()))
		m.allowed(m.follow(order, m.send(order)), "in the end", ports.OutcomeApproved)
		m.Advance(time.Minute)
	}
	for i, order := range orders {
		m.Equal(returned[i], order.returned(), "the evidence of %s, after other orders were prepared", order.describe())
	}
}

// hung is how many questions hang at the same time: more than an adapter lets wait in a queue.
const hung = 40

// callsThatHang has an order and many questions get no answer, with contexts that end late. Calls
// of the same process with contexts that end soon return.
func callsThatHang(m *moneyTest) {
	third, other, order := m.newOrder(), m.newOrder(), m.prepared()
	free := other.lane() == "" || other.lane() != order.lane()
	if free {
		m.prepares(other)
	}
	m.breaks(FaultHangBefore)
	ctx, end := context.WithCancel(m.t.Context())
	defer end()
	var group sync.WaitGroup
	var answer moneyAnswer
	group.Go(func() { answer = order.forward(ctx) })
	m.did("%s hangs", order.describe())
	asked := order.copied()
	for range 3 { // the first may come before the order has left
		m.blind(asked, patience)
	}
	m.breaks(FaultMute)
	for range hung {
		question := asked.copied() // asked counts its inquiries meanwhile
		group.Go(func() { question.ask(ctx) })
	}
	m.did("%d inquiries hang", hung)
	for range 3 {
		m.blind(asked, glance)
	}
	m.prepareWithin(third, glance)
	lost := moneyAnswer{}
	if free && m.tries(FaultHangBefore) {
		m.deadline = patience
		lost = m.send(other)
		m.deadline = ample
	}
	end()
	m.waits(&group)
	m.Heal()
	order.took(answer)
	m.ended(order, m.followLost(order, answer), 0, false, ports.OutcomeNotSent, ports.OutcomeDeclined)
	if before := len(m.Booked()); free {
		m.ended(other, m.followLost(other, lost), before, false, ports.OutcomeNotSent, ports.OutcomeDeclined)
	}
}

// prepareWithin prepares an order with a deadline. A refusal is allowed.
func (m *moneyTest) prepareWithin(order moneyOrder, deadline time.Duration) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), deadline)
	defer cancel()
	if refusal := order.prepare(ctx); refusal != nil {
		m.refusal(order, *refusal)
	}
}

// waits waits for calls whose context has ended.
func (m *moneyTest) waits(group *sync.WaitGroup) {
	m.t.Helper()
	if !returned(group) {
		m.known.late.Store(true)
		m.FailNow("calls do not return when their context ends", "after %s", patience+2*lateness)
	}
}

// returned reports whether the calls of a group end in time.
func returned(group *sync.WaitGroup) bool {
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	most := time.NewTimer(patience + 2*lateness)
	defer most.Stop()
	select {
	case <-done:
		return true
	case <-most.C:
		return false
	}
}

// endedCalls is how many calls are made with a context that has ended: more than an adapter has
// places for.
const endedCalls = 250

// callsThatEnded makes calls whose context has ended, and then sends an order.
func callsThatEnded(m *moneyTest) {
	ctx, cancel := context.WithCancel(m.t.Context())
	cancel()
	order := m.prepared()
	for range endedCalls {
		order.send(ctx)
		order.inquire(ctx)
	}
	m.Empty(m.Booked(), "the contexts had ended before the calls")
	next := m.prepared()
	m.allowed(m.follow(next, m.send(next)), "in the end", ports.OutcomeApproved)
	m.Len(m.Booked(), 1, "orders that the provider executed")
}
