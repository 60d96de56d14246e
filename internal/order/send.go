package order

import (
	"context"
	"errors"

	"github.com/jigap/jigap/internal/call"
	"github.com/jigap/jigap/ports"
)

// Send prepares the order, writes down that it is being sent, sends it, and applies the
// answer. The order is written down: the caller's leaving stops nothing.
func (p *Path[R, A, P]) Send(ctx context.Context, op R, to *Provider[R, A]) (R, error) {
	ctx = context.WithoutCancel(ctx)
	evidence, refusal := p.prepare(ctx, op, to)
	if refusal != nil {
		return p.Apply(ctx, op, *refusal, false)
	}
	if held, err := p.held(ctx, op); err != nil {
		return op, err
	} else if held {
		return p.kind.Hold(ctx, op)
	}
	next := Clone(op)
	p.kind.Progress(next).Evidence = evidence
	return p.transmit(ctx, next, to)
}

func (p *Path[R, A, P]) held(ctx context.Context, op R) (bool, error) {
	if p.kind.Held == nil {
		return false, nil
	}
	return p.kind.Held(ctx, op)
}

// prepare prepares the order. Preparing sends nothing, so an order whose adapter fails in
// it was not sent.
func (p *Path[R, A, P]) prepare(ctx context.Context, op R, to *Provider[R, A]) (evidence []byte, refusal *A) {
	type prepared struct {
		evidence []byte
		refusal  *A
	}
	made, err := call.Do(ctx, p.Calls(op.Head().Provider), p.Timeout, func(ctx context.Context) (made prepared) {
		made.evidence, made.refusal = to.Prepare(ctx, op)
		return made
	}, nil)
	if err == nil && made.refusal == nil {
		return made.evidence, nil
	}
	if err != nil {
		refusal = p.answer(ports.Answer{Outcome: ports.OutcomeNotSent, Alarm: p.broken(ctx, op, "prepared", err)})
	} else {
		refusal = p.refusal(*made.refusal)
	}
	p.heard(ctx, op, *refusal)
	return nil, refusal
}

// Refuse applies a refusal to send an order that was written down and was not sent.
func (p *Path[R, A, P]) Refuse(ctx context.Context, op R, answer A) (R, error) {
	return p.Apply(ctx, op, *p.refusal(answer), false)
}

// refusal returns an answer as one that ends an order which was not sent. One with another
// outcome is a fault.
func (p *Path[R, A, P]) refusal(answer A) *A {
	common := P(&answer).Common()
	if !common.Outcome.Final() || common.Outcome == ports.OutcomeApproved {
		common.Alarm = p.kind.Adapter + " refused to send with outcome " + common.Outcome.String() + ", which a refusal must not have"
		common.Outcome, common.Review = ports.OutcomeFault, ""
	}
	return &answer
}

// answer returns an answer with a common part, and nothing else.
func (p *Path[R, A, P]) answer(common ports.Answer) *A {
	made := new(A)
	*P(made).Common() = common
	return made
}

// Prepare prepares an order that is yet to be written down as one that is sent. It returns what
// the adapter needs to recognise the order, or the refusal.
func (p *Path[R, A, P]) Prepare(ctx context.Context, op R, to *Provider[R, A]) (evidence []byte, refusal *A) {
	return p.prepare(context.WithoutCancel(ctx), op, to)
}

// Transmit writes down that an order which was prepared is being sent, sends it, and applies the
// answer. It tells of the record once it is written. It returns [ports.ErrConflict] or
// [ports.ErrLaneTaken], and sends nothing, if the record cannot be written.
func (p *Path[R, A, P]) Transmit(ctx context.Context, op R, to *Provider[R, A]) (R, error) {
	ctx, next := context.WithoutCancel(ctx), Clone(op)
	if err := p.sending(ctx, next); err != nil {
		return next, p.Note(ctx, next, err)
	}
	p.kind.Tell(ctx, next)
	return p.dispatch(ctx, next, to)
}

// transmit writes down that the order may from now on be with the provider, and sends it. A
// process that finds the record later knows that it must ask.
func (p *Path[R, A, P]) transmit(ctx context.Context, next R, to *Provider[R, A]) (R, error) {
	if err := p.sending(ctx, next); err != nil {
		return next, err
	}
	return p.dispatch(ctx, next, to)
}

