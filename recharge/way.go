package recharge

import (
	"context"
	"errors"
	"time"

	"github.com/shopspring/decimal"

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
	// progress returns the progress of the record, not a copy.
	progress(op R) *ports.Progress[ports.ChargeAnswer]
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
	// named returns what is written with the record so that no other order is ended by a
	// payment that the provider named for it, and that it does not stand for.
	named(ctx context.Context, op R, ref string) ([]ports.Operation, error)
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
	w.books.progress(next).Evidence = evidence
	return w.transmit(ctx, next, to)
}

// prepare prepares the order. Preparing sends nothing, so an order whose Charger fails in
// it was not sent.
func (w way[R]) prepare(ctx context.Context, op R, to *provider[R]) (evidence []byte, refusal *ports.ChargeAnswer) {
	type prepared struct {
		evidence []byte
		refusal  *ports.ChargeAnswer
	}
	p, err := worker.Call(ctx, w.callsTo(op.Head().Provider), w.config.Timeout, func(ctx context.Context) (p prepared) {
		p.evidence, p.refusal = to.prepare(ctx, op)
		return p
	}, nil)
	switch {
	case err != nil:
		p.refusal = &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Alarm: w.broken(ctx, op, "prepared", err)}}
	case p.refusal == nil:
		return p.evidence, nil
	case !p.refusal.Outcome.Final(), p.refusal.Outcome == ports.OutcomeApproved:
		odd := *p.refusal
		odd.Outcome, odd.Review = ports.OutcomeFault, ""
		odd.Alarm = "charger refused to send with outcome " + p.refusal.Outcome.String() + ", which a refusal must not have"
		p.refusal = &odd
	}
	w.heard(ctx, op, *p.refusal)
	return nil, p.refusal
}

// transmit writes down that the order may from now on be with the provider, and sends
// it. A process that finds the record later knows that it must ask.
func (w way[R]) transmit(ctx context.Context, next R, to *provider[R]) (R, error) {
	now, head, progress := w.now(), next.Head(), w.books.progress(next)
	progress.Transmissions++
	progress.Inquiries = 0
	if progress.SentAt.IsZero() {
		progress.SentAt = now
	}
	head.DueAt = now.Add(w.lease())
	if err := w.write(ctx, next); err != nil {
		return next, err
	}
	if !w.now().Before(head.DueAt) {
		return next, nil // it slept through its lease: another process may be asking by now
	}
	return w.settle(ctx, next, w.sent(ctx, next, to), true)
}

// sent sends the order and returns the answer. An answer that comes too late is settled
// when it comes.
func (w way[R]) sent(ctx context.Context, op R, to *provider[R]) ports.ChargeAnswer {
	late := func(answer ports.ChargeAnswer, err error) {
		if err != nil {
			w.broken(ctx, op, "sent, too late", err)
			return
		}
		w.heard(ctx, op, answer)
		if _, err := w.settle(ctx, op, answer, true); err != nil {
			w.config.Logger.ErrorContext(ctx, "a late answer was not kept", "id", op.Head().ID, "error", err)
		}
	}
	answer, err := worker.Call(ctx, w.callsTo(op.Head().Provider), w.config.Timeout, func(ctx context.Context) ports.ChargeAnswer {
		return to.send(ctx, op)
	}, late)
	if err != nil {
		answer = ports.ChargeAnswer{Answer: ports.Answer{Alarm: w.broken(ctx, op, "sent", err)}}
		if errors.Is(err, worker.ErrTooManyOverdue) && w.books.progress(op).Transmissions == 1 {
			answer.Outcome = ports.OutcomeNotSent
		}
	}
	w.heard(ctx, op, answer)
	return answer
}

// follow finds out about one claimed order; to is nil when there is nobody to ask.
func (w way[R]) follow(ctx context.Context, op R, to *provider[R]) (R, error) {
	if w.books.progress(op).Transmissions == 0 { // its process died before it sent anything, and can no longer
		return w.settle(ctx, op, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Message: "never sent"}}, false)
	}
	if to == nil {
		return w.settle(ctx, op, ports.ChargeAnswer{Answer: ports.Answer{Review: "its charger is not one of the service's"}}, false)
	}
	next := own(op)
	w.books.progress(next).Inquiries++
	answer := w.inquired(ctx, next, to)
	if answer.Outcome == ports.OutcomeUnknown && answer.Resend {
		keep(next.Head(), w.books.progress(next), readable(answer))
		return w.transmit(ctx, next, to)
	}
	return w.settle(ctx, next, answer, false)
}

