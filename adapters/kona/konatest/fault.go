package konatest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
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
	NullID                   // executed; the answer's nrNumber is null
	NoPending                // executed; the answer has no isPending
	TextPending              // executed; isPending is a text
	OddResult                // executed; the result is in another case
	Foreign                  // executed; the answer carries another correlation id
	BadSeal                  // executed; the answer is encrypted for nobody
	Drip                     // executed; the answer comes a byte every Delay
	Huge                     // executed; the answer is 100 MB
	Endless                  // executed; the answer never ends
	Raw                      // executed; Body is answered with Status
)

// Fault is one way in which requests go wrong.
type Fault struct {
	Path  string // which requests: what their path ends in; blank: any
	Times int    // how many requests. Defaults to 1; negative: all from now on
	Skip  int    // how many matching requests to leave alone first

	Kind   Kind
	Status int
	Code   string // blank: the body is no JSON
	Body   string
	Header http.Header
	Delay  time.Duration
}

// Inject lines up faults. A request meets the first that matches it.
func (s *Simulator) Inject(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, fault := range faults {
		if fault.Times == 0 {
			fault.Times = 1
		}
		s.faults = append(s.faults, fault)
	}
}

// Heal removes all faults.
func (s *Simulator) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.chooser = nil, nil
}

// Randomly asks choose for the fault of every request that no injected fault
// matches. The randomness is the simulator's, from its seed.
func (s *Simulator) Randomly(choose func(random *rand.Rand, r *http.Request) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chooser = choose
}

// nextFault returns the fault of a request. The simulator is locked.
func (s *Simulator) nextFault(r *http.Request) Fault {
	if met, refused := r.Context().Value(faultKey{}).(Fault); refused {
		return met
	}
	for i := range s.faults {
		fault := &s.faults[i]
		if fault.Times == 0 || !strings.HasSuffix(r.URL.Path, fault.Path) {
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
		return s.chooser(s.random, r)
	}
	return Fault{}
}

// faultKey is under which the Transport keeps the fault that it has drawn.
type faultKey struct{}

// read reads the body of a request, unless the connection closes before that. A
// server learns that its client has left only once the body is read.
func (f Fault) read(r *http.Request) ([]byte, error) {
	if f.Kind == CloseBefore || f.Kind == Refused {
		return nil, nil
	}
	return io.ReadAll(io.LimitReader(r.Body, maxRequest))
}

// before does what happens before the effect, and reports whether that was all.
func (f Fault) before(s *Simulator, w http.ResponseWriter, r *http.Request) bool {
	switch f.Kind { //nolint:exhaustive // the other kinds happen elsewhere
	case StatusBefore:
		f.answer(s, w)
		return true
	case DelayBefore:
		if !wait(r.Context(), f.Delay) {
			panic(http.ErrAbortHandler)
		}
	default:
	}
	return false
}

func (f Fault) answer(s *Simulator, w http.ResponseWriter) {
	maps.Copy(w.Header(), f.Header)
	if f.Code != "" {
		s.write(w, refuseWith(f.Status, f.Code))
		return
	}
	body := f.Body
	if body == "" {
		body = "<html><body>" + http.StatusText(f.Status) + "</body></html>"
	}
	s.writeRaw(w, f.Status, []byte(body))
}

// after answers a request that was handled.
func (f Fault) after(s *Simulator, w http.ResponseWriter, r *http.Request, answer *result) {
	switch f.Kind { //nolint:exhaustive // the other kinds happen elsewhere
	case CloseAfter:
		panic(http.ErrAbortHandler)
	case StatusAfter:
		f.answer(s, w)
	case DelayAfter:
		if !wait(r.Context(), f.Delay) {
			panic(http.ErrAbortHandler)
		}
		s.write(w, answer)
	case Truncate, Drip, Huge, Endless:
		f.stream(s, w, r, answer)
	case Garbage:
		s.writeRaw(w, http.StatusOK, []byte("\x00\xff{]not json"))
	case EmptyObject:
		s.writeRaw(w, http.StatusOK, []byte("{}"))
	case Raw:
		maps.Copy(w.Header(), f.Header)
		s.writeRaw(w, f.Status, []byte(f.Body))
	case Foreign:
		w.Header().Set(headerCorrelation, "260101000000-0000000")
		s.write(w, answer)
	case BadSeal:
		s.writeRaw(w, answer.status, []byte(`{"encData":"eyJhbGciOiJub25lIn0.e30.x.y.z"}`))
	case NullID, NoPending, TextPending, OddResult:
		s.write(w, f.twisted(answer))
	default:
		s.write(w, answer)
	}
}

// twisted returns an answer with a field that is not as it should be.
func (f Fault) twisted(answer *result) *result {
	body := maps.Clone(answer.body)
	for name, value := range body {
		switch {
		case f.Kind == NullID && name == "nrNumber":
			body[name] = nil
		case f.Kind == NoPending && name == "isPending":
			delete(body, name)
		case f.Kind == TextPending && name == "isPending":
			body[name] = fmt.Sprint(value)
		case f.Kind == OddResult && name == "result":
			body[name] = strings.ToLower(fmt.Sprint(value))
		}
	}
	return &result{answer.status, body, answer.sealed}
}

const hugeBody = 100 << 20

// stream writes an answer that does not come as it should.
func (f Fault) stream(s *Simulator, w http.ResponseWriter, r *http.Request, answer *result) {
	var whole bytes.Buffer
	buffered := &memoryWriter{header: http.Header{}, body: &whole}
	s.write(buffered, answer)
	s.head(w)
	w.WriteHeader(answer.status)
	switch f.Kind { //nolint:exhaustive // the other kinds happen elsewhere
	case Truncate:
		_, _ = w.Write(whole.Bytes()[:whole.Len()/2])
		flush(w)
		panic(http.ErrAbortHandler)
	case Drip:
		for _, b := range whole.Bytes() {
			if !wait(r.Context(), f.Delay) {
				panic(http.ErrAbortHandler)
			}
			_, _ = w.Write([]byte{b})
			flush(w)
		}
	default:
		chunk := bytes.Repeat([]byte(" "), 64<<10)
		for sent := 0; f.Kind == Endless || sent < hugeBody; sent += len(chunk) {
			if _, err := w.Write(chunk); err != nil || r.Context().Err() != nil {
				panic(http.ErrAbortHandler)
			}
		}
	}
}

func flush(w http.ResponseWriter) {
	if flusher, canFlush := w.(http.Flusher); canFlush {
		flusher.Flush()
	}
}

// wait waits, and reports whether the client is still there.
func wait(ctx context.Context, delay time.Duration) bool {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
