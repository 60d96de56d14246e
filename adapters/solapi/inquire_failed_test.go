package solapi_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jigap/jigap/ports"
)

// failsFrom is a network that breaks at a question.
type failsFrom struct {
	next http.RoundTripper
	gets *int
	from int
}

func (f failsFrom) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet {
		*f.gets++
		if *f.gets >= f.from {
			return nil, errors.New("connection reset")
		}
	}
	return f.next.RoundTrip(r)
}

// A question that fails on its way is Failed, at whichever of its requests.
func TestCharger_Inquire_failed_at_each_request(t *testing.T) {
	t.Parallel()
	for from := 1; from <= 6; from++ {
		synctest.Test(t, func(t *testing.T) { // the client pauses between tries
			w := setup(t)
			order := lost(w)
			w.clock.Advance(48 * time.Hour)
			gets := 0
			w.client = w.newClientOver(w.key, failsFrom{w.sim.Transport(), &gets, from})
			order.Last.Outcome = ports.OutcomeDeclined // a person declined it
			if answer := w.inquire(&order, time.Minute); gets >= from {
				w.True(answer.Failed, "request %d failed: %s %q", from, answer.Outcome, answer.Review)
			}
		})
	}
}
