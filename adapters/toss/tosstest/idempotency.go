package tosstest

import (
	"net/url"
	"time"
)

const (
	headerIdempotency = "Idempotency-Key"
	headerTestCode    = "TossPayments-Test-Code"
	// keyLife is how long an answer is kept, from the first use (documented).
	keyLife = 15 * 24 * time.Hour
	// maxKey is how many characters a key may have (documented).
	maxKey = 300
)

// requestKey is what makes two requests the same: all but the body (documented).
type requestKey struct{ apiKey, method, path, key string }

// keptAnswer is the answer to the first request with a key, errors included (observed).
type keptAnswer struct {
	answer *result
	trace  string
	first  time.Time
	busy   time.Time // until then the first request is worked on
}

// once answers a request that carries a key as the first one with it was answered.
func (s *Simulator) once(r *request, target endpoint) *result {
	text := r.Header.Get(headerIdempotency)
	if text == "" {
		return s.perform(r, target)
	}
	if !chars(text, 1, maxKey) {
		return r.refuse("INVALID_IDEMPOTENCY_KEY")
	}
	path, err := url.PathUnescape(r.path)
	if err != nil {
		path = r.path
	}
	id := requestKey{r.key.text, r.Method, path, text}
	if kept := s.kept[id]; kept != nil && r.now.Before(kept.first.Add(keyLife)) {
		if r.now.Before(kept.busy) {
			return r.refuse(codeProcessing)
		}
		// A replayed answer holds two trace ids (observed).
		return traced(kept.answer, r.trace+","+kept.trace)
	}
	answer := s.perform(r, target)
	if !r.forget {
		s.kept[id] = &keptAnswer{answer: answer, trace: r.trace, first: r.now, busy: r.now.Add(r.busy)}
	}
	return answer
}

// perform has the effect of a request. The test header is looked at before anything that the
// request names (observed), with a test key only (documented).
func (s *Simulator) perform(r *request, target endpoint) *result {
	code := r.Header.Get(headerTestCode)
	switch {
	case code == "" || !target.testable || s.config.Live:
	case !known(code):
		return r.refuse("INVALID_TEST_CODE")
	default:
		r.forget = code == codeProcessing
		return r.refuse(code)
	}
	if r.second {
		return s.sealed(r, target)
	}
	return target.handle(s, r)
}

// LoseKeys forgets all Idempotency-Keys, as after 15 days.
func (s *Simulator) LoseKeys() {
	s.world.Enter()
	defer s.world.Unlock()
	clear(s.kept)
}
