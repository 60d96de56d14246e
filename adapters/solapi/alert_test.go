package solapi_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/solapi/solapitest"
)

// The figures are those of the provider's documented sample.
func TestClient_Alert(t *testing.T) {
	t.Parallel()
	t.Run("reads the documented answer", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.sim.Inject(solapitest.Fault{Path: "/balance/alert", Kind: solapitest.Raw, Status: 200, Body: `{
			"lowBalanceAlert":{"notificationBalance":"0","currentBalance":null,"balances":[1000,2000],"channels":["SMS","EMAIL"],"enabled":true},
			"_id":"19041920726336","dateCreated":"2019-10-28T17:43:54.390Z","dateUpdated":"2019-10-28T17:43:54.390Z"}`})
		alert, err := w.client.Alert(t.Context())
		w.NoError(err)
		w.True(bool(alert.Enabled))
		w.Equal([]string{"SMS", "EMAIL"}, alert.Channels)
		w.Len(alert.Balances, 2)
		requireDecimal(t, 2_000, alert.Balances[1].Decimal)
		w.False(alert.CurrentBalance.Valid)
	})
	t.Run("refuses an answer that does not say whether it is on", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			for _, body := range []string{
				`{}`, `{"lowBalanceAlert":null}`, `{"lowBalanceAlert":{}}`, `{"lowBalanceAlert":{"enabled":null}}`, `{"lowBalanceAlert":{"enabled":{}}}`,
				`{"enabled":false,"balances":[],"channels":[]}`, `{"lowBalanceAlert":[]}`, `{"lowBalanceAlert":{"enabled":true,"balances":5}}`,
			} {
				w := setup(t)
				w.sim.Inject(solapitest.Fault{Path: "/balance/alert", Times: -1, Kind: solapitest.Raw, Status: 200, Body: body})
				_, err := w.client.Alert(t.Context())
				w.Error(err, body)
			}
		})
	})
}

// An alert that stays on must never be reported as off.
func TestClient_SwitchAlert(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault solapitest.Fault
		err   bool
		on    bool // as it is in the end
	}{
		"switches it off": {solapitest.Fault{Kind: solapitest.None}, false, false},
		"switches it off although an answer is lost": {solapitest.Fault{Kind: solapitest.CloseAfter}, false, false},
		"repeats a request that was lost":            {solapitest.Fault{Kind: solapitest.CloseBefore}, false, false},
		"reads back what the answer does not say":    {solapitest.Fault{Kind: solapitest.EmptyObject}, false, false},
		"reports an answer that is not true":         {solapitest.Fault{Times: -1, Kind: solapitest.StatusBefore, Status: 200, Body: "{}"}, true, true},
		"reports an alert that stays on":             {solapitest.Fault{Times: -1, Kind: solapitest.StatusBefore, Status: 200, Body: `{"enabled":true}`}, true, true},
		"reports that it cannot tell":                {solapitest.Fault{Kind: solapitest.CloseBefore, Times: 2}, true, true},
		"repeats what did not work":                  {solapitest.Fault{Kind: solapitest.StatusBefore, Status: 200, Body: `{"enabled":true}`}, false, false},
		"reports a refusal":                          {solapitest.Fault{Kind: solapitest.StatusBefore, Status: 403, Code: "Forbidden"}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.NoError(w.client.SetAlert(t.Context(), []decimal.Decimal{won(5_000)}, []string{"SMS"}))
			w.NoError(w.client.SwitchAlert(t.Context(), true))
			tc.fault.Method = http.MethodPut
			w.sim.Inject(tc.fault)
			w.Equal(tc.err, w.client.SwitchAlert(t.Context(), false) != nil)
			w.sim.Heal()
			alert, err := w.client.Alert(t.Context())
			w.NoError(err)
			w.Equal(tc.on, bool(alert.Enabled))
		})
	}
}
