package providertest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/providertest"
)

// Every fault looks the same behind a real listener and behind the transport in
// memory, and happens before or after the effect as its name says.
func TestFaults(t *testing.T) {
	t.Parallel()
	const receipt = `"receipt":"`
	cases := []struct {
		fault    providertest.Fault
		status   int    // 0: no answer
		body     string // begins with
		cut      bool   // the answer ends in an error
		executed int
	}{
		{providertest.Fault{Kind: providertest.None}, 200, receipt, false, 1},
		{providertest.Fault{Kind: providertest.CloseBefore}, 0, "", false, 0},
		{providertest.Fault{Kind: providertest.CloseAfter}, 0, "", false, 1},
		{providertest.Fault{Kind: providertest.StatusBefore, Status: 503}, 503, "<html>", false, 0},
		{providertest.Fault{Kind: providertest.StatusBefore, Status: 503, Body: "later"}, 503, "later", false, 0},
		{providertest.Fault{Kind: providertest.StatusAfter, Status: 402, Code: "X"}, 402, `{"error":"X"}`, false, 1},
		{providertest.Fault{Kind: providertest.Truncate}, 200, `{"at":"12:00:00"`, true, 1},
		{providertest.Fault{Kind: providertest.Garbage}, 200, "not json", false, 1},
		{providertest.Fault{Kind: providertest.EmptyObject}, 200, "{}", false, 1},
		{providertest.Fault{Kind: providertest.Drip, Delay: time.Microsecond}, 200, receipt, false, 1},
		{providertest.Fault{Kind: providertest.Huge}, 200, "   ", false, 1},
		{providertest.Fault{Kind: providertest.Endless}, 200, "   ", false, 1},
		{providertest.Fault{Kind: providertest.Raw, Status: 201, Body: "hello"}, 201, "hello", false, 1},
		{providertest.Fault{Kind: providertest.Late, Delay: time.Minute}, 0, "", false, 0},
		{providertest.Fault{Kind: providertest.DelayBefore, Delay: time.Microsecond}, 200, receipt, false, 1},
		{providertest.Fault{Kind: providertest.DelayAfter, Delay: time.Microsecond}, 200, receipt, false, 1},
		{providertest.Fault{Kind: wrongReceipt}, 200, `"receipt":null`, false, 1},
	}
	for _, tc := range cases {
		for _, network := range []bool{false, true} {
			t.Run(fmt.Sprintf("kind %d, network %t", tc.fault.Kind, network), func(t *testing.T) {
				t.Parallel()
				b := setup(t)
				b.Inject(tc.fault)
				transport, address := http.RoundTripper(b.Transport()), "http://sim"
				if network {
					server := httptest.NewServer(b)
					t.Cleanup(server.Close)
					transport, address = &http.Transport{DisableKeepAlives: true}, server.URL
				}
				got, err := b.pay(t.Context(), transport, address)
				require.Equal(t, tc.status, got.status)
				require.Contains(t, got.body, tc.body)
				require.Equal(t, tc.cut || tc.status == 0, err != nil, "%v", err)
				if tc.status != 0 {
					require.Equal(t, "hello", got.header.Get("Echo"))
					require.Equal(t, "Fri, 13 Mar 2026 12:00:00 GMT", got.header.Get("Date"))
				}
				require.Equal(t, tc.executed, b.count())
				b.clock.Advance(time.Minute)
				require.Equal(t, tc.fault.Kind == providertest.Late || tc.executed == 1, b.count() == 1)
				require.Equal(t, 1, b.Requests())
			})
		}
	}
}

func TestServer_client_that_leaves(t *testing.T) {
	t.Parallel()
	for kind, executed := range map[providertest.Kind]int{providertest.DelayBefore: 0, providertest.DelayAfter: 1} {
		synctest.Test(t, func(t *testing.T) {
			b := setup(t)
			b.Inject(providertest.Fault{Kind: kind, Delay: time.Hour})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := b.pay(ctx, b.Transport(), "http://sim")
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, executed, b.count())
		})
	}
}

func TestFaults_match_skip_and_run_out(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Inject(
		providertest.Fault{Method: http.MethodGet, Times: -1, Kind: providertest.Refused},
		providertest.Fault{Path: "/notes", Times: -1, Kind: providertest.Refused},
		providertest.Fault{Path: "/coins", Skip: 2, Times: 2, Kind: providertest.StatusBefore, Status: 500},
	)
	var statuses []int
	for range 5 {
		got, err := b.pay(t.Context(), b.Transport(), "http://sim")
		require.NoError(t, err)
		statuses = append(statuses, got.status)
	}
	require.Equal(t, []int{200, 200, 500, 500, 200}, statuses)
	require.Equal(t, 3, b.count())
}

func TestFaults_Heal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Inject(providertest.Fault{Times: -1, Kind: providertest.Refused})
	b.Randomly(func(*rand.Rand, *http.Request) providertest.Fault {
		return providertest.Fault{Kind: providertest.Refused}
	})
	b.Heal()
	got, err := b.pay(t.Context(), b.Transport(), "http://sim")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, got.status)
}

// The transport reports to httptrace as a network does: a refused connection was asked
// for and never had, any other was had.
func TestTransport_reports_how_far_it_came(t *testing.T) {
	t.Parallel()
	for kind, had := range map[providertest.Kind]bool{providertest.Refused: false, providertest.CloseBefore: true} {
		b := setup(t)
		b.Inject(providertest.Fault{Kind: kind})
		var asked, got bool
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			GetConn: func(string) { asked = true }, GotConn: func(httptrace.GotConnInfo) { got = true },
		})
		_, err := b.pay(ctx, b.Transport(), "http://sim")
		require.Error(t, err)
		require.Equal(t, !had, errors.Is(err, syscall.ECONNREFUSED))
		require.True(t, asked)
		require.Equal(t, had, got)
		require.Zero(t, b.count())
	}
}
