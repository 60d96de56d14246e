package suitetest

import (
	"context"
	"errors"
	"time"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

const breaksEnds = "answers OutcomeUnknown when it cannot tell, also when ctx ends before an answer has come."

// whenEnded changes the answer of an inquiry whose context has ended.
func (k kind[Order, Answer]) whenEnded(change func(s *scene, ctx context.Context, order *Order, answer *ports.Answer)) func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
	return func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
		inquire := c.inquire
		c.inquire = func(ctx context.Context, order Order) Answer {
			answer := inquire(ctx, order)
			if common := k.common(&answer); ctx.Err() != nil && open(common) {
				change(s, ctx, &order, common)
			}
			return answer
		}
		return c
	}
}

// canceledFlaws take the end of a context for an answer: where its caller canceled it, or where
// the order is old.
func (k kind[Order, Answer]) canceledFlaws() []bent[Order, Answer] {
	return []bent[Order, Answer]{
		{"takes a canceled call for an order that was not sent", breaksEnds, "a call that its caller cancels on the way leaves the order unknown", func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			send := c.send
			c.send = func(ctx context.Context, order Order) Answer {
				answer := send(ctx, order)
				if common := k.common(&answer); errors.Is(ctx.Err(), context.Canceled) && open(common) {
					end(common, notSent)
				}
				return answer
			}
			return c
		}},
		{"takes a canceled inquiry for no trace", breaksQuestion, "an inquiry that its caller cancels on the way is no answer", k.whenEnded(func(_ *scene, ctx context.Context, _ *Order, answer *ports.Answer) {
			if errors.Is(ctx.Err(), context.Canceled) {
				end(answer, notSent)
			}
		})},
		{"takes the end of its context for no trace of an order that is old", breaksQuestion, "an inquiry that fails is no answer: " + string(portstest.FaultMute), k.whenEnded(func(s *scene, ctx context.Context, order *Order, answer *ports.Answer) {
			if s.provider.Now().Sub(*k.sentAt(order)) > 12*time.Hour {
				end(answer, notSent)
			}
		})},
	}
}

// pendingContextFlaws end a pending order with the context of an inquiry.
func (k kind[Order, Answer]) pendingContextFlaws() []bent[Order, Answer] {
	ends := func(name, scenario string, taken ports.Outcome, reason error) bent[Order, Answer] {
		return bent[Order, Answer]{name, breaksQuestion, scenario, k.whenEnded(func(_ *scene, ctx context.Context, order *Order, answer *ports.Answer) {
			if errors.Is(ctx.Err(), reason) && k.common(k.last(order)).Outcome == pending {
				end(answer, taken)
			}
		})}
	}
	return []bent[Order, Answer]{
		ends("ends a pending order as declined with the time of its context", "an order that is pending stays so: "+string(portstest.FaultMute), declined, context.DeadlineExceeded),
		ends("ends a pending order as not_sent when its caller cancels an inquiry", "an order that is pending stays so when the caller cancels an inquiry", notSent, context.Canceled),
	}
}
