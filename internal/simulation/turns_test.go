package simulation_test

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"testing/synctest"
	"time"
)

// turns lets one goroutine of the house run at a time: every call of a process to the
// store or to a provider waits here until the world, which alone draws random numbers,
// gives it its turn. What a call sets off runs until all of it waits again. So calls
// interleave in every order, and the same seed always gives the same one.
type turns struct {
	mu      sync.Mutex
	waiting []*turn
	given   int
}

// turn is one goroutine that waits to go on.
type turn struct {
	process *process
	actor   string // whose call it is: "request 12", "follow recharges", "trigger"
	what    string // the call
	commit  bool   // it writes to the store
	since   int    // how many turns had been given when it came
	after   time.Time
	resume  chan struct{}

	fault *storeFault // drawn for it; nil: none
	said  string      // what came of it, for the trace
}

type actorKey struct{}

// as marks what is done under a context as the work of an actor.
func as(ctx context.Context, actor string) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

func actorOf(ctx context.Context) string {
	if actor, ok := ctx.Value(actorKey{}).(string); ok {
		return actor
	}
	return "trigger" // the one goroutine that has no caller
}

// wait waits for a turn. A dead process has none: it returns at once.
func (s *turns) wait(ctx context.Context, p *process, what string, commit bool) *turn {
	t := &turn{process: p, actor: actorOf(ctx), what: what, commit: commit, resume: make(chan struct{})}
	s.mu.Lock()
	if p.dead.Load() {
		s.mu.Unlock()
		return t
	}
	t.since = s.given
	s.waiting = append(s.waiting, t)
	s.mu.Unlock()
	<-t.resume
	return t
}

// ready returns the turns that may be given now, in an order that does not depend on
// which goroutine came first.
func (s *turns) ready(now time.Time) []*turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortFunc(s.waiting, func(a, b *turn) int {
		return cmp.Or(cmp.Compare(a.since, b.since), cmp.Compare(a.process.name, b.process.name),
			cmp.Compare(a.actor, b.actor), cmp.Compare(a.what, b.what))
	})
	var ready []*turn
	for _, t := range s.waiting {
		if !now.Before(t.after) && !now.Before(t.process.pausedUntil) {
			ready = append(ready, t)
		}
	}
	return ready
}

// give lets one goroutine go on, and returns when everything waits again.
func (s *turns) give(t *turn) {
	s.mu.Lock()
	s.given++
	s.waiting = slices.DeleteFunc(s.waiting, func(other *turn) bool { return other == t })
	s.mu.Unlock()
	close(t.resume)
	synctest.Wait()
	time.Sleep(time.Microsecond) // no two calls begin at one instant: then no two are overdue at one
	synctest.Wait()
}

// end lets all goroutines of a dead process go on, to their end.
func (s *turns) end(p *process) {
	s.mu.Lock()
	p.dead.Store(true)
	p.life.Kill()
	s.waiting = slices.DeleteFunc(s.waiting, func(t *turn) bool {
		if t.process == p {
			close(t.resume)
		}
		return t.process == p
	})
	s.mu.Unlock()
	synctest.Wait()
}
