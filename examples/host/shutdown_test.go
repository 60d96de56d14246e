package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// pipes is a listener of connections within the process.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.closed)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// TestServer_shutdown/waits_for_an_answer: a server that stops waits for an answer that takes
// nearly as long as the server's patience.
//
// TestServer_shutdown/ends_without_an_answer: it does not wait for longer.
func TestServer_shutdown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		takes time.Duration
		err   error
	}{
		"waits_for_an_answer":    {answerTimeout - time.Second, nil},
		"ends_without_an_answer": {answerTimeout + time.Minute, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				listener := pipes{make(chan net.Conn), make(chan struct{})}
				web := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
					<-time.After(test.takes)
				})}
				go func() { _ = web.Serve(listener) }()
				client, server := net.Pipe()
				defer func() { _ = client.Close() }()
				listener.conns <- server
				_, err := io.WriteString(client, "GET / HTTP/1.1\r\nHost: host\r\nConnection: close\r\n\r\n")
				require.NoError(t, err)
				go func() { _, _ = io.Copy(io.Discard, client) }()
				synctest.Wait()
				stopped, stop := context.WithCancel(t.Context())
				stop()
				began := time.Now()
				require.ErrorIs(t, shutdown(stopped, web), test.err)
				require.InDelta(t, answerTimeout, time.Since(began), float64(2*time.Second))
				<-time.After(test.takes) // the handler ends
			})
		})
	}
}
