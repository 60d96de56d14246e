package providertest

import (
	"bytes"
	"context"
	"net/http"
	"time"
)

// before does what happens before the effect, and reports whether that was all.
func (s *Server) before(f Fault, w http.ResponseWriter, r *http.Request, body []byte) bool {
	switch f.Kind { //nolint:exhaustive // the other kinds happen elsewhere
	case StatusBefore:
		s.answerFault(f, w)
		return true
	case DelayBefore:
		waitOrAbort(r.Context(), f.Delay)
	case Late:
		s.postpone(r, body, f.Delay)
		panic(http.ErrAbortHandler)
	default:
	}
	return false
}

// answerFault answers with the status and code of a fault.
func (s *Server) answerFault(f Fault, w http.ResponseWriter) {
	copyHeader(w.Header(), f.Header)
	if f.Code != "" {
		s.write(w, s.provider.Refuse(f.Status, f.Code))
		return
	}
	body := f.Body
	if body == "" {
		body = "<html><body>" + http.StatusText(f.Status) + "</body></html>"
	}
	s.writeRaw(w, f.Status, []byte(body))
}

// after answers a request that was handled.
func (s *Server) after(f Fault, w http.ResponseWriter, r *http.Request, answer *Answer) {
	if f.Kind >= Own {
		answer = s.provider.Spoil(f.Kind, answer)
	}
	switch f.Kind { //nolint:exhaustive // the other kinds happen elsewhere
	case CloseAfter:
		panic(http.ErrAbortHandler)
	case StatusAfter:
		s.answerFault(f, w)
	case DelayAfter:
		waitOrAbort(r.Context(), f.Delay)
		s.write(w, answer)
	case Truncate, Drip, Huge, Endless:
		s.stream(f, w, r, answer)
	case Garbage:
		s.writeRaw(w, http.StatusOK, []byte("\x00\xff{]not json"))
	case EmptyObject:
		s.writeRaw(w, http.StatusOK, []byte("{}"))
	case Raw:
		copyHeader(w.Header(), f.Header)
		s.writeRaw(w, f.Status, []byte(f.Body))
	default:
		s.write(w, answer)
	}
}

const (
	hugeBody = 100 << 20
	// unboundedRead is how much of an answer only a client without a bound reads. An
	// endless answer ends there, with the connection.
	unboundedRead = 64 << 20
)

// stream writes an answer that does not come as it should.
func (s *Server) stream(f Fault, w http.ResponseWriter, r *http.Request, answer *Answer) {
	whole := answer.data()
	copyHeader(w.Header(), answer.Header)
	s.head(w, answer.Status)
	switch f.Kind { //nolint:exhaustive // the other kinds are no streams
	case Truncate:
		_, _ = w.Write(whole[:len(whole)/2])
		flush(w)
		panic(http.ErrAbortHandler)
	case Drip:
		for i := range whole {
			waitOrAbort(r.Context(), f.Delay)
			_, _ = w.Write(whole[i : i+1])
			flush(w)
		}
	default:
		chunk := bytes.Repeat([]byte(" "), 64<<10)
		most := hugeBody
		if f.Kind == Endless {
			most = unboundedRead
		}
		for sent := 0; sent < most; sent += len(chunk) {
			if _, err := w.Write(chunk); err != nil || r.Context().Err() != nil {
				panic(http.ErrAbortHandler)
			}
			if sent+len(chunk) >= unboundedRead {
				s.reportOverread()
			}
		}
		if f.Kind == Endless {
			panic(http.ErrAbortHandler)
		}
	}
}

func flush(w http.ResponseWriter) {
	if flusher, canFlush := w.(http.Flusher); canFlush {
		flusher.Flush()
	}
}

// waitOrAbort waits, and answers nothing to a client that has left meanwhile.
func waitOrAbort(ctx context.Context, delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	case <-timer.C:
	}
}
