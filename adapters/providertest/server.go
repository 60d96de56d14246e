package providertest

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"
)

// Provider is what a simulator tells its [Server] of its provider.
type Provider struct {
	// Accept looks at a request that has arrived, with its whole body, and returns what
	// answers it: called at once, or later when the request is a late one, or never.
	// Whether the request is authorized is seen at its arrival; everything else, and
	// the effect, is a matter of the function. The world is locked in both.
	Accept func(r *http.Request, body []byte, arrived time.Time) (answer func(now time.Time) *Answer)
	// Refuse makes a refusal of the status and the code that a fault says.
	Refuse func(status int, code string) *Answer
	// Spoil makes of an answer what a kind of the provider's own says: see [Own]. Nil
	// where there are none.
	Spoil func(kind Kind, answer *Answer) *Answer
	// Head sets what every answer to a request carries, broken ones too, in addition to Date and
	// Content-Type. Nil for nothing.
	Head func(header http.Header, r *http.Request)
}

// Server answers requests as a provider, or as a provider and a network in trouble.
// Simulators embed it.
type Server struct {
	world    *World
	provider Provider

	faults   []Fault // of these: the world is locked
	chooser  func(random *rand.Rand, r *http.Request) Fault
	requests int
	overread bool
	watcher  func(r *http.Request)
}

// NewServer returns the server of a provider that lives in a world.
func NewServer(world *World, provider Provider) *Server {
	return &Server{world: world, provider: provider}
}

// Requests returns how many requests arrived.
func (s *Server) Requests() int {
	s.world.Lock()
	defer s.world.Unlock()
	return s.requests
}

// Overread reports whether a client has read 64 MB or more of one answer: it reads without
// a bound.
func (s *Server) Overread() bool {
	s.world.Lock()
	defer s.world.Unlock()
	return s.overread
}

func (s *Server) reportOverread() {
	s.world.Lock()
	defer s.world.Unlock()
	s.overread = true
}

// OnRequest calls watch before each request is answered; nil ends that.
func (s *Server) OnRequest(watch func(r *http.Request)) {
	s.world.Lock()
	defer s.world.Unlock()
	s.watcher = watch
}

const maxRequest = 1 << 20

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault, watch := s.arrive(r)
	if watch != nil {
		watch(r)
	}
	if fault.Kind == CloseBefore || fault.Kind == Refused {
		panic(http.ErrAbortHandler)
	}
	// A server learns that its client has left only once the body is read.
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if s.provider.Head != nil {
		s.provider.Head(w.Header(), r)
	}
	if !s.before(fault, w, r, body) {
		s.after(fault, w, r, s.handle(r, body))
	}
}

// arrive counts a request and returns what happens to it, and who watches.
func (s *Server) arrive(r *http.Request) (fault Fault, watch func(r *http.Request)) {
	s.world.Lock()
	defer s.world.Unlock()
	s.requests++
	return s.nextFault(r), s.watcher
}

// handle authorizes a request and has its effect.
func (s *Server) handle(r *http.Request, body []byte) *Answer {
	now := s.world.Enter()
	defer s.world.Unlock()
	return s.provider.Accept(r, body, now)(now)
}

// postpone handles a request when the clock has moved on.
func (s *Server) postpone(r *http.Request, body []byte, by time.Duration) {
	s.world.Lock()
	defer s.world.Unlock()
	arrived := s.world.Clock.Now()
	s.world.late = append(s.world.late, lateEffect{at: arrived.Add(by), do: s.provider.Accept(r, body, arrived)})
}

// Listen answers requests at an address of this machine, "127.0.0.1:0" say, until ctx
// ends. It tells ready the address that it got, with the port; an error of ready ends it
// and is returned.
func (s *Server) Listen(ctx context.Context, address string, ready func(address string) error) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := ready(listener.Addr().String()); err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
