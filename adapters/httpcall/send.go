package httpcall

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// MaxBody is how long the body of an answer may be, in bytes.
const MaxBody = 1 << 20

var errTooLarge = errors.New("answer is too large")

// Answer is an answer of a provider.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	// Broken, when not nil, is why the body did not come whole. What came of it cannot
	// be trusted.
	Broken error
	// Repeated says that the transport reported more than one copy of the request: a
	// transport of the host's that retries, say. The answer may be to any of them.
	Repeated bool
}

// Send sends a request, once, and reads the answer: at most [MaxBody] bytes of it. The
// client must follow no redirect (see [Plain]), and its transport must report to
// [net/http/httptrace], as that of net/http does: without reports nothing is proved.
//
// An error is that of the network or of the request's context, as it was: there is no
// answer. Only then left may be false, and only on proof: the transport asked for a
// connection and never had one, so that no byte of the request left this machine.
//
// The transport cannot rewind the body. With a body that can be rewound, net/http sends a
// POST again by itself when an HTTP/2 server refuses the stream or says goodbye. The price:
// over HTTP/1.1 a POST that meets a connection which the server closed while it was idle
// fails too, and counts as sent. Questions that go before an order make that rare, for they
// use the same connection.
func Send(client *http.Client, request *http.Request) (answer Answer, left bool, err error) {
	var trace sendTrace
	traced := request.WithContext(httptrace.WithClientTrace(request.Context(), trace.hooks()))
	traced.GetBody = nil
	response, err := client.Do(traced) //nolint:gosec // the address is the host's, and CheckBase saw it
	if err != nil {
		return Answer{}, !trace.notSent(), err
	}
	defer func() { _ = response.Body.Close() }()
	answer = Answer{Status: response.StatusCode, Header: response.Header, Repeated: trace.copies.Load() > 1}
	answer.Body, answer.Broken = readBody(response.Body)
	return answer, true, nil
}

func readBody(body io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, MaxBody+1))
	if err == nil && len(data) > MaxBody {
		return nil, errTooLarge
	}
	return data, err
}

// sendTrace gathers evidence on whether a request left this machine.
type sendTrace struct {
	asked, connected atomic.Bool
	copies           atomic.Int32
}

func (t *sendTrace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.connected.Store(true) },
		WroteHeaders: func() {
			t.connected.Store(true)
			t.copies.Add(1)
		},
		WroteRequest: func(httptrace.WroteRequestInfo) { t.connected.Store(true) },
	}
}

// notSent is true only on proof: the transport asked for a connection and never had one
// to write to. With a connection in hand the transport may still write after it gave up
// on us, so nothing later is proof.
func (t *sendTrace) notSent() bool { return t.asked.Load() && !t.connected.Load() }

// Pause waits, or returns false when ctx ends first.
func Pause(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
