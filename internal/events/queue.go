// Package events delivers the events of a service to the host, away from the path of the
// money.
package events

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/jigap/jigap/ports"
)

// Queue delivers events to a [ports.Notifier], one at a time and in their order, in a
// goroutine that lives as long as there is something to deliver. While 10,000 events wait for
// a notifier that hangs, further ones are lost, and the log says how many: for the first, and
// each time that the number has doubled. A nil Queue delivers nothing. It is safe for
// concurrent use.
type Queue struct {
	notifier ports.Notifier
	logger   *slog.Logger

	mu      sync.Mutex
	waiting []item
	lost    int           // since the notifier hangs
	idle    chan struct{} // closed when all is delivered; nil: nothing is under way
}

// waitingMax bounds what a notifier that hangs keeps in memory.
const waitingMax = 10_000

type item struct {
	ctx   context.Context //nolint:containedctx // its values, for tracing; it never ends
	event ports.Event
}

// NewQueue returns a queue for the notifier. A nil notifier gets nothing; a nil logger is
// silent.
func NewQueue(notifier ports.Notifier, logger *slog.Logger) *Queue {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Queue{notifier: notifier, logger: logger}
}

// Post queues an event and returns at once. The notifier gets the values of ctx, but not its
// end.
func (q *Queue) Post(ctx context.Context, event ports.Event) {
	if q == nil || q.notifier == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == waitingMax {
		if q.lost++; q.lost&(q.lost-1) == 0 { // the first, and each time that they have doubled
			q.logger.ErrorContext(ctx, "events lost behind a notifier that hangs", "lost", q.lost)
		}
		return
	}
	q.waiting = append(q.waiting, item{context.WithoutCancel(ctx), event})
	if q.idle == nil {
		q.idle = make(chan struct{})
		go q.deliver()
	}
}

// Wait returns when the notifier has got every event that was queued, and those that are
// queued meanwhile. When ctx ends first, it returns an error that says how many wait.
func (q *Queue) Wait(ctx context.Context) error {
	if q == nil {
		return nil
	}
	q.mu.Lock()
	idle := q.idle
	q.mu.Unlock()
	if idle == nil {
		return nil
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		q.mu.Lock()
		defer q.mu.Unlock()
		return fmt.Errorf("the notifier has not returned, and %d events wait: %w", len(q.waiting), ctx.Err())
	}
}

// deliver hands out the events until none is left. A notifier that ends the goroutine, by
// runtime.Goexit, does not end the delivery.
func (q *Queue) deliver() {
	emptied := false
	defer func() {
		if !emptied {
			go q.deliver()
		}
	}()
	for {
		q.mu.Lock()
		if len(q.waiting) == 0 {
			close(q.idle)
			q.idle, q.lost = nil, 0
			emptied = true
			q.mu.Unlock()
			return
		}
		next := q.waiting[0]
		q.waiting = q.waiting[1:]
		q.mu.Unlock()
		q.notify(next)
	}
}

func (q *Queue) notify(next item) {
	defer func() {
		if cause := recover(); cause != nil {
			q.logger.ErrorContext(next.ctx, "notifier panicked", "event", fmt.Sprintf("%T", next.event), "cause", fmt.Sprint(cause))
		}
	}()
	q.notifier.Notify(next.ctx, next.event)
}
