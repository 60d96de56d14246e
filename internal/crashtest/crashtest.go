// Package crashtest lets tests kill processes: everything that a process does to the
// outside goes through a [Life], which ends before or after its nth call. What is dead
// has no effect any more.
package crashtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jigap/jigap/ports"
)

// ErrDead is what a dead process would hear.
var ErrDead = errors.New("process is dead")

// Life is the life of one process. Make one with [Immortal] or [Mortality.Life].
type Life struct {
	mu    sync.Mutex
	calls int // left until it dies; negative: it lives for ever
	after bool
	dead  bool
}

// Immortal returns a life that never ends.
func Immortal() *Life { return &Life{calls: -1} }

// Forever reports whether the life never ends.
func (l *Life) Forever() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls < 0
}

// Kill ends the life between two calls.
func (l *Life) Kill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
}

// Do makes a call unless the process is dead, and reports whether its answer is heard.
func (l *Life) Do(call func()) (heard bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return false
	}
	l.calls--
	dies := l.calls == 0
	if !dies || l.after {
		call()
	}
	l.dead = dies
	return !dies
}

// Must makes a call of which the caller must hear the answer, or panics.
func (l *Life) Must(call func()) {
	if !l.Do(call) {
		panic(ErrDead)
	}
}

// Mortality is a way to die.
type Mortality struct {
	Name  string
	calls int
	after bool
}

// Life returns a new life that ends this way.
func (m Mortality) Life() *Life { return &Life{calls: m.calls, after: m.after} }

// Lives returns every way to die within n calls, and one way not to.
func Lives(n int) []Mortality {
	all := []Mortality{{Name: "never", calls: -1}}
	for i := 1; i <= n; i++ {
		all = append(all,
			Mortality{fmt.Sprintf("before call %d", i), i, false},
			Mortality{fmt.Sprintf("after call %d", i), i, true})
	}
	return all
}

// Store is a store whose commits are calls of a life.
type Store struct {
	ports.Store
	*Life
}

// Commit commits unless the process is dead. One that dies here never hears the fates.
func (s Store) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	var fates []ports.Fate
	if !s.Do(func() { fates = s.Store.Commit(ctx, units) }) {
		fates = make([]ports.Fate, len(units))
		for i := range fates {
			fates[i].Err = ErrDead
		}
	}
	return fates
}

// Contended is a store in which another process is faster, once, with each operation
// that Loses selects.
type Contended struct {
	ports.Store
	Loses func(ports.Operation) bool

	mu   sync.Mutex
	lost map[string]bool
}

// Commit commits the units, or answers the first of those with a conflict.
func (s *Contended) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, unit := range units {
		for _, op := range unit.Operations {
			id := op.Head().ID
			if len(units) > 1 || s.lost[id] || !s.Loses(op) {
				continue
			}
			if s.lost == nil {
				s.lost = make(map[string]bool)
			}
			s.lost[id] = true
			return []ports.Fate{{Status: ports.FateOperationConflict, IDs: []string{id}}}
		}
	}
	return s.Store.Commit(ctx, units)
}

// Lost reports how many operations met a conflict.
func (s *Contended) Lost() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.lost)
}

// Clock is a clock that a test moves.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that stands at midnight of 1 November 2026, UTC.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)} }

// Now returns where the clock stands.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
