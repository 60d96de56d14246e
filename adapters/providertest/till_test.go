package providertest_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/providertest"
)

// till is a small provider: every POST puts a coin into it, and is answered with a
// receipt.
type till struct {
	*providertest.Server
	world *providertest.World
	coins []string // who put them in, and when
}

// wrongReceipt is a kind of its own.
const wrongReceipt = providertest.Own

func newTill(clock *providertest.Clock, seed uint64) *till {
	s := &till{world: providertest.NewWorld(clock, seed, 1)}
	s.Server = providertest.NewServer(s.world, providertest.Provider{
		Accept: s.accept,
		Refuse: func(status int, code string) *providertest.Answer {
			return &providertest.Answer{Status: status, Body: map[string]any{"error": code}}
		},
		Spoil: func(_ providertest.Kind, answer *providertest.Answer) *providertest.Answer {
			return answer.With(func(fields map[string]any) { fields["receipt"] = nil })
		},
		Head: func(header http.Header, r *http.Request) { header.Set("Echo", r.Header.Get("Echo")) },
	})
	return s
}

func (s *till) accept(r *http.Request, body []byte, _ time.Time) func(now time.Time) *providertest.Answer {
	return func(now time.Time) *providertest.Answer {
		if r.Method != http.MethodPost || string(body) != "a coin" {
			return &providertest.Answer{Status: http.StatusNotFound, Body: "nothing here"}
		}
		s.coins = append(s.coins, providertest.Label(r.Context())+" at "+now.Format("15:04"))
		return &providertest.Answer{
			Status: http.StatusOK, Header: http.Header{"x-till": {"1"}},
			Body: map[string]any{"receipt": s.world.Text(6, providertest.Digits), "at": now.Format(time.TimeOnly)},
		}
	}
}

// count returns how many coins are in the till.
func (s *till) count() int {
	s.world.Enter()
	defer s.world.Unlock()
	return len(s.coins)
}

// bench is a till and a clock that stands still until a test moves it.
type bench struct {
	*till
	t     *testing.T
	clock *providertest.Clock
}

func setup(t *testing.T) *bench {
	t.Helper()
	clock := providertest.NewClock(time.Date(2026, 3, 13, 12, 0, 0, 0, time.UTC))
	return &bench{till: newTill(clock, 1), t: t, clock: clock}
}

// answer is what a client has of an answer.
type answer struct {
	status int
	header http.Header
	body   string
}

// pay puts a coin in, through a transport.
func (b *bench) pay(ctx context.Context, transport http.RoundTripper, address string) (answer, error) {
	b.t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/coins", strings.NewReader("a coin"))
	require.NoError(b.t, err)
	request.Header.Set("Echo", "hello")
	response, err := transport.RoundTrip(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { require.NoError(b.t, response.Body.Close()) }()
	data, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return answer{response.StatusCode, response.Header, string(data)}, err
}
