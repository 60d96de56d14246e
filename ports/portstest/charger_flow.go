package portstest

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// moneyOrder is an order to a Charger or to a Disburser on its way.
type moneyOrder interface {
	moneyRecord
	prepare(ctx context.Context) *moneyAnswer // nil, or the refusal
	send(ctx context.Context) moneyAnswer     // records the answer as the last
	inquire(ctx context.Context) moneyAnswer  // records the answer as the last
	ask(ctx context.Context) moneyAnswer      // inquires and records nothing
	spoil() []moneyOrder                      // orders that must be refused
}

// moneyRecord is what is kept of such an order.
type moneyRecord interface {
	lane() string
	amount() decimal.Decimal
	sentAgain() bool                         // whether it was sent more than once
	rename(id string)                        // before prepare: gives it another OperationID
	resume(last moneyAnswer, sentAgain bool) // before the next call
}

// moneyAnswer is an answer about an order of either kind.
type moneyAnswer struct {
	ports.Answer
	Amount decimal.NullDecimal // charged, or taken from the wallet
	text   string              // the whole answer, as it is stored
}

// moneyTest is a scenario under way.
type moneyTest struct {
	*require.Assertions
	ProviderHarness
	t        *testing.T
	newOrder func() moneyOrder
	made     int           // how many cancellations were made
	deadline time.Duration // of the next order
}

// breaks has a fault happen and reports whether the provider knows it.
func (m *moneyTest) breaks(fault Fault) bool {
	m.t.Helper()
	broken := m.Break(fault)
	m.True(broken || !indispensable(fault), "every provider has the fault %q", fault)
	m.deadline = ample
	if fault == FaultHangBefore || fault == FaultHangAfter {
		m.deadline = patience
	}
	return broken
}

// prepared returns an order that may be sent now.
func (m *moneyTest) prepared() moneyOrder {
	m.t.Helper()
	order, before := m.newOrder(), len(m.Booked())
	m.Nil(order.prepare(m.t.Context()), "Prepare refused a good order")
	m.Len(m.Booked(), before, "Prepare moved money")
	return order
}

// patience is how long a call may take to which no answer comes, and mostPatience where
// the order had not left by then; ample is how long any other may.
const (
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

// lateness is how long after the end of its context a call may return. The core leaves it
// sooner; a slow machine needs longer.
const lateness = 5 * time.Second

// within makes a call and does not wait for one that stays when its context has ended.
func within[Answer any](ctx context.Context, m *require.Assertions, name string, call func() Answer) (answer Answer) {
	returned := make(chan Answer, 1)
	go func() { returned <- call() }()
	select {
	case answer = <-returned:
		return answer
	case <-ctx.Done():
	}
	late := time.NewTimer(lateness)
	defer late.Stop()
	select {
	case answer = <-returned:
	case <-late.C:
		m.FailNow(name + " does not return when its context ends")
	}
	return answer
}

// ended checks how an order ended that was executed by its first transmission, or not. One
// that was sent again may have been executed then.
func (m *moneyTest) ended(order moneyOrder, answer moneyAnswer, before int, executed bool, final ...ports.Outcome) {
	m.t.Helper()
	if !executed && order.sentAgain() {
		executed, final = answer.Outcome == ports.OutcomeApproved, append(slices.Clip(final), ports.OutcomeApproved)
	}
	if executed {
		before++
	}
	m.Contains(final, answer.Outcome, "in the end: %s", answer.text)
	m.Len(m.Booked(), before, "executions")
}

// mostInquiries is how often an order is inquired about until it must be known.
const mostInquiries = 1000

// follow inquires about an order until its end is known.
func (m *moneyTest) follow(order moneyOrder, answer moneyAnswer) moneyAnswer {
	m.t.Helper()
	for range mostInquiries {
		if answer.Outcome.Final() {
			return answer
		}
		m.Empty(answer.Review, "the truth can be found without a person")
		if answer.Outcome == ports.OutcomePending {
			m.Settle(true)
		}
		m.Advance(pause(answer))
		answer = m.next(order, answer)
	}
	m.Fail("inquiries find no end", "last answer: %s", answer.text)
	return answer
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

func pause(answer moneyAnswer) time.Duration {
	if answer.InquireAfter > 0 {
		return answer.InquireAfter
	}
	return time.Minute
}

// plausible checks what holds of every answer.
func (m *moneyTest) plausible(order moneyOrder, answer moneyAnswer) {
	m.t.Helper()
	m.NotContains(answer.Outcome.String(), "(", "outcome out of range")
	if answer.Likely != ports.OutcomeUnknown {
		m.Equal(ports.OutcomeUnknown, answer.Outcome, "Likely belongs to an unknown: %s", answer.text)
		m.True(answer.Likely.Final(), "Likely is final")
	}
	m.False(answer.Outcome.Final() && (answer.Review != "" || answer.Resend), "a final answer asks for nothing: %s", answer.text)
	m.False(answer.Resend && answer.Outcome != ports.OutcomeUnknown, "only an unknown order is sent again: %s", answer.text)
	m.GreaterOrEqual(answer.InquireAfter, time.Duration(0))
	m.NoError(ports.CheckProviderRef("ProviderRef", answer.ProviderRef))
	if (answer.Outcome == ports.OutcomeApproved || answer.Outcome == ports.OutcomePending) && answer.Amount.Valid {
		m.True(answer.Amount.Decimal.Equal(order.amount()), "reports %s for %s", answer.Amount.Decimal, order.amount())
	}
	for _, secret := range m.Secrets() {
		m.NotContains(answer.text, secret, "an answer shows a secret")
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
