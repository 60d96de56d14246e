package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jigap/jigap/ports"
)

// A wallet that another transaction keeps would stop every wallet of its queue. So the
// requests about it leave the queue for one of its own, where they wait for the store's
// lock of the wallet ([ports.Locker]), or try again after pauses.

// The pauses between attempts without a lock: the first, and the longest.
const (
	pauseFirst = 4 * time.Millisecond
	pauseMax   = 250 * time.Millisecond
)

// errStayedAway is a store that returned from CommitLocked without an error and without
// having called decide; errTwice is one that called it again.
var (
	errStayedAway = errors.New("store neither locked the wallet nor said why")
	errTwice      = errors.New("store asked twice what to write")
)

// asides holds the wallets that have left their queues.
type asides struct {
	ledger *Ledger
	count  atomic.Int64 // of byWallet

	// So many wallets that are kept may use the store at once, whatever their number:
	locking places        // for waits for locks, which may be long
	trying  chan struct{} // for attempts without a lock, which are short

	mu       sync.Mutex
	byWallet map[string]*aside
}

func newAsides(l *Ledger) *asides {
	return &asides{
		ledger: l, byWallet: make(map[string]*aside),
		locking: places{free: l.config.Parallel}, trying: make(chan struct{}, l.config.Parallel),
	}
}

