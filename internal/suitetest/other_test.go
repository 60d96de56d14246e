package suitetest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// The suites accept adapters that do less than others, or something else, where the port allows it.
func TestCharger_that_does_less(t *testing.T) {
	t.Parallel()
	for name, newHarness := range map[string]func(*testing.T) portstest.ChargerHarness{
		"refuses bad orders in Prepare only":         func(*testing.T) portstest.ChargerHarness { return onlyPrepares{keyed{till: newTill(), asks: true}} },
		"connects again when it reached no provider": func(*testing.T) portstest.ChargerHarness { return reconnects{keyed{till: newTill(), asks: true}} },
		"ends no order for want of a trace": func(*testing.T) portstest.ChargerHarness {
			return counted{till: newTill(), quiet: countedQuiet, endless: true}
		},
		"leaves a lost order to a person after the quiet period": func(*testing.T) portstest.ChargerHarness {
			return reviews{counted{till: newTill(), quiet: countedQuiet, endless: true}}
		},
		"has a quiet period of a day, and asks every five minutes": func(*testing.T) portstest.ChargerHarness {
			return counted{till: newTill(), quiet: 24 * time.Hour, pause: 5 * time.Minute}
		},
		"asks every five seconds": func(*testing.T) portstest.ChargerHarness {
			return counted{till: newTill(), quiet: 30 * time.Minute, pause: 5 * time.Second}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			portstest.TestCharger(t, newHarness)
		})
	}
}

// onlyPrepares is a keyed whose Charge relies on Prepare.
type onlyPrepares struct{ keyed }

func (k onlyPrepares) Charger() ports.Charger { return k }

func (k onlyPrepares) Charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	ref, err := k.charge(ctx, order.OperationID, order.Amount, order.PaymentMethod)
	return ports.ChargeAnswer{Answer: sent(ref, err, order.Transmissions)}
}

// reconnects is a keyed that connects again when no byte of an order was sent.
type reconnects struct{ keyed }

func (k reconnects) Charger() ports.Charger { return k }

func (k reconnects) Charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	if refusal := checkCharge(order); refusal != nil {
		return *refusal
	}
	ref, err := k.charge(ctx, order.OperationID, order.Amount, order.PaymentMethod)
	if errors.Is(err, errUnreached) && ctx.Err() == nil {
		ref, err = k.charge(ctx, order.OperationID, order.Amount, order.PaymentMethod)
	}
	return ports.ChargeAnswer{Answer: sent(ref, err, order.Transmissions)}
}

// reviews is a Charger like counted. It leaves a lost order to a person when the order has left no
// trace for long.
type reviews struct{ counted }

func (r reviews) Charger() ports.Charger { return r }

func (r reviews) Inquire(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	answer := r.counted.Inquire(ctx, order)
	if !answer.Outcome.Final() && answer.Review == "" && r.Now().Sub(order.SentAt) >= r.quiet {
		answer.Review = "the order left no trace"
	}
	return answer
}

// A Canceler that cannot look whether a charge stands passes the suite.
func TestCanceler_that_cannot_look(t *testing.T) {
	t.Parallel()
	portstest.TestCanceler(t, func(t *testing.T) portstest.CancelerHarness {
		t.Helper()
		r, _ := newCanceler(cancelerAsks)(t).(refunder)
		return looksNot{r}
	})
}

// looksNot is a refunder that leaves each refusal to a person.
type looksNot struct{ refunder }

func (r looksNot) Charger() ports.Charger {
	good, _ := r.refunder.Charger().(refunder)
	return unseeing{good}
}

// unseeing is the adapter of looksNot.
type unseeing struct{ refunder }

func (r unseeing) Cancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	return leaveToPerson(r.refunder.Cancel(ctx, order))
}

func (r unseeing) InquireCancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	return leaveToPerson(r.refunder.InquireCancel(ctx, order))
}

func leaveToPerson(answer ports.ChargeAnswer) ports.ChargeAnswer {
	if answer.Outcome == ports.OutcomeDeclined {
		return ports.ChargeAnswer{Answer: ports.Answer{Review: "refused, and it is not known whether the charge stands"}}
	}
	return answer
}
