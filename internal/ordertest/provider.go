package ordertest

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// Steps is how a provider of orders O gives answers A.
type Steps[O, A any] interface {
	Prepare(ctx context.Context, order O) (evidence []byte, refusal *A)
	Send(ctx context.Context, order O) A
	Inquire(ctx context.Context, order O) A
}

// Provider is a [ports.Charger] or a [ports.Disburser] that does what a test says. Where the
// test says nothing, it does what Else does.
type Provider[O, A any] struct {
	Called   string                    // its name
	In       func(order O) string      // the lane of an order; nil: none
	Before   func(ctx context.Context) // runs before an order is sent; nil: nothing
	Prepares func() ([]byte, *A)
	Sends    func() A
	Inquires func() A
	Else     Steps[O, A]
}

// Name returns the name.
func (p *Provider[O, A]) Name() string { return p.Called }

// Lane returns the lane of the order.
func (p *Provider[O, A]) Lane(order O) string {
	if p.In == nil {
		return ""
	}
	return p.In(order)
}

// Prepare prepares the order.
func (p *Provider[O, A]) Prepare(ctx context.Context, order O) ([]byte, *A) {
	if p.Prepares != nil {
		return p.Prepares()
	}
	return p.Else.Prepare(ctx, order)
}

// Charge sends the order.
func (p *Provider[O, A]) Charge(ctx context.Context, order O) A { return p.send(ctx, order) }

// Disburse sends the order.
func (p *Provider[O, A]) Disburse(ctx context.Context, order O) A { return p.send(ctx, order) }

func (p *Provider[O, A]) send(ctx context.Context, order O) A {
	if p.Before != nil {
		p.Before(ctx)
	}
	if p.Sends != nil {
		return p.Sends()
	}
	return p.Else.Send(ctx, order)
}

// Inquire inquires about the order.
func (p *Provider[O, A]) Inquire(ctx context.Context, order O) A {
	if p.Inquires != nil {
		return p.Inquires()
	}
	return p.Else.Inquire(ctx, order)
}

// Always returns a function that always returns the answer.
func Always[A any](answer A) func() A { return func() A { return answer } }

// InTurn returns a function that returns one answer after the other, and then the last again
// and again.
func InTurn[A any](answers ...A) func() A {
	var calls atomic.Int64
	return func() A { return answers[min(int(calls.Add(1)), len(answers))-1] }
}

// Hang returns a function whose first n calls hang until a test sends the answer of each, and
// whose further calls return the zero answer. Calls that still hang when the test ends return
// the zero answer.
func Hang[A any](t *testing.T, n int) (answers []chan A, call func() A) {
	t.Helper()
	answers = make([]chan A, n)
	for i := range answers {
		answers[i] = make(chan A)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { close(ended) })
	var calls atomic.Int64
	return answers, func() (answer A) {
		at := int(calls.Add(1)) - 1
		if at >= n {
			return answer
		}
		select {
		case answer = <-answers[at]:
		case <-ended:
		}
		return answer
	}
}

// HangOnce returns a function whose first call hangs until a test sends its answer, and whose
// further calls return the second one.
func HangOnce[A any](t *testing.T, then A) (first chan A, call func() A) {
	t.Helper()
	answers, hang := Hang[A](t, 1)
	var calls atomic.Int64
	return answers[0], func() A {
		if calls.Add(1) == 1 {
			return hang()
		}
		return then
	}
}

// Answer is what a provider says of an order of any kind.
type Answer struct {
	ports.Answer
	Figure     int64 // the figure of the kind, in won; zero: none is reported
	TooFine    bool  // the figure has more digits than a record can hold
	Unbookable bool  // the answer reports a figure that contradicts the order
	Unreadable bool  // the answer reports a figure that no record can hold
}

// Amount returns the figure.
func (a Answer) Amount() decimal.NullDecimal {
	figure := decimal.New(a.Figure, 0)
	if a.TooFine {
		figure = figure.Add(decimal.New(1, -7))
	}
	return decimal.NullDecimal{Decimal: figure, Valid: a.Figure != 0}
}

// Of returns the answer with a figure.
func (a Answer) Of(figure int64) Answer {
	a.Figure = figure
	return a
}

// OfTooFine returns the answer with a figure that has more digits than a record can hold.
func (a Answer) OfTooFine(figure int64) Answer {
	a.Figure, a.TooFine = figure, true
	return a
}

// Says returns an answer with an outcome and the provider's id of a payment.
func Says(outcome ports.Outcome, ref string) Answer {
	return Answer{Answer: ports.Answer{Outcome: outcome, ProviderRef: ref}}
}

// Approved returns the answer that approves a payment.
func Approved(ref string) Answer { return Says(ports.OutcomeApproved, ref) }

// Pending returns the answer that says that the provider works on a payment.
func Pending(ref string) Answer { return Says(ports.OutcomePending, ref) }

// Resend returns the answer that asks for the order again.
func Resend() Answer { return Answer{Answer: ports.Answer{Resend: true}} }

// Look returns the answer that leaves the order to a person.
func Look(why string) Answer { return Answer{Answer: ports.Answer{Review: why}} }

// Script is what a provider does with orders of any kind. The zero Script is called "bank",
// approves each order without an id, and knows nothing of it when it is asked again.
type Script struct {
	Name    string
	Lane    string
	Before  func(ctx context.Context) // runs before an order is sent
	Prepare func() *Answer
	Send    func() Answer
	Inquire func() Answer

	sent atomic.Int64
}

// Sent returns how many transmissions arrived.
func (s *Script) Sent() int { return int(s.sent.Load()) }

// Prepares returns the refusal to send the order, if the script has one.
func (s *Script) Prepares() *Answer {
	if s.Prepare == nil {
		return nil
	}
	return s.Prepare()
}

// Sends returns the answer to a transmission.
func (s *Script) Sends(ctx context.Context) Answer {
	s.sent.Add(1)
	if s.Before != nil {
		s.Before(ctx)
	}
	if s.Send == nil {
		return Approved("")
	}
	return s.Send()
}

// Inquires returns the answer to an inquiry.
func (s *Script) Inquires() Answer {
	if s.Inquire == nil {
		return Answer{}
	}
	return s.Inquire()
}

// Play returns the provider that a script describes, with answers of the kind A.
func Play[O, A any](s *Script, to func(Answer) A) *Provider[O, A] {
	name := s.Name
	if name == "" {
		name = "bank"
	}
	return &Provider[O, A]{
		Called: name, In: func(O) string { return s.Lane }, Else: played[O, A]{s, to},
	}
}

type played[O, A any] struct {
	script *Script
	to     func(Answer) A
}

// Prepare prepares the order.
func (p played[O, A]) Prepare(context.Context, O) ([]byte, *A) {
	if refusal := p.script.Prepares(); refusal != nil {
		answer := p.to(*refusal)
		return nil, &answer
	}
	return nil, nil
}

// Send sends the order.
func (p played[O, A]) Send(ctx context.Context, _ O) A { return p.to(p.script.Sends(ctx)) }

// Inquire inquires about the order.
func (p played[O, A]) Inquire(context.Context, O) A { return p.to(p.script.Inquires()) }

// Say lets a call that hangs return an answer, in a bubble, and waits until it is applied.
func Say[A any](hangs chan<- A, answer A) {
	hangs <- answer
	synctest.Wait()
}
