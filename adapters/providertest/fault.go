package providertest

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// Kind is a way in which a request goes wrong.
type Kind int

// The ways in which a request goes wrong. "Before" is before the effect: nothing is
// executed. "After" is after it: the request was executed.
const (
	None         Kind = iota // nothing goes wrong
	Refused                  // the connection is refused; only behind [Transport]
	CloseBefore              // the connection is closed before the request is read
	CloseAfter               // the connection is closed instead of an answer
	StatusBefore             // Status and Code are answered before the effect
	StatusAfter              // Status and Code are answered after the effect
	DelayBefore              // nothing happens for Delay, then all as usual unless the client has left
	DelayAfter               // executed, then no answer for Delay
	Late                     // the connection is closed, and the request is executed after Delay
	Truncate                 // executed; half of the answer arrives
	Garbage                  // executed; the answer is not JSON
	EmptyObject              // executed; the answer is {}
	Drip                     // executed; the answer comes a byte every Delay
	Huge                     // executed; the answer is 100 MB
	Endless                  // executed; the answer goes on for 64 MB, and then the connection is closed
	Raw                      // executed; Body is answered with Status
)

// Own is the first of the kinds that a simulator may add: executed; the answer
// is spoiled in a way that only this provider's answers can be.
const Own Kind = 100

// Fault is one way in which requests go wrong.
type Fault struct {
	Method string // which requests; blank: any
	Path   string // which requests: what their path ends in; blank: any
	Times  int    // how many requests. Defaults to 1; negative: all from now on
	Skip   int    // how many matching requests to leave alone first

	Kind   Kind
	Status int           // the HTTP status of StatusBefore, StatusAfter and Raw
	Code   string        // the provider's error code, for StatusBefore and StatusAfter; blank: Body is answered
	Body   string        // the body of Raw, and of StatusBefore and StatusAfter without a Code, where blank is a page of HTML
	Header http.Header   // what the answer's header has more, for StatusBefore, StatusAfter and Raw
	Delay  time.Duration // how long DelayBefore, DelayAfter and Late wait, and Drip between two bytes
}

// Inject lines up faults. A request meets the first that matches it.
func (s *Server) Inject(faults ...Fault) {
	s.world.Lock()
	defer s.world.Unlock()
	for _, fault := range faults {
		if fault.Times == 0 {
			fault.Times = 1
		}
		s.faults = append(s.faults, fault)
	}
}

// Heal removes all faults.
func (s *Server) Heal() {
	s.world.Lock()
	defer s.world.Unlock()
	s.faults, s.chooser = nil, nil
}

// Randomly asks choose for the fault of every request that no injected fault matches.
// The randomness is the simulator's, from its seed. Choose is called under the lock of
// the [World] and must not use the simulator.
func (s *Server) Randomly(choose func(random *rand.Rand, r *http.Request) Fault) {
	s.world.Lock()
	defer s.world.Unlock()
	s.chooser = choose
}

// nextFault returns the fault of a request. The world is locked.
func (s *Server) nextFault(r *http.Request) Fault {
	if met, drawn := r.Context().Value(faultKey{}).(Fault); drawn {
		return met
	}
	for i := range s.faults {
		fault := &s.faults[i]
		if fault.Times == 0 || !fault.matches(r) {
			continue
		}
		if fault.Skip > 0 {
			fault.Skip--
			continue
		}
		fault.Times--
		return *fault
	}
	if s.chooser != nil {
		return s.chooser(s.world.Random, r)
	}
	return Fault{}
}

func (f *Fault) matches(r *http.Request) bool {
	return (f.Method == "" || f.Method == r.Method) && strings.HasSuffix(r.URL.Path, f.Path)
}

// faultKey is under which the Transport keeps the fault that it has drawn.
type faultKey struct{}
