package solapitest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi/solapitest"
)

// post recharges 10,000 through a transport and returns status and body.
func (b *bench) post(ctx context.Context, transport http.RoundTripper, address string) (int, string, error) {
	b.t.Helper()
	card := b.account.AddCard(solapitest.Card{})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/cash/v1/balance",
		strings.NewReader(`{"amount":10000,"paymentId":"`+card+`"}`))
	require.NoError(b.t, err)
	request.Header.Set("Authorization", b.header("2026-03-13T12:00:00Z", "abcdefghijkl"))
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { require.NoError(b.t, response.Body.Close()) }()
	data, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, string(data), err
}

// Every fault looks the same behind a real listener and behind the transport in
// memory, and has an effect or not as its name says.
func TestFaultsAreWhatTheirNamesSay(t *testing.T) {
	t.Parallel()
	cases := []struct {
		fault    solapitest.Fault
		status   int    // 0: no answer
		body     string // what it holds
		cut      bool   // the answer ends in an error
		executed int
	}{
		{solapitest.Fault{Kind: solapitest.None}, 200, "historyId", false, 1},
		{solapitest.Fault{Kind: solapitest.CloseBefore}, 0, "", false, 0},
		{solapitest.Fault{Kind: solapitest.CloseAfter}, 0, "", false, 1},
		{solapitest.Fault{Kind: solapitest.StatusBefore, Status: 503}, 503, "<html>", false, 0},
		{solapitest.Fault{Kind: solapitest.StatusAfter, Status: 402, Code: "X"}, 402, `"errorCode":"X"`, false, 1},
		{solapitest.Fault{Kind: solapitest.Truncate}, 200, "accountId", true, 1},
		{solapitest.Fault{Kind: solapitest.Garbage}, 200, "not json", false, 1},
		{solapitest.Fault{Kind: solapitest.EmptyObject}, 200, "{}", false, 1},
		{solapitest.Fault{Kind: solapitest.WrongSums}, 200, `"balanceAmount":5,`, false, 1},
		{solapitest.Fault{Kind: solapitest.NullID}, 200, `"historyId":null`, false, 1},
		{solapitest.Fault{Kind: solapitest.Drip, Delay: time.Microsecond}, 200, "historyId", false, 1},
		{solapitest.Fault{Kind: solapitest.Huge}, 200, "   ", false, 1},
		{solapitest.Fault{Kind: solapitest.Endless}, 200, "   ", false, 1},
		{solapitest.Fault{Kind: solapitest.Raw, Status: 201, Body: "hello"}, 201, "hello", false, 1},
		{solapitest.Fault{Kind: solapitest.Late, Delay: time.Minute}, 0, "", false, 0},
		{solapitest.Fault{Kind: solapitest.DelayBefore, Delay: time.Microsecond}, 200, "historyId", false, 1},
		{solapitest.Fault{Kind: solapitest.DelayAfter, Delay: time.Microsecond}, 200, "historyId", false, 1},
	}
	for _, tc := range cases {
		for _, network := range []bool{false, true} {
			t.Run(fmt.Sprintf("kind %d, network %t", tc.fault.Kind, network), func(t *testing.T) {
				t.Parallel()
				b := setup(t)
				b.sim.Inject(tc.fault)
				transport, address := http.RoundTripper(b.sim.Transport()), "http://sim"
				if network {
					server := httptest.NewServer(b.sim)
					t.Cleanup(server.Close)
					transport, address = &http.Transport{DisableKeepAlives: true}, server.URL
				}
				status, body, err := b.post(t.Context(), transport, address)
				require.Equal(t, tc.status, status)
				require.Contains(t, body, tc.body)
				require.Equal(t, tc.cut || tc.status == 0, err != nil, "%v", err)
				require.Len(t, b.account.Books().Charges, tc.executed)
				b.clock.Advance(time.Minute)
				books := b.account.Books()
				require.Equal(t, tc.fault.Kind == solapitest.Late || tc.executed == 1, len(books.Charges) == 1)
				require.True(t, books.Balance.Equal(decimal.NewFromInt(int64(10_130+10_000*len(books.Charges)))))
			})
		}
	}
}

func TestClientThatLeavesIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	for kind, executed := range map[solapitest.Kind]int{solapitest.DelayBefore: 0, solapitest.DelayAfter: 1} {
		synctest.Test(t, func(t *testing.T) {
			b := setup(t)
			b.sim.Inject(solapitest.Fault{Kind: kind, Delay: time.Hour})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, _, err := b.post(ctx, b.sim.Transport(), "http://sim")
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Len(t, b.account.Books().Charges, executed)
		})
	}
}

func TestFaultsMatchSkipAndRunOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sim.Inject(solapitest.Fault{Method: "GET", Path: "/balance", Skip: 1, Times: 2, Kind: solapitest.StatusBefore, Status: 500})
	salt := 'a'
	ask := func(path string) int {
		salt++
		status, _ := b.ask("GET", path, b.header("2026-03-13T12:00:00Z", strings.Repeat(string(salt), 12)), "")
		return status
	}
	require.Equal(t, []int{200, 200, 500, 500, 200}, []int{
		ask("/cash/v1/payment"), ask("/cash/v1/balance"), ask("/cash/v1/balance"), ask("/cash/v1/balance"), ask("/cash/v1/balance"),
	})
}

// The transport reports to httptrace as a network does: a refused connection was
// asked for and never had, any other was had.
func TestTransportReportsHowFarItCame(t *testing.T) {
	t.Parallel()
	for kind, had := range map[solapitest.Kind]bool{solapitest.Refused: false, solapitest.CloseBefore: true} {
		b := setup(t)
		b.sim.Inject(solapitest.Fault{Kind: kind})
		var asked, got bool
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			GetConn: func(string) { asked = true }, GotConn: func(httptrace.GotConnInfo) { got = true },
		})
		_, _, err := b.post(ctx, b.sim.Transport(), "http://sim")
		require.Error(t, err)
		require.Equal(t, !had, errors.Is(err, syscall.ECONNREFUSED))
		require.True(t, asked)
		require.Equal(t, had, got)
		require.Empty(t, b.account.Books().Charges)
	}
}

func TestOneSeedGivesOneHistory(t *testing.T) {
	t.Parallel()
	first, second := setup(t), setup(t)
	require.Equal(t, first.key, second.key)
	for _, b := range []*bench{first, second} {
		_, _, err := b.post(t.Context(), b.sim.Transport(), "http://sim")
		require.NoError(t, err)
	}
	require.Equal(t, first.account.Books(), second.account.Books())
}
