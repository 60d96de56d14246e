package providertest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/providertest"
)

// Late requests are executed in the order in which they came, with the time at which
// they were due, before anything else sees the world.
func TestServer_late_requests(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var ticks []int
	b.world.Tick = func(time.Time) { ticks = append(ticks, len(b.coins)) }
	for _, delay := range []time.Duration{2 * time.Minute, time.Minute, time.Hour} {
		b.Inject(providertest.Fault{Kind: providertest.Late, Delay: delay})
		_, err := b.pay(providertest.WithLabel(t.Context(), delay.String()), b.Transport(), "http://sim")
		require.Error(t, err)
	}
	require.Empty(t, ticks, "no caller read the clock")
	require.Zero(t, b.count())
	b.clock.Advance(10 * time.Minute)
	got, err := b.pay(providertest.WithLabel(t.Context(), "now"), b.Transport(), "http://sim")
	require.NoError(t, err)
	require.Contains(t, got.body, `"at":"12:10:00"`)
	require.Equal(t, []string{"2m0s at 12:02", "1m0s at 12:01", "now at 12:10"}, b.coins)
	require.Equal(t, []int{0, 2}, ticks, "time passes after the late requests")
}

// One seed gives one sequence of faults and receipts; another gives another.
func TestServer_one_seed_gives_one_history(t *testing.T) {
	t.Parallel()
	told := func(seed uint64) []string {
		b := setup(t)
		b.till = newTill(b.clock, seed)
		b.Randomly(func(random *rand.Rand, _ *http.Request) providertest.Fault {
			return []providertest.Fault{{}, {Kind: providertest.Refused}, {Kind: providertest.CloseAfter}}[random.IntN(3)]
		})
		var told []string
		for range 20 {
			got, err := b.pay(t.Context(), b.Transport(), "http://sim")
			told = append(told, got.body+fmt.Sprint(err))
		}
		return told
	}
	first := told(1)
	require.Equal(t, first, told(1))
	require.NotEqual(t, first, told(2))
}

func TestServer_headers_in_any_case(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got, err := b.pay(t.Context(), b.Transport(), "http://sim")
	require.NoError(t, err)
	require.Equal(t, "1", got.header.Get("X-Till"))
	b.Inject(providertest.Fault{Kind: providertest.StatusBefore, Status: 429, Header: http.Header{"retry-after": {"7"}}})
	got, err = b.pay(t.Context(), b.Transport(), "http://sim")
	require.NoError(t, err)
	require.Equal(t, "7", got.header.Get("Retry-After"))
}

func TestServer_watcher(t *testing.T) {
	t.Parallel()
	b := setup(t)
	seen := 0
	b.OnRequest(func(r *http.Request) {
		require.Equal(t, "/coins", r.URL.Path)
		require.Equal(t, seen, b.count(), "and may use the simulator")
		seen++
	})
	for range 2 {
		_, err := b.pay(t.Context(), b.Transport(), "http://sim")
		require.NoError(t, err)
	}
	b.OnRequest(nil)
	_, err := b.pay(t.Context(), b.Transport(), "http://sim")
	require.NoError(t, err)
	require.Equal(t, 2, seen)
	require.Equal(t, 3, b.Requests())
}

// Listen answers at the address that it tells, and ends with its context, or with the
// error of the client.
func TestListen_ends(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	told, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- b.Listen(ctx, "127.0.0.1:0", func(address string) error { told <- address; return nil })
	}()
	got, err := b.pay(t.Context(), &http.Transport{DisableKeepAlives: true}, "http://"+<-told)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, got.status)
	stop()
	require.NoError(t, <-ended)

	errHost := errors.New("not ready")
	require.ErrorIs(t, b.Listen(t.Context(), "127.0.0.1:0", func(string) error { return errHost }), errHost)
	require.Error(t, b.Listen(t.Context(), "no address", func(string) error { return nil }))
}
