package solapitest_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi/solapitest"
)

const now = "2026-03-13T12:00:00Z" // of the clock of a bench

// post recharges 10,000, signed at a date, and returns status and body.
func (b *bench) post(ctx context.Context, date string) (int, string, error) {
	b.t.Helper()
	card := b.account.AddCard(solapitest.Card{})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://sim/cash/v1/balance",
		strings.NewReader(`{"amount":10000,"paymentId":"`+card+`"}`))
	require.NoError(b.t, err)
	request.Header.Set("Authorization", b.header(date, "abcdefghijkl"))
	response, err := b.sim.Transport().RoundTrip(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { require.NoError(b.t, response.Body.Close()) }()
	data, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, string(data), err
}

// A fault with a code is refused as the provider refuses, and the kinds of this
// provider's own spoil its fields.
func TestSimulator_faults(t *testing.T) {
	t.Parallel()
	cases := []struct {
		fault    solapitest.Fault
		status   int
		body     string
		executed int
	}{
		{solapitest.Fault{Kind: solapitest.None}, 200, `"balanceAmount":10000,"historyId":"`, 1},
		{solapitest.Fault{Kind: solapitest.StatusBefore, Status: 402, Code: "X"}, 402, `"errorCode":"X"`, 0},
		{solapitest.Fault{Kind: solapitest.StatusAfter, Status: 402, Code: "X"}, 402, `"errorCode":"X"`, 1},
		{solapitest.Fault{Kind: solapitest.WrongSums}, 200, `"balanceAmount":5,`, 1},
		{solapitest.Fault{Kind: solapitest.NullID}, 200, `"historyId":null`, 1},
	}
	for _, tc := range cases {
		b := setup(t)
		b.sim.Inject(tc.fault)
		status, body, err := b.post(t.Context(), now)
		require.NoError(t, err)
		require.Equal(t, tc.status, status)
		require.Contains(t, body, tc.body)
		books := b.account.Books()
		require.Len(t, books.Charges, tc.executed)
		require.True(t, books.Balance.Equal(decimal.NewFromInt(int64(10_130+10_000*tc.executed))))
	}
}

// A late request is authorized when it arrives: what is refused then never happens.
func TestSimulator_authorizes_late_requests_at_arrival(t *testing.T) {
	t.Parallel()
	for date, executed := range map[string]int{now: 1, "2026-03-13T12:20:00Z": 0} {
		b := setup(t)
		b.sim.Inject(solapitest.Fault{Kind: solapitest.Late, Delay: 20 * time.Minute})
		_, _, err := b.post(t.Context(), date)
		require.Error(t, err)
		require.Empty(t, b.account.Books().Charges)
		b.clock.Advance(20 * time.Minute)
		require.Len(t, b.account.Books().Charges, executed)
	}
}

func TestSimulator_one_seed_gives_one_history(t *testing.T) {
	t.Parallel()
	first, second := setup(t), setup(t)
	require.Equal(t, first.key, second.key)
	for _, b := range []*bench{first, second} {
		_, _, err := b.post(t.Context(), now)
		require.NoError(t, err)
	}
	require.Equal(t, first.account.Books(), second.account.Books())
}
