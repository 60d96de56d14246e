package portstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// ConfirmerHarness is a Confirmer on a provider that a test can break. The faults of orders happen
// to the next request that confirms a payment.
type ConfirmerHarness interface {
	ProviderHarness

	// Charger returns the Charger under test, as a process that has just started makes it. It
	// must be a [ports.Confirmer], or wrap one as [ports.As] says.
	Charger() ports.Charger

	// NewOrder returns an order whose customer pays in the provider's window, as it is before
	// PrepareConfirm. It has no payment method. All have the same amount, and each has an
	// OperationID of its own.
	NewOrder() ports.ChargeOrder

	// Currencies returns the currencies that the provider takes.
	Currencies() []string

	// Pay has the customer agree, in the window of an order, to pay an amount, and returns the
	// token that the window hands out. No money moves.
	Pay(order ports.ChargeOrder, amount decimal.Decimal) (token string)
}

// AwaitFields is a [ConfirmerHarness] whose adapter reads the Fields of Await. The suite skips the
// scenario of refused fields if the harness has no such method, or if the method returns nothing.
type AwaitFields interface {
	// RefusedFields returns Fields that Await must refuse for an order of NewOrder: a name that
	// the adapter does not document, say, or a text that it does not take.
	RefusedFields() []map[string]string
}

// TestConfirmer checks what [ports.Confirmer] and [ports.Awaiter] promise: all that [TestCharger]
// checks of charges, but for payment methods and orders elsewhere, which the customer chooses, with
// PrepareConfirm in the place of Prepare; and that a token moves the money of its order only. A
// harness of several currencies is a [CurrencyBooks], one whose adapter reads Fields an
// [AwaitFields]. The constructor returns a harness that no other test uses, and cleans up with
// t.Cleanup.
//
// A small Confirmer and its harness, over a provider in memory, are window_test.go in
// internal/suitetest.
func TestConfirmer(t *testing.T, newHarness func(t *testing.T) ConfirmerHarness) {
	t.Helper()
	runMoney(t, func(m *moneyTest) {
		m.confirms = newHarness(m.t)
		m.ProviderHarness = m.confirms
		m.newOrder = func() moneyOrder { return m.unpaid() }
		m.quieter, _ = ports.As[ports.Quieter](m.confirms.Charger())
		m.codes = m.confirms.Currencies()
	}, slices.Concat(apartScenarios(), amountScenarios(), confirmScenarios())...)
}

// chargeFlow is a charge on its way.
type chargeFlow = flow[ports.ChargeOrder, ports.ChargeAnswer]

// unpaid returns an order that is yet to be confirmed.
func (m *moneyTest) unpaid() *chargeFlow {
	order := m.confirms.NewOrder()
	m.Empty(order.PaymentMethod, "the harness leaves the payment method to the customer")
	return newFlow(m, confirmPort(m.confirms), order)
}

// confirmPort is how a Confirmer is called: the customer pays what is ordered when the order is
// prepared.
func confirmPort(harness ConfirmerHarness) port[ports.ChargeOrder, ports.ChargeAnswer] {
	p := chargePort(harness)
	delete(p.spoil, "no payment method")
	process := p.process
	p.process = func() adapter[ports.ChargeOrder, ports.ChargeAnswer] {
		made := process()
		confirmer, can := ports.As[ports.Confirmer](harness.Charger())
		if !can {
			panic("the Charger of the harness is no ports.Confirmer")
		}
		made.send, made.inquire = confirmer.Charge, confirmer.Inquire
		made.prepare = func(ctx context.Context, order ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
			return confirmer.PrepareConfirm(ctx, order, harness.Pay(order, order.Amount))
		}
		return made
	}
	return p
}