// sending writes down that the order may from now on be with the provider.
func (p *Path[R, A, P]) sending(ctx context.Context, next R) error {
	now, head, progress := p.Now(), next.Head(), p.kind.Progress(next)
	progress.Transmissions++
	progress.Inquiries = 0
	if progress.SentAt.IsZero() {
		progress.SentAt = now
	} else {
		progress.ResentAt = now
	}
	head.DueAt = now.Add(p.Lease())
	return p.Write(ctx, next)
}

// dispatch sends an order that is written down as one that is sent, and applies the answer.
func (p *Path[R, A, P]) dispatch(ctx context.Context, next R, to *Provider[R, A]) (R, error) {
	if !p.Now().Before(next.Head().DueAt) {
		return next, nil // it slept through its lease: another process may be asking by now
	}
	return p.Apply(ctx, next, p.sent(ctx, next, to), true)
}

// sent sends the order and returns the answer. An answer that comes too late is applied
// when it comes.
func (p *Path[R, A, P]) sent(ctx context.Context, op R, to *Provider[R, A]) A {
	late := func(answer A, err error) {
		if err != nil {
			p.broken(ctx, op, "sent, too late", err)
			return
		}
		p.heard(ctx, op, answer)
		if _, err := p.Apply(ctx, op, answer, true); err != nil {
			p.Logger.ErrorContext(ctx, "a late answer was not kept", "id", op.Head().ID, "error", err)
		}
	}
	answer, err := call.Do(ctx, p.Calls(op.Head().Provider), p.Timeout, func(ctx context.Context) A {
		return to.Send(ctx, op)
	}, late)
	if err != nil {
		failed := ports.Answer{Alarm: p.broken(ctx, op, "sent", err)}
		if errors.Is(err, ports.ErrTooManyOverdue) && p.kind.Progress(op).Transmissions == 1 {
			failed.Outcome = ports.OutcomeNotSent
		}
		answer = *p.answer(failed)
	}
	p.heard(ctx, op, answer)
	return answer
}

// Inquire finds out what became of an order that was, or may have been, sent, and applies
// the answer. It sends the order again where the answer says that this is safe, unless the order
// has ended.
func (p *Path[R, A, P]) Inquire(ctx context.Context, op R, to *Provider[R, A]) (R, error) {
	next := Clone(op)
	p.kind.Progress(next).Inquiries++
	answer := p.inquired(ctx, next, to)
	common := P(&answer).Common()
	if common.Outcome != ports.OutcomeUnknown || !common.Resend || !op.Head().Open || p.decided(op) { // what was approved is not sent again
		return p.Apply(ctx, next, answer, false)
	}
	held, err := p.held(ctx, op)
	if err != nil {
		return op, err
	}
	if held { // what may have been sent is inquired about, and not sent again
		return p.Apply(ctx, next, answer, false)
	}
	again := Clone(next)
	read := answer
	_ = p.clean(&read)
	p.Keep(again, read)
	var sent R
	if to.Lane != nil {
		err = call.Contain(func() { again.Head().Lane = to.Lane(again) }) // it may have left it
	}
	if err == nil {
		sent, err = p.transmit(ctx, again, to)
		if !errors.Is(err, ports.ErrLaneTaken) && !errors.Is(err, ports.ErrConflict) {
			return sent, err
		}
	}
	common.Resend = false // not while another order has the lane, or another process the order: it is inquired about
	return p.Apply(ctx, next, answer, false)
}

// inquired asks the provider and returns the answer. One that comes too late is logged only:
// a later inquiry may know more.
func (p *Path[R, A, P]) inquired(ctx context.Context, op R, to *Provider[R, A]) A {
	answer, err := call.Do(ctx, p.Calls(op.Head().Provider), p.Timeout, func(ctx context.Context) A {
		return to.Inquire(ctx, op)
	}, func(answer A, err error) {
		if err != nil {
			p.broken(ctx, op, "inquired, too late", err)
			return
		}
		p.heard(ctx, op, answer)
	})
	if err != nil { // a question that failed is no answer
		answer = *p.answer(ports.Answer{Alarm: p.broken(ctx, op, "inquired", err)})
	}
	p.heard(ctx, op, answer)
	if to.Heard != nil {
		to.Heard(&answer, err == nil)
	}
	return answer
}
