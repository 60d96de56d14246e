package solapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

// undatedTransport takes the provider's time from every answer.
type undatedTransport struct{ next http.RoundTripper }

func (u undatedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := u.next.RoundTrip(request)
	if err == nil {
		response.Header.Del("Date")
	}
	return response, err
}

// clientAhead asks by a clock that is ahead of the provider's.
func (w *world) clientAhead(by time.Duration) {
	w.t.Helper()
	client, err := solapi.New(solapi.NewCredentials(w.key.APIKey, w.key.Secret), solapi.Config{
		HTTPClient: &http.Client{Transport: w.sim.Transport()},
		Clock:      ports.ClockFunc(func() time.Time { return w.clock.Now().Add(by) }),
	})
	w.NoError(err)
	w.client = client
}

// A signature whose date is in the provider's future lives longer than a quarter of an
// hour: by as much longer an order is looked for.
func TestCharger_Inquire_quiet_period(t *testing.T) {
	t.Parallel()
	setupFuture := func(t *testing.T) *world {
		t.Helper()
		return setupSim(t, solapitest.Config{FutureDates: true}, solapitest.AccountConfig{ID: "19041920726336", Balance: won(20_130), Bank: "0235"})
	}
	t.Run("counts from the date that was signed", func(t *testing.T) {
		t.Parallel()
		for ahead, quiet := range map[time.Duration]time.Duration{
			0: 30 * time.Minute, -10 * time.Minute: 30 * time.Minute, 10 * time.Minute: 40 * time.Minute, 9 * time.Hour: 9*time.Hour + 30*time.Minute,
		} {
			w := setupFuture(t)
			w.clientAhead(ahead)
			w.sim.Inject(onPost(solapitest.CloseBefore))
			order := w.prepared()
			order.SentAt = w.clock.Now().Add(ahead)
			order.Last = kept(w, w.charger().Charge(t.Context(), order))
			w.Equal(unknown, w.inquire(&order, quiet-time.Second).Outcome, "%s ahead", ahead)
			w.Equal(notSent, w.inquire(&order, time.Second).Outcome, "%s ahead", ahead)
		}
	})
	t.Run("counts so for withdrawals", func(t *testing.T) {
		t.Parallel()
		w := setupFuture(t)
		w.clientAhead(time.Hour)
		w.sim.Inject(onPost(solapitest.CloseBefore))
		order := w.preparedPayout(solapi.DisburserConfig{})
		order.SentAt = w.clock.Now().Add(time.Hour)
		order.Last = w.disburser(solapi.DisburserConfig{}).Disburse(t.Context(), order)
		w.Equal(unknown, order.Last.Outcome)
		w.Equal(unknown, w.inquirePayout(solapi.DisburserConfig{}, &order, 90*time.Minute-time.Second).Outcome)
		w.Equal(notSent, w.inquirePayout(solapi.DisburserConfig{}, &order, time.Second).Outcome)
	})
	t.Run("leaves an order to a person when the provider does not tell its time", func(t *testing.T) {
		t.Parallel()
		for _, when := range []string{"before", "after"} {
			w := setup(t)
			dated := w.client
			if when == "before" {
				w.client = w.newClientOver(w.key, undatedTransport{w.sim.Transport()})
			}
			order := w.prepared()
			w.sim.Inject(onPost(solapitest.CloseBefore))
			order.Last = kept(w, w.charger().Charge(t.Context(), order))
			w.client = dated
			if when == "after" {
				w.client = w.newClientOver(w.key, undatedTransport{w.sim.Transport()})
			}
			answer := w.inquire(&order, time.Hour)
			w.Equal(unknown, answer.Outcome, when)
			w.NotEmpty(answer.Review, when)
		}
	})
}
