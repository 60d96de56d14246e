package httpcall_test

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/httpcall"
)

// The frames of HTTP/2 (RFC 9113) that the server below needs.
const (
	frameData     = 0x0
	frameHeaders  = 0x1
	frameReset    = 0x3
	frameSettings = 0x4
	frameGoAway   = 0x7

	flagEnd  = 0x1 // END_STREAM, and ACK of SETTINGS
	flagHead = 0x4 // END_HEADERS

	refusedStream = 7
)

func frame(kind, flags byte, stream uint32, payload ...byte) []byte {
	head := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	return append(binary.BigEndian.AppendUint32(head, stream), payload...)
}

// h2Server is a real HTTP/2 server over TLS that executes each request whose last byte
// has come, and leaves the first ones unanswered in a way that makes net/http repeat what
// it can repeat.
type h2Server struct {
	executed atomic.Int32
	spurn    func(stream uint32) []byte // what is written instead of an answer
	times    int32                      // to how many requests
}

func (s *h2Server) serve(_ *http.Server, conn *tls.Conn, _ http.Handler) {
	preface := make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	if _, err := io.ReadFull(conn, preface); err != nil {
		return
	}
	_, _ = conn.Write(frame(frameSettings, 0, 0))
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, conn, length); err != nil {
			return
		}
		kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])
		switch {
		case kind == frameSettings && flags&flagEnd == 0:
			_, _ = conn.Write(frame(frameSettings, flagEnd, 0))
		case (kind == frameData || kind == frameHeaders) && flags&flagEnd != 0:
			if s.executed.Add(1) <= s.times {
				_, _ = conn.Write(s.spurn(stream))
				continue
			}
			const status200 = 0x88 // HPACK
			_, _ = conn.Write(frame(frameHeaders, flagHead|flagEnd, stream, status200))
		}
	}
}

func (s *h2Server) start(t *testing.T) (client *http.Client, address string) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.EnableHTTP2 = true
	server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){"h2": s.serve}
	server.StartTLS()
	t.Cleanup(server.Close)
	t.Cleanup(server.Client().CloseIdleConnections)
	return server.Client(), server.URL
}

func refuseStream(stream uint32) []byte {
	return frame(frameReset, 0, stream, 0, 0, 0, refusedStream)
}

// goAway says that no stream was, or will be, worked on.
func goAway(uint32) []byte { return frame(frameGoAway, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) }

// A provider that reads a request and then refuses its stream, or a proxy in front of it
// that says goodbye, must not be sent a copy: the body is executed once.
func TestSend_http2(t *testing.T) {
	t.Parallel()
	for name, spurn := range map[string]func(uint32) []byte{"a refused stream": refuseStream, "a goodbye": goAway} {
		t.Run("repeats nothing after "+name, func(t *testing.T) {
			t.Parallel()
			server := &h2Server{spurn: spurn, times: 2}
			client, address := server.start(t)
			_, left, err := httpcall.Send(httpcall.Plain(client), request(t, address))
			require.Error(t, err)
			require.True(t, left, "the request was read by the server")
			require.EqualValues(t, 1, server.executed.Load(), "copies that the server executed")
		})
	}
	t.Run("answers an ordinary request", func(t *testing.T) {
		t.Parallel()
		server := new(h2Server)
		client, address := server.start(t)
		answer, left, err := httpcall.Send(httpcall.Plain(client), request(t, address))
		require.NoError(t, err)
		require.True(t, left)
		require.Equal(t, http.StatusOK, answer.Status)
		require.False(t, answer.Repeated)
		require.EqualValues(t, 1, server.executed.Load())
	})
}

// repeating is a transport of a host's that keeps the body and asks twice.
type repeating struct{ next http.RoundTripper }

func (r repeating) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	copied := request.Clone(request.Context())
	copied.Body = io.NopCloser(strings.NewReader(string(body)))
	first, err := r.next.RoundTrip(copied)
	if err != nil {
		return nil, err
	}
	if err := first.Body.Close(); err != nil {
		return nil, err
	}
	copied = request.Clone(request.Context())
	copied.Body = io.NopCloser(strings.NewReader(string(body)))
	return r.next.RoundTrip(copied)
}

func TestSend_repeated(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	plain := &http.Transport{}
	t.Cleanup(plain.CloseIdleConnections)
	for name, tc := range map[string]struct {
		transport http.RoundTripper
		repeated  bool
	}{
		"one copy":   {plain, false},
		"two copies": {repeating{plain}, true},
	} {
		answer, _, err := httpcall.Send(&http.Client{Transport: tc.transport}, request(t, server.URL))
		require.NoError(t, err, name)
		require.Equal(t, tc.repeated, answer.Repeated, name)
	}
}