// confirmScenarios are the promises of a Confirmer that a Charger does not make.
func confirmScenarios() []moneyScenario {
	const (
		refuses = "It refuses a token of another order, or of another amount, as far as the provider tells without moving money"
		shows   = "Await returns what the customer is shown to pay the order, and until when at the latest."
		pays    = "Inquire answers OutcomePending as long as the customer may still pay. While Transmissions is zero, an adapter whose provider shows nothing of an order " +
			"that was not paid may answer OutcomeNotSent, which the core takes for OutcomePending, or OutcomeUnknown, after which the order expires later."
		late  = "Once the time of Await has passed all of these are still allowed, and OutcomeDeclined where the provider takes no payment of the order any more"
		takes = "Await returns ErrInvalid for a field or an order that the provider does not take"
	)
	return []moneyScenario{
		{"a token moves the money of its own order", refuses, tokenOfAnotherOrder},
		{"a token of another amount moves nothing", refuses, tokenOfAnotherAmount},
		{"a token that was made up moves nothing", refuses, tokenThatWasMadeUp},
		{"a customer is told how to pay and until when", shows, customerIsTold},
		{"a customer is told without a request", "It does no I/O.", customerIsToldOffline},
		{"an order that the customer has not paid is pending", pays, unpaidIsPending},
		{"an order that the customer did not pay in time is no fault", late, unpaidInTime},
		{"a customer is not asked to pay an order that the provider does not take", takes, badOrderIsNotBegun},
		{"a customer is not asked to pay with fields that the provider does not take", takes, badFieldsAreRefused},
	}
}

// confirm prepares an order with a token, and sends it unless that is refused. It returns what
// became of it.
func (m *moneyTest) confirm(order *chargeFlow, token string) moneyAnswer {
	m.t.Helper()
	confirmer, _ := ports.As[ports.Confirmer](m.confirms.Charger())
	order.adapter.prepare = func(ctx context.Context, o ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
		return confirmer.PrepareConfirm(ctx, o, token)
	}
	if refusal := order.prepare(m.t.Context()); refusal != nil {
		m.refusal(order, *refusal)
		return *refusal
	}
	return m.pursue(order, m.send(order))
}

// tokenOfAnotherOrder confirms an order with the token of another one, and then each with its own.
func tokenOfAnotherOrder(m *moneyTest) {
	first, second := m.unpaid(), m.unpaid()
	mine, others := m.confirms.Pay(first.order, first.amount()), m.confirms.Pay(second.order, second.amount())
	answer := m.confirm(first, others)
	m.forbidden(answer, "the token is of another order", ports.OutcomeApproved)
	m.Empty(m.Booked(), "the token is of another order: %s", answer.text)
	m.Advance(time.Minute)
	m.about("It may be called again, with the same token or another, and at the same time, until Charge sends the order.")
	again := newFlow(m, confirmPort(m.confirms), first.order)
	again.order.Evidence, again.order.Last = nil, ports.ChargeAnswer{}
	m.allowed(m.confirm(again, mine), "with its own token", ports.OutcomeApproved)
	m.Len(m.Booked(), 1)
	m.allowed(m.confirm(second, others), "with its own token", ports.OutcomeApproved)
	m.Len(m.Booked(), 2)
}

// tokenOfAnotherAmount has the customer pay more than was ordered, and less.
func tokenOfAnotherAmount(m *moneyTest) {
	for _, by := range []int64{1, -1} {
		order := m.unpaid()
		answer := m.confirm(order, m.confirms.Pay(order.order, order.amount().Add(decimal.New(by, 0))))
		m.forbidden(answer, "the customer paid another amount", ports.OutcomeApproved)
		m.Empty(m.Booked(), "the customer paid another amount: %s", answer.text)
	}
}

// tokenThatWasMadeUp confirms with texts that the provider never handed out.
func tokenThatWasMadeUp(m *moneyTest) {
	order := m.unpaid()
	token := m.confirms.Pay(order.order, order.amount())
	for _, odd := range []string{"", "x", another(token), token + "0", token[:len(token)-1]} {
		order := m.unpaid()
		answer := m.confirm(order, odd)
		m.forbidden(answer, fmt.Sprintf("the token %q was made up", odd), ports.OutcomeApproved)
		m.Empty(m.Booked(), "the token %q was made up: %s", odd, answer.text)
	}
}

