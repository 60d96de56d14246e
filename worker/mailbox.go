package worker

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/jigap/jigap/ports"
)

// Mailbox delivers events to a [ports.Notifier] away from the path of the money: one
// at a time, in their order, in a goroutine that lives as long as there is something
// to deliver. While 10,000 wait for a notifier that hangs, further ones are lost, and
// how many is logged, the first and each time that they have doubled. The zero Mailbox delivers to nobody. Make one with [NewMailbox].
type Mailbox struct {
	notifier ports.Notifier
	logger   *slog.Logger

	mu         sync.Mutex
	queue      []letter
	lost       int // since the notifier hangs
	delivering bool
}

const mostLetters = 10_000

type letter struct {
	ctx   context.Context //nolint:containedctx // its values, for tracing; it never ends
	event ports.Event
}

// NewMailbox returns a mailbox for the notifier. Nil delivers to nobody; a nil logger
// is silent.
func NewMailbox(notifier ports.Notifier, logger *slog.Logger) *Mailbox {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Mailbox{notifier: notifier, logger: logger}
}

// Post queues an event and returns at once. The notifier gets the values of ctx, but
// not its end.
func (m *Mailbox) Post(ctx context.Context, event ports.Event) {
	if m == nil || m.notifier == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.queue) == mostLetters {
		if m.lost++; m.lost&(m.lost-1) == 0 { // the first, and each time that they have doubled
			m.logger.ErrorContext(ctx, "events lost behind a notifier that hangs", "lost", m.lost)
		}
		return
	}
	m.queue = append(m.queue, letter{context.WithoutCancel(ctx), event})
	if !m.delivering {
		m.delivering = true
		go m.deliver()
	}
}

// deliver hands out the letters until none is left. A notifier that ends the goroutine, by
// runtime.Goexit, does not end the delivery.
func (m *Mailbox) deliver() {
	emptied := false
	defer func() {
		if !emptied {
			go m.deliver()
		}
	}()
	for {
		m.mu.Lock()
		if len(m.queue) == 0 {
			m.delivering, m.lost = false, 0
			emptied = true
			m.mu.Unlock()
			return
		}
		next := m.queue[0]
		m.queue = m.queue[1:]
		m.mu.Unlock()
		m.hand(next)
	}
}

func (m *Mailbox) hand(l letter) {
	defer func() {
		if cause := recover(); cause != nil {
			m.logger.ErrorContext(l.ctx, "notifier panicked", "event", fmt.Sprintf("%T", l.event), "cause", fmt.Sprint(cause))
		}
	}()
	m.notifier.Notify(l.ctx, l.event)
}
