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

	committing bool // a commit is under way: what panics now may have been written
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
	lost    int        // attempts that others were faster than
	twins   []*request // of this round, under the same key
}

// guesses reports whether this attempt goes by an operation that was read before it:
// if that has changed the commit is refused, and a refusal by the rules counts only
// when the next attempt, which reads it, comes to the same.
func (r *request) guesses() bool { return r.command.found != nil && r.lost == 0 }

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
	stays := ctx.Done() == nil || q.ledger.bound
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

// run answers the requests of the batch, as far as one round can, and puts the rest
// back at the head of the queue, so that others ride along with their next attempt.
func (q *line) run(ctx context.Context, batch []*request) {
	open := batch[:0:len(batch)]
	for _, r := range batch {
		if r.state.CompareAndSwap(queued, taken) || r.state.Load() == taken {
			open = append(open, r)
		}
	}
	if len(open) == 0 {
		return
	}
	finished := false
	defer func() {
		if !finished {
			q.broken(open, recover())
		}
	}()
	q.round.begin(open)
	q.round.run(ctx)
	finished = true
	if rest := unsettled(open); len(rest) > 0 {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.queue = append(append(make([]*request, 0, len(rest)+len(q.queue)), rest...), q.queue...)
	}
}

// broken answers the requests of a round in which a store, rule or clock panicked, so
// that nobody waits for ever.
func (q *line) broken(open []*request, cause any) {
	err := errPanicked // before anything was sent to the store
	if q.committing {
		err = fmt.Errorf("%w: %w", ports.ErrUndecided, errPanicked)
	}
	q.committing = false
	clear(q.cache)
	q.ledger.config.Logger.Error("round panicked", "cause", fmt.Sprint(cause))
	fail(open, err)
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
	for i, w := range u.wallets {
		switch {
		case !u.changed[i]:
		case len(u.written) == 1:
			observer.Booked(w, u.entries)
		default:
			observer.Booked(w, entriesOf(u, w.ID))
		}
	}
}

func entriesOf(u *unit, walletID string) []ports.Entry {
	entries := make([]ports.Entry, 0, len(u.entries))
	for i := range u.entries {
		if u.entries[i].WalletID == walletID {
			entries = append(entries, u.entries[i])
		}
	}
	return entries
}

// errNoFate is a store that breaks its contract; errPanicked is a program that does.
var (
	errNoFate   = errors.New("store gave no fate, or one that names nothing of the unit")
	errPanicked = errors.New("panic in a store, rule or clock")
)
