package ledger

import (
	"context"
	"fmt"
	"sync"

	"github.com/jigap/jigap/ports"
)

// maxRound is how many requests one round takes from a queue.
const maxRound = 1024

// queue holds requests about its wallets. While one caller (the leader) runs a round,
// the others wait; the next round takes all that wait. Nothing runs when there are no
// requests.
type queue struct {
	ledger *Ledger

	mu      sync.Mutex
	waiting []*request
	leading bool // rounds are being run

	round *round // the leader's own
}

func newQueue(l *Ledger) *queue { return &queue{ledger: l, round: newRound(l, false)} }

// do queues the command and waits for its answer. A caller that finds the queue without
// a leader leads: in its own goroutine when its context never ends, or the store is the
// caller's alone, else in one that lives as long as the queue is not empty, so that the caller
// can leave when its context ends.
func (q *queue) do(ctx context.Context, c *command) (*Receipt, error) {
	r := &request{command: c}
	stays := ctx.Done() == nil || q.ledger.bound != nil || q.ledger.dry
	q.mu.Lock()
	lead := !q.leading
	if !lead || !stays {
		r.done = make(chan struct{})
	}
	q.leading = true
	q.waiting = append(q.waiting, r)
	q.mu.Unlock()
	switch {
	case lead && stays:
		q.lead(ctx, r)
		return r.wait()
	case lead:
		go q.leadWithin(context.WithoutCancel(ctx))
	}
	select {
	case <-r.done:
		return r.receipt, r.err
	case <-ctx.Done():
	}
	if r.state.CompareAndSwap(queued, abandoned) {
		return nil, ctx.Err()
	}
	if len(c.foreign) > 0 { // the ledger fills in the caller's records as long as it works on the request
		return r.wait()
	}
	select {
	case <-r.done: // the answer came at the same moment
		return r.receipt, r.err
	default:
		return nil, fmt.Errorf("%w: %w", ports.ErrUndecided, ctx.Err())
	}
}

// lead runs rounds until own is answered or has left the queue, and hands the rest of
// the queue on. With own nil it runs until the queue is empty.
func (q *queue) lead(ctx context.Context, own *request) {
	defer q.handOn(ctx) // also when a store ends the goroutine
	for {
		batch := q.next()
		if len(batch) == 0 {
			return
		}
		q.run(ctx, batch)
		if own != nil && (own.aside || own.answered) {
			return
		}
	}
}

// handOn ends the leader's time, and lets another goroutine lead what is left.
func (q *queue) handOn(ctx context.Context) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.waiting = nil
		q.leading = false
		return
	}
	go q.leadWithin(context.WithoutCancel(ctx))
}

// leadWithin is lead on behalf of callers who may leave.
func (q *queue) leadWithin(ctx context.Context) { q.lead(ctx, nil) }

// next takes a batch from the queue.
func (q *queue) next() []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch := q.waiting
	if len(batch) > maxRound {
		batch = batch[:maxRound:maxRound]
	}
	q.waiting = q.waiting[len(batch):]
	return batch
}

// run answers the requests of the batch, as far as one round can. It puts the rest back
// at the head of the queue, so that others ride along with their next attempt, but for
// those about wallets that others keep: these are set aside.
func (q *queue) run(ctx context.Context, batch []*request) {
	open := take(q.ledger.asides.divert(batch))
	if len(open) == 0 {
		return
	}
	rest := q.round.attempt(ctx, open)
	if len(rest) == 0 {
		return
	}
	again, kept := part(rest)
	q.ledger.asides.add(ctx, kept)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(append(make([]*request, 0, len(again)+len(q.waiting)), again...), q.waiting...)
}
