package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/jigap/jigap/ports"
)

// maxRound is how many requests one round takes from the queue.
const maxRound = 1024

// line is a queue of requests and the wallets they are about. While one caller
// (the leader) runs a round, the others queue; the next round takes all that
// queued. Nothing runs when nobody asks.
type line struct {
	ledger *Ledger

	mu      sync.Mutex
	queue   []*request
	leading bool // somebody runs rounds

	// The leader's own:
	cache map[string]*ports.Wallet // as last read or committed
	round *round
}

func newLine(l *Ledger) *line {
	q := &line{ledger: l, cache: make(map[string]*ports.Wallet)}
	q.round = newRound(q)
	return q
}

// request is a command and its way to an answer.
type request struct {
	command *command
	state   atomic.Int32
	done    chan struct{} // closed with the answer; nil when the caller leads alone

	receipt *Receipt
	err     error

	refusal error // of this round; not yet the answer
	index   int   // of the receipt in the unit's entries
	settled bool
	rounds  int
}

// The states of a request.
const (
	queued int32 = iota
	taken
	abandoned
)

func (r *request) answer(receipt *Receipt, err error) {
	r.receipt, r.err, r.settled = receipt, err, true
	if r.done != nil {
		close(r.done)
	}
}

// do queues the command and waits. Whoever finds nobody leading leads: in its own
// goroutine when its context never ends, else in one that lives as long as the
// queue is not empty, so that the caller can leave when its context ends.
func (q *line) do(ctx context.Context, c *command) (*Receipt, error) {
	r := &request{command: c}
	stays := ctx.Done() == nil
	q.mu.Lock()
	lead := !q.leading
	if !lead || !stays {
		r.done = make(chan struct{})
	}
	q.leading = true
	q.queue = append(q.queue, r)
	q.mu.Unlock()
	switch {
	case lead && stays:
		q.lead(ctx, r)
		return r.receipt, r.err
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
	select {
	case <-r.done: // the answer came at the same moment
		return r.receipt, r.err
	default:
		return nil, fmt.Errorf("%w: %w", ports.ErrUndecided, ctx.Err())
	}
}

// lead runs rounds until own is answered and hands the rest of the queue on. With
// own nil it runs until the queue is empty.
func (q *line) lead(ctx context.Context, own *request) {
	for {
		q.mu.Lock()
		batch := q.queue
		if len(batch) > maxRound {
			batch = batch[:maxRound:maxRound]
		}
		q.queue = q.queue[len(batch):]
		if len(batch) == 0 {
			q.queue = nil
			q.leading = false
			q.mu.Unlock()
			return
		}
		q.mu.Unlock()
		q.run(ctx, batch)
		if own != nil && own.settled {
			break
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queue) == 0 {
		q.queue = nil
		q.leading = false
		return
	}
	go q.leadWithin(context.WithoutCancel(ctx))
}

// leadWithin is lead on behalf of callers who may leave.
func (q *line) leadWithin(ctx context.Context) { q.lead(ctx, nil) }

// run answers every request of the batch.
func (q *line) run(ctx context.Context, batch []*request) {
	open := batch[:0:len(batch)]
	for _, r := range batch {
		if r.state.CompareAndSwap(queued, taken) {
			open = append(open, r)
		}
	}
	defer func() {
		if cause := recover(); cause != nil { // a store that panics must not leave callers waiting
			fail(open, fmt.Errorf("%w: store panicked: %v", ports.ErrUndecided, cause))
		}
	}()
	for len(open) > 0 {
		q.round.begin(open)
		q.round.run(ctx)
		open = unsettled(open)
	}
}

func unsettled(requests []*request) []*request {
	open := requests[:0]
	for _, r := range requests {
		if !r.settled {
			open = append(open, r)
		}
	}
	return open
}

func fail(requests []*request, err error) {
	for _, r := range requests {
		if !r.settled {
			r.answer(nil, err)
		}
	}
}

// remember keeps a copy of a wallet for the next round.
func (q *line) remember(w *ports.Wallet) {
	if held := q.cache[w.ID]; held != nil {
		*held = *w
		return
	}
	held := *w
	q.cache[w.ID] = &held
}

// trim forgets wallets beyond the number that is to be remembered. It runs between
// rounds: a round needs what it has read.
func (q *line) trim() {
	over := len(q.cache) - max(1, q.ledger.config.CacheWallets/len(q.ledger.lines))
	for id := range q.cache { // maps begin anywhere
		if over--; over < 0 {
			return
		}
		delete(q.cache, id)
	}
}

// observe tells the host's observer of what a unit booked.
func (q *line) observe(u *unit) {
	observer := q.ledger.config.Observer
	if observer == nil {
		return
	}
	defer func() {
		if cause := recover(); cause != nil {
			q.ledger.config.Logger.Error("observer panicked", "cause", fmt.Sprint(cause))
		}
	}()
	for _, w := range u.wallets {
		entries := make([]ports.Entry, 0, len(u.entries))
		for i := range u.entries {
			if u.entries[i].WalletID == w.ID {
				entries = append(entries, u.entries[i])
			}
		}
		observer.Booked(w, entries)
	}
}

// errNoFate is a store that breaks its contract.
var errNoFate = errors.New("store gave no fate")