// divert hands requests about wallets that have left their queues on to these, and
// returns the others.
func (s *asides) divert(requests []*request) []*request {
	if s.count.Load() == 0 {
		return requests
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stay := requests[:0]
	for _, r := range requests {
		a := s.byWallet[r.command.walletID]
		if a == nil && r.command.peerID != "" {
			a = s.byWallet[r.command.peerID]
		}
		if a == nil {
			stay = append(stay, r)
		} else {
			a.join(r)
		}
	}
	return stay
}

// add sets requests aside for the wallets that they are kept from.
func (s *asides) add(ctx context.Context, requests []*request) {
	if len(requests) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range requests {
		a := s.byWallet[r.kept]
		if a == nil {
			a = newAside(s.ledger, r.kept)
			s.byWallet[r.kept] = a
			s.count.Add(1)
			go a.run(context.WithoutCancel(ctx))
		}
		a.join(r)
	}
}

// aside is the queue of one wallet that another transaction keeps. It has a goroutine
// that lives as long as the queue is not empty.
type aside struct {
	ledger   *Ledger
	walletID string
	joined   []*request    // since gather; guarded by the mutex of asides
	tired    atomic.Bool   // some requests were answered because they waited too long
	wake     chan struct{} // holds a value when there is any news

	// Of the goroutine:
	ready  []*request    // wait for the lock of the wallet
	paused []*request    // try again after a pause, without a lock
	asked  bool          // for a place to wait for the lock
	turn   chan struct{} // holds a value when there is a place
	pause  time.Duration // grows from attempt to attempt
	timer  *time.Timer   // ends a pause
	round  *round
}

func newAside(l *Ledger, walletID string) *aside {
	return &aside{ledger: l, walletID: walletID, wake: make(chan struct{}, 1), turn: make(chan struct{}, 1), round: newRound(l, true)}
}

// join adds a request to the queue. The mutex of asides is held.
func (a *aside) join(r *request) {
	if r.done == nil {
		r.done = make(chan struct{}) // its caller leads, and no longer answers itself
	}
	r.aside = true
	a.joined = append(a.joined, r)
	r.timer = time.AfterFunc(a.ledger.config.BusyTimeout, func() {
		r.late.Store(true)
		a.answerOverdue(r)
	})
	a.rouse()
}

// answerOverdue answers requests that have waited too long, but for those that are part of an attempt
// or wait with the store. The caller that makes the attempt calls answerOverdue again after it.
func (a *aside) answerOverdue(requests ...*request) {
	for _, r := range requests {
		if r.late.Load() && !r.standing.Load() && r.state.CompareAndSwap(queued, taken) {
			r.finish(nil, a.excuse(r))
			a.tired.Store(true)
			a.rouse()
		}
	}
}

// rouse makes the goroutine look at what it has.
func (a *aside) rouse() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// excuse is the answer to a request that has waited too long.
func (a *aside) excuse(r *request) error {
	kept, err := r.kept, r.excuse
	if err == nil { // it was never tried
		kept, err = a.walletID, busy(nil)
	}
	if kept == r.command.peerID {
		err = fmt.Errorf("to wallet %s: %w", kept, err)
	}
	return err
}

func (a *aside) run(ctx context.Context) {
	a.timer = time.NewTimer(pauseMax) // until the first request that is to pause
	a.pause = pauseMax
	ended := false
	defer func() {
		a.timer.Stop()
		if !ended { // a store has ended the goroutine
			go a.run(ctx)
		}
	}()
	for a.more() {
		a.ask()
		select {
		case <-a.wake:
		case <-a.turn:
			a.lock(ctx)
		case <-a.timer.C: // never during a lock, when this process may keep the wallet itself
			a.retry(ctx)
		}
	}
	ended = true
}

// ask asks for a place for those that are ready for the lock. Until there is one they are
// tried without the lock.
func (a *aside) ask() {
	if a.asked || len(a.ready) == 0 {
		return
	}
	a.asked = true
	if !a.ledger.asides.locking.ask(a.turn) && len(a.paused) == 0 {
		a.sleep(pauseFirst)
	}
}

// more reports whether the queue has requests. When it has none the goroutine's time is
// over, and the wallet is back in its queue.
func (a *aside) more() bool {
	s := a.ledger.asides
	s.mu.Lock()
	defer s.mu.Unlock()
	a.gather()
	if a.tired.Swap(false) {
		a.ready, a.paused = live(a.ready), live(a.paused)
	}
	if len(a.ready)+len(a.paused) > 0 {
		return true
	}
	if a.asked {
		s.locking.cancel(a.turn)
		a.asked = false
	}
	delete(s.byWallet, a.walletID)
	s.count.Add(-1)
	return false
}

// gather takes over what has joined. A request that writes one wallet only is ready for
// the lock of the wallet; one that has two waits for none while it has the other's. The
// mutex of asides is held.
func (a *aside) gather() {
	for _, r := range a.joined {
		r.unlocked = a.ledger.locker == nil || r.command.peerID != ""
		if !r.unlocked {
			a.ready = append(a.ready, r)
		} else {
			a.hold(r)
		}
	}
	a.joined = nil
}

// hold keeps the request for the next attempt without a lock.
func (a *aside) hold(r *request) {
	if len(a.paused) == 0 {
		a.sleep(pauseFirst)
	}
	a.paused = append(a.paused, r)
}

// lock lets the store lock the wallet and commits what waits for that. Requests are
// taken when the store has the lock: until then their callers can leave, and others can
// join. Afterwards the place is the next wallet's.
func (a *aside) lock(ctx context.Context) {
	a.asked = false
	defer a.ledger.asides.locking.leave()
	a.ready = live(a.ready)
	early := len(a.ready) // have waited as long as the store did, when it gives up
	if early == 0 {
		return
	}
	l := &locking{aside: a, ctx: ctx, deciding: make(chan struct{}, 1)}
	defer a.stand(slices.Clone(a.ready))()
	finished := false
	defer func() {
		if !finished {
			cause := recover()
			l.end()
			l.broken(early, cause)
		}
		a.round.end()
	}()
	fates, err := a.ledger.locker.CommitLocked(ctx, a.walletID, l.decide)
	l.end()
	switch {
	case l.cause != nil:
		a.round.broken(l.batch, l.cause)
	case !l.decided:
		if err == nil {
			err = errStayedAway
		}
		fail(a.take(early), explain(err))
	case l.twice:
		fail(l.batch, fmt.Errorf("%w: %w", ports.ErrUndecided, errTwice))
	case l.unread != nil:
		l.apart()
	case err != nil:
		fail(l.batch, explain(err))
	default:
		a.round.answer(ctx, fates)
	}
	finished = true
	again, kept := part(unanswered(l.batch))
	a.ready = append(again, a.ready...)
	for _, r := range kept {
		r.unlocked = true
		a.hold(r)
	}
	a.answerOverdue(again...)
	a.answerOverdue(kept...)
}

// stand lets requests wait with the store, until the function that it returns is called.
func (a *aside) stand(requests []*request) func() {
	for _, r := range requests {
		r.standing.Store(true)
	}
	return func() {
		for _, r := range requests {
			r.standing.Store(false)
		}
		a.answerOverdue(requests...)
	}
}

// take takes the first n of the requests that wait for the lock.
func (a *aside) take(n int) []*request {
	n = min(n, len(a.ready))
	batch := a.ready[:n:n]
	a.ready = a.ready[n:]
	return take(batch)
}

// locking is one call of CommitLocked.
type locking struct {
	*aside
	ctx      context.Context //nolint:containedctx // of the call, for decide, which the store calls without one
	deciding chan struct{}   // holds a value while decide runs
	over     atomic.Bool     // the call has returned

	decided bool
	batch   []*request
	twice   bool  // decide was called again
	unread  error // a read behind the lock failed, and nothing was decided
	cause   any   // decide panicked
}

// apart has requests of which some cannot be read tried again without the lock, where they
// are told apart.
func (l *locking) apart() {
	if len(l.batch) == 1 || !narrows(l.ctx, l.unread) {
		fail(l.batch, l.unread)
		return
	}
	for _, r := range l.batch {
		r.kept, r.excuse = l.walletID, l.unread
	}
}

// end makes a store that calls decide from now on, or still does, write nothing: the call
// has returned.
func (l *locking) end() {
	l.over.Store(true)
	l.deciding <- struct{}{} // when decide is through with the requests
	<-l.deciding
}

// decide computes what is to be written from what it reads in the locked store.
func (l *locking) decide(locked ports.Store) (units []ports.Unit) {
	l.deciding <- struct{}{}
	defer func() { <-l.deciding }()
	if l.over.Load() {
		return nil
	}
	if l.decided {
		l.twice = true
		return nil
	}
	l.decided = true
	finished := false
	defer func() {
		if !finished { // the store is given the chance to let go of its lock
			units, l.cause = nil, fmt.Sprint("in decide: ", recover())
		}
	}()
	l.ledger.asides.mu.Lock()
	l.gather()
	l.ledger.asides.mu.Unlock()
	l.batch = l.take(maxRound)
	l.round.begin(l.batch)
	l.round.locked = true
	if l.unread = l.round.load(l.ctx, locked); l.unread == nil {
		units = l.round.apply()
	}
	finished = true
	if l.over.Load() {
		return nil
	}
	l.round.committing = len(units) > 0
	return units
}

// broken answers the requests of a call in which the store panicked.
func (l *locking) broken(early int, cause any) {
	if !l.decided {
		l.batch = l.take(early)
	}
	l.round.broken(l.batch, cause)
}

// retry tries requests without a lock again: also those for whose lock there is no place.
func (a *aside) retry(ctx context.Context) {
	select {
	case a.ledger.asides.trying <- struct{}{}:
		defer func() { <-a.ledger.asides.trying }()
	case <-a.turn: // first the lock
		a.turn <- struct{}{}
		a.sleep(a.pause)
		return
	}
	if a.asked && len(a.turn) == 0 {
		a.paused = append(a.paused, a.ready...)
		a.ready = nil
	}
	defer a.lineUp()
	progress := false
	for left := len(a.paused); left > 0; {
		n := min(maxRound, left)
		left -= n
		batch := take(slices.Clone(a.paused[:n]))
		a.paused = a.paused[n:]
		progress = a.attempt(ctx, batch) || progress
	}
	if progress {
		a.sleep(pauseFirst)
	} else {
		a.sleep(min(2*a.pause, pauseMax))
	}
}

// attempt tries requests without a lock, those of them that another transaction does not
// keep at once, until all are answered or kept. It reports whether any was answered.
func (a *aside) attempt(ctx context.Context, batch []*request) (progress bool) {
	for len(batch) > 0 {
		rest := a.round.attempt(ctx, batch)
		progress = progress || len(rest) < len(batch)
		again, kept := part(rest)
		a.paused = append(a.paused, kept...)
		a.answerOverdue(kept...)
		a.answerOverdue(again...)
		batch = take(again)
	}
	return progress
}

// lineUp lets requests that need the lock only wait for it again.
func (a *aside) lineUp() {
	stay := a.paused[:0]
	for _, r := range a.paused {
		if r.unlocked {
			stay = append(stay, r)
		} else {
			a.ready = append(a.ready, r)
		}
	}
	a.paused = stay
}

// sleep begins a pause, about so long.
func (a *aside) sleep(pause time.Duration) {
	a.pause = pause
	a.timer.Reset(pause/2 + rand.N(pause/2)) //nolint:gosec // no secret
}

// explain tells a caller what to do about a store that stayed locked.
func explain(err error) error {
	if errors.Is(err, ports.ErrBusy) {
		return busy(err)
	}
	return err
}

// busy returns an error that matches [ports.ErrBusy] and tells a caller what to do.
func busy(cause error) error {
	err := cause
	switch {
	case cause == nil:
		err = ports.ErrBusy
	case !errors.Is(cause, ports.ErrBusy):
		err = fmt.Errorf("%w: %w", ports.ErrBusy, cause)
	}
	return fmt.Errorf("%w; if the caller itself has a transaction open that changed this wallet, "+
		"its calls inside that transaction need a ledger over the transaction's store (WithTx)", err)
}
