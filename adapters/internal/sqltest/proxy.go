package sqltest

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
)

// Proxy stands between a store and its server. It can stop forwarding, and cut connections.
type Proxy struct {
	listener net.Listener
	server   string

	mu    sync.Mutex
	shut  chan struct{} // nil: bytes go through
	conns map[net.Conn]bool
}

// NewProxy listens on 127.0.0.1 until the end of the test.
func NewProxy(tb testing.TB, server string) *Proxy {
	tb.Helper()
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{listener: listener, server: server, conns: make(map[net.Conn]bool)}
	go p.serve()
	tb.Cleanup(func() { _ = listener.Close(); p.Resume(); p.Cut() })
	return p
}

// Address returns where the proxy listens.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = true, true
		p.mu.Unlock()
		go p.forward(client, server)
		go p.forward(server, client)
	}
}

// forward forwards what one side says, until either ends.
func (p *Proxy) forward(from, to net.Conn) {
	defer func() {
		_, _ = from.Close(), to.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.conns, from)
		delete(p.conns, to)
	}()
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		p.mu.Lock()
		shut := p.shut
		p.mu.Unlock()
		if shut != nil {
			<-shut
		}
		if n > 0 {
			if _, err := to.Write(piece[:n]); err != nil {
				return
			}
		}
		if err != nil && (err == io.EOF || n == 0) { //nolint:errorlint // Read returns it as it is
			return
		}
	}
}

// Stall stops forwarding, and leaves connections open.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = make(chan struct{})
}

// Resume forwards again, what waits included.
func (p *Proxy) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut != nil {
		close(p.shut)
		p.shut = nil
	}
}

// Cut closes all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close()
	}
}
