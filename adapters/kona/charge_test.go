package kona_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jigap/jigap/adapters/kona/konatest"
)

// twice is a transport that a host made repeat requests: it asks the simulator, and
// returns the answer to a second copy.
type twice struct{ next http.RoundTripper }

func (r twice) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	for n := 1; ; n++ {
		copied := request.Clone(request.Context())
		copied.Body = io.NopCloser(bytes.NewReader(body))
		response, err := r.next.RoundTrip(copied)
		if err != nil || n == 2 {
			return response, err
		}
		if err := response.Body.Close(); err != nil {
			return nil, err
		}
	}
}

// chargesTwice repeats charges and cancellations only.
type chargesTwice struct{ next http.RoundTripper }

func (r chargesTwice) RoundTrip(request *http.Request) (*http.Response, error) {
	if strings.HasSuffix(request.URL.Path, chargePath) || strings.HasSuffix(request.URL.Path, cancelPath) {
		return twice(r).RoundTrip(request)
	}
	return r.next.RoundTrip(request)
}

// The refusal of a second copy says nothing of the first, although the order counts one
// transmission.
func TestCharger_Charge(t *testing.T) {
	t.Parallel()
	t.Run("takes no refusal from a transport that repeats", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.client = w.newClient("https://kona.test/open-api", chargesTwice{w.sim.Transport()}, w.clock)
		w.sim.Inject(konatest.Fault{Path: chargePath, Skip: 1, Kind: konatest.StatusBefore, Status: 400, Code: konatest.CodeToken})
		order := w.order()
		order.Last = w.charger().Charge(t.Context(), order)
		w.Equal(unknown, order.Last.Outcome, "%+v", order.Last)
		w.NotEmpty(order.Last.Alarm)
		w.Equal(1, w.done())
		w.Equal(approved, w.inquire(&order).Outcome)
	})
}