// await asks how an order is paid.
func (m *moneyTest) await(order ports.ChargeOrder) ports.Await {
	m.t.Helper()
	awaiter, _ := ports.As[ports.Awaiter](m.confirms.Charger())
	await, err := awaiter.Await(order, nil)
	m.NoError(err, "Await refuses a good order")
	return await
}

func customerIsTold(m *moneyTest) {
	order := m.confirms.NewOrder()
	order.RequestedAt = m.Now()
	await := m.await(order)
	m.True(await.Until.After(m.Now()), "until %s, and it is %s", await.Until, m.Now())
	m.NoError(ports.CheckMetadata("Shown", await.Shown))
	for name, text := range await.Shown {
		m.discreet(name + text)
	}
}

func customerIsToldOffline(m *moneyTest) {
	order := m.confirms.NewOrder()
	order.RequestedAt = m.Now()
	before := m.await(order)
	m.Break(FaultUnreachable)
	m.Break(FaultAskUnreachable)
	for range 3 {
		m.Equal(before, m.await(order), "another process says otherwise")
	}
}

// unpaidIsPending asks about an order whose customer has opened no window, and about one that was
// paid in it and not confirmed.
func unpaidIsPending(m *moneyTest) {
	for _, pays := range []bool{false, true} {
		order := m.unpaid()
		order.order.RequestedAt = m.Now()
		if pays {
			m.confirms.Pay(order.order, order.amount())
		}
		for range 3 {
			answer := order.inquire(m.t.Context())
			m.allowed(answer, "not confirmed", ports.OutcomePending, ports.OutcomeUnknown, ports.OutcomeNotSent)
			m.Empty(answer.Review, "the customer may still pay: %s", answer.text)
			m.Advance(time.Minute)
		}
	}
	m.Empty(m.Booked())
}

// unpaidInTime asks about an order whose customer has not paid until he may no longer.
func unpaidInTime(m *moneyTest) {
	order := m.unpaid()
	order.order.RequestedAt = m.Now()
	m.Advance(m.await(order.order).Until.Sub(m.Now()))
	for range 3 {
		m.Advance(time.Hour)
		answer := order.inquire(m.t.Context())
		m.allowed(answer, "not paid in time", ports.OutcomePending, ports.OutcomeUnknown, ports.OutcomeNotSent, ports.OutcomeDeclined)
	}
	m.Empty(m.Booked())
}

// refusedByAwait requires that Await refuses an order with fields.
func (m *moneyTest) refusedByAwait(order ports.ChargeOrder, fields map[string]string, what string) {
	m.t.Helper()
	order.RequestedAt = m.Now()
	awaiter, _ := ports.As[ports.Awaiter](m.confirms.Charger())
	_, err := awaiter.Await(order, fields)
	m.True(errors.Is(err, ports.ErrInvalid), "Await does not refuse %s: it answers %v; allowed is ErrInvalid", what, err)
}

// badOrderIsNotBegun asks how orders are paid that the provider does not take.
func badOrderIsNotBegun(m *moneyTest) {
	for flaw, change := range confirmPort(m.confirms).spoil {
		order := m.confirms.NewOrder()
		change(&order)
		m.refusedByAwait(order, nil, "an order with "+flaw)
	}
}

// badFieldsAreRefused asks how a good order is paid, with fields that the adapter does not take.
func badFieldsAreRefused(m *moneyTest) {
	harness, reads := m.ProviderHarness.(AwaitFields)
	if !reads || len(harness.RefusedFields()) == 0 {
		m.skip("the harness names no fields that Await refuses, see AwaitFields")
	}
	for _, fields := range harness.RefusedFields() {
		m.refusedByAwait(m.confirms.NewOrder(), fields, fmt.Sprintf("the fields %q", fields))
	}
}
