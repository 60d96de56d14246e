package recharge

import (
	"context"
	"time"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// record is what travels to a provider and back: an order to charge, or to take a
// charge back.
type record interface {
	ports.Operation
	*ports.Recharge | *ports.Cancellation
}

// way takes the records of one kind to the provider and back. Its rules keep money from
// moving twice, so charges and cancellations share them; what an answer means for a
// wallet is in the books of the kind.
type way[R record] struct {
	*Service
	books books[R]
}

// books is what one kind of record means for a wallet.
type books[R record] interface {
	// journey returns the journey of the record, not a copy.
	journey(op R) *ports.Journey
	// get reads the record.
	get(ctx context.Context, id string) (R, error)
	// approve closes the record, in one unit with the entry: the provider did as asked,
	// with the figures of the answer that the record keeps.
	approve(ctx context.Context, next R) error
	// end closes the record, in one unit with the entry: the provider did nothing.
	end(ctx context.Context, next R, status string) error
	// late weighs an answer that came after the record had ended, and tells a person of
	// one that contradicts the end. sent says that it answers a transmission.
	late(ctx context.Context, ended R, answer ports.ChargeAnswer, sent bool) (R, error)
	// tell logs a change of status and tells the host.
	tell(ctx context.Context, op R)
}

// provider is who the records of one kind are sent to.
type provider[R record] struct {
	prepare func(context.Context, R) ([]byte, *ports.ChargeAnswer)
	send    func(context.Context, R) ports.ChargeAnswer
	inquire func(context.Context, R) ports.ChargeAnswer
}

// own returns a copy of the record to compute its next version on.
func own[R record](op R) R {
	next, ok := op.Clone().(R)
	if !ok { // cannot be
		return op
	}
	return next
}

// send prepares the order, writes down that it is being sent, sends it, and settles it
// by the answer. The order is written down: the caller's leaving stops nothing.
func (w way[R]) send(ctx context.Context, op R, to *provider[R]) (R, error) {
	ctx = context.WithoutCancel(ctx)
	evidence, refusal := w.prepare(ctx, op, to)
	if refusal != nil {
		return w.settle(ctx, op, *refusal, false)
	}
	next := own(op)
	w.books.journey(next).Evidence = evidence
	return w.transmit(ctx, next, to)
}

func (w way[R]) prepare(ctx context.Context, op R, to *provider[R]) (evidence []byte, refusal *ports.ChargeAnswer) {
	defer func() {
		if cause := recover(); cause != nil { // nothing was sent: preparing sends nothing
			refusal = &ports.ChargeAnswer{Outcome: ports.OutcomeNotSent, Alarm: "charger panicked while it prepared"}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, w.config.Timeout)
	defer cancel()
	return to.prepare(ctx, op)
}

// transmit writes down that the order may from now on be with the provider, and sends
// it. Whoever finds the record later knows that it must ask.
func (w way[R]) transmit(ctx context.Context, next R, to *provider[R]) (R, error) {
	now, head, journey := w.now(), next.Head(), w.books.journey(next)
	journey.Transmissions++
	journey.Inquiries = 0
	if journey.SentAt.IsZero() {
		journey.SentAt = now
	}
	head.DueAt = now.Add(w.lease())
	if err := w.write(ctx, next); err != nil {
		return next, err
	}
	if !w.now().Before(head.DueAt) {
		return next, nil // it slept through its lease: another process may be asking by now
	}
	return w.settle(ctx, next, worker.Ask(ctx, w.config.Timeout, to.send, next, panicked("sent")), true)
}

// follow finds out about one claimed order; to is nil when there is nobody to ask.
func (w way[R]) follow(ctx context.Context, op R, to *provider[R]) (R, error) {
	if w.books.journey(op).Transmissions == 0 { // its process died before it sent anything, and can no longer
		return w.settle(ctx, op, ports.ChargeAnswer{Outcome: ports.OutcomeNotSent, Message: "never sent"}, false)
	}
	if to == nil {
		return w.settle(ctx, op, ports.ChargeAnswer{Review: "its charger is not one of the service's"}, false)
	}
	next := own(op)
	w.books.journey(next).Inquiries++
	answer := worker.Ask(ctx, w.config.Timeout, to.inquire, next, panicked("inquired"))
	if answer.Outcome == ports.OutcomeUnknown && answer.Resend {
		keep(next.Head(), w.books.journey(next), answer)
		return w.transmit(ctx, next, to)
	}
	return w.settle(ctx, next, answer, false)
}

// panicked is the answer of a Charger that panicked: nobody knows what it did before.
func panicked(doing string) ports.ChargeAnswer {
	return ports.ChargeAnswer{Alarm: "charger panicked while it " + doing}
}

// write commits the record alone, as the version that follows.
func (s *Service) write(ctx context.Context, next ports.Operation) error {
	head := next.Head()
	head.Version++
	head.UpdatedAt = s.now()
	return worker.Commit(ctx, s.store, next)
}

// lease is how long an operation belongs to the process that works on it: longer than
// the calls that it makes in that time.
func (s *Service) lease() time.Duration { return 3 * s.config.Timeout }

func (s *Service) now() time.Time { return ports.Instant(s.config.Clock.Now()) }
