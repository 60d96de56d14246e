package solapi_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
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

// paysTwice repeats everything that has a body.
type paysTwice struct{ next http.RoundTripper }

func (r paysTwice) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil && request.Body != http.NoBody {
		return twice(r).RoundTrip(request)
	}
	return r.next.RoundTrip(request)
}

// The refusal of a second copy says nothing of the first.
func TestCharger_Charge(t *testing.T) {
	t.Parallel()
	t.Run("takes no refusal from a transport that repeats", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		order := w.prepared()
		w.client = w.newClientOver(w.key, paysTwice{w.sim.Transport()})
		w.sim.Inject(solapitest.Fault{Method: http.MethodPost, Skip: 1, Kind: solapitest.StatusBefore, Status: 400, Code: "InvalidPaymentId"})
		order.Last = w.charger().Charge(t.Context(), order)
		w.Equal(ports.OutcomeUnknown, order.Last.Outcome, "%+v", order.Last)
		w.NotEmpty(order.Last.Alarm)
		w.Len(w.account.Books().Charges, 1)
		w.Equal(ports.OutcomeApproved, w.inquire(&order, 0).Outcome)
	})
	t.Run("is a fault when the account may not write", func(t *testing.T) {
		t.Parallel()
		for name, spoil := range map[string]func(w *world){
			"not verified": func(w *world) { w.account.SetVerified(false) },
			"dormant":      func(w *world) { w.account.SetState(solapitest.StateInactive) },
			"member":       func(w *world) { w.account.SetMember(w.key, solapitest.StateUnverified) },
		} {
			w := setup(t)
			order := w.prepared()
			spoil(w)
			order.Last = kept(w, w.charger().Charge(t.Context(), order))
			w.Equal(ports.OutcomeUnknown, order.Last.Outcome, name)
			w.Equal(ports.OutcomeFault, w.inquire(&order, order.Last.InquireAfter).Outcome, name)
			w.Empty(w.account.Books().Charges)
		}
	})
}
