package httpcall_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/httpcall"
)

func request(t *testing.T, address string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader("{}"))
	require.NoError(t, err)
	return r
}

// transport answers, or fails, without a report of how far it came.
type transport func(r *http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Only a transport that asked for a connection and never had one proves that nothing was
// sent.
func TestSend_not_sent_needs_proof(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	closing := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(closing.Close)
	mute := transport(func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") })
	for name, tc := range map[string]struct {
		transport http.RoundTripper
		address   string
		left      bool
	}{
		"a port that no process listens on":      {&http.Transport{}, gone.URL, false},
		"a handshake that fails":                 {&http.Transport{}, secure.URL, false},
		"a connection that closes":               {&http.Transport{}, closing.URL, true},
		"a transport that does not say anything": {mute, gone.URL, true},
	} {
		_, left, err := httpcall.Send(&http.Client{Transport: tc.transport}, request(t, tc.address))
		require.Error(t, err, name)
		require.Equal(t, tc.left, left, name)
	}
}

func TestSend_body_is_whole_or_broken(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body   io.Reader
		length int
		broken bool
	}{
		"nothing":            {strings.NewReader(""), 0, false},
		"as much as allowed": {strings.NewReader(strings.Repeat("x", httpcall.MaxBody)), httpcall.MaxBody, false},
		"a byte more":        {strings.NewReader(strings.Repeat("x", httpcall.MaxBody+1)), 0, true},
		"half":               {io.MultiReader(strings.NewReader("half"), iotest.ErrReader(io.ErrUnexpectedEOF)), 4, true},
	} {
		client := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusTeapot, Header: http.Header{"A": {"b"}}, Body: io.NopCloser(tc.body), Request: r}, nil
		})}
		answer, left, err := httpcall.Send(client, request(t, "http://127.0.0.1"))
		require.NoError(t, err, name)
		require.True(t, left, name)
		require.Equal(t, http.StatusTeapot, answer.Status)
		require.Equal(t, "b", answer.Header.Get("A"))
		require.Len(t, answer.Body, tc.length, name)
		require.Equal(t, tc.broken, answer.Broken != nil, name)
	}
}

func TestPause_ends_with_its_context(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		require.True(t, httpcall.Pause(t.Context(), time.Minute))
		require.Equal(t, time.Minute, time.Since(began))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.False(t, httpcall.Pause(ctx, time.Minute))
		require.Equal(t, time.Minute+time.Second, time.Since(began))
	})
}
