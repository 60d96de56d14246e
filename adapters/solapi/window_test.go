package solapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

// TestDisburser_Inquire_window: a rejection that was never given back holds up those of the
// same total for thirty days to the minute.
func TestDisburser_Inquire_window(t *testing.T) {
	t.Parallel()
	const thirtyDays = 30 * 24 * time.Hour
	for name, test := range map[string]struct {
		ago     time.Duration
		outcome ports.Outcome
	}{
		"a_minute_less_than_thirty_days": {thirtyDays - time.Minute, pending},
		"a_minute_more_than_thirty_days": {thirtyDays + time.Minute, declined},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := solapi.DisburserConfig{Statuses: map[string]ports.Outcome{"REJECT": declined}}
			w := setupWith(t, solapitest.AccountConfig{Balance: won(100_000), Bank: "0235"})
			old, _ := w.disburse(config)
			w.True(w.account.Decide(old.Last.ProviderRef, solapitest.Decision{Status: "REJECT"}))
			w.clock.Advance(test.ago)
			order, _ := w.disburse(config)
			w.clock.Advance(time.Minute)
			w.True(w.account.Decide(order.Last.ProviderRef, solapitest.Decision{Status: "REJECT", GiveBack: true}))
			w.Equal(test.outcome, w.inquirePayout(config, &order, time.Minute).Outcome)
		})
	}
}

// TestClient_skew: the provider refuses the date of a request. Where our clock is off by the
// documented fifteen minutes, less a second for the way, it is corrected. Where it is off by
// less, the refusal is a fault with an alarm.
func TestClient_skew(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		off   time.Duration
		class solapi.Class
	}{
		"ahead_by_fifteen_minutes":  {15 * time.Minute, solapi.ClassNotExecuted},
		"behind_by_fifteen_minutes": {-15 * time.Minute, solapi.ClassNotExecuted},
		"ahead_by_less":             {15*time.Minute - 2*time.Second, solapi.ClassFault},
		"behind_by_less":            {-15*time.Minute + 2*time.Second, solapi.ClassFault},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			ours := solapitest.NewClock(start.Add(test.off))
			client, err := solapi.New(solapi.NewCredentials(w.key.APIKey, w.key.Secret), solapi.Config{
				HTTPClient: &http.Client{Transport: w.sim.Transport()}, Clock: ours,
			})
			w.NoError(err)
			w.sim.Inject(solapitest.Fault{Method: http.MethodPost, Kind: solapitest.StatusBefore, Status: 403, Code: "RequestTimeTooSkewed"})
			_, err = client.Recharge(t.Context(), w.card, won(10_000))
			failed := w.failed(err)
			w.Equal(test.class, failed.Class)
			w.Equal(test.class == solapi.ClassFault, failed.Alarm != "")
		})
	}
}
