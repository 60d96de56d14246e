package solapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

func TestNewClient_refuses_an_open_BaseURL(t *testing.T) {
	t.Parallel()
	credentials := solapi.NewCredentials("NCSTESTKEY000002", "secret")
	for base, accepted := range map[string]bool{
		"": true, solapi.HostSolapi: true, solapi.HostCoolSMS: true, "https://proxy.example/solapi/": true,
		"http://127.0.0.1:8080": true, "http://[::1]:80": true, "http://localhost:1": true,
		"http://api.solapi.com": false, "http://10.0.0.1": false, "http://127.0.0.1.example": false,
		"ftp://127.0.0.1": false, "api.solapi.com": false, "https://": false, "https://user:pw@host": false,
		"https://host?x=1": false, "https://host#x": false, "://": false,
	} {
		_, err := solapi.New(credentials, solapi.Config{BaseURL: base})
		if accepted {
			require.NoError(t, err, base)
			continue
		}
		require.ErrorIs(t, err, ports.ErrInvalid, base)
	}
}

func TestNewClient_refuses_credentials_that_fit_no_header(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"", "s"}, {"k", ""}, {"a b", "s"}, {"a,b", "s"}, {"a\n", "s"}, {"키", "s"}} {
		_, err := solapi.New(solapi.NewCredentials(pair[0], pair[1]), solapi.Config{})
		require.ErrorIs(t, err, ports.ErrInvalid)
	}
}

func TestClient_repeats_reads_with_a_new_signature(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		fault    solapitest.Fault
		requests int
		succeeds bool
	}{
		{"after a status of the server", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 503, Times: 4}, 5, true},
		{"after a connection that closed", solapitest.Fault{Kind: solapitest.CloseAfter, Times: 4}, 5, true},
		{"after an answer that is cut off", solapitest.Fault{Kind: solapitest.Truncate}, 2, true},
		{"after an answer that is no JSON", solapitest.Fault{Kind: solapitest.Garbage}, 2, true},
		{"when asked to wait a little", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 429, Header: http.Header{"Retry-After": {"7"}}}, 2, true},
		{"but not when asked to wait for long", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 429, Header: http.Header{"Retry-After": {"3600"}}}, 1, false},
		{"but five times at most", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 500, Times: -1}, 5, false},
		{"but not after a refusal", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 403, Code: "Forbidden", Times: -1}, 1, false},
		{"but not after a redirect", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 302, Header: http.Header{"Location": {"/cash/v1/balance"}}, Times: -1}, 1, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := setup(t)
				w.sim.Inject(tc.fault)
				_, err := w.client.Balance(t.Context())
				w.Equal(tc.succeeds, err == nil, "%v", err)
				w.Equal(tc.requests, w.sim.Requests())
			})
		})
	}
}

func TestClient_reads_end_with_their_context(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := setup(t)
		w.sim.Inject(solapitest.Fault{Kind: solapitest.DelayBefore, Delay: time.Hour, Times: -1})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		_, err := w.client.Balance(ctx)
		w.ErrorIs(err, context.DeadlineExceeded)
		w.Equal(3*time.Second, time.Since(began))
	})
}

func TestClient_sends_nothing_but_reads_twice(t *testing.T) {
	t.Parallel()
	writes := map[string]func(w *world) error{
		"recharge":   func(w *world) error { _, err := w.client.Recharge(w.t.Context(), w.card, won(10_000)); return err },
		"transfer":   func(w *world) error { return w.client.Transfer(w.t.Context(), "214727", won(1_000)) },
		"withdraw":   func(w *world) error { _, err := w.client.Withdraw(w.t.Context(), won(10_000)); return err },
		"add a card": func(w *world) error { _, err := w.client.RegisterCard(w.t.Context(), card); return err },
	}
	for name, write := range writes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.sim.Inject(solapitest.Fault{Kind: solapitest.StatusBefore, Status: 503, Times: -1})
			w.Equal(solapi.ClassUnknown, w.failed(write(w)).Class)
			w.Equal(1, w.sim.Requests())
		})
	}
}

func TestClient_corrects_a_wrong_clock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := setup(t)
		ahead := solapitest.NewClock(start.Add(20 * time.Minute))
		client, err := solapi.New(solapi.NewCredentials(w.key.APIKey, w.key.Secret), solapi.Config{
			HTTPClient: &http.Client{Transport: w.sim.Transport()}, Clock: ahead,
		})
		w.NoError(err)
		_, err = client.Recharge(t.Context(), w.card, won(10_000))
		w.Equal(solapi.ClassNotExecuted, w.failed(err).Class)
		_, err = client.Recharge(t.Context(), w.card, won(10_000))
		w.NoError(err)
		ahead.Set(start.Add(-time.Hour))
		_, err = client.Balance(t.Context())
		w.NoError(err)
	})
}

func TestClient_leaves_a_right_clock(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.sim.Inject(solapitest.Fault{Kind: solapitest.StatusBefore, Status: 403, Code: "RequestTimeTooSkewed", Times: -1})
	_, err := w.client.Balance(t.Context())
	failed := w.failed(err)
	w.Equal(solapi.ClassFault, failed.Class)
	w.NotEmpty(failed.Alarm)
	w.Equal(1, w.sim.Requests())
}

// Only a transport that asked for a connection and never had one proves that
// nothing was sent.
func TestCharger_Charge_not_sent_needs_proof(t *testing.T) {
	t.Parallel()
	send := func(t *testing.T, ctx context.Context, transport http.RoundTripper, base string) solapi.Class {
		t.Helper()
		client, err := solapi.New(solapi.NewCredentials("NCSTESTKEY000002", "secret"), solapi.Config{
			BaseURL: base, HTTPClient: &http.Client{Transport: transport},
		})
		require.NoError(t, err)
		_, err = client.Recharge(ctx, "card", won(10_000))
		var failed *solapi.Error
		require.ErrorAs(t, err, &failed)
		return failed.Class
	}
	t.Run("a port that no process listens on", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		require.Equal(t, solapi.ClassNotSent, send(t, t.Context(), &http.Transport{}, server.URL))
	})
	t.Run("a handshake that fails", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewTLSServer(http.NotFoundHandler())
		t.Cleanup(server.Close)
		require.Equal(t, solapi.ClassNotSent, send(t, t.Context(), &http.Transport{}, server.URL))
	})
	t.Run("a context that has ended", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.Equal(t, solapi.ClassNotSent, send(t, ctx, &http.Transport{}, ""))
	})
	t.Run("a transport that reports nothing is no proof", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, solapi.ClassUnknown, send(t, t.Context(), mute{}, ""))
	})
	t.Run("a connection that closes at once is no proof", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
		t.Cleanup(server.Close)
		require.Equal(t, solapi.ClassUnknown, send(t, t.Context(), &http.Transport{}, server.URL))
	})
}

// mute is a transport that fails without a report of how far it came.
type mute struct{}

func (mute) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("connection refused")
}