// inquired asks the provider and returns the answer. One that comes too late is logged
// only: a later inquiry may know more.
func (w way[R]) inquired(ctx context.Context, op R, to *provider[R]) ports.ChargeAnswer {
	answer, err := worker.Call(ctx, w.callsTo(op.Head().Provider), w.config.Timeout, func(ctx context.Context) ports.ChargeAnswer {
		return to.inquire(ctx, op)
	}, func(answer ports.ChargeAnswer, err error) {
		if err != nil {
			w.broken(ctx, op, "inquired, too late", err)
			return
		}
		w.heard(ctx, op, answer)
	})
	if err != nil { // a question that failed is no answer
		answer = ports.ChargeAnswer{Answer: ports.Answer{Alarm: w.broken(ctx, op, "inquired", err)}}
	}
	w.heard(ctx, op, answer)
	return answer
}

// broken logs what went wrong inside a Charger, and returns it as an alarm.
func (w way[R]) broken(ctx context.Context, op R, doing string, err error) (alarm string) {
	head := op.Head()
	attrs := []any{"id", head.ID, "charger", head.Provider, "while", doing, "error", err}
	var panicked *worker.PanicError
	if errors.As(err, &panicked) {
		w.config.Logger.ErrorContext(ctx, string(head.Kind)+": charger panicked", append(attrs, "stack", string(panicked.Stack))...)
		return "charger panicked while it " + doing
	}
	w.config.Logger.ErrorContext(ctx, string(head.Kind)+": charger failed", attrs...)
	return "charger, while it " + doing + ": " + err.Error()
}

// heard logs an answer before anything is done with it.
func (w way[R]) heard(ctx context.Context, op R, answer ports.ChargeAnswer) {
	head := op.Head()
	w.config.Logger.InfoContext(ctx, string(head.Kind)+" answered", "id", head.ID, "wallet", head.WalletID, "charger", head.Provider,
		"outcome", answer.Outcome.String(), "likely", answer.Likely.String(), "code", cut(answer.Code), "message", cut(answer.Message),
		"provider_ref", cut(answer.ProviderRef), "amount", figure(answer.Amount), "review", cut(answer.Review), "transmissions", w.books.progress(op).Transmissions)
}

// figure is a figure of a provider for the log. What no record can hold is not written out:
// it may have millions of digits.
func figure(d decimal.NullDecimal) string {
	if !d.Valid {
		return ""
	}
	if _, err := ports.CheckSigned("", d.Decimal, ports.MaxScale); err != nil {
		return "out of range"
	}
	return d.Decimal.String()
}

// callsTo returns what bounds the calls to a Charger. Records without one share it.
func (s *Service) callsTo(charger string) *worker.Calls {
	if calls := s.calls[charger]; calls != nil {
		return calls
	}
	return s.calls[""]
}

// note remembers a change whose commit is in doubt, to tell of it when it is known.
func (s *Service) note(ctx context.Context, next ports.Operation, err error, tell func()) error {
	if !s.doubts.Note(next, err, tell) {
		s.config.Logger.ErrorContext(ctx, "too many changes are in doubt: one will not be told", "id", next.Head().ID)
	}
	return err
}

// write commits the record as the version that follows, and what belongs to it.
func (s *Service) write(ctx context.Context, next ports.Operation, with ...ports.Operation) error {
	head := next.Head()
	head.Version++
	head.UpdatedAt = s.now()
	return worker.Commit(ctx, s.store, next, with...)
}

// lease is how long an operation belongs to the process that works on it: longer than
// the calls that it makes in that time.
func (s *Service) lease() time.Duration { return 3 * s.config.Timeout }

func (s *Service) now() time.Time { return ports.Instant(s.config.Clock.Now()) }
