package solapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/ports"
)

// preparedNow is evidence of a moment ago, by the clock of the machine.
func preparedNow() string {
	now := ports.SystemClock().Now().UTC().Format(time.RFC3339Nano)
	return fmt.Sprintf(`{"serverTime":%q,"hostTime":%q,"anchorBalance":0}`, now, now)
}

// Whatever a server answers to an order, memory stays bounded, nothing is followed,
// and the order is unknown.
func TestCharger_Charge_hostile_answers(t *testing.T) {
	t.Parallel()
	var followed atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		followed.Add(1)
		_, _ = fmt.Fprint(w, `{"oldBalance":0,"newBalance":10000,"balanceAmount":10000,"historyId":"1"}`)
	}))
	t.Cleanup(elsewhere.Close)
	fill := func(w http.ResponseWriter, size int) {
		chunk := make([]byte, 64<<10)
		for sent := 0; sent < size; sent += len(chunk) {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	redirect := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/cash/v1/balance", status)
		}
	}
	for name, handler := range map[string]http.HandlerFunc{
		"100 MB":              func(w http.ResponseWriter, _ *http.Request) { fill(w, 100<<20) },
		"100 MB of a refusal": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400); fill(w, 100<<20) },
		"a refusal that is broken off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(400)
			_, _ = w.Write([]byte(`{"errorCode":"InvalidPaymentId","errorMessage":"x"}`))
		},
		"an endless body": func(w http.ResponseWriter, _ *http.Request) { fill(w, 1<<62) },
		"a 301":           redirect(301),
		"a 302":           redirect(302),
		"a 307":           redirect(307),
		"a 308":           redirect(308),
		"a compressed bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x00\x00"))
		},
		"a length that is a lie": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{"oldBalance":0,"newBalance":10000,"balanceAmount":10000,"type":"RECHARGE","historyId":"5db728d7aa83954519463ab8"}`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler)
			t.Cleanup(server.Close)
			client, err := solapi.New(solapi.NewCredentials(cannedKey, cannedSecret), solapi.Config{BaseURL: server.URL})
			require.NoError(t, err)
			charger, err := solapi.NewCharger(client, "main")
			require.NoError(t, err)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			answer := charger.Charge(t.Context(), ports.ChargeOrder{PaymentMethod: "p", Amount: won(10_000), Currency: "KRW", Evidence: []byte(preparedNow())})
			runtime.ReadMemStats(&after)
			require.Equal(t, ports.OutcomeUnknown, answer.Outcome)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(40<<20), "100 MB were not read")
		})
	}
	require.Zero(t, followed.Load())
}

// The host's own client may follow redirects; ours does not, and leaves the host's
// as it is.
func TestNewClient_leaves_the_http_Client_alone(t *testing.T) {
	t.Parallel()
	host := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("the host's") }}
	_, err := solapi.New(solapi.NewCredentials(cannedKey, cannedSecret), solapi.Config{HTTPClient: host})
	require.NoError(t, err)
	require.EqualError(t, host.CheckRedirect(nil, nil), "the host's")
}
